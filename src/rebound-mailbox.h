/* Rebound: where messages come from.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-limits.h"

G_BEGIN_DECLS

/**
 * ReboundMailbox:
 *
 * The messages of a file (one message, or an mbox), a Maildir or a file descriptor, one after
 * the other. It never changes what it reads. Not for use by several threads at once.
 */
typedef struct _ReboundMailbox ReboundMailbox;

/**
 * ReboundMailboxFlags:
 * @REBOUND_MAILBOX_DEFAULT: tell an mbox from a single message by its first line
 * @REBOUND_MAILBOX_SINGLE: one message, whatever its first line; never split at `From `
 */
typedef enum
{
  REBOUND_MAILBOX_DEFAULT = 0,
  REBOUND_MAILBOX_SINGLE = 1 << 0,
} ReboundMailboxFlags;

/**
 * rebound_mailbox_open:
 * @path: a file or a Maildir
 * @flags: how to read it
 * @limits: (nullable): how much of a message is kept; %NULL for the defaults
 * @error: return location for a #GFileError
 *
 * Returns: (transfer full): a mailbox, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundMailbox *rebound_mailbox_open (const char *path, ReboundMailboxFlags flags,
                                                  const ReboundLimits *limits, GError **error);

/**
 * rebound_mailbox_open_fd:
 * @fd: a file descriptor, for instance standard input; it is not closed
 * @flags: how to read it
 * @limits: (nullable): how much of a message is kept; %NULL for the defaults
 *
 * Returns: (transfer full): a mailbox
 * Since: 0.1
 */
REBOUND_API ReboundMailbox *rebound_mailbox_open_fd (int fd, ReboundMailboxFlags flags,
                                                     const ReboundLimits *limits);

/**
 * rebound_mailbox_next:
 * @self: a mailbox
 * @message: (out) (transfer full): the next message, without mbox quoting; %NULL at the end.
 *   Of a message longer than the limit one byte more than the limit is kept, so that the
 *   analyzer sees that it was cut.
 * @error: return location for a #GFileError
 *
 * Returns: %FALSE with @error set where reading failed; the next call goes on behind the
 *   message that could not be read
 * Since: 0.1
 */
REBOUND_API gboolean rebound_mailbox_next (ReboundMailbox *self, GBytes **message,
                                           GError **error);

/**
 * rebound_mailbox_get_source:
 * @self: a mailbox
 *
 * Returns: (nullable) (transfer none): the file of the last message: the path as given, or in
 *   a Maildir the path of the message; %NULL for a file descriptor
 * Since: 0.1
 */
REBOUND_API const char *rebound_mailbox_get_source (const ReboundMailbox *self);

/**
 * rebound_mailbox_get_index:
 * @self: a mailbox
 *
 * Returns: the place of the last message in its file, from 0
 * Since: 0.1
 */
REBOUND_API guint rebound_mailbox_get_index (const ReboundMailbox *self);

/**
 * rebound_mailbox_get_arrival:
 * @self: a mailbox
 *
 * As the program has it that put the message there: the date of the `From ` line of an mbox, where
 * one without a zone is UTC (RFC 4155), or the time in the name of a Maildir's file. It is never
 * that of the Date field, which the sender writes.
 *
 * Returns: when the last message arrived, in seconds since 1970; 0 where that is not known
 * Since: 0.1
 */
REBOUND_API gint64 rebound_mailbox_get_arrival (const ReboundMailbox *self);

/**
 * rebound_read_received:
 * @message: a message as it came
 *
 * Each server puts its Received on top of what it got (RFC 5321 section 4.4), so the topmost one is
 * that of the server which took the message last. Where no server of the site has put one there,
 * it is the sender's.
 *
 * Returns: the date of the topmost Received field, in seconds since 1970; 0 where there is none
 * Since: 0.1
 */
REBOUND_API gint64 rebound_read_received (GBytes *message);

REBOUND_API void rebound_mailbox_free (ReboundMailbox *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundMailbox, rebound_mailbox_free)

G_END_DECLS

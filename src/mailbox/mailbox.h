/* Rebound: the two formats behind a mailbox.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound-mailbox.h"

G_BEGIN_DECLS

/* The messages of one open file, an mbox or a single message. Constant memory: a buffer, and of
 * each message at most @kept bytes. */
typedef struct _MboxReader MboxReader;

/* @fd stays the caller's; @name is what errors call it. */
MboxReader *mbox_reader_new (int fd, const char *name, ReboundMailboxFlags flags, gsize kept);
/* *@message is NULL at the end. After an error there are no further messages. */
gboolean mbox_reader_next (MboxReader *self, GBytes **message, GError **error);
/* What the `From ` line of the last message says, in seconds since 1970, or 0. */
gint64 mbox_reader_get_arrival (const MboxReader *self);
void mbox_reader_free (MboxReader *self);

/* The messages in new/ and cur/, as "new/NAME", by NAME, which is by time of delivery. */
GPtrArray *maildir_list (const char *path, GError **error);

/* The parts of the date of a `From ` line. */
typedef struct
{
  const char *month, *day, *hour, *minute, *second, *year, *zone;
} MailboxDate;

/* In seconds since 1970; 0 where there is no such day or hour. */
gint64 mailbox_read_asctime (const MailboxDate *date);

/* When a message of a Maildir was delivered, by the name of its file; 0 where that does not say. */
gint64 mailbox_read_maildir_name (const char *name);

/* Sets a #GFileError that says that @name cannot be read. */
void mailbox_set_error (GError **error, const char *name, int error_number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MboxReader, mbox_reader_free)

G_END_DECLS

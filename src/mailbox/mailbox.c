/* Rebound: where messages come from.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A mailbox is one open file after the other: the only one of a file or a descriptor, or those
 * of a Maildir, which are opened as they are reached. */
#include "mailbox/mailbox.h"
#include "translate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct _ReboundMailbox
{
  char *path; /* (nullable) */
  ReboundMailboxFlags flags;
  gsize kept;       /* bytes of a message: one more than the limit */
  GPtrArray *names; /* (nullable): the messages of a Maildir, below @path */
  guint n_opened;   /* of @names */

  char *source;       /* (nullable): the current file */
  int fd;             /* opened by us, or -1 */
  MboxReader *reader; /* (nullable) */
  guint n_messages;   /* read from it */
};

void
mailbox_set_error (GError **error, const char *name, int error_number)
{
  g_autofree char *shown = g_filename_display_name (name);

  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (error_number),
               _ ("cannot read “%s”: %s"), shown, g_strerror (error_number));
}

static ReboundMailbox *
mailbox_new (const char *path, ReboundMailboxFlags flags, const ReboundLimits *limits)
{
  ReboundMailbox *self = g_new0 (ReboundMailbox, 1);
  ReboundLimits defaults;

  if (limits == NULL)
    {
      rebound_limits_init (&defaults);
      limits = &defaults;
    }
  self->path = g_strdup (path);
  self->source = g_strdup (path);
  self->flags = flags;
  self->kept = MIN (limits->message_bytes, G_MAXSSIZE / 4) + 1;
  self->fd = -1;
  return self;
}

static void
close_file (ReboundMailbox *self)
{
  g_clear_pointer (&self->reader, mbox_reader_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

/* Opens @source. A FIFO or a device may be a mailbox, but not a message of a Maildir: without
 * O_NONBLOCK a FIFO put there would hold us up for ever. */
static gboolean
open_file (ReboundMailbox *self, mode_t *mode, GError **error)
{
  int flags = O_RDONLY | O_CLOEXEC | (self->names != NULL ? O_NONBLOCK : 0);
  struct stat status;

  self->fd = open (self->source, flags);
  if (self->fd < 0 || fstat (self->fd, &status) != 0)
    {
      mailbox_set_error (error, self->source, errno);
      return FALSE;
    }
  *mode = status.st_mode;
  return TRUE;
}

/* Opens the next message of a Maildir. */
static gboolean
open_next (ReboundMailbox *self, GError **error)
{
  const char *name = g_ptr_array_index (self->names, self->n_opened++);
  mode_t mode;

  close_file (self);
  g_free (self->source);
  self->source = g_build_filename (self->path, name, NULL);
  self->n_messages = 0;
  if (!open_file (self, &mode, error))
    return FALSE;

  if (!S_ISREG (mode))
    {
      g_autofree char *shown = g_filename_display_name (self->source);

      g_set_error (
          error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          _ ("cannot read “%s”: it is not a regular file, as the messages of a Maildir are"),
          shown);
      return FALSE;
    }
  self->reader = mbox_reader_new (self->fd, self->source, REBOUND_MAILBOX_SINGLE, self->kept);
  return TRUE;
}

ReboundMailbox *
rebound_mailbox_open (const char *path, ReboundMailboxFlags flags, const ReboundLimits *limits,
                      GError **error)
{
  g_autoptr (ReboundMailbox) self = NULL;
  mode_t mode;

  g_return_val_if_fail (path != NULL, NULL);

  self = mailbox_new (path, flags, limits);
  if (!open_file (self, &mode, error))
    return NULL;

  if (!S_ISDIR (mode))
    self->reader = mbox_reader_new (self->fd, path, flags, self->kept);
  else if ((self->names = maildir_list (path, error)) == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

ReboundMailbox *
rebound_mailbox_open_fd (int fd, ReboundMailboxFlags flags, const ReboundLimits *limits)
{
  ReboundMailbox *self = mailbox_new (NULL, flags, limits);
  g_autofree char *name = fd == STDIN_FILENO ? g_strdup (_ ("standard input"))
                                             : g_strdup_printf (_ ("file descriptor %d"), fd);

  self->reader = mbox_reader_new (fd, name, flags, self->kept);
  return self;
}

gboolean
rebound_mailbox_next (ReboundMailbox *self, GBytes **message, GError **error)
{
  g_return_val_if_fail (self != NULL && message != NULL, FALSE);

  *message = NULL;
  for (;;)
    {
      if (self->reader != NULL && !mbox_reader_next (self->reader, message, error))
        return FALSE;

      if (*message != NULL)
        {
          self->n_messages++;
          return TRUE;
        }
      if (self->names == NULL || self->n_opened == self->names->len)
        return TRUE;
      if (!open_next (self, error))
        return FALSE;
    }
}

const char *
rebound_mailbox_get_source (const ReboundMailbox *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->source;
}

guint
rebound_mailbox_get_index (const ReboundMailbox *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->n_messages > 0 ? self->n_messages - 1 : 0;
}

gint64
rebound_mailbox_get_arrival (const ReboundMailbox *self)
{
  gint64 arrival = 0;

  g_return_val_if_fail (self != NULL, 0);

  if (self->names != NULL && self->n_opened > 0)
    arrival = mailbox_read_maildir_name (strrchr (self->source, '/') + 1);
  if (arrival == 0 && self->reader != NULL)
    arrival = mbox_reader_get_arrival (self->reader);
  return arrival;
}

void
rebound_mailbox_free (ReboundMailbox *self)
{
  if (self == NULL)
    return;

  close_file (self);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_free (self->source);
  g_free (self->path);
  g_free (self);
}

/* rebound: the messages of a mailbox.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* What cannot be read is told of, and the rest goes on. */
static int
read_messages (const char *command, const char *given, ReboundMailbox *mailbox, CliMessageFunc each,
               gpointer data)
{
  int status = EX_OK;

  for (;;)
    {
      g_autoptr (GBytes) message = NULL;
      g_autoptr (GError) error = NULL;
      CliMessage one;

      if (!rebound_mailbox_next (mailbox, &message, &error))
        {
          cli_error (command, "%s", error->message);
          status = EX_IOERR;
          continue;
        }
      if (message == NULL)
        return status;
      one = (CliMessage){ message, rebound_mailbox_get_source (mailbox),
                          rebound_mailbox_get_index (mailbox),
                          rebound_mailbox_get_arrival (mailbox) };
      if (one.source == NULL)
        one.source = given;
      if (!each (&one, data))
        return EX_IOERR;
    }
}

int
cli_read_mailbox (const char *command, const char *path, CliMessageFunc each, gpointer data)
{
  g_autoptr (ReboundMailbox) mailbox = NULL;
  g_autoptr (GError) error = NULL;

  if (strcmp (path, "-") == 0)
    mailbox = rebound_mailbox_open_fd (STDIN_FILENO, REBOUND_MAILBOX_DEFAULT, NULL);
  else
    mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, &error);
  if (mailbox != NULL)
    return read_messages (command, path, mailbox, each, data);
  cli_error (command, "%s", error->message);
  return EX_NOINPUT;
}

/* What lies in the future has not arrived: a clock was wrong, or the topmost Received is not that
 * of an own server. */
gint64
cli_arrival (const CliMessage *message, gint64 now)
{
  gint64 arrival = message->arrival;

  if (arrival == 0)
    arrival = rebound_read_received (message->bytes);
  return arrival > 0 && arrival < now ? arrival : now;
}

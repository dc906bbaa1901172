/* Rebound: print the addresses that a mailing list may drop, and why.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   cc example.c -o example $(pkg-config --cflags --libs rebound-1)
 *   ./example MAILBOX
 */
#include <rebound.h>

static void
print_droppable (const ReboundReport *report)
{
  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);
      const char *subscriber = rebound_recipient_get_subscriber (recipient);
      const char *diagnostic = rebound_recipient_get_diagnostic (recipient);

      /* Behind a forwarding the failing address is not on the list: ask for the subscriber. */
      if (subscriber == NULL
          || rebound_recipient_get_unsubscribe (recipient) != REBOUND_UNSUBSCRIBE_NOW)
        continue;

      g_print ("%s: %s (%s)\n", subscriber,
               rebound_reason_to_string (rebound_recipient_get_reason (recipient)),
               diagnostic != NULL ? diagnostic : "no diagnostic");
    }
}

static gboolean
read_mailbox (const char *path, GError **error)
{
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, error);
  g_autoptr (ReboundMailbox) mailbox = NULL;

  if (analyzer == NULL)
    return FALSE;
  mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, error);
  if (mailbox == NULL)
    return FALSE;

  for (;;)
    {
      g_autoptr (GBytes) message = NULL;
      g_autoptr (ReboundReport) report = NULL;

      if (!rebound_mailbox_next (mailbox, &message, error))
        return FALSE;
      if (message == NULL)
        return TRUE;
      report = rebound_analyzer_analyze (analyzer, message, NULL, error);
      if (report == NULL)
        return FALSE;
      print_droppable (report);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (argc != 2)
    {
      g_printerr ("usage: %s MAILBOX\n", argv[0]);
      return 64;
    }
  if (!read_mailbox (argv[1], &error))
    {
      g_printerr ("%s: %s\n", argv[1], error->message);
      return 1;
    }
  return 0;
}

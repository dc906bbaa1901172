/* rebound sent: to how many members a message went.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli.h"

static char *store_url, *policy_name, *list, *message_id;
static int count;

static const GOptionEntry options[] = {
  CLI_STORE (&store_url),
  CLI_POLICY (&policy_name),
  { "list", 0, 0, G_OPTION_ARG_FILENAME, &list, N_ ("The list that sent it"), "ADDRESS" },
  { "message-id", 0, 0, G_OPTION_ARG_FILENAME, &message_id, N_ ("The Message-ID of the message"),
    "ID" },
  { "count", 0, 0, G_OPTION_ARG_INT, &count, N_ ("To how many members it was sent"), "NUMBER" },
  { 0 },
};

/* Without the angle brackets of RFC 5322, if it has some. */
static char *
bare_id (const char *given)
{
  const gsize length = strlen (given);

  if (length > 2 && given[0] == '<' && given[length - 1] == '>')
    return g_strndup (given + 1, length - 2);
  return g_strdup (given);
}

static int
note (void)
{
  g_autofree char *id = bare_id (message_id);
  int status = EX_OK;
  g_autoptr (ReboundStore) store = cli_open_history ("sent", store_url, policy_name, TRUE, &status);
  g_autoptr (GError) error = NULL;

  if (store != NULL && !rebound_store_note_sent (store, list, id, count, cli_now (), &error))
    status = cli_store_failed ("sent", error);
  return status;
}

int
cli_sent (int argc, char **argv)
{
  int status;

  if (!cli_options ("sent", options, &argc, &argv, &status))
    return status;
  if (argc > 1 || list == NULL || message_id == NULL || count < 1)
    {
      cli_error ("sent", "it is: rebound sent --list ADDRESS --message-id ID --count NUMBER");
      return EX_USAGE;
    }
  return note ();
}

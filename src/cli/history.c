/* rebound: what the commands that know a store share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli.h"

const char *
cli_store_url (const char *given)
{
  const char *named = given != NULL ? given : g_getenv ("REBOUND_STORE");

  return named != NULL && *named != '\0' ? named : NULL;
}

int
cli_store_failed (const char *command, const GError *error)
{
  static const int statuses[] = {
    [REBOUND_STORE_ERROR_URL] = EX_USAGE,
    [REBOUND_STORE_ERROR_MODULE] = EX_UNAVAILABLE,
    [REBOUND_STORE_ERROR_UNAVAILABLE] = EX_TEMPFAIL,
    [REBOUND_STORE_ERROR_VERSION] = EX_CONFIG,
    [REBOUND_STORE_ERROR_CORRUPT] = EX_DATAERR,
    [REBOUND_STORE_ERROR_NOT_FOUND] = EX_DATAERR,
    [REBOUND_STORE_ERROR_INPUT] = EX_DATAERR,
  };

  cli_error (command, "%s", error->message);
  if (error->domain != REBOUND_STORE_ERROR || (gsize) error->code >= G_N_ELEMENTS (statuses))
    return EX_SOFTWARE;
  return statuses[error->code];
}

int
cli_lacks_store (const char *command)
{
  cli_error (command, "--store URL is missing, as in: --store sqlite:/var/lib/rebound/store.db");
  return EX_USAGE;
}

static ReboundStore *
open_store (const char *command, const char *given, ReboundPolicy *policy, gboolean create,
            int *status)
{
  g_autoptr (ReboundPolicy) built_in =
      policy == NULL ? rebound_policy_new (*rebound_policy_presets (), NULL) : NULL;
  const char *url = cli_store_url (given);
  g_autoptr (GError) error = NULL;
  ReboundStore *store = NULL;

  policy = policy != NULL ? policy : built_in;
  if (url != NULL)
    store = create ? rebound_store_open (url, policy, &error)
                   : rebound_store_open_existing (url, policy, &error);
  if (url == NULL)
    *status = cli_lacks_store (command);
  else if (store == NULL)
    *status = cli_store_failed (command, error);
  return store;
}

ReboundStore *
cli_open_store (const char *command, const char *given, ReboundPolicy *policy, int *status)
{
  return open_store (command, given, policy, TRUE, status);
}

ReboundStore *
cli_open_history (const char *command, const char *given, const char *policy, gboolean create,
                  int *status)
{
  g_autoptr (ReboundPolicy) found = NULL;

  return cli_find_policy (command, policy, &found, status)
             ? open_store (command, given, found, create, status)
             : NULL;
}

gint64
cli_now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

char *
cli_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = seconds != 0 ? g_date_time_new_from_unix_utc (seconds) : NULL;

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M") : g_strdup ("-");
}

/* To a tenth, as a person reads it. */
char *
cli_score (double score)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.1f", score);
  if (g_str_has_suffix (text, ".0"))
    text[strlen (text) - 2] = '\0';
  return g_strdup (text);
}

/* rebound policy: what the policies are, and whether a file is right.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "simulate.h"

/* ---- The policy of a command ---------------------------------------------------------------- */

/* Tests and builds that are not installed name their own. */
static const char *
site_file (void)
{
  const char *named = g_getenv ("REBOUND_POLICY_FILE");

  return named != NULL && *named != '\0' ? named : REBOUND_POLICY_FILE;
}

/* What has neither slash nor dot, and is the name of one, is a preset. */
static ReboundPolicy *
load (const char *given, GError **error)
{
  if (strpbrk (given, "/.") == NULL && g_strv_contains (rebound_policy_presets (), given))
    return rebound_policy_new (given, error);
  return rebound_policy_new_from_file (given, error);
}

static int
status_of (const GError *error)
{
  return error->domain == REBOUND_POLICY_ERROR ? EX_DATAERR : EX_NOINPUT;
}

/* Where there is no such file, it may have been meant for a preset. */
static void
tell (const char *command, const char *given, const GError *error)
{
  g_autofree char *names = NULL;

  if (given == NULL || strpbrk (given, "/.") != NULL
      || !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      cli_error (command, "%s", error->message);
      return;
    }
  names = g_strjoinv (", ", (char **) rebound_policy_presets ());
  cli_error (command, "“%s” is neither a file nor one of the presets: %s", given, names);
}

/* A site without a file has what is built in. */
gboolean
cli_find_policy (const char *command, const char *given, ReboundPolicy **policy, int *status)
{
  g_autoptr (GError) error = NULL;

  *policy = load (given != NULL ? given : site_file (), &error);
  if (*policy != NULL
      || (given == NULL && g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)))
    return TRUE;
  tell (command, given, error);
  *status = given != NULL ? status_of (error) : EX_CONFIG;
  return FALSE;
}

ReboundPolicy *
cli_policy (const char *command, const char *given, int *status)
{
  ReboundPolicy *policy;

  if (!cli_find_policy (command, given, &policy, status))
    return NULL;
  return policy != NULL ? policy : rebound_policy_new (*rebound_policy_presets (), NULL);
}

/* ---- list ----------------------------------------------------------------------------------- */

static int
list (G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  for (const char *const *preset = rebound_policy_presets (); *preset != NULL; preset++)
    printf ("%-9s %s\n", *preset, rebound_policy_get_summary (*preset));
  return EX_OK;
}

/* ---- show [FILE|PRESET] --------------------------------------------------------------------- */

static int
show (int n, char **arguments)
{
  int status = EX_OK;
  g_autoptr (ReboundPolicy) policy = cli_policy ("policy", n > 0 ? arguments[0] : NULL, &status);
  g_autofree char *text = policy != NULL ? rebound_policy_to_string (policy) : NULL;

  if (text != NULL)
    fputs (text, stdout);
  return status;
}

/* ---- check FILE... -------------------------------------------------------------------------- */

/* What is allowed and perhaps not meant, and keys that this user cannot read. */
static void
tell_doubts (const char *file, ReboundPolicy *policy)
{
  g_auto (GStrv) doubts = rebound_policy_find_doubts (policy);
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new_for_site (NULL, NULL, policy, &error);

  for (guint i = 0; doubts[i] != NULL; i++)
    cli_error ("policy", "%s: warning: %s", file, doubts[i]);
  if (analyzer == NULL)
    cli_error ("policy", "%s: warning: [site] keys: %s", file, error->message);
}

static int
check_file (const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundPolicy) policy = rebound_policy_new_from_file (file, &error);

  if (policy == NULL)
    {
      cli_error ("policy", "%s", error->message);
      return status_of (error);
    }
  tell_doubts (file, policy);
  return EX_OK;
}

static int
check (int n, char **files)
{
  int status = EX_OK;

  for (int i = 0; i < n; i++)
    {
      int result = check_file (files[i]);

      status = status == EX_OK ? result : status;
    }
  return status;
}

static char **policies, **rules, *only_list;
static gboolean as_json;
static int days;

static const GOptionEntry options[] = {
  { "policy", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &policies,
    N_ ("With simulate: a policy, or one that is built in; several are compared"),
    "FILE|PRESET" },
  { "list", 0, 0, G_OPTION_ARG_STRING, &only_list,
    N_ ("With simulate: the list whose mail bounced, where the messages need not say"), "ADDRESS" },
  { "days", 0, 0, G_OPTION_ARG_INT, &days,
    N_ ("With simulate: go on for so many days after the last message (60)"), "DAYS" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("With simulate: one JSON object a line"), NULL },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  { 0 },
};

/* ---- simulate --policy FILE|PRESET... MAILBOX... ----------------------------------------------
 */

/* After the last message most policies have come to an end with everybody. */
#define DAYS 60
#define MOST_DAYS 3650

static int
simulate (int n, char **paths)
{
  const CliSimulation what = { .policies = policies,
                               .rules = rules,
                               .list = only_list,
                               .days = days > 0 ? days : DAYS,
                               .as_json = as_json };

  if (policies != NULL && days >= 0 && days <= MOST_DAYS)
    return cli_simulate (&what, n, paths);
  if (policies == NULL)
    cli_error ("policy", "say which, as in: rebound policy simulate --policy default --policy "
                         "mailman MAILBOX");
  else
    cli_error ("policy", "--days is a number from 1 to %d", MOST_DAYS);
  return EX_USAGE;
}

/* ---- The verbs ---------------------------------------------------------------------------------
 */

static const CliVerb verbs[] = {
  { "list", "", "", 0, 0, list },
  { "show", "[FILE|PRESET]", "", 0, 1, show },
  { "check", "FILE...", "", 1, G_MAXINT, check },
  { "simulate", "--policy FILE|PRESET... MAILBOX...", "policy list days json rules", 1, G_MAXINT,
    simulate },
  { 0 },
};

int
cli_policies (int argc, char **argv)
{
  return cli_run_verb ("policy", verbs, options, argc, argv);
}

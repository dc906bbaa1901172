/* rebound rules: rule files, before they come into force.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli.h"

static char **rules;

static const GOptionEntry options[] = {
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("With list: rules on top of those that are built in and of those of the site"), "FILE" },
  { 0 },
};

/* check FILE... */

static int
check_file (const char *file)
{
  const char *const files[] = { file, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new_with_rules (NULL, files, &error);

  if (analyzer != NULL)
    return EX_OK;
  cli_error ("rules", "%s", error->message);
  return g_error_matches (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX) ? EX_DATAERR
                                                                                  : EX_NOINPUT;
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

/* list */

static int
list (G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  int status;
  g_autoptr (ReboundAnalyzer) analyzer = cli_new_analyzer ("rules", rules, NULL, &status);
  g_autofree char *text = rebound_analyzer_list_rules (analyzer);

  fputs (text, stdout);
  return status;
}

/* test FILE MESSAGE... */

typedef struct
{
  ReboundAnalyzer *before;
  ReboundAnalyzer *after;
} Pair;

static char *
show (ReboundAnalyzer *analyzer, const CliMessage *message)
{
  const ReboundStyle style = { .source = message->source,
                               .index = message->index,
                               .explain = TRUE };
  g_autoptr (ReboundReport) report =
      rebound_analyzer_analyze (analyzer, message->bytes, NULL, NULL);

  return rebound_report_to_text (report, &style);
}

/* The lines of @text, those that @other has not with @sign before them; or only these. */
static void
print_lines (char **lines, char **others, char sign, gboolean all)
{
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && !g_strv_contains ((const char *const *) others, lines[i]))
      printf ("%c %s\n", sign, lines[i]);
    else if (*lines[i] != '\0' && all)
      printf ("  %s\n", lines[i]);
}

static gboolean
compare (const CliMessage *message, gpointer data)
{
  const Pair *pair = data;
  g_autofree char *before = show (pair->before, message);
  g_autofree char *after = show (pair->after, message);
  g_auto (GStrv) old = g_strsplit (before, "\n", -1);
  g_auto (GStrv) new = g_strsplit (after, "\n", -1);

  if (strcmp (before, after) != 0)
    {
      print_lines (new, old, '+', TRUE);
      print_lines (old, new, '-', FALSE);
      putchar ('\n');
    }
  return !ferror (stdout);
}

static int
test (int n, char **arguments)
{
  const char *const files[] = { arguments[0], NULL };
  g_autoptr (ReboundAnalyzer) before = rebound_analyzer_new (NULL, NULL);
  g_autoptr (ReboundAnalyzer) after = NULL;
  Pair pair;
  int status = check_file (arguments[0]);

  if (status != EX_OK)
    return status;
  after = rebound_analyzer_new_with_rules (NULL, files, NULL);
  pair = (Pair){ before, after };
  for (int i = 1; i < n && !ferror (stdout); i++)
    {
      int result = cli_read_mailbox ("rules", arguments[i], compare, &pair);

      status = status == EX_OK ? result : status;
    }
  return status;
}

/* The command */

static const CliVerb verbs[] = {
  { "check", "FILE...", "", 1, G_MAXINT, check },
  { "list", "[--rules FILE]", "rules", 0, 0, list },
  { "test", "FILE MESSAGE...", "", 2, G_MAXINT, test },
  { 0 },
};

int
cli_rules (int argc, char **argv)
{
  return cli_run_verb ("rules", verbs, options, argc, argv);
}

/* rebound explain: what a code or a reason means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

#define LEAST_WIDTH 40
#define MOST_WIDTH 100 /* longer lines are hard to read */

static gboolean as_json, list;
static char **rules;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("One JSON object for each, one a line"), NULL },
  { "list", 0, 0, G_OPTION_ARG_NONE, &list, N_ ("All topics, with a line for each"), NULL },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  { 0 },
};

/* Columns of the terminal; 0 where standard output is none. */
static guint
find_width (void)
{
  struct winsize size = { 0 };

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 0;
  return CLAMP (size.ws_col, LEAST_WIDTH, MOST_WIDTH);
}

static void
tell_unknown (const ReboundAnalyzer *analyzer, const char *topic)
{
  g_auto (GStrv) near = rebound_explain_suggest (analyzer, topic);
  g_autofree char *names = g_strjoinv (", ", near);

  if (*names != '\0')
    cli_error ("explain", "nothing is known of “%s”; is it one of these: %s?", topic, names);
  else
    cli_error ("explain",
               "nothing is known of “%s”; give an SMTP reply code (550), an enhanced status "
               "code (5.1.1) or a reason (user-unknown)",
               topic);
}

/* FALSE where nothing is known. */
static gboolean
explain_topic (ReboundAnalyzer *analyzer, const char *topic)
{
  static gboolean behind_another;
  const ReboundStyle style = { .width = find_width () };
  g_autofree char *text = as_json ? rebound_explain_to_json (analyzer, topic)
                                  : rebound_explain_to_text (analyzer, topic, &style);

  if (text == NULL)
    {
      tell_unknown (analyzer, topic);
      return FALSE;
    }
  if (behind_another && !as_json)
    putchar ('\n');
  behind_another = TRUE;
  fputs (text, stdout);
  if (as_json)
    putchar ('\n');
  return TRUE;
}

/* The first line of each that has this name, as two block lists of one; what is written like it may
 * stand between them. */
static void
list_topic (ReboundAnalyzer *analyzer, const char *topic)
{
  const ReboundStyle style = { .width = G_MAXUINT };
  g_autofree char *text = as_json ? rebound_explain_to_json (analyzer, topic)
                                  : rebound_explain_to_text (analyzer, topic, &style);
  g_autofree char *head =
      as_json ? g_strdup_printf ("{\"topic\": \"%s\", ", topic) : g_strdup_printf ("%s: ", topic);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], head))
      puts (lines[i]);
}

static void
list_topics (ReboundAnalyzer *analyzer)
{
  g_auto (GStrv) topics = rebound_explain_topics (analyzer);

  for (guint i = 0; topics[i] != NULL; i++)
    list_topic (analyzer, topics[i]);
}

int
cli_explain (int argc, char **argv)
{
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
  int status = EX_OK;

  if (!cli_options ("explain", options, &argc, &argv, &status))
    return status;
  if ((argc < 2) != list)
    {
      cli_error ("explain", list
                                ? "--list goes without a code or a reason"
                                : N_ ("which code or reason? For instance: rebound explain 5.1.1"));
      return EX_USAGE;
    }
  analyzer = cli_new_analyzer ("explain", rules, NULL, &status);
  if (list)
    list_topics (analyzer);
  for (int i = 1; i < argc; i++)
    if (!explain_topic (analyzer, argv[i]) && status == EX_OK)
      status = EX_DATAERR;
  return cli_finish ("explain", status);
}

/* rebound classify: what SMTP replies and log lines mean.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "cli.h"

static gboolean as_json, explain;
static char *taxonomy, *policy_name, **rules;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("One JSON object for each refusal, one a line"),
    NULL },
  { "explain", 0, 0, G_OPTION_ARG_NONE, &explain, N_ ("Show every fact behind a verdict"), NULL },
  { "taxonomy", 0, 0, G_OPTION_ARG_STRING, &taxonomy,
    N_ ("Print another system's name beside each reason"), "NAME" },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  CLI_POLICY (&policy_name),
  { 0 },
};

static gboolean
print_recipient (const ReboundRecipient *recipient)
{
  ReboundStyle style = { .taxonomy = taxonomy, .explain = explain, .color = cli_color () };
  g_autofree char *out = as_json ? rebound_recipient_to_json (recipient, &style)
                                 : rebound_recipient_to_text (recipient, &style);

  return fputs (out, stdout) != EOF && putchar ('\n') != EOF;
}

static int
classify_text (ReboundAnalyzer *analyzer, const char *text)
{
  g_autoptr (ReboundReport) report = rebound_analyzer_classify (analyzer, text, NULL);

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    if (!print_recipient (rebound_report_get_recipient (report, i)))
      return EX_IOERR;
  return EX_OK;
}

/* What @line completes; %NULL is the end. */
static int
classify_line (ReboundAnalyzer *analyzer, ReboundPaste *paste, const char *line)
{
  int status = EX_OK;
  char *text;

  rebound_paste_add (paste, line);
  while ((text = rebound_paste_next (paste)) != NULL)
    {
      if (status == EX_OK)
        status = classify_text (analyzer, text);
      g_free (text);
    }
  return status;
}

static int
classify_lines (ReboundAnalyzer *analyzer, FILE *in)
{
  g_autoptr (ReboundPaste) paste = rebound_paste_new ();
  g_autofree char *line = NULL;
  size_t size = 0;
  int status = EX_OK;

  while (status == EX_OK && getline (&line, &size, in) >= 0)
    status = classify_line (analyzer, paste, line);
  if (ferror (in))
    {
      cli_error ("classify", "cannot read standard input: %s", g_strerror (errno));
      return EX_IOERR;
    }
  return status == EX_OK ? classify_line (analyzer, paste, NULL) : status;
}

static int
classify_argument (ReboundAnalyzer *analyzer, const char *argument)
{
  g_autoptr (ReboundPaste) paste = rebound_paste_new ();
  g_auto (GStrv) lines = g_strsplit (argument, "\n", -1);
  int status = EX_OK;

  for (guint i = 0; lines[i] != NULL && status == EX_OK; i++)
    status = classify_line (analyzer, paste, lines[i]);
  return status == EX_OK ? classify_line (analyzer, paste, NULL) : status;
}

int
cli_classify (int argc, char **argv)
{
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
  g_autoptr (ReboundPolicy) policy = NULL;
  int status = EX_OK;
  int result = EX_OK;

  if (!cli_options ("classify", options, &argc, &argv, &status))
    return status;
  if (!cli_check_taxonomy ("classify", taxonomy))
    return EX_USAGE;
  if (as_json && explain)
    {
      cli_error ("classify", "--json goes without --explain: it has every fact");
      return EX_USAGE;
    }
  if (!cli_find_policy ("classify", policy_name, &policy, &status))
    return status;
  analyzer = cli_new_analyzer ("classify", rules, policy, &status);
  if (analyzer == NULL)
    return status;
  for (int i = argc < 2 ? 0 : 1; i < argc && result == EX_OK; i++)
    result = i == 0 || strcmp (argv[i], "-") == 0 ? classify_lines (analyzer, stdin)
                                                  : classify_argument (analyzer, argv[i]);
  return cli_finish ("classify", result != EX_OK ? result : status);
}

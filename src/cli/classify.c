/* rebound classify: what SMTP replies and log lines mean.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "cli.h"

static gboolean as_json, explain;
static char *taxonomy, **rules;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("One JSON object for each text, one a line"),
    NULL },
  { "explain", 0, 0, G_OPTION_ARG_NONE, &explain, N_ ("Show every fact behind a verdict"), NULL },
  { "taxonomy", 0, 0, G_OPTION_ARG_STRING, &taxonomy,
    N_ ("Print another system's name beside each reason"), "NAME" },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  { 0 },
};

static int
classify_text (ReboundAnalyzer *analyzer, const char *text)
{
  ReboundStyle style = { .taxonomy = taxonomy, .explain = explain, .color = cli_color () };
  g_autoptr (ReboundReport) report = rebound_analyzer_classify (analyzer, text, NULL);
  const ReboundRecipient *recipient = rebound_report_get_recipient (report, 0);
  g_autofree char *out = as_json ? rebound_recipient_to_json (recipient, &style)
                                 : rebound_recipient_to_text (recipient, &style);

  return fputs (out, stdout) == EOF || putchar ('\n') == EOF ? EX_IOERR : EX_OK;
}

/* "550-first line": the next line belongs to it (RFC 5321 section 4.2.1). */
static gboolean
continues (const char *line)
{
  return g_ascii_isdigit (line[0]) && g_ascii_isdigit (line[1]) && g_ascii_isdigit (line[2])
         && line[3] == '-';
}

static int
classify_lines (ReboundAnalyzer *analyzer, FILE *in)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *line = NULL;
  size_t size = 0;
  int status = EX_OK;

  while (status == EX_OK && getline (&line, &size, in) >= 0)
    {
      g_string_append (text, line);
      if (continues (line) || *g_strstrip (line) == '\0')
        continue;
      status = classify_text (analyzer, text->str);
      g_string_truncate (text, 0);
    }
  if (status == EX_OK && *g_strstrip (text->str) != '\0')
    status = classify_text (analyzer, text->str);
  if (ferror (in))
    {
      cli_error ("classify", "cannot read standard input: %s", g_strerror (errno));
      return EX_IOERR;
    }
  return status;
}

int
cli_classify (int argc, char **argv)
{
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
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
  analyzer = cli_new_analyzer ("classify", rules, &status);
  for (int i = argc < 2 ? 0 : 1; i < argc && result == EX_OK; i++)
    result = i == 0 || strcmp (argv[i], "-") == 0 ? classify_lines (analyzer, stdin)
                                                  : classify_text (analyzer, argv[i]);
  return cli_finish ("classify", result != EX_OK ? result : status);
}

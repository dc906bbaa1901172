/* rebound parse: what messages report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

static gboolean as_json, as_text, explain;
static char *taxonomy, *policy_name, **rules;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("One JSON object for each message, one a line"),
    NULL },
  { "text", 0, 0, G_OPTION_ARG_NONE, &as_text, N_ ("For a person (the default)"), NULL },
  { "explain", 0, 0, G_OPTION_ARG_NONE, &explain, N_ ("Show every fact behind a verdict"), NULL },
  { "taxonomy", 0, 0, G_OPTION_ARG_STRING, &taxonomy,
    N_ ("Print another system's name beside each reason"), "NAME" },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  CLI_POLICY (&policy_name),
  { 0 },
};

static gboolean
print_report (const CliMessage *message, gpointer data)
{
  const ReboundStyle style = { .source = message->source,
                               .index = message->index,
                               .taxonomy = taxonomy,
                               .explain = explain,
                               .color = cli_color () };
  const ReboundEnvelope envelope = { .received = message->arrival };
  g_autoptr (ReboundReport) report =
      rebound_analyzer_analyze (data, message->bytes, &envelope, NULL);
  g_autofree char *text =
      as_json ? rebound_report_to_json (report, &style) : rebound_report_to_text (report, &style);

  return fputs (text, stdout) != EOF && putchar ('\n') != EOF;
}

int
cli_parse (int argc, char **argv)
{
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
  g_autoptr (ReboundPolicy) policy = NULL;
  int status = EX_OK;

  if (!cli_options ("parse", options, &argc, &argv, &status))
    return status;
  if (!cli_check_taxonomy ("parse", taxonomy))
    return EX_USAGE;
  if (as_json && (as_text || explain))
    {
      cli_error ("parse", "--json goes without --text and --explain: it has every fact");
      return EX_USAGE;
    }
  if (!cli_find_policy ("parse", policy_name, &policy, &status))
    return status;
  analyzer = cli_new_analyzer ("parse", rules, policy, &status);
  if (analyzer == NULL)
    return status;
  for (int i = argc < 2 ? 0 : 1; i < argc && !ferror (stdout); i++)
    {
      int result = cli_read_mailbox ("parse", i == 0 ? "-" : argv[i], print_report, analyzer);

      status = status == EX_OK ? result : status;
    }
  return cli_finish ("parse", status);
}

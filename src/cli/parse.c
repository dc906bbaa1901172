/* rebound parse: what messages report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static gboolean as_json, as_text, explain;
static char *taxonomy, **rules;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "One JSON object for each message, one a line",
    NULL },
  { "text", 0, 0, G_OPTION_ARG_NONE, &as_text, "For a person (the default)", NULL },
  { "explain", 0, 0, G_OPTION_ARG_NONE, &explain, "Show every fact behind a verdict", NULL },
  { "taxonomy", 0, 0, G_OPTION_ARG_STRING, &taxonomy,
    "Print another system's name beside each reason", "NAME" },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    "Rules on top of those that are built in and of those of the site", "FILE" },
  { 0 },
};

/* One message; FALSE where it could not be written. */
static gboolean
print_report (ReboundAnalyzer *analyzer, GBytes *message, const ReboundStyle *style)
{
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (analyzer, message, NULL, NULL);
  g_autofree char *text =
      as_json ? rebound_report_to_json (report, style) : rebound_report_to_text (report, style);

  return fputs (text, stdout) != EOF && putchar ('\n') != EOF;
}

/* Every message of a mailbox; what cannot be read is told of, and the rest goes on. */
static int
parse_mailbox (ReboundAnalyzer *analyzer, ReboundMailbox *mailbox, ReboundStyle style)
{
  const char *given = style.source;
  int status = EX_OK;

  for (;;)
    {
      g_autoptr (GBytes) message = NULL;
      g_autoptr (GError) error = NULL;

      if (!rebound_mailbox_next (mailbox, &message, &error))
        {
          cli_error ("parse", "%s", error->message);
          status = EX_IOERR;
          continue;
        }
      if (message == NULL)
        return status;
      style.source = rebound_mailbox_get_source (mailbox);
      style.index = rebound_mailbox_get_index (mailbox);
      if (style.source == NULL)
        style.source = given;
      if (!print_report (analyzer, message, &style))
        return EX_IOERR;
    }
}

static int
parse_path (ReboundAnalyzer *analyzer, const char *path)
{
  ReboundStyle style = {
    .source = path, .taxonomy = taxonomy, .explain = explain, .color = cli_color ()
  };
  g_autoptr (ReboundMailbox) mailbox = NULL;
  g_autoptr (GError) error = NULL;

  if (strcmp (path, "-") == 0)
    mailbox = rebound_mailbox_open_fd (STDIN_FILENO, REBOUND_MAILBOX_DEFAULT, NULL);
  else
    mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, &error);
  if (mailbox != NULL)
    return parse_mailbox (analyzer, mailbox, style);
  cli_error ("parse", "%s", error->message);
  return EX_NOINPUT;
}

int
cli_parse (int argc, char **argv)
{
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
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
  analyzer = cli_new_analyzer ("parse", rules, &status);
  for (int i = argc < 2 ? 0 : 1; i < argc && !ferror (stdout); i++)
    {
      int result = parse_path (analyzer, i == 0 ? "-" : argv[i]);

      status = status == EX_OK ? result : status;
    }
  return cli_finish ("parse", status);
}

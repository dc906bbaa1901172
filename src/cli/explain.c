/* rebound explain: what a code or a reason means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

static gboolean as_json;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("One JSON object for each, one a line"), NULL },
  { 0 },
};

static int
explain_topic (const char *topic)
{
  g_autofree char *text =
      as_json ? rebound_explain_to_json (topic) : rebound_explain_to_text (topic);

  if (text == NULL)
    {
      cli_error ("explain",
                 "nothing is known of “%s”; give an SMTP reply code (550), an enhanced status "
                 "code (5.1.1) or a reason (user-unknown)",
                 topic);
      return EX_DATAERR;
    }
  fputs (text, stdout);
  if (as_json)
    putchar ('\n');
  return EX_OK;
}

int
cli_explain (int argc, char **argv)
{
  int status = EX_OK;

  if (!cli_options ("explain", options, &argc, &argv, &status))
    return status;
  if (argc < 2)
    {
      cli_error ("explain", "which code or reason? For instance: rebound explain 5.1.1");
      return EX_USAGE;
    }
  for (int i = 1; i < argc; i++)
    {
      int result = explain_topic (argv[i]);

      status = status == EX_OK ? result : status;
    }
  return cli_finish ("explain", status);
}

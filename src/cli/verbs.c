/* rebound: commands that are a noun, and what each does with it: "rebound rules check".
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli.h"

/* Whether the option was given. What it is, is in a static variable that is empty otherwise. */
static gboolean
is_given (const GOptionEntry *option)
{
  switch (option->arg)
    {
    case G_OPTION_ARG_NONE:
    case G_OPTION_ARG_INT:
      return *(const gint *) option->arg_data != 0;
    case G_OPTION_ARG_STRING:
    case G_OPTION_ARG_FILENAME:
    case G_OPTION_ARG_STRING_ARRAY:
    case G_OPTION_ARG_FILENAME_ARRAY:
      return *(const gpointer *) option->arg_data != NULL;
    default:
      return FALSE;
    }
}

/* Whether @verb takes all options that were given; says so where it does not. */
static gboolean
takes_options (const char *command, const CliVerb *verb, const GOptionEntry *options)
{
  g_auto (GStrv) taken = g_strsplit (verb->options, " ", -1);

  for (const GOptionEntry *option = options; option->long_name != NULL; option++)
    if (is_given (option) && !g_strv_contains ((const char *const *) taken, option->long_name))
      {
        cli_error (command, "%s takes no --%s; see rebound %s --help", verb->name,
                   option->long_name, command);
        return FALSE;
      }
  return TRUE;
}

static int
run (const char *command, const CliVerb *verb, const GOptionEntry *options, int n, char **arguments)
{
  if (!takes_options (command, verb, options))
    return EX_USAGE;
  if (n >= verb->least && n <= verb->most)
    return cli_finish (command, verb->run (n, arguments));
  cli_error (command, "it is: rebound %s %s %s", command, verb->name, verb->arguments);
  return EX_USAGE;
}

static void
list_verbs (const char *command, const CliVerb *verbs)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (; verbs->name != NULL; verbs++)
    g_string_append_printf (list, "%s%s%s%s", list->len > 0 ? ", " : "", verbs->name,
                            *verbs->arguments != '\0' ? " " : "", verbs->arguments);
  cli_error (command, "say what to do: rebound %s with one of: %s", command, list->str);
}

int
cli_run_verb (const char *command, const CliVerb *verbs, const GOptionEntry *options, int argc,
              char **argv)
{
  int status;

  if (!cli_options (command, options, &argc, &argv, &status))
    return status;
  for (const CliVerb *verb = verbs; verb->name != NULL && argc > 1; verb++)
    if (strcmp (argv[1], verb->name) == 0)
      return run (command, verb, options, argc - 2, argv + 2);
  list_verbs (command, verbs);
  return EX_USAGE;
}

/* rebound: the command line.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int run_help (int argc, char **argv);

static const CliCommand commands[] = {
  { "parse", "[PATH...|-]", "say what messages report, each recipient with a verdict", cli_parse },
  { "deliver", "--log FILE", "take one message from a mail server and record its report",
    cli_deliver },
  { "classify", "[TEXT...|-]", "say what SMTP replies and log lines mean", cli_classify },
  { "explain", "CODE|REASON...", "tell what a code or a reason means", cli_explain },
  { "rules", "check|list|test", "check rule files, list all rules, try some on messages",
    cli_rules },
  { "help", "[COMMAND]", "show how to use a command", run_help },
};

/* A name of a file, or what else was given, is not to move a terminal's cursor. */
static char *
without_controls (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (out, g_unichar_iscntrl (c) ? 0xfffd : c);
    }
  return g_string_free (out, FALSE);
}

void
cli_error (const char *command, const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *shown = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  shown = without_controls (message);
  fprintf (stderr, "rebound%s%s: %s\n", command != NULL ? " " : "", command != NULL ? command : "",
           shown);
}

static int
print_help (const char *command, GOptionContext *context)
{
  g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

  fputs (help, stdout);
  return cli_finish (command, EX_OK);
}

/* "--" ends the options; what follows are arguments, whatever they look like. */
static void
drop_separator (int *argc, char **argv)
{
  if (*argc < 2 || strcmp (argv[1], "--") != 0)
    return;
  for (int i = 1; i < *argc; i++)
    argv[i] = argv[i + 1];
  --*argc;
}

gboolean
cli_options (const char *command, const GOptionEntry *entries, int *argc, char ***argv, int *status)
{
  gboolean help = FALSE;
  const GOptionEntry own[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL },
    { 0 },
  };
  const CliCommand *self = cli_find_command (command);
  g_autoptr (GOptionContext) context = g_option_context_new (self->arguments);
  g_autofree char *name = g_strdup_printf ("rebound %s", command);
  g_autofree char *summary = g_strdup_printf ("rebound %s: %s.", command, self->summary);
  g_autofree char *manual =
      g_strdup_printf ("The manual page says more: man rebound-%s.", command);
  g_autoptr (GError) error = NULL;

  g_set_prgname (name);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, manual);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, own, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      cli_error (command, "%s; see rebound %s --help", error->message, command);
      *status = EX_USAGE;
      return FALSE;
    }
  if (help)
    {
      *status = print_help (command, context);
      return FALSE;
    }
  drop_separator (argc, *argv);
  return TRUE;
}

int
cli_finish (const char *command, int status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  cli_error (command, "cannot write the output: %s", g_strerror (errno));
  return EX_IOERR;
}

gboolean
cli_color (void)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return (no_color == NULL || *no_color == '\0') && isatty (STDOUT_FILENO);
}

gboolean
cli_check_taxonomy (const char *command, const char *taxonomy)
{
  const char *const *known = rebound_taxonomies ();
  g_autofree char *list = NULL;

  if (taxonomy == NULL || g_strv_contains (known, taxonomy))
    return TRUE;
  list = g_strjoinv (", ", (char **) known);
  cli_error (command, "“%s” is no taxonomy; one of: %s", taxonomy, list);
  return FALSE;
}

const CliCommand *
cli_find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i].name, name) == 0)
      return &commands[i];
  return NULL;
}

static int
print_usage (FILE *out, int status)
{
  fprintf (out, "usage: rebound COMMAND [OPTION…] [ARGUMENT…]\n\n"
                "Reads returned mail and says, for each recipient, what happened, whose\n"
                "business it is, and whether a mailing list may drop the address.\n\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-9s %-15s  %s\n", commands[i].name, commands[i].arguments,
             commands[i].summary);
  fprintf (out, "\nrebound COMMAND --help shows the options, rebound --version the version.\n");
  return status;
}

static gboolean
is_help (const char *word)
{
  return strcmp (word, "--help") == 0 || strcmp (word, "-h") == 0;
}

static int
unknown_command (const char *name)
{
  cli_error (NULL, "there is no command “%s”; rebound help lists them", name);
  return EX_USAGE;
}

static int
run_help (int argc, char **argv)
{
  char *help[] = { argc > 1 ? argv[1] : NULL, (char *) "--help", NULL };
  const CliCommand *command = argc > 1 ? cli_find_command (argv[1]) : NULL;

  if (argc > 2)
    {
      cli_error ("help", "takes one command, as in: rebound help %s", argv[1]);
      return EX_USAGE;
    }
  if (argc < 2 || is_help (argv[1]) || command == &commands[G_N_ELEMENTS (commands) - 1])
    return cli_finish ("help", print_usage (stdout, EX_OK));
  if (command == NULL)
    return unknown_command (argv[1]);
  return command->run (2, help);
}

static int
print_version (int argc)
{
  if (argc > 2)
    {
      cli_error (NULL, "--version takes no argument");
      return EX_USAGE;
    }
  printf ("rebound %s\n", rebound_version ());
  return cli_finish (NULL, EX_OK);
}

/* Else a file that is opened would take the place of a standard stream that is closed, and what is
 * meant for that one would go into the file. These can be neither read nor written. */
static void
reserve_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0
        && open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      return;
}

int
main (int argc, char **argv)
{
  const CliCommand *command = argc > 1 ? cli_find_command (argv[1]) : NULL;

  setlocale (LC_ALL, "");
  reserve_standard_streams ();
  if (argc < 2)
    return print_usage (stderr, EX_USAGE);
  if (command != NULL)
    return command->run (argc - 1, argv + 1);
  if (is_help (argv[1]))
    return run_help (argc - 1, argv + 1);
  if (strcmp (argv[1], "--version") == 0)
    return print_version (argc);
  return unknown_command (argv[1]);
}

/* rebound: the command line.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int run_help (int argc, char **argv);

static const CliCommand commands[] = {
  { "parse", "[PATH...|-]", N_ ("say what messages report, each recipient with a verdict"),
    cli_parse },
  { "deliver", "--store URL|--log FILE",
    N_ ("take one message from a mail server and record its report"), cli_deliver },
  { "scan", "[MAILBOX...|-]", N_ ("record what the messages of mailboxes report"), cli_scan },
  { "classify", "[TEXT...|-]", N_ ("say what SMTP replies and log lines mean"), cli_classify },
  { "explain", "CODE|REASON...", N_ ("tell what a code or a reason means"), cli_explain },
  { "rules", "check|list|test", N_ ("check rule files, list all rules, try some on messages"),
    cli_rules },
  { "member", "show|history|list|reset|forget [ADDRESS]",
    N_ ("tell what is known of members, or change it"), cli_member },
  { "actions", "[--ack ID...]", N_ ("say what lists are to do now, or have it done"), cli_actions },
  { "sent", "--list ADDRESS --message-id ID --count NUMBER",
    N_ ("note to how many members a message was sent"), cli_sent },
  { "store", "check|migrate|expire|export|import", N_ ("look after the store of the history"),
    cli_store },
  { "policy", "list|show|check|simulate",
    N_ ("list, show, check and try what is to be done about bounces"), cli_policies },
  { "verp", "make|verify|key", N_ ("sign return paths, and say whether one was signed"), cli_verp },
  { "help", "[COMMAND]", N_ ("show how to use a command"), run_help },
};

/* Those that turn the direction of a line leave an address looking like another (UAX 9). */
static gboolean
is_control (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
cli_shown (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (out, is_control (c) ? 0xfffd : c);
    }
  return g_string_free (out, FALSE);
}

void
cli_print_cell (const char *text, guint width)
{
  const glong length = g_utf8_strlen (text, -1);

  printf ("%s%*s", text, (int) MAX ((glong) width - length, 1), "");
}

void
cli_error (const char *command, const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *shown = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (_ (format), args);
  va_end (args);
  shown = cli_shown (message);
  fprintf (stderr, "rebound%s%s: %s\n", command != NULL ? " " : "", command != NULL ? command : "",
           shown);
}

/* -h, --help, and --log=FILE */
static char *
name_option (const GOptionEntry *entry)
{
  const char *argument = entry->arg_description;

  return g_strdup_printf (entry->short_name != 0 ? "-%.1s, --%s%s%s" : "%.0s--%s%s%s",
                          &entry->short_name, entry->long_name, argument != NULL ? "=" : "",
                          argument != NULL ? argument : "");
}

static guint
option_width (const GOptionEntry *entries)
{
  guint width = 0;

  for (; entries->long_name != NULL; entries++)
    {
      g_autofree char *name = name_option (entries);

      width = MAX (width, strlen (name));
    }
  return width;
}

static void
print_options (const GOptionEntry *entries, guint width)
{
  for (; entries->long_name != NULL; entries++)
    {
      g_autofree char *name = name_option (entries);

      printf ("  %-*s     %s\n", (int) width, name, _ (entries->description));
    }
}

/* As GOption prints it, but all of it translated where GLib is not. */
static int
print_help (const CliCommand *self, const GOptionEntry *entries, const GOptionEntry *own)
{
  guint width = MAX (option_width (entries), option_width (own));

  printf (_ ("Usage:\n  rebound %s [OPTION…] %s\n\n"), self->name, self->arguments);
  printf ("rebound %s: %s.\n\n%s\n", self->name, _ (self->summary), _ ("Options:"));
  print_options (entries, width);
  print_options (own, width);
  printf (_ ("\nThe manual page says more: man rebound-%s.\n"), self->name);
  return cli_finish (self->name, EX_OK);
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
    { "lang", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) cli_set_language,
      N_ ("Speak this language, otherwise that of the locale"), "LANG" },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &help, N_ ("Show this help"), NULL },
    { 0 },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *name = g_strdup_printf ("rebound %s", command);
  g_autoptr (GError) error = NULL;

  g_set_prgname (name);
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
      *status = print_help (cli_find_command (command), entries, own);
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
  fputs (_ ("usage: rebound COMMAND [OPTION…] [ARGUMENT…]\n\n"
            "Reads returned mail and says, for each recipient, what happened, whose\n"
            "business it is, and whether a mailing list may drop the address.\n\n"),
         out);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-9s %s\n", commands[i].name, _ (commands[i].summary));
  fputs (_ ("\nrebound COMMAND --help shows the options, rebound --version the version.\n"), out);
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

/* How many words "--lang de" or "--lang=de" in front of all others is. */
static int
count_language (int argc, char **argv)
{
  if (argc > 1 && g_str_has_prefix (argv[1], "--lang="))
    return 1;
  return argc > 2 && strcmp (argv[1], "--lang") == 0 ? 2 : 0;
}

/* Sets it, and takes these words away. FALSE where it is missing or unknown, which was said. */
static gboolean
take_language (int *argc, char **argv)
{
  const int words = count_language (*argc, argv);
  const char *language = words == 2 ? argv[2] : words == 1 ? strchr (argv[1], '=') + 1 : NULL;
  g_autoptr (GError) error = NULL;

  if (words == 0 && (*argc < 2 || strcmp (argv[1], "--lang") != 0))
    return TRUE;
  if (words == 0)
    {
      cli_error (NULL, "--lang needs a language, as in: rebound --lang=en help");
      return FALSE;
    }
  if (!cli_set_language (NULL, language, NULL, &error))
    {
      cli_error (NULL, "%s", error->message);
      return FALSE;
    }
  memmove (argv + 1, argv + 1 + words, (*argc - words) * sizeof *argv);
  *argc -= words;
  return TRUE;
}

static int
run_help (int argc, char **argv)
{
  char *help[] = { NULL, (char *) "--help", NULL };
  const CliCommand *command;

  if (!take_language (&argc, argv))
    return EX_USAGE;
  command = argc > 1 ? cli_find_command (argv[1]) : NULL;
  help[0] = argc > 1 ? argv[1] : NULL;
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

/* In front of a command "--lang de" is as among its options. */
static void
move_language (char **argv, int words)
{
  char *command = argv[1 + words];

  memmove (argv + 2, argv + 1, words * sizeof *argv);
  argv[1] = command;
}

int
main (int argc, char **argv)
{
  const CliCommand *command;
  int words;

  reserve_standard_streams ();
  cli_init_language ();
  words = count_language (argc, argv);
  command = argc > 1 + words ? cli_find_command (argv[1 + words]) : NULL;
  if (command != NULL && command->run != run_help)
    move_language (argv, words);
  else if (!take_language (&argc, argv))
    return EX_USAGE;
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

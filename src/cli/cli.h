/* rebound: the commands.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <rebound.h>
#include <stdio.h>
#include <sysexits.h>

#ifdef ENABLE_NLS
#include <libintl.h>
#define _(text) gettext (text)
#else
#define _(text) text
#endif
#define N_(text) text
/* A word that means several things, in what it means here. */
#define C_(context, text) g_dpgettext2 (NULL, context, text)

typedef struct
{
  const char *name;
  const char *arguments;
  const char *summary;
  int (*run) (int argc, char **argv);
} CliCommand;

/* Each runs with argv[0] its own name and returns an exit status of sysexits.h. */
int cli_parse (int argc, char **argv);
int cli_deliver (int argc, char **argv);
int cli_classify (int argc, char **argv);
int cli_explain (int argc, char **argv);
int cli_rules (int argc, char **argv);
int cli_verp (int argc, char **argv);
int cli_scan (int argc, char **argv);
int cli_member (int argc, char **argv);
int cli_actions (int argc, char **argv);
int cli_sent (int argc, char **argv);
int cli_store (int argc, char **argv);

int cli_policies (int argc, char **argv);

/* Prints "rebound COMMAND: …" on standard error; "rebound: …" where @command is %NULL. @format is
 * translated: xgettext knows it as a keyword. */
void cli_error (const char *command, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* @text for a terminal: what would move its cursor is replaced. */
char *cli_shown (const char *text);

/* A word of a table and blanks up to @width columns, at least one, however many bytes it has. */
void cli_print_cell (const char *text, guint width);

/* Reads the options of @command. FALSE where the command is over: @status is its exit status, for
 * they were wrong, which was said, or asked for help, which was shown. */
gboolean cli_options (const char *command, const GOptionEntry *entries, int *argc, char ***argv,
                      int *status);

/* One of the things that a command does with its noun. */
typedef struct
{
  const char *name;
  const char *arguments; /* for a person */
  const char *options;   /* names of those of the command that it takes, with blanks between */
  int least;             /* arguments */
  int most;
  int (*run) (int n, char **arguments);
} CliVerb;

/* Reads the options of @command and runs the verb that is its first argument. @verbs end with one
 * that has no name. */
int cli_run_verb (const char *command, const CliVerb *verbs, const GOptionEntry *options, int argc,
                  char **argv);

/* The language of the environment, and that of --lang, of whose option it is the callback. */
void cli_init_language (void);
gboolean cli_set_language (const char *option, const char *language, gpointer data, GError **error);

/* What ended a command that wrote to standard output: @status, or EX_IOERR. */
int cli_finish (const char *command, int status);

/* Whether standard output takes colours: a terminal, and no NO_COLOR (no-color.org). */
gboolean cli_color (void);

/* Whether @taxonomy is known, or %NULL; says so where it is not. */
gboolean cli_check_taxonomy (const char *command, const char *taxonomy);

/* One message of a mailbox. */
typedef struct
{
  GBytes *bytes;
  const char *source;
  guint index;    /* in @source, from 0 */
  gint64 arrival; /* as the mailbox has it, in seconds since 1970; 0 where it does not say */
} CliMessage;

/* FALSE to end: nothing more can be written. */
typedef gboolean (*CliMessageFunc) (const CliMessage *message, gpointer data);

/* Calls @each for every message of a message, an mbox, a Maildir, or "-". Returns an exit status;
 * what went wrong was said. */
int cli_read_mailbox (const char *command, const char *path, CliMessageFunc each, gpointer data);

/* When it arrived: as the mailbox has it, otherwise as its topmost Received has it, otherwise
 * @now. */
gint64 cli_arrival (const CliMessage *message, gint64 now);

/* "--policy FILE|PRESET" has the same words wherever it is an option. */
#define CLI_POLICY(name)                                                                           \
  {                                                                                                \
    "policy", 0, 0, G_OPTION_ARG_FILENAME, name,                                                   \
        N_ ("A policy, or one that is built in, instead of that of the site"), "FILE|PRESET"       \
  }

/* The policy that --policy has @given; otherwise that of the site; where there is none, what is
 * built in. %NULL where it cannot be used, which was said: the command ends with @status. */
ReboundPolicy *cli_policy (const char *command, const char *given, int *status);

/* The same for those who only want verdicts: TRUE with @policy %NULL where there is none of the
 * site, so that what its rules say of the reasons holds. */
gboolean cli_find_policy (const char *command, const char *given, ReboundPolicy **policy,
                          int *status);

/* Knows the rules of the site too, and those of the files @given (nullable); a file that is wrong
 * is told of and left out, and @status is EX_CONFIG then. @policy (nullable) is kept. %NULL where
 * the keys that it names cannot be used, which was said. */
ReboundAnalyzer *cli_new_analyzer (const char *command, char **given, ReboundPolicy *policy,
                                   int *status);

/* The store. "--store URL" has the same words wherever it is an option; its default is what
 * REBOUND_STORE names in the environment. */
#define CLI_STORE(name)                                                                            \
  {                                                                                                \
    "store", 0, 0, G_OPTION_ARG_FILENAME, name,                                                    \
        N_ ("The store of the history (else the environment's REBOUND_STORE)"), "URL"              \
  }

/* @given or what the environment says; %NULL where neither names one. */
const char *cli_store_url (const char *given);

/* @policy: (nullable): %NULL for what is built in. %NULL where it cannot be opened, which was said;
 * @status says why. */
ReboundStore *cli_open_store (const char *command, const char *given, ReboundPolicy *policy,
                              int *status);

/* The same with the policy that --policy names. @create: whether it is made where it is not there;
 * who asks what is known does not want that. */
ReboundStore *cli_open_history (const char *command, const char *given, const char *policy,
                                gboolean create, int *status);

/* Says that no store is named, and returns the exit status for it. */
int cli_lacks_store (const char *command);

/* Says what @error of a store is, and returns the exit status for it. */
int cli_store_failed (const char *command, const GError *error);

/* Seconds since 1970, as the functions of a store take them. */
gint64 cli_now (void);

/* "2026-11-21 16:40", in UTC; "-" for 0. */
char *cli_time (gint64 seconds);

/* "3", "2.5" */
char *cli_score (double score);

const CliCommand *cli_find_command (const char *name);

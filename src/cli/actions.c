/* rebound actions: what lists are to do now.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook.h"

#include <string.h>

/* A program that takes longer hangs. */
#define PATIENCE 60

/* How much longer than a program may take nobody else gets its step: for ending and
 * acknowledging. */
#define MARGIN 60

/* So many steps are kept in memory at a time. */
#define BATCH 500

static char *store_url, *policy_name, *only_list, *program, **ids;
static gboolean release, discard;
static int patience;

static const GOptionEntry options[] = {
  CLI_STORE (&store_url),
  CLI_POLICY (&policy_name),
  { "list", 0, 0, G_OPTION_ARG_FILENAME, &only_list, N_ ("Of this list only"), "ADDRESS" },
  { "ack", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ids, N_ ("The action is done; more IDs may follow"),
    "ID" },
  { "release", 0, 0, G_OPTION_ARG_NONE, &release,
    N_ ("With --ack, of a storm: what it has held counts"), NULL },
  { "discard", 0, 0, G_OPTION_ARG_NONE, &discard,
    N_ ("With --ack, of a storm: what it has held never counts, and it is over"), NULL },
  { "on-action", 0, 0, G_OPTION_ARG_FILENAME, &program,
    N_ ("Run CMD for each action, and take it for done where CMD answers 0"), "CMD" },
  { "timeout", 0, 0, G_OPTION_ARG_INT, &patience,
    N_ ("With --on-action: end CMD after so many seconds (60)"), "SECONDS" },
  { 0 },
};

/* Without --ack and --on-action */

static gboolean
print_due (const ReboundDue *due, G_GNUC_UNUSED gpointer data)
{
  g_autofree char *json = rebound_due_to_json (due);

  return puts (json) != EOF;
}

static int
print_all (ReboundStore *store)
{
  g_autoptr (GError) error = NULL;

  if (rebound_store_due (store, only_list, cli_now (), print_due, NULL, &error))
    return EX_OK;
  return cli_store_failed ("actions", error);
}

/* --ack */

static int
acknowledge (ReboundStore *store, const char *id)
{
  const ReboundHeld held = release   ? REBOUND_HELD_RELEASE
                           : discard ? REBOUND_HELD_DISCARD
                                     : REBOUND_HELD_KEEP;
  g_autoptr (GError) error = NULL;

  if (rebound_store_acknowledge (store, id, held, cli_now (), &error))
    return EX_OK;
  return cli_store_failed ("actions", error);
}

/* An ID that is wrong does not keep the others from being acknowledged. */
static int
acknowledge_all (ReboundStore *store, char **these)
{
  int status = EX_OK;

  for (; *these != NULL; these++)
    {
      int result = acknowledge (store, *these);

      status = status == EX_OK ? result : status;
    }
  return status;
}

/* --on-action */

typedef struct
{
  ReboundStore *store;
  char **argv;
  GHashTable *tried; /* IDs of this run that are for later */
  GPtrArray *tasks;  /* of CliTask */
  int status;
} Run;

static gboolean
take_due (const ReboundDue *due, gpointer data)
{
  Run *self = data;

  if (!g_hash_table_contains (self->tried, due->id))
    g_ptr_array_add (self->tasks, cli_task_new (due));
  return self->tasks->len < BATCH;
}

/* What is due and was not tried yet. */
static gboolean
find_tasks (Run *self)
{
  g_autoptr (GError) error = NULL;

  g_ptr_array_set_size (self->tasks, 0);
  if (rebound_store_due (self->store, only_list, cli_now (), take_due, self, &error))
    return self->tasks->len > 0;
  self->status = cli_store_failed ("actions", error);
  return FALSE;
}

/* FALSE where nothing can go on. */
static gboolean
finish (Run *self, const CliTask *task, CliHookResult result)
{
  int status = EX_OK;

  if (result == CLI_HOOK_DONE)
    status = acknowledge (self->store, task->id);
  else
    status = result == CLI_HOOK_LATER ? EX_TEMPFAIL : EX_OSERR;
  if (self->status == EX_OK)
    self->status = status;
  if (status != EX_OK)
    g_hash_table_add (self->tried, g_strdup (task->id));
  return result != CLI_HOOK_UNABLE && (result != CLI_HOOK_DONE || status != EX_TEMPFAIL);
}

/* FALSE where nothing can go on. What somebody else has is his. */
static gboolean
do_task (Run *self, const CliTask *task)
{
  g_autoptr (GError) error = NULL;
  gboolean claimed;

  if (!rebound_store_claim (self->store, task->id, cli_now (), patience + MARGIN, &claimed, &error))
    {
      self->status = cli_store_failed ("actions", error);
      return FALSE;
    }
  if (claimed)
    return finish (self, task, cli_hook_run (self->argv, task, patience));
  g_hash_table_add (self->tried, g_strdup (task->id));
  return TRUE;
}

/* Where a signal asks to stop, the rest is for later. */
static gboolean
goes_on (Run *self)
{
  if (!cli_stopping ())
    return TRUE;
  if (self->status == EX_OK)
    self->status = EX_TEMPFAIL;
  return FALSE;
}

static void
do_all (Run *self)
{
  gboolean able = TRUE;

  while (able && find_tasks (self))
    for (guint i = 0; i < self->tasks->len && able; i++)
      able = goes_on (self) && do_task (self, g_ptr_array_index (self->tasks, i));
}

static int
run_program (ReboundStore *store, char **argv)
{
  Run self = { .store = store, .argv = argv, .status = EX_OK };

  g_setenv ("REBOUND_STORE", cli_store_url (store_url), TRUE); /* for what the program may ask */
  cli_catch_signals ();
  self.tried = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.tasks = g_ptr_array_new_with_free_func ((GDestroyNotify) cli_task_free);
  do_all (&self);
  g_ptr_array_unref (self.tasks);
  g_hash_table_unref (self.tried);
  return self.status;
}

/* The words of --on-action; NULL where there is no such program, which was said. */
static char **
split_program (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  g_autofree char *path = NULL;

  if (!g_shell_parse_argv (program, NULL, &argv, &error))
    {
      cli_error ("actions", "--on-action: %s", error->message);
      return NULL;
    }
  path = g_find_program_in_path (argv[0]);
  if (path == NULL)
    cli_error ("actions", "--on-action: there is no program “%s”", argv[0]);
  return path != NULL ? g_steal_pointer (&argv) : NULL;
}

/* The command */

/* What does not go together; NULL where all does. */
static const char *
find_misuse (int n)
{
  const struct
  {
    gboolean wrong;
    const char *what;
  } rules[] = {
    { ids == NULL && n > 0, N_ ("only options are taken, and IDs behind --ack") },
    { ids != NULL && program != NULL, N_ ("--ack goes without --on-action") },
    { ids != NULL && only_list != NULL, N_ ("--ack goes without --list: an ID is enough") },
    { ids == NULL && (release || discard), N_ ("--release and --discard go with --ack") },
    { release && discard, N_ ("either --release or --discard") },
    { program == NULL && patience != 0, N_ ("--timeout goes with --on-action") },
    { patience < 0, N_ ("--timeout is a number of seconds") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    if (rules[i].wrong)
      return rules[i].what;
  return NULL;
}

static int
act (char **more)
{
  g_auto (GStrv) argv = program != NULL ? split_program () : NULL;
  g_autoptr (ReboundStore) store = NULL;
  int status = EX_OK;

  if (program != NULL && argv == NULL)
    return EX_USAGE;
  store = cli_open_history ("actions", store_url, policy_name, FALSE, &status);
  if (store == NULL)
    return status;
  if (ids != NULL)
    {
      int more_status;

      status = acknowledge_all (store, ids);
      more_status = acknowledge_all (store, more);
      return status == EX_OK ? more_status : status;
    }
  return program != NULL ? run_program (store, argv) : print_all (store);
}

int
cli_actions (int argc, char **argv)
{
  const char *misuse;
  int status;

  if (!cli_options ("actions", options, &argc, &argv, &status))
    return status;
  misuse = find_misuse (argc - 1);
  if (misuse != NULL)
    {
      cli_error ("actions", "%s; see rebound actions --help", _ (misuse));
      return EX_USAGE;
    }
  patience = patience > 0 ? patience : PATIENCE;
  return cli_finish ("actions", act (argv + 1));
}

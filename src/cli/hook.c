/* rebound: a program that does a step for the list manager.
 *
 * It runs directly, with no shell between. As arguments it gets words of ours only: an address may
 * begin with a hyphen and be an option then, so all else is in the environment and on standard
 * input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a program that was asked to end may take for it. */
#define GRACE 5

/* What it is told */

static char *
format_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

static char *
format_count (gboolean known, guint count)
{
  return known ? g_strdup_printf ("%u", count) : NULL;
}

/* A variable of an outer rebound is not to be taken for one of this step. */
static char **
set_variable (char **environment, const char *name, const char *value)
{
  return value != NULL ? g_environ_setenv (environment, name, value, TRUE)
                       : g_environ_unsetenv (environment, name);
}

static char **
make_environment (const ReboundDue *due)
{
  g_autofree char *when = format_time (due->due);
  g_autofree char *score = due->address != NULL ? cli_score (due->score) : NULL;
  g_autofree char *nth = format_count (due->of > 0, due->nth);
  g_autofree char *of = format_count (due->of > 0, due->of);
  g_autofree char *members = format_count (due->storm != NULL, due->members);
  g_autofree char *held = format_count (due->storm != NULL, due->held);
  const struct
  {
    const char *name, *value;
  } variables[] = {
    { "REBOUND_ID", due->id },
    { "REBOUND_ACTION", rebound_step_to_string (due->step) },
    { "REBOUND_LIST", due->list },
    { "REBOUND_ADDRESS", due->address },
    { "REBOUND_DUE", when },
    { "REBOUND_REASON", due->reason },
    { "REBOUND_STAGE", due->address != NULL ? rebound_standing_to_string (due->standing) : NULL },
    { "REBOUND_SCORE", score },
    { "REBOUND_NTH", nth },
    { "REBOUND_OF", of },
    { "REBOUND_STORM", due->storm },
    { "REBOUND_KEY", due->key },
    { "REBOUND_PROVIDER", due->provider },
    { "REBOUND_MEMBERS", members },
    { "REBOUND_HELD", held },
  };
  char **environment = g_get_environ ();

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    environment = set_variable (environment, variables[i].name, variables[i].value);
  return environment;
}

CliTask *
cli_task_new (const ReboundDue *due)
{
  CliTask *self = g_new0 (CliTask, 1);

  self->id = g_strdup (due->id);
  self->action = rebound_step_to_string (due->step);
  self->json = rebound_due_to_json (due);
  self->environment = make_environment (due);
  return self;
}

void
cli_task_free (CliTask *self)
{
  g_free (self->id);
  g_free (self->json);
  g_strfreev (self->environment);
  g_free (self);
}

/* The end of a pipe from which @json can be read, or -1. All of it is in the pipe before anybody
 * reads, so a program that does not is no trouble. */
static int
make_input (const char *json)
{
  g_autofree char *line = g_strconcat (json, "\n", NULL);
  const gssize length = strlen (line);
  int ends[2];
  gssize written;

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, NULL))
    return -1;
  fcntl (ends[1], F_SETFL, O_NONBLOCK);
  written = write (ends[1], line, length);
  close (ends[1]);
  if (written == length)
    return ends[0];
  close (ends[0]);
  errno = ENOBUFS;
  return -1;
}

/* How it ends */

typedef struct
{
  GMainLoop *loop;
  GPid pid;
  int status; /* of waitpid() */
  gboolean hangs;
  guint timer;
} Running;

static void
take_end (G_GNUC_UNUSED GPid pid, int status, gpointer data)
{
  Running *self = data;

  self->status = status;
  g_main_loop_quit (self->loop);
}

static gboolean
end_by_force (gpointer data)
{
  Running *self = data;

  kill (-self->pid, SIGKILL);
  self->timer = 0;
  return G_SOURCE_REMOVE;
}

/* It leads a group of its own, so that what it has started is ended with it. */
static gboolean
end_politely (gpointer data)
{
  Running *self = data;

  self->hangs = TRUE;
  kill (-self->pid, SIGTERM);
  self->timer = g_timeout_add_seconds (GRACE, end_by_force, self);
  return G_SOURCE_REMOVE;
}

static void
lead_group (G_GNUC_UNUSED gpointer data)
{
  setpgid (0, 0);
}

static void
wait_for (Running *self, int patience)
{
  self->loop = g_main_loop_new (NULL, FALSE);
  self->timer = g_timeout_add_seconds (patience, end_politely, self);
  g_child_watch_add (self->pid, take_end, self);
  g_main_loop_run (self->loop);
  if (self->timer != 0)
    g_source_remove (self->timer);
  if (self->hangs)
    kill (-self->pid, SIGKILL);
  g_main_loop_unref (self->loop);
  g_spawn_close_pid (self->pid);
}

static CliHookResult
judge (const Running *self, const char *program, const CliTask *task, int patience)
{
  const int code = WIFEXITED (self->status) ? WEXITSTATUS (self->status) : -1;

  if (self->hangs)
    cli_error ("actions",
               "%s took longer than %d seconds for “%s” %s and was ended; it is tried "
               "again later",
               program, patience, task->action, task->id);
  else if (code == EX_OK)
    return CLI_HOOK_DONE;
  else if (code > 0 && code != EX_TEMPFAIL)
    cli_error ("actions", "%s answered %d for “%s” %s; it is tried again later", program, code,
               task->action, task->id);
  else if (code < 0)
    cli_error ("actions", "%s was ended by signal %d for “%s” %s; it is tried again later", program,
               WTERMSIG (self->status), task->action, task->id);
  return CLI_HOOK_LATER;
}

static char **
make_arguments (char *const *argv, const CliTask *task)
{
  GPtrArray *arguments = g_ptr_array_new ();

  for (; *argv != NULL; argv++)
    g_ptr_array_add (arguments, g_strdup (*argv));
  g_ptr_array_add (arguments, g_strdup (task->action));
  g_ptr_array_add (arguments, g_strdup (task->id));
  g_ptr_array_add (arguments, NULL);
  return (char **) g_ptr_array_free (arguments, FALSE);
}

CliHookResult
cli_hook_run (char *const *argv, const CliTask *task, int patience)
{
  g_auto (GStrv) arguments = make_arguments (argv, task);
  g_autoptr (GError) error = NULL;
  Running running = { 0 };
  int input = make_input (task->json);
  gboolean started;

  if (input < 0)
    {
      cli_error ("actions", "cannot hand over “%s” %s: %s", task->action, task->id,
                 g_strerror (errno));
      return CLI_HOOK_UNABLE;
    }
  started = g_spawn_async_with_fds (NULL, arguments, task->environment,
                                    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, lead_group,
                                    NULL, &running.pid, input, -1, -1, &error);
  close (input);
  if (!started)
    {
      cli_error ("actions", "%s", error->message);
      return CLI_HOOK_UNABLE;
    }
  wait_for (&running, patience);
  return judge (&running, argv[0], task, patience);
}

/* Signals */

static gboolean stopping;

static gboolean
take_signal (G_GNUC_UNUSED gpointer data)
{
  stopping = TRUE;
  return G_SOURCE_CONTINUE;
}

void
cli_catch_signals (void)
{
  static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_unix_signal_add (signals[i], take_signal, NULL);
}

gboolean
cli_stopping (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  return stopping;
}

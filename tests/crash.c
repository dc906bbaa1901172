/* Rebound: many who deliver at once, some of whom are killed, and what is then in the store.
 *
 * usage: crash deliver URL FIRST N PERCENT [SECONDS]
 *          messages FIRST to FIRST+N-1 are given to `rebound deliver` by 8 writers, as a mail
 *          server does: again until it returns 0. So many percent of the tries are killed at a
 *          random moment: the command, what it has started, or both. Fails where it returns another
 *          status than 0 or 75, says nothing with 75, or not all is delivered in SECONDS (120).
 *        crash verify URL N
 *          fails where the store does not have messages 0 to N-1, each once, or is not whole
 *        crash hold URL SECONDS
 *          keeps the store locked for so long; a line on standard output says since when
 *        crash ask URL
 *          opens the store, writes a line, reads one, asks the store, and says why it fails
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "bounces.h"
#include "history/store-private.h"

#define LIST "news@lists.example.org"
#define WRITERS 8
#define PATIENCE 120
#define LONGEST_LIFE                                                                               \
  60000 /* µs after which one is killed, at most: it takes less when all is well */
#define BETWEEN_TRIES 50000

extern char **environ;

/* What all writers work at. */
typedef struct
{
  const char *url;
  guint percent;
  gint64 end;            /* when it has to be done */
  GAsyncQueue *messages; /* numbers, from 1 */
  gint n_deferred, n_killed, n_wrong;
} Work;

static void G_GNUC_NORETURN
die (const GError *error)
{
  fprintf (stderr, "crash: %s\n", error != NULL ? error->message : g_strerror (errno));
  exit (EXIT_FAILURE);
}

/* ---- Delivering --------------------------------------------------------------------------- */

static char *
address_of (guint number)
{
  return g_strdup_printf ("member%u@d%u.example", number, number);
}

/* A file of no name with the message. */
static int
message_file (guint number)
{
  g_autofree char *address = address_of (number);
  g_autoptr (GBytes) message = bounce_of (address, number);
  int fd = memfd_create ("message", 0);

  if (fd < 0
      || write (fd, g_bytes_get_data (message, NULL), g_bytes_get_size (message))
             != (ssize_t) g_bytes_get_size (message)
      || lseek (fd, 0, SEEK_SET) != 0)
    die (NULL);
  return fd;
}

static pid_t
start_command (const char *url, int message, int errors)
{
  const char *command = g_getenv ("REBOUND");
  const char *argv[] = { command, "deliver", "--store", url, "--list", LIST, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t pid;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, message, STDIN_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, errors, STDERR_FILENO);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETPGROUP);
  errno = posix_spawn (&pid, command, &actions, &attributes, (char **) argv, environ);
  if (errno != 0)
    die (NULL);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  return pid;
}

/* The process that the command has started. */
static pid_t
child_of (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/children", pid, pid);
  g_autofree char *children = NULL;

  return g_file_get_contents (path, &children, NULL, NULL) ? atoi (children) : 0;
}

static void
kill_some_of_it (pid_t pid)
{
  pid_t child = child_of (pid);

  switch (g_random_int_range (0, 3))
    {
    case 0:
      kill (-pid, SIGKILL);
      break;
    case 1:
      kill (pid, SIGKILL);
      break;
    default:
      kill (child > 0 ? child : pid, SIGKILL);
      break;
    }
}

static char *
read_errors (int fd)
{
  char text[1024];
  ssize_t length = pread (fd, text, sizeof text, 0);

  return g_strndup (text, length > 0 ? length : 0);
}

/* Whether the message need not be delivered again. */
static gboolean
judge_status (Work *self, int status, int errors)
{
  g_autofree char *said = read_errors (errors);

  if (WIFEXITED (status) && WEXITSTATUS (status) == EX_OK)
    return TRUE;
  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL)
    return FALSE;
  if (WIFEXITED (status) && WEXITSTATUS (status) == EX_TEMPFAIL && *said != '\0')
    {
      if (g_atomic_int_add (&self->n_deferred, 1) == 0)
        printf ("# deferred first: %s", said);
      return FALSE;
    }
  printf ("# status %#x: %s\n", (guint) status, said);
  g_atomic_int_inc (&self->n_wrong);
  return TRUE;
}

/* One that hangs ends by a signal that is none of ours, and so counts as wrong. */
static int
wait_for (pid_t pid)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * (gint64) G_USEC_PER_SEC;
  int status;
  pid_t ended;

  while ((ended = waitpid (pid, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR))
    {
      if (g_get_monotonic_time () > end)
        kill (-pid, SIGABRT);
      g_usleep (2000);
    }
  if (ended < 0)
    die (NULL);
  return status;
}

static gboolean
deliver (Work *self, guint number)
{
  int message = message_file (number);
  int errors = memfd_create ("errors", 0);
  pid_t pid = start_command (self->url, message, errors);
  gboolean done;

  if ((guint) g_random_int_range (0, 100) < self->percent)
    {
      g_usleep (g_random_int_range (0, LONGEST_LIFE));
      kill_some_of_it (pid);
      g_atomic_int_inc (&self->n_killed);
    }
  done = judge_status (self, wait_for (pid), errors);
  close (errors);
  close (message);
  return done;
}

/* What could not be delivered goes to the end of the queue, as with a mail server. */
static gpointer
write_messages (gpointer data)
{
  Work *self = data;
  gpointer number;

  while ((number = g_async_queue_try_pop (self->messages)) != NULL)
    if (!deliver (self, GPOINTER_TO_UINT (number) - 1))
      {
        g_async_queue_push (self->messages, number);
        if (g_get_monotonic_time () > self->end)
          break;
        g_usleep (BETWEEN_TRIES);
      }
  return NULL;
}

static int
run_deliver (char **argv, int argc)
{
  guint first = atoi (argv[1]), n = atoi (argv[2]);
  Work work = { .url = argv[0], .percent = atoi (argv[3]), .messages = g_async_queue_new () };
  GThread *threads[WRITERS];
  int n_left;

  work.end =
      g_get_monotonic_time () + (argc > 4 ? atoi (argv[4]) : PATIENCE) * (gint64) G_USEC_PER_SEC;
  for (guint i = first; i < first + n; i++)
    g_async_queue_push (work.messages, GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i < WRITERS; i++)
    threads[i] = g_thread_new (NULL, write_messages, &work);
  for (guint i = 0; i < WRITERS; i++)
    g_thread_join (threads[i]);
  n_left = g_async_queue_length (work.messages);
  g_async_queue_unref (work.messages);
  printf ("# %u messages: %d tries killed, %d deferred, %d wrong, %d left\n", n, work.n_killed,
          work.n_deferred, work.n_wrong, n_left);
  return work.n_wrong > 0 || n_left > 0;
}

/* ---- Verifying ---------------------------------------------------------------------------- */

static ReboundStore *
open_store (const char *url)
{
  g_autoptr (ReboundPolicy) policy = rebound_policy_new ("default", NULL);
  g_autoptr (GError) error = NULL;
  ReboundStore *store = rebound_store_open (url, policy, &error);

  if (store == NULL)
    die (error);
  return store;
}

static gboolean
count_event (const ReboundRecord *event, gpointer data)
{
  *(guint *) data += strcmp (event->type, "failure") == 0;
  return TRUE;
}

static guint
count_events (ReboundStore *store, guint number)
{
  g_autofree char *address = address_of (number);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  if (!rebound_store_history (store, LIST, address, count_event, &n, &error))
    die (error);
  return n;
}

static void
note_problem (const char *what, gpointer data)
{
  printf ("# %s\n", what);
  (*(guint *) data)++;
}

static int
run_verify (char **argv)
{
  g_autoptr (ReboundStore) store = open_store (argv[0]);
  g_autoptr (GError) error = NULL;
  guint n = atoi (argv[1]), n_problems = 0;

  for (guint i = 0; i < n; i++)
    {
      guint n_events = count_events (store, i);

      if (n_events == 1)
        continue;
      printf ("# message %u is there %u times\n", i, n_events);
      n_problems++;
    }
  if (!rebound_store_check (store, g_get_real_time () / G_USEC_PER_SEC, note_problem, &n_problems,
                            &error))
    die (error);
  return n_problems > 0;
}

/* ---- Holding ------------------------------------------------------------------------------ */

static int
run_hold (char **argv)
{
  g_autoptr (ReboundStore) store = open_store (argv[0]);
  g_autoptr (GError) error = NULL;
  gint64 id;

  if (!store->database->klass->begin (store->database, LIST, &error)
      || !rebound_store_lock_list (store, LIST, &id, &error))
    die (error);
  puts ("held");
  fflush (stdout);
  sleep (atoi (argv[1]));
  store->database->klass->rollback (store->database);
  return EXIT_SUCCESS;
}

/* ---- Asking ------------------------------------------------------------------------------- */

static int
run_ask (char **argv)
{
  g_autoptr (ReboundStore) store = open_store (argv[0]);
  g_autoptr (GError) error = NULL;
  char line[80];
  guint n = 0;

  puts ("open");
  if (fgets (line, sizeof line, stdin) == NULL)
    die (NULL);
  if (!rebound_store_history (store, LIST, "nobody@example.org", count_event, &n, &error))
    die (error);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  setvbuf (stdout, NULL, _IOLBF, 0);
  if (argc >= 6 && strcmp (argv[1], "deliver") == 0)
    return run_deliver (argv + 2, argc - 2);
  if (argc == 4 && strcmp (argv[1], "verify") == 0)
    return run_verify (argv + 2);
  if (argc == 4 && strcmp (argv[1], "hold") == 0)
    return run_hold (argv + 2);
  if (argc == 3 && strcmp (argv[1], "ask") == 0)
    return run_ask (argv + 2);
  fputs ("usage: crash deliver|verify|hold|ask URL …\n", stderr);
  return EX_USAGE;
}

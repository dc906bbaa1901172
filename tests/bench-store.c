/* Rebound: what it costs to keep a history, and to decide by it.
 *
 * usage: bench-store FOLDER
 *
 * Makes stores of SQLite in FOLDER, so that it is the disk of that folder that is measured, and
 * removes them; and one in the PostgreSQL of REBOUND_TEST_POSTGRESQL, where it is set. The messages
 * are read before: only what the store does with their reports is measured. BENCH_ADDRESSES is the
 * number of members of the store in which decisions are made, each with ten events.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bounces.h"
#include "history/store-private.h"

#define LIST "news@lists.example.org"
#define DAY 86400
#define START (20000 * DAY) /* in 2024 */
#define REPORTS 10000
#define MEMBERS 2000
#define MOST_WRITERS 2
#define SECONDS 5 /* of one measurement */
#define BATCH 1000
#define EVENTS_OF_EACH 10
#define DECISIONS 5000

static GPtrArray *reports;
static ReboundPolicy *policy;
static const char *folder;

static void G_GNUC_NORETURN
die (const GError *error)
{
  fprintf (stderr, "bench-store: %s\n", error != NULL ? error->message : "failed");
  exit (EXIT_FAILURE);
}

static void
print_line (const char *what, double value, int digits, const char *unit)
{
  printf ("  %-62s%.*f%s\n", what, digits, value, unit);
}

static double
now (void)
{
  return g_get_monotonic_time () / 1e6;
}

/* Many domains, and a dead address is nothing of the sender's, so this is no storm. */
static void
make_reports (void)
{
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);

  reports = g_ptr_array_new_with_free_func ((GDestroyNotify) rebound_report_unref);
  for (guint i = 0; i < REPORTS; i++)
    {
      g_autofree char *address = g_strdup_printf ("member%u@d%u.example", i % MEMBERS, i % MEMBERS);
      g_autoptr (GBytes) message = bounce_of (address, i);

      g_ptr_array_add (reports, rebound_analyzer_analyze (analyzer, message, NULL, NULL));
    }
}

static ReboundStore *
open_store (const char *url)
{
  g_autoptr (GError) error = NULL;
  ReboundStore *store = rebound_store_open (url, policy, &error);

  if (store == NULL)
    die (error);
  return store;
}

/* ---- The disk ----------------------------------------------------------------------------- */

/* What an event has to wait for, whoever writes it: pages of the log that are on the disk, per
 * second. */
static double
measure_disk (void)
{
  g_autofree char *path = g_build_filename (folder, "bench-store.disk", NULL);
  static const char pages[8192];
  int fd = g_open (path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  double start = now (), seconds = 0;
  guint n = 0;

  for (; seconds < SECONDS / 2.0; seconds = now () - start, n++)
    if (write (fd, pages, sizeof pages) != sizeof pages || fdatasync (fd) != 0)
      die (NULL);
  close (fd);
  g_remove (path);
  return n / seconds;
}

static void
print_disk (void)
{
  print_line ("the disk alone: writes of 8 KiB, each on the disk", measure_disk (), 0, "");
}

/* ---- Recording ---------------------------------------------------------------------------- */

/* One who writes, and his reports: every @step-th from @first. Two write for two lists: within one
 * they wait for each other. */
typedef struct
{
  const char *url;
  char *list;
  guint first;
  guint step;
  guint batch; /* so many are committed together */
  guint n;
  double seconds;
} Writer;

static void
record (ReboundStore *store, const char *list, guint i)
{
  g_autoptr (GError) error = NULL;

  if (!rebound_store_record (store, g_ptr_array_index (reports, i), list, START + i, NULL, &error))
    die (error);
}

/* From one commit to the next. Returns where to go on. */
static guint
record_batch (ReboundStore *store, const Writer *self, guint i)
{
  g_autoptr (GError) error = NULL;
  guint end = MIN (i + self->batch * self->step, reports->len);

  if (self->batch > 1 && !rebound_store_begin (store, &error))
    die (error);
  for (; i < end; i += self->step)
    record (store, self->list, i);
  if (self->batch > 1 && !rebound_store_commit (store, &error))
    die (error);
  return i;
}

static gpointer
write_reports (gpointer data)
{
  Writer *self = data;
  g_autoptr (ReboundStore) store = open_store (self->url);
  double start = now ();
  guint i = self->first;

  while (i < reports->len && now () - start < SECONDS)
    i = record_batch (store, self, i);
  self->seconds = now () - start;
  self->n = (i - self->first) / self->step;
  return NULL;
}

/* Events per second, in a store that is new to them. */
static double
measure_recording (const char *url, guint n_writers, guint batch)
{
  Writer writers[MOST_WRITERS];
  GThread *threads[MOST_WRITERS];
  double rate = 0;

  rebound_store_free (open_store (url));
  for (guint i = 0; i < n_writers; i++)
    {
      writers[i] = (Writer){ .url = url, .first = i, .step = n_writers, .batch = batch };
      writers[i].list = i == 0 ? g_strdup (LIST) : g_strdup_printf ("%u." LIST, i);
      threads[i] = g_thread_new (NULL, write_reports, &writers[i]);
    }
  for (guint i = 0; i < n_writers; i++)
    {
      g_thread_join (threads[i]);
      g_free (writers[i].list);
      rate += writers[i].n / writers[i].seconds;
    }
  return rate;
}

/* ---- SQLite ------------------------------------------------------------------------------- */

/* With its log, if somebody else has not removed that. */
static void
remove_store (const char *url)
{
  const char *path = url + strlen ("sqlite:");
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  g_autofree char *memory = g_strconcat (path, "-shm", NULL);

  g_remove (path);
  g_remove (log);
  g_remove (memory);
}

static char *
sqlite_url (void)
{
  return g_strconcat ("sqlite:", folder, "/bench-store.db", NULL);
}

static double
measure_sqlite (guint n_writers, guint batch)
{
  g_autofree char *url = sqlite_url ();
  double rate;

  remove_store (url);
  rate = measure_recording (url, n_writers, batch);
  remove_store (url);
  return rate;
}

/* ---- PostgreSQL --------------------------------------------------------------------------- */

static double
measure_postgresql (const char *url, guint n_writers, guint batch)
{
  static const char *const clear[] = { "DROP SCHEMA IF EXISTS bench CASCADE",
                                       "CREATE SCHEMA bench" };
  g_autofree char *own = g_strconcat (url, "&options=-csearch_path%3Dbench", NULL);
  g_autoptr (GError) error = NULL;
  ReboundDatabase *database = rebound_store_open_database (url, &error);

  if (database == NULL)
    die (error);
  for (guint i = 0; i < G_N_ELEMENTS (clear); i++)
    if (!database->klass->run (database, clear[i], NULL, 0, NULL, NULL, NULL, &error))
      die (error);
  database->klass->close (database);
  return measure_recording (own, n_writers, batch);
}

static void
print_recording (void)
{
  const char *postgresql = g_getenv ("REBOUND_TEST_POSTGRESQL");

  printf ("Recorded events per second, in %s\n", folder);
  print_disk ();
  print_line ("SQLite, one by one, each on the disk", measure_sqlite (1, 1), 0, "");
  print_line ("SQLite, one by one, 2 writers", measure_sqlite (2, 1), 0, "");
  print_line ("SQLite, " G_STRINGIFY (BATCH) " together", measure_sqlite (1, BATCH), 0, "");
  if (postgresql == NULL)
    {
      puts (
          "  PostgreSQL is not measured: it is not installed, or REBOUND_TEST_POSTGRESQL not set");
      return;
    }
  print_line ("PostgreSQL, one by one", measure_postgresql (postgresql, 1, 1), 0, "");
  print_line ("PostgreSQL, one by one, 2 writers", measure_postgresql (postgresql, 2, 1), 0, "");
  print_line ("PostgreSQL, " G_STRINGIFY (BATCH) " together",
              measure_postgresql (postgresql, 1, BATCH), 0, "");
}

/* ---- Decisions ---------------------------------------------------------------------------- */

static void
run (ReboundStore *store, const char *sql, const ReboundValue *values, guint n_values)
{
  g_autoptr (GError) error = NULL;

  if (!rebound_store_run (store, sql, values, n_values, NULL, &error))
    die (error);
}

/* Event 1 is a real one: the others are like it, but for member, time and digest. They come day by
 * day, so that those of a member are far from each other. */
static void
fill (ReboundStore *store, guint n_members)
{
  static const char begin[] = "BEGIN IMMEDIATE", commit[] = "COMMIT";
  static const char add_members[] =
      "INSERT INTO members (list, address, standing, score, first, last, judged, policy) "
      "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
      "SELECT 1, 'member' || i || '@d' || i || '.example', standing, score, first, last, judged, "
      "policy FROM n JOIN members ON members.id = 1";
  static const char add_events[] =
      "INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, "
      "unsubscribe, digest, reply, status, provider, message_id, evidence) "
      "SELECT m.id, e.received + $1 + m.id % 86400, e.type, e.reason, e.ceiling, e.grade, e.path, "
      "e.done, e.bounce, e.unsubscribe, substr (hex (randomblob (22)), 1, 43), e.reply, e.status, "
      "e.provider, e.message_id, e.evidence FROM members m JOIN events e ON e.id = 1";
  ReboundValue value = rebound_int (n_members);

  run (store, begin, NULL, 0);
  run (store, add_members, &value, 1);
  run (store, commit, NULL, 0);
  for (guint day = 0; day < EVENTS_OF_EACH; day++)
    {
      value = rebound_int ((gint64) day * DAY);
      run (store, begin, NULL, 0);
      run (store, add_events, &value, 1);
      run (store, commit, NULL, 0);
    }
}

static int
compare (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

static double
decide (ReboundStore *store, gint64 id)
{
  ReboundStoreMember member = { .id = id, .list = (char *) LIST, .address = (char *) "" };
  g_autoptr (GError) error = NULL;
  ReboundDecision decision;
  double start = now ();

  if (!rebound_store_decide (store, &member, START + 30 * DAY, &decision, &error))
    die (error);
  return now () - start;
}

static void
print_decisions (const char *url, guint n_members)
{
  g_autofree double *seconds = g_new (double, DECISIONS);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (ReboundStore) store = open_store (url);
  struct stat status = { 0 };

  for (guint i = 0; i < DECISIONS; i++)
    seconds[i] = decide (store, g_rand_int_range (random, 1, (gint32) n_members + 1));
  qsort (seconds, DECISIONS, sizeof *seconds, compare);
  stat (url + strlen ("sqlite:"), &status);
  printf ("\nDecisions in SQLite, of %u members with %d events each, anyone next\n", n_members,
          EVENTS_OF_EACH);
  print_line ("one decision, median", seconds[DECISIONS / 2] * 1e3, 3, " ms");
  print_line ("one decision, 99 of 100", seconds[DECISIONS * 99 / 100] * 1e3, 3, " ms");
  print_disk ();
  print_line ("recorded events per second, one by one, in that store",
              measure_recording (url, 1, 1), 0, "");
  print_line ("size of the file", status.st_size / 1048576.0, 0, " MiB");
}

static void
measure_decisions (void)
{
  const char *wanted = g_getenv ("BENCH_ADDRESSES");
  guint n_members = wanted != NULL ? strtoul (wanted, NULL, 10)
                                   : (g_getenv ("BENCH_FULL") != NULL ? 1000000 : 20000);
  g_autofree char *url = sqlite_url ();
  ReboundStore *store;

  remove_store (url);
  store = open_store (url);
  record (store, LIST, 0);
  fill (store, n_members);
  rebound_store_free (store);
  print_decisions (url, n_members);
  remove_store (url);
}

int
main (int argc, char **argv)
{
  folder = argc > 1 ? argv[1] : ".";
  policy = rebound_policy_new ("default", NULL);
  setvbuf (stdout, NULL, _IOLBF, 0);
  make_reports ();
  print_recording ();
  measure_decisions ();
  g_ptr_array_unref (reports);
  rebound_policy_unref (policy);
  return EXIT_SUCCESS;
}

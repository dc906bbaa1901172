/* Rebound: tests of a store whose database fails: at each statement of each thing that it does,
 * once. What failed has changed nothing; what has to be tried again is done once.
 * REBOUND_TEST_POSTGRESQL is the URL of a PostgreSQL that they may use (tests/postgresql.sh).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suite.h"

#include <string.h>

#include "bounces.h"
#include "spy.h"

#define LIST "news@lists.example.org"
#define ANN "ann@example.net"
#define DAY 86400
#define START (20000 * (gint64) DAY) /* in 2024 */
#define END (START + 20 * DAY)

static ReboundAnalyzer *analyzer;
static const char *urls[2];
static int n_urls;

/* ---- A database that fails ---------------------------------------------------------------- */

static Spy spy;
static guint n_good; /* statements, until one fails; none does where it is %G_MAXUINT */
static gboolean passes;
static gboolean in_transaction;
static gboolean has_failed;

static gboolean
must_fail_now (GError **error)
{
  if (n_good == G_MAXUINT || n_good-- > 0)
    return FALSE;
  n_good = G_MAXUINT;
  has_failed = TRUE;
  return !rebound_store_fail (error, REBOUND_STORE_ERROR_UNAVAILABLE, "the test has failed it");
}

static gboolean
faulty_begin (ReboundDatabase *database, const char *lock, GError **error)
{
  in_transaction = !must_fail_now (error) && spy.real->begin (database, lock, error);
  return in_transaction;
}

/* What is done outside of a transaction comes after it: clearing away what was erased. */
static gboolean
faulty_run (ReboundDatabase *database, const char *sql, const ReboundValue *values, guint n_values,
            ReboundRowFunc row, gpointer data, guint *n_changed, GError **error)
{
  return (!in_transaction || !must_fail_now (error))
         && spy.real->run (database, sql, values, n_values, row, data, n_changed, error);
}

static gboolean
faulty_commit (ReboundDatabase *database, GError **error)
{
  in_transaction = FALSE;
  if (!must_fail_now (error))
    return spy.real->commit (database, error);
  spy.real->rollback (database);
  return FALSE;
}

static void
faulty_rollback (ReboundDatabase *database)
{
  in_transaction = FALSE;
  spy.real->rollback (database);
}

static gboolean
faulty_is_passing (G_GNUC_UNUSED ReboundDatabase *database, G_GNUC_UNUSED const GError *error)
{
  return passes;
}

/* ---- What is done ------------------------------------------------------------------------- */

static gboolean
record (ReboundStore *store, const char *address, guint number, gint64 received, GError **error)
{
  g_autoptr (GBytes) message = bounce_of (address, number);
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (analyzer, message, NULL, NULL);

  return rebound_store_record (store, report, LIST, received, NULL, error);
}

static gboolean
record_known (ReboundStore *store, GError **error)
{
  return record (store, ANN, 100, START + 6 * DAY, error);
}

static gboolean
record_new (ReboundStore *store, GError **error)
{
  return record (store, "new@example.net", 101, START + 6 * DAY, error);
}

static gboolean
record_batch (ReboundStore *store, GError **error)
{
  if (!rebound_store_begin (store, error))
    return FALSE;
  for (guint i = 0; i < 3; i++)
    if (!record (store, ANN, 200 + i, START + 6 * DAY + i, error))
      {
        rebound_store_rollback (store);
        return FALSE;
      }
  return rebound_store_commit (store, error);
}

static gboolean
take_id (const ReboundDue *due, gpointer data)
{
  *(char **) data = g_strdup (due->id);
  return FALSE;
}

static gboolean
acknowledge (ReboundStore *store, GError **error)
{
  g_autofree char *id = NULL;
  guint n = n_good;

  n_good = G_MAXUINT;
  ck_assert (rebound_store_due (store, LIST, END, take_id, &id, NULL));
  ck_assert_ptr_nonnull (id);
  n_good = n;
  return rebound_store_acknowledge (store, id, REBOUND_HELD_KEEP, END, error);
}

static gboolean
reset (ReboundStore *store, GError **error)
{
  return rebound_store_reset (store, LIST, ANN, END, error);
}

static gboolean
forget (ReboundStore *store, GError **error)
{
  return rebound_store_forget (store, LIST, ANN, error);
}

static gboolean
note_sent (ReboundStore *store, GError **error)
{
  return rebound_store_note_sent (store, LIST, "issue-1@lists.example.org", 1000, END, error);
}

static gboolean
note_path (ReboundStore *store, GError **error)
{
  return rebound_store_note_path (store, "abcdefgh", ANN, END, error);
}

typedef struct
{
  const char *name;
  gboolean (*run) (ReboundStore *store, GError **error);
} Deed;

static const Deed deeds[] = {
  { "recording of someone known", record_known },
  { "recording of someone new", record_new },
  { "recording of several", record_batch },
  { "acknowledging", acknowledge },
  { "resetting", reset },
  { "forgetting", forget },
  { "noting what was sent", note_sent },
  { "noting a path", note_path },
};

/* ---- The store ---------------------------------------------------------------------------- */

static void
run_raw (const char *url, const char *sql)
{
  ReboundDatabase *database = rebound_store_open_database (url, NULL);

  ck_assert (database->klass->run (database, sql, NULL, 0, NULL, NULL, NULL, NULL));
  database->klass->close (database);
}

/* Two members with five failures each, in a place of its own. */
static ReboundStore *
open_filled (const char *url)
{
  g_autoptr (ReboundPolicy) policy = rebound_policy_new ("default", NULL);
  g_autofree char *own = NULL;
  ReboundStore *store;

  if (g_str_has_prefix (url, "postgresql:"))
    {
      run_raw (url, "DROP SCHEMA IF EXISTS faults CASCADE");
      run_raw (url, "CREATE SCHEMA faults");
      own = g_strconcat (url, "&options=-csearch_path%3Dfaults", NULL);
    }
  store = rebound_store_open (own != NULL ? own : url, policy, NULL);
  ck_assert_ptr_nonnull (store);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean good = record (store, ANN, 2 * i, START + i * DAY, &error)
                      && record (store, "bob@example.com", 2 * i + 1, START + i * DAY, &error);

      ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
    }
  return store;
}

static void
make_faulty (ReboundStore *store)
{
  spy_on (&spy, store);
  spy.klass.begin = faulty_begin;
  spy.klass.run = faulty_run;
  spy.klass.commit = faulty_commit;
  spy.klass.rollback = faulty_rollback;
  spy.klass.is_passing = faulty_is_passing;
  n_good = G_MAXUINT;
}

static gboolean
add_line (const char *line, gpointer data)
{
  g_string_append_printf (data, "%s\n", line);
  return TRUE;
}

static gboolean
add_count (const ReboundValue *row, gpointer data)
{
  g_string_append_printf (data, "%" G_GINT64_FORMAT " ", row[0].integer);
  return TRUE;
}

static void
add_problem (const char *what, gpointer data)
{
  g_string_append_printf (data, "problem: %s\n", what);
}

/* What is in the store, and how much in each of its tables. */
static char *
content_of (ReboundStore *store)
{
  static const char *const counts[] = {
    "SELECT count(*) FROM members WHERE standing >= 0",
    "SELECT count(*) FROM events",
    "SELECT count(*) FROM steps WHERE state = 0",
    "SELECT count(*) FROM steps",
    "SELECT count(*) FROM storms",
    "SELECT count(*) FROM tallies",
    "SELECT count(*) FROM lists",
  };
  GString *content = g_string_new (NULL);

  ck_assert (rebound_store_export (store, add_line, content, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    ck_assert (rebound_store_query (store, counts[i], NULL, 0, add_count, content, NULL));
  ck_assert (rebound_store_check (store, END, add_problem, content, NULL));
  ck_assert_msg (strstr (content->str, "problem: ") == NULL, "%s",
                 strstr (content->str, "problem: "));
  return g_string_free (content, FALSE);
}

/* Without a fault. */
static char *
content_after (const char *url, const Deed *deed)
{
  ReboundStore *store = open_filled (url);
  g_autoptr (GError) error = NULL;
  gboolean good = deed->run (store, &error);
  char *content;

  ck_assert_msg (good, "%s: %s", deed->name, error != NULL ? error->message : "no error");
  content = content_of (store);
  rebound_store_free (store);
  return content;
}

/* ---- Tests -------------------------------------------------------------------------------- */

/* The first statement fails, then the second, until none is left to fail. */
static void
fail_at_each (ReboundStore *store, const Deed *deed)
{
  g_autofree char *before = content_of (store);

  for (guint i = 0;; i++)
    {
      g_autofree char *after = NULL;
      g_autoptr (GError) error = NULL;
      gboolean good;

      n_good = i;
      has_failed = FALSE;
      good = deed->run (store, &error);
      n_good = G_MAXUINT;
      ck_assert_msg (good != has_failed, "%s, statement %u", deed->name, i);
      if (good)
        return;
      ck_assert_str_eq (error->message, "the test has failed it");
      after = content_of (store);
      ck_assert_msg (g_str_equal (after, before), "%s, statement %u: %.1000s", deed->name, i,
                     after);
    }
}

START_TEST (what_fails_changes_nothing)
{
  const char *url = urls[_i % n_urls];
  const Deed *deed = &deeds[_i / n_urls];
  g_autofree char *expected = content_after (url, deed);
  ReboundStore *store = open_filled (url);
  g_autofree char *found = NULL;

  make_faulty (store);
  passes = FALSE;
  fail_at_each (store, deed);
  found = content_of (store);
  ck_assert_msg (g_str_equal (found, expected), "%s: %.1000s", deed->name, found);
  spy_off (&spy, store);
  rebound_store_free (store);
}
END_TEST

/* Whether the @i-th statement was there to fail. */
static gboolean
pass_at (const char *url, const Deed *deed, guint i, const char *expected)
{
  ReboundStore *store = open_filled (url);
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;
  gboolean good;

  make_faulty (store);
  passes = TRUE;
  n_good = i;
  has_failed = FALSE;
  good = deed->run (store, &error);
  n_good = G_MAXUINT;
  ck_assert_msg (good, "%s, statement %u: %s", deed->name, i,
                 error != NULL ? error->message : "no error");
  found = content_of (store);
  ck_assert_msg (g_str_equal (found, expected), "%s, statement %u: %.1000s", deed->name, i, found);
  spy_off (&spy, store);
  rebound_store_free (store);
  return has_failed;
}

/* A deadlock, a lost connection. */
START_TEST (what_passes_is_done_once)
{
  const char *url = urls[_i % n_urls];
  const Deed *deed = &deeds[_i / n_urls];
  g_autofree char *expected = content_after (url, deed);

  for (guint i = 0; pass_at (url, deed, i, expected); i++)
    ;
}
END_TEST

static void
start (void)
{
  analyzer = rebound_analyzer_new (NULL, NULL);
}

static void
stop (void)
{
  rebound_analyzer_unref (analyzer);
}

int
main (void)
{
  TCase *faults = tcase_create ("faults");
  TCase *cases[] = { faults, NULL };
  const char *modules = g_getenv ("REBOUND_MODULES");

  if (modules != NULL && strstr (modules, "sqlite") != NULL)
    urls[n_urls++] = "sqlite::memory:";
  if (g_getenv ("REBOUND_TEST_POSTGRESQL") != NULL)
    urls[n_urls++] = g_getenv ("REBOUND_TEST_POSTGRESQL");
  tcase_add_loop_test (faults, what_fails_changes_nothing, 0, G_N_ELEMENTS (deeds) * n_urls);
  tcase_add_loop_test (faults, what_passes_is_done_once, 0, G_N_ELEMENTS (deeds) * n_urls);
  return run_suite ("faults", cases, start, stop);
}

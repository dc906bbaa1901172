/* Rebound: tests of how SQLite finds what the store asks for, whatever the size of the store.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suite.h"

#include <string.h>

#include "bounces.h"
#include "spy.h"

#define LIST "news@lists.example.org"
#define DAY 86400
#define START (20000 * (gint64) DAY) /* in 2024 */

static Spy spy;
static GPtrArray *plans; /* how each statement was executed */
static ReboundStore *store;
static ReboundAnalyzer *analyzer;

/* ---- Helpers ------------------------------------------------------------------------------ */

static gboolean
take_plan (const ReboundValue *row, G_GNUC_UNUSED gpointer data)
{
  g_ptr_array_add (plans, g_strdup (row[3].text));
  return TRUE;
}

static gboolean
spy_run (ReboundDatabase *database, const char *sql, const ReboundValue *values, guint n_values,
         ReboundRowFunc row, gpointer data, guint *n_changed, GError **error)
{
  g_autofree char *explain = g_strconcat ("EXPLAIN QUERY PLAN ", sql, NULL);

  if (!g_str_has_prefix (sql, "PRAGMA"))
    ck_assert (spy.real->run (database, explain, values, n_values, take_plan, NULL, NULL, NULL));
  return spy.real->run (database, sql, values, n_values, row, data, n_changed, error);
}

static void
record (const char *address, guint number, gint64 received)
{
  g_autoptr (GBytes) message = bounce_of (address, number);
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (analyzer, message, NULL, NULL);
  g_autoptr (GError) error = NULL;
  guint n_recorded = 0;
  gboolean good = rebound_store_record (store, report, LIST, received, &n_recorded, &error);

  ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
  ck_assert_uint_eq (n_recorded, 1);
}

static void
start (void)
{
  g_autoptr (ReboundPolicy) policy = rebound_policy_new ("default", NULL);

  analyzer = rebound_analyzer_new (NULL, NULL);
  store = rebound_store_open ("sqlite::memory:", policy, NULL);
  ck_assert_ptr_nonnull (store);
  for (guint i = 0; i < 5; i++)
    {
      record ("ann@example.net", 2 * i, START + i * DAY);
      record ("bob@example.com", 2 * i + 1, START + i * DAY);
    }
  plans = g_ptr_array_new_with_free_func (g_free);
  spy_on (&spy, store);
  spy.klass.run = spy_run;
}

static void
stop (void)
{
  spy_off (&spy, store);
  rebound_store_free (store);
  rebound_analyzer_unref (analyzer);
  g_ptr_array_unref (plans);
}

/* The plan has @n steps, each of which has one of @texts in it. */
static void
assert_plan (guint n, const char *const *texts)
{
  ck_assert_uint_eq (plans->len, n);
  for (guint i = 0; i < n; i++)
    ck_assert_msg (strstr (g_ptr_array_index (plans, i), texts[i]) != NULL, "%s",
                   (char *) g_ptr_array_index (plans, i));
}

/* No table is read from its beginning to its end, and at most what is due at once is sorted. */
static void
assert_no_scan (void)
{
  ck_assert_uint_gt (plans->len, 0);
  for (guint i = 0; i < plans->len; i++)
    {
      const char *plan = g_ptr_array_index (plans, i);

      ck_assert_msg (!g_str_has_prefix (plan, "SCAN"), "%s", plan);
      ck_assert_msg (strstr (plan, "TEMP B-TREE FOR ORDER BY") == NULL, "%s", plan);
    }
}

static void
decide (void)
{
  g_auto (ReboundStoreMember) member = { 0 };
  ReboundDecision decision;

  ck_assert (rebound_store_member_load (store, 1, &member, NULL));
  ck_assert_str_eq (member.address, "ann@example.net");
  g_ptr_array_set_size (plans, 0);
  ck_assert (rebound_store_decide (store, &member, START + 6 * DAY, &decision, NULL));
}

/* ---- Tests -------------------------------------------------------------------------------- */

START_TEST (a_decision_reads_an_index_alone)
{
  static const char *const plan[] = { "USING COVERING INDEX events_decision (member=?)" };

  decide ();
  assert_plan (1, plan);
}
END_TEST

/* Beyond the newest thousand only what was done and confirmed is looked for. */
START_TEST (a_decision_of_many_events_reads_two_indexes)
{
  static const char *const plan[] = {
    "USING COVERING INDEX events_decision (member=?)",
    "USING COVERING INDEX events_done (member=? AND received<?)",
  };

  ck_assert (rebound_store_run (
      store,
      "INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, "
      "unsubscribe, digest) "
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "SELECT 1, 1600000000 + i, 0, 1, 1, 1, 1, 0, 1, 1, 'digest ' || i FROM n",
      NULL, 0, NULL, NULL));
  decide ();
  assert_plan (2, plan);
}
END_TEST

START_TEST (recording_scans_nothing)
{
  record ("ann@example.net", 100, START + 6 * DAY);
  record ("new@example.net", 101, START + 6 * DAY);
  assert_no_scan ();
}
END_TEST

static gboolean
take_due (G_GNUC_UNUSED const ReboundDue *due, gpointer data)
{
  (*(guint *) data)++;
  return TRUE;
}

START_TEST (what_is_due_is_found_without_a_scan)
{
  guint n = 0;

  ck_assert (rebound_store_due (store, LIST, START + 30 * DAY, take_due, &n, NULL));
  assert_no_scan ();
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("plans");
  TCase *cases[] = { tests, NULL };
  const char *modules = g_getenv ("REBOUND_MODULES");

  if (modules == NULL || strstr (modules, "sqlite") == NULL)
    cases[0] = NULL;
  tcase_add_test (tests, a_decision_reads_an_index_alone);
  tcase_add_test (tests, a_decision_of_many_events_reads_two_indexes);
  tcase_add_test (tests, recording_scans_nothing);
  tcase_add_test (tests, what_is_due_is_found_without_a_scan);
  return run_suite ("plans", cases, start, stop);
}

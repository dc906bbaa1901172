/* Rebound: tests of the store, on each database that is there. REBOUND_TEST_POSTGRESQL is the URL
 * of a PostgreSQL that they may use (tests/postgresql.sh). SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "evidence/reader.h"
#include "history/store-private.h"
#include "suite.h"

#define DAY G_GINT64_CONSTANT (86400)
#define HOUR G_GINT64_CONSTANT (3600)
/* A midnight: 2026-11-01. */
#define START G_GINT64_CONSTANT (1793491200)

#define LIST "news@lists.example.org"
#define BOB "bob@example.net"

/* ---- The databases ------------------------------------------------------------------------ */

static char *urls[3];
static int n_urls;
static char *folder;
static ReboundPolicy *policy;

static void
assert_good (gboolean good, const GError *error)
{
  ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
}

static gboolean
is_in_memory (int i)
{
  return g_str_equal (urls[i], "sqlite::memory:");
}

static gboolean
is_postgresql (int i)
{
  return g_str_has_prefix (urls[i], "postgresql:");
}

static ReboundStore *
open_with (int i, ReboundPolicy *with)
{
  g_autoptr (GError) error = NULL;
  ReboundStore *store = rebound_store_open (urls[i], with, &error);

  assert_good (store != NULL, error);
  return store;
}

static ReboundStore *
open_again (int i)
{
  return open_with (i, policy);
}

static void
run_raw (int i, const char *const *statements)
{
  g_autoptr (GError) error = NULL;
  ReboundDatabase *database = rebound_store_open_database (urls[i], &error);

  assert_good (database != NULL, error);
  for (; *statements != NULL; statements++)
    {
      gboolean good =
          database->klass->run (database, *statements, NULL, 0, NULL, NULL, NULL, &error);

      assert_good (good, error);
    }
  database->klass->close (database);
}

static void
remove_files (void)
{
  g_autoptr (GDir) files = g_dir_open (folder, 0, NULL);

  for (const char *name = g_dir_read_name (files); name != NULL; name = g_dir_read_name (files))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
}

/* Nothing is there. */
static void
make_empty (int i)
{
  static const char *const statements[] = { "DROP SCHEMA public CASCADE", "CREATE SCHEMA public",
                                            NULL };

  if (is_postgresql (i))
    run_raw (i, statements);
  else
    remove_files ();
}

static ReboundStore *
open_new (int i)
{
  make_empty (i);
  return open_again (i);
}

static gint64
ask (ReboundStore *store, const char *sql)
{
  g_autoptr (GError) error = NULL;
  gint64 number = -1;
  gboolean good = rebound_store_ask (store, sql, NULL, 0, &number, &error);

  assert_good (good, error);
  return number;
}

static void
must_run (ReboundStore *store, const char *sql)
{
  g_autoptr (GError) error = NULL;
  gboolean good = rebound_store_run (store, sql, NULL, 0, NULL, &error);

  assert_good (good, error);
}

static void
assert_error (gboolean good, GError *error, ReboundStoreError code, const char *part)
{
  ck_assert (!good);
  ck_assert_ptr_nonnull (error);
  ck_assert_msg (g_error_matches (error, REBOUND_STORE_ERROR, (int) code), "%d: %s", error->code,
                 error->message);
  ck_assert_msg (strstr (error->message, part) != NULL, "no “%s” in: %s", part, error->message);
  g_error_free (error);
}

/* ---- Reports ------------------------------------------------------------------------------ */

/* A report on one recipient, of which no analyzer has to be asked. What is 0 is what most have. */
typedef struct
{
  const char *message; /* by which it differs from others */
  const char *address;
  const char *list;
  ReboundKind kind;
  ReboundAction action;
  ReboundReason reason;
  ReboundUnsubscribe ceiling;
  ReboundGrade grade;
  ReboundPath path;
  const char *token;
  const char *provider;
  const char *message_id;
  const char *fact;
} Said;

static ReboundReport *
report_new (const char *message, ReboundKind kind)
{
  static const ReboundLimits limits = { 0 };
  ReboundReport *report = rebound_report_new (rebound_evidence_new (NULL, &limits));
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, message, -1);

  report->digest = g_strconcat ("sha256:", digest, NULL);
  report->kind = kind != REBOUND_KIND_OTHER ? kind : REBOUND_KIND_BOUNCE;
  return report;
}

static const char *
keep (ReboundReport *report, const char *text)
{
  return text != NULL ? g_string_chunk_insert (report->evidence->strings, text) : NULL;
}

static void
report_add (ReboundReport *report, const Said *said)
{
  ReboundRecipient *to = rebound_report_add_recipient (report);
  ReboundFact fact = { "phrase", keep (report, said->fact), REBOUND_SOURCE_TEXT,
                       "generic/user-unknown", REBOUND_ROLE_DECISIVE };

  to->address = keep (report, said->address != NULL ? said->address : BOB);
  to->subscriber = to->address;
  to->action = said->action != REBOUND_ACTION_NONE   ? said->action
               : report->kind == REBOUND_KIND_BOUNCE ? REBOUND_ACTION_FAILED
                                                     : REBOUND_ACTION_NONE;
  to->reason = said->reason;
  to->reply = "550";
  to->status = "5.1.1";
  to->bounce = REBOUND_BOUNCE_HARD;
  to->unsubscribe = REBOUND_UNSUBSCRIBE_COUNT;
  to->ceiling = said->ceiling != 0 ? said->ceiling : REBOUND_UNSUBSCRIBE_NOW;
  to->grade = said->grade;
  to->path = said->path;
  to->token = keep (report, said->token);
  to->provider = keep (report, said->provider);
  if (said->fact != NULL)
    g_array_append_val (to->facts, fact);
}

static ReboundReport *
report_of (const Said *said)
{
  ReboundReport *report = report_new (said->message, said->kind);

  report->list = keep (report, said->list);
  report->evidence->original.message_id = keep (report, said->message_id);
  report_add (report, said);
  return report;
}

static guint
record_report (ReboundStore *store, const ReboundReport *report, const char *list, gint64 received)
{
  g_autoptr (GError) error = NULL;
  guint n = 77;
  gboolean good = rebound_store_record (store, report, list, received, &n, &error);

  assert_good (good, error);
  return n;
}

static guint
record (ReboundStore *store, gint64 received, Said said)
{
  g_autofree char *message = g_strdup_printf ("%" G_GINT64_FORMAT " %s", received, said.address);
  g_autoptr (ReboundReport) report = NULL;

  if (said.message == NULL)
    said.message = message;
  report = report_of (&said);
  return record_report (store, report, said.list != NULL ? NULL : LIST, received);
}

#define RECORD(store, received, ...) record (store, received, (Said){ __VA_ARGS__ })

/* As many days of user-unknown, each at noon. */
static void
fail_days (ReboundStore *store, const char *address, gint64 first, guint n)
{
  for (guint i = 0; i < n; i++)
    ck_assert_uint_eq (RECORD (store, first + i * DAY + DAY / 2, .address = address,
                               .reason = REBOUND_REASON_USER_UNKNOWN),
                       1);
}

/* ---- What the store says, a line for each ------------------------------------------------- */

static gboolean
add_member (const ReboundMember *member, gpointer data)
{
  g_string_append_printf (data, "%s %s %s %.1f", member->list, member->address,
                          rebound_standing_to_string (member->standing), member->score);
  if (member->step != REBOUND_STEP_NONE)
    g_string_append_printf (data, " %s in %" G_GINT64_FORMAT "h",
                            rebound_step_to_string (member->step), (member->due - START) / HOUR);
  g_string_append_c (data, '\n');
  return TRUE;
}

static char *
members (ReboundStore *store, const char *list, const char *address, gint64 now)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  gboolean good = rebound_store_members (store, list, address, now, add_member, out, &error);

  assert_good (good, error);
  return g_string_free (out, FALSE);
}

static void
assert_members (ReboundStore *store, gint64 now, const char *expected)
{
  g_autofree char *found = members (store, NULL, NULL, now);

  ck_assert_str_eq (found, expected);
}

static gboolean
add_record (const ReboundRecord *record, gpointer data)
{
  g_string_append_printf (data, "%s %s +%" G_GINT64_FORMAT "h %s", record->list, record->address,
                          (record->received - START) / HOUR, record->type);
  g_string_append_printf (data, " %s %s %s\n", record->reason != NULL ? record->reason : "-",
                          record->held != NULL ? record->held : "-",
                          record->step != NULL ? record->step : "-");
  return TRUE;
}

static char *
history (ReboundStore *store, const char *list, const char *address)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  gboolean good = rebound_store_history (store, list, address, add_record, out, &error);

  assert_good (good, error);
  return g_string_free (out, FALSE);
}

static gboolean
add_due (const ReboundDue *due, gpointer data)
{
  g_string_append_printf (data, "%s %s %s +%" G_GINT64_FORMAT "h %s %u/%u\n",
                          rebound_step_to_string (due->step), due->list,
                          due->address != NULL ? due->address : "-", (due->due - START) / HOUR,
                          due->reason != NULL ? due->reason : "-", due->nth, due->of);
  return TRUE;
}

static char *
due (ReboundStore *store, const char *list, gint64 now)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  gboolean good = rebound_store_due (store, list, now, add_due, out, &error);

  assert_good (good, error);
  return g_string_free (out, FALSE);
}

static void
assert_due (ReboundStore *store, gint64 now, const char *expected)
{
  g_autofree char *found = due (store, NULL, now);

  ck_assert_str_eq (found, expected);
}

static gboolean
add_id (const ReboundDue *step, gpointer data)
{
  g_ptr_array_add (data, g_strdup (step->id));
  return TRUE;
}

static GPtrArray *
due_ids (ReboundStore *store, gint64 now)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  gboolean good = rebound_store_due (store, NULL, now, add_id, ids, &error);

  assert_good (good, error);
  return ids;
}

/* The ID of the only step that is due. */
static char *
due_id (ReboundStore *store, gint64 now)
{
  g_autoptr (GPtrArray) ids = due_ids (store, now);

  ck_assert_uint_eq (ids->len, 1);
  return g_strdup (g_ptr_array_index (ids, 0));
}

static void
acknowledge (ReboundStore *store, const char *id, gint64 now)
{
  g_autoptr (GError) error = NULL;
  gboolean good = rebound_store_acknowledge (store, id, REBOUND_HELD_KEEP, now, &error);

  assert_good (good, error);
}

static void
count_problem (const char *what, gpointer data)
{
  g_string_append_printf (data, "%s\n", what);
}

/* All that is wrong. */
static char *
problems (ReboundStore *store, gint64 now)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  gboolean good = rebound_store_check (store, now, count_problem, out, &error);

  assert_good (good, error);
  return g_string_free (out, FALSE);
}

static void
close_whole (ReboundStore *store, gint64 now)
{
  g_autofree char *found = problems (store, now);

  ck_assert_str_eq (found, "");
  rebound_store_free (store);
}

/* ---- Opening ------------------------------------------------------------------------------ */

START_TEST (urls_that_are_none_are_refused)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (rebound_store_open ("mysql://ann:secret@db/x", policy, &error));
  ck_assert (g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_URL));
  ck_assert_ptr_nonnull (strstr (error->message, "mysql"));
  ck_assert_ptr_null (strstr (error->message, "secret"));
}
END_TEST

START_TEST (a_new_store_is_made_and_found_again)
{
  ReboundStore *store = open_new (_i);

  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 0);
  fail_days (store, BOB, START, 1);
  if (!is_in_memory (_i))
    {
      rebound_store_free (store);
      store = open_again (_i);
      ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 1);
    }
  close_whole (store, START + DAY);
}
END_TEST

static gpointer
open_and_record (gpointer data)
{
  ReboundStore *store = open_again (GPOINTER_TO_INT (data));

  RECORD (store, START, .reason = REBOUND_REASON_USER_UNKNOWN);
  rebound_store_free (store);
  return NULL;
}

START_TEST (several_make_it_at_once)
{
  GThread *threads[6];
  ReboundStore *store;

  if (is_in_memory (_i))
    return;
  make_empty (_i);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, open_and_record, GINT_TO_POINTER (_i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  store = open_again (_i);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 1);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members"), 1);
  close_whole (store, START + DAY);
}
END_TEST

START_TEST (what_is_no_store_is_refused)
{
  static const char *const statements[] = { "CREATE TABLE subscribers (name TEXT)", NULL };
  g_autoptr (GError) error = NULL;

  if (is_in_memory (_i))
    return;
  make_empty (_i);
  run_raw (_i, statements);
  ck_assert_ptr_null (rebound_store_open (urls[_i], policy, &error));
  ck_assert (g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_CORRUPT));
  g_clear_error (&error);
  ck_assert (!rebound_store_migrate (urls[_i], NULL, NULL, &error));
  ck_assert (g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_CORRUPT));
}
END_TEST

START_TEST (a_newer_store_is_refused)
{
  static const char *const statements[] = { "UPDATE meta SET value = '99'", NULL };
  g_autoptr (GError) error = NULL;

  if (is_in_memory (_i))
    return;
  rebound_store_free (open_new (_i));
  run_raw (_i, statements);
  ck_assert_ptr_null (rebound_store_open (urls[_i], policy, &error));
  ck_assert (g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_VERSION));
  ck_assert_ptr_nonnull (strstr (error->message, "99"));
  g_clear_error (&error);
  ck_assert (!rebound_store_migrate (urls[_i], NULL, NULL, &error));
  ck_assert (g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_VERSION));
}
END_TEST

/* ---- Recording ---------------------------------------------------------------------------- */

START_TEST (the_same_message_counts_once)
{
  ReboundStore *store = open_new (_i);
  const Said said = { .message = "one", .reason = REBOUND_REASON_USER_UNKNOWN };

  ck_assert_uint_eq (record (store, START, said), 1);
  ck_assert_uint_eq (record (store, START, said), 0);
  ck_assert_uint_eq (record (store, START + DAY, said), 0);
  assert_members (store, START, LIST " " BOB " active 1.0\n");
  close_whole (store, START);
}
END_TEST

/* Mailman: five days of failures, three warnings a week apart, and he goes. */
START_TEST (a_member_goes_his_way)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *suspend = NULL;

  fail_days (store, BOB, START, 5);
  assert_members (store, START + 5 * DAY, LIST " " BOB " active 5.0 suspend in 114h\n");
  assert_due (store, START + 4 * DAY + 17 * HOUR, "");
  assert_due (store, START + 5 * DAY, "suspend " LIST " " BOB " +114h user-unknown 0/0\n");
  suspend = due_id (store, START + 5 * DAY);
  acknowledge (store, suspend, START + 5 * DAY);
  acknowledge (store, suspend, START + 6 * DAY);
  for (guint week = 0; week < 3; week++)
    {
      gint64 now = START + (5 + 7 * week) * DAY;
      g_autofree char *id = due_id (store, now);

      ck_assert_uint_eq (due_ids (store, now - 1)->len, 0);
      acknowledge (store, id, now);
    }
  assert_due (store, START + 26 * DAY - 1, "");
  assert_due (store, START + 26 * DAY, "unsubscribe " LIST " " BOB " +624h user-unknown 0/0\n");
  suspend = (g_free (suspend), due_id (store, START + 26 * DAY));
  acknowledge (store, suspend, START + 26 * DAY);
  assert_due (store, START + 99 * DAY, "");
  assert_members (store, START + 99 * DAY, LIST " " BOB " unsubscribed 5.0\n");
  close_whole (store, START + 99 * DAY);
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static void
add_urls (void)
{
  const char *postgresql = g_getenv ("REBOUND_TEST_POSTGRESQL");

  urls[n_urls++] = g_strdup_printf ("sqlite:%s/store.db", folder);
  urls[n_urls++] = g_strdup ("sqlite::memory:");
  if (postgresql != NULL)
    urls[n_urls++] = g_strdup (postgresql);
}

/* Each with every database. */
static void
add_tests (TCase *tcase)
{
  const TTest *const tests[] = {
    a_new_store_is_made_and_found_again, several_make_it_at_once,
    what_is_no_store_is_refused,         a_newer_store_is_refused,
    the_same_message_counts_once,        a_member_goes_his_way,
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    tcase_add_loop_test (tcase, tests[i], 0, n_urls);
}

int
main (void)
{
  TCase *cases[2] = { tcase_create ("store"), NULL };
  int failed;

  folder = g_dir_make_tmp ("rebound-store-XXXXXX", NULL);
  add_urls ();
  policy = rebound_policy_new ("mailman", NULL);
  tcase_add_test (cases[0], urls_that_are_none_are_refused);
  add_tests (cases[0]);
  failed = run_suite ("store", cases, NULL, NULL);
  remove_files ();
  g_rmdir (folder);
  return failed;
}

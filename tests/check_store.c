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
#define IN_MEMORY 1 /* of these, where there is SQLite */
static char *folder;
static ReboundPolicy *policy;

static void
assert_good (gboolean good, const GError *error)
{
  ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
}

/* A build may leave some out. */
static gboolean
has_module (const char *name)
{
  const char *names = g_getenv ("REBOUND_MODULES");
  g_auto (GStrv) words = g_strsplit (names != NULL ? names : "", " ", -1);

  return g_strv_contains ((const char *const *) words, name);
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

  report->list = g_strdup (said->list);
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
  g_autofree char *message = g_strdup_printf ("%" G_GINT64_FORMAT " %s", received,
                                              said.address != NULL ? said.address : BOB);
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
  g_string_append_printf (data, "%s %s %s +%" G_GINT64_FORMAT "h %s %u/%u",
                          rebound_step_to_string (due->step), due->list,
                          due->address != NULL ? due->address : "-", (due->due - START) / HOUR,
                          due->reason != NULL ? due->reason : "-", due->nth, due->of);
  if (due->storm != NULL)
    g_string_append_printf (data, " %s %s %s %u %u", due->storm, due->key, due->provider,
                            due->members, due->held);
  g_string_append_c (data, '\n');
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

      assert_due (store, now - 1, "");
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

static void
suppose (ReboundStore *store, const ReboundReport *report, const char *address, gint64 received)
{
  g_autoptr (GError) error = NULL;
  gboolean good = rebound_store_suppose (store, report, LIST, address, REBOUND_PATH_WARNING,
                                         received, &error);

  assert_good (good, error);
}

/* ezmlm: a warning after ten days, and ten days after its bounce a probe. Mailman does not ask
 * whether a warning came back. */
START_TEST (what_would_have_come_back)
{
  static const Said said = { .message = "later", .reason = REBOUND_REASON_USER_UNKNOWN };
  g_autoptr (ReboundPolicy) ezmlm = rebound_policy_new ("ezmlm", NULL);
  g_autoptr (ReboundReport) report = report_of (&said);
  g_autofree char *warning = NULL;
  ReboundStore *store;

  make_empty (_i);
  store = open_with (_i, ezmlm);
  fail_days (store, BOB, START, 1);
  warning = due_id (store, START + 11 * DAY);
  acknowledge (store, warning, START + 11 * DAY);
  suppose (store, report, "ann@example.net", START + 11 * DAY + HOUR); /* of another member */
  assert_members (store, START + 12 * DAY, LIST " " BOB " warned 1.0\n");
  suppose (store, report, BOB, START + 11 * DAY + HOUR);
  suppose (store, report, BOB, START + 11 * DAY + HOUR);
  assert_members (store, START + 12 * DAY, LIST " " BOB " warned 2.0 probe in 505h\n");
  ck_assert_uint_eq (record_report (store, report, LIST, START + 13 * DAY), 1);
  assert_members (store, START + 13 * DAY, LIST " " BOB " warned 3.0 probe in 505h\n");
  rebound_store_free (store);

  store = open_new (_i);
  suppose (store, report, BOB, START);
  assert_members (store, START + DAY, "");
  close_whole (store, START + DAY);
}
END_TEST

/* ---- Recording, further ------------------------------------------------------------------- */

START_TEST (what_arrives_is_of_one_type)
{
  static const struct
  {
    ReboundKind kind;
    ReboundAction action;
    ReboundReason reason;
    const char *type;
  } kinds[] = {
    { REBOUND_KIND_BOUNCE, REBOUND_ACTION_FAILED, REBOUND_REASON_MAILBOX_FULL, "failure" },
    { REBOUND_KIND_BOUNCE, REBOUND_ACTION_DELAYED, REBOUND_REASON_DELAYED, "notice" },
    { REBOUND_KIND_BOUNCE, REBOUND_ACTION_DELIVERED, REBOUND_REASON_DELIVERED, "delivery" },
    { REBOUND_KIND_DELAY, REBOUND_ACTION_DELAYED, REBOUND_REASON_DELAYED, "notice" },
    { REBOUND_KIND_DELIVERED, REBOUND_ACTION_DELIVERED, REBOUND_REASON_DELIVERED, "delivery" },
    { REBOUND_KIND_DELIVERED, REBOUND_ACTION_RELAYED, REBOUND_REASON_DELIVERED, "notice" },
    { REBOUND_KIND_DELIVERED, REBOUND_ACTION_EXPANDED, REBOUND_REASON_DELIVERED, "notice" },
    { REBOUND_KIND_AUTO_REPLY, REBOUND_ACTION_NONE, REBOUND_REASON_AUTO_REPLY, "auto-reply" },
    { REBOUND_KIND_DISPOSITION, REBOUND_ACTION_NONE, REBOUND_REASON_DELIVERED, "delivery" },
    { REBOUND_KIND_COMPLAINT, REBOUND_ACTION_NONE, REBOUND_REASON_COMPLAINT, "complaint" },
    { REBOUND_KIND_COMPLAINT, REBOUND_ACTION_NONE, REBOUND_REASON_UNSUBSCRIBE_REQUEST, "request" },
    { REBOUND_KIND_COMPLAINT, REBOUND_ACTION_NONE, REBOUND_REASON_FEEDBACK, "notice" },
  };
  ReboundStore *store = open_new (_i);
  g_autofree char *found = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      RECORD (store, START + i * HOUR, .kind = kinds[i].kind, .action = kinds[i].action,
              .reason = kinds[i].reason);
      g_string_append_printf (expected, LIST " " BOB " +%uh %s %s - -\n", i, kinds[i].type,
                              rebound_reason_to_string (kinds[i].reason));
    }
  found = history (store, NULL, BOB);
  ck_assert_str_eq (found, expected->str);
  close_whole (store, START + DAY);
}
END_TEST

START_TEST (the_list_is_the_callers_or_the_reports)
{
  ReboundStore *store = open_new (_i);
  const Said said = { .message = "1",
                      .list = "Chess@Lists.example.org",
                      .address = "Ann@X.example" };
  g_autoptr (ReboundReport) with = report_of (&said);
  g_autoptr (ReboundReport) without = report_of (&(Said){ .message = "2" });

  record_report (store, with, NULL, START);
  record_report (store, with, "Go@lists.example.org", START);
  record_report (store, without, NULL, START);
  assert_members (store, START,
                  " " BOB " active 1.0\n"
                  "chess@lists.example.org ann@x.example active 1.0\n"
                  "go@lists.example.org ann@x.example active 1.0\n");
  close_whole (store, START);
}
END_TEST

START_TEST (a_report_on_several_is_kept_for_each)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (ReboundReport) report = report_new ("several", REBOUND_KIND_BOUNCE);
  g_autofree char *long_name = g_strnfill (2000, 'x');

  report_add (report, &(Said){ .address = "a@x.example", .reason = REBOUND_REASON_MAILBOX_FULL });
  report_add (report, &(Said){ .address = "b@x.example", .reason = REBOUND_REASON_MAILBOX_FULL });
  /* that he got it weighs more than that he did not, by whichever address */
  report_add (report, &(Said){ .address = "B@x.example", .action = REBOUND_ACTION_DELIVERED });
  report_add (report, &(Said){ .address = "b@X.example", .action = REBOUND_ACTION_FAILED });
  report_add (report, &(Said){ .address = long_name });
  report_add (report, &(Said){ .address = "" });
  ck_assert_uint_eq (record_report (store, report, LIST, START), 2);
  ck_assert_uint_eq (record_report (store, report, LIST, START), 0);
  assert_members (store, START, LIST " a@x.example active 1.0\n" LIST " b@x.example active 0.0\n");
  close_whole (store, START);
}
END_TEST

START_TEST (what_cannot_be_kept_is_said)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (ReboundReport) report = report_of (&(Said){ .message = "x" });
  g_autoptr (ReboundReport) bare = report_of (&(Said){ .message = "x" });
  g_autofree char *long_name = g_strnfill (10000, 'x');
  GError *error = NULL;
  gboolean good;

  good = rebound_store_record (store, report, "\xff@x", START, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "UTF-8");
  good = rebound_store_record (store, report, long_name, START, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "998");
  good = rebound_store_record (store, report, LIST, -1, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "1970");
  good = rebound_store_record (store, report, LIST, G_MAXINT64, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "1970");
  g_clear_pointer (&bare->digest, g_free);
  good = rebound_store_record (store, bare, LIST, START, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "bare");
  assert_members (store, START, "");
  close_whole (store, START);
}
END_TEST

/* Nothing of it is SQL, and nothing is too long for an index. */
START_TEST (hostile_names_are_only_names)
{
  static const char *const names[] = {
    "o'brien@x.example",  "\"'; drop table events; --\"@x.example",
    "%_@x.example",       "$1@x.example",
    "\\'@x.example",      "a\nb@x.example",
    "\xd0\x90@x.example", "<script>@x.example",
  };
  ReboundStore *store = open_new (_i);
  g_autofree char *long_text = g_strnfill (10000, 'y');

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < 2; j++)
      {
        g_autofree char *found = NULL;
        g_autofree char *expected =
            g_strdup_printf ("%s %s +0h failure user-unknown - -\n", names[i], names[i]);

        ck_assert_uint_eq (RECORD (store, START, .address = names[i], .list = names[i],
                                   .reason = REBOUND_REASON_USER_UNKNOWN, .provider = long_text,
                                   .message_id = names[i], .token = long_text, .fact = names[i]),
                           j == 0);
        found = history (store, names[i], names[i]);
        ck_assert_str_eq (found, expected);
      }
  close_whole (store, START);
}
END_TEST

/* Two probes of one day have the same token. */
START_TEST (a_token_counts_once_for_each_probe)
{
  ReboundStore *store = open_new (_i);
  static const gint64 bounced[] = { 1, 2, 14, 15 };

  for (guint i = 0; i < G_N_ELEMENTS (bounced); i++)
    {
      if (i == 2)
        must_run (store, "INSERT INTO events (member, received, type, reason, ceiling, grade, path, "
                         "done, bounce, unsubscribe, digest) "
                         "SELECT member, received + 43200, 7, 0, 0, 0, 0, 2, 0, 0, 'done:probe' "
                         "FROM events WHERE held IS NULL");
      RECORD (store, START + bounced[i] * HOUR, .token = "t1", .grade = REBOUND_GRADE_A,
              .path = REBOUND_PATH_PROBE);
      ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events WHERE held = 'token'"),
                        (i + 1) / 2);
    }
  rebound_store_free (store);
}
END_TEST

START_TEST (a_token_counts_once_for_each_kind)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *found = NULL;
  const char *anns = "ann@example.net";

  RECORD (store, START, .action = REBOUND_ACTION_DELAYED, .token = "t1", .grade = REBOUND_GRADE_A);
  RECORD (store, START + DAY, .token = "t1", .grade = REBOUND_GRADE_A);
  RECORD (store, START + 2 * DAY, .token = "t1", .grade = REBOUND_GRADE_A);
  RECORD (store, START + 3 * DAY, .token = "t2", .grade = REBOUND_GRADE_A);
  RECORD (store, START + 3 * DAY, .address = anns, .token = "t1", .grade = REBOUND_GRADE_A);
  found = history (store, LIST, BOB);
  ck_assert_str_eq (found, LIST " " BOB " +0h notice unclassified - -\n" LIST " " BOB
                                " +24h failure unclassified - -\n" LIST " " BOB
                                " +48h failure unclassified token -\n" LIST " " BOB
                                " +72h failure unclassified - -\n");
  assert_members (store, START + 3 * DAY,
                  LIST " ann@example.net active 1.0\n" LIST " " BOB " active 2.0\n");
  close_whole (store, START + 4 * DAY);
}
END_TEST

/* The posts of a day have the same. */
START_TEST (a_token_counts_for_its_day)
{
  static const ReboundReason both[] = { REBOUND_REASON_SPAM_CONTENT, REBOUND_REASON_USER_UNKNOWN };
  ReboundStore *store = open_new (_i);

  for (guint i = 0; i < 4; i++)
    RECORD (store, START + i, .address = i < 2 ? BOB : "ann@example.net",
            .reason = both[(i + i / 2) % 2], .token = "t1", .grade = REBOUND_GRADE_A);
  RECORD (store, START + DAY, .reason = REBOUND_REASON_USER_UNKNOWN, .token = "t1",
          .grade = REBOUND_GRADE_A);
  assert_members (store, START + DAY,
                  LIST " ann@example.net active 1.0\n" LIST " " BOB " active 1.0\n");
  close_whole (store, START + DAY);
}
END_TEST

/* Also where each message counts: whichever came first, and however many. */
START_TEST (a_token_counts_its_heaviest)
{
  static const ReboundReason both[] = { REBOUND_REASON_SPAM_CONTENT, REBOUND_REASON_USER_UNKNOWN };
  g_autoptr (ReboundPolicy) esp = rebound_policy_new ("esp", NULL);
  ReboundStore *store;

  make_empty (_i);
  store = open_with (_i, esp);
  for (guint i = 0; i < 8; i++)
    RECORD (store, START + i, .address = i < 4 ? BOB : "ann@example.net",
            .reason = both[(i + i / 4) % 2], .token = "t1", .grade = REBOUND_GRADE_A);
  assert_members (store, START + DAY,
                  LIST " ann@example.net active 1.0\n" LIST " " BOB " active 1.0\n");
  assert_due (store, START + 9 * DAY, "");
  close_whole (store, START + 9 * DAY);
}
END_TEST

/* Somebody has seen the signature in a real bounce and says that the member is dead; or the member is
 * dead, and the other report is forged. */
START_TEST (a_token_that_says_two_things_decides_nothing)
{
  static const ReboundReason both[] = { REBOUND_REASON_MAILBOX_FULL, REBOUND_REASON_USER_UNKNOWN };
  g_autoptr (ReboundPolicy) at_once = rebound_policy_new ("default", NULL);
  ReboundStore *store;

  make_empty (_i);
  store = open_with (_i, at_once);
  for (guint i = 0; i < 4; i++)
    RECORD (store, START + i, .address = i < 2 ? BOB : "ann@example.net",
            .reason = both[(i + i / 2) % 2], .token = "t1", .grade = REBOUND_GRADE_A);
  assert_due (store, START + 9 * DAY, "");
  for (guint i = 0; i < 2; i++)
    RECORD (store, START + i, .address = "eve@example.net", .reason = REBOUND_REASON_USER_UNKNOWN,
            .token = "t2", .grade = REBOUND_GRADE_A);
  g_free (due_id (store, START + 9 * DAY));
  close_whole (store, START + 9 * DAY);
}
END_TEST

static gboolean
take_record (const ReboundRecord *record, gpointer data)
{
  static const char value[] = "no such user";
  const guint *longest = data;

  ck_assert_str_eq (record->digest,
                    "sha256:4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a");
  ck_assert_str_eq (record->reason, "user-unknown");
  ck_assert_str_eq (record->reply, "550");
  ck_assert_str_eq (record->status, "5.1.1");
  ck_assert_str_eq (record->bounce, "hard");
  ck_assert_str_eq (record->unsubscribe, "count");
  ck_assert_str_eq (record->grade, "B");
  ck_assert_str_eq (record->path, "probe");
  ck_assert_str_eq (record->provider, "google");
  ck_assert_uint_eq (strlen (record->message_id), *longest);
  ck_assert_ptr_null (record->held);
  ck_assert_ptr_null (record->step);
  ck_assert_ptr_nonnull (strstr (record->evidence, value));
  ck_assert_ptr_nonnull (strstr (record->evidence, "generic/user-unknown"));
  return TRUE;
}

START_TEST (what_was_said_is_kept)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *id = g_strnfill (REBOUND_STORE_LONGEST_TEXT - 1, 'i');
  g_autofree char *long_id = g_strconcat (id, "\xc3\xa4 and more", NULL);
  guint longest = REBOUND_STORE_LONGEST_TEXT - 1; /* half a letter is none */

  RECORD (store, START, .message = "4", .reason = REBOUND_REASON_USER_UNKNOWN,
          .grade = REBOUND_GRADE_B, .path = REBOUND_PATH_PROBE, .provider = "google",
          .message_id = long_id, .fact = "no such user");
  ck_assert (rebound_store_history (store, NULL, BOB, take_record, &longest, NULL));
  close_whole (store, START);
}
END_TEST

static gpointer
record_same (gpointer data)
{
  ReboundStore *store = open_again (GPOINTER_TO_INT (data));
  guint n = 0;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *address = g_strdup_printf ("%u@x.example", i % 7);

      n += RECORD (store, START + i * HOUR, .address = address,
                   .reason = REBOUND_REASON_USER_UNKNOWN);
    }
  rebound_store_free (store);
  return GUINT_TO_POINTER (n);
}

START_TEST (two_at_once_count_it_once)
{
  GThread *threads[4];
  ReboundStore *store;
  guint n = 0;

  if (is_in_memory (_i))
    return;
  rebound_store_free (open_new (_i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, record_same, GINT_TO_POINTER (_i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    n += GPOINTER_TO_UINT (g_thread_join (threads[i]));
  ck_assert_uint_eq (n, 20);
  store = open_again (_i);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 20);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members"), 7);
  close_whole (store, START + 2 * DAY);
}
END_TEST

/* ---- Batches ------------------------------------------------------------------------------ */

START_TEST (a_batch_is_all_or_nothing)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (GError) error = NULL;

  ck_assert (rebound_store_begin (store, NULL));
  fail_days (store, BOB, START, 3);
  ck_assert_uint_eq (RECORD (store, START + DAY / 2, .reason = REBOUND_REASON_USER_UNKNOWN), 0);
  rebound_store_rollback (store);
  assert_members (store, START + 3 * DAY, "");
  ck_assert (rebound_store_begin (store, NULL));
  ck_assert (!rebound_store_begin (store, NULL));
  fail_days (store, BOB, START, 3);
  fail_days (store, "ann@example.net", START, 1);
  assert_good (rebound_store_commit (store, &error), error);
  ck_assert (rebound_store_begin (store, NULL));
  assert_good (rebound_store_commit (store, &error), error);
  assert_members (store, START + 3 * DAY,
                  LIST " ann@example.net active 1.0\n" LIST " " BOB " active 3.0\n");
  close_whole (store, START + 3 * DAY);
}
END_TEST

START_TEST (a_batch_outlives_a_callers_mistake)
{
  ReboundStore *store = open_new (_i);
  GError *error = NULL;
  gboolean good;

  ck_assert (rebound_store_begin (store, NULL));
  fail_days (store, BOB, START, 2);
  good = rebound_store_reset (store, NULL, "nobody@x.example", START, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_NOT_FOUND, "nobody");
  good = rebound_store_acknowledge (store, "x", REBOUND_HELD_KEEP, 0, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "1970");
  ck_assert (rebound_store_reset (store, NULL, BOB, START + 2 * DAY, NULL));
  ck_assert (rebound_store_commit (store, NULL));
  assert_members (store, START + 2 * DAY, LIST " " BOB " active 0.0\n");
  close_whole (store, START + 2 * DAY);
}
END_TEST

START_TEST (a_batch_that_failed_keeps_nothing)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (ReboundReport) report = report_of (&(Said){ .message = "x" });
  GError *error = NULL;
  gboolean good;

  ck_assert (rebound_store_begin (store, NULL));
  fail_days (store, BOB, START, 1);
  must_run (store, "ALTER TABLE events RENAME TO gone");
  good = rebound_store_record (store, report, LIST, START, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_CORRUPT, "events");
  good = rebound_store_record (store, report, LIST, START, NULL, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_UNAVAILABLE, "anew");
  good = rebound_store_commit (store, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_UNAVAILABLE, "anew");
  assert_members (store, START, "");
  fail_days (store, BOB, START, 1);
  close_whole (store, START + DAY);
}
END_TEST

static gpointer
record_in_batch (gpointer data)
{
  static int turn;
  ReboundStore *store = open_again (GPOINTER_TO_INT (data));
  const gboolean forward = g_atomic_int_add (&turn, 1) % 2 == 0;
  g_autoptr (GError) error = NULL;
  gboolean good;

  ck_assert (rebound_store_begin (store, NULL));
  for (guint i = 0; i < 10; i++)
    {
      const guint number = forward ? i : 9 - i;
      g_autofree char *list = g_strdup_printf ("%u@lists.example", number);

      RECORD (store, START + number * HOUR, .list = list, .reason = REBOUND_REASON_USER_UNKNOWN);
      g_usleep (2000);
    }
  good = rebound_store_commit (store, &error);
  assert_good (good, error);
  rebound_store_free (store);
  return NULL;
}

/* Two that wait for each other's list: one begins anew, with all that was in its batch. */
START_TEST (batches_of_several_lists_do_not_stop_each_other)
{
  GThread *threads[4];
  ReboundStore *store;

  if (is_in_memory (_i))
    return;
  rebound_store_free (open_new (_i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, record_in_batch, GINT_TO_POINTER (_i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  store = open_again (_i);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 10);
  close_whole (store, START + DAY);
}
END_TEST

/* ---- Deciding ----------------------------------------------------------------------------- */

/* What was done is known however much has come since. */
START_TEST (much_is_folded_without_losing_what_was_done)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *id = NULL;

  fail_days (store, BOB, START, 5);
  id = due_id (store, START + 5 * DAY);
  acknowledge (store, id, START + 5 * DAY);
  ck_assert (rebound_store_begin (store, NULL));
  for (guint i = 0; i < REBOUND_STORE_MOST_EVENTS + 50; i++)
    RECORD (store, START + 6 * DAY + i, .action = REBOUND_ACTION_DELAYED);
  ck_assert (rebound_store_commit (store, NULL));
  id = (g_free (id), members (store, NULL, NULL, START + 6 * DAY));
  ck_assert_msg (strstr (id, "suspended") != NULL, "%s", id);
  close_whole (store, START + 7 * DAY);
}
END_TEST

/* ---- Members ------------------------------------------------------------------------------ */

static gboolean
stop_at_once (G_GNUC_UNUSED const ReboundMember *member, gpointer data)
{
  (*(guint *) data)++;
  return FALSE;
}

/* More than a page of them, in order. */
START_TEST (members_come_by_list_and_address)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *of_one = NULL, *of_none = NULL;
  guint n = 0;

  ck_assert (rebound_store_begin (store, NULL));
  for (guint i = 0; i < 450; i++)
    {
      g_autofree char *address = g_strdup_printf ("%03u@x.example", 449 - i);

      RECORD (store, START, .address = address, .list = "a@x.example");
      g_string_append_printf (expected, "a@x.example %03u@x.example active 1.0\n", i);
    }
  RECORD (store, START, .list = "b@x.example");
  RECORD (store, START, .list = "B@x.example", .address = "001@x.example");
  ck_assert (rebound_store_commit (store, NULL));
  g_string_append (expected,
                   "b@x.example 001@x.example active 1.0\nb@x.example " BOB " active 1.0\n");
  assert_members (store, START, expected->str);
  of_one = members (store, NULL, "001@X.example", START);
  ck_assert_str_eq (of_one, "a@x.example 001@x.example active 1.0\n"
                            "b@x.example 001@x.example active 1.0\n");
  of_none = members (store, "c@x.example", NULL, START);
  ck_assert_str_eq (of_none, "");
  of_one = (g_free (of_one), members (store, "B@x.example", BOB, START));
  ck_assert_str_eq (of_one, "b@x.example " BOB " active 1.0\n");
  ck_assert (rebound_store_members (store, NULL, NULL, START, stop_at_once, &n, NULL));
  ck_assert_uint_eq (n, 1);
  close_whole (store, START);
}
END_TEST

/* Mailman: a week without a bounce, and it is forgotten. */
START_TEST (members_are_told_as_they_stand_now)
{
  ReboundStore *store = open_new (_i);

  fail_days (store, BOB, START, 3);
  assert_members (store, START + 3 * DAY, LIST " " BOB " active 3.0\n");
  assert_members (store, START + 30 * DAY, LIST " " BOB " active 0.0\n");
  close_whole (store, START + 30 * DAY);
}
END_TEST

START_TEST (a_history_has_all_pages)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *found = NULL;

  ck_assert (rebound_store_begin (store, NULL));
  for (int i = 449; i >= 0; i--)
    RECORD (store, START + i / 3 * HOUR, .list = i % 2 == 0 ? "a@x.example" : "b@x.example",
            .message = (g_free (found), found = g_strdup_printf ("%d", i)));
  ck_assert (rebound_store_commit (store, NULL));
  found = (g_free (found), history (store, "a@x.example", BOB));
  for (guint i = 0; i < 450; i += 2)
    g_string_append_printf (expected, "a@x.example " BOB " +%uh failure unclassified - -\n", i / 3);
  ck_assert_str_eq (found, expected->str);
  found = (g_free (found), history (store, NULL, BOB));
  ck_assert_uint_eq (strlen (found), 2 * strlen (expected->str));
  close_whole (store, START + 9 * DAY);
}
END_TEST

START_TEST (a_reset_begins_anew)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *id = NULL, *found = NULL;
  GError *error = NULL;
  gboolean good;

  fail_days (store, BOB, START, 5);
  id = due_id (store, START + 5 * DAY);
  acknowledge (store, id, START + 5 * DAY);
  good = rebound_store_reset (store, LIST, BOB, START + 6 * DAY, &error);
  assert_good (good, error);
  assert_due (store, START + 6 * DAY, "resume " LIST " " BOB " +144h user-unknown 0/0\n");
  /* a second time in the same second is once */
  good = rebound_store_reset (store, NULL, BOB, START + 6 * DAY, &error);
  assert_good (good, error);
  found = history (store, LIST, BOB);
  ck_assert_ptr_nonnull (strstr (found, "+144h confirmation - - -\n"));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events WHERE type = 6"), 1);
  good = rebound_store_reset (store, "chess@x.example", BOB, START, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_NOT_FOUND, "chess");
  good = rebound_store_reset (store, NULL, "nobody@x.example", START, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_NOT_FOUND, "nobody");
  close_whole (store, START + 6 * DAY);
}
END_TEST

/* ---- Forgetting --------------------------------------------------------------------------- */

/* Whether any file of the store has these bytes. */
static gboolean
files_have (const char *text)
{
  g_autoptr (GDir) files = g_dir_open (folder, 0, NULL);
  gboolean found = FALSE;

  for (const char *name = g_dir_read_name (files); name != NULL; name = g_dir_read_name (files))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *bytes = NULL;
      gsize length;

      ck_assert (g_file_get_contents (path, &bytes, &length, NULL));
      found |= memmem (bytes, length, text, strlen (text)) != NULL;
    }
  return found;
}

static void
fill_with_bob (ReboundStore *store)
{
  g_autofree char *id = NULL;

  ck_assert (rebound_store_note_path (store, "digest1", BOB, START, NULL));
  fail_days (store, BOB, START, 5);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *address = g_strdup_printf ("other%u@example.org", i);

      RECORD (store, START, .address = address, .reason = REBOUND_REASON_USER_UNKNOWN);
      RECORD (store, START + i * HOUR, .fact = "user " BOB " unknown", .grade = REBOUND_GRADE_D);
    }
  RECORD (store, START, .list = "chess@x.example");
  id = due_id (store, START + 5 * DAY);
  acknowledge (store, id, START + 5 * DAY);
}

START_TEST (to_forget_leaves_no_trace)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *found = NULL, *path = NULL;
  GError *error = NULL;
  gboolean good;

  fill_with_bob (store);
  if (_i == 0)
    ck_assert (files_have (BOB));
  good = rebound_store_forget (store, LIST, BOB, &error);
  assert_good (good, error);
  found = members (store, NULL, BOB, START);
  ck_assert_str_eq (found, "chess@x.example " BOB " active 1.0\n");
  /* he is still a member elsewhere */
  path = rebound_store_find_path (store, "digest1");
  ck_assert_str_eq (path, BOB);
  good = rebound_store_forget (store, NULL, "BOB@example.net", &error);
  assert_good (good, error);
  path = (g_free (path), rebound_store_find_path (store, "digest1"));
  ck_assert_ptr_null (path);
  found = (g_free (found), history (store, NULL, BOB));
  ck_assert_str_eq (found, "");
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 100);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members"), 100);
  if (_i == 0)
    {
      ck_assert (!files_have (BOB));
      ck_assert (!files_have ("bob@"));
      ck_assert (files_have ("other7@example.org"));
    }
  good = rebound_store_forget (store, NULL, BOB, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_NOT_FOUND, BOB);
  close_whole (store, START + 5 * DAY);
}
END_TEST

/* Whom a storm has hit too. */
START_TEST (a_storm_forgets_him_too)
{
  g_autoptr (ReboundPolicy) guarded = rebound_policy_new ("mailman", NULL);
  ReboundStore *store;
  g_autoptr (GPtrArray) ids = NULL;

  make_empty (_i);
  store = open_with (_i, guarded);
  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *address = g_strdup_printf ("%u@%u.example", i, i);

      RECORD (store, START + i, .address = address, .reason = REBOUND_REASON_BLOCKED,
              .message_id = "7@x.example");
    }
  ids = due_ids (store, START + HOUR);
  ck_assert_uint_gt (ids->len, 0);
  ck_assert_int_gt (ask (store, "SELECT COUNT (*) FROM tallied WHERE member = 3"), 0);
  ck_assert (rebound_store_forget (store, NULL, "2@2.example", NULL));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM tallied WHERE member = 3"), 0);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members WHERE id = 3"), 0);
  close_whole (store, START + HOUR);
}
END_TEST

START_TEST (several_are_forgotten_at_once)
{
  ReboundStore *store = open_new (_i);
  GError *error = NULL;
  gboolean good;

  fill_with_bob (store);
  ck_assert (rebound_store_begin (store, NULL));
  ck_assert (rebound_store_forget (store, NULL, "other7@example.org", NULL));
  ck_assert (rebound_store_forget (store, NULL, BOB, NULL));
  good = rebound_store_commit (store, &error);
  assert_good (good, error);
  if (_i == 0)
    ck_assert (!files_have (BOB) && !files_have ("other7@"));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members"), 99);
  close_whole (store, START + 5 * DAY);
}
END_TEST

START_TEST (a_path_alone_can_be_forgotten)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *path = NULL;

  ck_assert (rebound_store_note_path (store, "Digest1", BOB, START, NULL));
  ck_assert (rebound_store_note_path (store, "digest1", "Ann@example.net", START, NULL));
  path = rebound_store_find_path (store, "DIGEST1");
  ck_assert_str_eq (path, "ann@example.net");
  ck_assert_ptr_null (rebound_store_find_path (store, "digest2"));
  ck_assert_ptr_null (rebound_store_find_path (store, "\xff"));
  ck_assert (rebound_store_forget (store, NULL, "ann@example.net", NULL));
  ck_assert_ptr_null (rebound_store_find_path (store, "digest1"));
  close_whole (store, START);
}
END_TEST

/* ---- Steps -------------------------------------------------------------------------------- */

START_TEST (a_step_is_claimed_by_one)
{
  ReboundStore *store = open_new (_i);
  ReboundStore *other = is_in_memory (_i) ? NULL : open_again (_i);
  g_autofree char *id = NULL;
  gint64 now = START + 5 * DAY;
  gboolean claimed;
  GError *error = NULL;
  gboolean good;

  fail_days (store, BOB, START, 5);
  id = due_id (store, now);
  ck_assert (rebound_store_claim (store, id, START, HOUR, &claimed, NULL));
  ck_assert (!claimed); /* not due yet */
  ck_assert (rebound_store_claim (store, id, now, HOUR, &claimed, NULL));
  ck_assert (claimed);
  ck_assert (rebound_store_claim (other != NULL ? other : store, id, now + HOUR - 1, HOUR, &claimed,
                                  NULL));
  ck_assert (!claimed);
  ck_assert (rebound_store_claim (store, id, now + HOUR, HOUR, &claimed, NULL));
  ck_assert (claimed); /* the lease was over */
  acknowledge (store, id, now + HOUR);
  ck_assert (rebound_store_claim (store, id, now + 9 * HOUR, HOUR, &claimed, NULL));
  ck_assert (!claimed); /* done */
  good = rebound_store_claim (store, "0123456789abcdef", now, HOUR, &claimed, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_NOT_FOUND, "0123456789abcdef");
  rebound_store_free (other);
  close_whole (store, now);
}
END_TEST

typedef struct
{
  int url;
  const char *id;
} Race;

static gpointer
claim_once (gpointer data)
{
  const Race *race = data;
  ReboundStore *store = open_again (race->url);
  gboolean claimed = FALSE;

  ck_assert (rebound_store_claim (store, race->id, START + 5 * DAY, HOUR, &claimed, NULL));
  rebound_store_free (store);
  return GINT_TO_POINTER (claimed);
}

START_TEST (of_many_who_claim_one_gets_it)
{
  GThread *threads[6];
  ReboundStore *store = open_new (_i);
  g_autofree char *id = NULL;
  Race race = { .url = _i };
  guint n = 0;

  fail_days (store, BOB, START, 5);
  race.id = id = due_id (store, START + 5 * DAY);
  for (guint i = 0; i < G_N_ELEMENTS (threads) && !is_in_memory (_i); i++)
    threads[i] = g_thread_new (NULL, claim_once, &race);
  for (guint i = 0; i < G_N_ELEMENTS (threads) && !is_in_memory (_i); i++)
    n += GPOINTER_TO_INT (g_thread_join (threads[i]));
  ck_assert_uint_eq (n, is_in_memory (_i) ? 0 : 1);
  rebound_store_free (store);
}
END_TEST

/* The list manager was quicker than the confirmation: what it did is undone. */
START_TEST (a_step_that_was_withdrawn_is_taken_all_the_same)
{
  ReboundStore *store = open_new (_i);
  gint64 now = START + 5 * DAY;
  g_autofree char *id = NULL;

  fail_days (store, BOB, START, 5);
  id = due_id (store, now);
  ck_assert (rebound_store_reset (store, LIST, BOB, now, NULL));
  assert_due (store, now, "");
  acknowledge (store, id, now + HOUR);
  acknowledge (store, id, now + 2 * HOUR);
  assert_due (store, now + 2 * HOUR, "resume " LIST " " BOB " +121h unclassified 0/0\n");
  close_whole (store, now);
}
END_TEST

START_TEST (steps_that_never_were_are_unknown)
{
  static const char *const ids[] = { "", "0123456789abcdef", "' OR 1=1; --", "\xff" };
  ReboundStore *store = open_new (_i);
  GError *error = NULL;
  gboolean good;

  for (guint i = 0; i < 3; i++)
    {
      good = rebound_store_acknowledge (store, ids[i], REBOUND_HELD_KEEP, START, &error);
      assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_NOT_FOUND, ids[i]);
    }
  good = rebound_store_acknowledge (store, ids[3], REBOUND_HELD_KEEP, START, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, "UTF-8");
  close_whole (store, START);
}
END_TEST

START_TEST (nothing_of_a_member_is_released)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *id = NULL;
  GError *error = NULL;
  gboolean good;

  fail_days (store, BOB, START, 5);
  id = due_id (store, START + 5 * DAY);
  good = rebound_store_acknowledge (store, id, REBOUND_HELD_RELEASE, START + 5 * DAY, &error);
  assert_error (good, g_steal_pointer (&error), REBOUND_STORE_ERROR_INPUT, id);
  assert_due (store, START + 5 * DAY, "suspend " LIST " " BOB " +114h user-unknown 0/0\n");
  close_whole (store, START + 5 * DAY);
}
END_TEST

/* What is done may use the store: it acknowledges each step as it comes. */
static gboolean
do_step (const ReboundDue *step, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean good =
      rebound_store_acknowledge (data, step->id, REBOUND_HELD_KEEP, START + 6 * DAY, &error);

  assert_good (good, error);
  return TRUE;
}

START_TEST (many_are_due_oldest_first)
{
  ReboundStore *store = open_new (_i);
  g_autoptr (GPtrArray) ids = NULL;
  g_autofree char *of_list = NULL;

  ck_assert (rebound_store_begin (store, NULL));
  for (guint i = 0; i < 450; i++)
    {
      g_autofree char *address = g_strdup_printf ("%03u@%03u.example", i, i);

      for (guint day = 0; day < 5; day++)
        RECORD (store, START + day * DAY + (449 - i) * 60, .address = address,
                .list = i < 3 ? "a@x.example" : "b@x.example",
                .reason = REBOUND_REASON_MAILBOX_FULL);
    }
  ck_assert (rebound_store_commit (store, NULL));
  of_list = due (store, "A@x.example", START + 6 * DAY);
  ck_assert_str_eq (of_list, "suspend a@x.example 002@002.example +109h mailbox-full 0/0\n"
                             "suspend a@x.example 001@001.example +109h mailbox-full 0/0\n"
                             "suspend a@x.example 000@000.example +109h mailbox-full 0/0\n");
  ids = due_ids (store, START + 6 * DAY);
  ck_assert_uint_eq (ids->len, 450);
  ck_assert (rebound_store_due (store, NULL, START + 6 * DAY, do_step, store, NULL));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members WHERE standing = 3"), 450);
  close_whole (store, START + 6 * DAY);
}
END_TEST

/* ---- Another policy ----------------------------------------------------------------------- */

START_TEST (another_policy_judges_anew)
{
  g_autoptr (ReboundPolicy) esp = rebound_policy_new ("esp", NULL);
  ReboundStore *store;
  g_autofree char *before = NULL, *now_due = NULL, *other = NULL, *after = NULL;
  const gint64 now = START + 5 * DAY;

  if (is_in_memory (_i))
    return;
  store = open_new (_i);
  fail_days (store, BOB, START, 5);
  fail_days (store, "ann@example.net", START, 1);
  before = members (store, NULL, NULL, now);
  now_due = due (store, NULL, now);
  rebound_store_free (store);

  store = open_with (_i, esp);
  assert_due (store, now,
              "unsubscribe " LIST " " BOB " +18h user-unknown 0/0\n"
              "unsubscribe " LIST " ann@example.net +18h user-unknown 0/0\n");
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM steps WHERE state = 2"), 1);
  close_whole (store, now);

  store = open_again (_i);
  after = due (store, NULL, now);
  ck_assert_str_eq (after, now_due);
  other = members (store, NULL, NULL, now);
  ck_assert_str_eq (other, before);
  close_whole (store, now);
}
END_TEST

/* ---- Versions ----------------------------------------------------------------------------- */

/* A store as an older Rebound made it, out of tests/stores/. */
static void
make_old (int i, guint version)
{
  const char *const id = is_postgresql (i) ? "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
                                           : "INTEGER PRIMARY KEY";
  g_autofree char *path =
      g_strdup_printf ("%s/tests/stores/version-%u.sql", g_getenv ("top_srcdir"), version);
  g_autofree char *text = NULL;
  g_autoptr (GString) sql = NULL;
  g_auto (GStrv) statements = NULL;

  ck_assert (g_file_get_contents (path, &text, NULL, NULL));
  sql = g_string_new (text);
  g_string_replace (sql, "@ID@", id, 0);
  g_string_replace (sql, "@NAME@", is_postgresql (i) ? "TEXT COLLATE \"C\"" : "TEXT", 0);
  statements = g_strsplit (g_strchomp (sql->str), ";\n", -1);
  make_empty (i);
  run_raw (i, (const char *const *) statements);
}

START_TEST (an_older_store_is_migrated)
{
  GError *error = NULL;
  guint from = 77, to = 77;
  ReboundStore *store;
  gboolean good;

  if (is_in_memory (_i))
    return;
  for (guint version = 1; version < rebound_schema_newest (); version++)
    {
      g_autofree char *path = NULL;

      make_old (_i, version);
      ck_assert_ptr_null (rebound_store_open (urls[_i], policy, &error));
      assert_error (FALSE, g_steal_pointer (&error), REBOUND_STORE_ERROR_VERSION,
                    "rebound store migrate");
      good = rebound_store_migrate (urls[_i], &from, &to, &error);
      assert_good (good, error);
      ck_assert_uint_eq (from, version);
      ck_assert_uint_eq (to, rebound_schema_newest ());
      good = rebound_store_migrate (urls[_i], &from, &to, &error);
      assert_good (good, error);
      ck_assert_uint_eq (from, to);

      store = open_again (_i);
      assert_due (store, START + 5 * DAY, "suspend " LIST " " BOB " +114h user-unknown 0/0\n");
      path = rebound_store_find_path (store, "digest1");
      ck_assert_str_eq (path, BOB);
      fail_days (store, "ann@example.net", START, 1);
      close_whole (store, START + 5 * DAY);
    }
}
END_TEST

/* All columns, tables and indexes of a database, whatever their order. */
static gboolean
add_text (const ReboundValue *row, gpointer data)
{
  g_auto (GStrv) words = g_strsplit_set (row[0].text, " \n", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_string_append_printf (data, " %s", words[i]);
  g_string_append_c (data, '\n');
  return TRUE;
}

static char *
structure (int i)
{
  static const char *const sqlite =
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1";
  static const char *const postgresql =
      "SELECT table_name || '.' || column_name || ' ' || data_type || COALESCE (collation_name, "
      "'') "
      "FROM information_schema.columns WHERE table_schema = 'public' "
      "UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
  ReboundStore *store = open_again (i);
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  gboolean good = rebound_store_query (store, is_postgresql (i) ? postgresql : sqlite, NULL, 0,
                                       add_text, out, &error);

  assert_good (good, error);
  rebound_store_free (store);
  return g_string_free (out, FALSE);
}

START_TEST (a_migrated_store_is_like_a_new_one)
{
  g_autofree char *made = NULL;

  if (is_in_memory (_i))
    return;
  rebound_store_free (open_new (_i));
  made = structure (_i);
  for (guint version = 1; version < rebound_schema_newest (); version++)
    {
      g_autofree char *migrated = NULL;

      make_old (_i, version);
      ck_assert (rebound_store_migrate (urls[_i], NULL, NULL, NULL));
      migrated = structure (_i);
      ck_assert (g_str_equal (migrated, made)); /* too long to be shown */
    }
}
END_TEST

/* ---- Whether it is whole ------------------------------------------------------------------ */

START_TEST (what_does_not_follow_is_found)
{
  static const struct
  {
    const char *sql;
    const char *part;
  } damages[] = {
    { "UPDATE members SET score = 9", "does not follow" },
    { "UPDATE members SET standing = 4", "does not follow" },
    { "UPDATE steps SET due = due + 1", "does not follow" },
    { "UPDATE steps SET state = 2", "does not follow" },
    { "DELETE FROM events WHERE received < 1793600000", "does not follow" },
    { "UPDATE events SET held = '0123456789abcdef'", "held for a storm" },
    { "UPDATE events SET received = received + 99999999 WHERE id = 1", "future" },
    { "UPDATE events SET reason = 999, type = 77", "does not follow" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      ReboundStore *store = open_new (_i);
      g_autofree char *found = NULL;

      fail_days (store, BOB, START, 5);
      must_run (store, damages[i].sql);
      found = problems (store, START + 5 * DAY);
      ck_assert_msg (strstr (found, damages[i].part) != NULL, "%s: %s", damages[i].sql, found);
      rebound_store_free (store);
    }
}
END_TEST

static gpointer
record_much (gpointer data)
{
  ReboundStore *store = open_again (GPOINTER_TO_INT (data));

  for (guint i = 0; i < 100; i++)
    RECORD (store, START + i * HOUR, .reason = REBOUND_REASON_USER_UNKNOWN);
  rebound_store_free (store);
  return NULL;
}

START_TEST (what_others_write_meanwhile_is_no_problem)
{
  GThread *thread;
  ReboundStore *store;

  if (is_in_memory (_i))
    return;
  store = open_new (_i);
  thread = g_thread_new (NULL, record_much, GINT_TO_POINTER (_i));
  while (ask (store, "SELECT COUNT (*) FROM events") < 100)
    {
      g_autofree char *found = problems (store, START + 9 * DAY);

      ck_assert_str_eq (found, "");
    }
  g_thread_join (thread);
  close_whole (store, START + 9 * DAY);
}
END_TEST

/* ---- What expires ------------------------------------------------------------------------- */

static guint
expire (ReboundStore *store, gint64 before, gint64 now)
{
  g_autoptr (GError) error = NULL;
  guint n = 77;
  gboolean good = rebound_store_expire (store, before, now, &n, &error);

  assert_good (good, error);
  return n;
}

START_TEST (what_is_behind_nothing_expires)
{
  ReboundStore *store = open_new (_i);
  gint64 now = START + 100 * DAY;

  fail_days (store, "gone@x.example", START, 3);
  fail_days (store, "back@x.example", START, 3);
  fail_days (store, "back@x.example", START + 97 * DAY, 3);
  fail_days (store, "late@x.example", START + 97 * DAY, 3);
  ck_assert (rebound_store_note_path (store, "old", "x@x.example", START, NULL));
  ck_assert (rebound_store_note_path (store, "new", "x@x.example", now, NULL));
  ck_assert (rebound_store_note_sent (store, LIST, "old@x.example", 10, START, NULL));
  ck_assert_uint_eq (expire (store, START + 90 * DAY, now), 6);
  ck_assert_uint_eq (expire (store, START + 90 * DAY, now), 0);
  assert_members (store, now,
                  LIST " back@x.example active 3.0\n" LIST " late@x.example active 3.0\n");
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events"), 6);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM members"), 2);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM paths"), 1);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM sent"), 0);
  close_whole (store, now);
}
END_TEST

START_TEST (what_a_member_stands_on_stays)
{
  ReboundStore *store = open_new (_i);
  g_autofree char *suspend = NULL, *before = NULL, *after = NULL;
  gint64 now = START + 6 * DAY;

  fail_days (store, BOB, START, 5);
  suspend = due_id (store, START + 5 * DAY);
  acknowledge (store, suspend, START + 5 * DAY);
  before = due (store, NULL, now + 99 * DAY);
  ck_assert_uint_eq (expire (store, now, now), 0);
  after = due (store, NULL, now + 99 * DAY);
  ck_assert_str_eq (after, before);
  /* done is done, however old */
  acknowledge (store, suspend, now);
  assert_members (store, now, LIST " " BOB " suspended 5.0 warn in 120h\n");
  close_whole (store, now);
}
END_TEST

/* ---- Export and import -------------------------------------------------------------------- */

static gboolean
add_line (const char *json, gpointer data)
{
  ck_assert_ptr_null (strchr (json, '\n'));
  g_string_append_printf (data, "%s\n", json);
  return TRUE;
}

static char *
export_all (ReboundStore *store)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  gboolean good = rebound_store_export (store, add_line, out, &error);

  assert_good (good, error);
  return g_string_free (out, FALSE);
}

/* How many were new. */
static guint
import_all (ReboundStore *store, const char *lines)
{
  g_auto (GStrv) line = g_strsplit (lines, "\n", -1);
  guint n = 0;

  ck_assert (rebound_store_begin (store, NULL));
  for (guint i = 0; *line[i] != '\0'; i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean added = 77;
      gboolean good = rebound_store_import (store, line[i], &added, &error);

      assert_good (good, error);
      n += added;
    }
  ck_assert (rebound_store_commit (store, NULL));
  return n;
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

/* As the storm guard leaves it: an event that is held, and a step for the owner. */
static void
add_storm (ReboundStore *store)
{
  must_run (store, "INSERT INTO storms (id, list, kind, key, provider, opened, seen, ended, fate, "
                   "members, held, enough) SELECT 'feedfacefeedface', id, 'message', "
                   "'7@x.example', 'google', 1793491200, 1793491300, 1793577600, 1, 20, 1, 10 "
                   "FROM lists WHERE address = '" LIST "'");
  must_run (store, "INSERT INTO steps (id, list, member, due, since, claimed, step, reason, nth, "
                   "total, state) SELECT 'feedfacefeedface', id, NULL, 1793491200, 1793491200, 0, "
                   "6, 3, 0, 0, 0 FROM lists WHERE address = '" LIST "'");
  must_run (store, "UPDATE events SET held = 'feedfacefeedface' WHERE message_id = '7@x.example'");
  must_run (store, "UPDATE members SET policy = ''");
}

/* Some of everything. */
static void
fill (ReboundStore *store)
{
  g_autoptr (GPtrArray) ids = NULL;

  fail_days (store, BOB, START, 5);
  fail_days (store, "o'\"\xc3\xa4\\u0000@x.example", START, 5);
  ids = due_ids (store, START + 5 * DAY);
  acknowledge (store, g_ptr_array_index (ids, 0), START + 5 * DAY);
  ck_assert (rebound_store_reset (store, NULL, BOB, START + 6 * DAY, NULL));
  fail_days (store, BOB, START + 8 * DAY, 2);
  RECORD (store, START, .address = "a@x.example", .token = "t", .grade = REBOUND_GRADE_A,
          .path = REBOUND_PATH_PROBE, .provider = "google", .message_id = "7@x.example",
          .fact = "no\tsuch \x7f user");
  RECORD (store, START + DAY, .address = "a@x.example", .token = "t", .grade = REBOUND_GRADE_A);
  ck_assert (rebound_store_note_path (store, "digest1", BOB, START, NULL));
  ck_assert (rebound_store_note_sent (store, LIST, "7@x.example", 1000, START, NULL));
  ck_assert (rebound_store_note_sent (store, "a@x.example", "8@x.example", 1, START, NULL));
  add_storm (store);
}

static char *
everything (ReboundStore *store, gint64 now)
{
  g_autofree char *steps = due (store, NULL, now);
  g_autofree char *all = members (store, NULL, NULL, now);
  g_autofree char *bobs = history (store, NULL, BOB);
  g_autofree char *others = history (store, NULL, "a@x.example");

  return g_strconcat (steps, all, bobs, others, NULL);
}

/* Into a store of SQLite, whichever it comes from; and back. */
START_TEST (replay_equals_live)
{
  const gint64 now = START + 20 * DAY;
  ReboundStore *store, *other;
  g_autofree char *lines = NULL, *again = NULL, *live = NULL, *replayed = NULL, *path = NULL;

  if (!has_module ("json") || !has_module ("sqlite"))
    return;
  store = open_new (_i);
  fill (store);
  lines = export_all (store);
  live = everything (store, now);
  ck_assert_ptr_nonnull (strstr (live, "owner " LIST " - +0h user-inactive "));
  ck_assert_ptr_nonnull (strstr (live, " message 7@x.example google 20 1\n"));
  other = open_again (IN_MEMORY);
  ck_assert_uint_eq (import_all (other, lines), count_lines (lines));
  replayed = everything (other, now);
  ck_assert_str_eq (replayed, live);
  again = export_all (other);
  ck_assert_uint_eq (count_lines (again), count_lines (lines));
  ck_assert_uint_eq (import_all (other, lines), 0);
  ck_assert_uint_eq (import_all (store, again), 0);
  path = rebound_store_find_path (other, "digest1");
  ck_assert_str_eq (path, BOB);
  close_whole (other, now);
  rebound_store_free (store);

  store = open_new (_i);
  ck_assert_uint_eq (import_all (store, again), count_lines (lines));
  replayed = (g_free (replayed), everything (store, now));
  ck_assert_str_eq (replayed, live);
  again = (g_free (again), export_all (store));
  ck_assert_str_eq (again, lines);
  close_whole (store, now);
}
END_TEST

/* What was done there is done here. */
START_TEST (what_was_done_stays_done)
{
  ReboundStore *store;
  g_autofree char *lines = NULL, *id = NULL;

  if (!has_module ("json"))
    return;
  store = open_new (_i);
  fail_days (store, BOB, START, 5);
  id = due_id (store, START + 5 * DAY);
  acknowledge (store, id, START + 5 * DAY);
  lines = export_all (store);
  rebound_store_free (store);
  store = open_new (_i);
  import_all (store, lines);
  acknowledge (store, id, START + 6 * DAY);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events WHERE type = 7"), 1);
  assert_members (store, START + 6 * DAY, LIST " " BOB " suspended 5.0 warn in 120h\n");
  close_whole (store, START + 6 * DAY);
}
END_TEST

#define EVENT                                                                                      \
  "\"schema\": 1, \"record\": \"event\", \"list\": \"l\", \"address\": \"a@x\", "                  \
  "\"received\": \"2026-11-21T16:40:00Z\", \"type\": \"failure\", \"digest\": \"d\", "             \
  "\"reason\": \"user-unknown\", \"ceiling\": \"now\""

START_TEST (lines_that_are_wrong_say_why)
{
  static const struct
  {
    const char *line;
    const char *part;
  } lines[] = {
    { "", "JSON" },
    { "{", "JSON" },
    { "[]", "JSON" },
    { "nonsense", "JSON" },
    { "{" EVENT "} {}", "JSON" },
    { "{" EVENT "}\xff", "UTF-8" },
    { "{}", "schema" },
    { "{\"schema\": 2}", "schema" },
    { "{\"schema\": 1}", "record" },
    { "{\"schema\": 1, \"record\": \"member\"}", "member" },
    { "{\"schema\": 1, \"record\": \"event\"}", "list" },
    { "{\"schema\": 1, \"record\": \"event\", \"list\": \"l\"}", "address" },
    { "{" EVENT ", \"address\": \"\"}", "address" },
    { "{" EVENT ", \"received\": \"yesterday\"}", "yesterday" },
    { "{" EVENT ", \"received\": \"1969-11-21T16:40:00Z\"}", "1970" },
    { "{" EVENT ", \"received\": null}", "received" },
    { "{" EVENT ", \"type\": \"bounce\"}", "bounce" },
    { "{" EVENT ", \"reason\": \"because\"}", "because" },
    { "{" EVENT ", \"ceiling\": null}", "ceiling" },
    { "{" EVENT ", \"grade\": \"E\"}", "grade" },
    { "{" EVENT ", \"digest\": \"\"}", "digest" },
    { "{\"schema\": 1, \"record\": \"path\", \"digest\": \"d\", \"address\": \"a@x\"}", "noted" },
    { "{\"schema\": 1, \"record\": \"sent\", \"list\": \"l\", \"message_id\": \"m\", "
      "\"members\": -1}",
      "members" },
    { "{\"schema\": 1, \"record\": \"step\", \"list\": \"l\", \"id\": \"i\", \"step\": \"jump\"}",
      "jump" },
    { "{\"schema\": 1, \"record\": \"step\", \"list\": \"l\", \"id\": \"i\", \"step\": \"warn\", "
      "\"address\": \"a@x\", \"due\": \"2026-11-21T16:40:00Z\", "
      "\"since\": \"2026-11-21T16:40:00Z\", \"reason\": \"user-unknown\", \"nth\": 1, \"of\": 1, "
      "\"state\": \"pending\"}",
      "follows" },
    { "{\"schema\": 1, \"record\": \"storm\", \"list\": \"l\", \"id\": \"i\"}", "kind" },
  };
  ReboundStore *store;

  if (!has_module ("json"))
    return;
  store = open_new (_i);
  ck_assert (rebound_store_begin (store, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      GError *error = NULL;
      gboolean added = TRUE;
      gboolean good = rebound_store_import (store, lines[i].line, &added, &error);

      ck_assert (!added);
      assert_error (good, error, REBOUND_STORE_ERROR_INPUT, lines[i].part);
    }
  /* and the good ones among them are kept */
  ck_assert_uint_eq (rebound_store_import (store, "{" EVENT "}", NULL, NULL), TRUE);
  ck_assert (rebound_store_commit (store, NULL));
  assert_members (store, START + 20 * DAY, "l a@x active 1.0\n");
  close_whole (store, START + 30 * DAY);
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static void
add_urls (void)
{
  const char *postgresql = g_getenv ("REBOUND_TEST_POSTGRESQL");

  if (has_module ("sqlite"))
    {
      urls[n_urls++] = g_strdup_printf ("sqlite:%s/store.db", folder);
      urls[n_urls++] = g_strdup ("sqlite::memory:");
    }
  if (postgresql != NULL && has_module ("postgresql"))
    urls[n_urls++] = g_strdup (postgresql);
}

/* Each with every database. */
static void
add_tests (TCase *tcase)
{
  const TTest *const tests[] = {
    a_new_store_is_made_and_found_again,
    several_make_it_at_once,
    what_is_no_store_is_refused,
    a_newer_store_is_refused,
    the_same_message_counts_once,
    a_member_goes_his_way,
    what_would_have_come_back,
    what_arrives_is_of_one_type,
    the_list_is_the_callers_or_the_reports,
    a_report_on_several_is_kept_for_each,
    what_cannot_be_kept_is_said,
    hostile_names_are_only_names,
    a_token_counts_once_for_each_kind,
    a_token_counts_for_its_day,
    a_token_counts_its_heaviest,
    a_token_that_says_two_things_decides_nothing,
    a_token_counts_once_for_each_probe,
    what_was_said_is_kept,
    two_at_once_count_it_once,
    a_batch_is_all_or_nothing,
    a_batch_outlives_a_callers_mistake,
    a_batch_that_failed_keeps_nothing,
    batches_of_several_lists_do_not_stop_each_other,
    much_is_folded_without_losing_what_was_done,
    members_come_by_list_and_address,
    members_are_told_as_they_stand_now,
    a_history_has_all_pages,
    a_reset_begins_anew,
    to_forget_leaves_no_trace,
    a_storm_forgets_him_too,
    several_are_forgotten_at_once,
    a_path_alone_can_be_forgotten,
    a_step_is_claimed_by_one,
    of_many_who_claim_one_gets_it,
    a_step_that_was_withdrawn_is_taken_all_the_same,
    steps_that_never_were_are_unknown,
    nothing_of_a_member_is_released,
    many_are_due_oldest_first,
    another_policy_judges_anew,
    an_older_store_is_migrated,
    a_migrated_store_is_like_a_new_one,
    what_does_not_follow_is_found,
    what_others_write_meanwhile_is_no_problem,
    what_is_behind_nothing_expires,
    what_a_member_stands_on_stays,
    replay_equals_live,
    what_was_done_stays_done,
    lines_that_are_wrong_say_why,
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    tcase_add_loop_test (tcase, tests[i], 0, n_urls);
}

/* As Mailman's, without the storm guard, which many dead members at one domain would wake. */
static ReboundPolicy *
make_policy (void)
{
  g_autofree char *path = g_build_filename (folder, "policy.conf", NULL);

  g_file_set_contents (path, "[policy]\npreset = mailman\nstorm-window = 0\n", -1, NULL);
  return rebound_policy_new_from_file (path, NULL);
}

int
main (void)
{
  TCase *cases[2] = { tcase_create ("store"), NULL };
  int failed;

  folder = g_dir_make_tmp ("rebound-store-XXXXXX", NULL);
  add_urls ();
  policy = make_policy ();
  tcase_add_test (cases[0], urls_that_are_none_are_refused);
  add_tests (cases[0]);
  failed = run_suite ("store", cases, NULL, NULL);
  remove_files ();
  g_rmdir (folder);
  return failed;
}

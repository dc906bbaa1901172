/* Rebound: tests of the modules of the databases: what the store may rely on in each.
 * REBOUND_TEST_POSTGRESQL is the URL of a PostgreSQL that they may use (tests/postgresql.sh).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suite.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/database.h"
#include "modules/modules.h"

#define NOBODY 65534

static ReboundModule sqlite_module = REBOUND_MODULE ("sqlite", "rebound_database_open");
static ReboundModule postgresql_module = REBOUND_MODULE ("postgresql", "rebound_database_open");

/* What is there of these is tested. */
typedef struct
{
  ReboundModule *module;
  char *url;
} Target;

static Target targets[2];
static int n_targets;
static char *folder;

#define TEXT(string) ((ReboundValue){ .type = REBOUND_VALUE_TEXT, .text = (string) })
#define INT(number) ((ReboundValue){ .type = REBOUND_VALUE_INT, .integer = (number) })
#define REAL(number) ((ReboundValue){ .type = REBOUND_VALUE_REAL, .real = (number) })
#define NOTHING ((ReboundValue){ .type = REBOUND_VALUE_NULL })

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundDatabase *
open_url (ReboundModule *module, const char *url, gboolean create, GError **error)
{
  ReboundDatabaseOpen database_open = (ReboundDatabaseOpen) rebound_module_function (module);

  ck_assert_ptr_nonnull (database_open);
  return database_open (url, create, error);
}

static ReboundDatabase *
open_target (int i)
{
  g_autoptr (GError) error = NULL;
  ReboundDatabase *database = open_url (targets[i].module, targets[i].url, TRUE, &error);

  ck_assert_msg (database != NULL, "%s", error != NULL ? error->message : "no error");
  return database;
}

static gboolean
run (ReboundDatabase *database, const char *sql, const ReboundValue *values, guint n_values,
     ReboundRowFunc row, gpointer data, guint *n_changed, GError **error)
{
  return database->klass->run (database, sql, values, n_values, row, data, n_changed, error);
}

/* A statement that has to succeed; returns how many rows it changed. */
static guint
must (ReboundDatabase *database, const char *sql, const ReboundValue *values, guint n_values)
{
  g_autoptr (GError) error = NULL;
  guint n_changed = 0;
  gboolean good = run (database, sql, values, n_values, NULL, NULL, &n_changed, &error);

  ck_assert_msg (good, "%s: %s", sql, error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
  return n_changed;
}

/* A statement that has to fail so. */
static char *
must_fail (ReboundDatabase *database, const char *sql, const ReboundValue *values, guint n_values,
           ReboundStoreError code)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!run (database, sql, values, n_values, NULL, NULL, NULL, &error));
  ck_assert_ptr_nonnull (error);
  ck_assert_str_eq (g_quark_to_string (error->domain), REBOUND_DATABASE_ERROR);
  ck_assert_msg (error->code == (int) code, "%d: %s", error->code, error->message);
  return g_strdup (error->message);
}

static gboolean
take_integer (const ReboundValue *row, gpointer data)
{
  ck_assert_int_eq (row[0].type, REBOUND_VALUE_INT);
  *(gint64 *) data = row[0].integer;
  return TRUE;
}

static gint64
integer_of (ReboundDatabase *database, const char *sql)
{
  g_autoptr (GError) error = NULL;
  gint64 integer = -1;
  gboolean good = run (database, sql, NULL, 0, take_integer, &integer, NULL, &error);

  ck_assert_msg (good, "%s: %s", sql, error != NULL ? error->message : "no error");
  return integer;
}

static void
begin (ReboundDatabase *database, const char *lock)
{
  g_autoptr (GError) error = NULL;
  gboolean good = database->klass->begin (database, lock, &error);

  ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
}

static void
commit (ReboundDatabase *database)
{
  g_autoptr (GError) error = NULL;
  gboolean good = database->klass->commit (database, &error);

  ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
}

/* One with an empty table. */
static ReboundDatabase *
open_with_table (int i)
{
  ReboundDatabase *database = open_target (i);

  must (database, "DROP TABLE IF EXISTS things", NULL, 0);
  must (database, "CREATE TABLE things (id BIGINT PRIMARY KEY, word TEXT, weight DOUBLE PRECISION)",
        NULL, 0);
  return database;
}

static void
close_database (ReboundDatabase *database)
{
  database->klass->close (database);
}

static const char add_sql[] = "INSERT INTO things (id, word, weight) VALUES ($1, $2, $3)";

static void
add (ReboundDatabase *database, gint64 id, const char *word)
{
  ReboundValue values[] = { INT (id), word != NULL ? TEXT (word) : NOTHING, NOTHING };

  ck_assert_uint_eq (must (database, add_sql, values, 3), 1);
}

/* ---- Values ------------------------------------------------------------------------------- */

typedef struct
{
  ReboundValue sent;
  gboolean met;
} Meeting;

static gboolean
take_value (const ReboundValue *row, gpointer data)
{
  Meeting *self = data;

  ck_assert_int_eq (row[0].type, self->sent.type);
  if (self->sent.type == REBOUND_VALUE_TEXT)
    ck_assert_str_eq (row[0].text, self->sent.text);
  if (self->sent.type == REBOUND_VALUE_INT)
    {
      ck_assert_int_eq (row[0].integer, self->sent.integer);
      ck_assert (row[0].real == (double) self->sent.integer);
    }
  if (self->sent.type == REBOUND_VALUE_REAL)
    ck_assert (row[0].real == self->sent.real);
  self->met = TRUE;
  return TRUE;
}

/* Whether it comes back as it went. */
static void
round_trip (ReboundDatabase *database, const char *column, ReboundValue value)
{
  g_autofree char *add = g_strdup_printf ("INSERT INTO things (id, %s) VALUES (1, $1)", column);
  g_autofree char *get = g_strdup_printf ("SELECT %s FROM things WHERE id = 1", column);
  Meeting meeting = { value, FALSE };

  must (database, "DELETE FROM things", NULL, 0);
  must (database, add, &value, 1);
  ck_assert (run (database, get, NULL, 0, take_value, &meeting, NULL, NULL));
  ck_assert (meeting.met);
}

START_TEST (values_come_back_as_they_went)
{
  static const char *const words[] = { "",
                                       " ",
                                       "it's; DROP TABLE things --",
                                       "ünïcödé",
                                       "\xf0\x9f\x93\xaa \xe2\x80\x8f",
                                       "back\\slash\n\ttab",
                                       "NULL" };
  static const double reals[] = { 0, 0.1, -1.5, 1e300, 1e-300, 1.0 / 3 };
  ReboundDatabase *database = open_with_table (_i);
  g_autofree char *longest = g_strnfill (4 << 20, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    round_trip (database, "word", TEXT (words[i]));
  round_trip (database, "word", TEXT (longest));
  round_trip (database, "word", NOTHING);
  for (guint i = 0; i < G_N_ELEMENTS (reals); i++)
    round_trip (database, "weight", REAL (reals[i]));
  close_database (database);
}
END_TEST

START_TEST (integers_have_64_bits)
{
  static const gint64 integers[] = { 0, -1, 2147483648, G_MAXINT64, G_MININT64 };
  ReboundDatabase *database = open_with_table (_i);

  for (guint i = 0; i < G_N_ELEMENTS (integers); i++)
    {
      ReboundValue value = INT (integers[i]);

      must (database, "DELETE FROM things", NULL, 0);
      must (database, "INSERT INTO things (id) VALUES ($1)", &value, 1);
      ck_assert_int_eq (integer_of (database, "SELECT id FROM things"), integers[i]);
    }
  close_database (database);
}
END_TEST

/* A time minus a time is beyond 32 bits sooner than one thinks. */
START_TEST (a_parameter_alone_has_its_type)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundValue value = INT (4102444800);
  gint64 result = 0;

  ck_assert (run (database, "SELECT $1 - 5", &value, 1, take_integer, &result, NULL, NULL));
  ck_assert_int_eq (result, 4102444795);
  add (database, 1, NULL);
  value = NOTHING;
  must (database, "UPDATE things SET weight = $1", &value, 1);
  value = REAL (0.5);
  must (database, "UPDATE things SET weight = $1", &value, 1);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things WHERE weight = 0.5"), 1);
  close_database (database);
}
END_TEST

START_TEST (a_parameter_goes_by_its_number)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundValue values[] = { TEXT ("one"), INT (2) };

  must (database, "INSERT INTO things (id, word) VALUES ($2, $1 || $1)", values, 2);
  ck_assert_int_eq (integer_of (database, "SELECT id FROM things WHERE word = 'oneone'"), 2);
  close_database (database);
}
END_TEST

START_TEST (sums_and_counts_are_integers)
{
  ReboundDatabase *database = open_with_table (_i);

  add (database, 3, NULL);
  add (database, 4, NULL);
  ck_assert_int_eq (integer_of (database, "SELECT sum(id) FROM things"), 7);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 2);
  ck_assert_int_eq (integer_of (database, "SELECT max(id) FROM things"), 4);
  close_database (database);
}
END_TEST

START_TEST (only_utf8_goes_in)
{
  static const char *const wrong[] = { "\xff", "caf\xe9", "\xc0\x80", "\xed\xa0\x80" };
  ReboundDatabase *database = open_with_table (_i);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      ReboundValue values[] = { INT (1), TEXT (wrong[i]), NOTHING };
      g_autofree char *message =
          must_fail (database, add_sql, values, 3, REBOUND_STORE_ERROR_INPUT);

      ck_assert_ptr_nonnull (strstr (message, "UTF-8"));
    }
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 0);
  close_database (database);
}
END_TEST

/* ---- Statements --------------------------------------------------------------------------- */

START_TEST (what_has_changed_is_counted)
{
  static const char once[] =
      "INSERT INTO things (id, word) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
  ReboundDatabase *database = open_with_table (_i);
  ReboundValue values[] = { INT (1), TEXT ("first") };

  ck_assert_uint_eq (must (database, once, values, 2), 1);
  ck_assert_uint_eq (must (database, once, values, 2), 0);
  add (database, 2, NULL);
  ck_assert_uint_eq (must (database, "UPDATE things SET word = 'x'", NULL, 0), 2);
  ck_assert_uint_eq (must (database, "SELECT * FROM things", NULL, 0), 0);
  ck_assert_uint_eq (must (database, "DELETE FROM things WHERE id = 7", NULL, 0), 0);
  ck_assert_uint_eq (must (database, "DELETE FROM things", NULL, 0), 2);
  close_database (database);
}
END_TEST

START_TEST (a_change_can_return_rows)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundValue values[] = { INT (5), TEXT ("five"), NOTHING };
  gint64 id = 0;
  guint n_changed = 0;

  ck_assert (run (database, "INSERT INTO things VALUES ($1, $2, $3) RETURNING id", values, 3,
                  take_integer, &id, &n_changed, NULL));
  ck_assert_int_eq (id, 5);
  ck_assert_uint_eq (n_changed, 1);
  close_database (database);
}
END_TEST

typedef struct
{
  gint64 n;
  gint64 end;
} Counting;

static gboolean
count_row (const ReboundValue *row, gpointer data)
{
  Counting *self = data;

  ck_assert_int_eq (row[0].integer, ++self->n);
  return self->n != self->end;
}

static const char counting_sql[] =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 200000) SELECT i FROM n";

START_TEST (rows_come_one_by_one_and_end_when_told)
{
  ReboundDatabase *database = open_with_table (_i);
  Counting counting = { 0, 0 };

  ck_assert (run (database, counting_sql, NULL, 0, count_row, &counting, NULL, NULL));
  ck_assert_int_eq (counting.n, 200000);
  for (guint i = 0; i < 3; i++)
    {
      counting = (Counting){ 0, 3 };
      ck_assert (run (database, counting_sql, NULL, 0, count_row, &counting, NULL, NULL));
      ck_assert_int_eq (counting.n, 3);
    }
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 0);
  close_database (database);
}
END_TEST

static glong
peak_memory (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/* 200 MB of rows, of which one is held at a time; a sanitizer holds what was freed. */
START_TEST (many_rows_take_no_memory)
{
  static const char sql[] = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                            "WHERE i < 200000) SELECT i, $1 FROM n";
  const char *sanitizers = g_getenv ("SANITIZERS") != NULL ? g_getenv ("SANITIZERS") : "";
  ReboundDatabase *database = open_with_table (_i);
  g_autofree char *text = g_strnfill (1000, 'x');
  ReboundValue value = TEXT (text);
  Counting counting = { 0, 0 };
  glong before = peak_memory ();

  ck_assert (run (database, sql, &value, 1, count_row, &counting, NULL, NULL));
  ck_assert_int_eq (counting.n, 200000);
  if (*sanitizers == '\0')
    ck_assert_int_lt (peak_memory () - before, 20 * 1024);
  close_database (database);
}
END_TEST

/* The same storage, another text: a statement is not mistaken for another. */
START_TEST (a_statement_goes_by_its_text)
{
  ReboundDatabase *database = open_with_table (_i);
  char sql[] = "SELECT 1";

  ck_assert_int_eq (integer_of (database, sql), 1);
  sql[7] = '2';
  ck_assert_int_eq (integer_of (database, sql), 2);
  close_database (database);
}
END_TEST

START_TEST (a_statement_that_fails_says_why)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundValue values[] = { INT (1), NOTHING, NOTHING };
  g_autofree char *unknown =
      must_fail (database, "SELECT * FROM nowhere", NULL, 0, REBOUND_STORE_ERROR_CORRUPT);
  g_autofree char *twice = NULL;

  ck_assert_str_eq (g_quark_to_string (REBOUND_STORE_ERROR), REBOUND_DATABASE_ERROR);
  ck_assert_ptr_nonnull (strstr (unknown, "nowhere"));
  must (database, add_sql, values, 3);
  twice = must_fail (database, add_sql, values, 3, REBOUND_STORE_ERROR_INPUT);
  ck_assert_ptr_nonnull (strstr (twice, "things"));
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 1);
  close_database (database);
}
END_TEST

/* ---- Transactions ------------------------------------------------------------------------- */

START_TEST (what_is_committed_stays_and_the_rest_does_not)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundDatabase *other = open_target (_i);

  begin (database, "all");
  add (database, 1, "stays");
  ck_assert_int_eq (integer_of (other, "SELECT count(*) FROM things"), 0);
  commit (database);
  ck_assert_int_eq (integer_of (other, "SELECT count(*) FROM things"), 1);
  begin (database, "all");
  add (database, 2, "goes");
  database->klass->rollback (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 1);
  close_database (other);
  close_database (database);
}
END_TEST

START_TEST (a_connection_that_ends_takes_its_transaction_with_it)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundDatabase *other = open_target (_i);

  begin (other, "all");
  add (other, 1, "goes");
  close_database (other);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 0);
  begin (database, "all");
  commit (database);
  close_database (database);
}
END_TEST

START_TEST (a_transaction_that_fails_leaves_nothing)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundValue values[] = { INT (1), NOTHING, NOTHING };

  add (database, 1, "was there");
  begin (database, "all");
  add (database, 2, "goes");
  g_free (must_fail (database, add_sql, values, 3, REBOUND_STORE_ERROR_INPUT));
  database->klass->rollback (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 1);
  begin (database, "all");
  add (database, 3, "stays");
  commit (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 2);
  close_database (database);
}
END_TEST

START_TEST (reading_sees_one_moment)
{
  ReboundDatabase *database = open_with_table (_i);
  ReboundDatabase *other = open_target (_i);

  add (database, 1, NULL);
  begin (database, NULL);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 1);
  add (other, 2, NULL);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 1);
  commit (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 2);
  close_database (other);
  close_database (database);
}
END_TEST

/* Reads, waits and writes: without the lock both would have read the same. */
static gpointer
increase (gpointer data)
{
  ReboundDatabase *database = open_target (GPOINTER_TO_INT (data));

  for (guint i = 0; i < 20; i++)
    {
      gint64 n;
      ReboundValue value;

      begin (database, "counter");
      n = integer_of (database, "SELECT id FROM things");
      g_usleep (500);
      value = INT (n + 1);
      must (database, "UPDATE things SET id = $1", &value, 1);
      commit (database);
    }
  close_database (database);
  return NULL;
}

START_TEST (a_lock_excludes_the_others)
{
  ReboundDatabase *database = open_with_table (_i);
  GThread *threads[4];

  add (database, 0, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, increase, GINT_TO_POINTER (_i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  ck_assert_int_eq (integer_of (database, "SELECT id FROM things"), 80);
  close_database (database);
}
END_TEST

/* All open a database that is not there yet, at once. */
static gpointer
open_and_add (gpointer data)
{
  char *const *task = data;
  g_autoptr (GError) error = NULL;
  ReboundDatabase *database = open_url (&sqlite_module, task[0], TRUE, &error);

  ck_assert_msg (database != NULL, "%s", error != NULL ? error->message : "no error");
  begin (database, "all");
  must (database, "CREATE TABLE IF NOT EXISTS things (id BIGINT)", NULL, 0);
  must (database, "INSERT INTO things VALUES (1)", NULL, 0);
  commit (database);
  close_database (database);
  return NULL;
}

/* ---- SQLite ------------------------------------------------------------------------------- */

static char *
sqlite_url (const char *name)
{
  return g_strconcat ("sqlite:", folder, "/", name, NULL);
}

/* What opening says where it fails. */
static char *
refusal (ReboundModule *module, const char *url, gboolean create, ReboundStoreError code)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (open_url (module, url, create, &error));
  ck_assert_ptr_nonnull (error);
  ck_assert_str_eq (g_quark_to_string (error->domain), REBOUND_DATABASE_ERROR);
  ck_assert_msg (error->code == (int) code, "%d: %s", error->code, error->message);
  return g_strdup (error->message);
}

START_TEST (sqlite_makes_one_file_for_its_owner_and_group)
{
  g_autofree char *url = sqlite_url ("new.db");
  const char *path = url + strlen ("sqlite:");
  mode_t before = umask (0);
  ReboundDatabase *database = open_url (&sqlite_module, url, TRUE, NULL);
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  struct stat status;

  ck_assert_ptr_nonnull (database);
  must (database, "CREATE TABLE things (id BIGINT)", NULL, 0);
  ck_assert_int_eq (stat (path, &status), 0);
  ck_assert_int_eq (status.st_mode & 0777, 0660);
  ck_assert_int_eq (stat (log, &status), 0);
  ck_assert_int_eq (status.st_mode & 0777, 0660);
  close_database (database);
  ck_assert_int_ne (stat (log, &status), 0);
  umask (before);
}
END_TEST

START_TEST (sqlite_opens_what_many_make_at_once)
{
  for (guint round = 0; round < 10; round++)
    {
      g_autofree char *name = g_strdup_printf ("at-once-%u.db", round);
      char *task[] = { sqlite_url (name) };
      GThread *threads[8];
      ReboundDatabase *database;

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new (NULL, open_and_add, task);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
      database = open_url (&sqlite_module, task[0], FALSE, NULL);
      ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 8);
      close_database (database);
      g_free (task[0]);
    }
}
END_TEST

START_TEST (sqlite_can_be_in_memory)
{
  ReboundDatabase *database = open_url (&sqlite_module, "sqlite::memory:", TRUE, NULL);

  ck_assert_ptr_nonnull (database);
  ck_assert_str_eq (database->klass->name, "sqlite");
  must (database, "CREATE TABLE things (id BIGINT)", NULL, 0);
  ck_assert (!g_file_test (":memory:", G_FILE_TEST_EXISTS));
  close_database (database);
}
END_TEST

START_TEST (sqlite_says_what_it_cannot_open)
{
  g_autofree char *missing = sqlite_url ("missing.db");
  g_autofree char *nowhere = sqlite_url ("no/such/folder.db");
  g_autofree char *other = sqlite_url ("other.txt");
  g_autofree char *no_file = refusal (&sqlite_module, "sqlite:", TRUE, REBOUND_STORE_ERROR_URL);
  g_autofree char *not_made =
      refusal (&sqlite_module, missing, FALSE, REBOUND_STORE_ERROR_UNAVAILABLE);
  g_autofree char *no_folder =
      refusal (&sqlite_module, nowhere, TRUE, REBOUND_STORE_ERROR_UNAVAILABLE);
  g_autofree char *not_one = NULL;

  ck_assert_ptr_nonnull (strstr (no_file, "sqlite:PATH"));
  ck_assert_ptr_nonnull (strstr (not_made, missing));
  ck_assert_ptr_nonnull (strstr (no_folder, "No such file"));
  ck_assert_ptr_nonnull (strstr (no_folder, "folder has to be there"));
  ck_assert (
      g_file_set_contents (other + strlen ("sqlite:"), "Dear diary, today I was\n", -1, NULL));
  not_one = refusal (&sqlite_module, other, TRUE, REBOUND_STORE_ERROR_CORRUPT);
  ck_assert_ptr_nonnull (strstr (not_one, "not a database"));
}
END_TEST

START_TEST (sqlite_gives_up_a_transaction_when_the_disk_is_full)
{
  g_autofree char *url = sqlite_url ("full.db");
  ReboundDatabase *database = open_url (&sqlite_module, url, TRUE, NULL);
  g_autofree char *big = g_strnfill (1 << 20, 'x');
  ReboundValue values[] = { INT (2), TEXT (big), NOTHING };
  g_autofree char *message = NULL;
  g_autofree char *after = NULL;

  must (database, "CREATE TABLE things (id BIGINT, word TEXT, weight DOUBLE PRECISION)", NULL, 0);
  must (database, "PRAGMA max_page_count = 20", NULL, 0);
  begin (database, "all");
  add (database, 1, "goes");
  message = must_fail (database, add_sql, values, 3, REBOUND_STORE_ERROR_UNAVAILABLE);
  ck_assert_ptr_nonnull (strstr (message, "full"));
  ck_assert_ptr_nonnull (strstr (message, "make room"));
  values[1] = TEXT ("would be alone");
  after = must_fail (database, add_sql, values, 3, REBOUND_STORE_ERROR_UNAVAILABLE);
  database->klass->rollback (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 0);
  close_database (database);
}
END_TEST

static void
note_problem (const char *what, gpointer data)
{
  g_ptr_array_add (data, g_strdup (what));
}

static void
damage (const char *path)
{
  g_autofree char *content = NULL;
  gsize length;

  ck_assert (g_file_get_contents (path, &content, &length, NULL));
  ck_assert_uint_gt (length, 3 * 4096);
  memset (content + 4096, 0x5a, length - 2 * 4096);
  ck_assert (g_file_set_contents (path, content, (gssize) length, NULL));
}

START_TEST (sqlite_checks_its_file)
{
  g_autofree char *url = sqlite_url ("damaged.db");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  ReboundDatabase *database = open_url (&sqlite_module, url, TRUE, NULL);
  g_autoptr (GError) error = NULL;

  must (database, "CREATE TABLE things (id BIGINT PRIMARY KEY, word TEXT, weight REAL)", NULL, 0);
  for (int i = 0; i < 2000; i++)
    add (database, i, "some text that fills pages");
  ck_assert (database->klass->check (database, note_problem, problems, NULL));
  ck_assert_uint_eq (problems->len, 0);
  close_database (database);
  damage (url + strlen ("sqlite:"));
  database = open_url (&sqlite_module, url, FALSE, NULL);
  ck_assert_ptr_nonnull (database);
  if (database->klass->check (database, note_problem, problems, &error))
    ck_assert_uint_gt (problems->len, 0);
  else
    ck_assert_int_eq (error->code, REBOUND_STORE_ERROR_CORRUPT);
  close_database (database);
}
END_TEST

/* Root may write everywhere. LeakSanitizer looks into the process at its end, which a change of
 * user forbids. */
static void
become (uid_t user)
{
  if (geteuid () != user && getuid () == 0)
    ck_assert_int_eq (seteuid (user) | prctl (PR_SET_DUMPABLE, 1), 0);
}

START_TEST (sqlite_reads_what_it_must_not_write)
{
  g_autofree char *url = sqlite_url ("read-only.db");
  const char *path = url + strlen ("sqlite:");
  ReboundDatabase *database = open_url (&sqlite_module, url, TRUE, NULL);
  g_autofree char *message = NULL;

  must (database, "CREATE TABLE things (id BIGINT, word TEXT, weight REAL)", NULL, 0);
  add (database, 1, NULL);
  close_database (database);
  ck_assert_int_eq (chmod (path, 0440), 0);
  if (getuid () == 0)
    ck_assert_int_eq (chown (path, NOBODY, NOBODY) | chmod (folder, 0777), 0);
  become (NOBODY);
  database = open_url (&sqlite_module, url, TRUE, NULL);
  ck_assert_ptr_nonnull (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 1);
  message = must_fail (database, "INSERT INTO things (id) VALUES (2)", NULL, 0,
                       REBOUND_STORE_ERROR_UNAVAILABLE);
  ck_assert_ptr_nonnull (strstr (message, "readonly"));
  ck_assert_ptr_nonnull (strstr (message, "writable for this user"));
  close_database (database);
  become (0);
}
END_TEST

/* ---- PostgreSQL --------------------------------------------------------------------------- */

static ReboundDatabase *
open_postgresql (void)
{
  return open_target (n_targets - 1);
}

static gint64
process_of (ReboundDatabase *database)
{
  return integer_of (database, "SELECT pg_backend_pid ()");
}

static void
end_process (ReboundDatabase *database, gint64 process)
{
  ReboundValue value = INT (process);
  gint64 ended = 0;

  ck_assert (run (database, "SELECT pg_terminate_backend (CAST ($1 AS int))", &value, 1,
                  take_integer, &ended, NULL, NULL));
  ck_assert_int_eq (ended, 1);
  do
    {
      g_usleep (1000);
      ck_assert (run (database, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", &value, 1,
                      take_integer, &ended, NULL, NULL));
    }
  while (ended != 0);
}

START_TEST (postgresql_begins_anew_on_a_lost_connection)
{
  ReboundDatabase *database = open_with_table (n_targets - 1);
  ReboundDatabase *other = open_postgresql ();
  gint64 process = process_of (database);
  g_autoptr (GError) error = NULL;

  add (database, 1, "stays");
  end_process (other, process);
  begin (database, "all");
  add (database, 2, "goes");
  ck_assert_int_ne (process_of (database), process);
  end_process (other, process_of (database));
  ck_assert (!run (database, "SELECT 1", NULL, 0, NULL, NULL, NULL, &error));
  ck_assert_int_eq (error->code, REBOUND_STORE_ERROR_UNAVAILABLE);
  ck_assert (database->klass->is_passing (database, error));
  database->klass->rollback (database);
  begin (database, "all");
  add (database, 3, "stays");
  commit (database);
  ck_assert_int_eq (integer_of (database, "SELECT sum(id) FROM things"), 4);
  close_database (other);
  close_database (database);
}
END_TEST

START_TEST (postgresql_commits_nothing_on_a_lost_connection)
{
  ReboundDatabase *database = open_with_table (n_targets - 1);
  ReboundDatabase *other = open_postgresql ();
  g_autoptr (GError) error = NULL;

  begin (database, "all");
  add (database, 1, "goes");
  end_process (other, process_of (database));
  ck_assert (!database->klass->commit (database, &error));
  ck_assert (database->klass->is_passing (database, error));
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 0);
  close_database (other);
  close_database (database);
}
END_TEST

START_TEST (postgresql_does_not_commit_what_failed)
{
  ReboundDatabase *database = open_with_table (n_targets - 1);
  g_autoptr (GError) error = NULL;

  begin (database, "all");
  add (database, 1, "goes");
  g_free (must_fail (database, "SELECT 1 FROM nowhere", NULL, 0, REBOUND_STORE_ERROR_CORRUPT));
  ck_assert (!database->klass->commit (database, &error));
  ck_assert_int_eq (error->code, REBOUND_STORE_ERROR_UNAVAILABLE);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 0);
  close_database (database);
}
END_TEST

/* Both lists go on at once. */
START_TEST (postgresql_locks_by_name)
{
  ReboundDatabase *database = open_with_table (n_targets - 1);
  ReboundDatabase *other = open_postgresql ();

  begin (database, "news@example.org");
  begin (other, "talk@example.org");
  add (database, 1, NULL);
  add (other, 2, NULL);
  commit (other);
  commit (database);
  ck_assert_int_eq (integer_of (database, "SELECT count(*) FROM things"), 2);
  close_database (other);
  close_database (database);
}
END_TEST

static gpointer
update_second (gpointer data)
{
  GError *error = NULL;

  if (run (data, "UPDATE things SET word = 'b' WHERE id = 2", NULL, 0, NULL, NULL, NULL, &error))
    run (data, "UPDATE things SET word = 'b' WHERE id = 1", NULL, 0, NULL, NULL, NULL, &error);
  return error;
}

START_TEST (postgresql_says_that_a_deadlock_passes)
{
  ReboundDatabase *database = open_with_table (n_targets - 1);
  ReboundDatabase *other = open_postgresql ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) error_of_other = NULL;
  GThread *thread;

  add (database, 1, NULL);
  add (database, 2, NULL);
  begin (database, "one");
  begin (other, "two");
  must (database, "UPDATE things SET word = 'a' WHERE id = 1", NULL, 0);
  thread = g_thread_new (NULL, update_second, other);
  g_usleep (200000);
  run (database, "UPDATE things SET word = 'a' WHERE id = 2", NULL, 0, NULL, NULL, NULL, &error);
  if (error != NULL)
    database->klass->rollback (database);
  error_of_other = g_thread_join (thread);
  ck_assert ((error == NULL) != (error_of_other == NULL));
  ck_assert (error != NULL ? database->klass->is_passing (database, error)
                           : other->klass->is_passing (other, error_of_other));
  close_database (other);
  close_database (database);
}
END_TEST

START_TEST (postgresql_checks_what_the_server_knows)
{
  ReboundDatabase *database = open_with_table (n_targets - 1);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  ck_assert_str_eq (database->klass->name, "postgresql");
  ck_assert (database->klass->check (database, note_problem, problems, NULL));
  ck_assert_uint_eq (problems->len, 0);
  add (database, 1, "twice");
  add (database, 2, "twice");
  g_free (must_fail (database, "CREATE UNIQUE INDEX CONCURRENTLY once ON things (word)", NULL, 0,
                     REBOUND_STORE_ERROR_INPUT));
  ck_assert (database->klass->check (database, note_problem, problems, NULL));
  ck_assert_uint_eq (problems->len, 1);
  ck_assert_ptr_nonnull (strstr (g_ptr_array_index (problems, 0), "once"));
  must (database, "DROP INDEX once", NULL, 0); /* other tests have the same server */
  close_database (database);
}
END_TEST

/* @database instead of the one in the URL of the tests. */
static char *
url_of_database (const char *database)
{
  const char *url = targets[n_targets - 1].url;
  const char *options = strchr (url, '?');

  ck_assert_msg (options != NULL && g_str_has_prefix (url, "postgresql:///"), "%s", url);
  return g_strconcat ("postgresql:///", database, options, NULL);
}

START_TEST (postgresql_takes_no_other_encoding)
{
  ReboundDatabase *database = open_postgresql ();
  g_autofree char *url = url_of_database ("latin");
  g_autofree char *message = NULL;

  must (database, "DROP DATABASE IF EXISTS latin", NULL, 0);
  must (database, "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'", NULL, 0);
  message = refusal (&postgresql_module, url, TRUE, REBOUND_STORE_ERROR_URL);
  ck_assert_ptr_nonnull (strstr (message, "LATIN1"));
  ck_assert_ptr_nonnull (strstr (message, "ENCODING 'UTF8'"));
  must (database, "DROP DATABASE latin", NULL, 0);
  close_database (database);
}
END_TEST

START_TEST (postgresql_says_what_it_cannot_reach)
{
  static const char secret[] = "postgresql://user:pa55word@127.0.0.1:1/lists";
  g_autofree char *url = url_of_database ("missing");
  g_autofree char *missing =
      refusal (&postgresql_module, url, TRUE, REBOUND_STORE_ERROR_UNAVAILABLE);
  g_autofree char *refused =
      refusal (&postgresql_module, secret, TRUE, REBOUND_STORE_ERROR_UNAVAILABLE);

  ck_assert_ptr_nonnull (strstr (missing, "missing"));
  ck_assert_ptr_nonnull (strstr (refused, "127.0.0.1"));
  ck_assert_ptr_nonnull (strstr (refused, "see whether the server runs"));
  ck_assert_ptr_null (strstr (refused, "pa55word"));
  ck_assert_ptr_null (strchr (refused, '\n'));
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static TCase *
case_of_all (void)
{
  const TTest *const tests[] = {
    values_come_back_as_they_went,
    integers_have_64_bits,
    a_parameter_alone_has_its_type,
    a_parameter_goes_by_its_number,
    sums_and_counts_are_integers,
    only_utf8_goes_in,
    what_has_changed_is_counted,
    a_change_can_return_rows,
    rows_come_one_by_one_and_end_when_told,
    many_rows_take_no_memory,
    a_statement_goes_by_its_text,
    a_statement_that_fails_says_why,
    what_is_committed_stays_and_the_rest_does_not,
    a_connection_that_ends_takes_its_transaction_with_it,
    a_transaction_that_fails_leaves_nothing,
    reading_sees_one_moment,
    a_lock_excludes_the_others,
  };
  TCase *all = tcase_create ("all");

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    tcase_add_loop_test (all, tests[i], 0, n_targets);
  return all;
}

static TCase *
case_of_sqlite (void)
{
  TCase *sqlite = tcase_create ("sqlite");

  if (rebound_module_function (&sqlite_module) == NULL)
    return sqlite;
  tcase_add_test (sqlite, sqlite_makes_one_file_for_its_owner_and_group);
  tcase_add_test (sqlite, sqlite_opens_what_many_make_at_once);
  tcase_add_test (sqlite, sqlite_can_be_in_memory);
  tcase_add_test (sqlite, sqlite_says_what_it_cannot_open);
  tcase_add_test (sqlite, sqlite_gives_up_a_transaction_when_the_disk_is_full);
  tcase_add_test (sqlite, sqlite_checks_its_file);
  tcase_add_test (sqlite, sqlite_reads_what_it_must_not_write);
  return sqlite;
}

static TCase *
case_of_postgresql (void)
{
  TCase *postgresql = tcase_create ("postgresql");

  if (n_targets == 0 || targets[n_targets - 1].module != &postgresql_module)
    return postgresql;
  tcase_add_test (postgresql, postgresql_begins_anew_on_a_lost_connection);
  tcase_add_test (postgresql, postgresql_commits_nothing_on_a_lost_connection);
  tcase_add_test (postgresql, postgresql_does_not_commit_what_failed);
  tcase_add_test (postgresql, postgresql_locks_by_name);
  tcase_add_test (postgresql, postgresql_says_that_a_deadlock_passes);
  tcase_add_test (postgresql, postgresql_checks_what_the_server_knows);
  tcase_add_test (postgresql, postgresql_takes_no_other_encoding);
  tcase_add_test (postgresql, postgresql_says_what_it_cannot_reach);
  return postgresql;
}

static void
add_target (ReboundModule *module, char *url)
{
  if (url != NULL && rebound_module_function (module) != NULL)
    targets[n_targets++] = (Target){ module, url };
}

static void
remove_folder (void)
{
  g_autoptr (GDir) files = g_dir_open (folder, 0, NULL);

  for (const char *name = g_dir_read_name (files); name != NULL; name = g_dir_read_name (files))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
  g_rmdir (folder);
}

int
main (void)
{
  TCase *cases[4] = { NULL };
  int failed;

  folder = g_dir_make_tmp ("rebound-database-XXXXXX", NULL);
  add_target (&sqlite_module, sqlite_url ("all.db"));
  add_target (&postgresql_module, g_strdup (g_getenv ("REBOUND_TEST_POSTGRESQL")));
  cases[0] = case_of_all ();
  cases[1] = case_of_sqlite ();
  cases[2] = case_of_postgresql ();
  failed = run_suite ("database", cases, NULL, NULL);
  remove_folder ();
  return failed;
}

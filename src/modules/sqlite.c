/* Rebound: module: the history in a file of SQLite.
 *
 * Write-ahead logging lets readers go on while somebody writes; synchronous=FULL has each commit on
 * the disk before it returns. Whoever writes has the file to himself until he is done, so that no
 * transaction fails half-way for another's sake.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules/database.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEME "sqlite:"
#define IN_MEMORY ":memory:"
#define MILLISECOND 1000 /* µs */

typedef struct
{
  ReboundDatabase parent;
  sqlite3 *handle;
  char *path;
  GHashTable *statements; /* SQL → sqlite3_stmt, which has the SQL */
  gboolean in_transaction;
  gboolean in_row; /* a row is being looked at */
} Sqlite;

/* ---- What went wrong ---------------------------------------------------------------------- */

typedef struct
{
  int code;
  ReboundStoreError error;
  const char *advice;
} Failure;

static const Failure failures[] = {
  { SQLITE_FULL, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("make room on the disk, or raise the quota") },
  { SQLITE_IOERR, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("see whether the disk is full, a limit of file size is reached, or the disk has failed") },
  { SQLITE_BUSY, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("another process has kept it for too long: try again, or end that process") },
  { SQLITE_LOCKED, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("another process has kept it for too long: try again, or end that process") },
  { SQLITE_PROTOCOL, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("another process has kept it for too long: try again, or end that process") },
  { SQLITE_READONLY, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("the file and its folder have to be writable for this user") },
  { SQLITE_PERM, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("the file and its folder have to be writable for this user") },
  { SQLITE_CANTOPEN, REBOUND_STORE_ERROR_UNAVAILABLE,
    N_ ("the folder has to be there, and both it and the file writable for this user") },
  { SQLITE_NOMEM, REBOUND_STORE_ERROR_UNAVAILABLE, N_ ("try again when there is more memory") },
  { SQLITE_NOTADB, REBOUND_STORE_ERROR_CORRUPT, N_ ("name another file, or a new one") },
  { SQLITE_CORRUPT, REBOUND_STORE_ERROR_CORRUPT,
    N_ ("take the file from a backup, or save what can be read of it with “.recover” of sqlite3") },
  { SQLITE_CONSTRAINT, REBOUND_STORE_ERROR_INPUT, N_ ("the value does not fit the others") },
  { SQLITE_TOOBIG, REBOUND_STORE_ERROR_INPUT, N_ ("the value is too long") },
  /* no such table, no such column */
  { SQLITE_ERROR, REBOUND_STORE_ERROR_CORRUPT, N_ ("it is no store, or damaged: name another") },
};

static const Failure other_failure = { 0, REBOUND_STORE_ERROR_UNAVAILABLE, N_ ("try again later") };

static const Failure *
find_failure (int code)
{
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    if (failures[i].code == (code & 0xff))
      return &failures[i];
  return &other_failure;
}

/* The number of the system tells more than “unable to open”. */
static gboolean
fail (Sqlite *self, GError **error)
{
  int code = sqlite3_extended_errcode (self->handle);
  int number = sqlite3_system_errno (self->handle);
  const Failure *failure = find_failure (code);
  gboolean of_system =
      number != 0 && (failure->code == SQLITE_CANTOPEN || failure->code == SQLITE_IOERR);

  return rebound_database_fail (error, failure->error, "%s%s: %s%s%s; %s", SCHEME, self->path,
                                sqlite3_errmsg (self->handle), of_system ? ": " : "",
                                of_system ? g_strerror (number) : "", _ (failure->advice));
}

/* ---- Statements --------------------------------------------------------------------------- */

static sqlite3_stmt *
prepare (Sqlite *self, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement != NULL)
    return statement;
  if (sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
      != SQLITE_OK)
    {
      fail (self, error);
      return NULL;
    }
  g_hash_table_insert (self->statements, (gpointer) sqlite3_sql (statement), statement);
  return statement;
}

static int
bind_value (sqlite3_stmt *statement, int place, const ReboundValue *value)
{
  switch (value->type)
    {
    case REBOUND_VALUE_INT:
      return sqlite3_bind_int64 (statement, place, value->integer);
    case REBOUND_VALUE_REAL:
      return sqlite3_bind_double (statement, place, value->real);
    case REBOUND_VALUE_TEXT:
      return sqlite3_bind_text (statement, place, value->text, -1, SQLITE_STATIC);
    default:
      return sqlite3_bind_null (statement, place);
    }
}

/* To SQLite "$2" is a name, and its place is where it stands first. */
static gboolean
bind_values (Sqlite *self, sqlite3_stmt *statement, const ReboundValue *values, guint n_values,
             GError **error)
{
  for (int place = 1; place <= sqlite3_bind_parameter_count (statement); place++)
    {
      const char *name = sqlite3_bind_parameter_name (statement, place);
      guint64 number = name != NULL && *name == '$' ? g_ascii_strtoull (name + 1, NULL, 10) : 0;

      g_return_val_if_fail (number > 0 && number <= n_values, FALSE);
      if (bind_value (statement, place, &values[number - 1]) != SQLITE_OK)
        return fail (self, error);
    }
  return TRUE;
}

static ReboundValue
column_value (sqlite3_stmt *statement, int column)
{
  switch (sqlite3_column_type (statement, column))
    {
    case SQLITE_NULL:
      return (ReboundValue){ .type = REBOUND_VALUE_NULL };
    case SQLITE_INTEGER:
      return rebound_database_integer (sqlite3_column_int64 (statement, column));
    case SQLITE_FLOAT:
      return rebound_database_real (sqlite3_column_double (statement, column));
    default:
      return (ReboundValue){ .type = REBOUND_VALUE_TEXT,
                             .text = (const char *) sqlite3_column_text (statement, column) };
    }
}

static gboolean
hand_over_row (Sqlite *self, sqlite3_stmt *statement, ReboundRowFunc row, gpointer data)
{
  int n_columns = sqlite3_data_count (statement);
  g_autofree ReboundValue *values = g_new (ReboundValue, n_columns);
  gboolean more;

  for (int i = 0; i < n_columns; i++)
    values[i] = column_value (statement, i);
  self->in_row = TRUE;
  more = row (values, data);
  self->in_row = FALSE;
  return more;
}

static gboolean
step (Sqlite *self, sqlite3_stmt *statement, ReboundRowFunc row, gpointer data, GError **error)
{
  int result;

  while ((result = sqlite3_step (statement)) == SQLITE_ROW)
    if (row != NULL && !hand_over_row (self, statement, row, data))
      return TRUE;
  return result == SQLITE_DONE || fail (self, error);
}

/* SQLite ends a transaction by itself when the disk is full; what follows must not be one of its
 * own then. */
static gboolean
is_in_step (Sqlite *self, GError **error)
{
  if (!self->in_transaction || !sqlite3_get_autocommit (self->handle))
    return TRUE;
  return rebound_database_fail (error, REBOUND_STORE_ERROR_UNAVAILABLE,
                                _ ("%s%s: the transaction was given up after an error; try again"),
                                SCHEME, self->path);
}

static gboolean
sqlite_run (ReboundDatabase *database, const char *sql, const ReboundValue *values, guint n_values,
            ReboundRowFunc row, gpointer data, guint *n_changed, GError **error)
{
  Sqlite *self = (Sqlite *) database;
  sqlite3_stmt *statement;
  gboolean good;

  g_return_val_if_fail (!self->in_row, FALSE);
  if (!is_in_step (self, error) || !rebound_database_takes (values, n_values, error))
    return FALSE;
  statement = prepare (self, sql, error);
  if (statement == NULL)
    return FALSE;
  good = bind_values (self, statement, values, n_values, error)
         && step (self, statement, row, data, error);
  if (n_changed != NULL)
    *n_changed = good && !sqlite3_stmt_readonly (statement) ? sqlite3_changes (self->handle) : 0;
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return good;
}

static gboolean
run_plain (Sqlite *self, const char *sql, GError **error)
{
  return sqlite_run (&self->parent, sql, NULL, 0, NULL, NULL, NULL, error);
}

/* ---- Transactions ------------------------------------------------------------------------- */

/* One who only began to write when he had read already might have to begin anew. */
static gboolean
sqlite_begin (ReboundDatabase *database, const char *lock, GError **error)
{
  Sqlite *self = (Sqlite *) database;

  g_return_val_if_fail (!self->in_transaction, FALSE);
  self->in_transaction = run_plain (self, lock != NULL ? "BEGIN IMMEDIATE" : "BEGIN", error);
  return self->in_transaction;
}

static void
sqlite_rollback (ReboundDatabase *database)
{
  Sqlite *self = (Sqlite *) database;

  self->in_transaction = FALSE;
  if (!sqlite3_get_autocommit (self->handle))
    run_plain (self, "ROLLBACK", NULL);
}

static gboolean
sqlite_commit (ReboundDatabase *database, GError **error)
{
  Sqlite *self = (Sqlite *) database;

  if (!run_plain (self, "COMMIT", error))
    {
      sqlite_rollback (database);
      return FALSE;
    }
  self->in_transaction = FALSE;
  return TRUE;
}

/* He has waited for the lock already, and with it nobody comes between. */
static gboolean
sqlite_is_passing (G_GNUC_UNUSED ReboundDatabase *database, G_GNUC_UNUSED const GError *error)
{
  return FALSE;
}

/* ---- The check ---------------------------------------------------------------------------- */

typedef struct
{
  ReboundProblemFunc problem;
  gpointer data;
} Checking;

static gboolean
take_integrity (const ReboundValue *row, gpointer data)
{
  const Checking *self = data;

  if (row[0].type == REBOUND_VALUE_TEXT && strcmp (row[0].text, "ok") != 0)
    self->problem (row[0].text, self->data);
  return TRUE;
}

static gboolean
take_orphan (const ReboundValue *row, gpointer data)
{
  const Checking *self = data;
  g_autofree char *what = g_strdup_printf (_ ("a row of %s refers to one of %s that is not there"),
                                           row[0].text, row[2].text);

  self->problem (what, self->data);
  return TRUE;
}

static gboolean
sqlite_check (ReboundDatabase *database, ReboundProblemFunc problem, gpointer data, GError **error)
{
  Checking checking = { problem, data };

  return sqlite_run (database, "PRAGMA integrity_check", NULL, 0, take_integrity, &checking, NULL,
                     error)
         && sqlite_run (database, "PRAGMA foreign_key_check", NULL, 0, take_orphan, &checking, NULL,
                        error);
}

/* ---- Opening and closing ------------------------------------------------------------------ */

static void
sqlite_close (ReboundDatabase *database)
{
  Sqlite *self = (Sqlite *) database;

  g_hash_table_unref (self->statements);
  sqlite3_close (self->handle);
  g_free (self->path);
  g_free (self);
}

static const ReboundDatabaseClass sqlite_class = {
  "sqlite",   sqlite_begin,      sqlite_commit, sqlite_rollback,
  sqlite_run, sqlite_is_passing, sqlite_check,  sqlite_close,
};

static gboolean
take_mode (const ReboundValue *row, gpointer data)
{
  *(gboolean *) data = row[0].type == REBOUND_VALUE_TEXT && strcmp (row[0].text, "wal") == 0;
  return TRUE;
}

/* Two who turn a new file into one with a log at once do not wait for each other, unlike elsewhere;
 * so here is the waiting. Where there can be no log (in memory, on some file systems), the old
 * journal is as durable. */
static gboolean
turn_to_write_ahead_log (Sqlite *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + REBOUND_DATABASE_PATIENCE * G_USEC_PER_SEC;

  while (!run_plain (self, "PRAGMA journal_mode=WAL", NULL))
    {
      if (sqlite3_errcode (self->handle) != SQLITE_BUSY || g_get_monotonic_time () > end)
        return fail (self, error);
      g_usleep (10 * MILLISECOND);
    }
  return TRUE;
}

static gboolean
use_write_ahead_log (Sqlite *self, GError **error)
{
  gboolean is_used = FALSE;

  if (!sqlite_run (&self->parent, "PRAGMA journal_mode", NULL, 0, take_mode, &is_used, NULL, error))
    return FALSE;
  return is_used || sqlite3_db_readonly (self->handle, "main") == 1
         || turn_to_write_ahead_log (self, error);
}

static gboolean
set_up (Sqlite *self, GError **error)
{
  sqlite3_extended_result_codes (self->handle, TRUE);
  sqlite3_busy_timeout (self->handle, REBOUND_DATABASE_PATIENCE * 1000);
  return run_plain (self, "PRAGMA trusted_schema=OFF", error) && use_write_ahead_log (self, error)
         && run_plain (self, "PRAGMA synchronous=FULL", error)
         && run_plain (self, "PRAGMA foreign_keys=ON", error)
         /* what a long import has made of the log does not stay */
         && run_plain (self, "PRAGMA journal_size_limit=67108864", error);
}

/* A new file is for its owner and group, as the umask has it, and never for others: who is a member
 * of a list is nobody else's business, and several programs of one group may share it. SQLite gives
 * its log the same mode. mknod() does not open the file: closing it would take the locks of this
 * process with it. Where it does not make files, or fails, SQLite does or says why. */
static void
make_file (const char *path)
{
  if (strcmp (path, IN_MEMORY) != 0)
    (void) mknod (path, S_IFREG | 0660, 0);
}

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

static Sqlite *
new_sqlite (const char *path)
{
  Sqlite *self = g_new0 (Sqlite, 1);

  self->parent.klass = &sqlite_class;
  self->path = g_strdup (path);
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, finalize);
  return self;
}

ReboundDatabase *
rebound_database_open (const char *location, gboolean create, GError **error)
{
  const char *path = g_str_has_prefix (location, SCHEME) ? location + strlen (SCHEME) : location;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  Sqlite *self;

  if (*path == '\0')
    {
      rebound_database_fail (error, REBOUND_STORE_ERROR_URL,
                             _ ("“%s” names no file; write sqlite:PATH"), location);
      return NULL;
    }
  if (create)
    make_file (path);
  self = new_sqlite (path);
  if (sqlite3_open_v2 (path, &self->handle, flags, NULL) != SQLITE_OK ? !fail (self, error)
                                                                      : !set_up (self, error))
    {
      sqlite_close (&self->parent);
      return NULL;
    }
  return &self->parent;
}

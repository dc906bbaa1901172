/* Rebound: module: the history in PostgreSQL, which several hosts share.
 *
 * A commit is on the disk of the server when it returns. Who writes takes a lock by name (of a
 * list), so that what he has read is true until he is done. A server that does not answer is asked
 * by another connection whether it lives; one that does may take its time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules/database.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

/* Milliseconds of silence before it is asked whether the server lives. */
#define SILENCE 15000
/* Which is when pg_stat_database got to know of damage. */
#define OLDEST_SERVER 120000

/* Types of parameters and columns, as src/include/catalog/pg_type.dat of PostgreSQL numbers them.
 */
enum
{
  ANY_TYPE = 0,
  BOOLEAN = 16,
  BIGINT = 20,
  SMALLINT = 21,
  INTEGER = 23,
  TEXT = 25,
  REAL = 700,
  DOUBLE_PRECISION = 701,
  NUMERIC = 1700,
};

/* Known to the server by its number. */
typedef struct
{
  char name[12];
  guint n_types;
  Oid types[];
} Statement;

typedef struct
{
  ReboundDatabase parent;
  PGconn *connection;
  char *url;              /* has a password maybe: is not shown */
  GHashTable *statements; /* SQL → Statement */
  guint n_named;
  gboolean in_transaction;
  gboolean in_row;     /* a row is being looked at */
  gboolean is_passing; /* what failed last */
} Postgresql;

/* ---- What went wrong ---------------------------------------------------------------------- */

typedef struct
{
  const char *state; /* how the SQLSTATE begins: Appendix A of its manual */
  ReboundStoreError error;
  gboolean is_passing;
  const char *advice;
} Failure;

static const Failure failures[] = {
  { "08", REBOUND_STORE_ERROR_UNAVAILABLE, TRUE,
    N_ ("see whether the server runs, and try again") },
  { "22", REBOUND_STORE_ERROR_INPUT, FALSE, N_ ("the server takes no such value") },
  { "23", REBOUND_STORE_ERROR_INPUT, FALSE, N_ ("the value does not fit the others") },
  { "25006", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE,
    N_ ("the server only lets read: name the one that is no standby") },
  { "25P02", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE, N_ ("try again") },
  { "40", REBOUND_STORE_ERROR_UNAVAILABLE, TRUE, N_ ("try again") },
  { "42501", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE,
    N_ ("its owner has to grant this user the right") },
  { "42", REBOUND_STORE_ERROR_CORRUPT, FALSE, N_ ("it is no store, or damaged: name another") },
  { "53100", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE, N_ ("make room on the disk of the server") },
  { "53", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE,
    N_ ("the server is short of it: try again when less is going on") },
  { "55P03", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE,
    N_ ("another process has kept it for too long: try again, or end that process") },
  { "57P", REBOUND_STORE_ERROR_UNAVAILABLE, TRUE,
    N_ ("see whether the server runs, and try again") },
  { "58", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE, N_ ("see the log of the server") },
  { "XX001", REBOUND_STORE_ERROR_CORRUPT, FALSE, N_ ("take the database from a backup") },
  { "XX002", REBOUND_STORE_ERROR_CORRUPT, FALSE, N_ ("build the index anew: REINDEX DATABASE") },
  { "", REBOUND_STORE_ERROR_UNAVAILABLE, FALSE, N_ ("try again later") },
};

/* The connection has broken, without a word of the server. */
#define LOST "08"

static const Failure *
find_failure (const char *state)
{
  guint i = 0;

  while (!g_str_has_prefix (state, failures[i].state))
    i++;
  return &failures[i];
}

/* libpq writes several lines. */
static char *
one_line (const char *message)
{
  g_auto (GStrv) lines = g_strsplit_set (message, "\n\t", -1);
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '\0')
      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", lines[i]);
  return g_utf8_make_valid (line->str, (gssize) line->len);
}

static gboolean
fail (Postgresql *self, const char *state, const char *message, GError **error)
{
  const Failure *failure = find_failure (state);
  g_autofree char *line = one_line (message);

  self->is_passing = failure->is_passing;
  return rebound_database_fail (error, failure->error, "PostgreSQL: %s; %s", line,
                                _ (failure->advice));
}

/* The first line says it all; details would have the values in them, and so the members. */
static gboolean
fail_by_result (Postgresql *self, const PGresult *result, GError **error)
{
  const char *state = PQresultErrorField (result, PG_DIAG_SQLSTATE);
  const char *message = PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY);

  if (PQstatus (self->connection) == CONNECTION_BAD && state == NULL)
    state = LOST;
  return fail (self, state != NULL ? state : "",
               message != NULL ? message : PQerrorMessage (self->connection), error);
}

static gboolean
fail_by_connection (Postgresql *self, GError **error)
{
  return fail (self, PQstatus (self->connection) == CONNECTION_BAD ? LOST : "",
               PQerrorMessage (self->connection), error);
}

/* ---- The connection ----------------------------------------------------------------------- */

/* What stands before the URL it may say otherwise; not what stands behind. A host that is gone is
 * noticed within a minute. */
static const char *const keywords[] = {
  "connect_timeout",  "keepalives_idle",  "keepalives_interval",
  "keepalives_count", "tcp_user_timeout", "fallback_application_name",
  "dbname",           "client_encoding",  NULL,
};
#define PLACE_OF_URL 6

typedef const char *Settings[G_N_ELEMENTS (keywords)];

static void
fill_settings (const Postgresql *self, Settings settings)
{
  static const Settings constant = {
    "10", "30", "10", "3", "30000", "rebound", NULL, "UTF8", NULL
  };

  memcpy (settings, constant, sizeof constant);
  settings[PLACE_OF_URL] = self->url;
}

static gboolean
server_lives (const Postgresql *self)
{
  Settings settings;
  PGPing answer;

  fill_settings (self, settings);
  answer = PQpingParams (keywords, settings, TRUE);
  return answer == PQPING_OK || answer == PQPING_REJECT;
}

/* To the server what is on its way, and from it what has come, if only in a while. */
static gboolean
exchange (Postgresql *self, GError **error)
{
  int unsent = PQflush (self->connection);
  struct pollfd wait = { .fd = PQsocket (self->connection),
                         .events = (short) (unsent > 0 ? POLLIN | POLLOUT : POLLIN) };
  int n_ready = unsent < 0 ? -1 : poll (&wait, 1, SILENCE);

  if (n_ready == 0 && !server_lives (self))
    return fail (self, LOST, _ ("the server does not answer"), error);
  if (unsent < 0 || (n_ready > 0 && PQconsumeInput (self->connection) == 0))
    return fail_by_connection (self, error);
  return n_ready >= 0 || errno == EINTR || fail (self, LOST, g_strerror (errno), error);
}

/* A connection whose server is silent is of no use any more. */
static gboolean
next_result (Postgresql *self, PGresult **result, GError **error)
{
  *result = NULL;
  while (PQflush (self->connection) > 0 || PQisBusy (self->connection))
    if (!exchange (self, error))
      {
        g_clear_pointer (&self->connection, PQfinish);
        return FALSE;
      }
  *result = PQgetResult (self->connection);
  return TRUE;
}

typedef gboolean (*ResultFunc) (Postgresql *self, const PGresult *result, gpointer data);

/* All that the server says to what was sent; of errors the first. */
static gboolean
read_results (Postgresql *self, ResultFunc each, gpointer data, GError **error)
{
  gboolean good = TRUE;
  PGresult *result;

  while (next_result (self, &result, good ? error : NULL))
    {
      if (result == NULL)
        return good;
      if (PQresultStatus (result) == PGRES_FATAL_ERROR)
        good = good ? fail_by_result (self, result, error) : FALSE;
      else if (each != NULL)
        each (self, result, data);
      PQclear (result);
    }
  return FALSE;
}

static gboolean
is_connected (const Postgresql *self)
{
  return self->connection != NULL && PQstatus (self->connection) == CONNECTION_OK;
}

/* Several statements without parameters, in one go. */
static gboolean
send_plain (Postgresql *self, const char *sql, ResultFunc each, gpointer data, GError **error)
{
  return PQsendQuery (self->connection, sql) ? read_results (self, each, data, error)
                                             : fail_by_connection (self, error);
}

/* Whoever is gone, or hangs, does not keep a lock for ever. A commit is on the disk: what the
 * administrator has set beyond that stays. */
static gboolean
set_up (Postgresql *self, GError **error)
{
  g_autofree char *sql =
      g_strdup_printf ("SET lock_timeout = '%ds'; SET idle_in_transaction_session_timeout = '300s';"
                       "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET "
                       "tcp_keepalives_count = 3;"
                       "SET client_min_messages = 'error'; SET jit = off;"
                       "SELECT set_config ('synchronous_commit', 'on', false)"
                       "  WHERE current_setting ('synchronous_commit') = 'off'",
                       REBOUND_DATABASE_PATIENCE);

  return send_plain (self, sql, NULL, NULL, error);
}

static gboolean
is_fit (Postgresql *self, GError **error)
{
  const char *encoding = PQparameterStatus (self->connection, "server_encoding");

  if (PQserverVersion (self->connection) < OLDEST_SERVER)
    return rebound_database_fail (
        error, REBOUND_STORE_ERROR_URL,
        _ ("PostgreSQL: the server is older than version 12; name another"));
  if (g_strcmp0 (encoding, "UTF8") != 0)
    return rebound_database_fail (
        error, REBOUND_STORE_ERROR_URL,
        _ ("PostgreSQL: the database is in %s; make one with ENCODING 'UTF8', and name that"),
        encoding != NULL ? encoding : "?");
  return TRUE;
}

static void
swallow (G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *message)
{
}

static gboolean
connect_to_server (Postgresql *self, GError **error)
{
  Settings settings;

  g_clear_pointer (&self->connection, PQfinish);
  g_hash_table_remove_all (self->statements);
  fill_settings (self, settings);
  self->connection = PQconnectdbParams (keywords, settings, TRUE);
  self->is_passing = FALSE;
  if (PQstatus (self->connection) != CONNECTION_OK)
    {
      g_autofree char *message = one_line (PQerrorMessage (self->connection));

      return rebound_database_fail (
          error, REBOUND_STORE_ERROR_UNAVAILABLE,
          _ ("PostgreSQL: %s; see whether the server runs, and whether host, database, user and "
             "password are right"),
          message);
    }
  PQsetNoticeProcessor (self->connection, swallow, NULL);
  return PQsetnonblocking (self->connection, TRUE) == 0
             ? is_fit (self, error) && set_up (self, error)
             : fail_by_connection (self, error);
}

/* ---- Statements --------------------------------------------------------------------------- */

static Oid
type_of_value (const ReboundValue *value)
{
  static const Oid types[] = {
    [REBOUND_VALUE_NULL] = ANY_TYPE,
    [REBOUND_VALUE_INT] = BIGINT,
    [REBOUND_VALUE_REAL] = DOUBLE_PRECISION,
    [REBOUND_VALUE_TEXT] = TEXT,
  };

  return types[value->type];
}

/* A NULL is of any type; what else may stand in its place the server guesses, until one does. */
static gboolean
fits (const Statement *statement, const ReboundValue *values, guint n_values)
{
  if (statement->n_types != n_values)
    return FALSE;
  for (guint i = 0; i < n_values; i++)
    if (values[i].type != REBOUND_VALUE_NULL && type_of_value (&values[i]) != statement->types[i])
      return FALSE;
  return TRUE;
}

/* With the types that are known of one that did not fit. */
static Statement *
new_statement (Postgresql *self, const Statement *before, const ReboundValue *values,
               guint n_values)
{
  Statement *statement = g_malloc0 (sizeof *statement + n_values * sizeof *statement->types);

  g_snprintf (statement->name, sizeof statement->name, "r%u", ++self->n_named);
  statement->n_types = n_values;
  for (guint i = 0; i < n_values; i++)
    if (values[i].type != REBOUND_VALUE_NULL)
      statement->types[i] = type_of_value (&values[i]);
    else if (before != NULL && before->n_types == n_values)
      statement->types[i] = before->types[i];
  return statement;
}

static const Statement *
prepare (Postgresql *self, const char *sql, const ReboundValue *values, guint n_values,
         GError **error)
{
  const Statement *known = g_hash_table_lookup (self->statements, sql);
  Statement *statement;

  if (known != NULL && fits (known, values, n_values))
    return known;
  statement = new_statement (self, known, values, n_values);
  if (PQsendPrepare (self->connection, statement->name, sql, (int) n_values, statement->types)
          ? !read_results (self, NULL, NULL, error)
          : !fail_by_connection (self, error))
    g_clear_pointer (&statement, g_free);
  else
    g_hash_table_replace (self->statements, g_strdup (sql), statement);
  return statement;
}

/* Room for a number as text. */
typedef char Number[G_ASCII_DTOSTR_BUF_SIZE];

static const char *
to_text (const ReboundValue *value, Number number)
{
  switch (value->type)
    {
    case REBOUND_VALUE_INT:
      g_snprintf (number, sizeof (Number), "%" G_GINT64_FORMAT, value->integer);
      return number;
    case REBOUND_VALUE_REAL:
      return g_ascii_dtostr (number, sizeof (Number), value->real);
    case REBOUND_VALUE_TEXT:
      return value->text;
    default:
      return NULL;
    }
}

/* Each row by itself, so that there may be any number of them. */
static gboolean
send_statement (Postgresql *self, const Statement *statement, const ReboundValue *values,
                guint n_values, GError **error)
{
  g_autofree Number *numbers = g_new (Number, n_values);
  g_autofree const char **texts = g_new (const char *, n_values);

  for (guint i = 0; i < n_values; i++)
    texts[i] = to_text (&values[i], numbers[i]);
  if (!PQsendQueryPrepared (self->connection, statement->name, (int) n_values, texts, NULL, NULL,
                            0))
    return fail_by_connection (self, error);
  PQsetSingleRowMode (self->connection);
  return TRUE;
}

static ReboundValue
column_value (const PGresult *result, int column)
{
  char *text = PQgetvalue (result, 0, column);

  if (PQgetisnull (result, 0, column))
    return (ReboundValue){ .type = REBOUND_VALUE_NULL };
  switch (PQftype (result, column))
    {
    case BOOLEAN:
      return rebound_database_integer (*text == 't');
    case BIGINT:
    case SMALLINT:
    case INTEGER:
      return rebound_database_integer (g_ascii_strtoll (text, NULL, 10));
    case NUMERIC: /* a sum */
      if (strpbrk (text, ".NI") == NULL)
        return rebound_database_integer (g_ascii_strtoll (text, NULL, 10));
      G_GNUC_FALLTHROUGH;
    case REAL:
    case DOUBLE_PRECISION:
      return rebound_database_real (g_ascii_strtod (text, NULL));
    default:
      return (ReboundValue){ .type = REBOUND_VALUE_TEXT, .text = text };
    }
}

/* Who gets the rows of a statement, until he has enough. */
typedef struct
{
  ReboundRowFunc row;
  gpointer data;
  guint n_changed;
} Running;

static gboolean
hand_over_row (Postgresql *self, const PGresult *result, Running *running)
{
  int n_columns = PQnfields (result);
  g_autofree ReboundValue *values = g_new (ReboundValue, n_columns);
  gboolean more;

  for (int i = 0; i < n_columns; i++)
    values[i] = column_value (result, i);
  self->in_row = TRUE;
  more = running->row (values, running->data);
  self->in_row = FALSE;
  return more;
}

static gboolean
take_result (Postgresql *self, const PGresult *result, gpointer data)
{
  Running *running = data;

  if (PQresultStatus (result) == PGRES_SINGLE_TUPLE)
    {
      if (running->row != NULL && !hand_over_row (self, result, running))
        running->row = NULL;
    }
  else if (!g_str_has_prefix (PQcmdStatus ((PGresult *) result), "SELECT"))
    running->n_changed = (guint) g_ascii_strtoull (PQcmdTuples ((PGresult *) result), NULL, 10);
  return TRUE;
}

/* What was begun went with the connection. */
static gboolean
be_connected (Postgresql *self, GError **error)
{
  if (is_connected (self))
    return TRUE;
  if (self->in_transaction)
    return fail (self, LOST, _ ("the connection was lost in the middle of a transaction"), error);
  return connect_to_server (self, error);
}

static gboolean
postgresql_run (ReboundDatabase *database, const char *sql, const ReboundValue *values,
                guint n_values, ReboundRowFunc row, gpointer data, guint *n_changed, GError **error)
{
  Postgresql *self = (Postgresql *) database;
  Running running = { row, data, 0 };
  const Statement *statement;
  gboolean good;

  g_return_val_if_fail (!self->in_row, FALSE);
  self->is_passing = FALSE;
  if (!rebound_database_takes (values, n_values, error) || !be_connected (self, error))
    return FALSE;
  statement = prepare (self, sql, values, n_values, error);
  good = statement != NULL && send_statement (self, statement, values, n_values, error)
         && read_results (self, take_result, &running, error);
  if (n_changed != NULL)
    *n_changed = good ? running.n_changed : 0;
  return good;
}

/* ---- Transactions ------------------------------------------------------------------------- */

/* Other databases of the server, and other programs, have locks of their own. */
static char *
begin_sql (Postgresql *self, const char *lock)
{
  g_autofree char *named = g_strconcat ("rebound ", lock, NULL);
  char *literal = lock != NULL ? PQescapeLiteral (self->connection, named, strlen (named)) : NULL;
  char *sql = literal != NULL ? g_strconcat ("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
                                             "SELECT pg_advisory_xact_lock (hashtextextended (",
                                             literal, ", 0))", NULL)
                              : g_strdup ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

  PQfreemem (literal);
  return sql;
}

static void
postgresql_rollback (ReboundDatabase *database)
{
  Postgresql *self = (Postgresql *) database;

  self->in_transaction = FALSE;
  if (is_connected (self) && PQtransactionStatus (self->connection) != PQTRANS_IDLE)
    send_plain (self, "ROLLBACK", NULL, NULL, NULL);
}

static gboolean
try_to_begin (Postgresql *self, const char *lock, GError **error)
{
  g_autofree char *sql = NULL;

  if (!be_connected (self, error))
    return FALSE;
  sql = begin_sql (self, lock);
  self->in_transaction = send_plain (self, sql, NULL, NULL, error);
  if (!self->in_transaction)
    {
      gboolean is_passing = self->is_passing;

      postgresql_rollback (&self->parent);
      self->is_passing = is_passing;
    }
  return self->in_transaction;
}

/* That the server was restarted since the last time is noticed here, and nothing is lost yet. */
static gboolean
postgresql_begin (ReboundDatabase *database, const char *lock, GError **error)
{
  Postgresql *self = (Postgresql *) database;
  g_autoptr (GError) first = NULL;

  g_return_val_if_fail (!self->in_transaction && !self->in_row, FALSE);
  if (lock != NULL && !g_utf8_validate (lock, -1, NULL))
    return rebound_database_fail (error, REBOUND_STORE_ERROR_INPUT, _ ("a name is no UTF-8"));
  self->is_passing = FALSE;
  if (try_to_begin (self, lock, &first))
    return TRUE;
  if (!self->is_passing || is_connected (self))
    {
      g_propagate_error (error, g_steal_pointer (&first));
      return FALSE;
    }
  return try_to_begin (self, lock, error);
}

/* One that failed before is rolled back, which is a success to the server. */
static gboolean
note_tag (G_GNUC_UNUSED Postgresql *self, const PGresult *result, gpointer data)
{
  *(gboolean *) data = strcmp (PQcmdStatus ((PGresult *) result), "COMMIT") == 0;
  return TRUE;
}

static gboolean
postgresql_commit (ReboundDatabase *database, GError **error)
{
  Postgresql *self = (Postgresql *) database;
  gboolean is_committed = FALSE;
  gboolean good;

  g_return_val_if_fail (!self->in_row, FALSE);
  self->is_passing = FALSE;
  good = be_connected (self, error) && send_plain (self, "COMMIT", note_tag, &is_committed, error);
  self->in_transaction = FALSE;
  if (good && !is_committed)
    return fail (self, "25P02", _ ("the transaction was given up after an error"), error);
  return good;
}

static gboolean
postgresql_is_passing (ReboundDatabase *database, const GError *error)
{
  const Postgresql *self = (const Postgresql *) database;

  return error != NULL && self->is_passing;
}

/* ---- The check ---------------------------------------------------------------------------- */

typedef struct
{
  ReboundProblemFunc problem;
  gpointer data;
} Checking;

static gboolean
take_index (const ReboundValue *row, gpointer data)
{
  const Checking *self = data;
  g_autofree char *what =
      g_strdup_printf (_ ("the index %s is not valid: REINDEX it"), row[0].text);

  self->problem (what, self->data);
  return TRUE;
}

static gboolean
take_damage (G_GNUC_UNUSED const ReboundValue *row, gpointer data)
{
  const Checking *self = data;

  self->problem (_ ("the server has found damaged pages: see its log"), self->data);
  return TRUE;
}

/* What the server itself knows of damage to the store, and not to its neighbours; it looks at a
 * page's checksum whenever it reads one. */
static gboolean
postgresql_check (ReboundDatabase *database, ReboundProblemFunc problem, gpointer data,
                  GError **error)
{
  static const char indexes[] = "SELECT CAST (relname AS TEXT) FROM pg_index"
                                "  JOIN pg_class c ON c.oid = indexrelid"
                                "  JOIN pg_namespace n ON n.oid = relnamespace"
                                "  WHERE NOT indisvalid AND nspname = current_schema ()";
  static const char damage[] = "SELECT checksum_failures FROM pg_stat_database"
                               "  WHERE datname = current_database () AND checksum_failures > 0";
  Checking checking = { problem, data };

  return postgresql_run (database, indexes, NULL, 0, take_index, &checking, NULL, error)
         && postgresql_run (database, damage, NULL, 0, take_damage, &checking, NULL, error);
}

/* ---- Opening and closing ------------------------------------------------------------------ */

static void
postgresql_close (ReboundDatabase *database)
{
  Postgresql *self = (Postgresql *) database;

  PQfinish (self->connection);
  g_hash_table_unref (self->statements);
  g_free (self->url);
  g_free (self);
}

static const ReboundDatabaseClass postgresql_class = {
  "postgresql",   postgresql_begin,      postgresql_commit, postgresql_rollback,
  postgresql_run, postgresql_is_passing, postgresql_check,  postgresql_close,
};

/* A database is made by whoever owns the server, so @create is nothing to it. */
ReboundDatabase *
rebound_database_open (const char *location, G_GNUC_UNUSED gboolean create, GError **error)
{
  Postgresql *self = g_new0 (Postgresql, 1);

  self->parent.klass = &postgresql_class;
  self->url = g_strdup (location);
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!connect_to_server (self, error))
    {
      postgresql_close (&self->parent);
      return NULL;
    }
  return &self->parent;
}

/* Rebound: the store: opening it, transactions, and what all its files need.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#include "modules/modules.h"
#include "translate.h"

/* A transaction that was given up for another's sake is tried so often, each time after twice as
 * long. */
#define MOST_ATTEMPTS 6
#define FIRST_PAUSE 10000 /* µs */

struct _ReboundStoreBatch
{
  GArray *jobs; /* of Job */
  gboolean failed;
};

typedef struct
{
  ReboundStoreWork work;
  gpointer data;
  GDestroyNotify destroy;
} Job;

/* The modules name it by its text. */
GQuark
rebound_store_error_quark (void)
{
  return g_quark_from_static_string (REBOUND_DATABASE_ERROR);
}

gboolean
rebound_store_fail (GError **error, ReboundStoreError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (REBOUND_STORE_ERROR, (int) code, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* ---- Values ------------------------------------------------------------------------------- */

gboolean
rebound_store_is_text (const char *text, GError **error)
{
  return g_utf8_validate (text, -1, NULL)
         || rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                                _ ("what is to be kept is no UTF-8; convert it first"));
}

char *
rebound_store_name (const char *name, GError **error)
{
  if (!rebound_store_is_text (name, error))
    return NULL;
  if (strlen (name) > REBOUND_STORE_LONGEST_NAME)
    {
      rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                          _ ("“%.40s…”: a list or an address has at most %d bytes"), name,
                          REBOUND_STORE_LONGEST_NAME);
      return NULL;
    }
  return g_ascii_strdown (name, -1);
}

char *
rebound_store_text (const char *text, GError **error)
{
  gsize length;

  if (!rebound_store_is_text (text, error))
    return NULL;
  length = strlen (text);
  if (length > REBOUND_STORE_LONGEST_TEXT)
    length = g_utf8_find_prev_char (text, text + REBOUND_STORE_LONGEST_TEXT + 1) - text;
  return g_strndup (text, length);
}

gboolean
rebound_store_takes_time (gint64 time, GError **error)
{
  g_autofree char *text = NULL;

  if (time > 0 && time <= REBOUND_STORE_LATEST)
    return TRUE;
  text = g_strdup_printf ("%" G_GINT64_FORMAT, time);
  return rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                             _ ("%s is no time from 1970 to 9999, in seconds since 1970"), text);
}

/* ---- Statements --------------------------------------------------------------------------- */

gboolean
rebound_store_query (ReboundStore *self, const char *sql, const ReboundValue *values,
                     guint n_values, ReboundRowFunc row, gpointer data, GError **error)
{
  return self->database->klass->run (self->database, sql, values, n_values, row, data, NULL, error);
}

gboolean
rebound_store_run (ReboundStore *self, const char *sql, const ReboundValue *values, guint n_values,
                   guint *n_changed, GError **error)
{
  return self->database->klass->run (self->database, sql, values, n_values, NULL, NULL, n_changed,
                                     error);
}

static gboolean
take_number (const ReboundValue *row, gpointer data)
{
  *(gint64 *) data = row[0].integer;
  return FALSE;
}

gboolean
rebound_store_ask (ReboundStore *self, const char *sql, const ReboundValue *values, guint n_values,
                   gint64 *value, GError **error)
{
  return rebound_store_query (self, sql, values, n_values, take_number, value, error);
}

/* ---- Transactions ------------------------------------------------------------------------- */

static gboolean
begin (ReboundStore *self, const char *lock, GError **error)
{
  g_hash_table_remove_all (self->locked);
  self->in_transaction = self->database->klass->begin (self->database, lock, error);
  return self->in_transaction;
}

static void
roll_back (ReboundStore *self)
{
  if (self->in_transaction)
    self->database->klass->rollback (self->database);
  self->in_transaction = FALSE;
}

/* One that could not be committed has been rolled back. */
static gboolean
commit (ReboundStore *self, GError **error)
{
  self->in_transaction = FALSE;
  return self->database->klass->commit (self->database, error);
}

typedef gboolean (*Attempt) (ReboundStore *self, gconstpointer data, GError **error);

/* Until it works, fails for good, or was tried often enough. */
static gboolean
try_often (ReboundStore *self, Attempt attempt, gconstpointer data, GError **error)
{
  for (guint i = 0;; i++)
    {
      GError *problem = NULL;

      if (attempt (self, data, &problem))
        return TRUE;
      roll_back (self);
      if (i + 1 == MOST_ATTEMPTS || !self->database->klass->is_passing (self->database, problem))
        {
          g_propagate_error (error, problem);
          return FALSE;
        }
      g_error_free (problem);
      g_usleep (FIRST_PAUSE << i);
    }
}

typedef struct
{
  const char *lock;
  ReboundStoreWork work;
  gpointer data;
} Transaction;

static gboolean
try_transaction (ReboundStore *self, gconstpointer data, GError **error)
{
  const Transaction *transaction = data;

  return begin (self, transaction->lock, error)
         && transaction->work (self, transaction->data, error) && commit (self, error);
}

/* ---- Batches ------------------------------------------------------------------------------ */

static void
job_clear (gpointer data)
{
  Job *job = data;

  job->destroy (job->data);
}

static void
end_batch (ReboundStore *self)
{
  if (self->batch != NULL)
    g_array_unref (self->batch->jobs);
  g_clear_pointer (&self->batch, g_free);
}

static gboolean
run_jobs (ReboundStore *self, guint first, GError **error)
{
  GArray *jobs = self->batch->jobs;

  for (guint i = first; i < jobs->len; i++)
    {
      const Job *job = &g_array_index (jobs, Job, i);

      if (!job->work (self, job->data, error))
        return FALSE;
    }
  return TRUE;
}

/* The last job; or all of them, where the transaction is another one. */
static gboolean
try_job (ReboundStore *self, gconstpointer data, GError **error)
{
  gboolean is_new = !self->in_transaction;

  return (!is_new || begin (self, data, error))
         && run_jobs (self, is_new ? 0 : self->batch->jobs->len - 1, error);
}

static gboolean
try_commit (ReboundStore *self, gconstpointer data, GError **error)
{
  if (!self->in_transaction && (!begin (self, data, error) || !run_jobs (self, 0, error)))
    return FALSE;
  return commit (self, error);
}

static gboolean
has_not_failed (ReboundStore *self, GError **error)
{
  return !self->batch->failed
         || rebound_store_fail (error, REBOUND_STORE_ERROR_UNAVAILABLE,
                                _ ("something could not be kept before; roll all of it back, and "
                                   "begin anew"));
}

/* Nothing was written when it was noticed. */
static gboolean
is_callers (const GError *error)
{
  return g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_INPUT)
         || g_error_matches (error, REBOUND_STORE_ERROR, REBOUND_STORE_ERROR_NOT_FOUND);
}

gboolean
rebound_store_transact (ReboundStore *self, const char *lock, ReboundStoreWork work, gpointer data,
                        GError **error)
{
  const Transaction transaction = { lock, work, data };
  GError *problem = NULL;

  if (self->batch == NULL)
    return self->in_transaction ? work (self, data, error)
                                : try_often (self, try_transaction, &transaction, error);
  if (!has_not_failed (self, error))
    return FALSE;
  if (self->in_transaction || begin (self, lock, &problem))
    work (self, data, &problem);
  if (problem == NULL)
    return TRUE;
  if (!is_callers (problem))
    {
      roll_back (self);
      self->batch->failed = TRUE;
    }
  g_propagate_error (error, problem);
  return FALSE;
}

gboolean
rebound_store_read (ReboundStore *self, ReboundStoreWork work, gpointer data, GError **error)
{
  gboolean good;

  if (self->in_transaction)
    return work (self, data, error);
  good = begin (self, NULL, error) && work (self, data, error);
  roll_back (self);
  return good;
}

gboolean
rebound_store_transact_in_batch (ReboundStore *self, const char *lock, ReboundStoreWork work,
                                 gpointer data, GDestroyNotify destroy, GError **error)
{
  Job job = { work, data, destroy };
  gboolean good;

  if (self->batch == NULL)
    {
      good = rebound_store_transact (self, lock, work, data, error);
      destroy (data);
      return good;
    }
  g_array_append_val (self->batch->jobs, job);
  good = has_not_failed (self, error) && try_often (self, try_job, lock, error);
  self->batch->failed |= !good;
  return good;
}

/* A batch is cleared at its end, once for all. */
gboolean
rebound_store_clear (ReboundStore *self, GError **error)
{
  self->has_forgotten = TRUE;
  if (self->batch != NULL)
    return TRUE;
  self->has_forgotten = FALSE;
  return rebound_schema_clear (self, error);
}

gboolean
rebound_store_begin (ReboundStore *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (self->batch != NULL)
    return rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                               _ ("what was begun has to be committed or rolled back first"));
  self->batch = g_new0 (ReboundStoreBatch, 1);
  self->batch->jobs = g_array_new (FALSE, FALSE, sizeof (Job));
  g_array_set_clear_func (self->batch->jobs, job_clear);
  return TRUE;
}

gboolean
rebound_store_commit (ReboundStore *self, GError **error)
{
  gboolean good;

  g_return_val_if_fail (self != NULL && self->batch != NULL, FALSE);

  good = has_not_failed (self, error)
         && ((!self->in_transaction && self->batch->jobs->len == 0)
             || try_often (self, try_commit, "", error));
  end_batch (self);
  return good && (!self->has_forgotten || rebound_store_clear (self, error));
}

void
rebound_store_rollback (ReboundStore *self)
{
  g_return_if_fail (self != NULL);

  roll_back (self);
  end_batch (self);
  self->has_forgotten = FALSE;
}

/* ---- Opening and closing ------------------------------------------------------------------ */

static ReboundDatabase *
open_database (const char *url, gboolean create, GError **error)
{
  static ReboundModule sqlite = REBOUND_MODULE ("sqlite", "rebound_database_open");
  static ReboundModule postgresql = REBOUND_MODULE ("postgresql", "rebound_database_open");
  static const struct
  {
    const char *scheme;
    ReboundModule *module;
  } databases[] = {
    { "sqlite:", &sqlite },
    { "postgresql://", &postgresql },
    { "postgres://", &postgresql },
  };
  ReboundDatabaseOpen open;

  rebound_locale_folder (); /* a module translates too, and leaves the catalogues to us */
  for (guint i = 0; i < G_N_ELEMENTS (databases); i++)
    if (g_str_has_prefix (url, databases[i].scheme))
      {
        open = (ReboundDatabaseOpen) rebound_module_function (databases[i].module);
        if (open != NULL)
          return open (url, create, error);
        rebound_store_fail (error, REBOUND_STORE_ERROR_MODULE,
                            _ ("a store “%s…” needs the module “%s”, which is not installed here"),
                            databases[i].scheme, databases[i].module->name);
        return NULL;
      }
  /* not the whole: it may have a password in it */
  rebound_store_fail (error, REBOUND_STORE_ERROR_URL,
                      _ ("“%.*s” is no URL of a store: write sqlite:PATH or "
                         "postgresql://USER@HOST/DATABASE"),
                      (int) strcspn (url, ":/"), url);
  return NULL;
}

ReboundDatabase *
rebound_store_open_database (const char *url, GError **error)
{
  return open_database (url, TRUE, error);
}

/* Without a policy, and nothing is known of its tables yet. */
static ReboundStore *
new_store (const char *url, gboolean create, GError **error)
{
  ReboundDatabase *database = open_database (url, create, error);
  ReboundStore *self;

  if (database == NULL)
    return NULL;
  self = g_new0 (ReboundStore, 1);
  self->database = database;
  self->locked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

static ReboundStore *
open_store (const char *url, ReboundPolicy *policy, gboolean create, GError **error)
{
  g_autoptr (ReboundStore) self = new_store (url, create, error);

  if (self == NULL)
    return NULL;
  self->policy = rebound_policy_ref (policy);
  self->judge = g_strndup (rebound_policy_digest (policy), REBOUND_STORE_JUDGE_LENGTH);
  return rebound_schema_open (self, create, error) ? g_steal_pointer (&self) : NULL;
}

ReboundStore *
rebound_store_open (const char *url, ReboundPolicy *policy, GError **error)
{
  g_return_val_if_fail (url != NULL && policy != NULL, NULL);

  return open_store (url, policy, TRUE, error);
}

ReboundStore *
rebound_store_open_existing (const char *url, ReboundPolicy *policy, GError **error)
{
  g_return_val_if_fail (url != NULL && policy != NULL, NULL);

  return open_store (url, policy, FALSE, error);
}

gboolean
rebound_store_migrate (const char *url, guint *from, guint *to, GError **error)
{
  g_autoptr (ReboundStore) self = NULL;
  guint version;

  g_return_val_if_fail (url != NULL, FALSE);

  self = new_store (url, TRUE, error);
  if (self == NULL)
    return FALSE;
  if (to != NULL)
    *to = rebound_schema_newest ();
  return rebound_schema_migrate (self, rebound_schema_newest (), from != NULL ? from : &version,
                                 error);
}

void
rebound_store_free (ReboundStore *self)
{
  if (self == NULL)
    return;
  rebound_store_rollback (self);
  self->database->klass->close (self->database);
  g_hash_table_unref (self->locked);
  g_clear_pointer (&self->policy, rebound_policy_unref);
  g_free (self->judge);
  g_free (self);
}

/* Rebound: a database, as far as the store needs one.
 *
 * The store's SQL is the same for all; "$1", "$2" are its parameters. Each database is a module of
 * its own, which is opened when its URL is given: `rebound_database_open` of the module `sqlite` or
 * `postgresql` is of the type ReboundDatabaseOpen.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

typedef struct _ReboundDatabase ReboundDatabase;

typedef enum
{
  REBOUND_VALUE_NULL,
  REBOUND_VALUE_INT,
  REBOUND_VALUE_REAL,
  REBOUND_VALUE_TEXT,
} ReboundValueType;

/* A parameter, or a column of a row. */
typedef struct
{
  ReboundValueType type;
  gint64 integer;
  double real;
  const char *text; /* of a row: until the next one */
} ReboundValue;

/* Returns %FALSE to end the rows. */
typedef gboolean (*ReboundRowFunc) (const ReboundValue *row, gpointer data);

typedef struct
{
  /* @lock: what nobody else who locks the same may change until the end. SQLite locks all. */
  gboolean (*begin) (ReboundDatabase *self, const char *lock, GError **error);
  gboolean (*commit) (ReboundDatabase *self, GError **error);
  void (*rollback) (ReboundDatabase *self);
  /* One statement, prepared once for each @sql, which is a constant. @n_changed: (optional) */
  gboolean (*run) (ReboundDatabase *self, const char *sql, const ReboundValue *values,
                   guint n_values, ReboundRowFunc row, gpointer data, guint *n_changed,
                   GError **error);
  /* Whether the transaction may be begun anew after @error: a deadlock, a lost connection. */
  gboolean (*is_passing) (ReboundDatabase *self, const GError *error);
  void (*close) (ReboundDatabase *self);
} ReboundDatabaseClass;

struct _ReboundDatabase
{
  const ReboundDatabaseClass *klass;
};

/* @location: what stands in the URL, whole. Errors are of %REBOUND_STORE_ERROR. */
typedef ReboundDatabase *(*ReboundDatabaseOpen) (const char *location, gboolean create,
                                                 GError **error);

G_END_DECLS

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

/* A module sees no function of the library, so both name the quark of %REBOUND_STORE_ERROR. */
#define REBOUND_DATABASE_ERROR "rebound-store-error-quark"

typedef struct _ReboundDatabase ReboundDatabase;

typedef enum
{
  REBOUND_VALUE_NULL,
  REBOUND_VALUE_INT,
  REBOUND_VALUE_REAL,
  REBOUND_VALUE_TEXT,
} ReboundValueType;

/* A parameter, or a column of a row; of a row, a number is both integer and real. Text is UTF-8. A
 * parameter is of one type at every run of its statement, or NULL. */
typedef struct
{
  ReboundValueType type;
  gint64 integer;
  double real;
  const char *text; /* of a row: until the next one */
} ReboundValue;

/* Returns %FALSE to end the rows. It runs no other statement of the same database. */
typedef gboolean (*ReboundRowFunc) (const ReboundValue *row, gpointer data);

typedef void (*ReboundProblemFunc) (const char *what, gpointer data);

typedef struct
{
  const char *name; /* "sqlite" or "postgresql", for what has to differ in the SQL */
  /* @lock: (nullable): what nobody else who locks the same may change until the end; SQLite locks
   * all. %NULL to read only, all as it is at one moment. */
  gboolean (*begin) (ReboundDatabase *self, const char *lock, GError **error);
  gboolean (*commit) (ReboundDatabase *self, GError **error);
  void (*rollback) (ReboundDatabase *self);
  /* One statement, prepared once for each @sql. @n_changed: (optional): how many rows it has
   * inserted, updated or deleted. Outside of a transaction it is one of its own. */
  gboolean (*run) (ReboundDatabase *self, const char *sql, const ReboundValue *values,
                   guint n_values, ReboundRowFunc row, gpointer data, guint *n_changed,
                   GError **error);
  /* Whether the transaction may be begun anew after @error: a deadlock, a lost connection. */
  gboolean (*is_passing) (ReboundDatabase *self, const GError *error);
  /* Calls @problem with each thing that is wrong with the database itself. */
  gboolean (*check) (ReboundDatabase *self, ReboundProblemFunc problem, gpointer data,
                     GError **error);
  void (*close) (ReboundDatabase *self);
} ReboundDatabaseClass;

struct _ReboundDatabase
{
  const ReboundDatabaseClass *klass;
};

/* @location: the URL, whole: "sqlite:PATH" or what libpq takes. @create: a file that is not there is
 * made. Errors are of %REBOUND_STORE_ERROR. */
typedef ReboundDatabase *(*ReboundDatabaseOpen) (const char *location, gboolean create,
                                                 GError **error);

G_END_DECLS

/* Rebound: what the modules of the databases have in common.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gmodule.h>

#include "history/database.h"
#include "translate.h"

G_BEGIN_DECLS

/* Seconds for which whoever else has the lock is waited for. An MTA waits longer for a delivery,
 * and many can stand in line meanwhile. */
#define REBOUND_DATABASE_PATIENCE 20

/* Of the type ReboundDatabaseOpen, in each of the modules. */
G_MODULE_EXPORT ReboundDatabase *rebound_database_open (const char *location, gboolean create,
                                                        GError **error);

/* Returns: %FALSE */
gboolean rebound_database_fail (GError **error, ReboundStoreError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Whether all text of @values is UTF-8: nothing else goes into a database. */
gboolean rebound_database_takes (const ReboundValue *values, guint n_values, GError **error);

ReboundValue rebound_database_integer (gint64 integer);
ReboundValue rebound_database_real (double real);

G_END_DECLS

/* Rebound: what stands between a store and its database, and sees each statement.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "history/store-private.h"

/* What is not replaced in @klass is the real one's. */
typedef struct
{
  ReboundDatabaseClass klass;
  const ReboundDatabaseClass *real;
} Spy;

static inline void
spy_on (Spy *spy, ReboundStore *store)
{
  spy->real = store->database->klass;
  spy->klass = *spy->real;
  store->database->klass = &spy->klass;
}

static inline void
spy_off (const Spy *spy, ReboundStore *store)
{
  store->database->klass = spy->real;
}

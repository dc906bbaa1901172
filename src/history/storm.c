/* Rebound: the storm guard.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

gboolean
rebound_storm_guard (G_GNUC_UNUSED ReboundStore *self, G_GNUC_UNUSED ReboundStoreEvent *event,
                     G_GNUC_UNUSED GError **error)
{
  return TRUE;
}

gboolean
rebound_storm_acknowledge (ReboundStore *self, const char *id, ReboundHeld held, gint64 now,
                           GError **error)
{
  if (held == REBOUND_HELD_DISCARD)
    return rebound_store_run (self, "UPDATE storms SET ended = $2 WHERE id = $1 AND ended IS NULL",
                              VALUES (rebound_text (id), rebound_int (now)), NULL, error);
  return TRUE;
}

gboolean
rebound_storm_forget (ReboundStore *self, gint64 member, GError **error)
{
  return rebound_store_run (self, "DELETE FROM tallies WHERE member = $1",
                            VALUES (rebound_int (member)), NULL, error);
}

gboolean
rebound_storm_expire (ReboundStore *self, gint64 before, GError **error)
{
  return rebound_store_run (self, "DELETE FROM tallies WHERE hour < $1",
                            VALUES (rebound_int (before / 3600)), NULL, error)
         && rebound_store_run (self, "DELETE FROM storms WHERE ended < $1",
                               VALUES (rebound_int (before)), NULL, error);
}

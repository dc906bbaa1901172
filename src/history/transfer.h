/* Rebound: what the export of a store and its import have in common.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of the lines; a newer one is refused. */
#define REBOUND_TRANSFER_SCHEMA 1

/* Of ReboundStoreState, and of ReboundHeld as the fate of a storm; %NULL for what is none. */
const char *rebound_state_to_string (guint state);
const char *rebound_held_to_string (guint held);

G_END_DECLS

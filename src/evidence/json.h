/* Rebound: a JSON object that stands in a text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_json_find:
 * @text: valid UTF-8
 * @length: its bytes
 * @warnings: of ReboundWarning
 *
 * Reads the object that @text begins with; what follows it does not matter. Lines that a mail
 * server has broken on the way are put together again.
 *
 * Returns: (transfer full) (nullable): its values by their paths, as "mail.headers.0.name"; %NULL
 *   where there is no object, or one beyond the limits, or the module is missing
 */
GHashTable *rebound_json_find (const char *text, gsize length, GArray *warnings);

/* The same of a text that is nothing but an object: %NULL where something follows it. */
GHashTable *rebound_json_find_alone (const char *text, gsize length);

G_END_DECLS

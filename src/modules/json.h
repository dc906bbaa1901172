/* Rebound: the module that reads JSON.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Names that are longer are none that anybody reads, and are left out with what is below them. */
#define REBOUND_JSON_LONGEST_NAME 64

/**
 * ReboundJsonReader:
 * @json: an object, in valid UTF-8; the caller has seen that its depth and the number of its
 *   values are bounded
 * @length: its bytes
 *
 * The type of `rebound_json_read` of the module `json`. Each value that is none of an object or an
 * array has the path to it as its key: "mail.headers.0.name".
 *
 * Returns: (transfer full) (nullable): the values as text, in valid UTF-8; %NULL where the text is
 *   no JSON
 */
typedef GHashTable *(*ReboundJsonReader) (const char *json, gsize length);

G_END_DECLS

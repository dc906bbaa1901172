/* Rebound: writing JSON (RFC 8259).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Appends to a string; members come in the order of the calls. A NULL string is null. */
void rebound_json_string (GString *out, const char *value);
void rebound_json_begin (GString *out, const char *name, char bracket);
void rebound_json_end (GString *out, char bracket);
void rebound_json_member (GString *out, const char *name, const char *value);
void rebound_json_number (GString *out, const char *name, gint64 value);
void rebound_json_real (GString *out, const char *name, double value);
/* @json: a value that is JSON already. */
void rebound_json_raw (GString *out, const char *name, const char *json);
void rebound_json_item (GString *out, const char *value);

G_END_DECLS

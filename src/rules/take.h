/* Rebound: values out of a text, by PCRE2.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes behind an anchor that an expression sees. */
#define REBOUND_TAKE_REACH 1000

/* Whether @expression is one that rebound_take() can do something with: a regular expression with
 * a group. Otherwise @error, in the domain @domain, says what is wrong with it, and where. */
gboolean rebound_take_check (const char *expression, GQuark domain, gint code, GError **error);

/**
 * rebound_take:
 * @expression: a regular expression with a group
 * @text: UTF-8, from where the expression has to match
 * @length: bytes of it; no more than %REBOUND_TAKE_REACH are looked at
 * @taken: (out): bytes of the first group
 *
 * The work is bounded whatever the expression is.
 *
 * Returns: (nullable): where the first group begins
 */
const char *rebound_take (const char *expression, const char *text, gsize length, gsize *taken);

G_END_DECLS

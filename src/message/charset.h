/* Rebound: bytes in any charset → UTF-8.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_decode:
 * @bytes: text in some charset
 * @length: its bytes
 * @charset: (nullable): the declared charset
 * @out_length: (out) (optional): bytes of the result
 *
 * The declared charset is tried, UTF-8, then those usual in mail, and the reading that looks
 * most like a language is taken. NUL bytes go.
 *
 * Returns: (transfer full): valid UTF-8, whatever came in
 */
char *rebound_decode (const char *bytes, gsize length, const char *charset, gsize *out_length);

G_END_DECLS

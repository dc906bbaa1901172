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
 * @hint: (nullable): the charset of what stands beside it
 * @out_length: (out) (optional): bytes of the result
 *
 * The declared charset is tried, UTF-8, then those usual in mail, and the reading that looks
 * most like a language is taken. NUL bytes go.
 *
 * Returns: (transfer full): valid UTF-8, whatever came in
 */
char *rebound_decode (const char *bytes, gsize length, const char *charset, const char *hint,
                      gsize *out_length);

/* Whether a declared charset says anything of the language. */
gboolean rebound_charset_tells (const char *charset);

G_END_DECLS

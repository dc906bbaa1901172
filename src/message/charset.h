/* Rebound: bytes in any charset → UTF-8.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "message/converters.h"

G_BEGIN_DECLS

/* What the texts of one message share. */
typedef struct
{
  ReboundConverters *converters; /* (nullable) */
  const char *hint;              /* (nullable): the charset that one of them declares */
  const char *guessed;           /* (nullable): that of the longest that declares none */
  gsize guessed_length;
  guint tries; /* conversions done: each may load a module, so there is an end to them */
} ReboundCharsets;

/**
 * rebound_decode:
 * @self: (nullable): what is known of the other texts of the message
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
char *rebound_decode (ReboundCharsets *self, const char *bytes, gsize length, const char *charset,
                      gsize *out_length);

/* Takes @n conversions; %FALSE where the message has had its share. */
gboolean rebound_charsets_take (ReboundCharsets *self, guint n);

/* Whether a declared charset says anything of the language. */
gboolean rebound_charset_tells (const char *charset);

G_END_DECLS

/* Rebound: SMTP replies and enhanced status codes in text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char reply[4];   /* three digits, or "" */
  char status[12]; /* RFC 3463, or "" */
  gsize at;        /* where the reply, else the status, stands */
  gsize end;       /* behind both */
} ReboundCodes;

/**
 * rebound_codes_find:
 * @text: a refusal, alone or in its context
 * @length: its bytes
 * @codes: (out): the first refusal's codes; where there is none, those of the positive reply that
 * the text begins with
 *
 * A number is a code only where the words before it say so, or a status of its class follows:
 * ports, dates, sizes, versions and parts of addresses are none.
 *
 * Returns: whether there is one
 */
gboolean rebound_codes_find (const char *text, gsize length, ReboundCodes *codes);

/* Whether @text begins with an enhanced status code of a failure; its bytes in @length. */
gboolean rebound_codes_is_status (const char *text, const char *end, gsize *length);

/**
 * rebound_codes_join:
 * @text: text with multi-line SMTP replies
 * @length: its bytes
 * @out_length: (out): bytes of the result
 *
 * "550-5.7.1 first" "550 5.7.1 second" becomes "550 5.7.1 first" "second", be it on lines of
 * their own or folded into one (RFC 5321 section 4.2.1, RFC 2034 section 4).
 *
 * Returns: (transfer full): the text with its replies put together
 */
char *rebound_codes_join (const char *text, gsize length, gsize *out_length);

G_END_DECLS

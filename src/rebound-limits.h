/* Rebound: how much of a hostile message is read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * ReboundLimits:
 * @message_bytes: bytes of a message that are kept; the rest is skipped
 * @header_bytes: bytes of one header block, the outer one or that of any part; of all together
 *   twice as many
 * @header_fields: fields of one header block; of all together twice as many
 * @field_bytes: bytes of one field
 * @delimiters: lines that look like a MIME delimiter
 * @depth: nested MIME parts
 * @text_bytes: bytes of decoded text that are read, all parts together
 * @recipients: recipients of one report
 * @facts: facts of one recipient
 *
 * Beyond a cap the rest is skipped, a warning says so, and the analysis goes on. Fields that say
 * nothing to Rebound are left out before they are counted.
 *
 * Since: 0.1
 */
typedef struct
{
  gsize message_bytes;
  gsize header_bytes;
  guint header_fields;
  gsize field_bytes;
  guint delimiters;
  guint depth;
  gsize text_bytes;
  guint recipients;
  guint facts;
} ReboundLimits;

/**
 * rebound_limits_init:
 * @limits: (out caller-allocates): set to the defaults
 *
 * Since: 0.1
 */
REBOUND_API void rebound_limits_init (ReboundLimits *limits);

G_END_DECLS

/* Rebound: what stands before the MIME parser.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "message/converters.h"
#include "rules/rules.h"

G_BEGIN_DECLS

/* The carrier of the message itself. */
#define REBOUND_NO_CARRIER -1

/* What the type of a part begins with that carries a message of which only the header is read. */
#define REBOUND_CARRIED "carried"

typedef struct
{
  GByteArray *bytes;   /* for the parser */
  GByteArray *headers; /* the fields for rebound_guarded_find_header() */
  GArray *index;
  gboolean has_header; /* there is a field before the body, read or not */
  gboolean single;     /* the message is one part: what follows is known */
  char *type;          /* its Content-Type, "" for none */
  char *encoding;      /* its Content-Transfer-Encoding, "" for none */
  gsize body;          /* where it begins in the bytes */
} ReboundGuarded;

/**
 * rebound_guard:
 * @bytes: a message as it came
 * @limits: the caps
 * @rules: (nullable): beside the fields that the code reads, those of these rules are; all are
 *   where %NULL
 * @converters: (nullable): what counts the charsets that are named
 * @warnings: (element-type ReboundWarning): gets what was skipped
 *
 * Lines end with LF afterwards, whatever ended them; an mbox `From ` line and blank lines
 * before the header are gone; no cap is passed. Of a message's header, and that of a message it
 * carries, the parser gets only the Content-Type and the Content-Transfer-Encoding; the fields
 * that are read are put aside; the others are left out and count nothing. Of a message that comes
 * with a report that a machine can read, the body is left out, and %REBOUND_CARRIED stands for
 * the `message` of its type.
 *
 * Returns: (transfer full): the message for the parser, and the headers
 */
ReboundGuarded *rebound_guard (GBytes *bytes, const ReboundLimits *limits,
                               const ReboundRules *rules, ReboundConverters *converters,
                               GArray *warnings);
void rebound_guarded_free (ReboundGuarded *self);

/**
 * rebound_guarded_find_header:
 * @self: a guarded message
 * @carrier: of a carried message the offset, in the bytes for the parser, of the Content-Type field
 *   that says so; or %REBOUND_NO_CARRIER
 * @text: (out): the fields that are read
 * @length: (out): its bytes
 *
 * Returns: %FALSE where there is no such header: then the parser has got all of it
 */
gboolean rebound_guarded_find_header (const ReboundGuarded *self, gint64 carrier, const char **text,
                                      gsize *length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundGuarded, rebound_guarded_free)

G_END_DECLS

/* Rebound: fields of a header, or of a machine-readable report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "message/charset.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;  /* lower-case */
  const char *value; /* UTF-8, unfolded, encoded words (RFC 2047) decoded */
  guint group;       /* counts the blank lines before it */
} ReboundField;

/* In the order of the text. */
typedef struct
{
  GArray *fields; /* of ReboundField */
  GStringChunk *strings;
  GString *scratch;
  ReboundCharsets *charsets; /* of the message, which outlives them */
} ReboundFields;

ReboundFields *rebound_fields_new (ReboundCharsets *charsets);
void rebound_fields_free (ReboundFields *self);

/* Adds a field with its raw value. */
void rebound_fields_add (ReboundFields *self, const char *name, const char *raw, gsize length,
                         guint group);

/**
 * rebound_fields_parse:
 * @text: a block of fields, or several divided by blank lines
 * @length: its bytes
 * @one_block: stop at the first blank line after a field
 * @charsets: (nullable): what is known of the message's charsets
 *
 * Reads what is there: a line that is no field continues the one before it, be it indented
 * (RFC 5322 section 2.2.3) or not (nullmailer, and gateways that wrap lines); blanks before
 * the colon are allowed.
 *
 * Returns: (transfer full): the fields
 */
ReboundFields *rebound_fields_parse (const char *text, gsize length, gboolean one_block,
                                     ReboundCharsets *charsets);

/* Whether a field begins at @line: a name and a colon. */
gboolean rebound_fields_is_start (const char *line, const char *end);

/* The first value of that (lower-case) name; %NULL where there is none. */
const char *rebound_fields_get (const ReboundFields *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundFields, rebound_fields_free)

G_END_DECLS

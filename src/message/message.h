/* Rebound: bytes → parts of known role, in UTF-8.
 *
 * The only room that knows GMime.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "message/fields.h"
#include "rebound.h"

G_BEGIN_DECLS

typedef enum
{
  REBOUND_PART_TEXT,            /* for a person; an HTML body where there is no other */
  REBOUND_PART_DELIVERY_STATUS, /* RFC 3464 */
  REBOUND_PART_FEEDBACK,        /* RFC 5965 */
  REBOUND_PART_DISPOSITION,     /* RFC 8098 */
  REBOUND_PART_RETURNED,        /* the message or its header that came back: its fields */
} ReboundPartRole;

typedef struct
{
  ReboundPartRole role;
  gboolean nested; /* stands inside a message that the outer one carries */
  char *text;      /* UTF-8, lines end with LF */
  gsize length;
  ReboundFields *fields; /* of a returned message */
} ReboundPart;

typedef struct
{
  ReboundFields *header;
  GPtrArray *parts; /* of ReboundPart */
  ReboundCharsets *charsets;
  gboolean report;  /* Content-Type or its report-type says: delivery status */
  GArray *warnings; /* of ReboundWarning; codes and details are static */
} ReboundMessage;

/**
 * rebound_message_parse:
 * @bytes: a message as it came
 * @converters: (nullable): of charsets
 * @rules: only fields that the code or these rules read are kept
 * @limits: how much of it is read
 *
 * Whatever comes in gives a message; what could not be read is in its warnings.
 *
 * Returns: (transfer full): the message
 */
ReboundMessage *rebound_message_parse (GBytes *bytes, ReboundConverters *converters,
                                       const ReboundRules *rules, const ReboundLimits *limits);
void rebound_message_free (ReboundMessage *self);

/* Makes ready what all messages need; may be called again and from any thread. */
void rebound_message_init (void);

/* The first part with @role, %NULL where there is none. */
const ReboundPart *rebound_message_find_part (const ReboundMessage *self, ReboundPartRole role);

#define REBOUND_DATE_BYTES 32

/* The Date of RFC 5322, or of RFC 3339, in UTC and in the form of the latter; %FALSE where it
 * cannot be read. */
gboolean rebound_message_read_date (const char *value, char date[REBOUND_DATE_BYTES]);

/* Bytes of a text that came without a message, as UTF-8; its lines end with LF. */
char *rebound_message_decode (const char *bytes, gsize *length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundMessage, rebound_message_free)

G_END_DECLS

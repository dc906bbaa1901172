/* Rebound: fields of a header, or of a machine-readable report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "message/charset.h"
#include "rules/rules.h"

G_BEGIN_DECLS

/* The fields that the code reads, of headers and of machine-readable reports; sorted. */
#define REBOUND_FIELDS(FIELD)                                                                      \
  FIELD (ACTION, "action")                                                                         \
  FIELD (APPARENTLY_TO, "apparently-to")                                                           \
  FIELD (CC, "cc")                                                                                 \
  FIELD (CONTENT_TRANSFER_ENCODING, "content-transfer-encoding")                                   \
  FIELD (CONTENT_TYPE, "content-type")                                                             \
  FIELD (DATE, "date")                                                                             \
  FIELD (DELIVERED_TO, "delivered-to")                                                             \
  FIELD (DIAGNOSTIC_CODE, "diagnostic-code")                                                       \
  FIELD (DISPOSITION, "disposition")                                                               \
  FIELD (ENVELOPE_TO, "envelope-to")                                                               \
  FIELD (FEEDBACK_TYPE, "feedback-type")                                                           \
  FIELD (FINAL_RECIPIENT, "final-recipient")                                                       \
  FIELD (FROM, "from")                                                                             \
  FIELD (LIST_ID, "list-id")                                                                       \
  FIELD (LIST_POST, "list-post")                                                                   \
  FIELD (LIST_UNSUBSCRIBE, "list-unsubscribe")                                                     \
  FIELD (MESSAGE_ID, "message-id")                                                                 \
  FIELD (ORIGINAL_ENVELOPE_ID, "original-envelope-id")                                             \
  FIELD (ORIGINAL_MAIL_FROM, "original-mail-from")                                                 \
  FIELD (ORIGINAL_RCPT_TO, "original-rcpt-to")                                                     \
  FIELD (ORIGINAL_RECIPIENT, "original-recipient")                                                 \
  FIELD (REMOTE_MTA, "remote-mta")                                                                 \
  FIELD (REMOVAL_RECIPIENT, "removal-recipient")                                                   \
  FIELD (REPORTING_MTA, "reporting-mta")                                                           \
  FIELD (RETURN_PATH, "return-path")                                                               \
  FIELD (STATUS, "status")                                                                         \
  FIELD (SUBJECT, "subject")                                                                       \
  FIELD (TO, "to")                                                                                 \
  FIELD (WILL_RETRY_UNTIL, "will-retry-until")                                                     \
  FIELD (X_BEENTHERE, "x-beenthere")                                                               \
  FIELD (X_ENVELOPE_TO, "x-envelope-to")                                                           \
  FIELD (X_FAILED_RECIPIENTS, "x-failed-recipients")                                               \
  FIELD (X_HMXMRORIGINALRECIPIENT, "x-hmxmroriginalrecipient")                                     \
  FIELD (X_ORIGINAL_TO, "x-original-to")                                                           \
  FIELD (X_SUPPLEMENTARY_INFO, "x-supplementary-info")

typedef enum
{
  REBOUND_FIELD_OTHER,
#define FIELD(id, name) REBOUND_FIELD_##id,
  REBOUND_FIELDS (FIELD)
#undef FIELD
} ReboundFieldId;

typedef struct
{
  ReboundFieldId id;
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
  const ReboundRules *rules;
  ReboundCharsets *charsets; /* of the message, which outlives them */
} ReboundFields;

/**
 * rebound_fields_new:
 * @rules: (nullable): only fields that the code or these rules read are kept; all where %NULL
 * @charsets: (nullable): what is known of the message's charsets
 *
 * Returns: (transfer full): no fields yet
 */
ReboundFields *rebound_fields_new (const ReboundRules *rules, ReboundCharsets *charsets);
void rebound_fields_free (ReboundFields *self);

/* Adds a field with its raw value. */
void rebound_fields_add (ReboundFields *self, const char *name, const char *raw, gsize length,
                         guint group);

/**
 * rebound_fields_parse:
 * @text: a block of fields, or several divided by blank lines
 * @length: its bytes
 * @one_block: stop at the first blank line after a field
 * @rules: (nullable): as for rebound_fields_new()
 * @charsets: (nullable): as for rebound_fields_new()
 *
 * Reads what is there: a line that is no field continues the one before it, be it indented
 * (RFC 5322 section 2.2.3) or not (nullmailer, and gateways that wrap lines); blanks before
 * the colon are allowed.
 *
 * Returns: (transfer full): the fields
 */
ReboundFields *rebound_fields_parse (const char *text, gsize length, gboolean one_block,
                                     const ReboundRules *rules, ReboundCharsets *charsets);

/* Whether a field begins at @line: a name and a colon. */
gboolean rebound_fields_is_start (const char *line, const char *end);

/**
 * rebound_fields_identify:
 * @rules: (nullable): as for rebound_fields_new()
 * @line: a line of a header
 * @end: its end
 * @id: (out): which field it is
 * @read: (out): whether it would be kept
 *
 * Returns: whether a field begins at @line
 */
gboolean rebound_fields_identify (const ReboundRules *rules, const char *line, const char *end,
                                  ReboundFieldId *id, gboolean *read);

/* The first value of that field; %NULL where there is none. */
const char *rebound_fields_get (const ReboundFields *self, ReboundFieldId id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundFields, rebound_fields_free)

G_END_DECLS

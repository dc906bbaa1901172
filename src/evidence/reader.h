/* Rebound: what the readers of facts share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codes.h"
#include "evidence.h"
#include "rules/matcher.h"

G_BEGIN_DECLS

/* What a reader works on. */
typedef struct
{
  ReboundEvidence *evidence;
  const ReboundMessage *message;
  const ReboundEnvelope *envelope;
  ReboundFolded folded; /* scratch */
  GString *known;       /* scratch of rebound_known_fields() */
  GPtrArray *met;       /* of ReboundPattern: conditions of formats that are met */
  gboolean nested;      /* a gateway wrapped the report in a message: look inside */
} ReboundReading;

/* A text of the rules, found. */
typedef struct
{
  const ReboundRule *rule;
  gsize start;
  gsize length;
  gboolean loose; /* vague words, with others between */
} ReboundHit;

static inline gboolean
rebound_hit_is_mark (const ReboundHit *hit, ReboundMark mark)
{
  return hit->rule->type == REBOUND_RULE_MARK && hit->rule->value == mark;
}

/* The readers, in the order of trust. */
void rebound_read_delivery_status (ReboundReading *self);
void rebound_read_feedback (ReboundReading *self);
void rebound_read_notice (ReboundReading *self);
void rebound_read_disposition (ReboundReading *self);
void rebound_read_returned (ReboundReading *self);
void rebound_read_header (ReboundReading *self);
void rebound_read_envelope (ReboundReading *self);
void rebound_read_text (ReboundReading *self);

/* Evidence without a fact. */
ReboundEvidence *rebound_evidence_new (const ReboundRules *rules, const ReboundLimits *limits);

/* Keeps a string as long as the evidence, without control characters and cut where it is very
 * long. NULL stays NULL, empty becomes NULL. */
const char *rebound_keep (ReboundEvidence *evidence, const char *string);
const char *rebound_keep_address (ReboundEvidence *evidence, const char *raw);

/* The same with every run of blanks and line ends one space. */
const char *rebound_keep_line (ReboundEvidence *evidence, const char *text, gsize length);

/* Behind the "type;" of RFC 3464 section 2.1.2. */
const char *rebound_skip_type (const char *value);

/* A host, without its type and what comments or brackets say. */
const char *rebound_keep_host (ReboundEvidence *evidence, const char *value);

/* A date of RFC 5322 in UTC, in the form of RFC 3339. */
const char *rebound_keep_date (ReboundEvidence *evidence, const char *value);

/* The fields that the rules know in @area, each a line "name: value"; until the next call. */
const GString *rebound_known_fields (ReboundReading *self, const ReboundFields *fields,
                                     ReboundArea area);

/* The fields of a returned message become the evidence's original. */
void rebound_keep_original (ReboundEvidence *evidence, const ReboundFields *fields);

/* Reads the subscriber out of an address that a report came to, or was returned to. */
void rebound_read_return_path (ReboundEvidence *evidence, const char *raw);

/* Whether @part is one the readers look at now. */
gboolean rebound_reading_sees (const ReboundReading *self, const ReboundPart *part);

/* A new recipient; %NULL beyond the limit. @address may come later. */
ReboundEvidenceRecipient *rebound_add_recipient (ReboundEvidence *evidence, const char *address);

/* Gives @recipient its address. Returns who had it first, which may be @recipient. */
ReboundEvidenceRecipient *rebound_name_recipient (ReboundEvidence *evidence,
                                                  ReboundEvidenceRecipient *recipient,
                                                  const char *address);

/* The recipient at an address that stands in a field, unless he is known already. */
void rebound_add_address (ReboundEvidence *evidence, const char *raw);
ReboundEvidenceRecipient *rebound_find_recipient (const ReboundEvidence *evidence,
                                                  const char *address);

/* What @block says of the format, in the area `status`. */
void rebound_note_format (ReboundReading *self, const ReboundFields *block);

/* The fields of a delivery status, or of a feedback report, wherever they stand. */
void rebound_read_status_block (ReboundReading *self, const char *text, gsize length);
void rebound_read_feedback_block (ReboundReading *self, const char *text, gsize length);

/* Adds @clue to a recipient, or to all where @recipient is %NULL; once, and up to the limit. */
void rebound_add_clue (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient,
                       const ReboundClue *clue);

/* Adds the codes, texts and stages found in a refusal. @text is UTF-8. */
void rebound_read_refusal (ReboundReading *self, ReboundEvidenceRecipient *recipient,
                           const char *text, gsize length, ReboundSource from, gboolean remote);

/* All texts of the rules in @text, by place; phrases within longer ones are left out, those of
 * formats only noted as met. */
GArray *rebound_find_hits (ReboundReading *self, ReboundArea area, const char *text,
                           gsize length);

/* The format of the report: that of the `when` line whose conditions are all met and whose texts
 * are the longest. */
void rebound_choose_format (ReboundReading *self);

/* Notes that a mark stands in @area of the message, at @hit of @text. */
void rebound_note_mark (ReboundEvidence *evidence, ReboundArea area, const char *text,
                        const ReboundHit *hit);

/* Append the clues that codes, or a text of the rules, are. */
void rebound_append_codes (ReboundEvidence *evidence, GArray *clues, const ReboundCodes *codes,
                           ReboundSource from, gboolean remote);
void rebound_append_hit (ReboundEvidence *evidence, GArray *clues, const char *text,
                         const ReboundHit *hit, ReboundSource from, gboolean remote);

G_END_DECLS

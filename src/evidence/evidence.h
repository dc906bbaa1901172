/* Rebound: parts → facts with a provenance.
 *
 * Each reader of facts looks at the whole message and adds what it finds. Nothing is judged
 * here: which of two facts is believed is the verdict's business.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "message/message.h"
#include "rebound.h"
#include "rules/fold.h"
#include "rules/rules.h"

G_BEGIN_DECLS

typedef enum
{
  REBOUND_CLUE_PHRASE, /* a text that the rules know */
  REBOUND_CLUE_STATUS, /* an enhanced status code */
  REBOUND_CLUE_REPLY,  /* three digits */
  REBOUND_CLUE_STAGE,
  REBOUND_CLUE_SIGN, /* a text that one provider alone writes */
} ReboundClueType;

/* A fact that bears on the reason. */
typedef struct
{
  ReboundClueType type;
  const char *value;
  const ReboundRule *rule; /* of a phrase, a stage, a sign */
  ReboundStage stage;
  ReboundSource from;
  gboolean of_sender; /* a phrase behind words that name the sender */
  gboolean open;      /* a phrase that is one of several things, or perhaps so */
  gboolean remote;    /* the words of the server that refused, not of the one that reports it */
} ReboundClue;

/* A recipient; what is not stated is %NULL. */
typedef struct
{
  const char *address;
  const char *original_address;
  ReboundAction action;
  ReboundSource action_from;
  const char *diagnostic;
  const char *said; /* the words after his name, where no refusal is quoted */
  const char *remote_mta;
  const char *will_retry_until;
  const char *moved_to;
  GArray *clues; /* of ReboundClue, the most trustworthy source first */
} ReboundEvidenceRecipient;

/* A mark of the rules, as it stands in an area. */
typedef struct
{
  const ReboundRule *rule;
  ReboundArea area;
  const char *value;
} ReboundMarked;

/* What a message states. */
typedef struct
{
  GStringChunk *strings; /* every string below */
  const ReboundRules *rules;
  const ReboundLimits *limits;
  GPtrArray *recipients; /* of ReboundEvidenceRecipient */
  GTree *by_address;     /* address → recipient */
  GArray *clues;         /* that bear on every recipient */
  GArray *warnings;      /* of ReboundWarning */
  GArray *marked;        /* of ReboundMarked: the first of each mark in each area */
  guint marks[3];        /* bits of ReboundMark, by area: text, subject, header */
  guint opening;         /* … of those that the subject begins with */
  gboolean delivery_status;
  gboolean feedback;
  gboolean disposition;
  gboolean notice;       /* JSON for machines: no text for a person */
  gboolean one_of_them;  /* of the recipients has complained, it is not known who */
  gboolean refused;      /* an MDN that refuses the mail */
  gboolean report;       /* the Content-Type says delivery status */
  gboolean through_list; /* the message itself has fields of RFC 2919 or RFC 2369 */
  gboolean bare;         /* no message: a reply or a log line */
  gboolean quoted;       /* failures are told of in what is quoted only */
  const char *format;
  const char *date;
  const char *message_id;
  const char *from; /* who wrote the message */
  const char *to;
  const char *envelope_sender;
  const char *envelope_recipient;
  const char *verp; /* the subscriber, out of the return path */
  const char *reporting_mta;
  const char *feedback_type;
  ReboundOriginal original;
  gboolean original_to_is_list;
  const char *returned_path; /* of the returned message */
  const char *list_post;     /* the same: the address of its list (RFC 2369) */
  const char *mail_from;     /* that a feedback report names */
} ReboundEvidence;

/**
 * rebound_evidence_read:
 * @message: a message
 * @envelope: (nullable): its envelope, where known
 * @rules: the rules
 * @limits: how much is read
 *
 * Returns: (transfer full): what it states
 */
ReboundEvidence *rebound_evidence_read (const ReboundMessage *message,
                                        const ReboundEnvelope *envelope, const ReboundRules *rules,
                                        const ReboundLimits *limits);

/* The same for a bare reply or log line. */
ReboundEvidence *rebound_evidence_read_reply (const char *text, const ReboundRules *rules,
                                              const ReboundLimits *limits);

/* Whether it may be a notice in JSON, before a module is opened for it; @text ends with NUL. */
gboolean rebound_evidence_may_be_notice (const char *text, gsize length);

/* (transfer full) (nullable): the address of the list, as far as the return path or the returned
 * message tells. */
char *rebound_evidence_find_list (const ReboundEvidence *self);

void rebound_evidence_free (ReboundEvidence *self);

static inline ReboundEvidenceRecipient *
rebound_evidence_recipient (const ReboundEvidence *self, guint i)
{
  return g_ptr_array_index (self->recipients, i);
}

static inline guint
rebound_evidence_area (ReboundArea area)
{
  return area == REBOUND_AREA_HEADER ? 2 : area - 1;
}

/* Whether what the report states of a recipient is no failure. */
static inline gboolean
rebound_action_is_success (ReboundAction action)
{
  return action == REBOUND_ACTION_DELIVERED || action == REBOUND_ACTION_RELAYED
         || action == REBOUND_ACTION_EXPANDED;
}

static inline gboolean
rebound_evidence_has_mark (const ReboundEvidence *self, ReboundArea area, ReboundMark mark)
{
  return (self->marks[rebound_evidence_area (area)] & 1u << mark) != 0;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundEvidence, rebound_evidence_free)

G_END_DECLS

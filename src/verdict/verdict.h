/* Rebound: facts → verdict.
 *
 * A pure function: the same facts and policy give the same verdict.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "evidence/evidence.h"
#include "policy/policy.h"
#include "report/report.h"
#include "verdict/authenticity.h"

G_BEGIN_DECLS

/* The verdict on @evidence, which the report takes; @policy is %NULL where what the rules say of the
 * reasons holds, and @authenticity where recipients are not graded. */
ReboundReport *rebound_verdict (ReboundEvidence *evidence, const ReboundPolicy *policy,
                                ReboundAuthenticity *authenticity);

/* What the message is. */
ReboundKind rebound_verdict_kind (const ReboundEvidence *evidence);

/* Why a delivery failed, and what says so. */
typedef struct
{
  ReboundReason reason;
  ReboundReason also[REBOUND_MAX_REASONS];
  guint n_also;
  const ReboundClue *decisive; /* %NULL where nothing says why */
  const char *reply;
  const char *status;
  ReboundStage stage;
  int provider;      /* -1 where it is not known */
  gboolean sourced;  /* some clue for it has a source */
  gboolean disputed; /* the reply, or other words, are against it */
} ReboundFinding;

void rebound_verdict_find_reason (const ReboundEvidence *evidence,
                                  const ReboundEvidenceRecipient *recipient,
                                  ReboundFinding *finding);

/* Whether the text plainly says that the mail was given up, whatever the Action: OpenSMTPD reports
 * "Envelope expired" under "Action: delayed". */
gboolean rebound_verdict_gave_up (const ReboundEvidenceRecipient *recipient);

/* Whether the rule of a clue holds for such a recipient. */
gboolean rebound_verdict_holds (const ReboundEvidence *evidence, const ReboundClue *clue,
                                const ReboundFinding *finding);

/* What a clue says by itself: the reasons, none where it says nothing. */
ReboundReasons rebound_verdict_clue_reasons (const ReboundEvidence *evidence,
                                             const ReboundClue *clue,
                                             const ReboundFinding *finding);

G_END_DECLS

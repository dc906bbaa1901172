/* Rebound: the inside of a report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "evidence/evidence.h"
#include "policy/policy.h"
#include "rebound.h"

G_BEGIN_DECLS

/* What speaks for or against a report; `what` is a word of rebound-json(5). */
typedef struct
{
  const char *what;
  gboolean against;
} ReboundTrust;

struct _ReboundRecipient
{
  const char *address;
  const char *original_address;
  const char *subscriber;
  ReboundSubscriberFrom subscriber_from;
  ReboundAction action;
  const char *reply;
  const char *status;
  const char *diagnostic;
  const char *remote_mta;
  const char *provider;
  ReboundStage stage;
  const char *will_retry_until;
  const char *moved_to;
  ReboundReason reason;
  ReboundReason also[REBOUND_MAX_REASONS];
  guint n_also;
  ReboundBounce bounce;
  ReboundFault fault;
  ReboundUnsubscribe unsubscribe;
  ReboundUnsubscribe ceiling; /* the most that the facts allow, whatever the policy and the grade */
  ReboundGrade grade;
  ReboundPath path;
  const char *token; /* (nullable): of the signed return path, where it holds */
  GArray *trust;     /* of ReboundTrust: what the grade rests on */
  GArray *facts;     /* of ReboundFact */
};

struct _ReboundReport
{
  gatomicrefcount references;
  ReboundAnalyzer *analyzer; /* has the rules, whose names are in the facts; set by it */
  ReboundEvidence *evidence; /* owns the other strings */
  ReboundKind kind;
  const ReboundTerms *terms; /* (nullable): of the list, in the analyzer's policy */
  char *list; /* whose mail bounced, "" where not known; %NULL until it is first asked for */
  GBytes *message; /* for the digest; %NULL of a bare reply */
  ReboundLimits limits;
  char *digest;          /* made when it is first asked for, by whichever thread */
  GPtrArray *recipients; /* of ReboundRecipient */
};

/* Takes @evidence. */
ReboundReport *rebound_report_new (ReboundEvidence *evidence);
ReboundRecipient *rebound_report_add_recipient (ReboundReport *self);

/* For a person: "sender's fault". */
void rebound_append_fault (GString *out, ReboundFault fault);

G_END_DECLS

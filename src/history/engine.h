/* Rebound: what happened to a member → where he stands and what comes next.
 *
 * A pure function of terms, events and time. It reads no store and no clock, so that what a policy
 * would have done can be replayed. With time alone a member is forgotten or taken for alive; the
 * step that is next changes by events only, and so does when it is due.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/policy.h"

G_BEGIN_DECLS

typedef enum
{
  REBOUND_EVENT_FAILURE,
  REBOUND_EVENT_DELIVERY,     /* a report of success, a read receipt */
  REBOUND_EVENT_AUTO_REPLY,
  REBOUND_EVENT_COMPLAINT,
  REBOUND_EVENT_REQUEST,      /* feedback of type opt-out */
  REBOUND_EVENT_NOTICE,       /* bears on nothing: a delay, other feedback */
  REBOUND_EVENT_CONFIRMATION, /* the member, or the owner for him */
  REBOUND_EVENT_DONE,         /* the list manager has done a step */
} ReboundEventType;

#define REBOUND_N_EVENT_TYPES (REBOUND_EVENT_DONE + 1)

/* What the decision needs of an event. The order is that of the columns of the index from which
 * SQLite reads them. */
typedef struct
{
  gint64 received; /* seconds since 1970, when it arrived here; the Date field is the sender's */
  ReboundEventType type;
  ReboundReason reason;
  ReboundUnsubscribe ceiling; /* the most that the facts of the report allow, whatever the policy */
  ReboundGrade grade;
  ReboundPath path; /* what bounced */
  gboolean held;    /* by the storm guard, or a signature that was used before: counts nothing */
  ReboundStep done; /* of REBOUND_EVENT_DONE */
} ReboundEvent;

/* Where a member stands at a time, and the one step that is next. */
typedef struct
{
  ReboundStanding standing;
  double score;
  gint64 first; /* failure that is counted, 0 for none */
  gint64 last;
  ReboundStep step; /* NONE where nothing is to come by itself */
  gint64 due;       /* when it may be handed out */
  gint64 since;     /* what led to it began then; with `nth` it tells one decision from another */
  guint nth;        /* of the warnings or probes, from 1 */
  guint of;         /* so many */
  ReboundReason reason; /* of the failure that led to it */
} ReboundDecision;

/**
 * rebound_engine_decide:
 * @terms: of his list
 * @events: all that is known of him, in any order within a day
 * @n_events: their number
 * @now: seconds since 1970
 * @decision: (out): where he stands
 */
void rebound_engine_decide (const ReboundTerms *terms, const ReboundEvent *events, guint n_events,
                            gint64 now, ReboundDecision *decision);

G_END_DECLS

/* Rebound: the inside of a policy.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"
#include "rules/rules.h"

G_BEGIN_DECLS

#define REBOUND_N_GRADES (REBOUND_GRADE_D + 1)

/* How far a report may lead: the order is that of the consequences. */
typedef enum
{
  REBOUND_REACH_NOTHING,
  REBOUND_REACH_PROBE,
  REBOUND_REACH_SUSPEND,
  REBOUND_REACH_UNSUBSCRIBE,
} ReboundReach;

/* What one reason means. */
typedef struct
{
  ReboundBounce bounce;
  ReboundFault fault;
  ReboundUnsubscribe unsubscribe;
  double weight; /* of a failure for this reason in the score */
} ReboundCell;

/* What shows that an address is alive, as bits. */
typedef enum
{
  REBOUND_RESET_DELIVERY = 1 << 0,     /* a report of success, a read receipt */
  REBOUND_RESET_AUTO_REPLY = 1 << 1,   /* the machine of the recipient answered */
  REBOUND_RESET_CONFIRMATION = 1 << 2, /* the member did: "rebound member reset" */
} ReboundResets;

/* What holds for a list. Times are seconds; a score, a number or a time of 0 switches off what it
 * is for. */
typedef struct
{
  ReboundCell reasons[REBOUND_N_REASONS];

  /* the score */
  gboolean count_messages; /* each failure counts; otherwise the heaviest of a day */
  double decay;            /* what the score loses in a day without a failure */
  gint64 stale_after;      /* without a failure for so long all is forgotten */
  guint resets;            /* of ReboundResets */

  /* the steps, each at a score */
  double warn_at, probe_at, suspend_at, unsubscribe_at;
  guint min_bounces;  /* days (or messages) with failures before any of these */
  gint64 min_period;  /* from the first failure to any of these but a probe, and to an
                         unsubscription after a probe that bounced */
  gint64 grace;       /* from the decision to the step */
  guint warnings;     /* of a member who is suspended, before he is unsubscribed */
  gint64 warning_interval;
  guint probes; /* that stay without an answer before the member is taken for alive again */
  gint64 probe_interval;
  ReboundStep warning_bounced; /* the next step when a warning bounces */
  ReboundStep probe_bounced;   /* … a probe */

  /* who may do what */
  ReboundStep complaint;                 /* of a complaint: none, owner or unsubscribe */
  ReboundReach grades[REBOUND_N_GRADES]; /* [REBOUND_GRADE_NONE]: what is not graded */
  gint64 token_age;                      /* of a signed return path, at most */

  /* the storm guard: so many members within the window */
  gint64 storm_window;
  guint storm_message;  /* for one original message, for reasons that are not about them */
  guint storm_reason;   /* for one reason that is the sender's or the message's fault */
  guint storm_provider; /* refused by one provider */
  double storm_jump;    /* … and so many times more than in the week before */
  double storm_share;   /* of the members to whom a message was sent, where that is known */
} ReboundTerms;

/* What the site has told of itself. */
typedef struct
{
  char **domains;      /* that its lists and their return paths have */
  char **hosts;        /* of its own, as they call themselves in Authentication-Results */
  char **return_paths; /* plain ones: "{list}-bounces+{user}={domain}@{host}" */
  char *signed_path;   /* "{list}-bounces+{token}@{host}" */
  char *keys;          /* (nullable): the file of the keys */
} ReboundSite;

/* The terms of a list, by its address or what stands before the @ of it; those of all lists where
 * @list is %NULL or has no section of its own. */
const ReboundTerms *rebound_policy_terms (const ReboundPolicy *self, const char *list);

/* Whether there are terms of single lists, so that it matters which list it is. */
gboolean rebound_policy_has_lists (const ReboundPolicy *self);

const ReboundSite *rebound_policy_site (const ReboundPolicy *self);

/* Whether the site has said which domains are its own. */
gboolean rebound_policy_knows_site (const ReboundPolicy *self);

/* Of all that decides over members: another one means that they have to be judged anew. */
const char *rebound_policy_digest (const ReboundPolicy *self);

G_END_DECLS

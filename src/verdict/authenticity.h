/* Rebound: how far a report can be trusted, since anyone can write one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/policy.h"
#include "report/report.h"

G_BEGIN_DECLS

/* What is known of how a message came in. */
typedef struct _ReboundAuthenticity ReboundAuthenticity;

/**
 * rebound_authenticity_new:
 * @policy: which knows the site
 * @keys: (nullable): of its return paths
 * @message: as it came
 * @envelope: (nullable): its envelope, where known
 * @evidence: what it states; the member becomes that of the return path to which it really came
 *
 * Returns: (transfer full): for rebound_authenticity_grade()
 */
ReboundAuthenticity *rebound_authenticity_new (const ReboundPolicy *policy, ReboundKeys *keys,
                                               GBytes *message, const ReboundEnvelope *envelope,
                                               ReboundEvidence *evidence);

/* (transfer full): the address of the list, "" where it is not known or none of the site. */
char *rebound_authenticity_find_list (const ReboundAuthenticity *self);

/* Grades every recipient of the report on that evidence. */
void rebound_authenticity_grade (ReboundAuthenticity *self, ReboundReport *report);

void rebound_authenticity_free (ReboundAuthenticity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundAuthenticity, rebound_authenticity_free)

G_END_DECLS

/* Rebound: what a code or a reason means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-analyzer.h"
#include "rebound-report.h"

G_BEGIN_DECLS

/**
 * rebound_explain_to_text:
 * @analyzer: (nullable): whose rules to ask; %NULL for what is built in
 * @topic: an SMTP reply code ("550"), an enhanced status code ("5.1.1"), both ("550 5.1.1"), a
 *   reason ("user-unknown"), a code of a provider ("TSS04"), or another system's name of a reason;
 *   case, brackets and hyphens do not matter; or a whole refusal
 * @style: (nullable): how to write it
 *
 * Of a code that nobody has registered it is told what its digits say.
 *
 * Returns: (transfer full) (nullable): what is known of it, for a person; %NULL where nothing is
 * Since: 0.1
 */
REBOUND_API char *rebound_explain_to_text (ReboundAnalyzer *analyzer, const char *topic,
                                           const ReboundStyle *style);

/**
 * rebound_explain_to_json:
 * @analyzer: (nullable): as for rebound_explain_to_text()
 * @topic: as for rebound_explain_to_text()
 *
 * Returns: (transfer full) (nullable): the same as JSON, on one line; where @topic names several
 *   topics, such as "550 5.1.1", a line for each
 * Since: 0.1
 */
REBOUND_API char *rebound_explain_to_json (ReboundAnalyzer *analyzer, const char *topic);

/**
 * rebound_explain_topics:
 * @analyzer: (nullable): as for rebound_explain_to_text()
 *
 * Returns: (transfer full) (array zero-terminated=1): all topics: the reasons, the codes and the
 *   codes of providers
 * Since: 0.1
 */
REBOUND_API char **rebound_explain_topics (const ReboundAnalyzer *analyzer);

/**
 * rebound_explain_suggest:
 * @analyzer: (nullable): as for rebound_explain_to_text()
 * @text: what is no topic
 *
 * Returns: (transfer full) (array zero-terminated=1): the topics that are written most like it, the
 *   best first; none where nothing is near
 * Since: 0.1
 */
REBOUND_API char **rebound_explain_suggest (const ReboundAnalyzer *analyzer, const char *text);

/**
 * rebound_taxonomies:
 *
 * Returns: (transfer none) (array zero-terminated=1): the systems whose names for the reasons
 *   are known: "kumomta", "powermta", "ses", "sisimai", "sparkpost"
 * Since: 0.1
 */
REBOUND_API const char *const *rebound_taxonomies (void);

/**
 * rebound_reason_in_taxonomy:
 * @reason: a reason
 * @taxonomy: one of rebound_taxonomies()
 *
 * Returns: (transfer none) (nullable): that system's name for the reason
 * Since: 0.1
 */
REBOUND_API const char *rebound_reason_in_taxonomy (ReboundReason reason, const char *taxonomy);

G_END_DECLS

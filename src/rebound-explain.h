/* Rebound: what a code or a reason means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * rebound_explain_to_text:
 * @topic: an SMTP reply code ("550"), an enhanced status code ("5.1.1") or a reason
 *   ("user-unknown")
 *
 * Returns: (transfer full) (nullable): what is known of it, for a person; %NULL where nothing is
 * Since: 0.1
 */
REBOUND_API char *rebound_explain_to_text (const char *topic);

/**
 * rebound_explain_to_json:
 * @topic: as for rebound_explain_to_text()
 *
 * Returns: (transfer full) (nullable): the same as one JSON object on one line
 * Since: 0.1
 */
REBOUND_API char *rebound_explain_to_json (const char *topic);

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

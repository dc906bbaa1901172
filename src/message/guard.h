/* Rebound: what stands before the MIME parser.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/rules.h"

G_BEGIN_DECLS

/**
 * rebound_guard:
 * @bytes: a message as it came
 * @limits: the caps
 * @rules: (nullable): fields of a header that neither the code nor these rules read are left out,
 *   and count nothing; all stay where %NULL
 * @warnings: (element-type ReboundWarning): gets what was skipped
 *
 * Lines end with LF afterwards, whatever ended them; an mbox `From ` line and blank lines
 * before the header are gone; no cap is passed.
 *
 * Returns: (transfer full): the message for the parser
 */
GByteArray *rebound_guard (GBytes *bytes, const ReboundLimits *limits, const ReboundRules *rules,
                           GArray *warnings);

/* "sha256:" and the digest of a guarded message, without trace fields. */
char *rebound_guard_digest (const GByteArray *message);

G_END_DECLS

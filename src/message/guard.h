/* Rebound: what stands before the MIME parser.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

/**
 * rebound_guard:
 * @bytes: a message as it came
 * @limits: the caps
 * @warnings: (element-type ReboundWarning): gets what was skipped
 *
 * Lines end with LF afterwards, whatever ended them; an mbox `From ` line and blank lines
 * before the header are gone; no cap is passed.
 *
 * Returns: (transfer full): the message for the parser
 */
GByteArray *rebound_guard (GBytes *bytes, const ReboundLimits *limits, GArray *warnings);

/* "sha256:" and the digest of a guarded message, without trace fields. */
char *rebound_guard_digest (const GByteArray *message);

G_END_DECLS

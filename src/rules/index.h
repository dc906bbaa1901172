/* Rebound: what finds the texts of the rules in one pass.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules.h"

G_BEGIN_DECLS

/* Gives each of the @n patterns its window, sorts them by it, and fills what the matcher looks
 * windows up in. @strings has their texts. */
void rebound_index_patterns (ReboundPattern *patterns, guint n, const char *strings,
                             guint16 *buckets, guint8 *grams);

G_END_DECLS

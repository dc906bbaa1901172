/* Rebound: all texts of the rules in one pass.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fold.h"
#include "rules.h"

G_BEGIN_DECLS

/* Called for every text found. @start and @length are of the unfolded text. */
typedef void (*ReboundMatchFunc) (const ReboundRules *rules, const ReboundPattern *pattern,
                                  gsize start, gsize length, gpointer user_data);

/**
 * rebound_match:
 * @rules: the rules
 * @area: the area the text is of
 * @folded: the text, folded
 * @func: what to do with a match
 *
 * Time is linear in the text: each position is hashed once, and only texts of which four
 * bytes agree are compared.
 */
void rebound_match (const ReboundRules *rules, ReboundArea area, const ReboundFolded *folded,
                    ReboundMatchFunc func, gpointer user_data);

G_END_DECLS

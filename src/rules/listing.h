/* Rebound: the rules as text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules.h"

G_BEGIN_DECLS

/* (transfer full): see rebound_analyzer_list_rules() */
char *rebound_rules_list (const ReboundRules *rules);

G_END_DECLS

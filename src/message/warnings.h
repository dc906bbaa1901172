/* Rebound: what could not be read of a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

/* Adds a ReboundWarning to @warnings, once; @code and @detail are static. */
void rebound_warn (GArray *warnings, const char *code, const char *detail);

G_END_DECLS

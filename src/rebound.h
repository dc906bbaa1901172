/* Rebound: read returned mail, say what happened to each recipient.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define REBOUND_INSIDE

#include "rebound-types.h"
#include "rebound-limits.h"
#include "rebound-policy.h"
#include "rebound-verp.h"
#include "rebound-report.h"
#include "rebound-analyzer.h"
#include "rebound-mailbox.h"
#include "rebound-paste.h"
#include "rebound-store.h"
#include "rebound-explain.h"
#include "rebound-locale.h"
#include "rebound-version.h"

#undef REBOUND_INSIDE

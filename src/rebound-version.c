/* Rebound: which version is in use.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound.h"

const char *
rebound_version (void)
{
  return REBOUND_VERSION;
}

/* Rebound: the default caps.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound.h"

void
rebound_limits_init (ReboundLimits *limits)
{
  g_return_if_fail (limits != NULL);

  *limits = (ReboundLimits){
    .message_bytes = 8 * 1024 * 1024,
    .header_bytes = 256 * 1024,
    .header_fields = 2000,
    .field_bytes = 64 * 1024,
    .delimiters = 2000,
    .depth = 64,
    .text_bytes = 512 * 1024,
    .recipients = 1000,
    .facts = 64,
  };
}

/* Rebound: what could not be read of a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warnings.h"

void
rebound_warn (GArray *warnings, const char *code, const char *detail)
{
  ReboundWarning warning = { code, detail };

  for (guint i = 0; i < warnings->len; i++)
    if (g_array_index (warnings, ReboundWarning, i).detail == detail)
      return;
  g_array_append_val (warnings, warning);
}

/* Rebound: fuzz target: a whole message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_message (data, size);
  return 0;
}

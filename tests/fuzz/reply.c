/* Rebound: fuzz target: an SMTP reply, a conversation, a line of a log.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_reply (data, size);
  return 0;
}

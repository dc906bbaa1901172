/* Rebound: fuzz target: the message/delivery-status part of RFC 3464, in a report around it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

static const char head[] = "From: MAILER-DAEMON@mx.example\n"
                           "Subject: Returned mail\n"
                           "MIME-Version: 1.0\n"
                           "Content-Type: multipart/report; report-type=delivery-status; "
                           "boundary=fuzz\n"
                           "\n"
                           "--fuzz\n"
                           "Content-Type: text/plain\n"
                           "\n"
                           "It could not be delivered.\n"
                           "\n"
                           "--fuzz\n"
                           "Content-Type: message/delivery-status\n"
                           "\n";

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_wrapped (head, data, size, "\n--fuzz--\n");
  return 0;
}

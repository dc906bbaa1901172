/* Rebound: fuzz target: the message/feedback-report part of RFC 5965, in a report around it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

static const char head[] = "From: fbl@mailbox.example\n"
                           "Subject: FW: news\n"
                           "MIME-Version: 1.0\n"
                           "Content-Type: multipart/report; report-type=feedback-report; "
                           "boundary=fuzz\n"
                           "\n"
                           "--fuzz\n"
                           "Content-Type: text/plain\n"
                           "\n"
                           "This is an email abuse report.\n"
                           "\n"
                           "--fuzz\n"
                           "Content-Type: message/feedback-report\n"
                           "\n";
static const char tail[] = "\n--fuzz\n"
                           "Content-Type: message/rfc822\n"
                           "\n"
                           "From: news@lists.example.org\n"
                           "To: news@lists.example.org\n"
                           "List-Id: <news.lists.example.org>\n"
                           "\n"
                           "Dear readers\n"
                           "--fuzz--\n";

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_wrapped (head, data, size, tail);
  return 0;
}

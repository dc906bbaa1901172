/* Rebound: fuzz target: a notice of Amazon SES in JSON, as SNS mails it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

static const char head[] = "From: ses-feedback <no-reply@sns.amazonaws.com>\n"
                           "To: ops@lists.example.org\n"
                           "Subject: AWS Notification Message\n"
                           "MIME-Version: 1.0\n"
                           "Content-Type: text/plain; charset=UTF-8\n"
                           "\n";
static const char tail[] = "\n\n--\n"
                           "If you wish to stop receiving notifications from this topic, ...\n";

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_wrapped (head, data, size, tail);
  return 0;
}

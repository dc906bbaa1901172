/* Rebound: what the fuzz targets share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "rebound.h"

G_BEGIN_DECLS

/* What libFuzzer, AFL++ and replay.c call; each target defines it. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int LLVMFuzzerInitialize (int *argc, char ***argv);

/* Says why and aborts, which is a finding. */
void fuzz_fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

#define fuzz_assert(condition, ...)                                                                \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (!(condition))                                                                              \
      fuzz_fail (__VA_ARGS__);                                                                     \
  }                                                                                                \
  G_STMT_END

/* Caps that an input of a fuzzer can reach. */
void fuzz_limits (ReboundLimits *limits);

/* (transfer full): the same text with CRLF for LF, %NULL where it has a CR already. */
GByteArray *fuzz_with_crlf (const uint8_t *data, size_t size);

/* A message as it came, and with the other line ends. */
void fuzz_message (const uint8_t *data, size_t size);

/* A message whose @data stands between @head and @tail. */
void fuzz_wrapped (const char *head, const uint8_t *data, size_t size, const char *tail);

/* A reply or a conversation, once, with its report. */
void fuzz_classify (const char *text);

/* … and with the other line ends, and as what is asked of "explain". */
void fuzz_reply (const uint8_t *data, size_t size);

G_END_DECLS

/* Rebound: fuzz target: the text of an HTML body, with the module that reads it and without.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message/html.h"

#include <string.h>

#include "fuzz.h"
#include "modules/html.h"

static void
check_reader (ReboundHtmlReader read, const char *page)
{
  gsize length = 0;
  g_autofree char *text = read (page, strlen (page), &length);

  fuzz_assert (strlen (text) == length, "a NUL in the text");
  fuzz_assert (g_utf8_validate (text, -1, NULL), "not UTF-8: %s", text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *bytes = g_strndup ((const char *) data, size);
  g_autofree char *page = g_utf8_make_valid (bytes, -1);

  check_reader (rebound_html_to_text, page);
  check_reader (rebound_html_strip, page);
  return 0;
}

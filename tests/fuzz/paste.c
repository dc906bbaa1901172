/* Rebound: fuzz target: lines that somebody pastes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fuzz.h"
#include "rebound.h"

/* Each text has something in it, and is one that can be classified. */
static void
take_texts (ReboundPaste *paste)
{
  char *text;

  while ((text = rebound_paste_next (paste)) != NULL)
    {
      fuzz_assert (*text != '\0', "an empty text");
      fuzz_reply ((const uint8_t *) text, strlen (text));
      g_free (text);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *input = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (input, "\n", -1);
  g_autoptr (ReboundPaste) paste = rebound_paste_new ();

  for (guint i = 0; lines[i] != NULL; i++)
    {
      rebound_paste_add (paste, lines[i]);
      take_texts (paste);
    }
  rebound_paste_add (paste, NULL);
  take_texts (paste);
  return 0;
}

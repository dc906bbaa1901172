/* Rebound: fuzz target: lines that somebody pastes: which go together, and that none is lost.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fuzz.h"
#include "rebound.h"

/* Texts of one input that are classified; the target "reply" is there for the others. */
#define CLASSIFIED 2

static void
take_texts (ReboundPaste *paste, GPtrArray *texts)
{
  char *text;

  while ((text = rebound_paste_next (paste)) != NULL)
    {
      fuzz_assert (*text != '\0', "an empty text");
      g_ptr_array_add (texts, text);
    }
}

/* The texts of @lines, each of which ends with @line_end. */
static GPtrArray *
paste_lines (const GStrv lines, const char *line_end)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ReboundPaste) paste = rebound_paste_new ();

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = g_strconcat (lines[i], line_end, NULL);

      rebound_paste_add (paste, line);
      take_texts (paste, texts);
    }
  rebound_paste_add (paste, NULL);
  take_texts (paste, texts);
  g_ptr_array_add (texts, NULL);
  return texts;
}

/* Without blanks, and without what breaks lines in quoted-printable. */
static char *
squeeze (const char *text)
{
  char *squeezed = g_malloc (strlen (text) + 1);
  char *out = squeezed;

  for (; *text != '\0'; text++)
    if (!g_ascii_isspace (*text) && *text != '=')
      *out++ = *text;
  *out = '\0';
  return squeezed;
}

static gboolean
is_subsequence (const char *part, const char *whole)
{
  for (; *part != '\0' && whole != NULL; part++)
    {
      whole = strchr (whole, *part);
      whole += whole != NULL;
    }
  return whole != NULL;
}

/* What stands around objects is left out, and so are lines of a program's stack and the like. */
static gboolean
may_have_filling (const GStrv lines)
{
  static const char *const filling[] = { "at ", "#", "-", "[", "]", "}", "," };

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *words = lines[i] + strspn (lines[i], " \t");

      if (strchr (lines[i], '{') != NULL)
        return TRUE;
      for (guint k = 0; k < G_N_ELEMENTS (filling); k++)
        if (g_ascii_strncasecmp (words, filling[k], strlen (filling[k])) == 0)
          return TRUE;
    }
  return FALSE;
}

static void
check_texts (const char *input, const GStrv lines, const GPtrArray *texts)
{
  g_autofree char *joined = g_strjoinv ("\n", (GStrv) texts->pdata);
  g_autofree char *kept = squeeze (joined);
  g_autofree char *given = squeeze (input);

  fuzz_assert (is_subsequence (kept, given), "not what was pasted:\n%s", joined);
  fuzz_assert (strlen (kept) == strlen (given) || may_have_filling (lines), "not all of it:\n%s",
               joined);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *input = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (input, "\n", -1);
  g_autoptr (GPtrArray) texts = paste_lines (lines, "");
  g_autoptr (GPtrArray) same = paste_lines (lines, "\r\n");

  fuzz_assert (g_strv_equal ((const char *const *) texts->pdata, (const char *const *) same->pdata),
               "the line ends make other texts");
  check_texts (input, lines, texts);
  for (guint i = 0; i < CLASSIFIED && texts->pdata[i] != NULL; i++)
    fuzz_classify (texts->pdata[i]);
  return 0;
}

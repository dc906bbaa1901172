/* Rebound: values out of a text, by PCRE2.
 *
 * An expression is compiled where its anchor was found, which is seldom, and thrown away: so
 * nothing is compiled when a program starts, and threads share nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "take.h"
#include "translate.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of a match; an expression that needs more is not meant for a line of a report. */
#define MATCH_LIMIT 2500
#define DEPTH_LIMIT 500
#define HEAP_LIMIT 512 /* KiB */

#define LONGEST_MESSAGE 120

G_DEFINE_AUTOPTR_CLEANUP_FUNC (pcre2_code, pcre2_code_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (pcre2_match_context, pcre2_match_context_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (pcre2_match_data, pcre2_match_data_free)

static pcre2_code *
compile (const char *expression, int *code, gsize *offset)
{
  return pcre2_compile ((PCRE2_SPTR) expression, PCRE2_ZERO_TERMINATED,
                        PCRE2_UTF | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C, code, offset, NULL);
}

gboolean
rebound_take_check (const char *expression, GQuark domain, gint code, GError **error)
{
  int problem;
  gsize offset;
  guint32 groups = 0;
  g_autoptr (pcre2_code) compiled = compile (expression, &problem, &offset);

  if (compiled == NULL)
    {
      PCRE2_UCHAR message[LONGEST_MESSAGE];

      pcre2_get_error_message (problem, message, sizeof message);
      g_set_error (error, domain, code, _ ("at byte %lu of the expression: %s"), (gulong) offset,
                   (char *) message);
      return FALSE;
    }
  pcre2_pattern_info (compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
  if (groups > 0)
    return TRUE;
  g_set_error (error, domain, code, "%s", _ ("the expression has no group: (…) is what is taken"));
  return FALSE;
}

static pcre2_match_context *
limits_new (void)
{
  pcre2_match_context *limits = pcre2_match_context_create (NULL);

  pcre2_set_match_limit (limits, MATCH_LIMIT);
  pcre2_set_depth_limit (limits, DEPTH_LIMIT);
  pcre2_set_heap_limit (limits, HEAP_LIMIT);
  return limits;
}

/* At most @length bytes of @text, in whole characters. */
static gsize
whole_characters (const char *text, gsize length)
{
  while (length > 0 && (text[length] & 0xc0) == 0x80)
    length--;
  return length;
}

const char *
rebound_take (const char *expression, const char *text, gsize length, gsize *taken)
{
  int problem;
  gsize offset;
  g_autoptr (pcre2_code) compiled = compile (expression, &problem, &offset);
  g_autoptr (pcre2_match_context) limits = limits_new ();
  g_autoptr (pcre2_match_data) data = NULL;
  const gsize *groups;

  if (compiled == NULL)
    return NULL;
  if (length > REBOUND_TAKE_REACH)
    length = whole_characters (text, REBOUND_TAKE_REACH);
  data = pcre2_match_data_create_from_pattern (compiled, NULL);
  if (pcre2_match (compiled, (PCRE2_SPTR) text, length, 0, 0, data, limits) < 2)
    return NULL;
  groups = pcre2_get_ovector_pointer (data);
  if (groups[2] == PCRE2_UNSET || groups[3] < groups[2])
    return NULL;
  *taken = groups[3] - groups[2];
  return text + groups[2];
}

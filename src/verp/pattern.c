/* Rebound: what return paths look like.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verp.h"

#include <string.h>

#include "translate.h"

/* Longer addresses are none (RFC 5321 section 4.5.3.1), though some servers take longer local
 * parts. */
#define LONGEST_ADDRESS 320

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* Of atoms (RFC 5322 section 3.2.3), but for "=", and the dot. */
#define ATOM LETTERS DIGITS "!#$%&'*+-/?^_`|~."

static const struct
{
  const char *name;
  const char *characters;
} parts[REBOUND_N_PATTERN_PARTS] = {
  [REBOUND_PATTERN_LIST] = { "{list}", ATOM },
  [REBOUND_PATTERN_HOST] = { "{host}", LETTERS DIGITS "-." },
  [REBOUND_PATTERN_TOKEN] = { "{token}", LETTERS DIGITS "-_+.=" },
  [REBOUND_PATTERN_USER] = { "{user}", ATOM "=" },
  [REBOUND_PATTERN_DOMAIN] = { "{domain}", LETTERS DIGITS "-._" },
  [REBOUND_PATTERN_NUMBER] = { "{number}", DIGITS },
  [REBOUND_PATTERN_COOKIE] = { "{cookie}", LETTERS DIGITS "." },
};

/* The part that @pattern begins with; REBOUND_N_PATTERN_PARTS where it is none. */
static guint
find_part (const char *pattern)
{
  guint part = *pattern == '{' ? 0 : G_N_ELEMENTS (parts);

  while (part < G_N_ELEMENTS (parts) && !g_str_has_prefix (pattern, parts[part].name))
    part++;
  return part;
}

static gboolean
may_stand (guint part, char c)
{
  return c != '\0' && strchr (parts[part].characters, c) != NULL;
}

/* Check */

static const char *
check_characters (const char *pattern)
{
  const char *at = strchr (pattern, '@');
  guint seen[REBOUND_N_PATTERN_PARTS] = { 0 };
  gboolean after_part = FALSE;

  for (const char *p = pattern; *p != '\0';)
    {
      guint part = find_part (p);

      if (part == G_N_ELEMENTS (parts)
          && (g_ascii_isalnum (*p) || p == at || strchr (p < at ? "+-_.=" : "-.", *p) != NULL))
        p++;
      else if (part == G_N_ELEMENTS (parts))
        return _ ("it may have letters, digits, “+-_.=@”, and {list}, {host}, {token}, {user}, "
                  "{domain}, {number} and {cookie}");
      else if (after_part || seen[part]++ > 0)
        return _ ("something has to stand between two parts, and each part once");
      else
        p += strlen (parts[part].name);
      after_part = part < G_N_ELEMENTS (parts);
    }
  return NULL;
}

static gboolean
has_part (const char *pattern, ReboundPatternPart part)
{
  return strstr (pattern, parts[part].name) != NULL;
}

/* Whether @part stands on the right side of the @; where it does at all. */
static gboolean
is_placed (const char *pattern, guint part)
{
  const char *at = strchr (pattern, '@');
  const char *found = strstr (pattern, parts[part].name);

  return found == NULL || (found > at) == (part == REBOUND_PATTERN_HOST);
}

/* A token is found again by what stands around it, too: the digest in it. */
static gboolean
stands_apart (const char *pattern)
{
  const char *token = strstr (pattern, parts[REBOUND_PATTERN_TOKEN].name);
  const char *behind = token + strlen (parts[REBOUND_PATTERN_TOKEN].name);

  return (token == pattern || strchr ("+-.", token[-1]) != NULL) && strchr ("+-.@", *behind) != NULL
         && strchr (pattern, '=') == NULL;
}

static const char *
check_parts (const char *pattern, gboolean is_signed)
{
  for (guint part = 0; part < G_N_ELEMENTS (parts); part++)
    if (!is_placed (pattern, part))
      return _ ("{host} stands behind the @, all else before it");
  if (!is_signed)
    return has_part (pattern, REBOUND_PATTERN_TOKEN) || !has_part (pattern, REBOUND_PATTERN_USER)
                   || !has_part (pattern, REBOUND_PATTERN_DOMAIN)
               ? _ ("a plain return path has {user} and {domain}, and no {token}")
               : NULL;
  for (guint part = REBOUND_PATTERN_USER; part < G_N_ELEMENTS (parts); part++)
    if (has_part (pattern, part))
      return _ ("a signed return path has {list}, {token} and {host} only");
  if (!has_part (pattern, REBOUND_PATTERN_LIST) || !has_part (pattern, REBOUND_PATTERN_TOKEN)
      || !has_part (pattern, REBOUND_PATTERN_HOST))
    return _ ("a signed return path has {list}, {token} and {host}");
  return stands_apart (pattern) ? NULL
                                : _ ("beside {token} has to stand one of “+-.”, and nowhere “=”");
}

const char *
rebound_pattern_check (const char *pattern, gboolean is_signed)
{
  const char *at = strchr (pattern, '@');
  const char *problem;

  if (at == NULL || at == pattern || strchr (at + 1, '@') != NULL)
    return _ ("it has to have one @, with something before it");
  problem = check_characters (pattern);
  return problem != NULL ? problem : check_parts (pattern, is_signed);
}

/* Expand */

char *
rebound_pattern_expand (const char *pattern, const char *const values[REBOUND_N_PATTERN_PARTS])
{
  GString *out = g_string_new (NULL);

  while (*pattern != '\0')
    {
      guint part = find_part (pattern);

      if (part == G_N_ELEMENTS (parts))
        g_string_append_c (out, *pattern++);
      else
        {
          g_string_append (out, values[part]);
          pattern += strlen (parts[part].name);
        }
    }
  return g_string_free (out, FALSE);
}

/* Match */

typedef struct
{
  ReboundPatternMatch match;
  ReboundPatternFunc accept;
  gpointer data;
} Matching;

/* The text before the parts keeps the ways few, and addresses are short. */
static gboolean
match_here (Matching *self, const char *pattern, const char *p)
{
  guint part;

  for (; (part = find_part (pattern)) == G_N_ELEMENTS (parts); pattern++, p++)
    if (*pattern == '\0' && *p == '\0')
      return self->accept (&self->match, self->data);
    else if (*pattern == '\0' || g_ascii_tolower (*pattern) != *p)
      return FALSE;
  self->match.start[part] = p;
  for (gsize n = 1; may_stand (part, p[n - 1]); n++)
    {
      self->match.length[part] = n;
      if (match_here (self, pattern + strlen (parts[part].name), p + n))
        return TRUE;
    }
  self->match.start[part] = NULL;
  return FALSE;
}

gboolean
rebound_pattern_match (const char *pattern, const char *address, ReboundPatternFunc accept,
                       gpointer data)
{
  Matching self = { .accept = accept, .data = data };

  return strnlen (address, LONGEST_ADDRESS + 1) <= LONGEST_ADDRESS
         && match_here (&self, pattern, address);
}

char *
rebound_pattern_part (const ReboundPatternMatch *match, ReboundPatternPart part)
{
  return match->start[part] != NULL ? g_strndup (match->start[part], match->length[part]) : NULL;
}

char *
rebound_pattern_list (const ReboundPatternMatch *match)
{
  g_autofree char *list = rebound_pattern_part (match, REBOUND_PATTERN_LIST);
  g_autofree char *host = rebound_pattern_part (match, REBOUND_PATTERN_HOST);

  return list != NULL && host != NULL ? g_strdup_printf ("%s@%s", list, host) : NULL;
}

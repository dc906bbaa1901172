/* Rebound: SMTP replies and enhanced status codes in text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codes.h"

#include <string.h>

#include "message/scan.h"

/* Blanks before the next line of a reply; more are none. */
#define LONGEST_INDENT 64

/* Words after which three digits are a reply. */
static const char *const introductions[] = {
  "said:",    "said",        "reply:",  "replied:", "reply",  "response:", "response", "returned:",
  "returned", "error",       "error:",  "code",     "code:",  "status",    "status:",  "smtp",
  "smtp;",    "<<<",         ">>>",     "reason:",  "with",   "was:",      "is:",      "failed:",
  "message:", "diagnostic:", "text:",   "got",      "issued", "#",         "command:", "data:",
  "result:",  "rejected:",   "error]:", "because:", "says:",  "answer:",   "err:",
};

static gboolean
is_word (char c)
{
  return g_ascii_isalnum (c) || c == '_' || (guint8) c >= 0x80;
}

/* An enhanced status code of one of @classes. */
static gboolean
is_status (const char *text, const char *end, const char *classes, gsize *length)
{
  gsize subject, detail;

  if (end - text < 5 || strchr (classes, *text) == NULL || text[1] != '.')
    return FALSE;
  subject = rebound_count_digits (text + 2, end);
  if (subject != 1 || text[2] > '7' || text[3] != '.')
    return FALSE;
  detail = rebound_count_digits (text + 4, end);
  if (detail < 1 || detail > 3)
    return FALSE;
  *length = 4 + detail;
  text += *length;
  return text == end
         || (!is_word (*text) && !(*text == '.' && text + 1 < end && is_word (text[1])));
}

gboolean
rebound_codes_is_status (const char *text, const char *end, gsize *length)
{
  return is_status (text, end, "45", length);
}

/* Whether the words before @p announce a reply: a line's start, a colon, "said", … */
static gboolean
is_introduced (const char *text, const char *p)
{
  const char *word;

  if (p > text && strchr ("\"'([{=", p[-1]) != NULL)
    return TRUE;
  while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
    p--;
  if (p == text || p[-1] == '\n' || strchr (":;>", p[-1]) != NULL)
    return TRUE;
  for (word = p; word > text && !g_ascii_isspace (word[-1]) && p - word < 16;)
    word--;
  for (guint i = 0; i < G_N_ELEMENTS (introductions); i++)
    if (strlen (introductions[i]) == (gsize) (p - word)
        && g_ascii_strncasecmp (word, introductions[i], p - word) == 0)
      return TRUE;
  return FALSE;
}

static const char *
skip_space (const char *p, const char *end)
{
  while (p < end && strchr (" #-:,", *p) != NULL)
    p++;
  /* IronPort quotes what the server said: 550-'5.1.1 … */
  return p + 1 < end && *p == '\'' && g_ascii_isdigit (p[1]) ? p + 1 : p;
}

/* Three digits of a failure, by RFC 5321 section 4.2.1 and what servers make of it. */
static gboolean
has_reply_form (const char *p, const char *end)
{
  return end - p >= 3 && (*p == '4' || *p == '5') && p[1] >= '0' && p[1] <= '7'
         && g_ascii_isdigit (p[2])
         && (p + 3 == end || (!is_word (p[3]) && !(p[3] == '.' && p + 4 < end && is_word (p[4]))));
}

/* "[192.0.2.1]:465", "#550", "450-555-0199", "552 KB": ports, tickets, phones and sizes. */
static gboolean
is_other_number (const char *text, const char *p, const char *end)
{
  static const char *const units[] = { " kb", " mb", " gb", " kib", " mib", " byte" };

  if (p > text + 1 && p[-1] == ':' && (p[-2] == ']' || g_ascii_isalnum (p[-2])))
    return TRUE;
  if (p > text + 1 && p[-1] == '#' && p[-2] == ' ')
    return TRUE;
  if (end - p > 5 && p[3] == '-' && rebound_count_digits (p + 4, end) >= 3)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (rebound_starts_with (p + 3, end, units[i]))
      return TRUE;
  return FALSE;
}

static gboolean
take_reply (const char *text, const char *p, const char *end, ReboundCodes *codes)
{
  const char *after;
  gsize length;

  if (!has_reply_form (p, end))
    return FALSE;
  after = skip_space (p + 3, end);
  if (rebound_codes_is_status (after, end, &length) && *after == *p)
    {
      memset (codes->status, 0, sizeof codes->status); /* a longer one may have come before */
      memcpy (codes->status, after, length);
      codes->end = after + length - text;
    }
  else if (is_introduced (text, p) && !is_other_number (text, p, end)
           && (p + 3 == end || strchr (" -:,]\")'\n;.", p[3]) != NULL))
    codes->end = p + 3 - text;
  else
    return FALSE;
  memcpy (codes->reply, p, 3);
  codes->at = p - text;
  return TRUE;
}

/* "version 5.5.1", "section 4.5.3": the word before says that no status is meant; so does a
 * name with capitals within, of a program. */
static gboolean
is_numbering (const char *text, const char *p)
{
  static const char *const words[] = { "version", "section", "release", "ver.", "v", "sec." };
  const char *word;
  gsize n;

  while (p > text && p[-1] == ' ')
    p--;
  for (word = p; word > text && g_ascii_isalpha (word[-1]) && p - word < 16;)
    word--;
  n = p - word;
  for (gsize i = 1; i < n; i++)
    if (g_ascii_islower (word[i - 1]) && g_ascii_isupper (word[i]))
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strlen (words[i]) == n && g_ascii_strncasecmp (word, words[i], n) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
take_status (const char *text, const char *p, const char *end, ReboundCodes *codes)
{
  gsize length;

  if (codes->status[0] != '\0' || !rebound_codes_is_status (p, end, &length)
      || is_numbering (text, p))
    return FALSE;
  memcpy (codes->status, p, length);
  if (codes->reply[0] == '\0')
    {
      codes->at = p - text;
      codes->end = p + length - text;
    }
  return TRUE;
}

/* RFC 5321 section 4.2.3, RFC 4954. An exit status of 255, for one, is no reply. */
static gboolean
is_positive (const char *p)
{
  static const char *const replies[] = { "211", "214", "220", "221", "235",
                                         "250", "251", "252", "334", "354" };

  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    if (memcmp (p, replies[i], 3) == 0)
      return TRUE;
  return FALSE;
}

/* A text that begins with a positive reply, "250 2.0.0 Ok", tells of no failure. */
static void
take_success (const char *text, const char *end, ReboundCodes *codes)
{
  const char *p = text;
  gsize length;

  while (p < end && g_ascii_isspace (*p))
    p++;
  if (end - p < 3 || !is_positive (p) || (p + 3 < end && strchr (" -\n", p[3]) == NULL))
    return;
  memcpy (codes->reply, p, 3);
  codes->at = p - text;
  codes->end = codes->at + 3;
  p = skip_space (p + 3, end);
  if (is_status (p, end, "2", &length))
    memcpy (codes->status, p, length);
}

gboolean
rebound_codes_find (const char *text, gsize length, ReboundCodes *codes)
{
  const char *end = text + length;

  memset (codes, 0, sizeof *codes);
  for (const char *p = text; p < end; p++)
    {
      if ((*p != '4' && *p != '5')
          || (p > text && (is_word (p[-1]) || strchr (".@/+", p[-1]) != NULL)))
        continue;
      if (codes->reply[0] == '\0' && take_reply (text, p, end, codes))
        {
          if (codes->status[0] != '\0')
            break;
        }
      else
        take_status (text, p, end, codes);
    }
  if (codes->reply[0] == '\0' && codes->status[0] == '\0')
    take_success (text, end, codes);
  return codes->reply[0] != '\0' || codes->status[0] != '\0';
}

/* Behind the line end, indentation and arrow that may stand before a reply's next line. */
static const char *
skip_line_start (const char *p, const char *end)
{
  const char *limit = p + MIN (end - p, LONGEST_INDENT);

  while (p < limit && g_ascii_isspace (*p))
    p++;
  if (end - p > 4 && memcmp (p, "<<< ", 4) == 0)
    p += 4;
  return p;
}

/* Where the code at @p continues the reply of @code, what follows the code and the status
 * that stands there again; else %NULL. */
static const char *
skip_continuation (const char *p, const char *end, const char *code, gboolean *last)
{
  gsize length;

  p = skip_line_start (p, end);
  if (end - p < 4 || memcmp (p, code, 3) != 0 || (p[3] != '-' && p[3] != ' '))
    return NULL;
  *last = p[3] == ' ';
  p += 4;
  if (rebound_codes_is_status (p, end, &length) && *p == *code)
    p += length;
  while (p < end && *p == ' ')
    p++;
  return p;
}

/* IronPort quotes a whole reply as "550-'5.1.1 …'". */
static gboolean
begins_multiline (const char *text, const char *p, const char *end)
{
  return end - p > 4 && has_reply_form (p, end) && p[3] == '-' && strchr ("- '[", p[4]) == NULL
         && is_introduced (text, p);
}

/* Most texts have no reply of several lines. */
static gboolean
has_multiline (const char *text, const char *end)
{
  for (const char *p = text; (p = memchr (p, '-', end - p)) != NULL; p++)
    if (p - text >= 3 && begins_multiline (text, p - 3, end))
      return TRUE;
  return FALSE;
}

char *
rebound_codes_join (const char *text, gsize length, gsize *out_length)
{
  const char *end = text + length;
  char *out = g_malloc (length + 1);
  char *o = out;
  const char *code = NULL;

  if (!has_multiline (text, end))
    {
      memcpy (out, text, length);
      out[length] = '\0';
      *out_length = length;
      return out;
    }
  for (const char *p = text; p < end;)
    {
      gboolean last = FALSE;
      const char *after =
          code != NULL && g_ascii_isspace (*p) ? skip_continuation (p, end, code, &last) : NULL;

      if (after != NULL)
        {
          *o++ = ' ';
          code = last ? NULL : code;
          p = after;
        }
      else if (code == NULL && begins_multiline (text, p, end))
        {
          code = p;
          memcpy (o, p, 3);
          o[3] = ' ';
          o += 4;
          p += 4;
        }
      else
        {
          if (*p == '\n' && p + 1 < end && p[1] == '\n')
            code = NULL;
          *o++ = *p++;
        }
    }
  *o = '\0';
  *out_length = o - out;
  return out;
}

/* Rebound: which recipients a report's text names.
 *
 * The surest kind of naming that occurs in the text tells who they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "message/scan.h"
#include "text.h"

/* Lines from a sentence with an address to the failure, where a gateway has broken it. */
#define FARTHEST 2

/* Empty lines between the cells of a table. */
#define LONGEST_GAP 4

/* Behind the words of a mark an address stands within so many bytes, and begins within a few. */
#define ADDRESS_REACH 300
#define ADDRESS_START 40

#define LONGEST_LOCAL_PART 64

/* The list, the report's own writer and postmasters are no recipients; but who mails himself
 * may be the one whom a line by itself names, and Postal writes as him whom RCPT TO named. */
static gboolean
is_bystander (const ReboundText *self, const char *address, ReboundNaming naming)
{
  const ReboundEvidence *evidence = self->evidence;

  if (rebound_address_is_office (address))
    return TRUE;
  if (rebound_address_equal (address, evidence->from) && naming != REBOUND_NAMING_COMMAND)
    return TRUE;
  return naming < REBOUND_NAMING_LINE
         && (rebound_address_equal (address, evidence->to)
             || rebound_address_equal (address, evidence->envelope_sender)
             || rebound_address_equal (address, evidence->original.from));
}

/* Who has a mailbox at the system that writes is sometimes named without his domain. */
static char *
complete_address (const ReboundText *self, const ReboundNamed *named)
{
  const char *from = self->evidence->from;
  const char *domain = from != NULL ? strrchr (from, '@') : NULL;

  if (memchr (named->address, '@', named->length) != NULL || domain == NULL)
    return g_strndup (named->address, named->length);
  return g_strdup_printf ("%.*s%s", (int) named->length, named->address, domain);
}

static void
add_candidate (ReboundText *self, const ReboundNamed *named, guint line)
{
  g_autofree char *raw = complete_address (self, named);
  ReboundCandidate candidate = { named->naming, rebound_keep_address (self->evidence, raw), line,
                                 named->address + named->length };

  if (candidate.address == NULL || self->candidates->len >= 2 * self->evidence->limits->recipients)
    return;
  if ((rebound_text_line (self, line)->flags & LINE_CONTACT) == 0
      && !is_bystander (self, candidate.address, named->naming))
    g_array_append_val (self->candidates, candidate);
}

/* The lines before a person's quotation begins; a mail system quotes nobody. */
static guint
count_lines (const ReboundText *self)
{
  guint n = 0;

  if (rebound_evidence_has_mark (self->evidence, REBOUND_AREA_HEADER, REBOUND_MARK_SYSTEM))
    return self->lines->len;
  while (n < self->lines->len && (rebound_text_line (self, n)->flags & LINE_FORWARDED) == 0)
    n++;
  return n;
}

/* Whether the line before @i that is not empty says that @i is about somebody else. */
static gboolean
is_announced_other (const ReboundText *self, guint i)
{
  guint last = i - MIN (i, LONGEST_GAP);

  while (i > last)
    {
      const ReboundTextLine *line = rebound_text_line (self, --i);

      if (rebound_line_announces_other (line->start, line->end))
        return TRUE;
      if (line->end > line->start + strspn (line->start, " \t\r"))
        return FALSE;
    }
  return FALSE;
}

static gboolean
is_local_part (const char *p, gsize length)
{
  gsize n = 0;

  while (n < length && (g_ascii_isalnum (p[n]) || strchr ("._-+=", p[n]) != NULL))
    n++;
  return length > 0 && n == length && length <= LONGEST_LOCAL_PART;
}

/* The address at the start of a value, or the local part that an expression takes. */
static gboolean
names_by_value (const ReboundRule *rule, const char *value, gsize length, ReboundNamed *named)
{
  *named = (ReboundNamed){ .naming = REBOUND_NAMING_RULE, .address = value, .length = length };
  if (rule->take != 0 && is_local_part (value, length))
    return TRUE;
  named->address =
      rebound_address_find (value, value + MIN (length, ADDRESS_REACH), &named->length);
  return named->address != NULL && named->address - value < ADDRESS_START;
}

/* An expression is tried again behind what it took, for lists. */
static void
find_by_mark (ReboundText *self, const ReboundHit *hit, GArray *all)
{
  const char *end = self->text + self->length;
  const char *value = rebound_text_behind (self, hit);
  gsize length = 0;

  do
    {
      ReboundNamed named;

      value = rebound_text_value (self, hit->rule, value + length, end, &length);
      if (value == NULL || length == 0 || !names_by_value (hit->rule, value, length, &named))
        break;
      g_array_append_val (all, named);
    }
  while (hit->rule->take != 0);
}

/* "host mx.example.net [192.0.2.1]: 553", broken before the address that the reply goes on with. */
static gboolean
follows_code (const ReboundText *self, guint i)
{
  const ReboundTextLine *line = i > 0 ? rebound_text_line (self, i - 1) : NULL;
  const char *word;

  if (line == NULL)
    return FALSE;
  for (word = line->end; word > line->start && !g_ascii_isspace (word[-1]);)
    word--;
  return line->end - word >= 3 && (*word == '4' || *word == '5')
         && strspn (word, "0123456789.") >= (gsize) (line->end - word);
}

/* The addresses behind words of which a rule says so. */
static GArray *
find_by_rule (ReboundText *self)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (ReboundNamed));

  for (guint i = 0; i < self->hits->len; i++)
    if (rebound_hit_is_mark (rebound_text_hit (self, i), REBOUND_MARK_RECIPIENT))
      find_by_mark (self, rebound_text_hit (self, i), all);
  return all;
}

/* What mail is delivered to and is no address: Exim's "pipe to |/usr/bin/sorter" and
 * "/var/mail/ada", sendmail's "|/usr/bin/sorter" and, where it was @expanded, "ada". */
static gboolean
is_target (const ReboundTextLine *line, gboolean expanded)
{
  const char *p = rebound_skip_blanks (line->start, line->end);

  if (rebound_starts_with (p, line->end, "pipe to |")
      || rebound_starts_with (p, line->end, "save to "))
    return TRUE;
  while (p < line->end && (*p == '"' || *p == '<'))
    p++;
  if (p < line->end && (*p == '|' || *p == '/'))
    return TRUE;
  for (const char *q = p; q < line->end && expanded; q++)
    if (!g_ascii_isalnum (*q) && strchr ("._-+>\r", *q) == NULL)
      return FALSE;
  return expanded && p == line->start && p < line->end;
}

/* Lines from a target to what tells whose it is, one of them a reason. */
#define TARGET_REACH 3

/* Such a target is the recipient below it that it was made of: "generated by ada@x.example",
 * "(expanded from: <ada@x.example>)". */
static gboolean
find_target (ReboundText *self, guint i)
{
  const ReboundTextLine *line = rebound_text_line (self, i);
  const char *p = rebound_skip_blanks (line->start, line->end);
  ReboundNamed named = { .naming = REBOUND_NAMING_LINE };
  guint first = self->candidates->len > 0
                    ? rebound_text_candidate (self, self->candidates->len - 1)->line + 1
                    : 0;
  gboolean expanded;

  p += p < line->end && *p == '(';
  expanded = rebound_starts_with (p, line->end, "expanded from: ");
  if (!expanded && !rebound_starts_with (p, line->end, "generated by ")
      && !rebound_starts_with (p, line->end, "generated from "))
    return FALSE;
  named.address = rebound_address_find (p, line->end, &named.length);
  for (guint n = 1; named.address != NULL && n <= TARGET_REACH && n <= i && i - n >= first; n++)
    if (is_target (rebound_text_line (self, i - n), expanded))
      {
        guint len = self->candidates->len;

        add_candidate (self, &named, i - n);
        if (self->candidates->len > len) /* what is said of it stands between the two */
          g_array_index (self->candidates, ReboundCandidate, len).after =
              rebound_text_line (self, i - n)->start;
        return TRUE;
      }
  return FALSE;
}

/* The address @next of those that rules name, and others that begin right where one ends. Returns
 * the last. */
static guint
add_run (ReboundText *self, const GArray *by_rule, guint next, guint line)
{
  const ReboundNamed *named = &g_array_index (by_rule, ReboundNamed, next);

  add_candidate (self, named, line);
  while (next + 1 < by_rule->len && named[1].address == named->address + named->length)
    {
      add_candidate (self, ++named, line);
      next++;
    }
  return next;
}

static void
find_by_line (ReboundText *self, guint n)
{
  g_autoptr (GArray) by_rule = find_by_rule (self);
  guint next = 0;

  for (guint i = 0; i < n; i++)
    {
      const ReboundTextLine *line = rebound_text_line (self, i);
      ReboundNamed named;

      while (next < by_rule->len
             && g_array_index (by_rule, ReboundNamed, next).address < line->start)
        next++;
      if (next < by_rule->len && g_array_index (by_rule, ReboundNamed, next).address < line->end)
        next = add_run (self, by_rule, next, i);
      else if (!find_target (self, i)
               && rebound_line_names (line->start, line->end, (line->flags & LINE_FAILS) != 0,
                                      &named)
               && !(named.naming == REBOUND_NAMING_LINE
                    && (is_announced_other (self, i) || follows_code (self, i))))
        add_candidate (self, &named, i);
    }
}

static void
find_in_sentence (ReboundText *self, guint i)
{
  const ReboundTextLine *line = rebound_text_line (self, i);
  ReboundNamed named = { .naming = REBOUND_NAMING_SENTENCE };

  named.address = rebound_address_find (line->start, line->end, &named.length);
  if (named.address != NULL && *line->start != '>')
    add_candidate (self, &named, i);
}

/* Whether a line tells of a failure, at most @reach lines before or behind. */
static gboolean
is_near_failure (const ReboundText *self, guint i, guint reach)
{
  for (guint n = i - MIN (i, reach); n <= i + reach && n < self->lines->len; n++)
    if ((rebound_text_line (self, n)->flags & LINE_FAILS) != 0)
      return TRUE;
  return FALSE;
}

/* "(550 5.1.1)" tells of a failure in any language. */
static void
flag_refusals (ReboundText *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      ReboundTextLine *line = rebound_text_line (self, i);
      ReboundCodes codes;

      if (rebound_codes_find (line->start, line->end - line->start, &codes) && codes.reply[0] >= '4'
          && codes.status[0] != '\0')
        line->flags |= LINE_FAILS;
    }
}

static gboolean
tells_failure (const ReboundText *self)
{
  for (guint i = 0; i < self->lines->len; i++)
    if ((rebound_text_line (self, i)->flags & LINE_FAILS) != 0)
      return TRUE;
  return FALSE;
}

/* Whether @a up to @a_end and @b up to @b_end are the same words, with any numbers in them and
 * blanks before. */
static gboolean
are_alike (const char *a, const char *a_end, const char *b, const char *b_end)
{
  a = rebound_skip_blanks (a, a_end);
  b = rebound_skip_blanks (b, b_end);
  while (a < a_end && b < b_end)
    {
      gsize n = rebound_count_digits (a, a_end);
      gsize m = rebound_count_digits (b, b_end);

      if ((n > 0) != (m > 0) || (n == 0 && *a != *b))
        return FALSE;
      a += MAX (n, 1);
      b += MAX (m, 1);
    }
  return a == a_end && b == b_end;
}

/* Where the address of a sentence begins; behind no words, it is no sentence. */
static const char *
find_sentence_address (const ReboundTextLine *line)
{
  gsize length;
  const char *address = rebound_address_find (line->start, line->end, &length);

  return address != NULL && *line->start != '>' && address - line->start > 1 ? address : NULL;
}

/* Of a sentence that stands there again and again, each names one: "1. ann@x.example - 550 …". */
static void
find_alike (ReboundText *self, guint n)
{
  const GArray *found = self->candidates;
  const ReboundTextLine *first = rebound_text_line (self, rebound_text_candidate (self, 0)->line);
  const char *address = find_sentence_address (first);
  guint next = 0;

  if (address == NULL)
    return;
  self->candidates = g_array_new (FALSE, FALSE, sizeof (ReboundCandidate));
  for (guint i = 0; i < n; i++)
    {
      const ReboundTextLine *line = rebound_text_line (self, i);
      const char *other = find_sentence_address (line);

      if (next < found->len && g_array_index (found, ReboundCandidate, next).line == i)
        g_array_append_val (self->candidates, g_array_index (found, ReboundCandidate, next++));
      else if (other != NULL && are_alike (first->start, address, line->start, other))
        find_in_sentence (self, i);
    }
  g_array_unref ((GArray *) found);
}

/* Where no line names a recipient, a sentence may: "your message to x@y.example could not
 * be delivered". It tells of a failure, or stands beside one that does. */
static void
find_in_sentences (ReboundText *self, guint n)
{
  for (guint i = 0; i < n; i++)
    if (rebound_text_line (self, i)->flags & LINE_FAILED)
      find_in_sentence (self, i);
  if (self->candidates->len == 0)
    flag_refusals (self, n);
  if (!tells_failure (self))
    return;
  for (guint reach = 1; reach <= FARTHEST; reach++)
    for (guint i = 0; i < n && self->candidates->len == 0; i++)
      if (is_near_failure (self, i, reach))
        find_in_sentence (self, i);
  if (self->candidates->len > 0)
    find_alike (self, n);
}

const char *
rebound_text_keep_address (ReboundText *self, const ReboundHit *hit)
{
  gsize length;
  const char *value = rebound_text_value (self, hit->rule, rebound_text_behind (self, hit),
                                          self->text + self->length, &length);
  ReboundNamed named;
  g_autofree char *raw = NULL;

  if (value != NULL && names_by_value (hit->rule, value, length, &named))
    raw = g_strndup (named.address, named.length);
  return rebound_keep_address (self->evidence, raw);
}

static void
add_surest (ReboundText *self)
{
  ReboundNaming best = REBOUND_NAMING_NONE;

  for (guint i = 0; i < self->candidates->len; i++)
    best = MAX (best, rebound_text_candidate (self, i)->naming);
  for (guint i = 0; i < self->candidates->len; i++)
    {
      const ReboundCandidate *candidate = rebound_text_candidate (self, i);

      if (candidate->naming == best
          && rebound_find_recipient (self->evidence, candidate->address) == NULL)
        rebound_add_recipient (self->evidence, candidate->address);
    }
}

/* "an undisclosed address (generated from …)": the address before is all that is known. */
static void
add_by_origin (ReboundText *self)
{
  for (guint i = 0; i < self->hits->len && self->evidence->recipients->len == 0; i++)
    {
      const char *address = rebound_hit_is_mark (rebound_text_hit (self, i), REBOUND_MARK_ORIGIN)
                                ? rebound_text_keep_address (self, rebound_text_hit (self, i))
                                : NULL;

      if (address != NULL)
        rebound_add_recipient (self->evidence, address);
    }
}

void
rebound_text_find_recipients (ReboundText *self)
{
  guint n = count_lines (self);

  find_by_line (self, n);
  if (self->evidence->recipients->len > 0)
    return;
  if (self->candidates->len == 0)
    find_in_sentences (self, n);
  add_surest (self);
  add_by_origin (self);
}

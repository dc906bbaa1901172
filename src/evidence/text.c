/* Rebound: the facts of the report's text.
 *
 * One pass finds all texts of the rules, with their places. Then every line is asked whether
 * it names a recipient (naming.c), and what stands between two such lines is about those the
 * first one names (regions.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <string.h>

#include "message/scan.h"
#include "message/warnings.h"
#include "rules/take.h"
#include "translate.h"

/* Expressions that are tried on a message: each may cost as much as a thousand lines. */
#define MAX_TAKES 500

/* All text before the returned message; a notice is read as a whole elsewhere. */
static char *
collect (ReboundReading *self, gsize *length)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (self->message->parts, i);

      if (!rebound_reading_sees (self, part) || self->evidence->notice)
        continue;
      if (part->role == REBOUND_PART_RETURNED && text->len > 0)
        break;
      if (part->role == REBOUND_PART_TEXT)
        {
          g_string_append_len (text, part->text, part->length);
          g_string_append_c (text, '\n');
        }
    }
  return rebound_codes_join (text->str, text->len, length);
}

static void
split_lines (ReboundText *self)
{
  const char *end = self->text + self->length;

  for (const char *p = self->text; p < end;)
    {
      const char *lf = memchr (p, '\n', end - p);
      ReboundTextLine line = { p, lf != NULL ? lf : end, 0 };

      g_array_append_val (self->lines, line);
      p = line.end + 1;
    }
}

static guint
find_line (const ReboundText *self, const char *p)
{
  guint low = 0, high = self->lines->len;

  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (rebound_text_line (self, middle)->start <= p)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static guint
flags_of (const ReboundHit *hit)
{
  if (hit->rule->type == REBOUND_RULE_PHRASE)
    return LINE_FAILS;
  if (rebound_hit_is_mark (hit, REBOUND_MARK_FAILED)
      || rebound_hit_is_mark (hit, REBOUND_MARK_DELAYED))
    return LINE_FAILS | LINE_FAILED;
  if (rebound_hit_is_mark (hit, REBOUND_MARK_CONTACT))
    return LINE_CONTACT;
  return rebound_hit_is_mark (hit, REBOUND_MARK_FORWARDED) ? LINE_FORWARDED : 0;
}

static void
flag_lines (ReboundText *self)
{
  for (guint i = 0; i < self->hits->len; i++)
    {
      const ReboundHit *hit = rebound_text_hit (self, i);
      const char *start = self->text + hit->start;
      guint flags = flags_of (hit);
      guint last = flags != 0 ? find_line (self, start + MAX (hit->length, 1) - 1) : 0;

      for (guint n = find_line (self, start); flags != 0 && n <= last; n++)
        rebound_text_line (self, n)->flags |= flags;
    }
}

/* The returned message begins where a rule says so, … */
static guint
find_returned_mark (const ReboundText *self)
{
  for (guint i = 0; i < self->hits->len; i++)
    if (rebound_hit_is_mark (rebound_text_hit (self, i), REBOUND_MARK_RETURNED))
      return find_line (self, self->text + rebound_text_hit (self, i)->start);
  return self->lines->len;
}

/* Fields that only a message has, and those that a report may show of one. */
static guint
weigh_field (const char *p)
{
  static const struct
  {
    const char *name;
    guint weight;
  } names[] = {
    { "Received:", 3 },     { "Return-Path:", 3 }, { "DKIM-Signature:", 3 }, { "Message-ID:", 2 },
    { "MIME-Version:", 2 }, { "List-Id:", 2 },     { "Content-Type:", 1 },   { "From:", 1 },
    { "Date:", 1 },         { "To:", 1 },          { "Subject:", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strncasecmp (p, names[i].name, strlen (names[i].name)) == 0)
      return names[i].weight;
  return 0;
}

/* … or where the header of a message stands, quoted or not: lines of fields one after the
 * other, among them some that only a message has. */
static guint
find_returned_header (const ReboundText *self, guint limit)
{
  guint first = limit;
  guint weight = 0;

  for (guint i = 0; i < limit && weight < 4; i++)
    {
      const ReboundTextLine *line = rebound_text_line (self, i);
      const char *p = line->start + (*line->start == '>');

      if (*p == ' ' || *p == '\t')
        continue;
      if (rebound_fields_is_start (p, line->end))
        {
          first = weight == 0 && first == limit ? i : first;
          weight += weigh_field (p);
          weight += weight == 3 && first == i;
        }
      else
        {
          first = limit;
          weight = 0;
        }
    }
  return weight >= 4 ? first : limit;
}

/* Programs wrap lines at 72 bytes or more: what follows a shorter one does not belong to it. */
#define SHORTEST_WRAPPED 60

/* Whether the line at @n goes on with the field before it, which is at @before. */
static gboolean
goes_on (const ReboundText *self, guint n, const ReboundTextLine *before)
{
  const ReboundTextLine *line = rebound_text_line (self, n);

  return *line->start == ' ' || *line->start == '\t' || before->end[-1] == ':'
         || before->end - before->start >= SHORTEST_WRAPPED;
}

/* The fields of the header that begins at line @first, without what a person or a program has
 * written below one of them. */
static GString *
collect_header (const ReboundText *self, guint first)
{
  GString *header = g_string_sized_new (512);
  const ReboundTextLine *before = NULL;

  for (guint i = first; i < self->lines->len; i++)
    {
      const ReboundTextLine *line = rebound_text_line (self, i);

      if (rebound_skip_blanks (line->start, line->end) == line->end)
        break;
      if (!rebound_fields_is_start (line->start, line->end)
          && (before == NULL || !goes_on (self, i, before)))
        {
          before = NULL;
          continue;
        }
      g_string_append_len (header, line->start, line->end - line->start);
      g_string_append_c (header, '\n');
      before = line;
    }
  return header;
}

/* The header of a returned message that stands in the text. */
static void
read_quoted_message (ReboundText *self, guint first)
{
  guint last = MIN (first + 8, self->lines->len);

  for (guint i = first; i < last; i++)
    {
      const ReboundTextLine *line = rebound_text_line (self, i);
      g_autoptr (ReboundFields) fields = NULL;
      g_autoptr (GString) header = NULL;

      if (!rebound_fields_is_start (line->start, line->end))
        continue;
      header = collect_header (self, i);
      fields = rebound_fields_parse (header->str, header->len, TRUE, self->evidence->rules,
                                     self->reading->message->charsets);
      if (fields->fields->len > 1)
        rebound_keep_original (self->evidence, fields);
      break;
    }
}

/* "> " before a line: somebody else's words. */
static gboolean
is_quoted (const ReboundText *self, const char *p)
{
  return *rebound_text_line (self, find_line (self, p))->start == '>';
}

static void
note_marks (ReboundText *self)
{
  for (guint i = 0; i < self->hits->len; i++)
    {
      const ReboundHit *hit = rebound_text_hit (self, i);
      const char *p = self->text + hit->start;

      if (hit->rule->type == REBOUND_RULE_MARK && !is_quoted (self, p))
        rebound_note_mark (self->evidence, REBOUND_AREA_TEXT, self->text, hit);
    }
}

guint
rebound_text_first_hit (const ReboundText *self, const char *p)
{
  guint low = 0, high = self->hits->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (self->text + rebound_text_hit (self, middle)->start < p)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/* Marks of formats that this one is not. */
static void
drop_foreign_marks (ReboundText *self)
{
  const ReboundRules *rules = self->evidence->rules;
  guint kept = 0;

  for (guint i = 0; i < self->hits->len; i++)
    {
      ReboundHit *hit = &g_array_index (self->hits, ReboundHit, i);

      if (hit->rule->type != REBOUND_RULE_MARK || hit->rule->scope == 0
          || rebound_rules_allows (rules, rules->scopes[hit->rule->scope].formats,
                                   self->evidence->format))
        g_array_index (self->hits, ReboundHit, kept++) = *hit;
    }
  g_array_set_size (self->hits, kept);
}

const char *
rebound_text_value (ReboundText *self, const ReboundRule *rule, const char *start, const char *end,
                    gsize *length)
{
  /* an expression says itself how far: what it takes may be said of the recipient it passes */
  const char *stop = rule->take != 0 ? MAX (end, self->end) : end;

  if (start >= stop) /* the words are those that a region ends with */
    return NULL;
  *length = stop - start;
  if (rule->take == 0)
    return start;
  if (self->n_takes++ < MAX_TAKES)
    return rebound_take (rebound_rules_string (self->evidence->rules, rule->take), start, *length,
                         length);
  rebound_warn (self->evidence->warnings, "truncated", N_ ("expressions beyond the limit"));
  return NULL;
}

/* What follows is the returned message: no line of the report, and nothing in it is said there. */
static void
cut_returned (ReboundText *self)
{
  guint first = find_returned_header (self, find_returned_mark (self));

  self->end =
      first < self->lines->len ? rebound_text_line (self, first)->start : self->text + self->length;
  read_quoted_message (self, first);
  g_array_set_size (self->lines, first);
  g_array_set_size (self->hits, rebound_text_first_hit (self, self->end));
}

/* Whether a failure is told of, and nowhere but in lines behind ">" or below "wrote:". */
static gboolean
quotes_failures (const ReboundText *self)
{
  gboolean below = FALSE, found = FALSE;

  for (guint i = 0; i < self->lines->len; i++)
    {
      const ReboundTextLine *line = rebound_text_line (self, i);

      below |= (line->flags & LINE_FORWARDED) != 0;
      if ((line->flags & LINE_FAILS) == 0)
        continue;
      if (!below && *line->start != '>')
        return FALSE;
      found = TRUE;
    }
  return found;
}

/* The last to be read: with it all is known that tells the format. */
void
rebound_read_text (ReboundReading *reading)
{
  ReboundText self = {
    .reading = reading,
    .evidence = reading->evidence,
    .lines = g_array_sized_new (FALSE, FALSE, sizeof (ReboundTextLine), 24),
    .candidates = g_array_new (FALSE, FALSE, sizeof (ReboundCandidate)),
  };

  self.text = collect (reading, &self.length);
  self.hits = rebound_find_hits (reading, REBOUND_AREA_TEXT, self.text, self.length);
  rebound_choose_format (reading);
  drop_foreign_marks (&self);
  split_lines (&self);
  if (self.lines->len > 0)
    {
      flag_lines (&self);
      cut_returned (&self);
      note_marks (&self);
      self.evidence->quoted = quotes_failures (&self);
      rebound_text_find_recipients (&self);
      rebound_text_read_regions (&self);
    }
  g_array_unref (self.lines);
  g_array_unref (self.candidates);
  g_array_unref (self.hits);
  g_free (self.text);
}

/* Rebound: the facts of the report's text: which recipients it names, and what it says of each.
 *
 * One pass finds all texts of the rules, with their places. Then every line is asked whether
 * it names a recipient, and how surely; the surest kind of naming that occurs tells who the
 * recipients are. From the line that names a recipient to the line that names the next, the
 * text is about him; what stands elsewhere is about all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "lines.h"
#include "reader.h"

enum
{
  LINE_FAILS = 1 << 0,     /* a failure is told of */
  LINE_CONTACT = 1 << 1,   /* its addresses are contacts */
  LINE_FORWARDED = 1 << 2, /* a person's quotation begins */
  LINE_FAILED = 1 << 3,    /* … that mail was not delivered */
};

typedef struct
{
  const char *start;
  const char *end;
  guint flags;
} Line;

/* A line that names a recipient. */
typedef struct
{
  ReboundNaming naming;
  const char *address;
  guint line;
  const char *after; /* behind the address */
} Candidate;

/* A stretch of the text that is about some recipients; about all where there are none. */
typedef struct
{
  const char *start;
  const char *end;
  GPtrArray *recipients;
  gboolean remote;  /* a reply of the server, in a transcript */
  gboolean summary; /* what the reporting system makes of such a reply */
  ReboundStage stage;
} Region;

typedef struct
{
  ReboundReading *reading;
  ReboundEvidence *evidence;
  char *text; /* with its multi-line replies put together */
  gsize length;
  const char *end; /* of what the report itself says */
  GArray *hits;    /* by place */
  GArray *lines;
  GArray *candidates;
  GPtrArray *regions;
  /* where the conversation stands */
  ReboundStage stage;
  ReboundEvidenceRecipient *spoken_of;
  Region *nameless;    /* a refusal of which the line after it may say whom it met */
  gboolean refused;    /* … in this conversation */
  gboolean settled;    /* the refusal's recipient was named: the next is another's */
  gboolean transcript; /* a heading announced one */
  gboolean unmarked;   /* its lines have no ">>>" */
} TextReading;

static void
region_free (gpointer data)
{
  Region *region = data;

  g_ptr_array_unref (region->recipients);
  g_free (region);
}

static Line *
line_at (const TextReading *self, guint i)
{
  return &g_array_index (self->lines, Line, i);
}

static const ReboundHit *
hit_at (const TextReading *self, guint i)
{
  return &g_array_index (self->hits, ReboundHit, i);
}

/* The text */

/* All text before the returned message. */
static char *
collect (ReboundReading *self, gsize *length)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (self->message->parts, i);

      if (!rebound_reading_sees (self, part))
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
split_lines (TextReading *self)
{
  const char *end = self->text + self->length;

  for (const char *p = self->text; p < end;)
    {
      const char *lf = memchr (p, '\n', end - p);
      Line line = { p, lf != NULL ? lf : end, 0 };

      g_array_append_val (self->lines, line);
      p = line.end + 1;
    }
}

static guint
find_line (const TextReading *self, const char *p)
{
  guint low = 0, high = self->lines->len;

  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (line_at (self, middle)->start <= p)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static gboolean
is_mark (const ReboundHit *hit, ReboundMark mark)
{
  return hit->rule->type == REBOUND_RULE_MARK && hit->rule->value == mark;
}

static void
flag_lines (TextReading *self)
{
  for (guint i = 0; i < self->hits->len; i++)
    {
      const ReboundHit *hit = hit_at (self, i);
      guint last = find_line (self, self->text + hit->start + MAX (hit->length, 1) - 1);
      guint flags = 0;

      if (is_mark (hit, REBOUND_MARK_FAILED) || is_mark (hit, REBOUND_MARK_DELAYED))
        flags = LINE_FAILS | LINE_FAILED;
      else if (hit->rule->type == REBOUND_RULE_PHRASE)
        flags = LINE_FAILS;
      else if (is_mark (hit, REBOUND_MARK_CONTACT))
        flags = LINE_CONTACT;
      else if (is_mark (hit, REBOUND_MARK_FORWARDED))
        flags = LINE_FORWARDED;
      for (guint n = find_line (self, self->text + hit->start); flags != 0 && n <= last; n++)
        line_at (self, n)->flags |= flags;
    }
}

/* The returned message begins where a rule says so, … */
static const char *
find_returned_mark (const TextReading *self)
{
  for (guint i = 0; i < self->hits->len; i++)
    if (is_mark (hit_at (self, i), REBOUND_MARK_RETURNED))
      return line_at (self, find_line (self, self->text + hit_at (self, i)->start))->start;
  return self->text + self->length;
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
static const char *
find_returned_header (const TextReading *self, const char *limit)
{
  const char *first = NULL;
  guint weight = 0;

  for (guint i = 0; i < self->lines->len && line_at (self, i)->start < limit; i++)
    {
      const Line *line = line_at (self, i);
      const char *p = line->start + (*line->start == '>');

      if (*p == ' ' || *p == '\t')
        continue;
      if (!rebound_fields_is_start (p, line->end))
        {
          first = NULL;
          weight = 0;
          continue;
        }
      first = first != NULL ? first : line->start;
      weight += weigh_field (p);
      if (weight >= 4 || (weight == 3 && first == line->start))
        return first;
    }
  return limit;
}

/* The header of a returned message that stands in the text. */
static void
read_quoted_message (TextReading *self)
{
  guint first = find_line (self, self->end);
  guint last = MIN (first + 8, self->lines->len);

  for (guint i = first; self->end < self->text + self->length && i < last; i++)
    {
      const Line *line = line_at (self, i);
      g_autoptr (ReboundFields) fields = NULL;

      if (!rebound_fields_is_start (line->start, line->end))
        continue;
      fields = rebound_fields_parse (line->start, self->text + self->length - line->start, TRUE);
      if (fields->fields->len > 1)
        rebound_keep_original (self->evidence, fields);
      break;
    }
}

/* Candidates */

/* The list, the report's own writer and postmasters are no recipients; but who mails himself
 * may be the one whom a line by itself names. */
static gboolean
is_bystander (const TextReading *self, const char *address, ReboundNaming naming)
{
  static const char *const offices[] = { "postmaster@", "mailer-daemon@", "abuse@", "hostmaster@" };
  const ReboundEvidence *evidence = self->evidence;

  for (guint i = 0; i < G_N_ELEMENTS (offices); i++)
    if (g_ascii_strncasecmp (address, offices[i], strlen (offices[i])) == 0)
      return TRUE;
  if (rebound_address_equal (address, evidence->from))
    return TRUE;
  return naming < REBOUND_NAMING_LINE
         && (rebound_address_equal (address, evidence->to)
             || rebound_address_equal (address, evidence->envelope_sender)
             || rebound_address_equal (address, evidence->original.from));
}

static void
add_candidate (TextReading *self, const ReboundNamed *named, guint line)
{
  g_autofree char *raw = g_strndup (named->address, named->length);
  Candidate candidate = { named->naming, rebound_keep_address (self->evidence, raw), line,
                          named->address + named->length };

  if (candidate.address == NULL || self->candidates->len >= 2 * self->evidence->limits->recipients)
    return;
  if ((line_at (self, line)->flags & LINE_CONTACT) == 0
      && !is_bystander (self, candidate.address, named->naming))
    g_array_append_val (self->candidates, candidate);
}

static void
find_candidates (TextReading *self)
{
  for (guint i = 0; i < self->lines->len && line_at (self, i)->start < self->end; i++)
    {
      const Line *line = line_at (self, i);
      ReboundNamed named;

      if (line->flags & LINE_FORWARDED)
        break;
      if (rebound_line_names (line->start, line->end, (line->flags & LINE_FAILS) != 0, &named))
        add_candidate (self, &named, i);
    }
}

/* Where no line names a recipient, a sentence may: "your message to x@y.example could not
 * be delivered". It tells of a failure, or stands right beside one that does. */
static gboolean
is_near_failure (const TextReading *self, guint i)
{
  return (line_at (self, i)->flags & LINE_FAILS) != 0
         || (i > 0 && (line_at (self, i - 1)->flags & LINE_FAILS) != 0)
         || (i + 1 < self->lines->len && (line_at (self, i + 1)->flags & LINE_FAILS) != 0);
}

static void
find_in_sentence (TextReading *self, guint i)
{
  const Line *line = line_at (self, i);
  ReboundNamed named = { .naming = REBOUND_NAMING_SENTENCE };

  named.address = rebound_address_find (line->start, line->end, &named.length);
  if (named.address != NULL && *line->start != '>')
    add_candidate (self, &named, i);
}

static void
find_in_sentences (TextReading *self)
{
  guint n = 0;

  while (n < self->lines->len && line_at (self, n)->start < self->end
         && (line_at (self, n)->flags & LINE_FORWARDED) == 0)
    n++;
  for (guint i = 0; i < n; i++)
    if (line_at (self, i)->flags & LINE_FAILED)
      find_in_sentence (self, i);
  for (guint i = 0; i < n && self->candidates->len == 0; i++)
    if (is_near_failure (self, i))
      find_in_sentence (self, i);
}

/* "an undisclosed address (generated from …)": the address before is all that is known. */
static void
add_by_origin (TextReading *self)
{
  gsize length;
  const char *origin = rebound_text_origin (self->text, self->end, &length);
  g_autofree char *raw = origin != NULL ? g_strndup (origin, length) : NULL;

  if (raw != NULL)
    rebound_add_recipient (self->evidence, rebound_keep_address (self->evidence, raw));
}

/* The surest kind of naming that occurs tells who the recipients are. */
static void
add_recipients (TextReading *self)
{
  ReboundNaming best = REBOUND_NAMING_NONE;

  for (guint i = 0; i < self->candidates->len; i++)
    best = MAX (best, g_array_index (self->candidates, Candidate, i).naming);
  for (guint i = 0; i < self->candidates->len; i++)
    {
      const Candidate *candidate = &g_array_index (self->candidates, Candidate, i);

      if (candidate->naming == best
          && rebound_find_recipient (self->evidence, candidate->address) == NULL)
        rebound_add_recipient (self->evidence, candidate->address);
    }
}

/* Regions */

static gboolean
is_empty (const char *p, const char *end)
{
  while (p < end && (g_ascii_isspace (*p) || strchr ("*-=~_|#<>:;,.\"'()[]", *p) != NULL))
    p++;
  return p >= end;
}

static Region *
last_region (TextReading *self)
{
  return g_ptr_array_index (self->regions, self->regions->len - 1);
}

static Region *
begin_region (TextReading *self, const char *start)
{
  Region *region = g_new0 (Region, 1);

  if (self->regions->len > 0)
    last_region (self)->end = start;
  region->start = start;
  region->end = self->end;
  region->recipients = g_ptr_array_new ();
  g_ptr_array_add (self->regions, region);
  return region;
}

/* Recipients that are named one right after the other share what follows. */
static void
enter_recipient (TextReading *self, guint n)
{
  const Candidate *candidate = &g_array_index (self->candidates, Candidate, n);
  const char *start = line_at (self, candidate->line)->start;
  ReboundEvidenceRecipient *recipient = rebound_find_recipient (self->evidence, candidate->address);
  Region *region = last_region (self);

  if (recipient == NULL)
    return;
  if (candidate->naming == REBOUND_NAMING_REPLY)
    {
      self->settled = TRUE;
      if (self->nameless != NULL)
        g_ptr_array_add (self->nameless->recipients, recipient);
    }
  if (n == 0 || region->recipients->len == 0 || candidate->naming < REBOUND_NAMING_LABEL
      || !is_empty (candidate[-1].after, start))
    region = begin_region (self, start);
  region->summary = candidate->naming == REBOUND_NAMING_REPLY;
  g_ptr_array_add (region->recipients, recipient);
}

/* "----- Transcript of session follows -----" ends what is said of the last recipient. */
static gboolean
is_heading (const Line *line)
{
  const char *p = line->start;

  while (p < line->end && *p == ' ')
    p++;
  return line->end - p > 6 && memcmp (p, "---", 3) == 0 && !is_empty (p, line->end);
}

/* The server's words, a region of their own; then what was before goes on. A refused RCPT is
 * about the one it names; sendmail says below a refusal at another stage whom it met. */
static void
enter_refusal (TextReading *self, const Line *line)
{
  Region *before = last_region (self);
  Region *region = begin_region (self, line->start);
  Region *after;

  region->remote = TRUE;
  region->stage = self->stage;
  self->refused = TRUE;
  self->settled = FALSE;
  if (self->spoken_of != NULL && self->stage == REBOUND_STAGE_RCPT)
    g_ptr_array_add (region->recipients, self->spoken_of);
  else
    self->nameless = region;
  after = begin_region (self, MIN (line->end + 1, self->end));
  after->summary = TRUE;
  g_ptr_array_extend (after->recipients, before->recipients, NULL, NULL);
}

static void
enter_command (TextReading *self, const Line *line, const ReboundSpoken *spoken)
{
  gsize length;
  const char *address = rebound_address_find (line->start, line->end, &length);
  g_autofree char *raw = address != NULL ? g_strndup (address, length) : NULL;

  self->unmarked = !spoken->marked;
  if (spoken->stage == REBOUND_STAGE_NONE)
    return;
  self->stage = spoken->stage;
  if (spoken->stage == REBOUND_STAGE_RCPT)
    {
      self->spoken_of = raw != NULL ? rebound_find_recipient (self->evidence, raw) : NULL;
      self->refused = FALSE;
    }
}

/* "503 need RCPT" and "554 5.5.1 no valid recipients" only follow from a refused RCPT. */
static gboolean
is_consequence (const TextReading *self, const char *p, const char *end)
{
  return self->refused
         && (!self->settled || memcmp (p, "503", 3) == 0
             || memmem (p, end - p, "5.5.1", 5) != NULL);
}

static void
enter_reply (TextReading *self, const Line *line, const char *words)
{
  if ((*words == '4' || *words == '5') && !is_consequence (self, words, line->end))
    enter_refusal (self, line);
}

/* A line of a transcript with a code and no arrow: the reporting system's own. */
static void
enter_summary (TextReading *self, const Line *line)
{
  Region *before = last_region (self);
  Region *region = begin_region (self, line->start);

  region->summary = TRUE;
  g_ptr_array_extend (region->recipients, before->recipients, NULL, NULL);
}

/* "... while talking to mx.example.net.:" begins another conversation. */
static gboolean
begins_conversation (const Line *line)
{
  const char *p = line->start;

  while (p < line->end && (*p == '.' || *p == ' '))
    p++;
  return g_ascii_strncasecmp (p, "while talking to ", 17) == 0;
}

static void
enter_line (TextReading *self, const Line *line)
{
  ReboundSpoken spoken;

  if (begins_conversation (line))
    {
      self->refused = self->settled = FALSE;
      self->stage = REBOUND_STAGE_CONNECT;
    }
  else if (!rebound_line_is_spoken (line->start, line->end, &spoken))
    return;
  else if (!spoken.reply)
    enter_command (self, line, &spoken);
  else if (spoken.marked || self->unmarked)
    enter_reply (self, line, spoken.words);
  else if (self->transcript)
    enter_summary (self, line);
}

static void
enter_heading (TextReading *self, const Line *line)
{
  if (memmem (line->start, line->end - line->start, "ranscript", 9) != NULL)
    self->transcript = TRUE;
  if (last_region (self)->recipients->len > 0)
    begin_region (self, line->start);
}

static void
find_regions (TextReading *self)
{
  guint next = 0;

  begin_region (self, self->text);
  for (guint i = 0; i < self->lines->len && line_at (self, i)->start < self->end; i++)
    {
      const Line *line = line_at (self, i);
      const Candidate *candidate;

      while (next < self->candidates->len
             && g_array_index (self->candidates, Candidate, next).line < i)
        next++;
      candidate =
          next < self->candidates->len ? &g_array_index (self->candidates, Candidate, next) : NULL;
      if (candidate != NULL && candidate->line == i && candidate->naming != REBOUND_NAMING_COMMAND)
        {
          enter_recipient (self, next);
          continue;
        }
      self->nameless = NULL;
      if (is_heading (line))
        enter_heading (self, line);
      else
        enter_line (self, line);
    }
}

/* What a region says */

static void
add_stage (TextReading *self, ReboundEvidenceRecipient *recipient, const Region *region)
{
  ReboundClue clue = { .type = REBOUND_CLUE_STAGE,
                       .from = REBOUND_SOURCE_TRANSCRIPT,
                       .stage = region->stage,
                       .value = rebound_stage_to_string (region->stage),
                       .remote = TRUE };

  if (region->stage != REBOUND_STAGE_NONE)
    rebound_add_clue (self->evidence, recipient, &clue);
}

static ReboundSource
source_of (const Region *region)
{
  return region->remote ? REBOUND_SOURCE_TRANSCRIPT : REBOUND_SOURCE_TEXT;
}

/* Hits are by place: the first that is not before @p. */
static guint
first_hit (const TextReading *self, const char *p)
{
  guint low = 0, high = self->hits->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (self->text + hit_at (self, middle)->start < p)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static void
add_hits (TextReading *self, ReboundEvidenceRecipient *recipient, const Region *region)
{
  for (guint i = first_hit (self, region->start);
       i < self->hits->len && self->text + hit_at (self, i)->start < region->end; i++)
    rebound_add_hit (self->evidence, recipient, self->text, hit_at (self, i), source_of (region),
                     region->remote);
}

/* The end of the paragraph that @p is in. */
static const char *
paragraph_end (const char *p, const char *end)
{
  const char *blank = memmem (p, end - p, "\n\n", 2);

  return blank != NULL ? blank : end;
}

static void
keep_diagnostic (TextReading *self, ReboundEvidenceRecipient *recipient, const char *start,
                 const char *end)
{
  if (recipient != NULL && recipient->diagnostic == NULL)
    recipient->diagnostic = rebound_keep_line (self->evidence, start, end - start);
}

static void
add_codes (TextReading *self, ReboundEvidenceRecipient *recipient, const Region *region)
{
  gsize length = region->end - region->start;
  const char *refusal;
  ReboundCodes codes;

  if (!rebound_codes_find (region->start, length, &codes))
    return;
  refusal = region->start + codes.at;
  rebound_read_codes (self->evidence, recipient, region->start, length, source_of (region),
                      region->remote);
  keep_diagnostic (self, recipient, refusal, paragraph_end (refusal, region->end));
  if (region->remote)
    add_stage (self, recipient, region);
}

/* Where no code is given, the words after the recipient are the diagnostic. */
static void
add_words (TextReading *self, ReboundEvidenceRecipient *recipient, const Region *region)
{
  gsize length;
  const char *address = rebound_address_find (region->start, region->end, &length);
  const char *start = address != NULL ? address + length : region->start;

  if (region->recipients->len == 0 || region->remote)
    return;
  start += strspn (start, ">:\"')]. \t\n");
  if (start < region->end)
    keep_diagnostic (self, recipient, start, paragraph_end (start, region->end));
}

static void
add_origin (TextReading *self, ReboundEvidenceRecipient *recipient, const Region *region)
{
  gsize length;
  const char *origin = rebound_text_origin (region->start, region->end, &length);
  g_autofree char *raw = origin != NULL ? g_strndup (origin, length) : NULL;

  if (recipient != NULL && raw != NULL && recipient->original_address == NULL)
    recipient->original_address = rebound_keep_address (self->evidence, raw);
}

static void
add_host (TextReading *self, ReboundEvidenceRecipient *recipient, const Region *region)
{
  gsize length;
  const char *host = rebound_text_host (region->start, region->end, &length);
  g_autofree char *raw = host != NULL ? g_ascii_strdown (host, length) : NULL;

  if (recipient != NULL && raw != NULL && recipient->remote_mta == NULL)
    recipient->remote_mta = rebound_keep (self->evidence, raw);
}

typedef void (*RegionReader) (TextReading *self, ReboundEvidenceRecipient *recipient,
                              const Region *region);

static const RegionReader region_readers[] = { add_codes, add_hits, add_words, add_origin,
                                               add_host };

/* Sendmail adds "550 5.1.1 User unknown" of its own to a transcript whose real refusal is
 * another line, and "554 5.0.0 Service unavailable" to any; the server's line counts. */
static gboolean
is_overruled (const Region *region, const ReboundEvidenceRecipient *recipient)
{
  if (!region->summary || recipient == NULL)
    return FALSE;
  for (guint i = 0; i < recipient->clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (recipient->clues, ReboundClue, i);

      if (clue->remote && clue->type == REBOUND_CLUE_REPLY)
        return TRUE;
    }
  return FALSE;
}

/* A report about one recipient is about him from end to end. */
static void
read_region (TextReading *self, const Region *region, RegionReader read)
{
  const GPtrArray *recipients = region->recipients;

  if (recipients->len == 0 && self->evidence->recipients->len == 1)
    recipients = self->evidence->recipients;
  for (guint i = 0; i < recipients->len; i++)
    if (!is_overruled (region, g_ptr_array_index (recipients, i)))
      read (self, g_ptr_array_index (recipients, i), region);
  if (recipients->len == 0)
    read (self, NULL, region);
}

/* The server's words first. */
static void
read_regions (TextReading *self)
{
  for (guint remote = 2; remote-- > 0;)
    for (guint r = 0; r < G_N_ELEMENTS (region_readers); r++)
      for (guint i = 0; i < self->regions->len; i++)
        {
          const Region *region = g_ptr_array_index (self->regions, i);

          if (region->remote == (gboolean) remote)
            read_region (self, region, region_readers[r]);
        }
}

static void
note_marks (TextReading *self)
{
  for (guint i = 0; i < self->hits->len; i++)
    {
      const ReboundHit *hit = hit_at (self, i);

      if (hit->rule->type == REBOUND_RULE_MARK && self->text + hit->start < self->end)
        self->evidence->marks[0] |= 1u << hit->rule->value;
    }
}

static void
read_report (TextReading *self)
{
  split_lines (self);
  flag_lines (self);
  self->end = find_returned_header (self, find_returned_mark (self));
  read_quoted_message (self);
  note_marks (self);
  find_candidates (self);
  if (self->evidence->recipients->len == 0 && self->candidates->len == 0)
    find_in_sentences (self);
  if (self->evidence->recipients->len == 0)
    add_recipients (self);
  if (self->evidence->recipients->len == 0)
    add_by_origin (self);
  find_regions (self);
  read_regions (self);
}

void
rebound_read_text (ReboundReading *reading)
{
  TextReading self = {
    .reading = reading,
    .evidence = reading->evidence,
    .lines = g_array_new (FALSE, FALSE, sizeof (Line)),
    .candidates = g_array_new (FALSE, FALSE, sizeof (Candidate)),
    .regions = g_ptr_array_new_with_free_func (region_free),
  };

  self.text = collect (reading, &self.length);
  self.hits = rebound_find_hits (reading, REBOUND_AREA_TEXT, self.text, self.length);
  if (self.length > 0)
    read_report (&self);
  g_array_unref (self.lines);
  g_array_unref (self.candidates);
  g_array_unref (self.hits);
  g_ptr_array_unref (self.regions);
  g_free (self.text);
}

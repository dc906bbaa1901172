/* Rebound: parts → facts with a provenance.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence.h"

#include <string.h>

#include "address.h"
#include "lines.h"
#include "message/scan.h"
#include "message/warnings.h"
#include "reader.h"
#include "translate.h"

#define LONGEST_VALUE 2000
#define MAX_MET 200

static void
recipient_free (gpointer data)
{
  ReboundEvidenceRecipient *recipient = data;

  g_array_unref (recipient->clues);
  g_free (recipient);
}

void
rebound_evidence_free (ReboundEvidence *self)
{
  g_string_chunk_free (self->strings);
  g_tree_unref (self->by_address);
  g_ptr_array_unref (self->recipients);
  g_array_unref (self->clues);
  g_array_unref (self->warnings);
  g_array_unref (self->marked);
  g_free (self);
}

/* The first control character (C0, DEL, C1) of valid UTF-8, or its end. */
static const char *
find_control (const char *p)
{
  const guchar *c = (const guchar *) p;

  while (*c >= 0x20 && *c != 0x7f && !(*c == 0xc2 && c[1] < 0xa0))
    c++;
  return (const char *) c;
}

/* What a message says is not to move a terminal's cursor, nor to break a log's line: control
 * characters become U+FFFD. */
static char *
replace_controls (const char *string)
{
  const char *control = find_control (string);
  GString *out = NULL;

  if (*control == '\0')
    return NULL;
  for (out = g_string_new (NULL); *control != '\0'; control = find_control (string))
    {
      g_string_append_len (out, string, control - string);
      g_string_append (out, "\xef\xbf\xbd");
      string = g_utf8_next_char (control);
    }
  g_string_append (out, string);
  return g_string_free (out, FALSE);
}

const char *
rebound_keep (ReboundEvidence *evidence, const char *string)
{
  g_autofree char *clean = string != NULL ? replace_controls (string) : NULL;

  string = clean != NULL ? clean : string;
  if (string == NULL || *string == '\0')
    return NULL;
  return g_string_chunk_insert_len (evidence->strings, string,
                                    rebound_cut_length (string, LONGEST_VALUE));
}

const char *
rebound_keep_address (ReboundEvidence *evidence, const char *raw)
{
  g_autofree char *address = raw != NULL ? rebound_address_clean (raw) : NULL;

  return rebound_keep (evidence, address);
}

/* Behind "type;" of RFC 3464 section 2.1.2. */
const char *
rebound_skip_type (const char *value)
{
  gsize n = strcspn (value, "; \t<@:[(");
  const char *p = value + n;

  while (*p == ' ')
    p++;
  if (n == 0 || n > 30 || *p != ';')
    return value;
  for (p++; *p == ' ';)
    p++;
  return p;
}

/* A host, without what comments or brackets say; in X.400 "mta NAME in /ADMD=…/" (RFC 2156). */
const char *
rebound_keep_host (ReboundEvidence *evidence, const char *value)
{
  const char *host = rebound_skip_type (value);
  g_autofree char *bare = NULL;

  host += strspn (host, " [(<");
  if (g_str_has_prefix (host, "mta "))
    host += strlen ("mta ");
  bare = g_ascii_strdown (host, strcspn (host, " ])>(,;"));
  if (g_str_has_suffix (bare, "."))
    bare[strlen (bare) - 1] = '\0';
  return rebound_keep (evidence, bare);
}

gboolean
rebound_reading_sees (const ReboundReading *self, const ReboundPart *part)
{
  return part->nested == self->nested;
}

ReboundEvidenceRecipient *
rebound_add_recipient (ReboundEvidence *evidence, const char *address)
{
  ReboundEvidenceRecipient *recipient;

  if (evidence->recipients->len >= evidence->limits->recipients)
    {
      rebound_warn (evidence->warnings, "truncated", N_ ("recipients beyond the limit"));
      return NULL;
    }
  recipient = g_new0 (ReboundEvidenceRecipient, 1);
  recipient->clues = g_array_new (FALSE, FALSE, sizeof (ReboundClue));
  g_ptr_array_add (evidence->recipients, recipient);
  rebound_name_recipient (evidence, recipient, address);
  return recipient;
}

void
rebound_add_address (ReboundEvidence *evidence, const char *raw)
{
  const char *address = rebound_keep_address (evidence, raw);

  if (address != NULL && strchr (address, '@') != NULL
      && rebound_find_recipient (evidence, address) == NULL)
    rebound_add_recipient (evidence, address);
}

ReboundEvidenceRecipient *
rebound_name_recipient (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient,
                        const char *address)
{
  ReboundEvidenceRecipient *first = rebound_find_recipient (evidence, address);

  recipient->address = address;
  if (address != NULL && first == NULL)
    g_tree_insert (evidence->by_address, (gpointer) address, recipient);
  return first != NULL ? first : recipient;
}

ReboundEvidenceRecipient *
rebound_find_recipient (const ReboundEvidence *evidence, const char *address)
{
  return address != NULL ? g_tree_lookup (evidence->by_address, address) : NULL;
}

const GString *
rebound_known_fields (ReboundReading *self, const ReboundFields *fields, ReboundArea area)
{
  GString *text = self->known;

  g_string_truncate (text, 0);
  for (guint i = 0; i < fields->fields->len; i++)
    {
      const ReboundField *field = &g_array_index (fields->fields, ReboundField, i);

      if (!rebound_rules_knows_field (self->evidence->rules, field->name, area))
        continue;
      g_string_append (text, field->name);
      g_string_append_len (text, ": ", 2);
      g_string_append (text, field->value);
      g_string_append_c (text, '\n');
    }
  return text;
}

static gboolean
same_clue (const ReboundClue *a, const ReboundClue *b)
{
  return a->type == b->type && a->rule == b->rule && a->from == b->from && a->stage == b->stage
         && g_strcmp0 (a->value, b->value) == 0;
}

void
rebound_add_clue (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient,
                  const ReboundClue *clue)
{
  GArray *clues = recipient != NULL ? recipient->clues : evidence->clues;

  if (clues->len >= evidence->limits->facts)
    return;
  for (guint i = 0; i < clues->len; i++)
    if (same_clue (&g_array_index (clues, ReboundClue, i), clue))
      return;
  g_array_append_val (clues, *clue);
}

void
rebound_append_codes (ReboundEvidence *evidence, GArray *clues, const ReboundCodes *codes,
                      ReboundSource from, gboolean remote)
{
  ReboundClue reply = { .type = REBOUND_CLUE_REPLY, .from = from, .remote = remote };
  ReboundClue status = { .type = REBOUND_CLUE_STATUS, .from = from, .remote = remote };

  reply.value = rebound_keep (evidence, codes->reply);
  status.value = rebound_keep (evidence, codes->status);
  if (reply.value != NULL)
    g_array_append_val (clues, reply);
  if (status.value != NULL)
    g_array_append_val (clues, status);
}

/* Hits */

typedef struct
{
  ReboundReading *reading;
  GArray *hits;
} Hits;

/* Each condition once; a report meets a handful. */
static void
note_met (GPtrArray *met, const ReboundPattern *pattern)
{
  if (met->len < MAX_MET && !g_ptr_array_find (met, pattern, NULL))
    g_ptr_array_add (met, (gpointer) pattern);
}

static void
note_hit (const ReboundRules *rules, const ReboundPattern *pattern, gsize start, gsize length,
          gpointer user_data)
{
  Hits *self = user_data;
  const ReboundRule *rule = &rules->rules[pattern->rule];
  ReboundHit hit = { rule, start, length, rule->weak && pattern->first < pattern->length };

  if (hit.rule->type == REBOUND_RULE_WHEN)
    note_met (self->reading->met, pattern);
  else if (self->hits->len < self->reading->evidence->limits->text_bytes / 64)
    g_array_append_val (self->hits, hit);
}

/* By place; of those that begin together the longest first, then in the order of the rules. */
static int
compare_hits (gconstpointer a, gconstpointer b)
{
  const ReboundHit *x = a, *y = b;

  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  if (x->length != y->length)
    return x->length > y->length ? -1 : 1;
  return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* "user unknown" within "user unknown or mailbox full" says less than the whole. What holds in
 * some places only may not hold here; and what stands between loose words may say more. */
static void
drop_shadowed (GArray *hits)
{
  gsize reach = 0;
  guint kept = 0;

  for (guint i = 0; i < hits->len; i++)
    {
      const ReboundHit *hit = &g_array_index (hits, ReboundHit, i);

      if (hit->rule->type == REBOUND_RULE_PHRASE && hit->rule->scope == 0)
        {
          if (hit->start + hit->length <= reach)
            continue;
          if (!hit->loose)
            reach = hit->start + hit->length;
        }
      g_array_index (hits, ReboundHit, kept++) = *hit;
    }
  g_array_set_size (hits, kept);
}

GArray *
rebound_find_hits (ReboundReading *self, ReboundArea area, const char *text, gsize length)
{
  Hits hits = { self, g_array_sized_new (FALSE, FALSE, sizeof (ReboundHit), 16) };

  rebound_fold (&self->folded, text, length);
  rebound_match (self->evidence->rules, area, &self->folded, note_hit, &hits);
  g_array_sort (hits.hits, compare_hits);
  drop_shadowed (hits.hits);
  return hits.hits;
}

const char *
rebound_keep_line (ReboundEvidence *evidence, const char *text, gsize length)
{
  g_autofree char *line = g_strndup (text, length);
  char *out = line;

  for (const char *p = line; *p != '\0'; p++)
    if (!g_ascii_isspace (*p))
      *out++ = *p;
    else if (out > line && out[-1] != ' ')
      *out++ = ' ';
  *out = '\0';
  return rebound_keep (evidence, g_strchomp (line));
}

void
rebound_note_mark (ReboundEvidence *evidence, ReboundArea area, const char *text,
                   const ReboundHit *hit)
{
  guint *marks = &evidence->marks[rebound_evidence_area (area)];
  guint bit = 1u << hit->rule->value;
  ReboundMarked marked = { hit->rule, area, NULL };

  if ((*marks & bit) != 0)
    return;
  *marks |= bit;
  marked.value = rebound_keep_line (evidence, text + hit->start, hit->length);
  g_array_append_val (evidence->marked, marked);
}

static gboolean
is_hard (const ReboundRules *rules, const ReboundRule *rule)
{
  return rules->reasons[rule->reasons.reason[0]].bounce == REBOUND_BOUNCE_HARD;
}

/* How far before a phrase its subject stands. */
#define SUBJECT_BYTES 60

/* The last place; g_strrstr() takes several times as long where there is none. */
static const char *
find_last (const char *text, const char *word)
{
  const char *last = NULL;

  for (const char *p = text; (p = strstr (p, word)) != NULL; p++)
    last = p;
  return last;
}

/* "Sender <…>: no such user", with nobody else in between. */
static gboolean
is_of_sender (const char *text, gsize at)
{
  static const char *const senders[] = {
    "sender",         "return path", "return-path", "reverse path",  "reverse-path",
    "mail from:",     "mail from <", "helo ",       "envelope from", "envelope-from",
    "bounce address", "originator",  "client is",   "sending ",      "remitente",
    "remetente",      "mittente",    "nadawc",      "expediteur",    "exp\303\251diteur"
  };
  static const char *const ends[] = { "recipient", "rcpt", "to:",      " to ",  ". ",
                                      "\n",        "empf", "destinat", "odbior" };
  gsize length = MIN (at, SUBJECT_BYTES);
  g_autofree char *before = g_ascii_strdown (text + at - length, (gssize) length);
  const char *found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    found = MAX (found, find_last (before, senders[i]));
  for (guint i = 0; i < G_N_ELEMENTS (ends) && found != NULL; i++)
    if (strstr (found, ends[i]) != NULL)
      return FALSE;
  return found != NULL;
}

/* "user unknown in return path" */
static gboolean
goes_on_with_sender (const char *p)
{
  static const char *const senders[] = { " in return path", " in return-path", " in reverse path",
                                         " in sender",      " in mail from",   " in the sender" };

  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    if (g_ascii_strncasecmp (p, senders[i], strlen (senders[i])) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
begins_with_one (const char *p, const char *const *words)
{
  for (; *words != NULL; words++)
    if (g_ascii_strncasecmp (p, *words, strlen (*words)) == 0)
      return TRUE;
  return FALSE;
}

/* "user unknown or mailbox full", "either no such user or …": one of several things. */
static gboolean
is_alternative (const char *text, gsize start, gsize end)
{
  static const char *const behind[] = { " or ",  ", or ",   " oder ", " ou ", " o ",        " lub ",
                                        " или ", " eller ", " veya ", "或",   " may exist", NULL };
  static const char *const before[] = { "or ",   "either ", "either the ", "or the ",
                                        "oder ", "ou ",     "или ",        NULL };
  const char *p = text + start;

  /* "not found. Check for typos or …" goes on with another sentence */
  if (memmem (p, end - start, ". ", 2) == NULL && begins_with_one (text + end, behind))
    return TRUE;
  for (guint i = 0; before[i] != NULL; i++)
    {
      gsize n = strlen (before[i]);

      if (start > n && g_ascii_strncasecmp (p - n, before[i], n) == 0 && p[-(gssize) n - 1] == ' ')
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_any (const char *text, gsize length, const char *const *words)
{
  g_autofree char *folded = g_ascii_strdown (text, (gssize) length);

  for (; *words != NULL; words++)
    if (strstr (folded, *words) != NULL)
      return TRUE;
  return FALSE;
}

/* How far a doubt stands from its phrase. */
#define DOUBT_BYTES 100

/* What is perhaps so, or for now, or only a cause that a manual would name. */
static gboolean
is_perhaps (const char *text, gsize start, gsize end)
{
  static const char *const before[] = {
    "may happen", "may be that", "might",   "possible cause", "possible reason",
    "perhaps",    "probably",    "callout", "callback",       NULL
  };
  static const char *const behind[] = { "try again later", "temporar", "lookup error",
                                        "lookup fail",     "ldap",     NULL };
  gsize length = MIN (start, DOUBT_BYTES);

  return has_any (text + start - length, length, before)
         || has_any (text + end, strnlen (text + end, DOUBT_BYTES / 2), behind);
}

/* What stands around a phrase that calls an address dead. */
static void
note_doubts (ReboundClue *clue, const char *text, const ReboundHit *hit)
{
  gsize end = hit->start + hit->length;

  clue->of_sender = is_of_sender (text, hit->start) || goes_on_with_sender (text + end);
  clue->open = is_alternative (text, hit->start, end) || is_perhaps (text, hit->start, end);
}

void
rebound_append_hit (ReboundEvidence *evidence, GArray *clues, const char *text,
                    const ReboundHit *hit, ReboundSource from, gboolean remote)
{
  ReboundClue clue = { .from = from, .remote = remote, .rule = hit->rule };

  if (hit->rule->type == REBOUND_RULE_PHRASE)
    {
      clue.type = REBOUND_CLUE_PHRASE;
      if (is_hard (evidence->rules, hit->rule))
        note_doubts (&clue, text, hit);
    }
  else if (hit->rule->type == REBOUND_RULE_STAGE)
    {
      clue.type = REBOUND_CLUE_STAGE;
      clue.stage = hit->rule->value;
    }
  else if (hit->rule->type == REBOUND_RULE_SIGN)
    clue.type = REBOUND_CLUE_SIGN;
  else
    return;
  clue.value = rebound_keep_line (evidence, text + hit->start, hit->length);
  g_array_append_val (clues, clue);
}

void
rebound_read_refusal (ReboundReading *self, ReboundEvidenceRecipient *recipient, const char *text,
                      gsize length, ReboundSource from, gboolean remote)
{
  gsize n;
  g_autofree char *joined = rebound_codes_join (text, length, &n);
  g_autoptr (GArray) hits = rebound_find_hits (self, REBOUND_AREA_TEXT, joined, n);
  g_autoptr (GArray) clues = g_array_new (FALSE, FALSE, sizeof (ReboundClue));
  ReboundCodes codes;

  if (rebound_codes_find (joined, n, &codes))
    rebound_append_codes (self->evidence, clues, &codes, from, remote);
  for (guint i = 0; i < hits->len; i++)
    rebound_append_hit (self->evidence, clues, joined, &g_array_index (hits, ReboundHit, i), from,
                        remote);
  for (guint i = 0; i < clues->len; i++)
    rebound_add_clue (self->evidence, recipient, &g_array_index (clues, ReboundClue, i));
}

void
rebound_choose_format (ReboundReading *self)
{
  const ReboundRules *rules = self->evidence->rules;
  guint best = 0;

  for (guint i = 0; i < self->met->len; i++)
    {
      const ReboundPattern *pattern = g_ptr_array_index (self->met, i);
      const ReboundRule *rule = &rules->rules[pattern->rule];
      guint n = 0;

      for (guint j = 0; j < self->met->len; j++)
        n += ((const ReboundPattern *) g_ptr_array_index (self->met, j))->rule == pattern->rule;
      if (n == rule->n_conditions && rule->length > best)
        {
          best = rule->length;
          self->evidence->format = rebound_rules_string (rules, rules->formats[rule->value].name);
        }
    }
}

static const char *
keep_bare (ReboundEvidence *evidence, const char *value)
{
  g_autofree char *bare = NULL;
  const char *start;

  if (value == NULL)
    return NULL;
  start = strrchr (value, '<');
  start = start != NULL ? start + 1 : value;
  bare = g_strndup (start, strcspn (start, ">"));
  return rebound_keep (evidence, g_strstrip (bare));
}

const char *
rebound_keep_date (ReboundEvidence *evidence, const char *value)
{
  char text[REBOUND_DATE_BYTES];

  return value != NULL && rebound_message_read_date (value, text) ? rebound_keep (evidence, text)
                                                                  : NULL;
}

/* list@host sends with the return path list-bounces@host, list-admin@host, list+bounces@host. */
static gboolean
is_list_of (const char *to, const char *return_path)
{
  const char *domain = strchr (to, '@');
  gsize local = domain - to;

  return return_path != NULL && strlen (return_path) > local
         && g_ascii_strncasecmp (to, return_path, local) == 0
         && strchr ("-+", return_path[local]) != NULL && g_str_has_suffix (return_path, domain);
}

/* Whether the returned message went to the list's own address, to many, or to its own sender:
 * then its To is no subscriber. A List-Id is the list's address with a dot for the @, or of its
 * domain. */
static gboolean
is_list (const ReboundEvidence *evidence, const ReboundFields *fields, const char *list_id,
         const char *to)
{
  const char *post = rebound_fields_get (fields, REBOUND_FIELD_LIST_POST);
  const char *been_there = rebound_fields_get (fields, REBOUND_FIELD_X_BEENTHERE);
  const char *field = rebound_fields_get (fields, REBOUND_FIELD_TO);
  const char *domain = to != NULL ? strchr (to, '@') : NULL;

  if (domain == NULL || strchr (field, ',') != NULL
      || rebound_fields_get (fields, REBOUND_FIELD_CC) != NULL)
    return TRUE;
  return is_list_of (to, evidence->to) || rebound_address_equal (to, evidence->original.from)
         || (post != NULL && strstr (post, to) != NULL)
         || (been_there != NULL && strstr (been_there, to) != NULL)
         || (list_id != NULL && g_str_has_suffix (list_id, domain + 1));
}

void
rebound_keep_original (ReboundEvidence *evidence, const ReboundFields *fields)
{
  ReboundOriginal *original = &evidence->original;
  const char *envelope_id = original->envelope_id;

  if (fields == NULL || fields->fields->len == 0 || original->message_id != NULL)
    return;
  *original = (ReboundOriginal){
    .message_id = keep_bare (evidence, rebound_fields_get (fields, REBOUND_FIELD_MESSAGE_ID)),
    .from = rebound_keep_address (evidence, rebound_fields_get (fields, REBOUND_FIELD_FROM)),
    .to = rebound_keep_address (evidence, rebound_fields_get (fields, REBOUND_FIELD_TO)),
    .subject = rebound_keep (evidence, rebound_fields_get (fields, REBOUND_FIELD_SUBJECT)),
    .date = rebound_keep_date (evidence, rebound_fields_get (fields, REBOUND_FIELD_DATE)),
    .list_id = keep_bare (evidence, rebound_fields_get (fields, REBOUND_FIELD_LIST_ID)),
    .list_unsubscribe =
        rebound_keep (evidence, rebound_fields_get (fields, REBOUND_FIELD_LIST_UNSUBSCRIBE)),
    .envelope_id = envelope_id,
  };
  evidence->original_to_is_list = is_list (evidence, fields, original->list_id, original->to);
  evidence->returned_path =
      rebound_keep_address (evidence, rebound_fields_get (fields, REBOUND_FIELD_RETURN_PATH));
  evidence->list_post =
      rebound_keep_address (evidence, rebound_fields_get (fields, REBOUND_FIELD_LIST_POST));
}

/* The readers. A new source of facts is a function in a file of its own and a line here. */
static void (*const readers[]) (ReboundReading *self) = {
  rebound_read_returned,    rebound_read_delivery_status,
  rebound_read_feedback,    rebound_read_notice,
  rebound_read_disposition, rebound_read_header,
  rebound_read_envelope,    rebound_read_text,
};

/* As rebound_address_equal() does. */
static int
compare_addresses (gconstpointer a, gconstpointer b)
{
  return g_ascii_strcasecmp (a, b);
}

ReboundEvidence *
rebound_evidence_new (const ReboundRules *rules, const ReboundLimits *limits)
{
  ReboundEvidence *self = g_new0 (ReboundEvidence, 1);

  self->strings = g_string_chunk_new (1024);
  self->rules = rules;
  self->limits = limits;
  self->recipients = g_ptr_array_new_with_free_func (recipient_free);
  self->by_address = g_tree_new (compare_addresses);
  self->clues = g_array_new (FALSE, FALSE, sizeof (ReboundClue));
  self->warnings = g_array_new (FALSE, FALSE, sizeof (ReboundWarning));
  self->marked = g_array_new (FALSE, FALSE, sizeof (ReboundMarked));
  return self;
}

static void
read_identity (ReboundReading *self)
{
  ReboundEvidence *evidence = self->evidence;
  const ReboundFields *header = self->message->header;

  evidence->date = rebound_keep_date (evidence, rebound_fields_get (header, REBOUND_FIELD_DATE));
  evidence->message_id =
      keep_bare (evidence, rebound_fields_get (header, REBOUND_FIELD_MESSAGE_ID));
  evidence->from = rebound_keep_address (evidence, rebound_fields_get (header, REBOUND_FIELD_FROM));
  evidence->to = rebound_keep_address (evidence, rebound_fields_get (header, REBOUND_FIELD_TO));
  evidence->report = self->message->report;
  evidence->through_list = rebound_fields_get (header, REBOUND_FIELD_LIST_ID) != NULL
                           || rebound_fields_get (header, REBOUND_FIELD_LIST_POST) != NULL
                           || rebound_fields_get (header, REBOUND_FIELD_LIST_UNSUBSCRIBE) != NULL;
}

static gboolean
has_part (const ReboundMessage *message, ReboundPartRole role, gboolean nested)
{
  for (guint i = 0; i < message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (message->parts, i);

      if (part->role == role && part->nested == nested)
        return TRUE;
    }
  return FALSE;
}

/* Gateways that add a disclaimer send the whole report as a message inside theirs, with the
 * report's own sender outside; a person who forwards one writes under a name of his own. */
static gboolean
is_wrapped (const ReboundMessage *message)
{
  const char *from = rebound_fields_get (message->header, REBOUND_FIELD_FROM);
  g_autofree char *sender = from != NULL ? g_ascii_strdown (from, -1) : NULL;

  if (has_part (message, REBOUND_PART_DELIVERY_STATUS, FALSE)
      || has_part (message, REBOUND_PART_FEEDBACK, FALSE)
      || has_part (message, REBOUND_PART_DISPOSITION, FALSE)
      || !has_part (message, REBOUND_PART_DELIVERY_STATUS, TRUE))
    return FALSE;
  return message->report
         || (sender != NULL
             && (strstr (sender, "mailer-daemon@") != NULL
                 || strstr (sender, "postmaster@") != NULL));
}

ReboundEvidence *
rebound_evidence_read (const ReboundMessage *message, const ReboundEnvelope *envelope,
                       const ReboundRules *rules, const ReboundLimits *limits)
{
  ReboundReading reading = {
    .evidence = rebound_evidence_new (rules, limits),
    .message = message,
    .envelope = envelope,
    .folded = REBOUND_FOLDED_INIT,
    .known = g_string_new (NULL),
    .met = g_ptr_array_new (),
    .nested = is_wrapped (message),
  };

  g_array_append_vals (reading.evidence->warnings, message->warnings->data, message->warnings->len);
  read_identity (&reading);
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    readers[i](&reading);
  rebound_folded_clear (&reading.folded);
  g_string_free (reading.known, TRUE);
  g_ptr_array_unref (reading.met);
  return reading.evidence;
}

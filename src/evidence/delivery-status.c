/* Rebound: the facts of a delivery status notification (RFC 3464, RFC 6533).
 *
 * Real reports break every rule of the format: blank lines within a group and none between
 * two, fields before the group they belong to, unknown types, blanks before colons. So a
 * recipient begins where a field comes that the current one has already.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "reader.h"

typedef struct
{
  ReboundReading *reading;
  ReboundEvidence *evidence;
  ReboundEvidenceRecipient *recipient;
  guint group; /* of the recipient's last field */
  gboolean final, original, action, status, diagnostic;
} StatusReading;

static const struct
{
  const char *prefix;
  ReboundAction action;
} actions[] = {
  { "fail", REBOUND_ACTION_FAILED },       { "delay", REBOUND_ACTION_DELAYED },
  { "deliver", REBOUND_ACTION_DELIVERED }, { "relay", REBOUND_ACTION_RELAYED },
  { "expand", REBOUND_ACTION_EXPANDED },   { "undeliver", REBOUND_ACTION_FAILED },
};

static ReboundAction
read_action (const char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_ascii_strncasecmp (value, actions[i].prefix, strlen (actions[i].prefix)) == 0)
      return actions[i].action;
  return REBOUND_ACTION_NONE;
}

static void
read_envelope_id (StatusReading *self, const char *value)
{
  g_autofree char *decoded = rebound_address_decode_xtext (value);

  self->evidence->original.envelope_id = rebound_keep (self->evidence, decoded);
}

static void
read_reporting_mta (StatusReading *self, const char *value)
{
  if (self->evidence->reporting_mta == NULL)
    self->evidence->reporting_mta = rebound_keep_host (self->evidence, value);
}

static void
read_final (StatusReading *self, const char *value)
{
  self->recipient->address = rebound_keep_address (self->evidence, value);
  self->final = TRUE;
}

/* Blanks and controls before the @, behind the type. */
static gboolean
has_blank_in_address (const char *value)
{
  const char *p = rebound_skip_type (value);

  for (; *p != '\0' && *p != '@'; p++)
    if ((guint8) *p <= ' ')
      return TRUE;
  return FALSE;
}

static void
read_original (StatusReading *self, const char *value)
{
  g_autofree char *decoded = rebound_address_decode_xtext (value);
  g_autofree char *as_it_is = rebound_address_clean (value);

  /* Many give the address as it is: "+20" in it is no space then. */
  if (as_it_is != NULL && strstr (decoded, as_it_is) == NULL && has_blank_in_address (decoded))
    self->recipient->original_address = rebound_keep (self->evidence, as_it_is);
  else
    self->recipient->original_address = rebound_keep_address (self->evidence, decoded);
  self->original = TRUE;
}

static void
read_action_field (StatusReading *self, const char *value)
{
  self->recipient->action = read_action (value);
  self->recipient->action_from = REBOUND_SOURCE_DELIVERY_STATUS;
  self->action = TRUE;
}

/* A refusal in a field that is not for it. */
static void
read_supplement (StatusReading *self, const char *value)
{
  rebound_read_refusal (self->reading, self->recipient, value, strlen (value),
                        REBOUND_SOURCE_DELIVERY_STATUS, FALSE);
}

/* Status: 5.1.1 (comment). Some write an SMTP reply there. */
static void
read_status (StatusReading *self, const char *value)
{
  ReboundClue clue = { .type = REBOUND_CLUE_STATUS, .from = REBOUND_SOURCE_DELIVERY_STATUS };
  gsize n = strspn (value, "0123456789.");
  g_autofree char *code = g_strndup (value, MIN (n, 11));

  self->status = TRUE;
  if (n == 3)
    read_supplement (self, value);
  if (n < 5 || strchr ("245", *code) == NULL || code[1] != '.' || strchr (code + 2, '.') == NULL)
    return;
  clue.value = rebound_keep (self->evidence, code);
  rebound_add_clue (self->evidence, self->recipient, &clue);
}

static void
read_remote_mta (StatusReading *self, const char *value)
{
  if (self->recipient->remote_mta == NULL)
    self->recipient->remote_mta = rebound_keep_host (self->evidence, value);
}

static void
read_diagnostic (StatusReading *self, const char *value)
{
  const char *text = rebound_skip_type (value);
  gboolean remote = g_ascii_strncasecmp (value, "smtp", 4) == 0;

  self->diagnostic = TRUE;
  if (!remote && text[strspn (text, "0123456789 ")] == '\0')
    return; /* "X-Unix; 73": what a program exited with, and no refusal */
  if (self->recipient->diagnostic == NULL)
    {
      gsize n;
      g_autofree char *joined = rebound_codes_join (text, strlen (text), &n);

      self->recipient->diagnostic = rebound_keep (self->evidence, joined);
    }
  rebound_read_refusal (self->reading, self->recipient, text, strlen (text),
                        REBOUND_SOURCE_DELIVERY_STATUS, remote);
}

static void
read_will_retry (StatusReading *self, const char *value)
{
  self->recipient->will_retry_until = rebound_keep_date (self->evidence, value);
}

static const struct
{
  ReboundFieldId id;
  gboolean of_recipient;
  void (*read) (StatusReading *self, const char *value);
} fields[] = {
  { REBOUND_FIELD_REPORTING_MTA, FALSE, read_reporting_mta },
  { REBOUND_FIELD_ORIGINAL_ENVELOPE_ID, FALSE, read_envelope_id },
  { REBOUND_FIELD_ORIGINAL_RECIPIENT, TRUE, read_original },
  { REBOUND_FIELD_FINAL_RECIPIENT, TRUE, read_final },
  { REBOUND_FIELD_ACTION, TRUE, read_action_field },
  { REBOUND_FIELD_STATUS, TRUE, read_status },
  { REBOUND_FIELD_REMOTE_MTA, TRUE, read_remote_mta },
  { REBOUND_FIELD_DIAGNOSTIC_CODE, TRUE, read_diagnostic },
  { REBOUND_FIELD_WILL_RETRY_UNTIL, TRUE, read_will_retry },
  { REBOUND_FIELD_X_SUPPLEMENTARY_INFO, TRUE, read_supplement },
};

static void
begin_recipient (StatusReading *self)
{
  self->recipient = rebound_add_recipient (self->evidence, NULL);
  self->final = self->original = self->action = self->status = self->diagnostic = FALSE;
}

static gboolean
names_final (const ReboundField *field)
{
  return field != NULL && field->id == REBOUND_FIELD_FINAL_RECIPIENT;
}

/* Whether @field is of another recipient than the fields before it. */
static gboolean
begins_recipient (const StatusReading *self, const ReboundField *field, const ReboundField *next)
{
  gboolean apart = field->group != self->group;

  if (self->recipient == NULL)
    return TRUE;
  if (field->id == REBOUND_FIELD_FINAL_RECIPIENT)
    return self->final;
  if (field->id == REBOUND_FIELD_ORIGINAL_RECIPIENT)
    return self->original || (self->final && (apart || names_final (next)));
  if (!apart)
    return FALSE;
  return (field->id == REBOUND_FIELD_ACTION && self->action)
         || (field->id == REBOUND_FIELD_STATUS && self->status)
         || (field->id == REBOUND_FIELD_DIAGNOSTIC_CODE && self->diagnostic);
}

static void
read_field (StatusReading *self, const ReboundField *field, const ReboundField *next)
{
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (field->id == fields[i].id)
      {
        if (fields[i].of_recipient && begins_recipient (self, field, next))
          begin_recipient (self);
        if (!fields[i].of_recipient || self->recipient != NULL)
          fields[i].read (self, field->value);
        self->group = field->group;
      }
}

/* An O/R address of X.400 is none here; the one that the sender wrote is. */
static gboolean
is_or_address (const ReboundEvidenceRecipient *recipient)
{
  return recipient->original_address != NULL && recipient->address != NULL
         && *recipient->address == '/' && strchr (recipient->address, '=') != NULL
         && strchr (recipient->address, '@') == NULL;
}

/* Groups that name nobody: what they say bears on all, if there is anybody. */
static void
drop_nameless (ReboundEvidence *evidence, guint first)
{
  for (guint i = evidence->recipients->len; i-- > first;)
    {
      ReboundEvidenceRecipient *recipient = rebound_evidence_recipient (evidence, i);

      if (recipient->address == NULL || is_or_address (recipient))
        recipient->address = recipient->original_address;
      if (recipient->address != NULL)
        continue;
      for (guint c = 0; c < recipient->clues->len; c++)
        rebound_add_clue (evidence, NULL, &g_array_index (recipient->clues, ReboundClue, c));
      g_ptr_array_remove_index (evidence->recipients, i);
    }
}

/* A recipient that two groups name: the report of an alias that loops, or of one that was
 * given twice. One stays, with the facts of both. */
static void
merge_doubles (ReboundEvidence *evidence, guint new)
{
  for (guint i = new; i < evidence->recipients->len;)
    {
      ReboundEvidenceRecipient *recipient = rebound_evidence_recipient (evidence, i);
      ReboundEvidenceRecipient *first =
          rebound_name_recipient (evidence, recipient, recipient->address);

      if (first == recipient)
        {
          i++;
          continue;
        }
      for (guint c = 0; c < recipient->clues->len; c++)
        rebound_add_clue (evidence, first, &g_array_index (recipient->clues, ReboundClue, c));
      if (first->action != REBOUND_ACTION_FAILED && recipient->action == REBOUND_ACTION_FAILED)
        first->action = REBOUND_ACTION_FAILED;
      g_ptr_array_remove_index (evidence->recipients, i);
    }
}

void
rebound_note_format (ReboundReading *self, const ReboundFields *block)
{
  const GString *text = rebound_known_fields (self, block, REBOUND_AREA_STATUS);

  g_array_unref (rebound_find_hits (self, REBOUND_AREA_STATUS, text->str, text->len));
}

void
rebound_read_status_block (ReboundReading *self, const char *text, gsize length)
{
  g_autoptr (ReboundFields) block =
      rebound_fields_parse (text, length, FALSE, self->evidence->rules, self->message->charsets);
  StatusReading reading = { .reading = self, .evidence = self->evidence };
  guint first = self->evidence->recipients->len;

  for (guint i = 0; i < block->fields->len; i++)
    {
      const ReboundField *field = &g_array_index (block->fields, ReboundField, i);

      read_field (&reading, field, i + 1 < block->fields->len ? field + 1 : NULL);
    }
  drop_nameless (self->evidence, first);
  merge_doubles (self->evidence, first);
  rebound_note_format (self, block);
  self->evidence->delivery_status = TRUE;
}

/* Where the fields of a delivery status stand in a text: gateways show them so. */
static const char *
find_in_text (const ReboundPart *part)
{
  static const char *const names[] = { "Reporting-MTA:", "Final-Recipient:",
                                       "Original-Recipient:" };
  const char *first = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *p = memmem (part->text, part->length, names[i], strlen (names[i]));

      if (p != NULL && (p == part->text || p[-1] == '\n') && (first == NULL || p < first))
        first = p;
    }
  return first;
}

static void
read_text_part (ReboundReading *self, const ReboundPart *part)
{
  const char *start = find_in_text (part);
  const char *end = part->text + part->length;

  if (start != NULL && memmem (start, end - start, "\nAction:", 8) != NULL)
    rebound_read_status_block (self, start, end - start);
}

void
rebound_read_delivery_status (ReboundReading *self)
{
  const GPtrArray *parts = self->message->parts;

  for (guint i = 0; i < parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (parts, i);

      if (part->role == REBOUND_PART_DELIVERY_STATUS && rebound_reading_sees (self, part))
        rebound_read_status_block (self, part->text, part->length);
    }
  for (guint i = 0; i < parts->len && !self->evidence->delivery_status; i++)
    {
      const ReboundPart *part = g_ptr_array_index (parts, i);

      if (part->role == REBOUND_PART_TEXT && rebound_reading_sees (self, part))
        read_text_part (self, part);
    }
}

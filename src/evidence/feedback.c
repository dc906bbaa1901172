/* Rebound: the facts of a feedback report (RFC 5965, RFC 6591), and of complaints that providers
 * send in a form of their own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "reader.h"

void
rebound_read_feedback_block (ReboundReading *self, const char *text, gsize length)
{
  g_autoptr (ReboundFields) fields =
      rebound_fields_parse (text, length, FALSE, self->evidence->rules, self->message->charsets);
  ReboundEvidence *evidence = self->evidence;
  const char *type = rebound_fields_get (fields, REBOUND_FIELD_FEEDBACK_TYPE);
  const char *mta;
  g_autofree char *lower = g_ascii_strdown (type != NULL ? type : "abuse", -1);

  evidence->feedback = TRUE;
  evidence->feedback_type = rebound_keep (evidence, lower);
  mta = rebound_fields_get (fields, REBOUND_FIELD_REPORTING_MTA);
  evidence->reporting_mta = mta != NULL ? rebound_keep_host (evidence, mta) : NULL;
  evidence->original.envelope_id =
      rebound_keep (evidence, rebound_fields_get (fields, REBOUND_FIELD_ORIGINAL_ENVELOPE_ID));
  evidence->mail_from =
      rebound_keep_address (evidence, rebound_fields_get (fields, REBOUND_FIELD_ORIGINAL_MAIL_FROM));
  rebound_read_return_path (evidence, evidence->mail_from);
  for (guint i = 0; i < fields->fields->len; i++)
    {
      const ReboundField *field = &g_array_index (fields->fields, ReboundField, i);

      if (field->id == REBOUND_FIELD_ORIGINAL_RCPT_TO
          || field->id == REBOUND_FIELD_REMOVAL_RECIPIENT)
        rebound_add_address (evidence, field->value);
    }
  rebound_note_format (self, fields);
}

/* Where the report names nobody: the field that Hotmail adds to the returned message, its
 * return path where that tells the member, or its To where that is no list. */
static void
find_complainer (ReboundReading *self)
{
  ReboundEvidence *evidence = self->evidence;
  const ReboundPart *returned = rebound_message_find_part (self->message, REBOUND_PART_RETURNED);
  const char *to = returned != NULL ? rebound_fields_get (returned->fields,
                                                          REBOUND_FIELD_X_HMXMRORIGINALRECIPIENT)
                                    : NULL;

  if (returned != NULL)
    rebound_read_return_path (evidence,
                              rebound_fields_get (returned->fields, REBOUND_FIELD_RETURN_PATH));
  if (to == NULL && evidence->verp == NULL && !evidence->original_to_is_list)
    to = evidence->original.to;
  if (to != NULL)
    rebound_add_address (evidence, to);
}

/* Hotmail's Junk Mail Reporting Program wraps the message it complains of and says so in its
 * header; AOL's older reports only in From and Subject. Rules mark both. */
static gboolean
is_informal (ReboundReading *self)
{
  const ReboundFields *header = self->message->header;
  const char *subject = rebound_fields_get (header, REBOUND_FIELD_SUBJECT);
  g_autoptr (GArray) hits = NULL;

  if (rebound_message_find_part (self->message, REBOUND_PART_RETURNED) == NULL)
    return FALSE;
  if (rebound_fields_get (header, REBOUND_FIELD_X_HMXMRORIGINALRECIPIENT) != NULL)
    return TRUE;
  if (subject == NULL)
    return FALSE;
  hits = rebound_find_hits (self, REBOUND_AREA_SUBJECT, subject, strlen (subject));
  for (guint i = 0; i < hits->len; i++)
    if (rebound_hit_is_mark (&g_array_index (hits, ReboundHit, i), REBOUND_MARK_COMPLAINT))
      return TRUE;
  return FALSE;
}

void
rebound_read_feedback (ReboundReading *self)
{
  ReboundEvidence *evidence = self->evidence;
  const ReboundPart *part = rebound_message_find_part (self->message, REBOUND_PART_FEEDBACK);
  const char *outer =
      rebound_fields_get (self->message->header, REBOUND_FIELD_X_HMXMRORIGINALRECIPIENT);

  if (part != NULL)
    rebound_read_feedback_block (self, part->text, part->length);
  else if (!evidence->delivery_status && is_informal (self))
    {
      evidence->feedback = TRUE;
      evidence->feedback_type = "abuse";
      if (outer != NULL)
        rebound_add_address (evidence, outer);
    }
  if (evidence->feedback && evidence->recipients->len == 0)
    find_complainer (self);
}

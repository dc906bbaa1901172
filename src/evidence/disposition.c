/* Rebound: the facts of a message disposition notification (RFC 8098).
 *
 * Most are read receipts. Dovecot and Sieve (RFC 5429) refuse mail with one: the disposition is
 * "deleted" by an automatic action, and the text says why.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "reader.h"

static const char *const refusals[] = { "deleted", "denied", "failed", "error", "rejected" };

/* manual-action/MDN-sent-manually; deleted */
static gboolean
is_refusal (const char *disposition)
{
  const char *type = strchr (disposition, ';');

  if (type == NULL || g_ascii_strncasecmp (disposition, "automatic-action", 16) != 0)
    return FALSE;
  type += 1 + strspn (type + 1, " ");
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    if (g_ascii_strncasecmp (type, refusals[i], strlen (refusals[i])) == 0)
      return TRUE;
  return FALSE;
}

void
rebound_read_disposition (ReboundReading *self)
{
  const ReboundPart *part = rebound_message_find_part (self->message, REBOUND_PART_DISPOSITION);
  ReboundEvidence *evidence = self->evidence;
  ReboundEvidenceRecipient *recipient;
  g_autoptr (ReboundFields) fields = NULL;
  const char *value;

  if (part == NULL || evidence->delivery_status)
    return;
  fields = rebound_fields_parse (part->text, part->length, FALSE, self->evidence->rules,
                                 self->message->charsets);
  evidence->disposition = TRUE;
  value = rebound_fields_get (fields, REBOUND_FIELD_DISPOSITION);
  evidence->refused = value != NULL && is_refusal (value);
  value = rebound_fields_get (fields, REBOUND_FIELD_FINAL_RECIPIENT);
  recipient = rebound_add_recipient (
      evidence, value != NULL ? rebound_keep_address (evidence, value) : evidence->from);
  value = rebound_fields_get (fields, REBOUND_FIELD_ORIGINAL_RECIPIENT);
  if (recipient != NULL && value != NULL)
    recipient->original_address = rebound_keep_address (evidence, value);
  if (recipient != NULL && evidence->refused)
    recipient->action = REBOUND_ACTION_FAILED;
}

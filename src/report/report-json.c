/* Rebound: a report as JSON, in the form of the contract (rebound-json(5)).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"
#include "report.h"

#define SCHEMA 1

static void
put_facts (GString *out, const ReboundRecipient *self)
{
  rebound_json_begin (out, "evidence", '[');
  for (guint i = 0; i < self->facts->len; i++)
    {
      const ReboundFact *fact = &g_array_index (self->facts, ReboundFact, i);

      rebound_json_begin (out, NULL, '{');
      rebound_json_member (out, "fact", fact->fact);
      rebound_json_member (out, "value", fact->value);
      rebound_json_member (out, "from", rebound_source_to_string (fact->from));
      if (fact->rule != NULL)
        rebound_json_member (out, "rule", fact->rule);
      rebound_json_member (out, "role", rebound_role_to_string (fact->role));
      rebound_json_end (out, '}');
    }
  rebound_json_end (out, ']');
}

static void
put_also (GString *out, const ReboundRecipient *self)
{
  rebound_json_begin (out, "also", '[');
  for (guint i = 0; i < self->n_also; i++)
    rebound_json_item (out, rebound_reason_to_string (self->also[i]));
  rebound_json_end (out, ']');
}

static void
put_trust (GString *out, const char *name, const GArray *trust, gboolean against)
{
  rebound_json_begin (out, name, '[');
  for (guint i = 0; i < trust->len; i++)
    if (g_array_index (trust, ReboundTrust, i).against == against)
      rebound_json_item (out, g_array_index (trust, ReboundTrust, i).what);
  rebound_json_end (out, ']');
}

static void
put_authenticity (GString *out, const ReboundRecipient *self)
{
  if (self->grade == REBOUND_GRADE_NONE)
    {
      rebound_json_member (out, "authenticity", NULL);
      return;
    }
  rebound_json_begin (out, "authenticity", '{');
  rebound_json_member (out, "grade", rebound_grade_to_string (self->grade));
  rebound_json_member (out, "path", rebound_path_to_string (self->path));
  put_trust (out, "for", self->trust, FALSE);
  put_trust (out, "against", self->trust, TRUE);
  rebound_json_end (out, '}');
}

static void
put_recipient (GString *out, const ReboundRecipient *self, const ReboundStyle *style)
{
  const struct
  {
    const char *name, *value;
  } strings[] = {
    { "address", self->address },
    { "original_address", self->original_address },
    { "subscriber", self->subscriber },
    { "subscriber_from", rebound_subscriber_from_to_string (self->subscriber_from) },
    { "action", rebound_action_to_string (self->action) },
    { "reply", self->reply },
    { "status", self->status },
    { "diagnostic", self->diagnostic },
    { "remote_mta", self->remote_mta },
    { "provider", self->provider },
    { "stage", rebound_stage_to_string (self->stage) },
    { "will_retry_until", self->will_retry_until },
    { "moved_to", self->moved_to },
    { "reason", rebound_reason_to_string (self->reason) },
  };

  rebound_json_begin (out, NULL, '{');
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    rebound_json_member (out, strings[i].name, strings[i].value);
  put_also (out, self);
  if (style != NULL && style->taxonomy != NULL)
    rebound_json_member (out, style->taxonomy,
                         rebound_reason_in_taxonomy (self->reason, style->taxonomy));
  rebound_json_member (out, "bounce", rebound_bounce_to_string (self->bounce));
  rebound_json_member (out, "fault", rebound_fault_to_string (self->fault));
  rebound_json_member (out, "unsubscribe", rebound_unsubscribe_to_string (self->unsubscribe));
  put_authenticity (out, self);
  put_facts (out, self);
  rebound_json_end (out, '}');
}

static void
put_original (GString *out, const ReboundOriginal *original)
{
  rebound_json_begin (out, "original", '{');
  rebound_json_member (out, "message_id", original->message_id);
  rebound_json_member (out, "from", original->from);
  rebound_json_member (out, "to", original->to);
  rebound_json_member (out, "subject", original->subject);
  rebound_json_member (out, "date", original->date);
  rebound_json_member (out, "list_id", original->list_id);
  rebound_json_member (out, "list_unsubscribe", original->list_unsubscribe);
  rebound_json_member (out, "envelope_id", original->envelope_id);
  rebound_json_end (out, '}');
}

static void
put_warnings (GString *out, const ReboundReport *self)
{
  guint n;
  const ReboundWarning *warnings = rebound_report_get_warnings (self, &n);

  rebound_json_begin (out, "warnings", '[');
  for (guint i = 0; i < n; i++)
    {
      rebound_json_begin (out, NULL, '{');
      rebound_json_member (out, "code", warnings[i].code);
      rebound_json_member (out, "detail", warnings[i].detail);
      rebound_json_end (out, '}');
    }
  rebound_json_end (out, ']');
}

static void
put_identity (GString *out, const ReboundReport *self, const ReboundStyle *style)
{
  const ReboundEvidence *evidence = self->evidence;
  g_autofree char *source =
      style != NULL && style->source != NULL ? g_utf8_make_valid (style->source, -1) : NULL;

  rebound_json_number (out, "schema", SCHEMA);
  rebound_json_member (out, "source", source);
  rebound_json_number (out, "index", style != NULL ? style->index : 0);
  rebound_json_member (out, "digest", rebound_report_get_digest (self));
  rebound_json_member (out, "kind", rebound_kind_to_string (self->kind));
  rebound_json_member (out, "format", evidence->format);
  rebound_json_member (out, "date", evidence->date);
  rebound_json_member (out, "message_id", evidence->message_id);
  rebound_json_begin (out, "envelope", '{');
  rebound_json_member (out, "sender", evidence->envelope_sender);
  rebound_json_member (out, "recipient", evidence->envelope_recipient);
  rebound_json_end (out, '}');
  rebound_json_member (out, "reporting_mta", evidence->reporting_mta);
  rebound_json_member (out, "feedback_type", evidence->feedback_type);
}

char *
rebound_report_to_json (const ReboundReport *self, const ReboundStyle *style)
{
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (2048);
  rebound_json_begin (out, NULL, '{');
  put_identity (out, self, style);
  put_original (out, &self->evidence->original);
  rebound_json_begin (out, "recipients", '[');
  for (guint i = 0; i < self->recipients->len; i++)
    put_recipient (out, g_ptr_array_index (self->recipients, i), style);
  rebound_json_end (out, ']');
  put_warnings (out, self);
  rebound_json_end (out, '}');
  return g_string_free (out, FALSE);
}

char *
rebound_recipient_to_json (const ReboundRecipient *self, const ReboundStyle *style)
{
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (512);
  put_recipient (out, self, style);
  return g_string_free (out, FALSE);
}

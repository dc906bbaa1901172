/* Rebound: what a message says.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "message/digest.h"
#include "translate.h"

G_DEFINE_BOXED_TYPE (ReboundReport, rebound_report, rebound_report_ref, rebound_report_unref)

static void
recipient_free (gpointer data)
{
  ReboundRecipient *recipient = data;

  g_array_unref (recipient->facts);
  g_clear_pointer (&recipient->trust, g_array_unref);
  g_free (recipient);
}

ReboundReport *
rebound_report_new (ReboundEvidence *evidence)
{
  ReboundReport *self = g_new0 (ReboundReport, 1);

  g_atomic_ref_count_init (&self->references);
  self->evidence = evidence;
  self->recipients = g_ptr_array_new_with_free_func (recipient_free);
  return self;
}

ReboundRecipient *
rebound_report_add_recipient (ReboundReport *self)
{
  ReboundRecipient *recipient = g_new0 (ReboundRecipient, 1);

  recipient->facts = g_array_new (FALSE, FALSE, sizeof (ReboundFact));
  g_ptr_array_add (self->recipients, recipient);
  return recipient;
}

ReboundReport *
rebound_report_ref (ReboundReport *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
rebound_report_unref (ReboundReport *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  rebound_evidence_free (self->evidence);
  g_ptr_array_unref (self->recipients);
  g_clear_pointer (&self->message, g_bytes_unref);
  g_clear_pointer (&self->analyzer, rebound_analyzer_unref);
  g_free (self->digest);
  g_free (self->list);
  g_free (self);
}

/* Each getter hands out what lies in the structure. */
#define REPORT_GETTER(type, name, expression)                                                      \
  type rebound_report_get_##name (const ReboundReport *self)                                       \
  {                                                                                                \
    g_return_val_if_fail (self != NULL, 0);                                                        \
    return expression;                                                                             \
  }

REPORT_GETTER (ReboundKind, kind, self->kind)
REPORT_GETTER (const char *, format, self->evidence->format)
REPORT_GETTER (const char *, date, self->evidence->date)
REPORT_GETTER (const char *, message_id, self->evidence->message_id)
REPORT_GETTER (const char *, envelope_sender, self->evidence->envelope_sender)
REPORT_GETTER (const char *, envelope_recipient, self->evidence->envelope_recipient)
REPORT_GETTER (const char *, reporting_mta, self->evidence->reporting_mta)
REPORT_GETTER (const char *, feedback_type, self->evidence->feedback_type)
REPORT_GETTER (const ReboundOriginal *, original, &self->evidence->original)
REPORT_GETTER (guint, n_recipients, self->recipients->len)

/* Not looked for before somebody asks. Of two threads that ask at once one throws its work away. */
const char *
rebound_report_get_list (const ReboundReport *self)
{
  char **place;
  const char *list;

  g_return_val_if_fail (self != NULL, NULL);

  place = &((ReboundReport *) self)->list;
  if (g_atomic_pointer_get (place) == NULL)
    {
      char *made = rebound_evidence_find_list (self->evidence);

      made = made != NULL ? made : g_strdup ("");
      if (!g_atomic_pointer_compare_and_exchange (place, NULL, made))
        g_free (made);
    }
  list = g_atomic_pointer_get (place);
  return *list != '\0' ? list : NULL;
}

/* SHA-256 takes as long as a tenth of the analysis, and a caller that keeps no history does not
 * need it. Of two threads that ask at once one throws its work away. */
const char *
rebound_report_get_digest (const ReboundReport *self)
{
  char **place;
  char *made;

  g_return_val_if_fail (self != NULL, NULL);

  place = &((ReboundReport *) self)->digest;
  if (g_atomic_pointer_get (place) == NULL && self->message != NULL)
    {
      made = rebound_digest (self->message, self->limits.message_bytes);
      if (!g_atomic_pointer_compare_and_exchange (place, NULL, made))
        g_free (made);
    }
  return g_atomic_pointer_get (place);
}

const ReboundRecipient *
rebound_report_get_recipient (const ReboundReport *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->recipients->len, NULL);

  return g_ptr_array_index (self->recipients, index);
}

static const char *const faults[] = {
  [REBOUND_FAULT_UNKNOWN] = N_ ("fault unknown"),
  [REBOUND_FAULT_NONE] = N_ ("nobody's fault"),
  [REBOUND_FAULT_RECIPIENT] = N_ ("recipient's fault"),
  [REBOUND_FAULT_DOMAIN] = N_ ("domain's fault"),
  [REBOUND_FAULT_MESSAGE] = N_ ("message's fault"),
  [REBOUND_FAULT_SENDER] = N_ ("sender's fault"),
  [REBOUND_FAULT_RECEIVER] = N_ ("receiver's fault"),
  [REBOUND_FAULT_NETWORK] = N_ ("network's fault"),
};

void
rebound_append_fault (GString *out, ReboundFault fault)
{
  g_string_append (out, _ (faults[fault]));
}

const ReboundWarning *
rebound_report_get_warnings (const ReboundReport *self, guint *n_warnings)
{
  g_return_val_if_fail (self != NULL && n_warnings != NULL, NULL);

  *n_warnings = self->evidence->warnings->len;
  return (const ReboundWarning *) self->evidence->warnings->data;
}

#define RECIPIENT_GETTER(type, name)                                                               \
  type rebound_recipient_get_##name (const ReboundRecipient *self)                                 \
  {                                                                                                \
    g_return_val_if_fail (self != NULL, 0);                                                        \
    return self->name;                                                                             \
  }

RECIPIENT_GETTER (const char *, address)
RECIPIENT_GETTER (const char *, original_address)
RECIPIENT_GETTER (const char *, subscriber)
RECIPIENT_GETTER (ReboundSubscriberFrom, subscriber_from)
RECIPIENT_GETTER (ReboundAction, action)
RECIPIENT_GETTER (const char *, reply)
RECIPIENT_GETTER (const char *, status)
RECIPIENT_GETTER (const char *, diagnostic)
RECIPIENT_GETTER (const char *, remote_mta)
RECIPIENT_GETTER (const char *, provider)
RECIPIENT_GETTER (ReboundStage, stage)
RECIPIENT_GETTER (const char *, will_retry_until)
RECIPIENT_GETTER (const char *, moved_to)
RECIPIENT_GETTER (ReboundGrade, grade)
RECIPIENT_GETTER (ReboundPath, path)
RECIPIENT_GETTER (ReboundReason, reason)
RECIPIENT_GETTER (ReboundBounce, bounce)
RECIPIENT_GETTER (ReboundFault, fault)
RECIPIENT_GETTER (ReboundUnsubscribe, unsubscribe)

const ReboundReason *
rebound_recipient_get_also (const ReboundRecipient *self, guint *n_reasons)
{
  g_return_val_if_fail (self != NULL && n_reasons != NULL, NULL);

  *n_reasons = self->n_also;
  return self->also;
}

const ReboundFact *
rebound_recipient_get_evidence (const ReboundRecipient *self, guint *n_evidence)
{
  g_return_val_if_fail (self != NULL && n_evidence != NULL, NULL);

  *n_evidence = self->facts->len;
  return (const ReboundFact *) self->facts->data;
}

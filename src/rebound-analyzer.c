/* Rebound: from a message to a report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound.h"

#include "evidence/evidence.h"
#include "message/message.h"
#include "verdict/verdict.h"

struct _ReboundAnalyzer
{
  gatomicrefcount references;
  ReboundLimits limits;
  const ReboundRules *rules;
  ReboundConverters *converters;
};

G_DEFINE_BOXED_TYPE (ReboundAnalyzer, rebound_analyzer, rebound_analyzer_ref,
                     rebound_analyzer_unref)

ReboundAnalyzer *
rebound_analyzer_new (const ReboundLimits *limits, G_GNUC_UNUSED GError **error)
{
  ReboundAnalyzer *self = g_new0 (ReboundAnalyzer, 1);

  rebound_message_init ();
  g_atomic_ref_count_init (&self->references);
  self->rules = &rebound_builtin_rules;
  self->converters = rebound_converters_new ();
  if (limits != NULL)
    self->limits = *limits;
  else
    rebound_limits_init (&self->limits);
  return self;
}

ReboundAnalyzer *
rebound_analyzer_ref (ReboundAnalyzer *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
rebound_analyzer_unref (ReboundAnalyzer *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  rebound_converters_free (self->converters);
  g_free (self);
}

ReboundReport *
rebound_analyzer_analyze (ReboundAnalyzer *self, GBytes *message, const ReboundEnvelope *envelope,
                          GError **error)
{
  g_autoptr (ReboundMessage) parsed = NULL;
  ReboundReport *report;

  g_return_val_if_fail (self != NULL && message != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  parsed = rebound_message_parse (message, self->converters, self->rules, &self->limits);
  report = rebound_verdict (rebound_evidence_read (parsed, envelope, self->rules, &self->limits));
  report->message = g_bytes_ref (message);
  report->limits = self->limits;
  return report;
}

ReboundReport *
rebound_analyzer_classify (ReboundAnalyzer *self, const char *text, GError **error)
{
  g_return_val_if_fail (self != NULL && text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return rebound_verdict (rebound_evidence_read_reply (text, self->rules, &self->limits));
}

/* Rebound: from a message to a report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound.h"

#include <string.h>

#include "evidence/evidence.h"
#include "message/message.h"
#include "rules/compiler.h"
#include "rules/listing.h"
#include "verdict/verdict.h"
#include "translate.h"

struct _ReboundAnalyzer
{
  gatomicrefcount references;
  ReboundLimits limits;
  const ReboundRules *rules;
  ReboundCompiler *compiler; /* (nullable): has the rules, where files came on top */
  ReboundPolicy *policy;     /* (nullable): what the rules say of the reasons holds */
  ReboundKeys *keys;         /* (nullable): of its return paths */
  ReboundConverters *converters;
};

G_DEFINE_BOXED_TYPE (ReboundAnalyzer, rebound_analyzer, rebound_analyzer_ref,
                     rebound_analyzer_unref)

/* Behind a null byte, as a crash of the machine may leave some, nothing would be read. */
static gboolean
check_whole (const char *file, const char *text, gsize length, GError **error)
{
  guint line = 1;
  const char *start = text;

  if (strlen (text) == length)
    return TRUE;
  for (const char *end; (end = strchr (start, '\n')) != NULL; start = end + 1)
    line++;
  g_set_error (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX,
               "%s:%u:%" G_GSIZE_FORMAT ": %s", file, line, strlen (start) + 1,
               _ ("the file has a null byte"));
  return FALSE;
}

static gboolean
add_files (ReboundCompiler *compiler, const char *const *files, GError **error)
{
  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *text = NULL;
      gsize length;

      if (!g_file_get_contents (files[i], &text, &length, error)
          || !check_whole (files[i], text, length, error)
          || !rebound_compiler_add (compiler, files[i], text, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
compile_files (ReboundAnalyzer *self, const char *const *files, GError **error)
{
  self->compiler = rebound_compiler_new (&rebound_builtin_rules);
  if (!add_files (self->compiler, files, error) || !rebound_compiler_check (self->compiler, error))
    return FALSE;
  self->rules = rebound_compiler_finish (self->compiler);
  return TRUE;
}

/* Of a site that has not said what is its own, no report is graded, and they are not needed. */
static gboolean
read_keys (ReboundAnalyzer *self, GError **error)
{
  const char *file = self->policy != NULL && rebound_policy_knows_site (self->policy)
                         ? rebound_policy_site (self->policy)->keys
                         : NULL;

  if (file != NULL)
    self->keys = rebound_keys_new_from_file (file, error);
  return file == NULL || self->keys != NULL;
}

ReboundAnalyzer *
rebound_analyzer_new_for_site (const ReboundLimits *limits, const char *const *files,
                               ReboundPolicy *policy, GError **error)
{
  g_autoptr (ReboundAnalyzer) self = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  rebound_message_init ();
  self = g_new0 (ReboundAnalyzer, 1);
  g_atomic_ref_count_init (&self->references);
  self->rules = &rebound_builtin_rules;
  self->policy = policy != NULL ? rebound_policy_ref (policy) : NULL;
  self->converters = rebound_converters_new ();
  if (limits != NULL)
    self->limits = *limits;
  else
    rebound_limits_init (&self->limits);
  if (files != NULL && !compile_files (self, files, error))
    return NULL;
  if (!read_keys (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

ReboundAnalyzer *
rebound_analyzer_new (const ReboundLimits *limits, GError **error)
{
  return rebound_analyzer_new_for_site (limits, NULL, NULL, error);
}

ReboundAnalyzer *
rebound_analyzer_new_with_rules (const ReboundLimits *limits, const char *const *files,
                                 GError **error)
{
  g_return_val_if_fail (files != NULL, NULL);

  return rebound_analyzer_new_for_site (limits, files, NULL, error);
}

const ReboundRules *
rebound_analyzer_get_rules (const ReboundAnalyzer *self)
{
  return self->rules;
}

char *
rebound_analyzer_list_rules (const ReboundAnalyzer *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return rebound_rules_list (self->rules);
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
  g_clear_pointer (&self->compiler, rebound_compiler_free);
  g_clear_pointer (&self->policy, rebound_policy_unref);
  g_clear_pointer (&self->keys, rebound_keys_unref);
  g_free (self);
}

ReboundReport *
rebound_analyzer_analyze (ReboundAnalyzer *self, GBytes *message, const ReboundEnvelope *envelope,
                          GError **error)
{
  g_autoptr (ReboundMessage) parsed = NULL;
  g_autoptr (ReboundAuthenticity) authenticity = NULL;
  ReboundEvidence *evidence;
  ReboundReport *report;

  g_return_val_if_fail (self != NULL && message != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  parsed = rebound_message_parse (message, self->converters, self->rules, &self->limits);
  evidence = rebound_evidence_read (parsed, envelope, self->rules, &self->limits);
  if (self->policy != NULL && rebound_policy_knows_site (self->policy))
    authenticity =
        rebound_authenticity_new (self->policy, self->keys, message, envelope, evidence);
  report = rebound_verdict (evidence, self->policy, authenticity);
  report->analyzer = rebound_analyzer_ref (self);
  report->message = g_bytes_ref (message);
  report->limits = self->limits;
  return report;
}

/* A notice in JSON says as much to whom it is posted as to whom it is mailed. %NULL where @text is
 * none that names a recipient. */
static ReboundEvidence *
read_notice (ReboundAnalyzer *self, const char *text)
{
  g_autoptr (ReboundMessage) parsed = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (ReboundEvidence) evidence = NULL;
  char *mail;

  if (!rebound_evidence_may_be_notice (text, strlen (text)))
    return NULL;
  mail = g_strconcat ("Content-Type: text/plain; charset=UTF-8\n\n", text, NULL);
  message = g_bytes_new_take (mail, strlen (mail));
  parsed = rebound_message_parse (message, self->converters, self->rules, &self->limits);
  evidence = rebound_evidence_read (parsed, NULL, self->rules, &self->limits);
  return evidence->notice && evidence->recipients->len > 0 ? g_steal_pointer (&evidence) : NULL;
}

ReboundReport *
rebound_analyzer_classify (ReboundAnalyzer *self, const char *text, GError **error)
{
  ReboundEvidence *evidence;
  ReboundReport *report;

  g_return_val_if_fail (self != NULL && text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  evidence = read_notice (self, text);
  if (evidence == NULL)
    evidence = rebound_evidence_read_reply (text, self->rules, &self->limits);
  report = rebound_verdict (evidence, self->policy, NULL);
  report->analyzer = rebound_analyzer_ref (self);
  return report;
}

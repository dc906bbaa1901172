/* Rebound: from a message to a report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(REBOUND_INSIDE) && !defined(REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-limits.h"
#include "rebound-policy.h"
#include "rebound-report.h"

G_BEGIN_DECLS

/**
 * ReboundAnalyzer:
 *
 * Reads messages. It does not change once made, so several threads may share one. It reads
 * no configuration, environment or clock.
 */
typedef struct _ReboundAnalyzer ReboundAnalyzer;

#define REBOUND_TYPE_ANALYZER (rebound_analyzer_get_type ())
REBOUND_API GType rebound_analyzer_get_type (void);

/**
 * ReboundEnvelope:
 * @sender: (nullable): the envelope sender, "" for the null reverse-path, %NULL where not known
 * @recipient: (nullable): the envelope recipient, %NULL where not known
 * @received: when the message arrived, in seconds since 1970; 0 where not known
 * @find_path: (nullable): the address behind a digest in a signed return path, as
 *   rebound_store_find_path() finds it; (transfer full) (nullable)
 * @find_data: for @find_path
 *
 * With which envelope a message came in, where the caller knows it.
 */
typedef struct
{
  const char *sender;
  const char *recipient;
  gint64 received;
  char *(*find_path) (const char *digest, gpointer data);
  gpointer find_data;
} ReboundEnvelope;

#define REBOUND_RULES_ERROR (rebound_rules_error_quark ())
REBOUND_API GQuark rebound_rules_error_quark (void);

/**
 * ReboundRulesError:
 * @REBOUND_RULES_ERROR_SYNTAX: a rule file is not in the form of rebound-rules(5); the message says
 *   where and why
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_RULES_ERROR_SYNTAX,
} ReboundRulesError;

/**
 * rebound_analyzer_new:
 * @limits: (nullable): how much of a message is read; %NULL for the defaults
 * @error: return location for an error
 *
 * Returns: (transfer full): a new analyzer, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundAnalyzer *rebound_analyzer_new (const ReboundLimits *limits, GError **error);

/**
 * rebound_analyzer_new_with_rules:
 * @limits: (nullable): as for rebound_analyzer_new()
 * @files: (array zero-terminated=1) (element-type filename): rule files, rebound-rules(5)
 * @error: return location for an error: of %G_FILE_ERROR where a file cannot be read, of
 *   %REBOUND_RULES_ERROR where it is wrong
 *
 * Knows what is built in, and on top of it what the files say: what one gives that has a name goes
 * before what was known by that name, and a later file before an earlier one. The files are read
 * now, and not again.
 *
 * Returns: (transfer full): a new analyzer, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundAnalyzer *rebound_analyzer_new_with_rules (const ReboundLimits *limits,
                                                              const char *const *files,
                                                              GError **error);

/**
 * rebound_analyzer_new_for_site:
 * @limits: (nullable): as for rebound_analyzer_new()
 * @files: (nullable) (array zero-terminated=1) (element-type filename): as for
 *   rebound_analyzer_new_with_rules()
 * @policy: (nullable): what the reasons mean, and what the site's own return paths and domains are;
 *   %NULL for the policy that is built in
 * @error: return location for an error: as for rebound_analyzer_new_with_rules(), or of
 *   #ReboundVerpError where the keys that @policy names cannot be used
 *
 * Returns: (transfer full): a new analyzer, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundAnalyzer *rebound_analyzer_new_for_site (const ReboundLimits *limits,
                                                            const char *const *files,
                                                            ReboundPolicy *policy, GError **error);

/**
 * rebound_analyzer_list_rules:
 * @self: an analyzer
 *
 * Returns: (transfer full): the rules it knows, a line for each: keyword, name and what it says,
 * with a tab between Since: 0.1
 */
REBOUND_API char *rebound_analyzer_list_rules (const ReboundAnalyzer *self);

REBOUND_API ReboundAnalyzer *rebound_analyzer_ref (ReboundAnalyzer *self);
REBOUND_API void rebound_analyzer_unref (ReboundAnalyzer *self);

/**
 * rebound_analyzer_analyze:
 * @self: an analyzer
 * @message: one message as it came, with or without an mbox `From ` line
 * @envelope: (nullable): its envelope, where known
 * @error: return location for an error
 *
 * What the message is and what it says of each recipient. "Not a bounce" and "broken MIME"
 * are results, not errors.
 *
 * Returns: (transfer full): a report, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundReport *rebound_analyzer_analyze (ReboundAnalyzer *self, GBytes *message,
                                                     const ReboundEnvelope *envelope,
                                                     GError **error);

/**
 * rebound_analyzer_classify:
 * @self: an analyzer
 * @text: an SMTP reply, of one line or several, a log line or a program's error that holds one, a
 *   transcript, or a sending service's event in JSON
 * @error: return location for an error
 *
 * The verdict on a bare refusal. The report has one recipient at least, its address set where @text
 * names one; a transcript, a notice, and a list of refusals, may have several. #ReboundPaste makes
 * such texts of the lines of a longer one.
 *
 * Returns: (transfer full): a report, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundReport *rebound_analyzer_classify (ReboundAnalyzer *self, const char *text,
                                                      GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundAnalyzer, rebound_analyzer_unref)

G_END_DECLS

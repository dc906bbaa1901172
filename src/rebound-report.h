/* Rebound: what a message says.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * ReboundReport:
 *
 * The sealed result of an analysis. All strings it gives out are valid UTF-8, belong to it
 * and live as long as it does; a fact that the message does not state is %NULL.
 */
typedef struct _ReboundReport ReboundReport;

/**
 * ReboundRecipient:
 *
 * What a report says of one recipient. It belongs to its report.
 */
typedef struct _ReboundRecipient ReboundRecipient;

#define REBOUND_TYPE_REPORT (rebound_report_get_type ())
REBOUND_API GType rebound_report_get_type (void);

REBOUND_API ReboundReport *rebound_report_ref (ReboundReport *self);
REBOUND_API void rebound_report_unref (ReboundReport *self);

/**
 * rebound_report_get_kind:
 * @self: a report
 *
 * Returns: what the message is
 * Since: 0.1
 */
REBOUND_API ReboundKind rebound_report_get_kind (const ReboundReport *self);

/**
 * rebound_report_get_format:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the mail system that wrote the report, as the rule
 *   files name it
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_format (const ReboundReport *self);

/**
 * rebound_report_get_digest:
 * @self: a report
 *
 * It is made when it is first asked for; until the report goes it holds on to the message.
 *
 * Returns: (transfer none) (nullable): "sha256:" and the digest of the message without its
 *   `From ` line and trace fields, so that a second delivery of the same mail has the same one;
 *   %NULL of a bare reply
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_digest (const ReboundReport *self);

/**
 * rebound_report_get_date:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the Date field in UTC, in the form of RFC 3339
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_date (const ReboundReport *self);

/**
 * rebound_report_get_message_id:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the Message-ID without angle brackets
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_message_id (const ReboundReport *self);

/**
 * rebound_report_get_envelope_sender:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the envelope sender, "" for the null reverse-path
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_envelope_sender (const ReboundReport *self);

/**
 * rebound_report_get_envelope_recipient:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the address the report was delivered to, from the
 *   caller or from Delivered-To (RFC 9228) and its kin
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_envelope_recipient (const ReboundReport *self);

/**
 * rebound_report_get_reporting_mta:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the host that wrote the report
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_reporting_mta (const ReboundReport *self);

/**
 * rebound_report_get_feedback_type:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the Feedback-Type of RFC 5965, lower-cased
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_feedback_type (const ReboundReport *self);

/**
 * ReboundOriginal:
 * @message_id: (nullable): without angle brackets
 * @from: (nullable): the first address of From
 * @to: (nullable): the first address of To
 * @subject: (nullable): decoded
 * @date: (nullable): in UTC, in the form of RFC 3339
 * @list_id: (nullable): the List-Id without its angle brackets and phrase
 * @list_unsubscribe: (nullable): the List-Unsubscribe field (RFC 2369)
 * @envelope_id: (nullable): the ENVID of RFC 3461, decoded
 *
 * The message that was returned.
 *
 * Since: 0.1
 */
typedef struct
{
  const char *message_id;
  const char *from;
  const char *to;
  const char *subject;
  const char *date;
  const char *list_id;
  const char *list_unsubscribe;
  const char *envelope_id;
} ReboundOriginal;

/**
 * rebound_report_get_original:
 * @self: a report
 *
 * Returns: (transfer none): what is known of the returned message
 * Since: 0.1
 */
REBOUND_API const ReboundOriginal *rebound_report_get_original (const ReboundReport *self);

/**
 * rebound_report_get_list:
 * @self: a report
 *
 * Returns: (nullable) (transfer none): the address of the list whose mail it was, in lower case, out
 *   of the return path or of the returned message
 * Since: 0.1
 */
REBOUND_API const char *rebound_report_get_list (const ReboundReport *self);

/**
 * rebound_report_get_n_recipients:
 * @self: a report
 *
 * Returns: how many recipients the report is about
 * Since: 0.1
 */
REBOUND_API guint rebound_report_get_n_recipients (const ReboundReport *self);

/**
 * rebound_report_get_recipient:
 * @self: a report
 * @index: less than rebound_report_get_n_recipients()
 *
 * Returns: (transfer none): one of them
 * Since: 0.1
 */
REBOUND_API const ReboundRecipient *rebound_report_get_recipient (const ReboundReport *self,
                                                                  guint index);

/**
 * ReboundWarning:
 * @code: the kind of trouble, one of a fixed set
 * @detail: (nullable): what it was about
 *
 * Something in the message that could not be read as it stands.
 *
 * Since: 0.1
 */
typedef struct
{
  const char *code;
  const char *detail;
} ReboundWarning;

/**
 * rebound_report_get_warnings:
 * @self: a report
 * @n_warnings: (out): their number
 *
 * Returns: (transfer none) (array length=n_warnings): what could not be read
 * Since: 0.1
 */
REBOUND_API const ReboundWarning *rebound_report_get_warnings (const ReboundReport *self,
                                                               guint *n_warnings);

/**
 * rebound_recipient_get_address:
 * @self: a recipient
 *
 * Returns: (nullable) (transfer none): the address the report is about
 * Since: 0.1
 */
REBOUND_API const char *rebound_recipient_get_address (const ReboundRecipient *self);

/**
 * rebound_recipient_get_original_address:
 * @self: a recipient
 *
 * Returns: (nullable) (transfer none): the address the mail was first sent to, where the
 *   report says so
 * Since: 0.1
 */
REBOUND_API const char *rebound_recipient_get_original_address (const ReboundRecipient *self);

/**
 * rebound_recipient_get_subscriber:
 * @self: a recipient
 *
 * Returns: (nullable) (transfer none): the member of the list; behind a forwarding the
 *   failing address is not the subscribed one
 * Since: 0.1
 */
REBOUND_API const char *rebound_recipient_get_subscriber (const ReboundRecipient *self);
REBOUND_API ReboundSubscriberFrom
rebound_recipient_get_subscriber_from (const ReboundRecipient *self);

REBOUND_API ReboundAction rebound_recipient_get_action (const ReboundRecipient *self);

/**
 * rebound_recipient_get_reply:
 * @self: a recipient
 *
 * Returns: (nullable) (transfer none): the three digits of the remote server's reply
 * Since: 0.1
 */
REBOUND_API const char *rebound_recipient_get_reply (const ReboundRecipient *self);

/**
 * rebound_recipient_get_status:
 * @self: a recipient
 *
 * Returns: (nullable) (transfer none): the most specific enhanced status code (RFC 3463) that
 *   the message states for this recipient
 * Since: 0.1
 */
REBOUND_API const char *rebound_recipient_get_status (const ReboundRecipient *self);

/**
 * rebound_recipient_get_grade:
 * @self: a recipient
 *
 * Returns: how far what is said of this recipient can be trusted
 * Since: 0.1
 */
REBOUND_API ReboundGrade rebound_recipient_get_grade (const ReboundRecipient *self);

/**
 * rebound_recipient_get_path:
 * @self: a recipient
 *
 * Returns: what was sent to this recipient, as far as the return path tells
 * Since: 0.1
 */
REBOUND_API ReboundPath rebound_recipient_get_path (const ReboundRecipient *self);

/**
 * rebound_recipient_get_diagnostic:
 * @self: a recipient
 *
 * Returns: (nullable) (transfer none): the words of the refusal, on one line
 * Since: 0.1
 */
REBOUND_API const char *rebound_recipient_get_diagnostic (const ReboundRecipient *self);

REBOUND_API const char *rebound_recipient_get_remote_mta (const ReboundRecipient *self);
REBOUND_API const char *rebound_recipient_get_provider (const ReboundRecipient *self);
REBOUND_API ReboundStage rebound_recipient_get_stage (const ReboundRecipient *self);
REBOUND_API const char *rebound_recipient_get_will_retry_until (const ReboundRecipient *self);
REBOUND_API const char *rebound_recipient_get_moved_to (const ReboundRecipient *self);
REBOUND_API ReboundReason rebound_recipient_get_reason (const ReboundRecipient *self);

/**
 * rebound_recipient_get_also:
 * @self: a recipient
 * @n_reasons: (out): their number
 *
 * Returns: (transfer none) (array length=n_reasons): further reasons an ambiguous text leaves
 *   open
 * Since: 0.1
 */
REBOUND_API const ReboundReason *rebound_recipient_get_also (const ReboundRecipient *self,
                                                             guint *n_reasons);

REBOUND_API ReboundBounce rebound_recipient_get_bounce (const ReboundRecipient *self);
REBOUND_API ReboundFault rebound_recipient_get_fault (const ReboundRecipient *self);
REBOUND_API ReboundUnsubscribe rebound_recipient_get_unsubscribe (const ReboundRecipient *self);

/**
 * ReboundFact:
 * @fact: what was read: "phrase", "status", "reply", "stage", "action", …
 * @value: what it says
 * @from: where in the message it stands
 * @rule: (nullable): the rule that knows it
 * @role: what it did for the verdict
 *
 * Since: 0.1
 */
typedef struct
{
  const char *fact;
  const char *value;
  ReboundSource from;
  const char *rule;
  ReboundRole role;
} ReboundFact;

/**
 * rebound_recipient_get_evidence:
 * @self: a recipient
 * @n_evidence: (out): their number
 *
 * Returns: (transfer none) (array length=n_evidence): the facts behind the verdict, the
 *   decisive one first
 * Since: 0.1
 */
REBOUND_API const ReboundFact *rebound_recipient_get_evidence (const ReboundRecipient *self,
                                                               guint *n_evidence);

/**
 * ReboundStyle:
 * @source: (nullable): where the message came from, for the reader
 * @index: the message's place in @source, from 0
 * @taxonomy: (nullable): another system's names to print beside the reasons, one of
 *   rebound_taxonomies()
 * @explain: show every fact behind the verdict (text only; the JSON has them always)
 * @color: use the colours of an ANSI terminal (text only)
 * @width: columns of the terminal, 0 for 80 (rebound_explain_to_text() only)
 *
 * How a report is written.
 *
 * Since: 0.1
 */
typedef struct
{
  const char *source;
  guint index;
  const char *taxonomy;
  gboolean explain;
  gboolean color;
  guint width;
} ReboundStyle;

/**
 * rebound_report_to_json:
 * @self: a report
 * @style: (nullable): how to write it
 *
 * Returns: (transfer full): one JSON object on one line, without a line end
 * Since: 0.1
 */
REBOUND_API char *rebound_report_to_json (const ReboundReport *self, const ReboundStyle *style);

/**
 * rebound_report_to_text:
 * @self: a report
 * @style: (nullable): how to write it
 *
 * Returns: (transfer full): the report for a person, of one line or several
 * Since: 0.1
 */
REBOUND_API char *rebound_report_to_text (const ReboundReport *self, const ReboundStyle *style);

/**
 * rebound_recipient_to_json:
 * @self: a recipient
 * @style: (nullable): how to write it
 *
 * Returns: (transfer full): the recipient's object of the report's JSON
 * Since: 0.1
 */
REBOUND_API char *rebound_recipient_to_json (const ReboundRecipient *self,
                                             const ReboundStyle *style);

/**
 * rebound_recipient_to_text:
 * @self: a recipient
 * @style: (nullable): how to write it
 *
 * Returns: (transfer full): the recipient's lines of the report for a person
 * Since: 0.1
 */
REBOUND_API char *rebound_recipient_to_text (const ReboundRecipient *self,
                                             const ReboundStyle *style);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundReport, rebound_report_unref)

G_END_DECLS

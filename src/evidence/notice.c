/* Rebound: the facts of Amazon SES's notices, which are JSON.
 *
 * SES publishes what becomes of a mail to a topic of SNS, and this mails it to whom the operator
 * has named: the JSON alone, or as a string within an envelope of SNS. "notificationType" has those
 * of an identity, "eventType" those of a configuration set; otherwise they are the same.
 *
 * What a bounce says of its recipients are the fields of a delivery status notification, and what a
 * complaint says those of a feedback report. So they are written as such, and the readers of these
 * read them. What SES concludes itself stands there as "bounceType: …, bounceSubType: …" for the
 * rules.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "json.h"
#include "message/scan.h"
#include "message/warnings.h"
#include "reader.h"
#include "translate.h"

typedef struct
{
  ReboundReading *reading;
  GHashTable *values;
} Notice;

typedef struct
{
  const char *type;
  const char *object;     /* what is said of the event */
  const char *recipients; /* an array of addresses, or of objects with an "emailAddress" */
  const char *action;
} Event;

/* SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS". The others
 * (Send, Open, Click, Subscription) tell of no delivery. */
static const Event events[] = {
  { "Bounce", "bounce", "bounce.bouncedRecipients", "failed" },
  { "Complaint", "complaint", "complaint.complainedRecipients", "failed" },
  { "Delivery", "delivery", "delivery.recipients", "delivered" },
  { "DeliveryDelay", "deliveryDelay", "deliveryDelay.delayedRecipients", "delayed" },
  { "Reject", "reject", "mail.destination", "failed" },
  { "Rendering Failure", "failure", "mail.destination", "failed" },
};

/* What SES concludes itself; %s is the object. */
static const char *const conclusions[] = { "notificationType", "eventType",     "%s.bounceType",
                                           "%s.bounceSubType", "%s.delayType",  "%s.reason",
                                           "%s.complaintSubType" };

static const char *G_GNUC_PRINTF (2, 3)
get (const Notice *self, const char *format, ...)
{
  g_autofree char *path = NULL;
  va_list arguments;

  va_start (arguments, format);
  path = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return g_hash_table_lookup (self->values, path);
}

static const char *
get_type (const Notice *self)
{
  const char *type = get (self, "notificationType");

  return type != NULL ? type : get (self, "eventType");
}

/* No more of a value, for what is said of all is written for each recipient. */
#define LONGEST_VALUE 1000

/* A field in one line; none without a value. */
static void
put (GString *block, const char *name, const char *type, const char *value)
{
  const char *end;

  if (value == NULL)
    return;
  end = value + rebound_cut_length (value, LONGEST_VALUE);
  g_string_append_printf (block, "%s: %s", name, type);
  for (; value < end; value++)
    g_string_append_c (block, g_ascii_iscntrl (*value) ? ' ' : *value);
  g_string_append_c (block, '\n');
}

/* Written as a delivery status (RFC 3464) */

/* These leave it to the server's words, where there are any. */
static gboolean
is_vague (const Notice *self)
{
  static const char *const types[] = { "General", "NoEmail", "Undetermined" };
  const char *type = get (self, "bounce.bounceSubType");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_strcmp0 (type, types[i]) == 0)
      return TRUE;
  return FALSE;
}

static char *
get_conclusion (const Notice *self, const Event *event)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (conclusions); i++)
    {
      gboolean below = g_str_has_prefix (conclusions[i], "%s.");
      const char *name = conclusions[i] + (below ? 3 : 0);
      const char *value = below ? get (self, "%s.%s", event->object, name) : get (self, "%s", name);

      if (value != NULL)
        g_string_append_printf (text, "%s%s: %s", text->len > 0 ? ", " : "", name, value);
    }
  return g_string_free (text, FALSE);
}

static const char *
get_address (const Notice *self, const Event *event, guint i)
{
  const char *address = get (self, "%s.%u.emailAddress", event->recipients, i);

  return address != NULL ? address : get (self, "%s.%u", event->recipients, i);
}

static void
put_recipient (const Notice *self, const Event *event, guint i, const char *conclusion,
               GString *block)
{
  const char *action = get (self, "%s.%u.action", event->recipients, i);
  const char *status = get (self, "%s.%u.status", event->recipients, i);
  const char *diagnostic = get (self, "%s.%u.diagnosticCode", event->recipients, i);
  const char *response = get (self, "%s.smtpResponse", event->object);

  put (block, "\nFinal-Recipient", "rfc822; ", get_address (self, event, i));
  put (block, "Action", "", action != NULL ? action : event->action);
  put (block, "Status", "", status);
  put (block, "Remote-MTA", "dns; ", get (self, "%s.remoteMtaIp", event->object));
  put (block, "Diagnostic-Code", "", diagnostic);
  put (block, "Diagnostic-Code", "smtp; ", response);
  put (block, "Diagnostic-Code", "X-SES; ", get (self, "%s.errorMessage", event->object));
  put (block, "Will-Retry-Until", "", get (self, "%s.expirationTime", event->object));
  if (!is_vague (self) || (status == NULL && diagnostic == NULL))
    put (block, "X-Supplementary-Info", "", conclusion);
}

/* What is said of all recipients is read again for each. */
static gboolean
has_room (const Notice *self, const GString *block)
{
  ReboundEvidence *evidence = self->reading->evidence;

  if (block->len < evidence->limits->text_bytes)
    return TRUE;
  rebound_warn (evidence->warnings, "truncated", N_ ("recipients of a notice beyond the limit"));
  return FALSE;
}

static void
read_status (const Notice *self, const Event *event)
{
  g_autoptr (GString) block = g_string_new (NULL);
  g_autofree char *conclusion = get_conclusion (self, event);
  guint limit = self->reading->evidence->limits->recipients;

  put (block, "Notification-Type", "", get_type (self));
  put (block, "Reporting-MTA", "", get (self, "%s.reportingMTA", event->object));
  for (guint i = 0;
       i <= limit && get_address (self, event, i) != NULL && has_room (self, block); i++)
    put_recipient (self, event, i, conclusion, block);
  rebound_read_status_block (self->reading, block->str, block->len);
}

/* Written as a feedback report (RFC 5965). Providers seldom name who has complained; then SES names
 * everybody at that provider to whom it sent the mail. */

/* An address is on the account's list because its owner complained before; SES calls it a complaint
 * again (OnAccountSuppressionList) that it does not send to it. */
static gboolean
is_complaint (const Notice *self, const Event *event)
{
  const char *type = get (self, "complaint.complaintSubType");

  return g_str_equal (event->type, "Complaint")
         && (type == NULL || !g_str_has_suffix (type, "SuppressionList"));
}

static void
read_complaint (const Notice *self, const Event *event)
{
  const char *type = get (self, "complaint.complaintFeedbackType");
  g_autoptr (GString) block = g_string_new (NULL);
  guint limit = self->reading->evidence->limits->recipients;

  put (block, "Notification-Type", "", get_type (self));
  put (block, "Feedback-Type", "", type);
  for (guint i = 0; i <= limit && get_address (self, event, i) != NULL; i++)
    put (block, "Original-Rcpt-To", "", get_address (self, event, i));
  rebound_read_feedback_block (self->reading, block->str, block->len);
  if (type == NULL)
    self->reading->evidence->feedback_type = NULL;
  self->reading->evidence->one_of_them = get_address (self, event, 1) != NULL;
}

/* The mail that it is about */

/* "mail.headers" has what the operator's program gave to SES. It is there where he has asked for
 * it, up to 10 KB of it. */
static void
add_header (const Notice *self, ReboundFields *fields)
{
  const char *name;

  for (guint i = 0; (name = get (self, "mail.headers.%u.name", i)) != NULL; i++)
    {
      const char *value = get (self, "mail.headers.%u.value", i);

      if (value != NULL)
        rebound_fields_add (fields, name, value, strlen (value), 0);
    }
}

/* An array of @path; one value of many addresses, as of a field. */
static void
add_joined (const Notice *self, ReboundFields *fields, const char *name, const char *path)
{
  g_autoptr (GString) value = g_string_new (NULL);
  const char *item;

  for (guint i = 0; (item = get (self, "%s.%u", path, i)) != NULL; i++)
    g_string_append_printf (value, "%s%s", i > 0 ? ", " : "", item);
  if (value->len > 0)
    rebound_fields_add (fields, name, value->str, value->len, 0);
}

static void
add_single (const Notice *self, ReboundFields *fields, const char *name, const char *path)
{
  const char *value = get (self, "%s", path);

  if (value != NULL)
    rebound_fields_add (fields, name, value, strlen (value), 0);
}

/* Of each field the first counts: the header's own, then those that SES repeats, then what it knows
 * by itself. */
static void
read_original (const Notice *self)
{
  ReboundEvidence *evidence = self->reading->evidence;
  g_autoptr (ReboundFields) fields =
      rebound_fields_new (evidence->rules, self->reading->message->charsets);

  add_header (self, fields);
  add_joined (self, fields, "From", "mail.commonHeaders.from");
  add_joined (self, fields, "To", "mail.commonHeaders.to");
  add_single (self, fields, "Subject", "mail.commonHeaders.subject");
  add_single (self, fields, "Date", "mail.commonHeaders.date");
  add_single (self, fields, "Message-ID", "mail.commonHeaders.messageId");
  add_single (self, fields, "From", "mail.source");
  add_joined (self, fields, "To", "mail.destination");
  add_single (self, fields, "Date", "mail.timestamp");
  add_single (self, fields, "Message-ID", "mail.messageId");
  rebound_keep_original (evidence, fields);
  rebound_read_return_path (evidence, get (self, "mail.source"));
}

/* A notice that came without a header. */
static void
read_identity (const Notice *self, const Event *event)
{
  ReboundEvidence *evidence = self->reading->evidence;

  if (evidence->date == NULL)
    evidence->date = rebound_keep_date (evidence, get (self, "%s.timestamp", event->object));
  if (evidence->message_id == NULL)
    evidence->message_id = rebound_keep (evidence, get (self, "%s.feedbackId", event->object));
}

static void
read_event (const Notice *self, const Event *event)
{
  read_original (self);
  read_identity (self, event);
  if (is_complaint (self, event))
    read_complaint (self, event);
  else
    read_status (self, event);
}

/* The notice in a text, out of SNS's envelope where it is in one. */
static GHashTable *
find_notice (ReboundReading *self, const ReboundPart *part)
{
  GArray *warnings = self->evidence->warnings;
  GHashTable *values = rebound_json_find (part->text, part->length, warnings);
  const char *message = values != NULL ? g_hash_table_lookup (values, "Message") : NULL;
  GHashTable *inner = NULL;

  if (message == NULL)
    return values;
  inner = rebound_json_find (message, strlen (message), warnings);
  g_hash_table_unref (values);
  return inner;
}

gboolean
rebound_evidence_may_be_notice (const char *text, gsize length)
{
  static const char *const names[] = { "notificationType", "eventType", "TopicArn" };
  const char *p = text;

  while (g_ascii_isspace (*p))
    p++;
  if (*p != '{' && !g_str_has_prefix (p, "\xef\xbb\xbf"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (memmem (text, length, names[i], strlen (names[i])) != NULL)
      return TRUE;
  return FALSE;
}

static const ReboundPart *
find_part (const ReboundReading *self)
{
  for (guint i = 0; i < self->message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (self->message->parts, i);

      if (part->role == REBOUND_PART_TEXT && rebound_reading_sees (self, part))
        return rebound_evidence_may_be_notice (part->text, part->length) ? part : NULL;
    }
  return NULL;
}

static const Event *
find_event (const Notice *self)
{
  const char *type = self->values != NULL ? get_type (self) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (g_strcmp0 (type, events[i].type) == 0)
      return &events[i];
  return NULL;
}

/* Others than SES have such types, too. Its mail is left out by those who pass a notice on, or show
 * one. */
static gboolean
is_notice (const Notice *self, const Event *event)
{
  if (self->values == NULL || get_type (self) == NULL)
    return FALSE;
  return get (self, "mail.messageId") != NULL
         || (event != NULL && get_address (self, event, 0) != NULL);
}

void
rebound_read_notice (ReboundReading *self)
{
  const ReboundPart *part = find_part (self);
  g_autoptr (GHashTable) values = NULL;
  Notice notice = { .reading = self };
  const Event *event;

  if (part == NULL || self->evidence->delivery_status || self->evidence->feedback)
    return;
  notice.values = values = find_notice (self, part);
  event = find_event (&notice);
  self->evidence->notice = is_notice (&notice, event);
  if (self->evidence->notice && event != NULL)
    read_event (&notice, event);
}

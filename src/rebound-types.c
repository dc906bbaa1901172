/* Rebound: the names of the vocabulary.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound.h"

#include <string.h>

#include "translate.h"

static const char *const kinds[] = {
  [REBOUND_KIND_OTHER] = NC_ ("kind", "other"),
  [REBOUND_KIND_BOUNCE] = NC_ ("kind", "bounce"),
  [REBOUND_KIND_DELAY] = NC_ ("kind", "delay"),
  [REBOUND_KIND_DELIVERED] = NC_ ("kind", "delivered"),
  [REBOUND_KIND_AUTO_REPLY] = NC_ ("kind", "auto-reply"),
  [REBOUND_KIND_CHALLENGE] = NC_ ("kind", "challenge"),
  [REBOUND_KIND_DISPOSITION] = NC_ ("kind", "disposition"),
  [REBOUND_KIND_COMPLAINT] = NC_ ("kind", "complaint"),
};

static const char *const reasons[] = {
  [REBOUND_REASON_UNCLASSIFIED] = "unclassified",
  [REBOUND_REASON_USER_UNKNOWN] = "user-unknown",
  [REBOUND_REASON_USER_MOVED] = "user-moved",
  [REBOUND_REASON_USER_INACTIVE] = "user-inactive",
  [REBOUND_REASON_ADDRESS_INVALID] = "address-invalid",
  [REBOUND_REASON_MAILBOX_FULL] = "mailbox-full",
  [REBOUND_REASON_RECIPIENT_REFUSED] = "recipient-refused",
  [REBOUND_REASON_DOMAIN_UNKNOWN] = "domain-unknown",
  [REBOUND_REASON_DOMAIN_REFUSING] = "domain-refusing",
  [REBOUND_REASON_MESSAGE_TOO_LARGE] = "message-too-large",
  [REBOUND_REASON_CONTENT_REJECTED] = "content-rejected",
  [REBOUND_REASON_SPAM_CONTENT] = "spam-content",
  [REBOUND_REASON_VIRUS_FOUND] = "virus-found",
  [REBOUND_REASON_AUTH_FAILED] = "auth-failed",
  [REBOUND_REASON_BAD_REPUTATION] = "bad-reputation",
  [REBOUND_REASON_BLOCKED] = "blocked",
  [REBOUND_REASON_PTR_MISSING] = "ptr-missing",
  [REBOUND_REASON_SENDER_REJECTED] = "sender-rejected",
  [REBOUND_REASON_RELAY_DENIED] = "relay-denied",
  [REBOUND_REASON_AUTH_REQUIRED] = "auth-required",
  [REBOUND_REASON_TLS_REQUIRED] = "tls-required",
  [REBOUND_REASON_TLS_FAILED] = "tls-failed",
  [REBOUND_REASON_RATE_LIMITED] = "rate-limited",
  [REBOUND_REASON_TOO_MANY_CONNECTIONS] = "too-many-connections",
  [REBOUND_REASON_TOO_MANY_RECIPIENTS] = "too-many-recipients",
  [REBOUND_REASON_GREYLISTED] = "greylisted",
  [REBOUND_REASON_POLICY_REFUSED] = "policy-refused",
  [REBOUND_REASON_SYSTEM_ERROR] = "system-error",
  [REBOUND_REASON_SYSTEM_FULL] = "system-full",
  [REBOUND_REASON_MAILER_ERROR] = "mailer-error",
  [REBOUND_REASON_LOOP_DETECTED] = "loop-detected",
  [REBOUND_REASON_NETWORK_ERROR] = "network-error",
  [REBOUND_REASON_EXPIRED] = "expired",
  [REBOUND_REASON_PROTOCOL_ERROR] = "protocol-error",
  [REBOUND_REASON_SUPPRESSED] = "suppressed",
  [REBOUND_REASON_DELAYED] = "delayed",
  [REBOUND_REASON_DELIVERED] = "delivered",
  [REBOUND_REASON_COMPLAINT] = "complaint",
  [REBOUND_REASON_UNSUBSCRIBE_REQUEST] = "unsubscribe-request",
  [REBOUND_REASON_FEEDBACK] = "feedback",
  [REBOUND_REASON_AUTO_REPLY] = "auto-reply",
};

static const char *const bounces[] = {
  [REBOUND_BOUNCE_NONE] = NC_ ("bounce", "none"),
  [REBOUND_BOUNCE_SOFT] = NC_ ("bounce", "soft"),
  [REBOUND_BOUNCE_HARD] = NC_ ("bounce", "hard"),
};

static const char *const faults[] = {
  [REBOUND_FAULT_UNKNOWN] = "unknown",     [REBOUND_FAULT_NONE] = "none",
  [REBOUND_FAULT_RECIPIENT] = "recipient", [REBOUND_FAULT_DOMAIN] = "domain",
  [REBOUND_FAULT_MESSAGE] = "message",     [REBOUND_FAULT_SENDER] = "sender",
  [REBOUND_FAULT_RECEIVER] = "receiver",   [REBOUND_FAULT_NETWORK] = "network",
};

static const char *const unsubscribes[] = {
  [REBOUND_UNSUBSCRIBE_NEVER] = NC_ ("unsubscribe", "never"),
  [REBOUND_UNSUBSCRIBE_COUNT] = NC_ ("unsubscribe", "count"),
  [REBOUND_UNSUBSCRIBE_NOW] = NC_ ("unsubscribe", "now"),
};

static const char *const actions[] = {
  [REBOUND_ACTION_NONE] = NULL,         [REBOUND_ACTION_FAILED] = "failed",
  [REBOUND_ACTION_DELAYED] = "delayed", [REBOUND_ACTION_DELIVERED] = "delivered",
  [REBOUND_ACTION_RELAYED] = "relayed", [REBOUND_ACTION_EXPANDED] = "expanded",
};

static const char *const stages[] = {
  [REBOUND_STAGE_NONE] = NULL,
  [REBOUND_STAGE_CONNECT] = "connect",
  [REBOUND_STAGE_HELO] = "helo",
  [REBOUND_STAGE_STARTTLS] = "starttls",
  [REBOUND_STAGE_AUTH] = "auth",
  [REBOUND_STAGE_MAIL] = "mail",
  [REBOUND_STAGE_RCPT] = "rcpt",
  [REBOUND_STAGE_DATA] = "data",
  [REBOUND_STAGE_END_OF_DATA] = "end-of-data",
  [REBOUND_STAGE_LOCAL] = "local",
};

static const char *const subscriber_froms[] = {
  [REBOUND_SUBSCRIBER_FROM_NONE] = NULL,
  [REBOUND_SUBSCRIBER_FROM_VERP] = "verp",
  [REBOUND_SUBSCRIBER_FROM_ORIGINAL_RECIPIENT] = "original-recipient",
  [REBOUND_SUBSCRIBER_FROM_RETURNED_TO] = "returned-to",
  [REBOUND_SUBSCRIBER_FROM_RECIPIENT] = "recipient",
};

static const char *const sources[] = {
  [REBOUND_SOURCE_NONE] = NULL,
  [REBOUND_SOURCE_DELIVERY_STATUS] = "delivery-status",
  [REBOUND_SOURCE_FEEDBACK] = "feedback-report",
  [REBOUND_SOURCE_DISPOSITION] = "disposition",
  [REBOUND_SOURCE_TRANSCRIPT] = "transcript",
  [REBOUND_SOURCE_TEXT] = "text",
  [REBOUND_SOURCE_HEADER] = "header",
  [REBOUND_SOURCE_RETURNED] = "returned",
  [REBOUND_SOURCE_ENVELOPE] = "envelope",
};

static const char *const roles[] = {
  [REBOUND_ROLE_AGREES] = NC_ ("role", "agrees"),
  [REBOUND_ROLE_DECISIVE] = NC_ ("role", "decisive"),
  [REBOUND_ROLE_CONTRADICTED] = NC_ ("role", "contradicted"),
};

static const char *const grades[] = {
  [REBOUND_GRADE_NONE] = NULL, [REBOUND_GRADE_A] = "A", [REBOUND_GRADE_B] = "B",
  [REBOUND_GRADE_C] = "C",     [REBOUND_GRADE_D] = "D",
};

static const char *const paths[] = {
  [REBOUND_PATH_NONE] = NULL,
  [REBOUND_PATH_POST] = NC_ ("path", "post"),
  [REBOUND_PATH_WARNING] = NC_ ("path", "warning"),
  [REBOUND_PATH_PROBE] = NC_ ("path", "probe"),
};

static const char *const steps[] = {
  [REBOUND_STEP_NONE] = NULL,
  [REBOUND_STEP_WARN] = NC_ ("step", "warn"),
  [REBOUND_STEP_PROBE] = NC_ ("step", "probe"),
  [REBOUND_STEP_SUSPEND] = NC_ ("step", "suspend"),
  [REBOUND_STEP_RESUME] = NC_ ("step", "resume"),
  [REBOUND_STEP_UNSUBSCRIBE] = NC_ ("step", "unsubscribe"),
  [REBOUND_STEP_OWNER] = NC_ ("step", "owner"),
};

static const char *const standings[] = {
  [REBOUND_STANDING_ACTIVE] = NC_ ("standing", "active"),
  [REBOUND_STANDING_WARNED] = NC_ ("standing", "warned"),
  [REBOUND_STANDING_PROBING] = NC_ ("standing", "probing"),
  [REBOUND_STANDING_SUSPENDED] = NC_ ("standing", "suspended"),
  [REBOUND_STANDING_UNSUBSCRIBED] = NC_ ("standing", "unsubscribed"),
};

static const char *
nick (const char *const *names, gsize n_names, gsize value)
{
  return value < n_names ? names[value] : NULL;
}

#define TO_STRING(Type, type, names)                                                               \
  const char *rebound_##type##_to_string (Rebound##Type value)                                     \
  {                                                                                                \
    return nick (names, G_N_ELEMENTS (names), value);                                              \
  }

TO_STRING (Kind, kind, kinds)
TO_STRING (Reason, reason, reasons)
TO_STRING (Bounce, bounce, bounces)
TO_STRING (Fault, fault, faults)
TO_STRING (Unsubscribe, unsubscribe, unsubscribes)
TO_STRING (Action, action, actions)
TO_STRING (Stage, stage, stages)
TO_STRING (SubscriberFrom, subscriber_from, subscriber_froms)
TO_STRING (Source, source, sources)
TO_STRING (Role, role, roles)
TO_STRING (Grade, grade, grades)
TO_STRING (Path, path, paths)
TO_STRING (Step, step, steps)
TO_STRING (Standing, standing, standings)

gboolean
rebound_reason_from_string (const char *name, ReboundReason *reason)
{
  g_return_val_if_fail (name != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (reasons[i], name) == 0)
      {
        if (reason != NULL)
          *reason = i;
        return TRUE;
      }
  return FALSE;
}

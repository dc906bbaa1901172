/* Rebound: the vocabulary of a report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include <glib-object.h>

G_BEGIN_DECLS

#ifndef REBOUND_API
#define REBOUND_API extern
#endif

/**
 * ReboundKind:
 *
 * What a message is.
 */
typedef enum
{
  REBOUND_KIND_OTHER,
  REBOUND_KIND_BOUNCE,
  REBOUND_KIND_DELAY,
  REBOUND_KIND_DELIVERED,
  REBOUND_KIND_AUTO_REPLY,
  REBOUND_KIND_CHALLENGE,
  REBOUND_KIND_DISPOSITION,
  REBOUND_KIND_COMPLAINT,
} ReboundKind;

/**
 * ReboundReason:
 *
 * Why a delivery failed, or what else a report says of a recipient. The nicknames of
 * rebound_reason_to_string() are stable: "user-unknown", "mailbox-full", …
 */
typedef enum
{
  REBOUND_REASON_UNCLASSIFIED,
  REBOUND_REASON_USER_UNKNOWN,
  REBOUND_REASON_USER_MOVED,
  REBOUND_REASON_USER_INACTIVE,
  REBOUND_REASON_ADDRESS_INVALID,
  REBOUND_REASON_MAILBOX_FULL,
  REBOUND_REASON_RECIPIENT_REFUSED,
  REBOUND_REASON_DOMAIN_UNKNOWN,
  REBOUND_REASON_DOMAIN_REFUSING,
  REBOUND_REASON_MESSAGE_TOO_LARGE,
  REBOUND_REASON_CONTENT_REJECTED,
  REBOUND_REASON_SPAM_CONTENT,
  REBOUND_REASON_VIRUS_FOUND,
  REBOUND_REASON_AUTH_FAILED,
  REBOUND_REASON_BAD_REPUTATION,
  REBOUND_REASON_BLOCKED,
  REBOUND_REASON_PTR_MISSING,
  REBOUND_REASON_SENDER_REJECTED,
  REBOUND_REASON_RELAY_DENIED,
  REBOUND_REASON_AUTH_REQUIRED,
  REBOUND_REASON_TLS_REQUIRED,
  REBOUND_REASON_TLS_FAILED,
  REBOUND_REASON_RATE_LIMITED,
  REBOUND_REASON_TOO_MANY_CONNECTIONS,
  REBOUND_REASON_TOO_MANY_RECIPIENTS,
  REBOUND_REASON_GREYLISTED,
  REBOUND_REASON_POLICY_REFUSED,
  REBOUND_REASON_SYSTEM_ERROR,
  REBOUND_REASON_SYSTEM_FULL,
  REBOUND_REASON_MAILER_ERROR,
  REBOUND_REASON_LOOP_DETECTED,
  REBOUND_REASON_NETWORK_ERROR,
  REBOUND_REASON_EXPIRED,
  REBOUND_REASON_PROTOCOL_ERROR,
  REBOUND_REASON_SUPPRESSED,
  REBOUND_REASON_DELAYED,
  REBOUND_REASON_DELIVERED,
  REBOUND_REASON_COMPLAINT,
  REBOUND_REASON_UNSUBSCRIBE_REQUEST,
  REBOUND_REASON_FEEDBACK,
  REBOUND_REASON_AUTO_REPLY,
} ReboundReason;

/**
 * ReboundBounce:
 * @REBOUND_BOUNCE_NONE: not a failure
 * @REBOUND_BOUNCE_SOFT: this delivery failed, the address may well be alive
 * @REBOUND_BOUNCE_HARD: the address or its domain cannot receive mail from anyone
 */
typedef enum
{
  REBOUND_BOUNCE_NONE,
  REBOUND_BOUNCE_SOFT,
  REBOUND_BOUNCE_HARD,
} ReboundBounce;

/**
 * ReboundFault:
 *
 * Who has to act.
 */
typedef enum
{
  REBOUND_FAULT_UNKNOWN,
  REBOUND_FAULT_NONE,
  REBOUND_FAULT_RECIPIENT,
  REBOUND_FAULT_DOMAIN,
  REBOUND_FAULT_MESSAGE,
  REBOUND_FAULT_SENDER,
  REBOUND_FAULT_RECEIVER,
  REBOUND_FAULT_NETWORK,
} ReboundFault;

/**
 * ReboundUnsubscribe:
 * @REBOUND_UNSUBSCRIBE_NEVER: says nothing against the subscriber
 * @REBOUND_UNSUBSCRIBE_COUNT: eligible once the policy's threshold is passed
 * @REBOUND_UNSUBSCRIBE_NOW: eligible at once
 *
 * Whether a list may unsubscribe the address.
 */
typedef enum
{
  REBOUND_UNSUBSCRIBE_NEVER,
  REBOUND_UNSUBSCRIBE_COUNT,
  REBOUND_UNSUBSCRIBE_NOW,
} ReboundUnsubscribe;

/**
 * ReboundAction:
 *
 * What the reporting system did: the Action field of RFC 3464 section 2.3.3.
 */
typedef enum
{
  REBOUND_ACTION_NONE,
  REBOUND_ACTION_FAILED,
  REBOUND_ACTION_DELAYED,
  REBOUND_ACTION_DELIVERED,
  REBOUND_ACTION_RELAYED,
  REBOUND_ACTION_EXPANDED,
} ReboundAction;

/**
 * ReboundStage:
 *
 * The step of the SMTP conversation at which the refusal came; local where it never came to
 * a conversation.
 */
typedef enum
{
  REBOUND_STAGE_NONE,
  REBOUND_STAGE_CONNECT,
  REBOUND_STAGE_HELO,
  REBOUND_STAGE_STARTTLS,
  REBOUND_STAGE_AUTH,
  REBOUND_STAGE_MAIL,
  REBOUND_STAGE_RCPT,
  REBOUND_STAGE_DATA,
  REBOUND_STAGE_END_OF_DATA,
  REBOUND_STAGE_LOCAL,
} ReboundStage;

/**
 * ReboundSubscriberFrom:
 *
 * How the member of the list was found.
 */
typedef enum
{
  REBOUND_SUBSCRIBER_FROM_NONE,
  REBOUND_SUBSCRIBER_FROM_VERP,
  REBOUND_SUBSCRIBER_FROM_ORIGINAL_RECIPIENT,
  REBOUND_SUBSCRIBER_FROM_RETURNED_TO,
  REBOUND_SUBSCRIBER_FROM_RECIPIENT,
} ReboundSubscriberFrom;

/**
 * ReboundSource:
 *
 * Where in the message a fact was read.
 */
typedef enum
{
  REBOUND_SOURCE_NONE,
  REBOUND_SOURCE_DELIVERY_STATUS,
  REBOUND_SOURCE_FEEDBACK,
  REBOUND_SOURCE_DISPOSITION,
  REBOUND_SOURCE_TRANSCRIPT,
  REBOUND_SOURCE_TEXT,
  REBOUND_SOURCE_HEADER,
  REBOUND_SOURCE_RETURNED,
  REBOUND_SOURCE_ENVELOPE,
} ReboundSource;

/**
 * ReboundRole:
 *
 * What a piece of evidence did for the verdict.
 */
typedef enum
{
  REBOUND_ROLE_AGREES,
  REBOUND_ROLE_DECISIVE,
  REBOUND_ROLE_CONTRADICTED,
} ReboundRole;

/**
 * ReboundGrade:
 * @REBOUND_GRADE_NONE: the site has not told what its own return paths and domains are
 * @REBOUND_GRADE_A: a signed return path that agrees with the report
 * @REBOUND_GRADE_B: an unsigned return path of the site, and a message of its own that is returned
 * @REBOUND_GRADE_C: the text alone
 * @REBOUND_GRADE_D: something contradicts it
 *
 * How far a report can be trusted, since anyone can write one.
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_GRADE_NONE,
  REBOUND_GRADE_A,
  REBOUND_GRADE_B,
  REBOUND_GRADE_C,
  REBOUND_GRADE_D,
} ReboundGrade;

/**
 * ReboundPath:
 * @REBOUND_PATH_NONE: no return path that tells what it is for
 * @REBOUND_PATH_POST: of a message to the list
 * @REBOUND_PATH_WARNING: of a warning to one member
 * @REBOUND_PATH_PROBE: of a probe of one address
 *
 * What a list sent, by the return path that it bounced to.
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_PATH_NONE,
  REBOUND_PATH_POST,
  REBOUND_PATH_WARNING,
  REBOUND_PATH_PROBE,
} ReboundPath;

/**
 * ReboundStep:
 * @REBOUND_STEP_NONE: nothing
 * @REBOUND_STEP_WARN: write to the member, with a return path for a warning
 * @REBOUND_STEP_PROBE: write to the member, with a return path for a probe
 * @REBOUND_STEP_SUSPEND: send the member nothing for now
 * @REBOUND_STEP_RESUME: send again
 * @REBOUND_STEP_UNSUBSCRIBE: take the member off the list
 * @REBOUND_STEP_OWNER: tell the owner of the list
 *
 * What the list manager is asked to do.
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_STEP_NONE,
  REBOUND_STEP_WARN,
  REBOUND_STEP_PROBE,
  REBOUND_STEP_SUSPEND,
  REBOUND_STEP_RESUME,
  REBOUND_STEP_UNSUBSCRIBE,
  REBOUND_STEP_OWNER,
} ReboundStep;

/**
 * ReboundStanding:
 * @REBOUND_STANDING_ACTIVE: gets the list's mail
 * @REBOUND_STANDING_WARNED: … and was warned
 * @REBOUND_STANDING_PROBING: … and it is being tried whether the address is alive
 * @REBOUND_STANDING_SUSPENDED: gets nothing for now
 * @REBOUND_STANDING_UNSUBSCRIBED: is no member any more
 *
 * Where a member stands.
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_STANDING_ACTIVE,
  REBOUND_STANDING_WARNED,
  REBOUND_STANDING_PROBING,
  REBOUND_STANDING_SUSPENDED,
  REBOUND_STANDING_UNSUBSCRIBED,
} ReboundStanding;

/**
 * rebound_kind_to_string:
 * @value: a value of the enumeration
 *
 * Each enumeration has a function of this form.
 *
 * Returns: the nickname the JSON uses; %NULL for the value that stands for "not known"
 * Since: 0.1
 */
REBOUND_API const char *rebound_kind_to_string (ReboundKind value);
REBOUND_API const char *rebound_reason_to_string (ReboundReason value);
REBOUND_API const char *rebound_bounce_to_string (ReboundBounce value);
REBOUND_API const char *rebound_fault_to_string (ReboundFault value);
REBOUND_API const char *rebound_unsubscribe_to_string (ReboundUnsubscribe value);
REBOUND_API const char *rebound_action_to_string (ReboundAction value);
REBOUND_API const char *rebound_stage_to_string (ReboundStage value);
REBOUND_API const char *rebound_subscriber_from_to_string (ReboundSubscriberFrom value);
REBOUND_API const char *rebound_source_to_string (ReboundSource value);
REBOUND_API const char *rebound_role_to_string (ReboundRole value);
REBOUND_API const char *rebound_grade_to_string (ReboundGrade value);
REBOUND_API const char *rebound_path_to_string (ReboundPath value);
REBOUND_API const char *rebound_step_to_string (ReboundStep value);
REBOUND_API const char *rebound_standing_to_string (ReboundStanding value);

/**
 * rebound_reason_from_string:
 * @name: a nickname such as "user-unknown"
 * @reason: (out) (optional): the reason
 *
 * Returns: whether @name is the nickname of a reason
 * Since: 0.1
 */
REBOUND_API gboolean rebound_reason_from_string (const char *name, ReboundReason *reason);

G_END_DECLS

/* Rebound: what a site makes of what happened.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(REBOUND_INSIDE) && !defined(REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * ReboundPolicy:
 *
 * What each reason means for a list, when a member is warned, probed, suspended and unsubscribed,
 * how far a report has to be trusted for that, and what the site has told of itself. It does not
 * change once made, so several threads may share one.
 *
 * Since: 0.1
 */
typedef struct _ReboundPolicy ReboundPolicy;

#define REBOUND_TYPE_POLICY (rebound_policy_get_type ())
REBOUND_API GType rebound_policy_get_type (void);

#define REBOUND_POLICY_ERROR (rebound_policy_error_quark ())
REBOUND_API GQuark rebound_policy_error_quark (void);

/**
 * ReboundPolicyError:
 * @REBOUND_POLICY_ERROR_SYNTAX: a file is not in the form of rebound-policy(5); the message says
 *   where, why, and what is allowed
 * @REBOUND_POLICY_ERROR_PRESET: there is no such preset
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_POLICY_ERROR_SYNTAX,
  REBOUND_POLICY_ERROR_PRESET,
} ReboundPolicyError;

/**
 * rebound_policy_new:
 * @preset: one of rebound_policy_presets()
 * @error: return location for a #ReboundPolicyError
 *
 * Returns: (transfer full): a policy that is built in, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundPolicy *rebound_policy_new (const char *preset, GError **error);

/**
 * rebound_policy_new_from_file:
 * @file: (type filename): a file in the form of rebound-policy(5)
 * @error: return location for a #GFileError or a #ReboundPolicyError
 *
 * The file is read now, and not again. What it does not say is that of the preset it names,
 * otherwise of "default".
 *
 * Returns: (transfer full): a policy, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundPolicy *rebound_policy_new_from_file (const char *file, GError **error);

/**
 * rebound_policy_presets:
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of the policies that are built in,
 *   the default first
 * Since: 0.1
 */
REBOUND_API const char *const *rebound_policy_presets (void);

/**
 * rebound_policy_get_summary:
 * @preset: one of rebound_policy_presets()
 *
 * Returns: (transfer none) (nullable): what it does, in a few words; %NULL where there is no such
 *   preset
 * Since: 0.1
 */
REBOUND_API const char *rebound_policy_get_summary (const char *preset);

/**
 * rebound_policy_get_keys:
 * @self: a policy
 *
 * Returns: (transfer none) (nullable) (type filename): the file of the keys that return paths are
 *   signed with, for rebound_keys_new_from_file(); %NULL where it names none
 * Since: 0.1
 */
REBOUND_API const char *rebound_policy_get_keys (const ReboundPolicy *self);

/**
 * rebound_policy_get_signed_path:
 * @self: a policy
 *
 * Returns: (transfer none) (nullable): what a signed return path looks like, for
 *   rebound_verp_make()
 * Since: 0.1
 */
REBOUND_API const char *rebound_policy_get_signed_path (const ReboundPolicy *self);

/**
 * rebound_policy_get_token_age:
 * @self: a policy
 * @list: (nullable): the address of a list
 *
 * Returns: how old a signature may be for the list, in seconds, for rebound_verp_verify()
 * Since: 0.1
 */
REBOUND_API gint64 rebound_policy_get_token_age (const ReboundPolicy *self, const char *list);

/**
 * rebound_policy_to_string:
 * @self: a policy
 *
 * Returns: (transfer full): all that it says, in the form of rebound-policy(5)
 * Since: 0.1
 */
REBOUND_API char *rebound_policy_to_string (const ReboundPolicy *self);

/**
 * rebound_policy_find_doubts:
 * @self: a policy
 *
 * Returns: (transfer full) (array zero-terminated=1): what is allowed in it and perhaps not meant,
 *   a sentence for a person each
 * Since: 0.1
 */
REBOUND_API char **rebound_policy_find_doubts (const ReboundPolicy *self);

REBOUND_API ReboundPolicy *rebound_policy_ref (ReboundPolicy *self);
REBOUND_API void rebound_policy_unref (ReboundPolicy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundPolicy, rebound_policy_unref)

G_END_DECLS

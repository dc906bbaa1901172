/* Rebound: signed return paths.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(REBOUND_INSIDE) && !defined(REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * ReboundKeys:
 *
 * The secrets with which the return paths of a site are signed. They do not change once read, so
 * several threads may share them.
 *
 * Since: 0.1
 */
typedef struct _ReboundKeys ReboundKeys;

#define REBOUND_TYPE_KEYS (rebound_keys_get_type ())
REBOUND_API GType rebound_keys_get_type (void);

#define REBOUND_VERP_ERROR (rebound_verp_error_quark ())
REBOUND_API GQuark rebound_verp_error_quark (void);

/**
 * ReboundVerpError:
 * @REBOUND_VERP_ERROR_KEYS: the file of the keys is wrong, or others may read it
 * @REBOUND_VERP_ERROR_ADDRESS: the list or the member is no address that can be signed
 * @REBOUND_VERP_ERROR_TOO_LONG: no return path of 64 octets before the @ (RFC 5321 section
 *   4.5.3.1.1) can be made for the list
 * @REBOUND_VERP_ERROR_UNSIGNED: the address has no signature
 * @REBOUND_VERP_ERROR_FORGED: the signature is not of these keys, this list and this member
 * @REBOUND_VERP_ERROR_EXPIRED: the signature is too old, or of the future
 * @REBOUND_VERP_ERROR_LOOKUP: the signature is of a member who is none of the candidates
 * @REBOUND_VERP_ERROR_PATTERN: that is no pattern of signed return paths
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_VERP_ERROR_KEYS,
  REBOUND_VERP_ERROR_ADDRESS,
  REBOUND_VERP_ERROR_TOO_LONG,
  REBOUND_VERP_ERROR_UNSIGNED,
  REBOUND_VERP_ERROR_FORGED,
  REBOUND_VERP_ERROR_EXPIRED,
  REBOUND_VERP_ERROR_LOOKUP,
  REBOUND_VERP_ERROR_PATTERN,
} ReboundVerpError;

/**
 * rebound_keys_new_from_file:
 * @file: (type filename): a line "ID SECRET" for each key, as rebound-verp(1) says; the first one
 *   signs, all of them verify
 * @error: return location for a #GFileError or a #ReboundVerpError
 *
 * A file that group or others may read, or that is not the user's or root's, is refused.
 *
 * Returns: (transfer full): the keys, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundKeys *rebound_keys_new_from_file (const char *file, GError **error);

REBOUND_API ReboundKeys *rebound_keys_ref (ReboundKeys *self);
REBOUND_API void rebound_keys_unref (ReboundKeys *self);

/**
 * rebound_verp_make:
 * @keys: the keys
 * @pattern: (nullable): what a return path looks like, %NULL for "{list}-bounces+{token}@{host}"
 * @list: the address of the list
 * @address: the address of the member
 * @path: what is sent
 * @now: seconds since 1970, of which the day is signed
 * @error: return location for a #ReboundVerpError
 *
 * The address stands in the return path where it fits into 64 octets; otherwise a digest of it
 * does.
 *
 * Returns: (transfer full): the return path, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API char *rebound_verp_make (ReboundKeys *keys, const char *pattern, const char *list,
                                     const char *address, ReboundPath path, gint64 now,
                                     GError **error);

/**
 * rebound_verp_get_digest:
 * @return_path: what rebound_verp_make() gave
 *
 * Returns: (transfer full) (nullable): the digest that stands in it instead of the address, for
 *   rebound_store_note_path(); %NULL where the address itself does
 * Since: 0.1
 */
REBOUND_API char *rebound_verp_get_digest (const char *return_path);

/**
 * ReboundVerp:
 * @list: the address of the list
 * @address: the member, in lower case
 * @token: what is signed, the same for all mail to him in a day
 * @path: what was sent
 * @day: when, in days since 1970
 *
 * What a signed return path says.
 *
 * Since: 0.1
 */
typedef struct
{
  char *list;
  char *address;
  char *token;
  ReboundPath path;
  gint64 day;
} ReboundVerp;

/**
 * rebound_verp_verify:
 * @keys: the keys
 * @pattern: (nullable): as for rebound_verp_make()
 * @return_path: an address
 * @candidates: (nullable) (array zero-terminated=1): who may be meant by a digest
 * @max_age: in seconds
 * @now: seconds since 1970
 * @error: return location for a #ReboundVerpError
 *
 * What BATV and SRS put around the address is taken off first. Case does not matter.
 *
 * Returns: (transfer full): what is signed, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundVerp *rebound_verp_verify (ReboundKeys *keys, const char *pattern,
                                              const char *return_path,
                                              const char *const *candidates, gint64 max_age,
                                              gint64 now, GError **error);

/**
 * rebound_verp_to_json:
 * @self: what rebound_verp_verify() gave
 * @return_path: for what
 *
 * Returns: (transfer full): one JSON object on one line, as rebound-verp(1) says
 * Since: 0.1
 */
REBOUND_API char *rebound_verp_to_json (const ReboundVerp *self, const char *return_path);

REBOUND_API void rebound_verp_free (ReboundVerp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundKeys, rebound_keys_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundVerp, rebound_verp_free)

G_END_DECLS

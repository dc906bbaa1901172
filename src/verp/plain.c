/* Rebound: return paths that are not signed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verp.h"

#include <string.h>

#include "evidence/address.h"

/* Mailman's (SHA-1 in hexadecimal) */
#define PROBE_LENGTH 40

/* Those of the usual list managers; what says more comes first. */
static const struct
{
  const char *pattern;
  ReboundPath path;
} usual[] = {
  /* ezmlm-return(1); the cookie is a time, a dot and 20 letters */
  { "{list}-return-probe-{cookie}-{user}={domain}@{host}", REBOUND_PATH_PROBE },
  { "{list}-return-warn-{cookie}-{user}={domain}@{host}", REBOUND_PATH_WARNING },
  { "{list}-return-receipt-{cookie}-{number}-{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-return-{number}-{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-return-{user}={domain}@{host}", REBOUND_PATH_POST },
  /* mlmmj */
  { "{list}+bounces-probe-{user}={domain}@{host}", REBOUND_PATH_PROBE },
  { "{list}+bounces-{number}-{user}={domain}@{host}", REBOUND_PATH_POST },
  /* Sympa; the cookie is w, r or the number of a tracked message */
  { "bounce+{user}==a=={domain}=={list}=={cookie}@{host}", REBOUND_PATH_POST },
  { "bounce+{user}==a=={domain}=={list}@{host}", REBOUND_PATH_POST },
  /* Mailman */
  { "{list}-bounces+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-bounces+{cookie}@{host}", REBOUND_PATH_PROBE },
  /* Postfix's (VERP_README) and those that people configure in Exim */
  { "owner-{list}+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-owner+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-bounce+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-request+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "{list}-errors+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "bounces+{user}={domain}@{host}", REBOUND_PATH_POST },
  { "bounce+{user}={domain}@{host}", REBOUND_PATH_POST },
};

static gboolean
accept_match (const ReboundPatternMatch *match, gpointer data)
{
  ReboundPlainPath *self = data;
  g_autofree char *user = rebound_pattern_part (match, REBOUND_PATTERN_USER);
  g_autofree char *domain = rebound_pattern_part (match, REBOUND_PATTERN_DOMAIN);

  if (user == NULL && match->length[REBOUND_PATTERN_COOKIE] != PROBE_LENGTH)
    return FALSE;
  self->list = rebound_pattern_list (match);
  if (user != NULL)
    self->address = g_strdup_printf ("%s@%s", rebound_address_skip_signature (user), domain);
  return TRUE;
}

/* %REBOUND_PATH_NONE where it is none. */
static ReboundPath
read_lower (const char *const *patterns, const char *lower, ReboundPlainPath *plain)
{
  for (; patterns != NULL && *patterns != NULL; patterns++)
    if (rebound_pattern_match (*patterns, lower, accept_match, plain))
      return REBOUND_PATH_POST;
  for (guint i = 0; i < G_N_ELEMENTS (usual); i++)
    if (rebound_pattern_match (usual[i].pattern, lower, accept_match, plain))
      return usual[i].path;
  return REBOUND_PATH_NONE;
}

gboolean
rebound_plain_path_read (const char *const *patterns, const char *return_path,
                         ReboundPlainPath *plain)
{
  g_autofree char *inner = rebound_address_unwrap (return_path);
  g_autofree char *lower = g_ascii_strdown (inner, -1);

  *plain = (ReboundPlainPath){ 0 };
  plain->path = read_lower (patterns, lower, plain);
  if (plain->path == REBOUND_PATH_NONE)
    return FALSE;
  plain->host = g_strdup (strrchr (lower, '@') + 1);
  return TRUE;
}

void
rebound_plain_path_clear (ReboundPlainPath *self)
{
  g_free (self->list);
  g_free (self->host);
  g_free (self->address);
  *self = (ReboundPlainPath){ 0 };
}

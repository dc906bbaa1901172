/* Rebound: signed return paths.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verp.h"

#include <string.h>

#include "evidence/address.h"
#include "report/json.h"
#include "translate.h"

#define LONGEST_PATH 254 /* RFC 5321 section 4.5.3.1.3, without the angle brackets */
#define LONGEST_MEMBER 320
#define SECONDS_OF_DAY 86400
#define LAST_DAY ((1 << 18) - 1)

/* An address and nothing else. */
static gboolean
is_address (const char *text)
{
  gsize length = strnlen (text, LONGEST_MEMBER + 1);

  if (length > LONGEST_MEMBER || !g_utf8_validate (text, length, NULL))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if ((guint8) text[i] < 0x20 || text[i] == 0x7f)
      return FALSE;
  return length > 0 && rebound_address_scan (text, text + length) == length;
}

static gboolean
check_address (const char *address, GError **error)
{
  if (is_address (address))
    return TRUE;
  g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_ADDRESS,
               _ ("“%s” is no address, as in: ann@example.net"), address);
  return FALSE;
}

static gboolean
check_pattern (const char *pattern, GError **error)
{
  const char *problem = rebound_pattern_check (pattern, TRUE);

  if (problem == NULL)
    return TRUE;
  g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_PATTERN, _ ("“%s”: %s"), pattern,
               problem);
  return FALSE;
}

/* Make */

/* What one return path is made of, in lower case. */
typedef struct
{
  const ReboundSigner *key;
  const char *pattern;
  char *list;
  char *name; /* what stands before the @ of the list */
  char *host;
  ReboundPath path;
  gint64 day;
} Making;

static char *
make_with (const Making *self, const char *member)
{
  g_autofree char *token =
      rebound_token_sign (self->key, self->list, member, self->path, self->day);
  const char *const parts[REBOUND_N_PATTERN_PARTS] = {
    [REBOUND_PATTERN_LIST] = self->name,
    [REBOUND_PATTERN_HOST] = self->host,
    [REBOUND_PATTERN_TOKEN] = token,
  };

  return rebound_pattern_expand (self->pattern, parts);
}

static gboolean
fits (const char *return_path)
{
  return strchr (return_path, '@') - return_path <= REBOUND_LONGEST_LOCAL
         && strlen (return_path) <= LONGEST_PATH;
}

static char *
make_path (const Making *self, const char *address)
{
  g_autofree char *member = rebound_token_member (address);
  g_autofree char *plain = member != NULL ? make_with (self, member) : NULL;
  g_autofree char *digest = NULL;
  g_autofree char *lookup = NULL;

  if (plain != NULL && fits (plain))
    return g_steal_pointer (&plain);
  digest = rebound_token_digest (self->key, address);
  lookup = make_with (self, digest);
  return fits (lookup) ? g_steal_pointer (&lookup) : NULL;
}

static gboolean
accept_any (G_GNUC_UNUSED const ReboundPatternMatch *match, G_GNUC_UNUSED gpointer data)
{
  return TRUE;
}

/* Whether a return path can be made of the list, and read again: of letters, digits and what else
 * atoms have, and no "=". */
static gboolean
check_list (const char *list, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (list, -1);

  if (!check_address (list, error))
    return FALSE;
  if (rebound_pattern_match ("{list}@{host}", lower, accept_any, NULL))
    return TRUE;
  g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_ADDRESS,
               _ ("“%s” has what cannot stand in the return path of a list: rename the list"),
               list);
  return FALSE;
}

char *
rebound_verp_make (ReboundKeys *keys, const char *pattern, const char *list, const char *address,
                   ReboundPath path, gint64 now, GError **error)
{
  g_autofree char *lower_list = NULL;
  g_autofree char *lower = NULL;
  g_auto (GStrv) halves = NULL;
  char *made;

  g_return_val_if_fail (keys != NULL && list != NULL && address != NULL, NULL);
  g_return_val_if_fail (path > REBOUND_PATH_NONE && path <= REBOUND_PATH_PROBE, NULL);
  g_return_val_if_fail (now >= 0 && now / SECONDS_OF_DAY <= LAST_DAY, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  pattern = pattern != NULL ? pattern : REBOUND_SIGNED_PATTERN;
  if (!check_pattern (pattern, error) || !check_list (list, error)
      || !check_address (address, error))
    return NULL;
  lower_list = g_ascii_strdown (list, -1);
  lower = g_ascii_strdown (address, -1);
  halves = g_strsplit (lower_list, "@", 2);
  made = make_path (&(Making){ rebound_keys_signer (keys), pattern, lower_list, halves[0],
                               halves[1], path, now / SECONDS_OF_DAY },
                    lower);
  if (made == NULL)
    g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_TOO_LONG,
                 _ ("the name of the list “%s” is too long for the return path %s: it may have 64 "
                    "bytes before the @; configure a shorter one"),
                 list, pattern);
  return made;
}

/* Verify */

typedef struct
{
  const ReboundKeys *keys;
  const ReboundSigner *key; /* of the one that holds */
  gboolean any;             /* something had the form of a token */
  ReboundToken token;
  char *list;
} Verifying;

/* Who writes an address can make it read in several ways; one of them was signed at most. */
static gboolean
try_match (const ReboundPatternMatch *match, gpointer data)
{
  Verifying *self = data;
  g_autofree char *text = rebound_pattern_part (match, REBOUND_PATTERN_TOKEN);
  g_autofree char *list = rebound_pattern_list (match);

  if (!rebound_token_parse (text, &self->token))
    return FALSE;
  self->any = TRUE;
  self->key = rebound_keys_find (self->keys, *text);
  if (self->key != NULL && rebound_token_holds (&self->token, self->key, list))
    {
      self->list = g_steal_pointer (&list);
      return TRUE;
    }
  rebound_token_clear (&self->token);
  return FALSE;
}

static gboolean
is_of_time (gint64 day, gint64 max_age, gint64 now)
{
  gint64 today = now / SECONDS_OF_DAY;

  return day <= today + 1 && (today - day) * SECONDS_OF_DAY <= max_age;
}

/* "user=domain" → user@domain; of a digest, the candidate whose it is. */
static char *
find_member (const Verifying *self, const char *const *candidates)
{
  const char *member = self->token.member;
  const char *equals = strrchr (member, '=');

  if (!self->token.digest)
    return g_strdup_printf ("%.*s@%s", (int) (equals - member), member, equals + 1);
  for (; candidates != NULL && *candidates != NULL; candidates++)
    {
      g_autofree char *lower = g_ascii_strdown (*candidates, -1);
      g_autofree char *digest = rebound_token_digest (self->key, lower);

      if (strcmp (digest, member) == 0) /* whoever asks knows who is asked for */
        return g_steal_pointer (&lower);
    }
  return NULL;
}

static ReboundVerp *
fail_verify (ReboundVerpError code, const char *return_path, GError **error)
{
  static const char *const texts[] = {
    [REBOUND_VERP_ERROR_UNSIGNED] = N_ ("it is no signed return path of this site"),
    [REBOUND_VERP_ERROR_FORGED] = N_ ("it was not signed with these keys, or was changed since"),
    [REBOUND_VERP_ERROR_EXPIRED] = N_ ("it was signed too long ago, or in the future"),
    [REBOUND_VERP_ERROR_LOOKUP] =
        N_ ("it was signed, but has a digest in place of a member who is not known"),
  };

  g_set_error (error, REBOUND_VERP_ERROR, code, _ ("“%s”: %s"), return_path, _ (texts[code]));
  return NULL;
}

static ReboundVerp *
conclude (Verifying *self, const char *return_path, const char *const *candidates, gint64 max_age,
          gint64 now, GError **error)
{
  g_autoptr (ReboundVerp) verp = NULL;

  if (self->list == NULL)
    return fail_verify (self->any ? REBOUND_VERP_ERROR_FORGED : REBOUND_VERP_ERROR_UNSIGNED,
                        return_path, error);
  verp = g_new0 (ReboundVerp, 1);
  verp->list = g_steal_pointer (&self->list);
  verp->token = g_steal_pointer (&self->token.text);
  verp->path = self->token.path;
  verp->day = self->token.day;
  if (!is_of_time (verp->day, max_age, now))
    return fail_verify (REBOUND_VERP_ERROR_EXPIRED, return_path, error);
  verp->address = find_member (self, candidates);
  if (verp->address == NULL)
    return fail_verify (REBOUND_VERP_ERROR_LOOKUP, return_path, error);
  return g_steal_pointer (&verp);
}

static char *
beneath (const char *return_path)
{
  g_autofree char *inner = rebound_address_unwrap (return_path);

  return g_ascii_strdown (inner, -1);
}

ReboundVerp *
rebound_verp_verify (ReboundKeys *keys, const char *pattern, const char *return_path,
                     const char *const *candidates, gint64 max_age, gint64 now, GError **error)
{
  g_autofree char *lower = NULL;
  Verifying self = { .keys = keys };
  ReboundVerp *verp;

  g_return_val_if_fail (keys != NULL && return_path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  pattern = pattern != NULL ? pattern : REBOUND_SIGNED_PATTERN;
  if (!check_pattern (pattern, error))
    return NULL;
  lower = beneath (return_path);
  rebound_pattern_match (pattern, lower, try_match, &self);
  verp = conclude (&self, return_path, candidates, max_age, now, error);
  rebound_token_clear (&self.token);
  g_free (self.list);
  return verp;
}

char *
rebound_verp_to_json (const ReboundVerp *self, const char *return_path)
{
  g_autoptr (GDateTime) time = NULL;
  g_autofree char *day = NULL;
  g_autofree char *valid = NULL;
  GString *out;

  g_return_val_if_fail (self != NULL && return_path != NULL, NULL);

  time = g_date_time_new_from_unix_utc (self->day * SECONDS_OF_DAY);
  day = g_date_time_format (time, "%Y-%m-%d");
  valid = g_utf8_make_valid (return_path, -1);
  out = g_string_new (NULL);
  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "return_path", valid);
  rebound_json_member (out, "list", self->list);
  rebound_json_member (out, "address", self->address);
  rebound_json_member (out, "day", day);
  rebound_json_member (out, "path", rebound_path_to_string (self->path));
  rebound_json_end (out, '}');
  return g_string_free (out, FALSE);
}

void
rebound_verp_free (ReboundVerp *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->list);
  g_free (self->address);
  g_free (self->token);
  g_free (self);
}

/* Whatever the pattern, its token stands between some of these. The name of a list may have them
 * too, but for a digest beside the one in the token there is no room, and it has no "=". */
static char *
digest_of (const char *local)
{
  g_auto (GStrv) words = g_strsplit_set (local, "+-.", -1);
  char *digest = NULL;

  for (guint i = 0; words[i] != NULL && digest == NULL; i++)
    {
      ReboundToken token = { 0 };

      if (rebound_address_skip_signature (words[i]) > words[i])
        break;
      if (rebound_token_parse (words[i], &token))
        digest = g_strdup (token.member);
      rebound_token_clear (&token);
    }
  return digest;
}

char *
rebound_verp_get_digest (const char *return_path)
{
  g_autofree char *lower = NULL;
  char *at;

  g_return_val_if_fail (return_path != NULL, NULL);

  lower = beneath (return_path);
  at = strrchr (lower, '@');
  if (at == NULL)
    return NULL;
  *at = '\0';
  return digest_of (lower);
}

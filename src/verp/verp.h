/* Rebound: the inside of signed return paths, and what return paths look like.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

#define REBOUND_SIGNED_PATTERN "{list}-bounces+{token}@{host}"

/* RFC 5321 section 4.5.3.1.1 */
#define REBOUND_LONGEST_LOCAL 64

/* Keys */

typedef struct
{
  char id; /* a lower-case letter or a digit */
  char *secret;
} ReboundSigner;

/**
 * rebound_keys_new_from_text:
 * @name: of the file, for errors
 * @text: as rebound-verp(1) says
 * @error: return location for a #ReboundVerpError
 *
 * Returns: (transfer full): the keys, or %NULL with @error set
 */
ReboundKeys *rebound_keys_new_from_text (const char *name, const char *text, GError **error);

/* The one that signs. */
const ReboundSigner *rebound_keys_signer (const ReboundKeys *self);

/* %NULL where there is none of that @id. */
const ReboundSigner *rebound_keys_find (const ReboundKeys *self, char id);

/* Tokens
 *
 * In lower case, of base32 (RFC 4648 section 6) but for the key and the member:
 *   the key's ID, 4 of day and path, 12 of HMAC-SHA-256, "=user=domain"; or without that
 *   16 of a digest of the member. */

typedef struct
{
  char *text;
  char *member; /* "user=domain", or the digest */
  gboolean digest;
  ReboundPath path;
  gint64 day;
} ReboundToken;

/* The member as he stands in a token; %NULL where servers on the way may not carry that well.
 * @address is in lower case. */
char *rebound_token_member (const char *address);

/* What stands there instead, which is the same every day. */
char *rebound_token_digest (const ReboundSigner *key, const char *address);

/* @list is in lower case. */
char *rebound_token_sign (const ReboundSigner *key, const char *list, const char *member,
                          ReboundPath path, gint64 day);

/* Whether @text has the form of one, whoever signed it; sets all of @token then. */
gboolean rebound_token_parse (const char *text, ReboundToken *token);
void rebound_token_clear (ReboundToken *self);

/* In a time that does not tell how much of it is right. */
gboolean rebound_token_holds (const ReboundToken *self, const ReboundSigner *key, const char *list);

/* Patterns
 *
 * What is between braces stands for a part of an address; all else for itself, in any case. */

typedef enum
{
  REBOUND_PATTERN_LIST,  /* what stands before the @ of its address … */
  REBOUND_PATTERN_HOST,  /* … and behind it */
  REBOUND_PATTERN_TOKEN, /* what is signed */
  REBOUND_PATTERN_USER,  /* the same two of the member */
  REBOUND_PATTERN_DOMAIN,
  REBOUND_PATTERN_NUMBER, /* digits: of the message */
  REBOUND_PATTERN_COOKIE, /* letters, digits and dots, that another program has signed */
} ReboundPatternPart;

#define REBOUND_N_PATTERN_PARTS (REBOUND_PATTERN_COOKIE + 1)

/* Where the parts stand in an address; %NULL for those that the pattern does not have. */
typedef struct
{
  const char *start[REBOUND_N_PATTERN_PARTS];
  gsize length[REBOUND_N_PATTERN_PARTS];
} ReboundPatternMatch;

/* What is wrong with @pattern, for a person; %NULL where nothing is. */
const char *rebound_pattern_check (const char *pattern, gboolean is_signed);

/* Fills in the parts, which has all that @pattern names. */
char *rebound_pattern_expand (const char *pattern,
                              const char *const parts[REBOUND_N_PATTERN_PARTS]);

/* Returns %TRUE where it may stay at that; otherwise the next way to read the address is tried. */
typedef gboolean (*ReboundPatternFunc) (const ReboundPatternMatch *match, gpointer data);

/* Reads @address, in lower case, as @pattern says: the shortest parts first. */
gboolean rebound_pattern_match (const char *pattern, const char *address, ReboundPatternFunc accept,
                                gpointer data);

/* A part of a match; %NULL where there is none. */
char *rebound_pattern_part (const ReboundPatternMatch *match, ReboundPatternPart part);

/* list@host; %NULL where the pattern has not both. */
char *rebound_pattern_list (const ReboundPatternMatch *match);

/* Plain return paths */

typedef struct
{
  char *list; /* (nullable): its address */
  char *host;
  char *address; /* (nullable): of the member */
  ReboundPath path;
} ReboundPlainPath;

/**
 * rebound_plain_path_read:
 * @patterns: (nullable) (array zero-terminated=1): of the site, which come first
 * @return_path: an address
 * @plain: (out): what it says
 *
 * Reads the return paths of the usual list managers too, and what is around them.
 *
 * Returns: whether it is one
 */
gboolean rebound_plain_path_read (const char *const *patterns, const char *return_path,
                                  ReboundPlainPath *plain);
void rebound_plain_path_clear (ReboundPlainPath *self);

G_END_DECLS

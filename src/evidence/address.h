/* Rebound: mail addresses, and what return paths hide in them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_address_scan:
 * @p: where an address may begin
 * @end: the end of the text
 *
 * Returns: the bytes of the addr-spec that begins at @p (RFC 5321, RFC 6531, and the local
 *   parts that real servers accept), 0 where none does
 */
gsize rebound_address_scan (const char *p, const char *end);

/**
 * rebound_address_find:
 * @p: a text
 * @end: its end
 * @length: (out): the bytes of the address
 *
 * Returns: (nullable): the first address in the text, %NULL where there is none
 */
const char *rebound_address_find (const char *p, const char *end, gsize *length);

/**
 * rebound_address_clean:
 * @raw: an address as a report gives it
 *
 * Drops the address type of RFC 3464 ("rfc822;", "utf-8;" with its escapes of RFC 6533),
 * angle brackets, "mailto:", a display name and comments, and writes the domain in lower case.
 *
 * Returns: (transfer full) (nullable): the address; a bare word where no domain is given;
 *   %NULL where there is nothing, or the file or the command of a local delivery
 */
char *rebound_address_clean (const char *raw);

/* Undoes the xtext of RFC 3461 section 4. */
char *rebound_address_decode_xtext (const char *xtext);

/* The same mailbox, as far as a list may care: the case of both parts is ignored. */
gboolean rebound_address_equal (const char *a, const char *b);

/* Whether at @address an office of a mail system stands, postmaster@ or its like (RFC 2142): no
 * recipient of a list. */
gboolean rebound_address_is_office (const char *address);

/**
 * rebound_address_unwrap:
 * @address: an envelope address
 *
 * Takes off what hosts on the way put around it: BATV (draft-levine-smtp-batv, `prvs=` in both
 * orders), Barracuda's `btv1==`, SRS0 and SRS1; again, where one is in the other.
 *
 * Returns: (transfer full): the address beneath
 */
char *rebound_address_unwrap (const char *address);

/**
 * rebound_address_from_verp:
 * @address: an envelope recipient, unwrapped
 *
 * Reads the subscriber out of the return path of a list: qmail's and ezmlm's
 * `list-return-7-user=domain@host`, Mailman's and Postfix's `list-bounces+user=domain@host`,
 * Sympa's `bounce+user==a==domain==list@host`, mlmmj's `list+bounces-7-user=domain@host`. Of a
 * signed one that names him, too, whoever has signed it.
 *
 * Returns: (transfer full) (nullable): the subscriber, %NULL where it is no such address
 */
char *rebound_address_from_verp (const char *address);

/* What a token of rebound-verp.h has before "=user=domain". */
#define REBOUND_SIGNATURE_LENGTH 17

/* Behind it and the "=", where such a one stands at @p; otherwise @p. */
const char *rebound_address_skip_signature (const char *p);

G_END_DECLS

/* Rebound: charset converters that several messages use, one after the other.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Idle converters; any thread may take one. */
typedef struct _ReboundConverters ReboundConverters;

ReboundConverters *rebound_converters_new (void);
void rebound_converters_free (ReboundConverters *self);

/**
 * rebound_converters_take:
 * @self: (nullable): where an idle one may be; %NULL makes a new one
 * @charset: the name of a charset, as a message declares it
 *
 * Returns: (transfer full): a converter from @charset to UTF-8 in its initial state, for
 *   rebound_converters_give(); (GIConv) -1 where the charset is not known
 */
GIConv rebound_converters_take (ReboundConverters *self, const char *charset);

/**
 * rebound_converters_allow:
 * @self: (nullable): who counts; %NULL allows what is no longer than a name
 * @text: a field, with encoded words (RFC 2047) or encoded parameters (RFC 2231)
 * @length: its bytes
 *
 * GMime keeps each charset name it is asked for as long as the process runs, so of those that
 * nobody knows there is an end.
 *
 * Returns: whether GMime may be asked for all charsets that @text names
 */
gboolean rebound_converters_allow (ReboundConverters *self, const char *text, gsize length);

/**
 * rebound_converters_give:
 * @self: (nullable): who keeps it; %NULL closes it
 * @charset: the name it was taken by
 * @converter: (transfer full): the converter
 */
void rebound_converters_give (ReboundConverters *self, const char *charset, GIConv converter);

G_END_DECLS

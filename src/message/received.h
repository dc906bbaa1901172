/* Rebound: when the own server took a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_message_read_received:
 * @message: a message as it came
 * @most: how many of its bytes count
 *
 * Each server puts its Received on top of what it got (RFC 5321 section 4.4), so the first one is
 * that of the last server. Those below it may be anybody's.
 *
 * Returns: its date, in seconds since 1970; 0 where it has none
 */
gint64 rebound_message_read_received (GBytes *message, gsize most);

G_END_DECLS

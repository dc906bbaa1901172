/* Rebound: which messages are the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_digest:
 * @message: a message as it came
 * @most: how many of its bytes count
 *
 * Returns: (transfer full): "sha256:" and the digest of the message without its `From ` line and
 *   trace fields, whatever ends its lines, and without empty lines at its end
 */
char *rebound_digest (GBytes *message, gsize most);

G_END_DECLS

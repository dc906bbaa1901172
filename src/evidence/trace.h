/* Rebound: what the site's own servers wrote on top of a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of the fields above the first Received, which the server put there that took the message; what
 * stands below is its sender's. Without a Received nothing is known. */
typedef struct
{
  GPtrArray *recipients; /* addresses to which it was delivered */
  char *sender;          /* (nullable): of the envelope, "" for the null reverse-path */
  gboolean failed;       /* authentication has (RFC 8601), says a host of the site */
} ReboundTrace;

/**
 * rebound_trace_read:
 * @message: a message as it came
 * @most: how many of its bytes count
 * @hosts: (nullable) (array zero-terminated=1): of the site, as they call themselves
 * @trace: (out): what they wrote; give it to rebound_trace_clear()
 */
void rebound_trace_read (GBytes *message, gsize most, const char *const *hosts,
                         ReboundTrace *trace);
void rebound_trace_clear (ReboundTrace *self);

G_END_DECLS

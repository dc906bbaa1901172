/* Rebound: what the readers of bare replies share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "log.h"
#include "reader.h"

G_BEGIN_DECLS

/* A refusal, and what is known of it from elsewhere. */
typedef struct
{
  ReboundSpan text;
  ReboundSpan words; /* the server's own, where the text has more */
  const char *address;
  const char *host;
  ReboundStage stage;
} ReboundSaid;

/* Adds a recipient with what is @said. */
void rebound_add_said (ReboundReading *self, const ReboundSaid *said);

/* Adds the recipients of a transcript; %FALSE where @text is none. */
gboolean rebound_read_conversation (ReboundReading *self, const ReboundSpan *text);

G_END_DECLS

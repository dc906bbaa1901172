/* Rebound: what a log's line, or an event of a sending service, says by name.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

/* A stretch of a text; without it, start is %NULL. */
typedef struct
{
  const char *start;
  const char *end;
} ReboundSpan;

typedef struct
{
  ReboundSpan recipient; /* "to=<…>", "Final-Recipient: rfc822; …", "rcpt_to":"…" */
  ReboundSpan host;      /* "relay=…", "Remote-MTA: dns; …", {FQDN=…} */
  char status[12];       /* of an object with "class", "subject" and "detail" */
  ReboundAction action;  /* delayed, or delivered */
} ReboundLog;

/* Reads what the text from @text to @end says by name. */
void rebound_log_read (const char *text, const char *end, ReboundLog *log);

/* Whether the value at @p is that of a name which says that it is somebody else's. */
gboolean rebound_log_is_other (const char *text, const char *p);

G_END_DECLS

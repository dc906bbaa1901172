/* Rebound: what a line of a report is.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

/* How a line names a recipient, the least sure first. */
typedef enum
{
  REBOUND_NAMING_NONE,
  REBOUND_NAMING_SENTENCE, /* Your message to x@y.example could not be delivered */
  REBOUND_NAMING_FIELD,    /* To: x@y.example */
  REBOUND_NAMING_COMMAND,  /* >>> RCPT TO:<x@y.example> */
  REBOUND_NAMING_REPLY,    /* 550 <x@y.example>... User unknown */
  REBOUND_NAMING_LABEL,    /* Failed recipient: x@y.example */
  REBOUND_NAMING_LINE,     /* <x@y.example>: no such user */
  REBOUND_NAMING_RULE,     /* behind words that a rule of the format names */
} ReboundNaming;

typedef struct
{
  ReboundNaming naming;
  const char *address;
  gsize length;
} ReboundNamed;

/* Whether the line from @line to @end names a recipient, and how. @fails says that the line tells
 * of a failure: then any words may follow an address at its start. */
gboolean rebound_line_names (const char *line, const char *end, gboolean fails,
                             ReboundNamed *named);

/* Whether it is a label and nothing more, and names somebody else than a recipient. */
gboolean rebound_line_announces_other (const char *line, const char *end);

/* Whether it begins with the time at which it failed, behind a preposition. */
gboolean rebound_line_is_date (const char *line, const char *end);

/* A line of an SMTP conversation, as the reporting system shows it. */
typedef struct
{
  gboolean reply;     /* of the server; otherwise a command */
  gboolean marked;    /* by ">>>" or its like, not by its words alone */
  ReboundStage stage; /* of a command */
  const char *words;  /* behind the mark */
} ReboundSpoken;

gboolean rebound_line_is_spoken (const char *line, const char *end, ReboundSpoken *spoken);

/* The same of a line as programs log or print it, with the time and more before its mark. */
gboolean rebound_line_is_logged_speech (const char *line, const char *end, ReboundSpoken *spoken);

/* Whether it begins with such a mark, whatever follows: a line of the mail that is sent. */
gboolean rebound_line_is_marked (const char *line, const char *end);

/* The bytes of the host name or address literal at @p, 0 where there is none. */
gsize rebound_host_scan (const char *p, const char *end);

/* The host that refused, by the address literal behind it: "mx.example.net[192.0.2.1] said:".
 * %NULL where there is none. */
const char *rebound_host_find (const char *p, const char *end, gsize *length);

G_END_DECLS

/* Rebound: what the readers of a report's text share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lines.h"
#include "reader.h"

G_BEGIN_DECLS

enum
{
  LINE_FAILS = 1 << 0,     /* a failure is told of */
  LINE_FAILED = 1 << 1,    /* … that mail was not delivered */
  LINE_CONTACT = 1 << 2,   /* its addresses are contacts */
  LINE_FORWARDED = 1 << 3, /* a person's quotation begins */
};

typedef struct
{
  const char *start;
  const char *end;
  guint flags;
} ReboundTextLine;

/* A line that names a recipient. */
typedef struct
{
  ReboundNaming naming;
  const char *address;
  guint line;
  const char *after; /* behind the address */
} ReboundCandidate;

typedef struct
{
  ReboundReading *reading;
  ReboundEvidence *evidence;
  char *text; /* with its multi-line replies put together */
  gsize length;
  const char *end;    /* of what the report itself says */
  GArray *hits;       /* of ReboundHit, by place, up to the end */
  GArray *lines;      /* of ReboundTextLine, up to the end */
  GArray *candidates; /* of ReboundCandidate, by line */
  guint n_takes;      /* expressions that were tried */
} ReboundText;

static inline ReboundTextLine *
rebound_text_line (const ReboundText *self, guint i)
{
  return &g_array_index (self->lines, ReboundTextLine, i);
}

static inline const ReboundHit *
rebound_text_hit (const ReboundText *self, guint i)
{
  return &g_array_index (self->hits, ReboundHit, i);
}

static inline const ReboundCandidate *
rebound_text_candidate (const ReboundText *self, guint i)
{
  return &g_array_index (self->candidates, ReboundCandidate, i);
}

/* The first hit that is not before @p. */
guint rebound_text_first_hit (const ReboundText *self, const char *p);

/* Where the words of a mark end, and its value may begin. */
static inline const char *
rebound_text_behind (const ReboundText *self, const ReboundHit *hit)
{
  return self->text + hit->start + hit->length;
}

/* What the expression of @rule takes from @start on, or all up to @end where it has none. %NULL
 * where nothing fits, and where @start is behind the end. */
const char *rebound_text_value (ReboundText *self, const ReboundRule *rule, const char *start,
                                const char *end, gsize *length);

/* The address right behind the words of a mark; %NULL where none stands there. */
const char *rebound_text_keep_address (ReboundText *self, const ReboundHit *hit);

/* Finds the lines that name recipients, and the recipients where they are not known yet. */
void rebound_text_find_recipients (ReboundText *self);

/* Adds what the text says of each recipient. */
void rebound_text_read_regions (ReboundText *self);

G_END_DECLS

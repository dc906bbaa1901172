/* Rebound: from rule files to tables: what the readers of lines, entries and properties share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "compiler.h"
#include "fold.h"

G_BEGIN_DECLS

typedef enum
{
  ENTRY_NONE = 0,
  ENTRY_REASON = 1 << 0,
  ENTRY_REPLY = 1 << 1,
  ENTRY_STATUS = 1 << 2,
  ENTRY_PHRASE = 1 << 3,
  ENTRY_MARK = 1 << 4,
  ENTRY_FORMAT = 1 << 5,
  ENTRY_STAGE = 1 << 6,
  ENTRY_PROVIDER = 1 << 7,
  ENTRY_CODE = ENTRY_REPLY | ENTRY_STATUS,
  ENTRY_TOPIC = ENTRY_REASON | ENTRY_CODE | ENTRY_PHRASE,
  ENTRY_TEXTS = ENTRY_PHRASE | ENTRY_MARK | ENTRY_STAGE,
  ENTRY_ANY = (1 << 8) - 1,
} EntryType;

/* A name that `only` gives; what it names may stand in a later file. */
typedef struct
{
  ReboundString name;
  gboolean provider; /* otherwise a format */
  char *place;       /* FILE:LINE:COLUMN */
} Reference;

/* A word of a line. */
typedef struct
{
  char *text;
  gboolean quoted;
  guint column;
} Token;

/* Line 0 is none. */
typedef struct
{
  guint line;
  guint column;
} Place;

struct _ReboundCompiler
{
  ReboundRules rules;
  ReboundReasonRule reasons[REBOUND_N_REASONS];
  GArray *replies;
  GArray *statuses;
  GArray *formats;
  GArray *providers;
  GArray *hosts;
  GArray *says;
  GArray *scopes;
  GArray *references;
  GArray *entries; /* of ReboundRule */
  GArray *phrase_texts;
  GArray *patterns;
  GArray *field_names; /* of ReboundFieldName */
  guint16 buckets[(1 << REBOUND_BUCKET_BITS) + 1];
  guint8 grams[1 << (REBOUND_GRAM_BITS - 3)];
  GString *strings;
  GHashTable *interned; /* string → offset */
  GHashTable *ids;      /* "keyword id" → where it was first given */
  ReboundFolded folded;

  gboolean overlay; /* later files may give a name again */

  /* where the reader stands */
  const char *file;
  guint line;
  GArray *tokens;
  EntryType entry;
  guint index;  /* of the entry in its table */
  Place textless; /* the entry, as long as it has no text to look for and needs one */
  guint given;  /* bits: the texts of several items that the entry has begun */
  char *source; /* (nullable): of a phrase, in case it is one that a person may ask for */
};

/* words.c */

static inline const Token *
token (ReboundCompiler *self, guint i)
{
  return &g_array_index (self->tokens, Token, i);
}

/* Splits a line into its words. */
gboolean rebound_compiler_read_words (ReboundCompiler *self, const char *line, GError **error);

/* An error at word @i of the line; always %FALSE. @format is translated: xgettext knows it as a
 * keyword. */
gboolean rebound_compiler_fail (ReboundCompiler *self, guint i, GError **error, const char *format,
                                ...) G_GNUC_PRINTF (4, 5);

/* Fails where the entry that ends here needs a text and has none. */
gboolean rebound_compiler_check_texts (ReboundCompiler *self, GError **error);

/* Word @i as one of @n names; some may be %NULL. */
gboolean rebound_compiler_read_name (ReboundCompiler *self, guint i, const char *(*name) (guint),
                                     guint n, guint *value, GError **error);

/* All of these names, for a message. */
char *rebound_compiler_list_names (const char *(*name) (guint), guint n);
const char *rebound_compiler_reason_name (guint i);
const char *rebound_compiler_stage_name (guint i);

/* The reasons from word @first on, behind those that are there. */
gboolean rebound_compiler_read_reasons (ReboundCompiler *self, guint first, ReboundReasons *reasons,
                                        GError **error);
gboolean rebound_compiler_is_reply (const char *code);
gboolean rebound_compiler_is_status (const char *code);

/* compiler.c */

ReboundString rebound_compiler_intern (ReboundCompiler *self, const char *string);

/* Whether @table can take one more: its members are numbered with 16 bits. */
gboolean rebound_compiler_has_room (ReboundCompiler *self, const GArray *table, GError **error);

static inline gboolean
is_string (const ReboundCompiler *self, ReboundString string, const char *text)
{
  return strcmp (self->strings->str + string, text) == 0;
}

/* entries.c */

/* A line that begins in the first column. */
gboolean rebound_compiler_read_entry (ReboundCompiler *self, GError **error);

/* The rule becomes the current one. */
void rebound_compiler_begin_rule (ReboundCompiler *self, ReboundRuleType type, const char *id);

static inline ReboundRule *
current_rule (ReboundCompiler *self)
{
  return &g_array_index (self->entries, ReboundRule, self->index);
}

/* properties.c */

/* An indented line: a keyword and what follows it, or a text. */
gboolean rebound_compiler_read_property (ReboundCompiler *self, GError **error);
gboolean rebound_compiler_read_text (ReboundCompiler *self, GError **error);

/* scopes.c */

/* only format|provider|class|stage NAME… */
gboolean rebound_compiler_read_only (ReboundCompiler *self, GError **error);

G_END_DECLS

/* Rebound: what the world writes, as constant tables.
 *
 * rulec compiles the *.rules files of this folder into rebound_builtin_rules; the tables hold
 * no pointers of their own, so nothing is relocated or parsed when a program starts. Strings
 * are offsets into one pool, read with rebound_rules_string().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rebound.h"

G_BEGIN_DECLS

#define REBOUND_N_REASONS (REBOUND_REASON_AUTO_REPLY + 1)
#define REBOUND_N_STAGES (REBOUND_STAGE_LOCAL + 1)
#define REBOUND_N_TAXONOMIES 5
#define REBOUND_MAX_REASONS 6
#define REBOUND_MAX_SCOPE 6

/* Between two pieces of a text stands this byte, and in the message up to that many bytes. */
#define REBOUND_PATTERN_GAP '\001'
#define REBOUND_PATTERN_MAX_GAP 80

#define REBOUND_GRAM_BITS 17
#define REBOUND_BUCKET_BITS 13

typedef guint32 ReboundString;

/* Where a text is looked for. */
typedef enum
{
  REBOUND_AREA_TEXT = 1 << 0,
  REBOUND_AREA_SUBJECT = 1 << 1,
  REBOUND_AREA_HEADER = 1 << 2,
  REBOUND_AREA_STATUS = 1 << 3,
} ReboundArea;

/* What a text says when it does not name a reason. */
typedef enum
{
  REBOUND_MARK_FAILED,
  REBOUND_MARK_DELAYED,
  REBOUND_MARK_DELIVERED,
  REBOUND_MARK_RETURNED,
  REBOUND_MARK_AUTO_REPLY,
  REBOUND_MARK_CHALLENGE,
  REBOUND_MARK_COMPLAINT,
  REBOUND_MARK_SYSTEM,
  REBOUND_MARK_CONTACT,
  REBOUND_MARK_FORWARDED,
  REBOUND_MARK_ORIGIN,
  REBOUND_MARK_HOST,
  REBOUND_MARK_RECIPIENT,
  REBOUND_MARK_DIAGNOSTIC,
  REBOUND_MARK_NOTICE,
  REBOUND_N_MARKS,
} ReboundMark;

typedef struct
{
  guint8 n;
  guint8 reason[REBOUND_MAX_REASONS];
} ReboundReasons;

/* What a person is told of a reason, a code or a phrase. Of `causes`, `sender`, `list` and `examples`
 * each line is an item of its own. */
typedef struct
{
  ReboundString means;
  ReboundString causes;
  ReboundString sender;
  ReboundString list;
  ReboundString examples;
  ReboundString source;
} ReboundTexts;

/* reason NAME */
typedef struct
{
  ReboundTexts texts;
  ReboundString taxonomy[REBOUND_N_TAXONOMIES];
  guint8 bounce;
  guint8 fault;
  guint8 unsubscribe;
} ReboundReasonRule;

/* reply CODE, status CODE */
typedef struct
{
  ReboundString code;
  ReboundTexts texts;
  ReboundReasons reasons;
  ReboundReasons at[REBOUND_N_STAGES];
  gboolean generic;
} ReboundCode;

/* phrase ID REASON…, mark ID MARK, stage ID STAGE, each `when` line of a format, and the `sign`
 * lines of a provider */
typedef enum
{
  REBOUND_RULE_PHRASE,
  REBOUND_RULE_MARK,
  REBOUND_RULE_STAGE,
  REBOUND_RULE_WHEN,
  REBOUND_RULE_SIGN,
} ReboundRuleType;

/* `only`: where a rule holds. What is empty holds everywhere. */
typedef struct
{
  ReboundString formats[REBOUND_MAX_SCOPE];
  ReboundString providers[REBOUND_MAX_SCOPE];
  guint16 stages; /* bits of ReboundStage */
  guint8 classes; /* bits of a code's first digit */
} ReboundScope;

typedef struct
{
  ReboundString id;
  guint8 type;
  guint8 areas;
  guint8 weak;
  guint8 sourced;
  ReboundReasons reasons;
  guint16 value;        /* a mark or stage: which; a `when`: its format; a `sign`: its provider */
  guint16 n_conditions; /* of a `when` */
  guint16 length;       /* a `when`: bytes of all its texts */
  guint16 scope;        /* 0: it holds everywhere */
  ReboundString take;   /* a mark: the expression for the value behind its text */
} ReboundRule;

/* A phrase that a person may ask for, by the codes that its provider gives: each line is one. */
typedef struct
{
  ReboundTexts texts;
  ReboundString codes;
  guint16 rule;
} ReboundPhraseTexts;

/* format NAME */
typedef struct
{
  ReboundString name;
  ReboundString title;
} ReboundFormat;

/* provider NAME */
typedef struct
{
  ReboundString name;
  ReboundString title;
  ReboundString source;
} ReboundProvider;

/* A host of a provider; or all below a domain, then as ".example.net". */
typedef struct
{
  ReboundString name;
  guint16 provider;
} ReboundProviderHost;

/* What a code means there. */
typedef struct
{
  ReboundString code;
  ReboundReasons reasons;
  guint16 provider;
} ReboundProviderCode;

/* One text to look for. */
typedef struct
{
  ReboundString text;
  guint32 gram;  /* four bytes of it, rare and little shared, … */
  guint8 window; /* … and where they stand; a text has at most 250 bytes */
  guint8 length;
  guint8 first; /* bytes before the first gap */
  guint8 areas;
  guint16 rule;
} ReboundPattern;

/* A field that some text of the header or of the delivery status begins with: the others need
 * not be looked at. */
typedef struct
{
  ReboundString name;
  guint16 areas;
  guint16 prefix; /* the text has no colon: all fields whose name begins so */
} ReboundFieldName;

typedef struct
{
  const char *strings;
  gsize strings_length;
  const ReboundReasonRule *reasons;
  const ReboundCode *replies;
  guint n_replies;
  const ReboundCode *statuses;
  guint n_statuses;
  const ReboundFormat *formats;
  guint n_formats;
  const ReboundProvider *providers;
  guint n_providers;
  const ReboundProviderHost *hosts; /* sorted */
  guint n_hosts;
  const ReboundProviderCode *says;
  guint n_says;
  const ReboundScope *scopes;
  guint n_scopes;
  const ReboundRule *rules;
  guint n_rules;
  const ReboundPhraseTexts *phrase_texts;
  guint n_phrase_texts;
  const ReboundPattern *patterns;
  guint n_patterns;
  const ReboundFieldName *field_names; /* sorted */
  guint n_field_names;
  const guint16 *buckets; /* first pattern of each bucket, and one more */
  const guint8 *grams;    /* bit set: some pattern has a window of this hash */
} ReboundRules;

extern const ReboundRules rebound_builtin_rules;

/* rebound-analyzer.c: (transfer none): what is built in, and what came on top. */
const ReboundRules *rebound_analyzer_get_rules (const ReboundAnalyzer *self);

static inline const char *
rebound_rules_string (const ReboundRules *rules, ReboundString string)
{
  return rules->strings + string;
}

const ReboundCode *rebound_rules_find_reply (const ReboundRules *rules, const char *code);
const ReboundCode *rebound_rules_find_status (const ReboundRules *rules, const char *code);
gboolean rebound_rules_knows_field (const ReboundRules *rules, const char *name, ReboundArea area);

/* The provider that runs @host, in lower case; by the longest name; -1 where none is known. */
int rebound_rules_find_provider (const ReboundRules *rules, const char *host);

/* What @code means at a provider; %NULL where it is nothing of its own. */
const ReboundReasons *rebound_rules_find_says (const ReboundRules *rules, int provider,
                                               const char *code);

/* Whether @name is one of those that `only` gives; or it gives none. */
gboolean rebound_rules_allows (const ReboundRules *rules, const ReboundString *names,
                               const char *name);
const char *const *rebound_rules_taxonomy_names (void);
const char *rebound_mark_to_string (ReboundMark mark);

/* Four bytes of a text as a number. */
static inline guint32
rebound_gram (const char *bytes)
{
  return (guint8) bytes[0] | (guint32) (guint8) bytes[1] << 8 | (guint32) (guint8) bytes[2] << 16
         | (guint32) (guint8) bytes[3] << 24;
}

static inline guint
rebound_gram_hash (guint32 gram)
{
  return (gram * 2654435761u) >> (32 - REBOUND_GRAM_BITS);
}

static inline guint
rebound_gram_bucket (guint hash)
{
  return hash >> (REBOUND_GRAM_BITS - REBOUND_BUCKET_BITS);
}

G_END_DECLS

/* Rebound: what a person may ask for: a code, a reason, or a name of one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/rules.h"

G_BEGIN_DECLS

typedef enum
{
  REBOUND_TOPIC_REASON,
  REBOUND_TOPIC_REPLY,
  REBOUND_TOPIC_STATUS,
  REBOUND_TOPIC_PHRASE,  /* by a provider's code, or by its id */
  REBOUND_TOPIC_NAME,    /* another system's name of one or several reasons */
  REBOUND_TOPIC_CLASS,   /* the first digits of codes: 5xx, X.1 */
  REBOUND_TOPIC_REFUSAL, /* a whole one, with the reasons and the verdict that are found in it */
} ReboundTopicType;

typedef struct
{
  char *name; /* as it is written: "5.1.1", "TSS04" */
  ReboundTopicType type;
  const ReboundTexts *texts; /* (nullable): its own */
  const ReboundCode *code;   /* (nullable): of a reply or status that the rules have */
  const ReboundRule *rule;   /* of a phrase */
  int provider;              /* of a phrase; -1 where it is nobody's */
  ReboundReasons reasons;
  char class;                     /* of a refusal; '\0' where none is known */
  ReboundBounce bounce;           /* of a refusal */
  ReboundFault fault;             /* of a refusal */
  ReboundUnsubscribe unsubscribe; /* of a refusal */
} ReboundTopic;

/* The texts of a topic that several items may have, in the order in which they are told. */
typedef enum
{
  REBOUND_ITEMS_CAUSES,
  REBOUND_ITEMS_LIST,
  REBOUND_ITEMS_SENDER,
  REBOUND_ITEMS_EXAMPLES,
  REBOUND_N_ITEMS,
} ReboundItems;

/* Frees what an element of an array of topics has. */
void rebound_topic_clear (gpointer topic);

/* (transfer full) (element-type ReboundTopic): what @text asks for, as people write it; empty where
 * nothing is known. @words (nullable) is whether it is none of the topics, but words with some of
 * them inside or not: a refusal. */
GArray *rebound_topics_find (const ReboundRules *rules, const char *text, gboolean *words);

/* (transfer full) (element-type utf8): all topics: reasons, codes, providers' codes. */
GPtrArray *rebound_topics_list (const ReboundRules *rules);

/* (transfer full) (element-type utf8): the topics that are written most like @text, best first. */
GPtrArray *rebound_topics_suggest (const ReboundRules *rules, const char *text);

/* (transfer full): the items of a topic: its own, or those of its first reason; none: empty. */
char **rebound_topic_items (const ReboundRules *rules, const ReboundTopic *topic,
                            ReboundItems items);

static inline gboolean
rebound_topic_is_code (const ReboundTopic *topic)
{
  return topic->type == REBOUND_TOPIC_REPLY || topic->type == REBOUND_TOPIC_STATUS;
}

/* 2.1.1, of which the rules know the X.1.1 that is a failure. */
gboolean rebound_topic_is_success (const ReboundTopic *topic);

/* The digit of the topic's class, '2' to '5'; 'X' for any; '\0' of what has none. */
char rebound_topic_class (const ReboundRules *rules, const ReboundTopic *topic);

G_END_DECLS

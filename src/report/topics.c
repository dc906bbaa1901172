/* Rebound: what a person may ask for: a code, a reason, or a name of one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "topics.h"

#include <string.h>

#include "translate.h"

/* What people write around a code: "550-5.1.1", "(#5.7.1)", "[TSS04]". */
#define SEPARATORS " \t\r\n-#[](){}<>,:;\"'"

/* No name is longer; what is need not be compared with any. */
#define LONGEST_NAME 40
#define MAX_SUGGESTIONS 3

void
rebound_topic_clear (gpointer topic)
{
  g_free (((ReboundTopic *) topic)->name);
}

static const char *
string (const ReboundRules *rules, ReboundString offset)
{
  return rebound_rules_string (rules, offset);
}

static gboolean
has_topic (const GArray *topics, const ReboundTopic *topic, const char *name)
{
  for (guint i = 0; i < topics->len; i++)
    {
      const ReboundTopic *other = &g_array_index (topics, ReboundTopic, i);

      if (other->type == topic->type && other->rule == topic->rule
          && strcmp (other->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Each once, however many lines of a reply repeat it. */
static void
add_topic (GArray *topics, ReboundTopic topic, const char *name)
{
  if (has_topic (topics, &topic, name))
    return;
  topic.name = g_strdup (name);
  g_array_append_val (topics, topic);
}

/* Names are the same whatever their case, blanks, brackets and hyphens are; a dot counts. */
static char *
make_key (const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  GString *key = g_string_new (NULL);

  for (const char *p = folded; *p != '\0'; p++)
    if (g_ascii_isalnum (*p) || *p == '.' || *p & 0x80)
      g_string_append_c (key, *p);
  return g_string_free (key, FALSE);
}

static gboolean
is_named (const char *name, const char *key)
{
  g_autofree char *own = make_key (name);

  return strcmp (own, key) == 0;
}

/* ---- Reasons ---- */

static void
add_reason (const ReboundRules *rules, GArray *topics, guint reason)
{
  const ReboundTopic topic = { .type = REBOUND_TOPIC_REASON,
                               .texts = &rules->reasons[reason].texts,
                               .provider = -1,
                               .reasons = { 1, { reason } } };

  add_topic (topics, topic, rebound_reason_to_string (reason));
}

static void
find_reason (const ReboundRules *rules, const char *key, GArray *topics)
{
  for (guint reason = 0; reason < REBOUND_N_REASONS; reason++)
    if (is_named (rebound_reason_to_string (reason), key))
      add_reason (rules, topics, reason);
}

/* ---- Codes ---- */

/* What is "X.1.1" for a failure is no reason in a 2.1.1. */
static gboolean
is_failure (const char *code)
{
  return strchr ("23", *code) == NULL;
}

/* What a code means at some stage, and nothing without one, is no clue by itself. */
static ReboundReasons
reasons_of (const ReboundCode *code)
{
  const ReboundReasons no_clue = { 1, { REBOUND_REASON_UNCLASSIFIED } };

  for (guint stage = 0; code->reasons.n == 0 && stage < REBOUND_N_STAGES; stage++)
    if (code->at[stage].n > 0)
      return no_clue;
  return code->reasons;
}

static void
add_code (GArray *topics, const char *name, ReboundTopicType type, const ReboundCode *code)
{
  ReboundTopic topic = { .type = type, .code = code, .provider = -1 };

  if (code != NULL)
    topic.texts = &code->texts;
  if (code != NULL && is_failure (name))
    topic.reasons = reasons_of (code);
  add_topic (topics, topic, name);
}

/* RFC 5321 section 4.2 knows 2yz to 5yz; what else is met stands in the rules. */
static gboolean
add_reply (const ReboundRules *rules, GArray *topics, const char *name)
{
  const ReboundCode *code = rebound_rules_find_reply (rules, name);

  if (code == NULL && strchr ("2345", *name) == NULL)
    return FALSE;
  add_code (topics, name, REBOUND_TOPIC_REPLY, code);
  return TRUE;
}

/* A detail that is not known says what X.y.0 says (RFC 3463 section 2). */
static const ReboundCode *
find_subject (const ReboundRules *rules, const char *name)
{
  g_autofree char *subject = g_strdup_printf ("X.%.*s.0", (int) strcspn (name + 2, "."), name + 2);

  return rebound_rules_find_status (rules, subject);
}

static void
add_status (const ReboundRules *rules, GArray *topics, const char *name)
{
  const ReboundCode *code = rebound_rules_find_status (rules, name);
  const ReboundCode *subject = code == NULL ? find_subject (rules, name) : NULL;
  ReboundTopic *topic;

  add_code (topics, name, REBOUND_TOPIC_STATUS, code);
  topic = &g_array_index (topics, ReboundTopic, topics->len - 1);
  if (subject != NULL && is_failure (name))
    topic->reasons = subject->reasons;
}

static gboolean
is_digits (const char *text, gsize least, gsize most)
{
  gsize n = strspn (text, "0123456789");

  return n >= least && n <= most && (text[n] == '\0' || text[n] == '.');
}

/* 5.1.1, or X.1.1 for any class. */
static gboolean
is_status (const char *text)
{
  const char *detail = *text != '\0' && text[1] == '.' ? strchr (text + 2, '.') : NULL;

  return detail != NULL && strchr ("245X", *text) != NULL && is_digits (text + 2, 1, 3)
         && is_digits (detail + 1, 1, 3) && strchr (detail + 1, '.') == NULL;
}

static gboolean
add_if_code (const ReboundRules *rules, GArray *topics, const char *word)
{
  g_autofree char *name = g_ascii_strup (word, -1);

  while (g_str_has_suffix (name, "."))
    name[strlen (name) - 1] = '\0';
  if (is_status (name))
    add_status (rules, topics, name);
  else if (strlen (name) != 3 || !is_digits (name, 3, 3) || !add_reply (rules, topics, name))
    return FALSE;
  return TRUE;
}

/* All of @text is codes: "550 5.7.1", "550-5.1.1". */
static void
find_codes (const ReboundRules *rules, const char *text, GArray *topics)
{
  g_auto (GStrv) words = g_strsplit_set (text, SEPARATORS, -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && !add_if_code (rules, topics, words[i]))
      {
        g_array_set_size (topics, 0);
        return;
      }
}

/* ---- Classes ---- */

/* "5", "5xx", "52x", "5.1", "X.1.x": what the first digits of a code say. */
static gboolean
is_class (const char *text)
{
  static const char *const replies[] = { "", "xx", "yz", "x", "z" };
  const gsize digits = strspn (text, "0123456789");

  if (*text == '\0' || strchr ("2345X", *text) == NULL)
    return FALSE;
  if (text[1] == '.')
    {
      const char *detail = text + 2 + strspn (text + 2, "0123456789");

      return is_digits (text + 2, 1, 3)
             && (*detail == '\0' || g_ascii_strcasecmp (detail, ".x") == 0);
    }
  for (guint i = 0; i < G_N_ELEMENTS (replies) && digits > 0 && digits < 3; i++)
    if (g_ascii_strcasecmp (text + digits, replies[i]) == 0)
      return digits + strlen (replies[i]) == 3 || digits + strlen (replies[i]) == 1;
  return FALSE;
}

static void
find_class (const char *text, GArray *topics)
{
  const ReboundTopic topic = { .type = REBOUND_TOPIC_CLASS, .provider = -1 };
  g_autofree char *name = g_strdup (text);

  *name = g_ascii_toupper (*name);
  if (is_class (name))
    add_topic (topics, topic, name);
}

/* ---- Phrases ---- */

/* That to which it is limited, or that which its group is called after. */
static int
provider_of (const ReboundRules *rules, const ReboundRule *rule)
{
  const char *id = string (rules, rule->id);
  const ReboundString only = rules->scopes[rule->scope].providers[0];
  g_autofree char *name =
      only != 0 ? g_strdup (string (rules, only)) : g_strndup (id, strcspn (id, "/"));

  for (guint i = 0; i < rules->n_providers; i++)
    if (strcmp (string (rules, rules->providers[i].name), name) == 0)
      return i;
  return -1;
}

static void
add_phrase (const ReboundRules *rules, GArray *topics, const ReboundPhraseTexts *texts,
            const char *name)
{
  const ReboundRule *rule = &rules->rules[texts->rule];
  const ReboundTopic topic = { .type = REBOUND_TOPIC_PHRASE,
                               .texts = &texts->texts,
                               .rule = rule,
                               .provider = provider_of (rules, rule),
                               .reasons = rule->reasons };

  add_topic (topics, topic, name);
}

static void
find_phrases_named (const ReboundRules *rules, const char *key, GArray *topics)
{
  for (guint i = 0; i < rules->n_phrase_texts; i++)
    {
      const ReboundPhraseTexts *texts = &rules->phrase_texts[i];
      g_auto (GStrv) codes = g_strsplit (string (rules, texts->codes), "\n", -1);
      const char *id = string (rules, rules->rules[texts->rule].id);
      const char *name = is_named (id, key) ? id : NULL;

      for (guint c = 0; codes[c] != NULL && name == NULL; c++)
        name = is_named (codes[c], key) ? codes[c] : NULL;
      if (name != NULL)
        add_phrase (rules, topics, texts, name);
    }
}

/* Before a number sign stands what a provider writes before all of its codes: AUP#CXBL. */
static void
find_phrases (const ReboundRules *rules, const char *text, GArray *topics)
{
  const char *sign = strchr (text, '#');
  const guint known = topics->len;
  g_autofree char *key = make_key (text);
  g_autofree char *code = make_key (sign != NULL ? sign : "");

  find_phrases_named (rules, key, topics);
  if (topics->len == known && *code != '\0')
    find_phrases_named (rules, code, topics);
}

/* ---- Names in other systems ---- */

static const char *
name_in (const ReboundRules *rules, guint reason, guint taxonomy)
{
  return string (rules, rules->reasons[reason].taxonomy[taxonomy]);
}

/* "Permanent/NoEmail" is asked for by its second half as well. */
static gboolean
is_other_name (const char *name, const char *key)
{
  const char *slash = strchr (name, '/');

  return is_named (name, key) || (slash != NULL && is_named (slash + 1, key));
}

static gboolean
has_other_name (const ReboundRules *rules, guint reason, const char *key, const char **name)
{
  for (guint taxonomy = 0; taxonomy < REBOUND_N_TAXONOMIES; taxonomy++)
    if (is_other_name (name_in (rules, reason, taxonomy), key))
      {
        *name = name_in (rules, reason, taxonomy);
        return TRUE;
      }
  return FALSE;
}

/* Several reasons may have the name: then it is told which; the first six are enough. */
static void
find_other_names (const ReboundRules *rules, const char *key, GArray *topics)
{
  ReboundTopic topic = { .type = REBOUND_TOPIC_NAME, .provider = -1 };
  const char *name = NULL;

  for (guint reason = 0; reason < REBOUND_N_REASONS; reason++)
    if (topic.reasons.n < REBOUND_MAX_REASONS && has_other_name (rules, reason, key, &name))
      topic.reasons.reason[topic.reasons.n++] = reason;
  if (topic.reasons.n == 1)
    add_reason (rules, topics, topic.reasons.reason[0]);
  else if (topic.reasons.n > 1)
    add_topic (topics, topic, name);
}

/* ---- Finding ---- */

static void
find_name (const ReboundRules *rules, const char *text, GArray *topics)
{
  g_autofree char *key = make_key (text);

  if (*key == '\0' || strlen (key) > LONGEST_NAME)
    return;
  find_reason (rules, key, topics);
  if (topics->len == 0)
    find_phrases (rules, text, topics);
  if (topics->len == 0)
    find_other_names (rules, key, topics);
}

/* A code of a provider that is written as a status is that, and what the provider says besides. */
static void
find_codes_of_provider (const ReboundRules *rules, const char *text, GArray *topics)
{
  if (topics->len == 1)
    find_phrases (rules, text, topics);
}

/* A whole refusal: the codes in it, and its provider's. */
static void
find_in_words (const ReboundRules *rules, const char *text, GArray *topics)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t\r\n-[]():;,", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && !add_if_code (rules, topics, words[i])
        && strpbrk (words[i], "0123456789") != NULL)
      find_phrases (rules, words[i], topics);
}

GArray *
rebound_topics_find (const ReboundRules *rules, const char *text, gboolean *words)
{
  GArray *topics = g_array_new (FALSE, TRUE, sizeof (ReboundTopic));

  g_array_set_clear_func (topics, rebound_topic_clear);
  if (words != NULL)
    *words = FALSE;
  if (!g_utf8_validate (text, -1, NULL) || strlen (text) > 1000)
    return topics;
  find_codes (rules, text, topics);
  find_codes_of_provider (rules, text, topics);
  if (topics->len == 0)
    find_class (text, topics);
  if (topics->len == 0)
    find_name (rules, text, topics);
  if (topics->len > 0 || strpbrk (text, " \t\n") == NULL)
    return topics;
  if (words != NULL)
    *words = TRUE;
  find_in_words (rules, text, topics);
  return topics;
}

/* ---- All topics ---- */

static void
list_codes (const ReboundRules *rules, const ReboundCode *codes, guint n, GPtrArray *names)
{
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (names, g_strdup (string (rules, codes[i].code)));
}

static gboolean
has_name (const GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    if (strcmp (g_ptr_array_index (names, i), name) == 0)
      return TRUE;
  return FALSE;
}

static void
list_phrases (const ReboundRules *rules, GPtrArray *names)
{
  for (guint i = 0; i < rules->n_phrase_texts; i++)
    {
      const ReboundPhraseTexts *texts = &rules->phrase_texts[i];
      const char *listed =
          string (rules, texts->codes != 0 ? texts->codes : rules->rules[texts->rule].id);
      g_auto (GStrv) lines = g_strsplit (listed, "\n", -1);

      for (guint line = 0; lines[line] != NULL; line++)
        if (!has_name (names, lines[line]))
          g_ptr_array_add (names, g_strdup (lines[line]));
    }
}

GPtrArray *
rebound_topics_list (const ReboundRules *rules)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint reason = 0; reason < REBOUND_N_REASONS; reason++)
    g_ptr_array_add (names, g_strdup (rebound_reason_to_string (reason)));
  list_codes (rules, rules->replies, rules->n_replies, names);
  list_codes (rules, rules->statuses, rules->n_statuses, names);
  list_phrases (rules, names);
  return names;
}

/* ---- What is written alike ---- */

/* How many letters have to be put in, left out or changed. */
static guint
distance (const char *a, const char *b)
{
  guint row[LONGEST_NAME + 1];
  const guint width = strlen (b);

  for (guint j = 0; j <= width; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = i;
      for (guint j = 1; j <= width; j++)
        {
          const guint changed = diagonal + (a[i - 1] != b[j - 1]);

          diagonal = row[j];
          row[j] = MIN (changed, MIN (row[j], row[j - 1]) + 1);
        }
    }
  return row[width];
}

typedef struct
{
  char *name;
  guint far;
  guint order;
} Suggestion;

static int
compare_suggestions (gconstpointer a, gconstpointer b)
{
  const Suggestion *one = a, *other = b;

  if (one->far != other->far)
    return one->far < other->far ? -1 : 1;
  return one->order < other->order ? -1 : one->order > other->order;
}

static gboolean
is_number (const char *key)
{
  return key[strspn (key, "0123456789.")] == '\0';
}

/* What begins so, or has it inside, is as near as one wrong letter. No number is like another. */
static void
judge (GArray *suggestions, const char *name, const char *key)
{
  g_autofree char *own = make_key (name);
  const gsize length = strlen (key);
  Suggestion suggestion;

  if (strlen (own) > LONGEST_NAME || length < 2 || is_number (own) || is_number (key))
    return;
  suggestion.far = length > 3 && strstr (own, key) != NULL ? 1 : distance (key, own);
  if (suggestion.far > MAX (1, length / 3))
    return;
  suggestion.name = g_strdup (name);
  suggestion.order = suggestions->len;
  g_array_append_val (suggestions, suggestion);
}

static GPtrArray *
take_nearest (GArray *suggestions)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  g_array_sort (suggestions, compare_suggestions);
  for (guint i = 0; i < suggestions->len; i++)
    {
      char *name = g_array_index (suggestions, Suggestion, i).name;

      if (names->len < MAX_SUGGESTIONS && !has_name (names, name))
        g_ptr_array_add (names, name);
      else
        g_free (name);
    }
  return names;
}

GPtrArray *
rebound_topics_suggest (const ReboundRules *rules, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *key = make_key (valid);
  g_autoptr (GPtrArray) topics = rebound_topics_list (rules);
  g_autoptr (GArray) suggestions = g_array_new (FALSE, FALSE, sizeof (Suggestion));

  if (strlen (key) > LONGEST_NAME)
    return g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < topics->len; i++)
    judge (suggestions, g_ptr_array_index (topics, i), key);
  for (guint reason = 0; reason < REBOUND_N_REASONS; reason++)
    for (guint taxonomy = 0; taxonomy < REBOUND_N_TAXONOMIES; taxonomy++)
      judge (suggestions, name_in (rules, reason, taxonomy), key);
  return take_nearest (suggestions);
}

/* ---- A topic ---- */

static ReboundString
get_items (const ReboundTexts *texts, ReboundItems items)
{
  const ReboundString all[REBOUND_N_ITEMS] = { texts->causes, texts->list, texts->sender,
                                               texts->examples };

  return all[items];
}

/* What one reason would have the list do may be wrong for the others. */
static gboolean
leaves_open (const ReboundRules *rules, const ReboundReasons *reasons)
{
  const guint8 first = rules->reasons[reasons->reason[0]].unsubscribe;

  for (guint i = 1; i < reasons->n; i++)
    if (rules->reasons[reasons->reason[i]].unsubscribe != first)
      return TRUE;
  return reasons->n > 1 && first != REBOUND_UNSUBSCRIBE_NEVER;
}

gboolean
rebound_topic_is_success (const ReboundTopic *topic)
{
  return topic->type == REBOUND_TOPIC_STATUS && *topic->name == '2';
}

/* Those of @lines that have @part; @lines is freed. */
static char **
take_lines (char **lines, const char *part, gboolean at_beginning)
{
  GPtrArray *taken = g_ptr_array_new ();

  for (guint i = 0; lines[i] != NULL; i++)
    if (at_beginning ? g_str_has_prefix (lines[i], part) : strstr (lines[i], part) != NULL)
      g_ptr_array_add (taken, g_strdup (lines[i]));
  g_strfreev (lines);
  g_ptr_array_add (taken, NULL);
  return (char **) g_ptr_array_free (taken, FALSE);
}

/* Its own of its class, or all of its own; else those of its first reason that have the code. */
static char **
find_examples (const ReboundRules *rules, const ReboundTopic *topic, ReboundString own,
               ReboundString of_reason)
{
  const char class[] = { rebound_topic_class (rules, topic), '\0' };
  const gboolean is_reply = topic->type == REBOUND_TOPIC_REPLY;
  char **examples;

  if (own == 0)
    return take_lines (g_strsplit (string (rules, of_reason), "\n", -1), topic->name, is_reply);
  examples = g_strsplit (string (rules, own), "\n", -1);
  for (guint i = 0; examples[i] != NULL; i++)
    if (g_str_has_prefix (examples[i], class))
      return take_lines (examples, class, TRUE);
  return examples;
}

/* In place of what a reason says to the list, where the topic says less than the reason does: what
 * one reason would have done may be wrong for the others, and what is for good, for a code that is
 * for now. */
static const char *
list_instead (const ReboundRules *rules, const ReboundTopic *topic)
{
  if (topic->reasons.n == 0)
    return NULL;
  if (leaves_open (rules, &topic->reasons))
    return N_ (
        "It leaves several reasons open, so that nobody is dropped for it alone: the words of the "
        "refusal decide.");
  if (rebound_topic_class (rules, topic) == '4'
      && rules->reasons[topic->reasons.reason[0]].unsubscribe == REBOUND_UNSUBSCRIBE_NOW)
    return N_ (
        "It is for now only: count it, and take the address off when it comes back again over "
        "some weeks.");
  return NULL;
}

char **
rebound_topic_items (const ReboundRules *rules, const ReboundTopic *topic, ReboundItems items)
{
  const gboolean has_own = topic->texts != NULL && !rebound_topic_is_success (topic);
  const ReboundString own = has_own ? get_items (topic->texts, items) : 0;
  ReboundString of_reason = 0;

  if (topic->reasons.n > 0)
    of_reason = get_items (&rules->reasons[topic->reasons.reason[0]].texts, items);
  if (items == REBOUND_ITEMS_EXAMPLES)
    return find_examples (rules, topic, own, of_reason);
  if (own == 0 && items == REBOUND_ITEMS_LIST && list_instead (rules, topic) != NULL)
    return g_strsplit (list_instead (rules, topic), "\n", -1);
  return g_strsplit (string (rules, own != 0 ? own : of_reason), "\n", -1);
}

/* Of a phrase: what `only` says, or its first example. */
char
rebound_topic_class (const ReboundRules *rules, const ReboundTopic *topic)
{
  if (rebound_topic_is_code (topic) || topic->type == REBOUND_TOPIC_CLASS)
    return *topic->name;
  if (topic->type == REBOUND_TOPIC_REFUSAL)
    return topic->class;
  if (topic->type != REBOUND_TOPIC_PHRASE)
    return '\0';
  for (char digit = '2'; digit <= '5'; digit++)
    if (rules->scopes[topic->rule->scope].classes == 1 << (digit - '0'))
      return digit;
  return *string (rules, topic->texts->examples);
}

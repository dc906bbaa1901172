/* Rebound: the properties of an entry of a rule file, and its texts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compiler-private.h"
#include "take.h"
#include "translate.h"

#define SHORTEST_PIECE 4
#define MAX_CONDITIONS 4

static const char *
bounce_name (guint i)
{
  return rebound_bounce_to_string (i);
}

static const char *
fault_name (guint i)
{
  return rebound_fault_to_string (i);
}

static const char *
unsubscribe_name (guint i)
{
  return rebound_unsubscribe_to_string (i);
}

static const char *
taxonomy_name (guint i)
{
  return rebound_rules_taxonomy_names ()[i];
}

static const char *
area_name (guint i)
{
  static const char *const names[] = { "text", "subject", "header", "status" };

  return names[i];
}

static ReboundCode *
current_code (ReboundCompiler *self)
{
  GArray *codes = self->entry == ENTRY_REPLY ? self->replies : self->statuses;

  return &g_array_index (codes, ReboundCode, self->index);
}

static ReboundProvider *
current_provider (ReboundCompiler *self)
{
  return &g_array_index (self->providers, ReboundProvider, self->index);
}

/* NULL where the phrase has no texts for a person. */
static ReboundPhraseTexts *
find_phrase_texts (ReboundCompiler *self)
{
  const guint n = self->phrase_texts->len;
  ReboundPhraseTexts *last;

  if (n == 0)
    return NULL;
  last = &g_array_index (self->phrase_texts, ReboundPhraseTexts, n - 1);
  return last->rule == self->index ? last : NULL;
}

static ReboundPhraseTexts *
current_phrase_texts (ReboundCompiler *self)
{
  ReboundPhraseTexts texts = { .rule = self->index };

  if (find_phrase_texts (self) == NULL)
    {
      if (self->source != NULL)
        texts.texts.source = rebound_compiler_intern (self, self->source);
      g_array_append_val (self->phrase_texts, texts);
    }
  return find_phrase_texts (self);
}

static ReboundTexts *
current_texts (ReboundCompiler *self)
{
  if (self->entry == ENTRY_REASON)
    return &self->reasons[self->index].texts;
  if (self->entry & ENTRY_CODE)
    return &current_code (self)->texts;
  return &current_phrase_texts (self)->texts;
}

static gboolean
set_means (ReboundCompiler *self, GError **error)
{
  if (g_str_has_suffix (token (self, 1)->text, "."))
    return rebound_compiler_fail (self, 1, error, "what it means is a line without a full stop");
  current_texts (self)->means = rebound_compiler_intern (self, token (self, 1)->text);
  return TRUE;
}

/* The first item of an entry takes the place of what was known, further ones come on a line below.
 * Not interned, so that the last string can grow. */
static void
add_item (ReboundCompiler *self, guint bit, ReboundString *items)
{
  GString *strings = self->strings;
  g_autofree char *known = g_strdup (self->given & bit ? strings->str + *items : NULL);

  if (known != NULL && *items + strlen (known) + 1 == strings->len)
    g_string_truncate (strings, *items);
  *items = strings->len;
  if (known != NULL)
    g_string_append_printf (strings, "%s\n", known);
  g_string_append_len (strings, token (self, 1)->text, strlen (token (self, 1)->text) + 1);
  self->given |= bit;
}

static gboolean
add_cause (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  add_item (self, 1 << 0, &current_texts (self)->causes);
  return TRUE;
}

static gboolean
add_sender (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  add_item (self, 1 << 1, &current_texts (self)->sender);
  return TRUE;
}

static gboolean
add_list (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  add_item (self, 1 << 2, &current_texts (self)->list);
  return TRUE;
}

static gboolean
add_example (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  add_item (self, 1 << 3, &current_texts (self)->examples);
  return TRUE;
}

static gboolean
add_code (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  add_item (self, 1 << 4, &current_phrase_texts (self)->codes);
  return TRUE;
}

static gboolean
set_bounce (ReboundCompiler *self, GError **error)
{
  guint value;

  if (!rebound_compiler_read_name (self, 1, bounce_name, REBOUND_BOUNCE_HARD + 1, &value, error))
    return FALSE;
  self->reasons[self->index].bounce = value;
  return TRUE;
}

static gboolean
set_fault (ReboundCompiler *self, GError **error)
{
  guint value;

  if (!rebound_compiler_read_name (self, 1, fault_name, REBOUND_FAULT_NETWORK + 1, &value, error))
    return FALSE;
  self->reasons[self->index].fault = value;
  return TRUE;
}

static gboolean
set_unsubscribe (ReboundCompiler *self, GError **error)
{
  guint value;

  if (!rebound_compiler_read_name (self, 1, unsubscribe_name, REBOUND_UNSUBSCRIBE_NOW + 1, &value,
                                   error))
    return FALSE;
  self->reasons[self->index].unsubscribe = value;
  return TRUE;
}

static gboolean
set_taxonomy (ReboundCompiler *self, GError **error)
{
  guint taxonomy;

  if (!rebound_compiler_read_name (self, 1, taxonomy_name, REBOUND_N_TAXONOMIES, &taxonomy, error))
    return FALSE;
  self->reasons[self->index].taxonomy[taxonomy] =
      rebound_compiler_intern (self, token (self, 2)->text);
  return TRUE;
}

static gboolean
set_reasons (ReboundCompiler *self, GError **error)
{
  return rebound_compiler_read_reasons (self, 1, &current_code (self)->reasons, error);
}

static gboolean
set_at (ReboundCompiler *self, GError **error)
{
  guint stage;

  return rebound_compiler_read_name (self, 1, rebound_compiler_stage_name, REBOUND_N_STAGES, &stage,
                                     error)
         && rebound_compiler_read_reasons (self, 2, &current_code (self)->at[stage], error);
}

static gboolean
set_generic (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  current_code (self)->generic = TRUE;
  return TRUE;
}

static gboolean
set_weak (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  current_rule (self)->weak = TRUE;
  return TRUE;
}

static gboolean
set_in (ReboundCompiler *self, GError **error)
{
  for (guint i = 1; i < self->tokens->len; i++)
    {
      guint area;

      if (!rebound_compiler_read_name (self, i, area_name, 4, &area, error))
        return FALSE;
      current_rule (self)->areas |= 1 << area;
    }
  return TRUE;
}

static gboolean
set_title (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  ReboundString title = rebound_compiler_intern (self, token (self, 1)->text);

  if (self->entry == ENTRY_PROVIDER)
    current_provider (self)->title = title;
  else
    g_array_index (self->formats, ReboundFormat, self->index).title = title;
  return TRUE;
}

/* Those of all phrases would be most of the strings: kept is that of a phrase that has texts. */
static void
set_phrase_source (ReboundCompiler *self, const char *source)
{
  g_free (self->source);
  self->source = g_strdup (source);
  if (find_phrase_texts (self) != NULL)
    current_texts (self)->source = rebound_compiler_intern (self, source);
}

static gboolean
set_source (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  const char *source = token (self, 1)->text;

  if (self->entry & ENTRY_TEXTS)
    current_rule (self)->sourced = TRUE;
  if (self->entry == ENTRY_PHRASE)
    set_phrase_source (self, source);
  else if (self->entry & (ENTRY_REASON | ENTRY_CODE))
    current_texts (self)->source = rebound_compiler_intern (self, source);
  else if (self->entry == ENTRY_PROVIDER)
    current_provider (self)->source = rebound_compiler_intern (self, source);
  return TRUE;
}

/* mx.example.net, or .example.net for all below. */
static gboolean
is_host (const char *name)
{
  const char *bare = *name == '.' ? name + 1 : name;

  if (strchr (name, '.') == NULL || strstr (bare, "..") != NULL || g_str_has_suffix (bare, "."))
    return FALSE;
  for (const char *p = bare; *p != '\0'; p++)
    if (strchr ("*@:/,;\"'<>()[]", *p) != NULL)
      return FALSE;
  return *bare != '.';
}

/* host "*.example.net": an asterisk stands for the names below a domain. */
static gboolean
add_host (ReboundCompiler *self, GError **error)
{
  for (guint i = 1; i < self->tokens->len; i++)
    {
      g_autofree char *pattern = g_ascii_strdown (token (self, i)->text, -1);
      gboolean below = *pattern == '*';
      ReboundProviderHost host = { rebound_compiler_intern (self, pattern + below), self->index };

      if (!is_host (pattern + below) || (pattern[below] == '.') != below)
        return rebound_compiler_fail (self, i, error,
                                      "a host has the form mx.example.net, or *.example.net");
      g_array_append_val (self->hosts, host);
    }
  return TRUE;
}

/* says CODE REASON… */
static gboolean
add_says (ReboundCompiler *self, GError **error)
{
  const char *code = token (self, 1)->text;
  ReboundProviderCode says = { .code = rebound_compiler_intern (self, code),
                               .provider = self->index };

  if (!rebound_compiler_is_reply (code) && (!rebound_compiler_is_status (code) || *code == 'X'))
    return rebound_compiler_fail (self, 1, error, "a code has the form 550 or 5.7.1");
  if (!rebound_compiler_read_reasons (self, 2, &says.reasons, error))
    return FALSE;
  g_array_append_val (self->says, says);
  return TRUE;
}

/* Marks behind whose text a value stands. */
static gboolean
has_value (const ReboundRule *rule)
{
  return rule->value == REBOUND_MARK_ORIGIN || rule->value == REBOUND_MARK_HOST
         || rule->value == REBOUND_MARK_RECIPIENT || rule->value == REBOUND_MARK_DIAGNOSTIC;
}

static gboolean
set_take (ReboundCompiler *self, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (!has_value (current_rule (self)))
    return rebound_compiler_fail (self, 0, error, "behind such a mark nothing is read");
  if (!rebound_take_check (token (self, 1)->text, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX,
                           &problem))
    return rebound_compiler_fail (self, 1, error, "%s", problem->message);
  current_rule (self)->take = rebound_compiler_intern (self, token (self, 1)->text);
  return TRUE;
}

/* For the reader of the rule files only. */
static gboolean
set_nothing (G_GNUC_UNUSED ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  return TRUE;
}

/* Texts */

/* @text folded, each ` * ` a gap byte, each `\*` an asterisk. The spaces that folding puts
 * around the text go, but one that the text itself ends with says: a word ends here. */
static char *
fold_pattern (ReboundCompiler *self, const char *text)
{
  g_autoptr (GString) out = NULL;

  rebound_fold (&self->folded, text, strlen (text));
  out = g_string_new_len (self->folded.text + 1, self->folded.length - 1);
  if (out->len > 0 && !g_str_has_suffix (text, " "))
    g_string_truncate (out, out->len - 1);
  g_string_replace (out, " * ", "\001", 0);
  g_string_replace (out, "\\*", "*", 0);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
check_pieces (ReboundCompiler *self, guint i, const char *text, GError **error)
{
  g_auto (GStrv) pieces = g_strsplit (text, "\001", -1);

  if (strlen (text) > 250)
    return rebound_compiler_fail (self, i, error, "the text is longer than 250 bytes");
  for (guint p = 0; p == 0 || pieces[p] != NULL; p++)
    if (pieces[p] == NULL || strlen (pieces[p]) < SHORTEST_PIECE)
      return rebound_compiler_fail (self, i, error,
                                    "“%s” is too short to look for: %d bytes are the least",
                                    pieces[p] != NULL ? pieces[p] : "", SHORTEST_PIECE);
  return TRUE;
}

static gboolean
add_pattern (ReboundCompiler *self, guint i, ReboundPattern pattern, GError **error)
{
  g_autofree char *text = fold_pattern (self, token (self, i)->text);

  if (!check_pieces (self, i, text, error)
      || !rebound_compiler_has_room (self, self->patterns, error))
    return FALSE;
  pattern.text = rebound_compiler_intern (self, text);
  pattern.length = strlen (text);
  pattern.first = strchrnul (text, REBOUND_PATTERN_GAP) - text;
  g_array_append_val (self->patterns, pattern);
  return TRUE;
}

/* An indented "text" of a phrase or a mark. */
gboolean
rebound_compiler_read_text (ReboundCompiler *self, GError **error)
{
  ReboundPattern pattern = { .rule = self->index };

  if (self->tokens->len != 1)
    return rebound_compiler_fail (self, 1, error, "a text stands alone on its line");
  self->textless.line = 0;
  return add_pattern (self, 0, pattern, error);
}

static gboolean
add_condition (ReboundCompiler *self, guint i, guint rule, GError **error)
{
  ReboundPattern pattern = { .rule = rule };
  guint area;

  if (!rebound_compiler_read_name (self, i, area_name, 4, &area, error))
    return FALSE;
  pattern.areas = 1 << area;
  if (i + 1 >= self->tokens->len || !token (self, i + 1)->quoted)
    return rebound_compiler_fail (self, i, error, "after “%s” comes a quoted text",
                                  area_name (area));
  return add_pattern (self, i + 1, pattern, error);
}

/* sign "text"…: a rule of its own, for a report shows which one it was */
static gboolean
add_sign (ReboundCompiler *self, GError **error)
{
  const guint provider = self->index;
  const char *name = self->strings->str + current_provider (self)->name;
  g_autofree char *id = g_strdup (name);
  gboolean good = TRUE;

  rebound_compiler_begin_rule (self, REBOUND_RULE_SIGN, id);
  current_rule (self)->value = provider;
  for (guint i = 1; i < self->tokens->len && good; i++)
    good = add_pattern (self, i, (ReboundPattern){ .rule = self->index }, error);
  self->index = provider;
  return good;
}

/* when AREA "text" [AREA "text"…] */
static gboolean
add_when (ReboundCompiler *self, GError **error)
{
  guint format = self->index;
  guint conditions = (self->tokens->len - 1) / 2;
  ReboundRule *rule;

  if (conditions > MAX_CONDITIONS)
    return rebound_compiler_fail (self, 0, error, "more than %d conditions", MAX_CONDITIONS);
  rebound_compiler_begin_rule (self, REBOUND_RULE_WHEN, "");
  current_rule (self)->value = format;
  for (guint i = 1; i < self->tokens->len; i += 2)
    if (!add_condition (self, i, self->index, error))
      return FALSE;
  rule = current_rule (self);
  rule->n_conditions = conditions;
  for (guint i = 0; i < conditions; i++)
    rule->length +=
        g_array_index (self->patterns, ReboundPattern, self->patterns->len - 1 - i).length;
  self->index = format;
  return TRUE;
}

static const struct
{
  const char *keyword;
  guint entries; /* to which it belongs */
  guint words;   /* at least, after the keyword */
  guint most;
  gboolean (*set) (ReboundCompiler *self, GError **error);
} properties[] = {
  { "means", ENTRY_TOPIC, 1, 1, set_means },
  { "causes", ENTRY_TOPIC, 1, 1, add_cause },
  { "sender", ENTRY_TOPIC, 1, 1, add_sender },
  { "list", ENTRY_TOPIC, 1, 1, add_list },
  { "example", ENTRY_TOPIC, 1, 1, add_example },
  { "code", ENTRY_PHRASE, 1, 1, add_code },
  { "bounce", ENTRY_REASON, 1, 1, set_bounce },
  { "fault", ENTRY_REASON, 1, 1, set_fault },
  { "unsubscribe", ENTRY_REASON, 1, 1, set_unsubscribe },
  { "taxonomy", ENTRY_REASON, 2, 2, set_taxonomy },
  { "reasons", ENTRY_CODE, 1, G_MAXUINT, set_reasons },
  { "at", ENTRY_CODE, 2, G_MAXUINT, set_at },
  { "generic", ENTRY_STATUS, 0, 0, set_generic },
  { "weak", ENTRY_PHRASE, 0, 0, set_weak },
  { "in", ENTRY_TEXTS, 1, G_MAXUINT, set_in },
  { "only", ENTRY_TEXTS, 2, G_MAXUINT, rebound_compiler_read_only },
  { "take", ENTRY_MARK, 1, 1, set_take },
  { "title", ENTRY_FORMAT | ENTRY_PROVIDER, 1, 1, set_title },
  { "when", ENTRY_FORMAT, 2, G_MAXUINT, add_when },
  { "host", ENTRY_PROVIDER, 1, G_MAXUINT, add_host },
  { "sign", ENTRY_PROVIDER, 1, G_MAXUINT, add_sign },
  { "says", ENTRY_PROVIDER, 2, G_MAXUINT, add_says },
  { "source", ENTRY_ANY, 1, 1, set_source },
  { "lang", ENTRY_TEXTS, 1, 1, set_nothing },
  { "case", ENTRY_TEXTS | ENTRY_FORMAT, 1, 1, set_nothing },
};

static gboolean
fail_property (ReboundCompiler *self, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    if (properties[i].entries & self->entry)
      g_string_append_printf (list, "%s, ", properties[i].keyword);
  if (self->entry & ENTRY_TEXTS)
    g_string_append (list, "a text in quotes");
  else
    g_string_truncate (list, list->len - 2);
  return rebound_compiler_fail (self, 0, error, "“%s” is no property of this entry; one of: %s",
                                token (self, 0)->text, list->str);
}

gboolean
rebound_compiler_read_property (ReboundCompiler *self, GError **error)
{
  const char *keyword = token (self, 0)->text;

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    if (strcmp (keyword, properties[i].keyword) == 0 && properties[i].entries & self->entry)
      {
        if (self->tokens->len < 1 + properties[i].words)
          return rebound_compiler_fail (self, 0, error,
                                        P_ ("“%s” needs %u word after it",
                                            "“%s” needs %u words after it", properties[i].words),
                                        keyword, properties[i].words);
        if (self->tokens->len - 1 > properties[i].most)
          return rebound_compiler_fail (
              self, 1 + properties[i].most, error,
              P_ ("“%s” has at most %u word after it; one with blanks stands in quotes",
                  "“%s” has at most %u words after it; one with blanks stands in quotes",
                  properties[i].most),
              keyword, properties[i].most);
        return properties[i].set (self, error);
      }
  return fail_property (self, error);
}

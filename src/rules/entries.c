/* Rebound: where an entry of a rule file begins.
 *
 * An entry that a later file gives anew takes the place of the one before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compiler-private.h"

static const char *
mark_name (guint i)
{
  return rebound_mark_to_string (i);
}

static gboolean
begin_reason (ReboundCompiler *self, GError **error)
{
  return rebound_compiler_read_name (self, 1, rebound_compiler_reason_name, REBOUND_N_REASONS,
                                     &self->index, error);
}

/* In the place of what was said of the code before, if anything was. */
static gboolean
begin_code (ReboundCompiler *self, GArray *codes)
{
  const char *text = token (self, 1)->text;
  ReboundCode code = { .code = rebound_compiler_intern (self, text) };

  for (self->index = 0; self->index < codes->len; self->index++)
    if (is_string (self, g_array_index (codes, ReboundCode, self->index).code, text))
      {
        g_array_index (codes, ReboundCode, self->index) = code;
        return TRUE;
      }
  g_array_append_val (codes, code);
  return TRUE;
}

static gboolean
begin_reply (ReboundCompiler *self, GError **error)
{
  if (!rebound_compiler_is_reply (token (self, 1)->text))
    return rebound_compiler_fail (self, 1, error, "a reply code has three digits");
  return begin_code (self, self->replies);
}

static gboolean
begin_status (ReboundCompiler *self, GError **error)
{
  if (!rebound_compiler_is_status (token (self, 1)->text))
    return rebound_compiler_fail (
        self, 1, error, "an enhanced status code has the form 5.1.1, or X.1.1 for any class");
  return begin_code (self, self->statuses);
}

/* Texts of rules that a later file gives anew. */
static void
drop_patterns (ReboundCompiler *self, guint rule)
{
  guint kept = 0;

  for (guint n = 0; n < self->patterns->len; n++)
    {
      ReboundPattern *pattern = &g_array_index (self->patterns, ReboundPattern, n);

      if (pattern->rule != rule)
        g_array_index (self->patterns, ReboundPattern, kept++) = *pattern;
    }
  g_array_set_size (self->patterns, kept);
}

static void
drop_texts (ReboundCompiler *self, guint rule)
{
  for (guint n = self->phrase_texts->len; n-- > 0;)
    if (g_array_index (self->phrase_texts, ReboundPhraseTexts, n).rule == rule)
      g_array_remove_index (self->phrase_texts, n);
}

/* Whether there was one. */
static gboolean
drop_rule (ReboundCompiler *self, ReboundRuleType type, const char *id)
{
  gboolean dropped = FALSE;

  for (guint n = 0; n < self->entries->len && self->overlay; n++)
    {
      const ReboundRule *rule = &g_array_index (self->entries, ReboundRule, n);

      if (rule->type == type && is_string (self, rule->id, id))
        {
          drop_patterns (self, n);
          drop_texts (self, n);
          dropped = TRUE;
        }
    }
  return dropped;
}

/* The `when` lines of a format, the `sign` lines of a provider. */
static void
drop_members (ReboundCompiler *self, ReboundRuleType type, guint value)
{
  for (guint n = 0; n < self->entries->len; n++)
    {
      const ReboundRule *rule = &g_array_index (self->entries, ReboundRule, n);

      if (rule->type == type && rule->value == value)
        drop_patterns (self, n);
    }
}

void
rebound_compiler_begin_rule (ReboundCompiler *self, ReboundRuleType type, const char *id)
{
  ReboundRule rule = { .type = type, .id = rebound_compiler_intern (self, id) };

  if (type != REBOUND_RULE_WHEN && type != REBOUND_RULE_SIGN && !drop_rule (self, type, id))
    self->textless = (Place){ self->line, token (self, 1)->column };
  self->index = self->entries->len;
  g_array_append_val (self->entries, rule);
}

static gboolean
begin_phrase (ReboundCompiler *self, GError **error)
{
  rebound_compiler_begin_rule (self, REBOUND_RULE_PHRASE, token (self, 1)->text);
  if (self->tokens->len < 3)
    return rebound_compiler_fail (self, 1, error,
                                  "a phrase needs at least one reason after its id");
  return rebound_compiler_read_reasons (self, 2, &current_rule (self)->reasons, error);
}

static gboolean
begin_named (ReboundCompiler *self, ReboundRuleType type, const char *(*name) (guint), guint n,
             GError **error)
{
  guint value;

  rebound_compiler_begin_rule (self, type, token (self, 1)->text);
  if (self->tokens->len != 3)
    {
      g_autofree char *list = rebound_compiler_list_names (name, n);

      return rebound_compiler_fail (self, 1, error, "after the id comes one of: %s", list);
    }
  if (!rebound_compiler_read_name (self, 2, name, n, &value, error))
    return FALSE;
  current_rule (self)->value = value;
  return TRUE;
}

static gboolean
begin_mark (ReboundCompiler *self, GError **error)
{
  return begin_named (self, REBOUND_RULE_MARK, mark_name, REBOUND_N_MARKS, error);
}

static gboolean
begin_stage (ReboundCompiler *self, GError **error)
{
  return begin_named (self, REBOUND_RULE_STAGE, rebound_compiler_stage_name, REBOUND_N_STAGES,
                      error);
}

static gboolean
begin_format (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  const char *name = token (self, 1)->text;
  ReboundFormat format = { .name = rebound_compiler_intern (self, name) };

  for (self->index = 0; self->index < self->formats->len; self->index++)
    if (is_string (self, g_array_index (self->formats, ReboundFormat, self->index).name, name))
      {
        drop_members (self, REBOUND_RULE_WHEN, self->index);
        g_array_index (self->formats, ReboundFormat, self->index) = format;
        return TRUE;
      }
  g_array_append_val (self->formats, format);
  return TRUE;
}

/* What a later file says anew of a provider goes before all that was known. */
static void
drop_provider (ReboundCompiler *self, guint provider)
{
  drop_members (self, REBOUND_RULE_SIGN, provider);
  for (guint n = self->hosts->len; n-- > 0;)
    if (g_array_index (self->hosts, ReboundProviderHost, n).provider == provider)
      g_array_remove_index (self->hosts, n);
  for (guint n = self->says->len; n-- > 0;)
    if (g_array_index (self->says, ReboundProviderCode, n).provider == provider)
      g_array_remove_index (self->says, n);
}

static gboolean
begin_provider (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  const char *name = token (self, 1)->text;
  ReboundProvider provider = { .name = rebound_compiler_intern (self, name) };

  for (self->index = 0; self->index < self->providers->len; self->index++)
    if (is_string (self, g_array_index (self->providers, ReboundProvider, self->index).name, name))
      {
        drop_provider (self, self->index);
        g_array_index (self->providers, ReboundProvider, self->index) = provider;
        return TRUE;
      }
  g_array_append_val (self->providers, provider);
  return TRUE;
}

static const struct
{
  const char *keyword;
  EntryType type;
  gboolean (*begin) (ReboundCompiler *self, GError **error);
} entries[] = {
  { "reason", ENTRY_REASON, begin_reason }, { "reply", ENTRY_REPLY, begin_reply },
  { "status", ENTRY_STATUS, begin_status }, { "phrase", ENTRY_PHRASE, begin_phrase },
  { "mark", ENTRY_MARK, begin_mark },       { "stage", ENTRY_STAGE, begin_stage },
  { "format", ENTRY_FORMAT, begin_format }, { "provider", ENTRY_PROVIDER, begin_provider },
};

/* An id is given once; reply codes, for one, may not say two things. */
static gboolean
check_unique (ReboundCompiler *self, GError **error)
{
  g_autofree char *id = g_strdup_printf ("%s %s", token (self, 0)->text, token (self, 1)->text);
  const char *first = g_hash_table_lookup (self->ids, id);

  if (first != NULL)
    return rebound_compiler_fail (self, 1, error, "%s is already at %s", id, first);
  g_hash_table_insert (self->ids, g_steal_pointer (&id),
                       g_strdup_printf ("%s:%u", self->file, self->line));
  return TRUE;
}

gboolean
rebound_compiler_read_entry (ReboundCompiler *self, GError **error)
{
  if (!rebound_compiler_check_texts (self, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    if (strcmp (token (self, 0)->text, entries[i].keyword) == 0)
      {
        self->entry = entries[i].type;
        self->given = 0;
        g_clear_pointer (&self->source, g_free);
        if (self->tokens->len < 2)
          return rebound_compiler_fail (self, 0, error, "“%s” needs a name", entries[i].keyword);
        if (self->tokens->len > 2 && !(self->entry & ENTRY_TEXTS))
          return rebound_compiler_fail (
              self, 2, error, "what belongs to a %s follows on indented lines", entries[i].keyword);
        return check_unique (self, error) && entries[i].begin (self, error);
      }
  return rebound_compiler_fail (
      self, 0, error,
      "“%s” begins no entry; one of: reason, reply, status, phrase, mark, stage, format, "
      "provider; what belongs to an entry is indented",
      token (self, 0)->text);
}

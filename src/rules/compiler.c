/* Rebound: from rule files to tables.
 *
 * The grammar is in rebound-rules(5): an entry begins in the first column, its properties
 * follow on indented lines. Two tables below say what each keyword does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compiler-private.h"

#include "index.h"

/* clang-format off */
G_DEFINE_QUARK (rebound-rules-error-quark, rebound_rules_error)
/* clang-format on */

static void
token_clear (gpointer data)
{
  g_free (((Token *) data)->text);
}

static void
reference_clear (gpointer data)
{
  g_free (((Reference *) data)->place);
}

static void
copy_base (ReboundCompiler *self, const ReboundRules *base)
{
  self->overlay = TRUE;
  memcpy (self->reasons, base->reasons, sizeof self->reasons);
  g_array_append_vals (self->replies, base->replies, base->n_replies);
  g_array_append_vals (self->statuses, base->statuses, base->n_statuses);
  g_array_append_vals (self->formats, base->formats, base->n_formats);
  g_array_append_vals (self->providers, base->providers, base->n_providers);
  g_array_append_vals (self->hosts, base->hosts, base->n_hosts);
  g_array_append_vals (self->says, base->says, base->n_says);
  g_array_set_size (self->scopes, 0); /* theirs begin with the empty one as well */
  g_array_append_vals (self->scopes, base->scopes, base->n_scopes);
  g_array_append_vals (self->entries, base->rules, base->n_rules);
  g_array_append_vals (self->phrase_texts, base->phrase_texts, base->n_phrase_texts);
  g_array_append_vals (self->patterns, base->patterns, base->n_patterns);
  g_string_truncate (self->strings, 0); /* theirs begin with the empty one as well */
  g_string_append_len (self->strings, base->strings, base->strings_length);
}

ReboundCompiler *
rebound_compiler_new (const ReboundRules *base)
{
  ReboundCompiler *self = g_new0 (ReboundCompiler, 1);

  self->replies = g_array_new (FALSE, TRUE, sizeof (ReboundCode));
  self->statuses = g_array_new (FALSE, TRUE, sizeof (ReboundCode));
  self->formats = g_array_new (FALSE, TRUE, sizeof (ReboundFormat));
  self->providers = g_array_new (FALSE, TRUE, sizeof (ReboundProvider));
  self->hosts = g_array_new (FALSE, TRUE, sizeof (ReboundProviderHost));
  self->says = g_array_new (FALSE, TRUE, sizeof (ReboundProviderCode));
  self->scopes = g_array_new (FALSE, TRUE, sizeof (ReboundScope));
  g_array_set_size (self->scopes, 1); /* scope 0: everywhere */
  self->references = g_array_new (FALSE, TRUE, sizeof (Reference));
  g_array_set_clear_func (self->references, reference_clear);
  self->entries = g_array_new (FALSE, TRUE, sizeof (ReboundRule));
  self->phrase_texts = g_array_new (FALSE, TRUE, sizeof (ReboundPhraseTexts));
  self->patterns = g_array_new (FALSE, TRUE, sizeof (ReboundPattern));
  self->field_names = g_array_new (FALSE, TRUE, sizeof (ReboundFieldName));
  self->strings = g_string_new (NULL);
  g_string_append_c (self->strings, '\0'); /* offset 0 is the empty string: not given */
  self->interned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->tokens = g_array_new (FALSE, TRUE, sizeof (Token));
  g_array_set_clear_func (self->tokens, token_clear);
  if (base != NULL)
    copy_base (self, base);
  return self;
}

void
rebound_compiler_free (ReboundCompiler *self)
{
  g_array_unref (self->replies);
  g_array_unref (self->statuses);
  g_array_unref (self->formats);
  g_array_unref (self->providers);
  g_array_unref (self->hosts);
  g_array_unref (self->says);
  g_array_unref (self->scopes);
  g_array_unref (self->references);
  g_array_unref (self->entries);
  g_array_unref (self->phrase_texts);
  g_array_unref (self->patterns);
  g_array_unref (self->field_names);
  g_array_unref (self->tokens);
  g_hash_table_unref (self->interned);
  g_hash_table_unref (self->ids);
  g_string_free (self->strings, TRUE);
  rebound_folded_clear (&self->folded);
  g_free (self->source);
  g_free (self);
}

ReboundString
rebound_compiler_intern (ReboundCompiler *self, const char *string)
{
  gpointer offset = g_hash_table_lookup (self->interned, string);

  if (*string == '\0' || offset != NULL)
    return GPOINTER_TO_UINT (offset);
  offset = GUINT_TO_POINTER (self->strings->len);
  g_hash_table_insert (self->interned, g_strdup (string), offset);
  g_string_append_len (self->strings, string, strlen (string) + 1);
  return GPOINTER_TO_UINT (offset);
}

gboolean
rebound_compiler_has_room (ReboundCompiler *self, const GArray *table, GError **error)
{
  return table->len < G_MAXUINT16 - 1
         || rebound_compiler_fail (self, 0, error, "there are more than 65,000 rules or texts");
}

static gboolean
read_line (ReboundCompiler *self, const char *line, GError **error)
{
  if (!rebound_compiler_read_words (self, line, error))
    return FALSE;
  if (!rebound_compiler_has_room (self, self->entries, error)
      || !rebound_compiler_has_room (self, self->formats, error)
      || !rebound_compiler_has_room (self, self->providers, error))
    return FALSE;
  if (self->tokens->len == 0)
    return TRUE;
  if (!g_ascii_isspace (line[0]))
    return rebound_compiler_read_entry (self, error);
  if (self->entry == ENTRY_NONE)
    return rebound_compiler_fail (self, 0, error, "an indented line before the first entry");
  if (!token (self, 0)->quoted)
    return rebound_compiler_read_property (self, error);
  if (self->entry & ENTRY_TEXTS)
    return rebound_compiler_read_text (self, error);
  return rebound_compiler_fail (self, 0, error, "a text belongs to a phrase, a mark or a stage");
}

gboolean
rebound_compiler_add (ReboundCompiler *self, const char *name, const char *text, GError **error)
{
  const gboolean marked = g_str_has_prefix (text, "\xef\xbb\xbf"); /* by an editor on Windows */
  g_auto (GStrv) lines = g_strsplit (text + (marked ? 3 : 0), "\n", -1);

  if (self->overlay)
    g_hash_table_remove_all (self->ids);
  self->file = name;
  self->entry = ENTRY_NONE;
  self->line = self->textless.line = 0;
  g_array_set_size (self->tokens, 0);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      self->line = i + 1;
      if (!read_line (self, lines[i], error))
        return FALSE;
    }
  return rebound_compiler_check_texts (self, error);
}

/* The tables */

static int
compare_names (gconstpointer a, gconstpointer b, gpointer strings)
{
  return strcmp ((char *) strings + ((const ReboundFieldName *) a)->name,
                 (char *) strings + ((const ReboundFieldName *) b)->name);
}

static void
note_field_name (ReboundCompiler *self, ReboundString name, guint areas, gboolean prefix)
{
  ReboundFieldName entry = { name, areas, prefix };

  for (guint i = 0; i < self->field_names->len; i++)
    {
      ReboundFieldName *known = &g_array_index (self->field_names, ReboundFieldName, i);

      if (known->name == name && known->prefix == prefix)
        {
          known->areas |= areas;
          return;
        }
    }
  g_array_append_val (self->field_names, entry);
}

/* Texts of the header and the delivery status begin with "name:", or with the beginning of a
 * name; what is in the middle of a field needs another text that names the field. */
static void
note_field_names (ReboundCompiler *self)
{
  for (guint n = 0; n < self->patterns->len; n++)
    {
      const ReboundPattern *pattern = &g_array_index (self->patterns, ReboundPattern, n);
      guint areas = pattern->areas & (REBOUND_AREA_HEADER | REBOUND_AREA_STATUS);
      const char *text = self->strings->str + pattern->text;
      gsize length = strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-");
      g_autofree char *name = g_strndup (text, length);
      gboolean prefix = text[length] == '\0';

      /* intern() may move the strings, and the text with them */
      if (areas != 0 && length > 0 && (text[length] == ':' || prefix))
        note_field_name (self, rebound_compiler_intern (self, name), areas, prefix);
    }
}

static int
compare_hosts (gconstpointer a, gconstpointer b, gpointer strings)
{
  return strcmp ((char *) strings + ((const ReboundProviderHost *) a)->name,
                 (char *) strings + ((const ReboundProviderHost *) b)->name);
}

/* Of what is said of a host the last counts; sorting has left it behind the others. */
static void
drop_doubles (ReboundCompiler *self)
{
  const ReboundProviderHost *hosts = (ReboundProviderHost *) self->hosts->data;
  guint kept = 0;

  for (guint i = 0; i < self->hosts->len; i++)
    if (i + 1 == self->hosts->len || compare_hosts (&hosts[i], &hosts[i + 1], self->strings->str))
      g_array_index (self->hosts, ReboundProviderHost, kept++) = hosts[i];
  g_array_set_size (self->hosts, kept);
}

static int
compare_codes (gconstpointer a, gconstpointer b, gpointer strings)
{
  return strcmp ((char *) strings + ((const ReboundCode *) a)->code,
                 (char *) strings + ((const ReboundCode *) b)->code);
}

/* `in` may stand below the texts it is for, or nowhere. */
static void
set_areas (ReboundCompiler *self)
{
  for (guint n = 0; n < self->entries->len; n++)
    {
      ReboundRule *rule = &g_array_index (self->entries, ReboundRule, n);

      rule->areas = rule->areas != 0 ? rule->areas : REBOUND_AREA_TEXT;
    }
  for (guint n = 0; n < self->patterns->len; n++)
    {
      ReboundPattern *pattern = &g_array_index (self->patterns, ReboundPattern, n);
      const ReboundRule *rule = &g_array_index (self->entries, ReboundRule, pattern->rule);

      if (rule->type != REBOUND_RULE_WHEN)
        pattern->areas = rule->areas;
    }
}

const ReboundRules *
rebound_compiler_finish (ReboundCompiler *self)
{
  char *strings;

  set_areas (self);
  note_field_names (self);
  strings = self->strings->str;
  g_array_sort_with_data (self->replies, compare_codes, strings);
  g_array_sort_with_data (self->statuses, compare_codes, strings);
  g_array_sort_with_data (self->hosts, compare_hosts, strings);
  drop_doubles (self);
  g_array_sort_with_data (self->field_names, compare_names, strings);
  rebound_index_patterns ((ReboundPattern *) self->patterns->data, self->patterns->len, strings,
                          self->buckets, self->grams);
  self->rules = (ReboundRules){
    .strings = strings,
    .strings_length = self->strings->len,
    .reasons = self->reasons,
    .replies = (ReboundCode *) self->replies->data,
    .n_replies = self->replies->len,
    .statuses = (ReboundCode *) self->statuses->data,
    .n_statuses = self->statuses->len,
    .formats = (ReboundFormat *) self->formats->data,
    .n_formats = self->formats->len,
    .providers = (ReboundProvider *) self->providers->data,
    .n_providers = self->providers->len,
    .hosts = (ReboundProviderHost *) self->hosts->data,
    .n_hosts = self->hosts->len,
    .says = (ReboundProviderCode *) self->says->data,
    .n_says = self->says->len,
    .scopes = (ReboundScope *) self->scopes->data,
    .n_scopes = self->scopes->len,
    .rules = (ReboundRule *) self->entries->data,
    .n_rules = self->entries->len,
    .phrase_texts = (ReboundPhraseTexts *) self->phrase_texts->data,
    .n_phrase_texts = self->phrase_texts->len,
    .patterns = (ReboundPattern *) self->patterns->data,
    .n_patterns = self->patterns->len,
    .field_names = (ReboundFieldName *) self->field_names->data,
    .n_field_names = self->field_names->len,
    .buckets = self->buckets,
    .grams = self->grams,
  };
  return &self->rules;
}

/* Rebound: from rule files to tables.
 *
 * The grammar is in rebound-rules(5): an entry begins in the first column, its properties
 * follow on indented lines. Two tables below say what each keyword does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compiler.h"

#include <string.h>

#include "fold.h"
#include "index.h"
#include "take.h"

#define SHORTEST_PIECE 4
#define MAX_CONDITIONS 4

G_DEFINE_QUARK (rebound - rules - error - quark, rebound_rules_error)

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
  guint index; /* of the entry in its table */
};

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
  g_array_unref (self->patterns);
  g_array_unref (self->field_names);
  g_array_unref (self->tokens);
  g_hash_table_unref (self->interned);
  g_hash_table_unref (self->ids);
  g_string_free (self->strings, TRUE);
  rebound_folded_clear (&self->folded);
  g_free (self);
}

static ReboundString
intern (ReboundCompiler *self, const char *string)
{
  gpointer offset = g_hash_table_lookup (self->interned, string);

  if (*string == '\0' || offset != NULL)
    return GPOINTER_TO_UINT (offset);
  offset = GUINT_TO_POINTER (self->strings->len);
  g_hash_table_insert (self->interned, g_strdup (string), offset);
  g_string_append_len (self->strings, string, strlen (string) + 1);
  return GPOINTER_TO_UINT (offset);
}

/* Lines and their words */

static const Token *
token (ReboundCompiler *self, guint i)
{
  return &g_array_index (self->tokens, Token, i);
}

static gboolean fail (ReboundCompiler *self, guint i, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* An error at word @i of the line. */
static gboolean
fail (ReboundCompiler *self, guint i, GError **error, const char *format, ...)
{
  guint column = i < self->tokens->len ? token (self, i)->column : 1;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX, "%s:%u:%u: %s", self->file,
               self->line, column, message);
  return FALSE;
}

/* A quoted word; returns where it stopped: at the quote that ends it, at the end of the line, or at
 * a backslash that means nothing, as in a regular expression where it was not written twice. */
static const char *
read_quoted (const char *p, GString *text)
{
  for (p++; *p != '"' && *p != '\0'; p++)
    {
      if (*p == '\\')
        {
          if (p[1] == '\0' || strchr ("\"\\*", p[1]) == NULL)
            return p;
          p++;
          if (*p == '*')
            g_string_append_c (text, '\\');
        }
      g_string_append_c (text, *p);
    }
  return p;
}

static gboolean
fail_quoted (ReboundCompiler *self, const char *end, GError **error)
{
  if (*end == '\0')
    return fail (self, self->tokens->len - 1, error, "the quoted text has no closing quote");
  return fail (self, self->tokens->len - 1, error,
               "a backslash is written “\\\\”, unless a quote or an asterisk follows");
}

static const char *
read_token (ReboundCompiler *self, const char *line, const char *p, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Token word = { NULL, *p == '"', p - line + 1 };

  if (word.quoted)
    p = read_quoted (p, text);
  else
    for (; *p != '\0' && !g_ascii_isspace (*p); p++)
      g_string_append_c (text, *p);
  if (word.quoted && *p == '\\')
    word.column = p - line + 1;
  word.text = g_string_free (g_steal_pointer (&text), FALSE);
  g_array_append_val (self->tokens, word);
  if (!word.quoted)
    return p;
  return *p == '"' || fail_quoted (self, p, error) ? p + 1 : NULL;
}

static gboolean
check_utf8 (ReboundCompiler *self, const char *line, GError **error)
{
  const char *end;
  Token wrong = { NULL, FALSE, 0 };

  if (g_utf8_validate (line, -1, &end))
    return TRUE;
  wrong.column = end - line + 1;
  g_array_append_val (self->tokens, wrong);
  return fail (self, 0, error, "the file is not UTF-8");
}

static gboolean
read_tokens (ReboundCompiler *self, const char *line, GError **error)
{
  g_array_set_size (self->tokens, 0);
  if (!check_utf8 (self, line, error))
    return FALSE;
  for (const char *p = line; *p != '\0';)
    if (g_ascii_isspace (*p))
      p++;
    else if (*p == '#')
      break;
    else if ((p = read_token (self, line, p, error)) == NULL)
      return FALSE;
  return TRUE;
}

/* Words that name something */

static const char *
allowed (const char *(*name) (guint), guint n)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    if (name (i) != NULL)
      g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", name (i));
  return g_intern_string (list->str);
}

static gboolean
read_name (ReboundCompiler *self, guint i, const char *(*name) (guint), guint n, guint *value,
           GError **error)
{
  *value = 0;
  for (guint v = 0; v < n; v++)
    if (name (v) != NULL && strcmp (token (self, i)->text, name (v)) == 0)
      {
        *value = v;
        return TRUE;
      }
  return fail (self, i, error, "“%s” is not one of: %s", token (self, i)->text, allowed (name, n));
}

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
stage_name (guint i)
{
  return rebound_stage_to_string (i);
}

static const char *
reason_name (guint i)
{
  return rebound_reason_to_string (i);
}

static const char *
taxonomy_name (guint i)
{
  return rebound_rules_taxonomy_names ()[i];
}

static const char *
mark_name (guint i)
{
  return rebound_mark_to_string (i);
}

static const char *
area_name (guint i)
{
  static const char *const names[] = { "text", "subject", "header", "status" };

  return names[i];
}

static gboolean
read_reasons (ReboundCompiler *self, guint first, ReboundReasons *reasons, GError **error)
{
  if (reasons->n + self->tokens->len - first > REBOUND_MAX_REASONS)
    return fail (self, first, error, "more than %d reasons", REBOUND_MAX_REASONS);
  for (guint i = first; i < self->tokens->len; i++)
    {
      guint reason;

      if (!read_name (self, i, reason_name, REBOUND_N_REASONS, &reason, error))
        return FALSE;
      reasons->reason[reasons->n++] = reason;
    }
  return TRUE;
}

/* Entries */

static gboolean
begin_reason (ReboundCompiler *self, GError **error)
{
  return read_name (self, 1, reason_name, REBOUND_N_REASONS, &self->index, error);
}

static gboolean
is_string (const ReboundCompiler *self, ReboundString string, const char *text)
{
  return strcmp (self->strings->str + string, text) == 0;
}

/* In the place of what was said of the code before, if anything was. */
static gboolean
begin_code (ReboundCompiler *self, GArray *codes)
{
  const char *text = token (self, 1)->text;
  ReboundCode code = { .code = intern (self, text) };

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
is_reply (const char *code)
{
  return strlen (code) == 3 && strspn (code, "0123456789") == 3;
}

static gboolean
begin_reply (ReboundCompiler *self, GError **error)
{
  if (!is_reply (token (self, 1)->text))
    return fail (self, 1, error, "a reply code has three digits");
  return begin_code (self, self->replies);
}

/* 5.1.1, or X.1.1 for any class: RFC 3463 section 2, with the three digits of vendors. */
static gboolean
is_status (const char *code)
{
  gsize subject, detail;

  if (strchr ("X245", code[0]) == NULL || code[0] == '\0' || code[1] != '.')
    return FALSE;
  subject = strspn (code + 2, "0123456789");
  if (subject < 1 || subject > 3 || code[2 + subject] != '.')
    return FALSE;
  detail = strspn (code + 3 + subject, "0123456789");
  return detail >= 1 && detail <= 3 && code[3 + subject + detail] == '\0';
}

static gboolean
begin_status (ReboundCompiler *self, GError **error)
{
  if (!is_status (token (self, 1)->text))
    return fail (self, 1, error,
                 "an enhanced status code has the form 5.1.1, or X.1.1 for any class");
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
drop_rule (ReboundCompiler *self, ReboundRuleType type, const char *id)
{
  for (guint n = 0; n < self->entries->len && self->overlay; n++)
    {
      const ReboundRule *rule = &g_array_index (self->entries, ReboundRule, n);

      if (rule->type == type && is_string (self, rule->id, id))
        drop_patterns (self, n);
    }
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

static void
begin_rule (ReboundCompiler *self, ReboundRuleType type, const char *id)
{
  ReboundRule rule = { .type = type, .id = intern (self, id) };

  if (type != REBOUND_RULE_WHEN && type != REBOUND_RULE_SIGN)
    drop_rule (self, type, id);
  self->index = self->entries->len;
  g_array_append_val (self->entries, rule);
}

static ReboundRule *
current_rule (ReboundCompiler *self)
{
  return &g_array_index (self->entries, ReboundRule, self->index);
}

static gboolean
begin_phrase (ReboundCompiler *self, GError **error)
{
  begin_rule (self, REBOUND_RULE_PHRASE, token (self, 1)->text);
  if (self->tokens->len < 3)
    return fail (self, 1, error, "a phrase needs at least one reason after its id");
  return read_reasons (self, 2, &current_rule (self)->reasons, error);
}

static gboolean
begin_named (ReboundCompiler *self, ReboundRuleType type, const char *(*name) (guint), guint n,
             GError **error)
{
  guint value;

  begin_rule (self, type, token (self, 1)->text);
  if (self->tokens->len != 3)
    return fail (self, 1, error, "after the id comes one of: %s", allowed (name, n));
  if (!read_name (self, 2, name, n, &value, error))
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
  return begin_named (self, REBOUND_RULE_STAGE, stage_name, REBOUND_N_STAGES, error);
}

static gboolean
begin_format (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  const char *name = token (self, 1)->text;
  ReboundFormat format = { .name = intern (self, name) };

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
  ReboundProvider provider = { .name = intern (self, name) };

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

/* Properties */

static ReboundCode *
current_code (ReboundCompiler *self)
{
  GArray *codes = self->entry == ENTRY_REPLY ? self->replies : self->statuses;

  return &g_array_index (codes, ReboundCode, self->index);
}

static gboolean
set_means (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  ReboundString means = intern (self, token (self, 1)->text);

  if (self->entry == ENTRY_REASON)
    self->reasons[self->index].means = means;
  else
    current_code (self)->means = means;
  return TRUE;
}

static gboolean
set_bounce (ReboundCompiler *self, GError **error)
{
  guint value;

  if (!read_name (self, 1, bounce_name, REBOUND_BOUNCE_HARD + 1, &value, error))
    return FALSE;
  self->reasons[self->index].bounce = value;
  return TRUE;
}

static gboolean
set_fault (ReboundCompiler *self, GError **error)
{
  guint value;

  if (!read_name (self, 1, fault_name, REBOUND_FAULT_NETWORK + 1, &value, error))
    return FALSE;
  self->reasons[self->index].fault = value;
  return TRUE;
}

static gboolean
set_unsubscribe (ReboundCompiler *self, GError **error)
{
  guint value;

  if (!read_name (self, 1, unsubscribe_name, REBOUND_UNSUBSCRIBE_NOW + 1, &value, error))
    return FALSE;
  self->reasons[self->index].unsubscribe = value;
  return TRUE;
}

static gboolean
set_taxonomy (ReboundCompiler *self, GError **error)
{
  guint taxonomy;

  if (!read_name (self, 1, taxonomy_name, REBOUND_N_TAXONOMIES, &taxonomy, error))
    return FALSE;
  self->reasons[self->index].taxonomy[taxonomy] = intern (self, token (self, 2)->text);
  return TRUE;
}

static gboolean
set_reasons (ReboundCompiler *self, GError **error)
{
  return read_reasons (self, 1, &current_code (self)->reasons, error);
}

static gboolean
set_at (ReboundCompiler *self, GError **error)
{
  guint stage;

  return read_name (self, 1, stage_name, REBOUND_N_STAGES, &stage, error)
         && read_reasons (self, 2, &current_code (self)->at[stage], error);
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

      if (!read_name (self, i, area_name, 4, &area, error))
        return FALSE;
      current_rule (self)->areas |= 1 << area;
    }
  return TRUE;
}

static ReboundProvider *
current_provider (ReboundCompiler *self)
{
  return &g_array_index (self->providers, ReboundProvider, self->index);
}

static gboolean
set_title (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  ReboundString title = intern (self, token (self, 1)->text);

  if (self->entry == ENTRY_PROVIDER)
    current_provider (self)->title = title;
  else
    g_array_index (self->formats, ReboundFormat, self->index).title = title;
  return TRUE;
}

static gboolean
set_source (ReboundCompiler *self, G_GNUC_UNUSED GError **error)
{
  if (self->entry & ENTRY_TEXTS)
    current_rule (self)->sourced = TRUE;
  else if (self->entry & ENTRY_CODE)
    current_code (self)->source = intern (self, token (self, 1)->text);
  else if (self->entry == ENTRY_PROVIDER)
    current_provider (self)->source = intern (self, token (self, 1)->text);
  return TRUE;
}

/* In the place of what was said of the host before, if anything was. */
static void
set_host (ReboundCompiler *self, const char *name)
{
  ReboundProviderHost host = { intern (self, name), self->index };

  for (guint i = 0; i < self->hosts->len; i++)
    if (is_string (self, g_array_index (self->hosts, ReboundProviderHost, i).name, name))
      {
        g_array_index (self->hosts, ReboundProviderHost, i) = host;
        return;
      }
  g_array_append_val (self->hosts, host);
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

      if (!is_host (pattern + below) || (pattern[below] == '.') != below)
        return fail (self, i, error, "a host has the form mx.example.net, or *.example.net");
      set_host (self, pattern + below);
    }
  return TRUE;
}

/* says CODE REASON… */
static gboolean
add_says (ReboundCompiler *self, GError **error)
{
  const char *code = token (self, 1)->text;
  ReboundProviderCode says = { .code = intern (self, code), .provider = self->index };

  if (!is_reply (code) && (!is_status (code) || *code == 'X'))
    return fail (self, 1, error, "a code has the form 550 or 5.7.1");
  if (!read_reasons (self, 2, &says.reasons, error))
    return FALSE;
  g_array_append_val (self->says, says);
  return TRUE;
}

/* Where a rule holds */

static ReboundScope *
current_scope (ReboundCompiler *self)
{
  const ReboundScope everywhere = { 0 };

  if (current_rule (self)->scope == 0)
    {
      current_rule (self)->scope = self->scopes->len;
      g_array_append_val (self->scopes, everywhere);
    }
  return &g_array_index (self->scopes, ReboundScope, current_rule (self)->scope);
}

/* The names at word 2 and behind. They are looked up when all files are read. */
static gboolean
limit_names (ReboundCompiler *self, ReboundString *names, gboolean provider, GError **error)
{
  guint n = 0;

  while (n < REBOUND_MAX_SCOPE && names[n] != 0)
    n++;
  for (guint i = 2; i < self->tokens->len; i++)
    {
      Reference reference = { intern (self, token (self, i)->text), provider, NULL };

      if (n == REBOUND_MAX_SCOPE)
        return fail (self, i, error, "more than %d names", REBOUND_MAX_SCOPE);
      reference.place =
          g_strdup_printf ("%s:%u:%u", self->file, self->line, token (self, i)->column);
      g_array_append_val (self->references, reference);
      names[n++] = reference.name;
    }
  return TRUE;
}

static gboolean
limit_format (ReboundCompiler *self, GError **error)
{
  return limit_names (self, current_scope (self)->formats, FALSE, error);
}

static gboolean
limit_provider (ReboundCompiler *self, GError **error)
{
  return limit_names (self, current_scope (self)->providers, TRUE, error);
}

static gboolean
limit_class (ReboundCompiler *self, GError **error)
{
  for (guint i = 2; i < self->tokens->len; i++)
    {
      const char *digit = token (self, i)->text;

      if (strlen (digit) != 1 || strchr ("245", *digit) == NULL)
        return fail (self, i, error, "a class is 2, 4 or 5");
      current_scope (self)->classes |= 1 << (*digit - '0');
    }
  return TRUE;
}

static gboolean
limit_stage (ReboundCompiler *self, GError **error)
{
  for (guint i = 2; i < self->tokens->len; i++)
    {
      guint stage;

      if (!read_name (self, i, stage_name, REBOUND_N_STAGES, &stage, error))
        return FALSE;
      current_scope (self)->stages |= 1 << stage;
    }
  return TRUE;
}

static const struct
{
  const char *dimension;
  gboolean of_text; /* can be told while the text is being read: for marks, too */
  gboolean (*limit) (ReboundCompiler *self, GError **error);
} dimensions[] = {
  { "format", TRUE, limit_format },
  { "provider", FALSE, limit_provider },
  { "class", FALSE, limit_class },
  { "stage", FALSE, limit_stage },
};

static const char *
dimension_name (guint i)
{
  return dimensions[i].dimension;
}

/* only format|provider|class|stage NAME… */
static gboolean
set_only (ReboundCompiler *self, GError **error)
{
  guint dimension;

  if (!read_name (self, 1, dimension_name, G_N_ELEMENTS (dimensions), &dimension, error))
    return FALSE;
  if (self->entry != ENTRY_PHRASE && !dimensions[dimension].of_text)
    return fail (self, 1, error, "a mark or a stage may be limited to a format only");
  return dimensions[dimension].limit (self, error);
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
    return fail (self, 0, error, "behind such a mark nothing is read");
  if (!rebound_take_check (token (self, 1)->text, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX,
                           &problem))
    return fail (self, 1, error, "%s", problem->message);
  current_rule (self)->take = intern (self, token (self, 1)->text);
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
    return fail (self, i, error, "the text is longer than 250 bytes");
  for (guint p = 0; p == 0 || pieces[p] != NULL; p++)
    if (pieces[p] == NULL || strlen (pieces[p]) < SHORTEST_PIECE)
      return fail (self, i, error, "“%s” is too short to look for: %d bytes are the least",
                   pieces[p] != NULL ? pieces[p] : "", SHORTEST_PIECE);
  return TRUE;
}

static gboolean
add_pattern (ReboundCompiler *self, guint i, ReboundPattern pattern, GError **error)
{
  g_autofree char *text = fold_pattern (self, token (self, i)->text);

  if (!check_pieces (self, i, text, error))
    return FALSE;
  pattern.text = intern (self, text);
  pattern.length = strlen (text);
  pattern.first = strchrnul (text, REBOUND_PATTERN_GAP) - text;
  g_array_append_val (self->patterns, pattern);
  return TRUE;
}

/* An indented "text" of a phrase or a mark. */
static gboolean
add_text (ReboundCompiler *self, GError **error)
{
  ReboundPattern pattern = { .rule = self->index };

  if (self->tokens->len != 1)
    return fail (self, 1, error, "a text stands alone on its line");
  return add_pattern (self, 0, pattern, error);
}

static gboolean
add_condition (ReboundCompiler *self, guint i, guint rule, GError **error)
{
  ReboundPattern pattern = { .rule = rule };
  guint area;

  if (!read_name (self, i, area_name, 4, &area, error))
    return FALSE;
  pattern.areas = 1 << area;
  if (i + 1 >= self->tokens->len || !token (self, i + 1)->quoted)
    return fail (self, i, error, "after “%s” comes a quoted text", area_name (area));
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

  begin_rule (self, REBOUND_RULE_SIGN, id);
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
    return fail (self, 0, error, "more than %d conditions", MAX_CONDITIONS);
  begin_rule (self, REBOUND_RULE_WHEN, "");
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

/* The keywords */

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

static const struct
{
  const char *keyword;
  guint entries; /* to which it belongs */
  guint words;   /* at least, after the keyword */
  guint most;
  gboolean (*set) (ReboundCompiler *self, GError **error);
} properties[] = {
  { "means", ENTRY_REASON | ENTRY_CODE, 1, 1, set_means },
  { "bounce", ENTRY_REASON, 1, 1, set_bounce },
  { "fault", ENTRY_REASON, 1, 1, set_fault },
  { "unsubscribe", ENTRY_REASON, 1, 1, set_unsubscribe },
  { "taxonomy", ENTRY_REASON, 2, 2, set_taxonomy },
  { "reasons", ENTRY_CODE, 1, G_MAXUINT, set_reasons },
  { "at", ENTRY_CODE, 2, G_MAXUINT, set_at },
  { "generic", ENTRY_STATUS, 0, 0, set_generic },
  { "weak", ENTRY_PHRASE, 0, 0, set_weak },
  { "in", ENTRY_TEXTS, 1, G_MAXUINT, set_in },
  { "only", ENTRY_TEXTS, 2, G_MAXUINT, set_only },
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

/* An id is given once; reply codes, for one, may not say two things. */
static gboolean
check_unique (ReboundCompiler *self, GError **error)
{
  g_autofree char *id = g_strdup_printf ("%s %s", token (self, 0)->text, token (self, 1)->text);
  const char *first = g_hash_table_lookup (self->ids, id);

  if (first != NULL)
    return fail (self, 1, error, "%s is already at %s", id, first);
  g_hash_table_insert (self->ids, g_steal_pointer (&id),
                       g_strdup_printf ("%s:%u", self->file, self->line));
  return TRUE;
}

static gboolean
read_entry (ReboundCompiler *self, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    if (strcmp (token (self, 0)->text, entries[i].keyword) == 0)
      {
        self->entry = entries[i].type;
        if (self->tokens->len < 2)
          return fail (self, 0, error, "“%s” needs a name", entries[i].keyword);
        if (self->tokens->len > 2 && !(self->entry & ENTRY_TEXTS))
          return fail (self, 2, error, "what belongs to a %s follows on indented lines",
                       entries[i].keyword);
        return check_unique (self, error) && entries[i].begin (self, error);
      }
  return fail (self, 0, error,
               "“%s” begins no entry; one of: reason, reply, status, phrase, mark, stage, format, "
               "provider; what belongs to an entry is indented",
               token (self, 0)->text);
}

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
  return fail (self, 0, error, "“%s” is no property of this entry; one of: %s",
               token (self, 0)->text, list->str);
}

static gboolean
read_property (ReboundCompiler *self, GError **error)
{
  const char *keyword = token (self, 0)->text;

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    if (strcmp (keyword, properties[i].keyword) == 0 && properties[i].entries & self->entry)
      {
        if (self->tokens->len < 1 + properties[i].words)
          return fail (self, 0, error, "“%s” needs %u word(s) after it", keyword,
                       properties[i].words);
        if (self->tokens->len - 1 > properties[i].most)
          return fail (self, 1 + properties[i].most, error,
                       "“%s” has at most %u word(s) after it; one with blanks stands in quotes", keyword,
                       properties[i].most);
        return properties[i].set (self, error);
      }
  return fail_property (self, error);
}

/* The tables number their rules and texts with 16 bits. */
static gboolean
is_full (const ReboundCompiler *self)
{
  return self->entries->len >= G_MAXUINT16 - 1
         || self->patterns->len >= G_MAXUINT16 - MAX_CONDITIONS;
}

static gboolean
read_line (ReboundCompiler *self, const char *line, GError **error)
{
  if (!read_tokens (self, line, error))
    return FALSE;
  if (is_full (self))
    return fail (self, 0, error, "there are more than 65,000 rules or texts");
  if (self->tokens->len == 0)
    return TRUE;
  if (!g_ascii_isspace (line[0]))
    return read_entry (self, error);
  if (self->entry == ENTRY_NONE)
    return fail (self, 0, error, "an indented line before the first entry");
  if (!token (self, 0)->quoted)
    return read_property (self, error);
  if (self->entry & ENTRY_TEXTS)
    return add_text (self, error);
  return fail (self, 0, error, "a text belongs to a phrase, a mark or a stage");
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
  self->line = 0;
  g_array_set_size (self->tokens, 0);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      self->line = i + 1;
      if (!read_line (self, lines[i], error))
        return FALSE;
    }
  return TRUE;
}

/* Names that `only` gives */

static gboolean
is_known (ReboundCompiler *self, const Reference *reference)
{
  const char *name = self->strings->str + reference->name;

  if (reference->provider)
    {
      for (guint i = 0; i < self->providers->len; i++)
        if (is_string (self, g_array_index (self->providers, ReboundProvider, i).name, name))
          return TRUE;
      return FALSE;
    }
  for (guint i = 0; i < self->formats->len; i++)
    if (is_string (self, g_array_index (self->formats, ReboundFormat, i).name, name))
      return TRUE;
  return FALSE;
}

gboolean
rebound_compiler_check (ReboundCompiler *self, GError **error)
{
  for (guint i = 0; i < self->references->len; i++)
    {
      const Reference *reference = &g_array_index (self->references, Reference, i);

      if (is_known (self, reference))
        continue;
      g_set_error (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX,
                   "%s: no %s is called “%s”", reference->place,
                   reference->provider ? "provider" : "format",
                   self->strings->str + reference->name);
      return FALSE;
    }
  return TRUE;
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
        note_field_name (self, intern (self, name), areas, prefix);
    }
}

static int
compare_hosts (gconstpointer a, gconstpointer b, gpointer strings)
{
  return strcmp ((char *) strings + ((const ReboundProviderHost *) a)->name,
                 (char *) strings + ((const ReboundProviderHost *) b)->name);
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
    .patterns = (ReboundPattern *) self->patterns->data,
    .n_patterns = self->patterns->len,
    .field_names = (ReboundFieldName *) self->field_names->data,
    .n_field_names = self->field_names->len,
    .buckets = self->buckets,
    .grams = self->grams,
  };
  return &self->rules;
}

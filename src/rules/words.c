/* Rebound: the lines of a rule file, their words, and what words may name.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compiler-private.h"
#include "translate.h"

/* An error at word @i of the line. */
gboolean
rebound_compiler_fail (ReboundCompiler *self, guint i, GError **error, const char *format, ...)
{
  guint column = i < self->tokens->len ? token (self, i)->column : 1;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (_ (format), args);
  va_end (args);
  g_set_error (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX, "%s:%u:%u: %s", self->file,
               self->line, column, message);
  return FALSE;
}

gboolean
rebound_compiler_check_texts (ReboundCompiler *self, GError **error)
{
  const Place *place = &self->textless;

  if (place->line == 0)
    return TRUE;
  g_set_error (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX, "%s:%u:%u: %s", self->file,
               place->line, place->column,
               _ ("there is no text to look for, and nothing of that name to take away"));
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
    return rebound_compiler_fail (self, self->tokens->len - 1, error,
                                  "the quoted text has no closing quote");
  return rebound_compiler_fail (
      self, self->tokens->len - 1, error,
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
  return rebound_compiler_fail (self, 0, error, "the file is not UTF-8");
}

gboolean
rebound_compiler_read_words (ReboundCompiler *self, const char *line, GError **error)
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

char *
rebound_compiler_list_names (const char *(*name) (guint), guint n)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    if (name (i) != NULL)
      g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", name (i));
  return g_string_free (list, FALSE);
}

gboolean
rebound_compiler_read_name (ReboundCompiler *self, guint i, const char *(*name) (guint), guint n,
                            guint *value, GError **error)
{
  g_autofree char *list = NULL;

  *value = 0;
  for (guint v = 0; v < n; v++)
    if (name (v) != NULL && strcmp (token (self, i)->text, name (v)) == 0)
      {
        *value = v;
        return TRUE;
      }
  list = rebound_compiler_list_names (name, n);
  return rebound_compiler_fail (self, i, error, "“%s” is not one of: %s", token (self, i)->text,
                                list);
}

const char *
rebound_compiler_stage_name (guint i)
{
  return rebound_stage_to_string (i);
}

const char *
rebound_compiler_reason_name (guint i)
{
  return rebound_reason_to_string (i);
}

gboolean
rebound_compiler_read_reasons (ReboundCompiler *self, guint first, ReboundReasons *reasons,
                               GError **error)
{
  if (reasons->n + self->tokens->len - first > REBOUND_MAX_REASONS)
    return rebound_compiler_fail (self, first, error, "more than %d reasons", REBOUND_MAX_REASONS);
  for (guint i = first; i < self->tokens->len; i++)
    {
      guint reason;

      if (!rebound_compiler_read_name (self, i, rebound_compiler_reason_name, REBOUND_N_REASONS,
                                       &reason, error))
        return FALSE;
      reasons->reason[reasons->n++] = reason;
    }
  return TRUE;
}

gboolean
rebound_compiler_is_reply (const char *code)
{
  return strlen (code) == 3 && strspn (code, "0123456789") == 3;
}

/* 5.1.1, or X.1.1 for any class: RFC 3463 section 2, with the three digits of vendors. */
gboolean
rebound_compiler_is_status (const char *code)
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

/* Rebound: where a rule holds: `only`, and the names that it gives.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compiler-private.h"
#include "translate.h"

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
      Reference reference = { rebound_compiler_intern (self, token (self, i)->text), provider,
                              NULL };

      if (n == REBOUND_MAX_SCOPE)
        return rebound_compiler_fail (self, i, error, "more than %d names", REBOUND_MAX_SCOPE);
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
        return rebound_compiler_fail (self, i, error, "a class is 2, 4 or 5");
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

      if (!rebound_compiler_read_name (self, i, rebound_compiler_stage_name, REBOUND_N_STAGES,
                                       &stage, error))
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
gboolean
rebound_compiler_read_only (ReboundCompiler *self, GError **error)
{
  guint dimension;

  if (!rebound_compiler_read_name (self, 1, dimension_name, G_N_ELEMENTS (dimensions), &dimension,
                                   error))
    return FALSE;
  if (self->entry != ENTRY_PHRASE && !dimensions[dimension].of_text)
    return rebound_compiler_fail (self, 1, error,
                                  "a mark or a stage may be limited to a format only");
  return dimensions[dimension].limit (self, error);
}

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
                   reference->provider ? _ ("%s: no provider is called “%s”")
                                       : _ ("%s: no format is called “%s”"),
                   reference->place, self->strings->str + reference->name);
      return FALSE;
    }
  return TRUE;
}

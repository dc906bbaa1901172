/* rulec: compiles rule files into C.
 *
 * usage: rulec OUTPUT.c FILE.rules…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"

static void
put_strings (GString *out, const char *strings, gsize length)
{
  g_string_append (out, "static const char strings[] =\n  \"");
  for (gsize i = 0; i < length; i++)
    {
      guint8 c = strings[i];

      if (c == '\0' && i + 1 < length)
        g_string_append (out, "\\0\"\n  \"");
      else if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '?')
        g_string_append_printf (out, "\\%03o", c);
      else
        g_string_append_c (out, c);
    }
  g_string_append (out, "\";\n\n");
}

static void
put_reasons (GString *out, const ReboundReasons *reasons)
{
  g_string_append_printf (out, "{ %u, {", reasons->n);
  for (guint i = 0; i < MAX (reasons->n, 1); i++)
    g_string_append_printf (out, "%s %u", i > 0 ? "," : "", reasons->reason[i]);
  g_string_append (out, " } }");
}

static void
put_texts (GString *out, const ReboundTexts *texts)
{
  g_string_append_printf (out, "{ %u, %u, %u, %u, %u, %u }", texts->means, texts->causes,
                          texts->sender, texts->list, texts->examples, texts->source);
}

static void
put_reason_rules (GString *out, const ReboundReasonRule *reasons)
{
  g_string_append (out, "static const ReboundReasonRule reasons[] = {\n");
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      g_string_append (out, "  { ");
      put_texts (out, &reasons[i].texts);
      g_string_append (out, ", {");
      for (guint t = 0; t < REBOUND_N_TAXONOMIES; t++)
        g_string_append_printf (out, " %u,", reasons[i].taxonomy[t]);
      g_string_append_printf (out, " }, %u, %u, %u },\n", reasons[i].bounce, reasons[i].fault,
                              reasons[i].unsubscribe);
    }
  g_string_append (out, "};\n\n");
}

static void
put_codes (GString *out, const char *name, const ReboundCode *codes, guint n_codes)
{
  g_string_append_printf (out, "static const ReboundCode %s[] = {\n", name);
  for (guint i = 0; i < n_codes; i++)
    {
      const ReboundCode *code = &codes[i];

      g_string_append_printf (out, "  { %u, ", code->code);
      put_texts (out, &code->texts);
      g_string_append (out, ", ");
      put_reasons (out, &code->reasons);
      g_string_append (out, ",\n    {");
      for (guint s = 0; s < REBOUND_N_STAGES; s++)
        {
          g_string_append_c (out, ' ');
          put_reasons (out, &code->at[s]);
          g_string_append_c (out, ',');
        }
      g_string_append_printf (out, " }, %d },\n", code->generic);
    }
  g_string_append (out, "};\n\n");
}

static void
put_formats (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundFormat formats[] = {\n");
  for (guint i = 0; i < rules->n_formats; i++)
    g_string_append_printf (out, "  { %u, %u },\n", rules->formats[i].name,
                            rules->formats[i].title);
  g_string_append (out, "};\n\n");
}

static void
put_providers (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundProvider providers[] = {\n");
  for (guint i = 0; i < rules->n_providers; i++)
    g_string_append_printf (out, "  { %u, %u, %u },\n", rules->providers[i].name,
                            rules->providers[i].title, rules->providers[i].source);
  g_string_append (out, "};\n\nstatic const ReboundProviderHost hosts[] = {\n");
  for (guint i = 0; i < rules->n_hosts; i++)
    g_string_append_printf (out, "  { %u, %u },\n", rules->hosts[i].name, rules->hosts[i].provider);
  g_string_append (out, "};\n\nstatic const ReboundProviderCode says[] = {\n");
  for (guint i = 0; i < rules->n_says; i++)
    {
      g_string_append_printf (out, "  { %u, ", rules->says[i].code);
      put_reasons (out, &rules->says[i].reasons);
      g_string_append_printf (out, ", %u },\n", rules->says[i].provider);
    }
  g_string_append (out, "};\n\n");
}

static void
put_names (GString *out, const ReboundString *names)
{
  g_string_append (out, " {");
  for (guint i = 0; i < REBOUND_MAX_SCOPE; i++)
    g_string_append_printf (out, " %u,", names[i]);
  g_string_append (out, " },");
}

static void
put_scopes (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundScope scopes[] = {\n");
  for (guint i = 0; i < rules->n_scopes; i++)
    {
      g_string_append (out, "  {");
      put_names (out, rules->scopes[i].formats);
      put_names (out, rules->scopes[i].providers);
      g_string_append_printf (out, " %u, %u },\n", rules->scopes[i].stages,
                              rules->scopes[i].classes);
    }
  g_string_append (out, "};\n\n");
}

static void
put_rules (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundRule rules[] = {\n");
  for (guint i = 0; i < rules->n_rules; i++)
    {
      const ReboundRule *rule = &rules->rules[i];

      g_string_append_printf (out, "  { %u, %u, %u, %u, %u, ", rule->id, rule->type, rule->areas,
                              rule->weak, rule->sourced);
      put_reasons (out, &rule->reasons);
      g_string_append_printf (out, ", %u, %u, %u, %u, %u },\n", rule->value, rule->n_conditions,
                              rule->length, rule->scope, rule->take);
    }
  g_string_append (out, "};\n\n");
}

static void
put_phrase_texts (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundPhraseTexts phrase_texts[] = {\n");
  for (guint i = 0; i < rules->n_phrase_texts; i++)
    {
      g_string_append (out, "  { ");
      put_texts (out, &rules->phrase_texts[i].texts);
      g_string_append_printf (out, ", %u, %u },\n", rules->phrase_texts[i].codes,
                              rules->phrase_texts[i].rule);
    }
  g_string_append (out, "};\n\n");
}

static void
put_patterns (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundPattern patterns[] = {\n");
  for (guint i = 0; i < rules->n_patterns; i++)
    {
      const ReboundPattern *pattern = &rules->patterns[i];

      g_string_append_printf (out, "  { %u, %uu, %u, %u, %u, %u, %u },\n", pattern->text,
                              pattern->gram, pattern->window, pattern->length, pattern->first,
                              pattern->areas, pattern->rule);
    }
  g_string_append (out, "};\n\n");
}

static void
put_field_names (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const ReboundFieldName field_names[] = {\n");
  for (guint i = 0; i < rules->n_field_names; i++)
    g_string_append_printf (out, "  { %u, %u, %u },\n", rules->field_names[i].name,
                            rules->field_names[i].areas, rules->field_names[i].prefix);
  g_string_append (out, "};\n\n");
}

static void
put_buckets (GString *out, const ReboundRules *rules)
{
  g_string_append (out, "static const guint16 buckets[] = {");
  for (guint i = 0; i <= 1 << REBOUND_BUCKET_BITS; i++)
    g_string_append_printf (out, "%s%u,", i % 16 == 0 ? "\n  " : " ", rules->buckets[i]);
  g_string_append (out, "\n};\n\nstatic const guint8 grams[] = {");
  for (guint i = 0; i < 1 << (REBOUND_GRAM_BITS - 3); i++)
    g_string_append_printf (out, "%s%u,", i % 16 == 0 ? "\n  " : " ", rules->grams[i]);
  g_string_append (out, "\n};\n\n");
}

static void
put_summary (GString *out, const ReboundRules *rules)
{
  g_string_append_printf (out,
                          "const ReboundRules rebound_builtin_rules = {\n"
                          "  .strings = strings,\n"
                          "  .strings_length = sizeof strings,\n"
                          "  .reasons = reasons,\n"
                          "  .replies = replies,\n"
                          "  .n_replies = %u,\n"
                          "  .statuses = statuses,\n"
                          "  .n_statuses = %u,\n"
                          "  .formats = formats,\n"
                          "  .n_formats = %u,\n"
                          "  .providers = providers,\n"
                          "  .n_providers = %u,\n"
                          "  .hosts = hosts,\n"
                          "  .n_hosts = %u,\n"
                          "  .says = says,\n"
                          "  .n_says = %u,\n"
                          "  .scopes = scopes,\n"
                          "  .n_scopes = %u,\n"
                          "  .rules = rules,\n"
                          "  .n_rules = %u,\n"
                          "  .phrase_texts = phrase_texts,\n"
                          "  .n_phrase_texts = %u,\n"
                          "  .patterns = patterns,\n"
                          "  .n_patterns = %u,\n"
                          "  .field_names = field_names,\n"
                          "  .n_field_names = %u,\n"
                          "  .buckets = buckets,\n"
                          "  .grams = grams,\n"
                          "};\n",
                          rules->n_replies, rules->n_statuses, rules->n_formats, rules->n_providers,
                          rules->n_hosts, rules->n_says, rules->n_scopes, rules->n_rules,
                          rules->n_phrase_texts, rules->n_patterns, rules->n_field_names);
}

static char *
to_c (const ReboundRules *rules)
{
  GString *out = g_string_new ("/* Generated by rulec from the *.rules files. */\n"
                               "#include \"rules.h\"\n\n");

  put_strings (out, rules->strings, rules->strings_length);
  put_reason_rules (out, rules->reasons);
  put_codes (out, "replies", rules->replies, rules->n_replies);
  put_codes (out, "statuses", rules->statuses, rules->n_statuses);
  put_formats (out, rules);
  put_providers (out, rules);
  put_scopes (out, rules);
  put_rules (out, rules);
  put_phrase_texts (out, rules);
  put_patterns (out, rules);
  put_field_names (out, rules);
  put_buckets (out, rules);
  put_summary (out, rules);
  return g_string_free (out, FALSE);
}

static gboolean
add_file (ReboundCompiler *compiler, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, error)
         && rebound_compiler_add (compiler, path, text, error);
}

/* Into the file as it is: renaming over it would replace a device. */
static gboolean
write_file (const char *path, const char *text, GError **error)
{
  FILE *out = fopen (path, "w");
  gboolean done = out != NULL && fputs (text, out) != EOF;

  if (out == NULL || fclose (out) != 0 || !done)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot write “%s”: %s",
                 path, g_strerror (errno));
  return *error == NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *c = NULL;

  if (argc < 3)
    {
      fprintf (stderr, "usage: rulec OUTPUT.c FILE.rules...\n");
      return 64;
    }
  for (int i = 2; i < argc && error == NULL; i++)
    add_file (compiler, argv[i], &error);
  if (error == NULL && rebound_compiler_check (compiler, &error))
    {
      c = to_c (rebound_compiler_finish (compiler));
      write_file (argv[1], c, &error);
    }
  if (error != NULL)
    {
      fprintf (stderr, "rulec: %s\n", error->message);
      return 65;
    }
  return EXIT_SUCCESS;
}

/* Rebound: every entry of the rule files is shown by a case.
 *
 * - A phrase decides in a line of corpus/replies/GROUP.tsv, GROUP standing before the "/" of its
 *   id, in a report of corpus/languages/, or in the message that its `case` names.
 * - The words of a mark and of a stage stand in the message that its `case` names, in what is
 *   pasted in corpus/NAME.txt where the case is pastes/NAME, or those of a mark that has none in a
 *   report of corpus/languages/.
 * - A format is that of a message in corpus/NAME/.
 * - Each example gives one of the reasons of its entry; one that begins with 2, a success.
 * - A provider is that of some reply, and so is each code of its own.
 * - No text stands in two entries that hold everywhere.
 * - No short text of a phrase that is not weak stands in corpus/other, where people write of
 *   bounces in words of their own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "rebound.h"
#include "reports.h"
#include "rules/fold.h"
#include "rules/matcher.h"

typedef struct
{
  char *keyword;
  char *id;
  char *message; /* (nullable): its case */
  char *place;
} Entry;

typedef struct
{
  const char *top;
  ReboundAnalyzer *analyzer;
  ReboundConverters *converters;
  GPtrArray *entries;  /* of Entry */
  GHashTable *decided; /* "GROUP phrase ID": in a reply of this group; "provider NAME CODE" */
  GHashTable *worded;  /* "mark ID": its words stand in a report of corpus/languages/ */
  guint n;
  guint n_failed;
} Entries;

static void G_GNUC_PRINTF (4, 5)
    say (Entries *self, gboolean good, const Entry *entry, const char *format, ...)
{
  va_list args;

  self->n_failed += !good;
  printf ("%s %u - %s %s\n", good ? "ok" : "not ok", ++self->n, entry->keyword, entry->id);
  if (good)
    return;
  va_start (args, format);
  printf ("# %s: ", entry->place);
  vprintf (format, args);
  putchar ('\n');
  va_end (args);
}

/* ---- The rule files ---- */

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->keyword);
  g_free (entry->id);
  g_free (entry->message);
  g_free (entry->place);
  g_free (entry);
}

static void
read_line (Entries *self, const char *file, guint number, const char *line)
{
  g_auto (GStrv) words = g_strsplit_set (line, " \t", -1);
  const char *property = line + strspn (line, " \t");

  if (g_ascii_islower (*line) && g_strv_length (words) > 1)
    {
      Entry *entry = g_new0 (Entry, 1);

      entry->keyword = g_strdup (words[0]);
      entry->id = g_strdup (words[1]);
      entry->place = g_strdup_printf ("%s:%u", file, number);
      g_ptr_array_add (self->entries, entry);
    }
  else if (g_str_has_prefix (property, "case ") && self->entries->len > 0)
    {
      Entry *entry = g_ptr_array_index (self->entries, self->entries->len - 1);

      g_free (entry->message);
      entry->message = g_strstrip (g_strdup (property + 5));
    }
}

static void
for_each_line (const char *path, void (*func) (Entries *self, const char *, guint, const char *),
               Entries *self)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    func (self, path, i + 1, lines[i]);
}

/* All files below @folder whose names end in @suffix. */
static void
list_files (const char *folder, const char *suffix, GPtrArray *paths)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        list_files (path, suffix, paths);
      else if (g_str_has_suffix (name, suffix))
        g_ptr_array_add (paths, g_steal_pointer (&path));
    }
}

static GPtrArray *
find_files (const Entries *self, const char *folder, const char *suffix)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_build_filename (self->top, folder, NULL);

  list_files (path, suffix, paths);
  return paths;
}

static void
read_rules (Entries *self)
{
  g_autoptr (GPtrArray) files = find_files (self, "src/rules", ".rules");

  for (guint i = 0; i < files->len; i++)
    for_each_line (g_ptr_array_index (files, i), read_line, self);
}

/* ---- Replies ---- */

static void
note (Entries *self, const char *a, const char *b, const char *c)
{
  g_hash_table_add (self->decided, g_strjoin (" ", a, b, c, NULL));
}

static void
note_recipient (Entries *self, const char *group, const ReboundRecipient *recipient)
{
  guint n;
  const ReboundFact *facts = rebound_recipient_get_evidence (recipient, &n);
  const char *provider = rebound_recipient_get_provider (recipient);

  if (n > 0 && facts[0].role == REBOUND_ROLE_DECISIVE && facts[0].rule != NULL)
    note (self, group, facts[0].fact, facts[0].rule);
  if (provider == NULL)
    return;
  note (self, "provider", provider, "");
  for (guint i = 0; i < n; i++)
    if (strcmp (facts[i].fact, "reply") == 0 || strcmp (facts[i].fact, "status") == 0)
      note (self, "provider", provider, facts[i].value);
}

static void
read_reply (Entries *self, const char *path, G_GNUC_UNUSED guint number, const char *line)
{
  const char *tab = strchr (line, '\t');
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *group = g_strndup (name, strlen (name) - strlen (".tsv"));
  g_autoptr (ReboundReport) report = NULL;

  if (*line == '#' || tab == NULL)
    return;
  report = rebound_analyzer_classify (self->analyzer, tab + 1, NULL);
  note_recipient (self, group, rebound_report_get_recipient (report, 0));
}

static void
read_replies (Entries *self)
{
  g_autoptr (GPtrArray) files = find_files (self, "corpus/replies", ".tsv");

  for (guint i = 0; i < files->len; i++)
    for_each_line (g_ptr_array_index (files, i), read_reply, self);
}

/* ---- Marks and stages ---- */

static void
note_words (const ReboundRules *rules, const ReboundPattern *pattern, G_GNUC_UNUSED gsize start,
            G_GNUC_UNUSED gsize length, gpointer user_data)
{
  GHashTable *found = user_data;
  const ReboundRule *rule = &rules->rules[pattern->rule];
  const char *keyword = rule->type == REBOUND_RULE_MARK ? "mark" : "stage";

  if (rule->type == REBOUND_RULE_MARK || rule->type == REBOUND_RULE_STAGE)
    g_hash_table_add (found,
                      g_strjoin (" ", keyword, rebound_rules_string (rules, rule->id), NULL));
}

static void
find (GHashTable *found, ReboundArea area, const char *text, gsize length)
{
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;

  rebound_fold (&folded, text, length);
  rebound_match (&rebound_builtin_rules, area, &folded, note_words, found);
}

static void
find_in_fields (GHashTable *found, ReboundArea area, const ReboundFields *fields)
{
  for (guint i = 0; fields != NULL && i < fields->fields->len; i++)
    {
      const ReboundField *field = &g_array_index (fields->fields, ReboundField, i);
      g_autofree char *line = g_strdup_printf ("%s: %s", field->name, field->value);

      find (found, area, line, strlen (line));
    }
}

/* The marks and stages whose words stand in @bytes, as "KEYWORD ID", are added to @found. */
static void
find_words (const Entries *self, GBytes *bytes, GHashTable *found)
{
  ReboundLimits limits;
  g_autoptr (ReboundMessage) message = NULL;
  const char *subject;

  rebound_limits_init (&limits);
  message = rebound_message_parse (bytes, self->converters, &rebound_builtin_rules, &limits);
  subject = rebound_fields_get (message->header, REBOUND_FIELD_SUBJECT);
  find_in_fields (found, REBOUND_AREA_HEADER, message->header);
  if (subject != NULL)
    find (found, REBOUND_AREA_SUBJECT, subject, strlen (subject));
  for (guint i = 0; i < message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (message->parts, i);

      if (part->role == REBOUND_PART_TEXT || part->role == REBOUND_PART_DELIVERY_STATUS)
        find (found, REBOUND_AREA_TEXT, part->text, part->length);
    }
}

/* ---- Reports in many languages ---- */

static void
note_deciding (Entries *self, const ReboundReport *report)
{
  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      guint n;
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);
      const ReboundFact *facts = rebound_recipient_get_evidence (recipient, &n);
      g_autofree char *group = n > 0 && facts[0].rule != NULL
                                   ? g_strndup (facts[0].rule, strcspn (facts[0].rule, "/"))
                                   : NULL;

      if (group != NULL)
        note_recipient (self, group, recipient);
    }
}

static void
read_wordings (Entries *self)
{
  g_autoptr (GPtrArray) files = find_files (self, "corpus/languages", ".tsv");

  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (Wordings) of = wordings_read (g_ptr_array_index (files, i), NULL);

      for (guint n = 0; of != NULL && n < of->wordings->len; n++)
        {
          g_autoptr (GBytes) message =
              wording_to_message (g_ptr_array_index (of->wordings, n), "UTF-8", "UTF-8", n);
          g_autoptr (ReboundReport) report =
              rebound_analyzer_analyze (self->analyzer, message, NULL, NULL);

          note_deciding (self, report);
          find_words (self, message, self->worded);
        }
    }
}

/* ---- Messages ---- */

static GBytes *
read_bytes (const char *path)
{
  char *data;
  gsize size;

  return g_file_get_contents (path, &data, &size, NULL) ? g_bytes_new_take (data, size) : NULL;
}

static gboolean
is_paste (const char *name)
{
  return g_str_has_prefix (name, "pastes/");
}

/* The message FORMAT/CASE of the corpus, or what is pasted in pastes/NAME. */
static GBytes *
read_message (const Entries *self, const char *name)
{
  const char *suffix = is_paste (name) ? ".txt" : ".eml";
  g_autofree char *file = g_strconcat (name, suffix, NULL);
  g_autofree char *path = g_build_filename (self->top, "corpus", file, NULL);

  return read_bytes (path);
}

static gboolean
decides (const Entries *self, GBytes *message, const char *phrase)
{
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (self->analyzer, message, NULL, NULL);

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      guint n;
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);
      const ReboundFact *facts = rebound_recipient_get_evidence (recipient, &n);

      if (n > 0 && facts[0].role == REBOUND_ROLE_DECISIVE && g_strcmp0 (facts[0].rule, phrase) == 0)
        return TRUE;
    }
  return FALSE;
}

/* ---- Checks ---- */

static void
check_phrase (Entries *self, const Entry *entry)
{
  g_autofree char *group = g_strndup (entry->id, strcspn (entry->id, "/"));
  g_autofree char *key = g_strjoin (" ", group, "phrase", entry->id, NULL);
  g_autoptr (GBytes) message = entry->message != NULL ? read_message (self, entry->message) : NULL;

  if (entry->message == NULL)
    say (self, g_hash_table_contains (self->decided, key), entry,
         "it decides in no line of corpus/replies/%s.tsv or corpus/languages, and has no case",
         group);
  else
    say (self, message != NULL && decides (self, message, entry->id), entry,
         "it does not decide in corpus/%s", entry->message);
}

/* In a message, or in what is pasted. */
static gboolean
is_shown (const Entries *self, const Entry *entry)
{
  g_autoptr (GBytes) bytes = read_message (self, entry->message);
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *key = g_strjoin (" ", entry->keyword, entry->id, NULL);

  if (bytes != NULL && is_paste (entry->message))
    find (found, REBOUND_AREA_TEXT, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  else if (bytes != NULL)
    find_words (self, bytes, found);
  return g_hash_table_contains (found, key);
}

static void
check_words (Entries *self, const Entry *entry)
{
  g_autofree char *key = g_strjoin (" ", entry->keyword, entry->id, NULL);

  if (entry->message == NULL)
    say (self, g_hash_table_contains (self->worded, key), entry,
         "it has no case, and none of its words stands in corpus/languages");
  else
    say (self, is_shown (self, entry), entry,
         "none of its words stands in corpus/%s", entry->message);
}

static void
check_format (Entries *self, const Entry *entry)
{
  g_autofree char *folder = g_build_filename ("corpus", entry->id, NULL);
  g_autoptr (GPtrArray) files = find_files (self, folder, ".eml");
  gboolean found = FALSE;

  for (guint i = 0; i < files->len && !found; i++)
    {
      g_autoptr (GBytes) message = read_bytes (g_ptr_array_index (files, i));
      g_autoptr (ReboundReport) report =
          rebound_analyzer_analyze (self->analyzer, message, NULL, NULL);

      found = g_strcmp0 (rebound_report_get_format (report), entry->id) == 0;
    }
  say (self, found, entry, "no message of %s has it", folder);
}

static void
check_provider (Entries *self, const Entry *entry)
{
  const ReboundRules *rules = &rebound_builtin_rules;
  g_autofree char *key = g_strjoin (" ", "provider", entry->id, "", NULL);

  say (self, g_hash_table_contains (self->decided, key), entry,
       "no reply of corpus/replies has it");
  for (guint i = 0; i < rules->n_says; i++)
    {
      const ReboundProvider *provider = &rules->providers[rules->says[i].provider];
      const char *code = rebound_rules_string (rules, rules->says[i].code);
      g_autofree char *own = g_strjoin (" ", "provider", entry->id, code, NULL);

      if (strcmp (rebound_rules_string (rules, provider->name), entry->id) == 0)
        say (self, g_hash_table_contains (self->decided, own), entry,
             "no reply of corpus/replies has its code %s", code);
    }
}

static const struct
{
  const char *keyword;
  void (*check) (Entries *self, const Entry *entry);
} checks[] = {
  { "phrase", check_phrase }, { "mark", check_words },        { "stage", check_words },
  { "format", check_format }, { "provider", check_provider },
};

static void
check_entry (Entries *self, const Entry *entry)
{
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    if (strcmp (entry->keyword, checks[i].keyword) == 0)
      checks[i].check (self, entry);
}

/* ---- Examples ---- */

static gboolean
has_reason (const ReboundReasons *reasons, guint reason)
{
  for (guint i = 0; i < reasons->n; i++)
    if (reasons->reason[i] == reason)
      return TRUE;
  return FALSE;
}

static gboolean
code_has_reason (const ReboundCode *code, guint reason)
{
  for (guint stage = 0; stage < REBOUND_N_STAGES; stage++)
    if (has_reason (&code->at[stage], reason))
      return TRUE;
  return has_reason (&code->reasons, reason);
}

/* @code or @reasons: what the entry says. */
static void
check_examples (Entries *self, const char *keyword, ReboundString id, const ReboundTexts *texts,
                const ReboundCode *code, const ReboundReasons *reasons)
{
  const ReboundRules *rules = &rebound_builtin_rules;
  const char *examples = rebound_rules_string (rules, texts->examples);
  g_auto (GStrv) lines = g_strsplit (examples, "\n", -1);
  Entry entry = { (char *) keyword, (char *) rebound_rules_string (rules, id), NULL,
                  (char *) "example" };

  for (guint i = 0; texts->examples != 0 && lines[i] != NULL; i++)
    {
      g_autoptr (ReboundReport) report = rebound_analyzer_classify (self->analyzer, lines[i], NULL);
      const ReboundReason reason =
          rebound_recipient_get_reason (rebound_report_get_recipient (report, 0));

      const gboolean said = *lines[i] == '2' ? reason == REBOUND_REASON_DELIVERED
                            : code != NULL   ? code_has_reason (code, reason)
                                             : has_reason (reasons, reason);

      say (self, said, &entry, "“%s” gives %s", lines[i], rebound_reason_to_string (reason));
    }
}

static void
check_all_examples (Entries *self)
{
  const ReboundRules *rules = &rebound_builtin_rules;

  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      const ReboundReasons reasons = { 1, { i } };

      check_examples (self, rebound_reason_to_string (i), 0, &rules->reasons[i].texts, NULL,
                      &reasons);
    }
  for (guint i = 0; i < rules->n_replies; i++)
    check_examples (self, "reply", rules->replies[i].code, &rules->replies[i].texts,
                    &rules->replies[i], NULL);
  for (guint i = 0; i < rules->n_statuses; i++)
    check_examples (self, "status", rules->statuses[i].code, &rules->statuses[i].texts,
                    &rules->statuses[i], NULL);
  for (guint i = 0; i < rules->n_phrase_texts; i++)
    {
      const ReboundRule *rule = &rules->rules[rules->phrase_texts[i].rule];

      check_examples (self, "phrase", rule->id, &rules->phrase_texts[i].texts, NULL,
                      &rule->reasons);
    }
}

/* Of two entries with the same words one is never seen. */
static void
check_texts (Entries *self)
{
  const ReboundRules *rules = &rebound_builtin_rules;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < rules->n_patterns; i++)
    {
      const ReboundPattern *pattern = &rules->patterns[i];
      const ReboundRule *rule = &rules->rules[pattern->rule];
      const char *text = rebound_rules_string (rules, pattern->text);
      const char *id = rebound_rules_string (rules, rule->id);
      Entry entry = { (char *) "text", (char *) text, NULL, (char *) id };
      g_autofree char *key =
          g_strdup_printf ("%u %u %u %s", rule->type, rule->value, pattern->areas, text);
      const char *other = g_hash_table_lookup (seen, key);

      if (rule->scope != 0 || rule->type == REBOUND_RULE_WHEN)
        continue;
      if (other != NULL)
        say (self, FALSE, &entry, "it stands in %s too", other);
      g_hash_table_insert (seen, g_steal_pointer (&key), (gpointer) id);
    }
}

/* A sentence of a mail system may be quoted in a letter; a word that stands in one by chance is too
 * general to decide. */
#define SHORT_TEXT 10

typedef struct
{
  Entries *entries;
  const char *file;
} Letter;

static void
note_general (const ReboundRules *rules, const ReboundPattern *pattern, G_GNUC_UNUSED gsize start,
              G_GNUC_UNUSED gsize length, gpointer user_data)
{
  const Letter *letter = user_data;
  const ReboundRule *rule = &rules->rules[pattern->rule];
  const char *text = rebound_rules_string (rules, pattern->text);
  const char *id = rebound_rules_string (rules, rule->id);
  Entry entry = { (char *) "text", (char *) text, NULL, (char *) id };

  if (rule->type == REBOUND_RULE_PHRASE && !rule->weak && pattern->length < SHORT_TEXT)
    say (letter->entries, FALSE, &entry, "it stands in %s", letter->file);
}

static void
check_letter (Entries *self, const char *file)
{
  g_autoptr (GBytes) bytes = read_bytes (file);
  g_autoptr (ReboundMessage) message = NULL;
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;
  ReboundLimits limits;
  Letter letter = { self, file };

  rebound_limits_init (&limits);
  message = rebound_message_parse (bytes, self->converters, &rebound_builtin_rules, &limits);
  for (guint i = 0; i < message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (message->parts, i);

      if (part->role != REBOUND_PART_TEXT)
        continue;
      rebound_fold (&folded, part->text, part->length);
      rebound_match (&rebound_builtin_rules, REBOUND_AREA_TEXT, &folded, note_general, &letter);
    }
}

static void
check_letters (Entries *self)
{
  g_autoptr (GPtrArray) files = find_files (self, "corpus/other", ".eml");

  for (guint i = 0; i < files->len; i++)
    check_letter (self, g_ptr_array_index (files, i));
}

int
main (void)
{
  const char *top = g_getenv ("top_srcdir");
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  Entries self = {
    .top = top != NULL ? top : ".",
    .analyzer = analyzer,
    .converters = rebound_converters_new (),
    .entries = g_ptr_array_new_with_free_func (entry_free),
    .decided = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .worded = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };

  read_rules (&self);
  read_replies (&self);
  read_wordings (&self);
  for (guint i = 0; i < self.entries->len; i++)
    check_entry (&self, g_ptr_array_index (self.entries, i));
  check_all_examples (&self);
  check_texts (&self);
  check_letters (&self);
  printf ("1..%u\n", self.n);
  g_ptr_array_unref (self.entries);
  g_hash_table_unref (self.decided);
  g_hash_table_unref (self.worded);
  rebound_converters_free (self.converters);
  return self.n_failed == 0 && self.n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Rebound: the keys of a policy file.
 *
 * Each has a type, which reads, writes and describes a value, and a field that it fills. What has
 * to be told of keys anywhere comes out of these tables.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "translate.h"
#include "verp/verp.h"

struct _ReboundSettingType
{
  gboolean (*set) (const ReboundSetting *key, gpointer field, const char *text);
  char *(*get) (const ReboundSetting *key, gconstpointer field);
  char *(*describe) (const ReboundSetting *key, const char *text);
};

/* ---- Numbers -------------------------------------------------------------------------------- */

/* Digits with a point among them, and what follows: no sign, no exponent, nothing that is no
 * number. */
static gboolean
read_number (const char *text, double *number, const char **end)
{
  gsize length = strspn (text, "0123456789.");
  char *after;

  if (length == 0 || length > 15)
    return FALSE;
  *number = g_ascii_strtod (text, &after);
  *end = text + length;
  return after == *end;
}

static char *
write_number (double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (g_ascii_formatd (text, sizeof text, "%.12g", number));
}

/* A weight that is still open is not written. */
static gboolean
number_set (const ReboundSetting *key, gpointer field, const char *text)
{
  const char *end;
  double number;

  if (!read_number (text, &number, &end) || *end != '\0' || number > key->most)
    return FALSE;
  *(double *) field = number;
  return TRUE;
}

static char *
number_get (G_GNUC_UNUSED const ReboundSetting *key, gconstpointer field)
{
  const double number = *(const double *) field;

  return number < 0 ? NULL : write_number (number);
}

static char *
number_describe (const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  return g_strdup_printf (_ ("a number from 0 to %.0f"), key->most);
}

static gboolean
share_set (G_GNUC_UNUSED const ReboundSetting *key, gpointer field, const char *text)
{
  const char *end;
  double number;

  if (!read_number (text, &number, &end) || strcmp (end, "%") != 0 || number > 100)
    return FALSE;
  *(double *) field = number / 100;
  return TRUE;
}

static char *
share_get (G_GNUC_UNUSED const ReboundSetting *key, gconstpointer field)
{
  g_autofree char *number = write_number (*(const double *) field * 100);

  return g_strconcat (number, "%", NULL);
}

static char *
share_describe (G_GNUC_UNUSED const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  return g_strdup (_ ("a share up to 100%, as in: 30%"));
}

static gboolean
count_set (const ReboundSetting *key, gpointer field, const char *text)
{
  const char *end;
  double number;

  if (!read_number (text, &number, &end) || *end != '\0' || number > key->most
      || strchr (text, '.') != NULL)
    return FALSE;
  *(guint *) field = (guint) number;
  return TRUE;
}

static char *
count_get (G_GNUC_UNUSED const ReboundSetting *key, gconstpointer field)
{
  return g_strdup_printf ("%u", *(const guint *) field);
}

static char *
count_describe (const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  return g_strdup_printf (_ ("a whole number from 0 to %.0f"), key->most);
}

/* ---- Times ---------------------------------------------------------------------------------- */

static const struct
{
  char name;
  gint64 seconds;
} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

static gint64
find_unit (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (*name == units[i].name && name[1] == '\0')
      return units[i].seconds;
  return 0;
}

/* A bare 0 needs no unit. */
static gboolean
time_set (const ReboundSetting *key, gpointer field, const char *text)
{
  const char *end;
  double number;
  gint64 unit;

  if (!read_number (text, &number, &end) || strchr (text, '.') != NULL)
    return FALSE;
  unit = number == 0 && *end == '\0' ? 1 : find_unit (end);
  if (unit == 0 || number * (double) unit > key->most)
    return FALSE;
  *(gint64 *) field = (gint64) number * unit;
  return TRUE;
}

static char *
time_get (G_GNUC_UNUSED const ReboundSetting *key, gconstpointer field)
{
  const gint64 seconds = *(const gint64 *) field;

  for (guint i = 0; i < G_N_ELEMENTS (units) && seconds != 0; i++)
    if (seconds % units[i].seconds == 0)
      return g_strdup_printf ("%" G_GINT64_FORMAT "%c", seconds / units[i].seconds, units[i].name);
  return g_strdup ("0");
}

static char *
time_describe (const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  return g_strdup_printf (_ ("a time up to %dd, as in: 90s, 30m, 12h, 7d"),
                          (int) (key->most / 86400));
}

/* ---- Words ---------------------------------------------------------------------------------- */

static const ReboundSettingWord *
find_word (const ReboundSetting *key, const char *name)
{
  for (const ReboundSettingWord *word = key->words; word->name != NULL; word++)
    if (strcmp (word->name, name) == 0)
      return word;
  return NULL;
}

static gboolean
word_set (const ReboundSetting *key, gpointer field, const char *text)
{
  const ReboundSettingWord *word = find_word (key, text);

  if (word != NULL)
    *(guint *) field = word->value;
  return word != NULL;
}

static char *
word_get (const ReboundSetting *key, gconstpointer field)
{
  const ReboundSettingWord *word = key->words;

  while (word->name != NULL && word->value != *(const guint *) field)
    word++;
  return g_strdup (word->name);
}

static char *
join_words (const ReboundSetting *key)
{
  GString *text = g_string_new (NULL);

  for (const ReboundSettingWord *word = key->words; word->name != NULL; word++)
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", word->name);
  return g_string_free (text, FALSE);
}

static char *
word_describe (const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  g_autofree char *words = join_words (key);

  return g_strdup_printf (_ ("one of: %s"), words);
}

/* ---- Lists ---------------------------------------------------------------------------------- */

/* The pieces between semicolons and commas, without blanks around them and without empty ones. */
static char **
split (const char *text)
{
  g_auto (GStrv) pieces = g_strsplit_set (text, ";,", -1);
  guint n = 0;

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      char *piece = g_strstrip (pieces[i]);

      if (*piece != '\0')
        pieces[n++] = piece;
      else
        g_free (piece);
    }
  pieces[n] = NULL;
  return g_steal_pointer (&pieces);
}

static gboolean
words_set (const ReboundSetting *key, gpointer field, const char *text)
{
  g_auto (GStrv) pieces = split (text);
  guint bits = 0;

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      const ReboundSettingWord *word = find_word (key, pieces[i]);

      if (word == NULL)
        return FALSE;
      bits |= word->value;
    }
  *(guint *) field = bits;
  return TRUE;
}

static char *
words_get (const ReboundSetting *key, gconstpointer field)
{
  GString *text = g_string_new (NULL);

  for (const ReboundSettingWord *word = key->words; word->name != NULL; word++)
    if ((*(const guint *) field & word->value) != 0)
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", word->name);
  return g_string_free (text, FALSE);
}

static char *
words_describe (const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  g_autofree char *words = join_words (key);

  return g_strdup_printf (_ ("nothing, or some of these with “;” between: %s"), words);
}

/* ---- What a site calls itself ---------------------------------------------------------------- */

/* A name of hosts: letters, digits, hyphens, dots; other alphabets too. */
static gboolean
is_host (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if ((guchar) *p < 0x80 && !g_ascii_isalnum (*p) && strchr ("-._", *p) == NULL)
      return FALSE;
  return *text != '\0' && *text != '.' && text[strlen (text) - 1] != '.'
         && strstr (text, "..") == NULL;
}

static char **
get_texts (gconstpointer field)
{
  return *(char **const *) field;
}

static void
replace_texts (gpointer field, char **texts)
{
  g_strfreev (get_texts (field));
  *(char ***) field = texts;
}

static gboolean
hosts_set (G_GNUC_UNUSED const ReboundSetting *key, gpointer field, const char *text)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);
  g_auto (GStrv) hosts = split (lower);

  for (guint i = 0; hosts[i] != NULL; i++)
    if (!is_host (hosts[i]))
      return FALSE;
  replace_texts (field, g_steal_pointer (&hosts));
  return TRUE;
}

static char *
texts_get (G_GNUC_UNUSED const ReboundSetting *key, gconstpointer field)
{
  char **texts = get_texts (field);

  return texts != NULL ? g_strjoinv ("; ", texts) : NULL;
}

static char *
hosts_describe (G_GNUC_UNUSED const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  return g_strdup (_ ("names of hosts or domains with “;” between, as in: lists.example.org"));
}

/* What is wrong with the first of @texts that is no pattern of return paths; %NULL where all are.
 */
static const char *
check_patterns (char **texts)
{
  const char *problem = NULL;

  for (; *texts != NULL && problem == NULL; texts++)
    problem = rebound_pattern_check (*texts, FALSE);
  return problem;
}

static gboolean
patterns_set (G_GNUC_UNUSED const ReboundSetting *key, gpointer field, const char *text)
{
  g_auto (GStrv) patterns = split (text);

  if (check_patterns (patterns) != NULL)
    return FALSE;
  replace_texts (field, g_steal_pointer (&patterns));
  return TRUE;
}

static char *
patterns_describe (G_GNUC_UNUSED const ReboundSetting *key, const char *text)
{
  g_auto (GStrv) patterns = split (text);

  return g_strdup_printf (_ ("addresses with “;” between, as in: %s (%s)"),
                          "{list}-bounces+{user}={domain}@{host}", check_patterns (patterns));
}

static gboolean
text_set (G_GNUC_UNUSED const ReboundSetting *key, gpointer field, const char *text)
{
  char **value = field;

  g_free (*value);
  *value = *text != '\0' ? g_strdup (text) : NULL;
  return TRUE;
}

static gboolean
pattern_set (const ReboundSetting *key, gpointer field, const char *text)
{
  return (*text == '\0' || rebound_pattern_check (text, TRUE) == NULL)
         && text_set (key, field, text);
}

static char *
text_get (G_GNUC_UNUSED const ReboundSetting *key, gconstpointer field)
{
  return g_strdup (*(char *const *) field);
}

static char *
pattern_describe (G_GNUC_UNUSED const ReboundSetting *key, const char *text)
{
  return g_strdup_printf (_ ("an address, as in: %s (%s)"), REBOUND_SIGNED_PATTERN,
                          rebound_pattern_check (text, TRUE));
}

static char *
file_describe (G_GNUC_UNUSED const ReboundSetting *key, G_GNUC_UNUSED const char *text)
{
  return g_strdup (_ ("the name of a file"));
}

/* ---- The tables ------------------------------------------------------------------------------ */

static const ReboundSettingType number = { number_set, number_get, number_describe };
static const ReboundSettingType share = { share_set, share_get, share_describe };
static const ReboundSettingType count = { count_set, count_get, count_describe };
static const ReboundSettingType time_ = { time_set, time_get, time_describe };
static const ReboundSettingType word = { word_set, word_get, word_describe };
static const ReboundSettingType words = { words_set, words_get, words_describe };
static const ReboundSettingType hosts = { hosts_set, texts_get, hosts_describe };
static const ReboundSettingType patterns = { patterns_set, texts_get, patterns_describe };
static const ReboundSettingType pattern = { pattern_set, text_get, pattern_describe };
static const ReboundSettingType file = { text_set, text_get, file_describe };

static const ReboundSettingWord counts[] = { { "day", FALSE }, { "message", TRUE }, { 0 } };
static const ReboundSettingWord resets[] = { { "delivery", REBOUND_RESET_DELIVERY },
                                             { "auto-reply", REBOUND_RESET_AUTO_REPLY },
                                             { "confirmation", REBOUND_RESET_CONFIRMATION },
                                             { 0 } };
static const ReboundSettingWord after_warning[] = { { "ignore", REBOUND_STEP_NONE },
                                                    { "probe", REBOUND_STEP_PROBE },
                                                    { "suspend", REBOUND_STEP_SUSPEND },
                                                    { "unsubscribe", REBOUND_STEP_UNSUBSCRIBE },
                                                    { 0 } };
static const ReboundSettingWord after_probe[] = { { "ignore", REBOUND_STEP_NONE },
                                                  { "suspend", REBOUND_STEP_SUSPEND },
                                                  { "unsubscribe", REBOUND_STEP_UNSUBSCRIBE },
                                                  { 0 } };
static const ReboundSettingWord after_complaint[] = { { "ignore", REBOUND_STEP_NONE },
                                                      { "owner", REBOUND_STEP_OWNER },
                                                      { "unsubscribe", REBOUND_STEP_UNSUBSCRIBE },
                                                      { 0 } };
static const ReboundSettingWord reaches[] = { { "nothing", REBOUND_REACH_NOTHING },
                                              { "probe", REBOUND_REACH_PROBE },
                                              { "suspend", REBOUND_REACH_SUSPEND },
                                              { "unsubscribe", REBOUND_REACH_UNSUBSCRIBE },
                                              { "unsubscribe-without-keys", REBOUND_REACH_BY_KEYS },
                                              { 0 } };

#define TERM(field) G_STRUCT_OFFSET (ReboundSection, written.field)
#define GRADE(grade) (TERM (grades) + (grade) * sizeof (ReboundReach))
#define WEIGHT(bounce) (G_STRUCT_OFFSET (ReboundSection, weights) + (bounce) * sizeof (double))
#define MOST_SCORE 1e6
#define MOST_TIME (3650 * 86400.0)

const ReboundSetting rebound_policy_settings[] = {
  { "count", &word, TERM (count_messages), 0, counts },
  { "hard-weight", &number, WEIGHT (REBOUND_BOUNCE_HARD), 1000, NULL },
  { "soft-weight", &number, WEIGHT (REBOUND_BOUNCE_SOFT), 1000, NULL },
  { "decay", &number, TERM (decay), 1000, NULL },
  { "stale-after", &time_, TERM (stale_after), MOST_TIME, NULL },
  { "resets", &words, TERM (resets), 0, resets },
  { "warn-at", &number, TERM (warn_at), MOST_SCORE, NULL },
  { "probe-at", &number, TERM (probe_at), MOST_SCORE, NULL },
  { "suspend-at", &number, TERM (suspend_at), MOST_SCORE, NULL },
  { "unsubscribe-at", &number, TERM (unsubscribe_at), MOST_SCORE, NULL },
  { "min-bounces", &count, TERM (min_bounces), 10000, NULL },
  { "min-period", &time_, TERM (min_period), MOST_TIME, NULL },
  { "grace", &time_, TERM (grace), MOST_TIME, NULL },
  { "warnings", &count, TERM (warnings), 100, NULL },
  { "warning-interval", &time_, TERM (warning_interval), MOST_TIME, NULL },
  { "warning-bounced", &word, TERM (warning_bounced), 0, after_warning },
  { "probes", &count, TERM (probes), 100, NULL },
  { "probe-interval", &time_, TERM (probe_interval), MOST_TIME, NULL },
  { "probe-bounced", &word, TERM (probe_bounced), 0, after_probe },
  { "complaints", &word, TERM (complaint), 0, after_complaint },
  { "grade-a", &word, GRADE (REBOUND_GRADE_A), 0, reaches },
  { "grade-b", &word, GRADE (REBOUND_GRADE_B), 0, reaches },
  { "grade-c", &word, GRADE (REBOUND_GRADE_C), 0, reaches },
  { "grade-d", &word, GRADE (REBOUND_GRADE_D), 0, reaches },
  { "ungraded", &word, GRADE (REBOUND_GRADE_NONE), 0, reaches },
  { "token-age", &time_, TERM (token_age), MOST_TIME, NULL },
  { "storm-window", &time_, TERM (storm_window), 7 * 86400.0, NULL },
  { "storm-message", &count, TERM (storm_message), 1e9, NULL },
  { "storm-reason", &count, TERM (storm_reason), 1e9, NULL },
  { "storm-provider", &count, TERM (storm_provider), 1e9, NULL },
  { "storm-jump", &number, TERM (storm_jump), 1e6, NULL },
  { "storm-share", &share, TERM (storm_share), 1, NULL },
  { 0 },
};

static const ReboundSettingWord bounces[] = { { "none", REBOUND_BOUNCE_NONE },
                                              { "soft", REBOUND_BOUNCE_SOFT },
                                              { "hard", REBOUND_BOUNCE_HARD },
                                              { 0 } };
static const ReboundSettingWord faults[] = {
  { "recipient", REBOUND_FAULT_RECIPIENT },
  { "domain", REBOUND_FAULT_DOMAIN },
  { "message", REBOUND_FAULT_MESSAGE },
  { "sender", REBOUND_FAULT_SENDER },
  { "receiver", REBOUND_FAULT_RECEIVER },
  { "network", REBOUND_FAULT_NETWORK },
  { "unknown", REBOUND_FAULT_UNKNOWN },
  { "none", REBOUND_FAULT_NONE },
  { 0 },
};
static const ReboundSettingWord unsubscribes[] = { { "never", REBOUND_UNSUBSCRIBE_NEVER },
                                                   { "count", REBOUND_UNSUBSCRIBE_COUNT },
                                                   { "now", REBOUND_UNSUBSCRIBE_NOW },
                                                   { 0 } };

#define CELL(field) G_STRUCT_OFFSET (ReboundCell, field)

const ReboundSetting rebound_reason_settings[] = {
  { "bounce", &word, CELL (bounce), 0, bounces },
  { "fault", &word, CELL (fault), 0, faults },
  { "unsubscribe", &word, CELL (unsubscribe), 0, unsubscribes },
  { "weight", &number, CELL (weight), 1000, NULL },
  { 0 },
};

#define SITE(field) G_STRUCT_OFFSET (ReboundSite, field)

const ReboundSetting rebound_site_settings[] = {
  { "domains", &hosts, SITE (domains), 0, NULL },
  { "hosts", &hosts, SITE (hosts), 0, NULL },
  { "return-paths", &patterns, SITE (return_paths), 0, NULL },
  { "signed-path", &pattern, SITE (signed_path), 0, NULL },
  { "keys", &file, SITE (keys), 0, NULL },
  { 0 },
};

/* ---- What is done with them ------------------------------------------------------------------ */

const ReboundSetting *
rebound_setting_find (const ReboundSetting *keys, const char *name)
{
  for (; keys->name != NULL; keys++)
    if (strcmp (keys->name, name) == 0)
      return keys;
  return NULL;
}

gboolean
rebound_setting_set (const ReboundSetting *self, gpointer record, const char *text)
{
  return self->type->set (self, (char *) record + self->offset, text);
}

char *
rebound_setting_get (const ReboundSetting *self, gconstpointer record)
{
  return self->type->get (self, (const char *) record + self->offset);
}

char *
rebound_setting_describe (const ReboundSetting *self, const char *text)
{
  return self->type->describe (self, text);
}

char *
rebound_setting_list (const ReboundSetting *keys)
{
  GString *names = g_string_new (NULL);

  for (; keys->name != NULL; keys++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", keys->name);
  return g_string_free (names, FALSE);
}

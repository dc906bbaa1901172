/* Rebound: a policy file.
 *
 * GKeyFile reads the values. It knows nothing of lines, so a small scan before it notes on which
 * line each key stands, and finds what is no line of such a file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-private.h"

#include <string.h>

#include "translate.h"

/* clang-format off */
G_DEFINE_QUARK (rebound-policy-error-quark, rebound_policy_error)
/* clang-format on */

typedef enum
{
  GROUP_POLICY,
  GROUP_SITE,
  GROUP_REASON,
  GROUP_LIST,
} GroupType;

typedef struct
{
  char *title; /* as it stands between the brackets */
  char *name;  /* of a list, in lower case */
  GroupType type;
  ReboundReason reason;
} Group;

typedef struct
{
  const Group *group;
  char *key;
  guint number;
} Line;

typedef struct
{
  const char *path; /* %NULL for a preset */
  guint number;     /* of the line that is read */
  GPtrArray *groups;
  GArray *lines;
  GKeyFile *values;
  ReboundPolicy *policy;
} Reading;

static void
group_free (gpointer data)
{
  Group *self = data;

  g_free (self->title);
  g_free (self->name);
  g_free (self);
}

static void
line_clear (gpointer data)
{
  g_free (((Line *) data)->key);
}

static void
reading_clear (Reading *self)
{
  g_ptr_array_unref (self->groups);
  g_array_unref (self->lines);
  g_key_file_unref (self->values);
  g_clear_pointer (&self->policy, rebound_policy_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static gboolean G_GNUC_PRINTF (3, 4)
    fail (const Reading *self, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, REBOUND_POLICY_ERROR, REBOUND_POLICY_ERROR_SYNTAX, "%s:%u: %s",
               self->path != NULL ? self->path : "", self->number, message);
  return FALSE;
}

/* ---- The lines ------------------------------------------------------------------------------ */

static char *
reason_names (void)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", rebound_reason_to_string (i));
  return g_string_free (names, FALSE);
}

static gboolean
find_reason (const Reading *self, const char *name, ReboundReason *reason, GError **error)
{
  g_autofree char *names = NULL;

  if (rebound_reason_from_string (name, reason))
    return TRUE;
  names = reason_names ();
  return fail (self, error, _ ("“%s” is no reason; one of: %s"), name, names);
}

/* An address, or what stands before its @. */
static gboolean
is_list (const char *name)
{
  const char *at = strchr (name, '@');

  return *name != '\0' && strpbrk (name, " \t<>,;") == NULL && at != name
         && (at == NULL || (at[1] != '\0' && strchr (at + 1, '@') == NULL));
}

/* What stands behind the word of [reason NAME], [list ADDRESS]. */
static const char *
name_behind (const char *title, const char *word)
{
  const gsize length = strlen (word);

  if (strncmp (title, word, length) != 0 || !g_ascii_isspace (title[length]))
    return NULL;
  for (title += length; g_ascii_isspace (*title);)
    title++;
  return title;
}

static gboolean
read_title (const Reading *self, Group *group, GError **error)
{
  const char *reason = name_behind (group->title, "reason");
  const char *list = name_behind (group->title, "list");

  group->type = reason != NULL ? GROUP_REASON : list != NULL ? GROUP_LIST : GROUP_POLICY;
  if (reason != NULL)
    return find_reason (self, reason, &group->reason, error);
  if (list != NULL && !is_list (list))
    return fail (self, error, _ ("“%s” is no list; write its address, or what stands before its @"),
                 list);
  if (list != NULL)
    group->name = g_ascii_strdown (list, -1);
  else if (strcmp (group->title, "site") == 0)
    group->type = GROUP_SITE;
  else if (strcmp (group->title, "policy") != 0)
    return fail (self, error,
                 _ ("there is no section [%s]; one of: [policy], [reason NAME], "
                    "[list ADDRESS], [site]"),
                 group->title);
  return TRUE;
}

static gboolean
add_group (Reading *self, char *line, GError **error)
{
  const gsize length = strlen (line);
  Group *group;

  if (length < 2 || line[length - 1] != ']' || strcspn (line + 1, "[]") != length - 2)
    return fail (self, error, _ ("“%s” is no section, as in: [policy]"), line);
  group = g_new0 (Group, 1);
  group->title = g_strndup (line + 1, length - 2);
  g_ptr_array_add (self->groups, group);
  return read_title (self, group, error);
}

static gboolean
same_section (const Group *a, const Group *b)
{
  return a->type == b->type && a->reason == b->reason && g_strcmp0 (a->name, b->name) == 0;
}

static const Line *
find_line (const Reading *self, const Group *group, const char *key)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      const Line *line = &g_array_index (self->lines, Line, i);

      if (same_section (line->group, group) && strcmp (line->key, key) == 0)
        return line;
    }
  return NULL;
}

static gboolean
add_key (Reading *self, char *line, GError **error)
{
  char *equals = strchr (line, '=');
  const Group *group;
  const Line *twin;
  Line added = { 0 };

  if (equals == NULL || equals == line)
    return fail (self, error, _ ("“%s” is no line of a policy, as in: grace = 1d"), line);
  *equals = '\0';
  g_strchomp (line);
  if (self->groups->len == 0)
    return fail (self, error, _ ("%s stands in no section; put [policy] above it"), line);
  group = g_ptr_array_index (self->groups, self->groups->len - 1);
  twin = find_line (self, group, line);
  if (twin != NULL)
    return fail (self, error, _ ("[%s] %s stands on line %u already"), group->title, line,
                 twin->number);
  added = (Line){ group, g_strdup (line), self->number };
  g_array_append_val (self->lines, added);
  return TRUE;
}

static gboolean
scan (Reading *self, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);

      self->number = i + 1;
      if (*line == '\0' || *line == '#')
        continue;
      if (!g_utf8_validate (line, -1, NULL))
        return fail (self, error, _ ("the line is no UTF-8"));
      if (!(*line == '[' ? add_group (self, line, error) : add_key (self, line, error)))
        return FALSE;
    }
  return TRUE;
}

/* ---- What they say -------------------------------------------------------------------------- */

static gboolean
fail_key (const Reading *self, const Line *line, const ReboundSetting *keys, GError **error)
{
  g_autofree char *names = rebound_setting_list (keys);

  return fail (self, error, _ ("[%s] has no key “%s”; one of: %s"), line->group->title, line->key,
               names);
}

static gboolean
set_key (const Reading *self, const Line *line, const ReboundSetting *key, gpointer record,
         GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *allowed = NULL;
  g_autoptr (GError) problem = NULL;

  text = g_key_file_get_string (self->values, line->group->title, line->key, &problem);
  if (problem != NULL)
    return fail (self, error, "[%s] %s: %s", line->group->title, line->key, problem->message);
  if (rebound_setting_set (key, record, g_strchomp (text)))
    return TRUE;
  allowed = rebound_setting_describe (key, text);
  return fail (self, error, _ ("[%s] %s: “%s” is not allowed; allowed: %s"), line->group->title,
               line->key, text, allowed);
}

static gboolean
set_cell (const Reading *self, const Line *line, const char *name, ReboundCell *cell,
          GError **error)
{
  const ReboundSetting *key = rebound_setting_find (rebound_reason_settings, name);

  if (key == NULL)
    return fail_key (self, line, rebound_reason_settings, error);
  return set_key (self, line, key, cell, error);
}

/* reason.NAME.KEY of a list */
static gboolean
set_reason (const Reading *self, const Line *line, ReboundSection *section, GError **error)
{
  const char *name = line->key + strlen ("reason.");
  const char *dot = strrchr (name, '.');
  g_autofree char *reason = g_strndup (name, dot != NULL ? (gsize) (dot - name) : strlen (name));
  ReboundReason found;

  if (!find_reason (self, reason, &found, error))
    return FALSE;
  return set_cell (self, line, dot != NULL ? dot + 1 : "", &section->written.reasons[found], error);
}

static gboolean
set_term (const Reading *self, const Line *line, ReboundSection *section, GError **error)
{
  const ReboundSetting *key = rebound_setting_find (rebound_policy_settings, line->key);

  if (strcmp (line->key, "preset") == 0)
    return TRUE; /* was read before */
  if (key != NULL)
    return set_key (self, line, key, section, error);
  if (line->group->type == GROUP_LIST && g_str_has_prefix (line->key, "reason."))
    return set_reason (self, line, section, error);
  return fail_key (self, line, rebound_policy_settings, error);
}

/* A file is looked for beside the policy that names it. */
static void
complete_path (const Reading *self)
{
  ReboundSite *site = &self->policy->site;
  g_autofree char *folder = NULL;
  g_autofree char *here = NULL;
  char *path;

  if (site->keys == NULL || g_path_is_absolute (site->keys) || self->path == NULL)
    return;
  folder = g_path_get_dirname (self->path);
  here = g_canonicalize_filename (folder, NULL);
  path = g_canonicalize_filename (site->keys, here);
  g_free (site->keys);
  site->keys = path;
}

static gboolean
set_site (const Reading *self, const Line *line, GError **error)
{
  const ReboundSetting *key = rebound_setting_find (rebound_site_settings, line->key);

  if (key == NULL)
    return fail_key (self, line, rebound_site_settings, error);
  if (!set_key (self, line, key, &self->policy->site, error))
    return FALSE;
  complete_path (self);
  return TRUE;
}

/* ---- Presets -------------------------------------------------------------------------------- */

/* The policy that the section of @group names; @otherwise where it names none. */
static ReboundPolicy *
read_preset (Reading *self, const Group *group, const char *otherwise, GError **error)
{
  const Line *line = find_line (self, group, "preset");
  g_autofree char *name = NULL;
  g_autofree char *names = NULL;

  if (line == NULL)
    return rebound_policy_new (otherwise, error);
  self->number = line->number;
  name = g_key_file_get_value (self->values, line->group->title, "preset", NULL);
  if (rebound_preset_find (g_strchomp (name)) != NULL)
    return rebound_policy_new (name, error);
  names = g_strjoinv (", ", (char **) rebound_policy_presets ());
  fail (self, error, _ ("[%s] preset: “%s” is not allowed; allowed: one of: %s"), group->title,
        name, names);
  return NULL;
}

static gboolean
begin_policy (Reading *self, GError **error)
{
  static const Group all = { .title = (char *) "policy", .type = GROUP_POLICY };

  self->policy =
      self->path != NULL ? read_preset (self, &all, "default", error) : rebound_policy_new_empty ();
  return self->policy != NULL;
}

/* The section of a list begins as that of all, or as a preset. */
static gboolean
begin_list (Reading *self, const Group *group, GError **error)
{
  g_autoptr (ReboundPolicy) preset = NULL;
  const ReboundSection *base = &self->policy->all;
  ReboundSection *section;

  if (find_line (self, group, "preset") != NULL)
    {
      preset = read_preset (self, group, NULL, error);
      if (preset == NULL)
        return FALSE;
      base = &preset->all;
    }
  section = g_new (ReboundSection, 1);
  *section = *base;
  g_tree_insert (self->policy->lists, g_strdup (group->name), section);
  return TRUE;
}

static gboolean
begin_lists (Reading *self, GError **error)
{
  for (guint i = 0; i < self->groups->len; i++)
    {
      const Group *group = g_ptr_array_index (self->groups, i);

      if (group->type == GROUP_LIST && g_tree_lookup (self->policy->lists, group->name) == NULL
          && !begin_list (self, group, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- All of it ------------------------------------------------------------------------------ */

static gboolean
apply_line (Reading *self, const Line *line, GError **error)
{
  ReboundSection *section = &self->policy->all;

  self->number = line->number;
  if (line->group->type == GROUP_LIST)
    section = g_tree_lookup (self->policy->lists, line->group->name);
  switch (line->group->type)
    {
    case GROUP_SITE:
      return set_site (self, line, error);
    case GROUP_REASON:
      return set_cell (self, line, line->key, &section->written.reasons[line->group->reason],
                       error);
    default:
      return set_term (self, line, section, error);
    }
}

/* Those of lists come last: what is said for all holds for them too, wherever it stands. */
static gboolean
apply_lines (Reading *self, gboolean of_lists, GError **error)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      const Line *line = &g_array_index (self->lines, Line, i);

      if ((line->group->type == GROUP_LIST) == of_lists && !apply_line (self, line, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_values (Reading *self, const char *text, gsize length, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (strlen (text) != length)
    {
      self->number = 1;
      for (const char *p = text; (p = strchr (p, '\n')) != NULL; p++)
        self->number++;
      return fail (self, error, _ ("the file has a null byte"));
    }
  if (!scan (self, text, error))
    return FALSE;
  if (g_key_file_load_from_data (self->values, text, length, G_KEY_FILE_NONE, &problem)
      || g_error_matches (problem, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND))
    return TRUE;
  return fail (self, error, "%s", problem->message);
}

ReboundPolicy *
rebound_policy_parse (const char *path, const char *text, gsize length, GError **error)
{
  static const char mark[] = "\xef\xbb\xbf";
  g_auto (Reading) self = { .path = path };

  self.groups = g_ptr_array_new_with_free_func (group_free);
  self.lines = g_array_new (FALSE, FALSE, sizeof (Line));
  g_array_set_clear_func (self.lines, line_clear);
  self.values = g_key_file_new ();
  if (g_str_has_prefix (text, mark))
    {
      text += strlen (mark);
      length -= strlen (mark);
    }
  if (!read_values (&self, text, length, error) || !begin_policy (&self, error)
      || !apply_lines (&self, FALSE, error) || !begin_lists (&self, error)
      || !apply_lines (&self, TRUE, error))
    return NULL;
  rebound_policy_finish (self.policy);
  return g_steal_pointer (&self.policy);
}

ReboundPolicy *
rebound_policy_new_from_file (const char *file, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  g_return_val_if_fail (file != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_file_get_contents (file, &text, &length, error))
    return NULL;
  return rebound_policy_parse (file, text, length, error);
}

/* rebound: the language of what a person reads: --lang, else the locale.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <string.h>

#include "cli.h"

/* Whether @language without country and charset is one of @names, in any case. */
static gboolean
is_one_of (const char *language, const char *const *names)
{
  g_autofree char *name = g_strndup (language, strcspn (language, "_-.@"));

  for (guint i = 0; names[i] != NULL; i++)
    if (g_ascii_strcasecmp (names[i], name) == 0)
      return TRUE;
  return FALSE;
}

/* The language of the source. */
static gboolean
is_english (const char *language)
{
  static const char *const names[] = { "C", "POSIX", "en", NULL };

  return is_one_of (language, names);
}

#ifdef ENABLE_NLS

#define DOMAIN "rebound"

static gboolean
has_catalogue (const char *name)
{
  g_autofree char *path =
      g_build_filename (rebound_locale_folder (), name, "LC_MESSAGES", DOMAIN ".mo", NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* The case of a catalogue's name: de, de_AT. */
static void
set_case (char *name)
{
  const gsize language = strcspn (name, "_");

  for (gsize i = 0; name[i] != '\0'; i++)
    name[i] = i < language ? g_ascii_tolower (name[i]) : g_ascii_toupper (name[i]);
}

/* For de_AT.UTF-8 or de-at: de_AT, else de. */
static char *
find_catalogue (const char *language)
{
  g_autofree char *name = g_strndup (language, strcspn (language, ".@"));
  char *country;

  g_strdelimit (name, "-", '_');
  set_case (name);
  if (*name == '\0' || name[strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_")] != '\0')
    return NULL;
  country = strchr (name, '_');
  if (country != NULL && !has_catalogue (name))
    *country = '\0';
  return has_catalogue (name) ? g_steal_pointer (&name) : NULL;
}

/* gettext looks nothing up in the locale C, and since glibc 2.39 heeds no LANGUAGE in C.UTF-8; and
 * no other locale may be installed. So each catalogue stands a second time in a folder of its own
 * language, as that of the locale C: in C.UTF-8 it is found there. */
static gboolean
use_catalogue (const char *name)
{
  static const char *const c[] = { "C", "POSIX", NULL };
  g_autofree char *folder = g_strdup (rebound_locale_folder ());

  if (!is_one_of (setlocale (LC_MESSAGES, NULL), c))
    g_setenv ("LANGUAGE", name, TRUE);
  else
    {
      if (strcmp (setlocale (LC_CTYPE, NULL), "C") == 0)
        setlocale (LC_CTYPE, "C.UTF-8");
      if (setlocale (LC_MESSAGES, "C.UTF-8") == NULL)
        return FALSE;
      g_unsetenv ("LANGUAGE");
      g_free (folder);
      folder = g_build_filename (rebound_locale_folder (), name, NULL);
    }
  bindtextdomain (DOMAIN, folder);
  textdomain (DOMAIN);
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The languages there are, by name. */
static char *
list_languages (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (rebound_locale_folder (), 0, NULL);
  const char *name;

  g_ptr_array_add (names, g_strdup ("en"));
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (has_catalogue (name))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

static gboolean
set_language (const char *language, GError **error)
{
  g_autofree char *name = find_catalogue (language);
  g_autofree char *list = name == NULL ? list_languages () : NULL;

  if (name == NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _ ("there is no language “%s”; one of: %s"), language, list);
  else if (!use_catalogue (name))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _ ("the language “%s” needs the locale C.UTF-8, which is not installed"), name);
  return *error == NULL;
}

/* What the environment asks for, as gettext has it; also where that locale is not installed. */
static const char *
wanted_languages (void)
{
  static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
  const char *locale = NULL, *list;

  for (guint i = 0; i < G_N_ELEMENTS (variables) && (locale == NULL || *locale == '\0'); i++)
    locale = g_getenv (variables[i]);
  if (locale == NULL || *locale == '\0' || strcmp (locale, "C") == 0
      || strcmp (locale, "POSIX") == 0)
    return "C";
  list = g_getenv ("LANGUAGE");
  return list != NULL && *list != '\0' ? list : locale;
}

/* The first language that there is. */
static gboolean
use_wanted (void)
{
  g_auto (GStrv) languages = g_strsplit (wanted_languages (), ":", -1);

  for (guint i = 0; languages[i] != NULL && !is_english (languages[i]); i++)
    {
      g_autofree char *name = find_catalogue (languages[i]);

      if (name != NULL)
        return use_catalogue (name);
    }
  return FALSE;
}

#else

static gboolean
set_language (const char *language, GError **error)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "there is no language “%s” but en: rebound was built without translations", language);
  return FALSE;
}

static gboolean
use_wanted (void)
{
  return FALSE;
}

#endif

/* In English gettext has nothing to look for. */
void
cli_init_language (void)
{
  setlocale (LC_ALL, "");
  if (!use_wanted ())
    setlocale (LC_MESSAGES, "C");
}

gboolean
cli_set_language (G_GNUC_UNUSED const char *option, const char *language,
                  G_GNUC_UNUSED gpointer data, GError **error)
{
  if (!is_english (language))
    return set_language (language, error);
  setlocale (LC_MESSAGES, "C");
  return TRUE;
}

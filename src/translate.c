/* Rebound: what a person reads, in his language.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "translate.h"

#include <string.h>

#include "rebound.h"

#ifdef ENABLE_NLS
#include <libintl.h>
#include <locale.h>
#endif

#define DOMAIN "rebound"

/* A module has a copy of this, and no folder: the library that opens it has bound the domain, and
 * the program perhaps to another folder since. */
#if defined ENABLE_NLS && defined REBOUND_LOCALE_DIR

/* The catalogues of a build that is not installed, as seen from its programs. */
static char *
folder_of_build (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : NULL;
  g_autofree char *catalogues =
      folder != NULL ? g_build_filename (folder, "..", "po", "locale", NULL) : NULL;

  if (catalogues == NULL || !g_file_test (catalogues, G_FILE_TEST_IS_DIR))
    return NULL;
  return g_steal_pointer (&catalogues);
}

/* The only place that binds the domain. The name is kept as long as the program runs. */
static gpointer
bind_domain (G_GNUC_UNUSED gpointer data)
{
  char *of_build = folder_of_build ();
  char *folder = of_build != NULL ? of_build : (char *) REBOUND_LOCALE_DIR;

  bind_textdomain_codeset (DOMAIN, "UTF-8");
  bindtextdomain (DOMAIN, folder);
  return folder;
}

const char *
rebound_locale_folder (void)
{
  static GOnce bound = G_ONCE_INIT;

  return g_once (&bound, bind_domain, NULL);
}

#else

const char *
rebound_locale_folder (void)
{
  return NULL;
}

#endif

#ifdef ENABLE_NLS

/* Then nothing is looked up, and no file is opened. */
static gboolean
is_untranslated (void)
{
  return uselocale ((locale_t) 0) == LC_GLOBAL_LOCALE
         && strcmp (setlocale (LC_MESSAGES, NULL), "C") == 0;
}

const char *
rebound_translate (const char *text)
{
  if (is_untranslated () || *text == '\0')
    return text;
  rebound_locale_folder ();
  return dgettext (DOMAIN, text);
}

/* gettext has the context before the text, with a control character between them. */
const char *
rebound_translate_in (const char *context, const char *text)
{
  g_autofree char *key = NULL;
  const char *found;

  if (is_untranslated ())
    return text;
  rebound_locale_folder ();
  key = g_strconcat (context, "\004", text, NULL);
  found = dgettext (DOMAIN, key);
  return found != key ? found : text;
}

const char *
rebound_translate_n (const char *one, const char *many, gulong n)
{
  if (is_untranslated ())
    return n == 1 ? one : many;
  rebound_locale_folder ();
  return dngettext (DOMAIN, one, many, n);
}

#else

const char *
rebound_translate (const char *text)
{
  return text;
}

const char *
rebound_translate_in (G_GNUC_UNUSED const char *context, const char *text)
{
  return text;
}

const char *
rebound_translate_n (const char *one, const char *many, gulong n)
{
  return n == 1 ? one : many;
}

#endif

/* Rebound: the keys that return paths are signed with.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translate.h"

#define LARGEST_FILE (64 * 1024)
#define SHORTEST_SECRET 16
#define LEAST_CHARACTERS 8 /* different ones in a secret */

struct _ReboundKeys
{
  gatomicrefcount references;
  GArray *keys; /* of ReboundSigner; the first signs */
};

G_DEFINE_BOXED_TYPE (ReboundKeys, rebound_keys, rebound_keys_ref, rebound_keys_unref)
/* clang-format off */
G_DEFINE_QUARK (rebound-verp-error-quark, rebound_verp_error)
/* clang-format on */

static void
wipe (char *secret)
{
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

static void
key_clear (gpointer data)
{
  wipe (((ReboundSigner *) data)->secret);
}

ReboundKeys *
rebound_keys_ref (ReboundKeys *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
rebound_keys_unref (ReboundKeys *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_array_unref (self->keys);
  g_free (self);
}

const ReboundSigner *
rebound_keys_signer (const ReboundKeys *self)
{
  return &g_array_index (self->keys, ReboundSigner, 0);
}

const ReboundSigner *
rebound_keys_find (const ReboundKeys *self, char id)
{
  for (guint i = 0; i < self->keys->len; i++)
    if (g_array_index (self->keys, ReboundSigner, i).id == id)
      return &g_array_index (self->keys, ReboundSigner, i);
  return NULL;
}

static gboolean
is_varied (const char *secret)
{
  gboolean seen[256] = { FALSE };
  guint n = 0;

  for (const guint8 *p = (const guint8 *) secret; *p != '\0'; p++)
    {
      n += !seen[*p];
      seen[*p] = TRUE;
    }
  return n >= LEAST_CHARACTERS;
}

/* What is wrong with a line that is neither empty nor a comment; %NULL where nothing is. */
static const char *
check_line (const ReboundKeys *self, char **words)
{
  const char *secret = words[1];

  if (secret == NULL || words[2] != NULL)
    return _ ("a line is an ID and a secret: “a 9rT0…”; rebound verp key makes one");
  if (!g_ascii_isalnum (*words[0]) || words[0][1] != '\0')
    return _ ("the ID of a key is one letter or digit");
  if (rebound_keys_find (self, g_ascii_tolower (*words[0])) != NULL)
    return _ ("there is a key of this ID already; case makes no difference");
  if (strlen (secret) < SHORTEST_SECRET || !is_varied (secret))
    return _ ("the secret is too weak: at least 16 bytes, 8 of them different; rebound verp key "
              "makes one");
  return NULL;
}

static gboolean
add_line (ReboundKeys *self, char *line, const char *name, guint number, GError **error)
{
  const char *separators = " \t\r";
  char *words[4] = { NULL };
  const char *problem;
  ReboundSigner key;
  char *rest = line;
  guint n = 0;

  for (char *word = strtok_r (line, separators, &rest); word != NULL && n < 3;
       word = strtok_r (NULL, separators, &rest))
    words[n++] = word;
  if (n == 0 || *words[0] == '#')
    return TRUE;
  problem = check_line (self, words);
  if (problem != NULL)
    {
      g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS, "%s:%u: %s", name, number,
                   problem);
      return FALSE;
    }
  key = (ReboundSigner){ g_ascii_tolower (*words[0]), g_strdup (words[1]) };
  g_array_append_val (self->keys, key);
  return TRUE;
}

static ReboundKeys *
keys_new (void)
{
  ReboundKeys *self = g_new0 (ReboundKeys, 1);

  g_atomic_ref_count_init (&self->references);
  self->keys = g_array_new (FALSE, FALSE, sizeof (ReboundSigner));
  g_array_set_clear_func (self->keys, key_clear);
  return self;
}

/* The lines are cut out of @text itself, so that no secret is left elsewhere. */
static ReboundKeys *
read_lines (const char *name, char *text, GError **error)
{
  g_autoptr (ReboundKeys) self = keys_new ();
  char *line = text;

  for (guint number = 1; line != NULL; number++)
    {
      char *end = strchr (line, '\n');

      if (end != NULL)
        *end++ = '\0';
      if (!add_line (self, line, name, number, error))
        return NULL;
      line = end;
    }
  if (self->keys->len > 0)
    return g_steal_pointer (&self);
  g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS,
               _ ("%s has no key; rebound verp key makes one"), name);
  return NULL;
}

ReboundKeys *
rebound_keys_new_from_text (const char *name, const char *text, GError **error)
{
  char *copy = g_strdup (text);
  ReboundKeys *self = read_lines (name, copy, error);

  explicit_bzero (copy, strlen (text));
  g_free (copy);
  return self;
}

/* Of the file that was opened, whatever has its name by now. */
static gboolean
check_owner (const char *file, const struct stat *status, GError **error)
{
  if (!S_ISREG (status->st_mode))
    g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS, _ ("%s is no file"), file);
  else if ((status->st_mode & 0177) != 0)
    g_set_error (
        error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS,
        _ ("%s has the mode %04o, so that others may know the keys; chmod 600 it, and make "
           "new ones if they do"),
        file, (guint) (status->st_mode & 07777));
  else if (status->st_uid != geteuid () && status->st_uid != 0)
    g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS,
                 _ ("%s belongs to the user %lu, who may change the keys; chown it to the user who "
                    "reads it (%lu), or to root"),
                 file, (gulong) status->st_uid, (gulong) geteuid ());
  else
    return TRUE;
  return FALSE;
}

static gboolean
fail_file (const char *file, GError **error)
{
  int reason = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (reason),
               _ ("cannot read the keys in %s: %s"), file, g_strerror (reason));
  return FALSE;
}

/* All of it, with a NUL behind. */
static gboolean
read_all (int fd, const char *file, char *text, GError **error)
{
  gsize length = 0;
  ssize_t n = 1;

  while (n > 0 && length < LARGEST_FILE)
    {
      n = read (fd, text + length, LARGEST_FILE - length);
      if (n < 0 && errno != EINTR)
        return fail_file (file, error);
      length += MAX (n, 0);
      n = n < 0 ? 1 : n;
    }
  text[length] = '\0';
  if (length < LARGEST_FILE && strlen (text) == length)
    return TRUE;
  g_set_error (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS,
               _ ("%s has a null byte or is longer than any keys are"), file);
  return FALSE;
}

static ReboundKeys *
read_open (int fd, const char *file, GError **error)
{
  char *text = g_malloc (LARGEST_FILE + 1);
  ReboundKeys *self = NULL;
  struct stat status;

  if (fstat (fd, &status) != 0)
    fail_file (file, error);
  else if (check_owner (file, &status, error) && read_all (fd, file, text, error))
    self = read_lines (file, text, error);
  explicit_bzero (text, LARGEST_FILE + 1);
  g_free (text);
  return self;
}

ReboundKeys *
rebound_keys_new_from_file (const char *file, GError **error)
{
  ReboundKeys *self;
  int fd;

  g_return_val_if_fail (file != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  fd = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* it may be a FIFO */
  if (fd < 0)
    {
      fail_file (file, error);
      return NULL;
    }
  self = read_open (fd, file, error);
  close (fd);
  return self;
}

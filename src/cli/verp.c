/* rebound verp: return paths that nobody else can make.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "cli.h"

#define SECRET_BYTES 32

static char *keys_file, *path_name, *policy_name, *store_url;
static gboolean as_json;

static const GOptionEntry options[] = {
  { "keys", 0, 0, G_OPTION_ARG_FILENAME, &keys_file,
    N_ ("The file of the keys, instead of that of the policy"), "FILE" },
  { "path", 0, 0, G_OPTION_ARG_STRING, &path_name,
    N_ ("With make: what is sent, a post, a warning or a probe"), "KIND" },
  CLI_POLICY (&policy_name),
  CLI_STORE (&store_url),
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("One JSON object for each address, one a line"),
    NULL },
  { 0 },
};

/* ---- What both need ------------------------------------------------------------------------- */

typedef struct
{
  ReboundPolicy *policy;
  ReboundKeys *keys;
  ReboundStore *store; /* (nullable) */
} Signing;

static void
signing_clear (Signing *self)
{
  g_clear_pointer (&self->policy, rebound_policy_unref);
  g_clear_pointer (&self->keys, rebound_keys_unref);
  g_clear_pointer (&self->store, rebound_store_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Signing, signing_clear)

static int
open_keys (Signing *self)
{
  const char *file = keys_file != NULL ? keys_file : rebound_policy_get_keys (self->policy);
  g_autoptr (GError) error = NULL;

  if (file == NULL)
    {
      cli_error ("verp", "there are no keys: name their file by --keys, or in the policy under "
                         "[site] as keys; rebound verp key makes one");
      return EX_CONFIG;
    }
  if (rebound_policy_get_signed_path (self->policy) == NULL)
    {
      cli_error ("verp", "the policy has an empty signed-path under [site]: nothing is signed");
      return EX_CONFIG;
    }
  self->keys = rebound_keys_new_from_file (file, &error);
  if (self->keys != NULL)
    return EX_OK;
  cli_error ("verp", "%s", error->message);
  return keys_file != NULL && error->domain == G_FILE_ERROR ? EX_NOINPUT : EX_CONFIG;
}

static int
open_all (Signing *self)
{
  int status = EX_OK;

  self->policy = cli_policy ("verp", policy_name, &status);
  if (self->policy != NULL)
    status = open_keys (self);
  if (status == EX_OK && cli_store_url (store_url) != NULL)
    self->store = cli_open_store ("verp", store_url, self->policy, &status);
  return status;
}

/* What is printed of a return path that holds. */
static void
print_verp (const ReboundVerp *verp, const char *return_path)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (verp->day * 86400);
  g_autofree char *day = g_date_time_format (time, "%Y-%m-%d");
  g_autofree char *json = as_json ? rebound_verp_to_json (verp, return_path) : NULL;

  if (as_json)
    puts (json);
  else
    printf ("%s\t%s\t%s\t%s\t%s\n", return_path, verp->list, verp->address, day,
            rebound_path_to_string (verp->path));
}

/* The age is that of the list, which only the return path tells. */
static ReboundVerp *
verify_path (const Signing *self, const char *return_path, const char *candidate, GError **error)
{
  const char *pattern = rebound_policy_get_signed_path (self->policy);
  const char *const candidates[] = { candidate, NULL };
  g_autoptr (ReboundVerp) verp = rebound_verp_verify (self->keys, pattern, return_path, candidates,
                                                      G_MAXINT64, cli_now (), error);

  if (verp == NULL)
    return NULL;
  return rebound_verp_verify (self->keys, pattern, return_path, candidates,
                              rebound_policy_get_token_age (self->policy, verp->list), cli_now (),
                              error);
}

/* ---- make LIST ADDRESS... ------------------------------------------------------------------- */

/* FALSE where it is wrong, which was said. */
static gboolean
read_path (ReboundPath *path)
{
  *path = REBOUND_PATH_POST;
  if (path_name == NULL)
    return TRUE;
  for (; *path <= REBOUND_PATH_PROBE; ++*path)
    if (strcmp (rebound_path_to_string (*path), path_name) == 0)
      return TRUE;
  cli_error ("verp", "--path is post, warning or probe, and not “%s”", path_name);
  return FALSE;
}

/* Where a digest stands in place of the address, whose it is has to be known later. */
static int
note_digest (const Signing *self, const char *made, const char *address)
{
  g_autofree char *digest = rebound_verp_get_digest (made);
  g_autoptr (GError) error = NULL;

  if (digest == NULL)
    return EX_OK;
  if (self->store == NULL)
    cli_error ("verp",
               "%s: the return path has a digest in place of the address; without --store it "
               "holds only where the report names the address",
               address);
  else if (!rebound_store_note_path (self->store, digest, address, cli_now (), &error))
    return cli_store_failed ("verp", error);
  return EX_OK;
}

static int
make_one (const Signing *self, const char *list, const char *address, ReboundPath path)
{
  const char *pattern = rebound_policy_get_signed_path (self->policy);
  g_autoptr (GError) error = NULL;
  g_autofree char *made =
      rebound_verp_make (self->keys, pattern, list, address, path, cli_now (), &error);
  g_autoptr (ReboundVerp) verp = NULL;
  int status;

  if (made == NULL)
    {
      cli_error ("verp", "%s", error->message);
      return EX_DATAERR;
    }
  status = note_digest (self, made, address);
  if (status != EX_OK)
    return status;
  if (as_json)
    verp = verify_path (self, made, address, NULL);
  if (verp != NULL)
    print_verp (verp, made);
  else
    puts (made);
  return EX_OK;
}

static int
make (int n, char **arguments)
{
  g_auto (Signing) signing = { 0 };
  ReboundPath path;
  int status;

  if (!read_path (&path))
    return EX_USAGE;
  status = open_all (&signing);
  if (status != EX_OK)
    return status;
  for (int i = 1; i < n; i++)
    {
      int result = make_one (&signing, arguments[0], arguments[i], path);

      status = status == EX_OK ? result : status;
    }
  return status;
}

/* ---- verify ADDRESS... ---------------------------------------------------------------------- */

static int
verify_one (const Signing *self, const char *return_path)
{
  g_autofree char *digest = rebound_verp_get_digest (return_path);
  g_autofree char *known =
      digest != NULL && self->store != NULL ? rebound_store_find_path (self->store, digest) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundVerp) verp = verify_path (self, return_path, known, &error);

  if (verp == NULL)
    {
      cli_error ("verp", "%s", error->message);
      return EX_DATAERR;
    }
  print_verp (verp, return_path);
  return EX_OK;
}

static int
verify (int n, char **addresses)
{
  g_auto (Signing) signing = { 0 };
  int status = open_all (&signing);

  if (status != EX_OK)
    return status;
  for (int i = 0; i < n; i++)
    {
      int result = verify_one (&signing, addresses[i]);

      status = status == EX_OK ? result : status;
    }
  return status;
}

/* ---- key ID --------------------------------------------------------------------------------- */

/* So that nobody thinks up a secret. */
static int
key (G_GNUC_UNUSED int n, char **arguments)
{
  const char *id = arguments[0];
  guint8 bytes[SECRET_BYTES];
  char *secret;

  if (!g_ascii_isalnum (*id) || id[1] != '\0')
    {
      cli_error ("verp", "the ID of a key is one letter or digit, and not “%s”", id);
      return EX_USAGE;
    }
  if (getrandom (bytes, sizeof bytes, 0) != (ssize_t) sizeof bytes)
    {
      cli_error ("verp", "the system gives no random bytes: %s", g_strerror (errno));
      return EX_OSERR;
    }
  secret = g_base64_encode (bytes, sizeof bytes);
  printf ("%s %s\n", id, secret);
  explicit_bzero (bytes, sizeof bytes);
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
  return EX_OK;
}

/* ---- The command ---------------------------------------------------------------------------- */

static const CliVerb verbs[] = {
  { "make", "LIST ADDRESS...", "keys path policy store json", 2, G_MAXINT, make },
  { "verify", "ADDRESS...", "keys policy store json", 1, G_MAXINT, verify },
  { "key", "ID", "", 1, 1, key },
  { 0 },
};

int
cli_verp (int argc, char **argv)
{
  return cli_run_verb ("verp", verbs, options, argc, argv);
}

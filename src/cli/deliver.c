/* rebound deliver: one message from a mail server's alias or pipe.
 *
 * Exit status 0 says that the report is on the disk and in the store; anything that keeps it from
 * getting there says 75 (EX_TEMPFAIL), so that the mail server keeps the message and tries again.
 * The store comes first: it takes the same message twice for one, the log does not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

/* Longer than any message takes; a child that takes longer hangs. */
#define PATIENCE 120

static char *log_path, *store_url, *list, *policy_name, *sender, *recipient, **rules;

static const GOptionEntry options[] = {
  { "log", 0, 0, G_OPTION_ARG_FILENAME, &log_path,
    N_ ("Append the report to FILE, one JSON object a line"), "FILE" },
  CLI_STORE (&store_url),
  { "list", 0, 0, G_OPTION_ARG_FILENAME, &list,
    N_ ("The list whose mail bounced, where the messages need not say"), "ADDRESS" },
  { "sender", 0, 0, G_OPTION_ARG_FILENAME, /* bytes as they come */ &sender,
    N_ ("The envelope sender, empty for the null reverse-path (else the environment's SENDER)"),
    "ADDRESS" },
  { "recipient", 0, 0, G_OPTION_ARG_FILENAME, &recipient,
    N_ ("The envelope recipient (else the environment's ORIGINAL_RECIPIENT or RECIPIENT)"),
    "ADDRESS" },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  CLI_POLICY (&policy_name),
  { 0 },
};

/* Postfix's local(8) and qmail's qmail-command(8) set SENDER and RECIPIENT, and Exim's pipe
 * transport too; ORIGINAL_RECIPIENT of Postfix is what it was before aliases. Postfix's pipe(8)
 * writes MAILER-DAEMON for the null sender. */
static ReboundEnvelope
find_envelope (void)
{
  static const char *const recipients[] = { "ORIGINAL_RECIPIENT", "RECIPIENT" };
  ReboundEnvelope envelope = { .sender = sender != NULL ? sender : g_getenv ("SENDER"),
                               .recipient = recipient };

  for (guint i = 0; i < G_N_ELEMENTS (recipients) && envelope.recipient == NULL; i++)
    envelope.recipient = g_getenv (recipients[i]);
  if (envelope.sender != NULL && g_ascii_strcasecmp (envelope.sender, "MAILER-DAEMON") == 0)
    envelope.sender = "";
  return envelope;
}

static GBytes *
read_message (void)
{
  g_autoptr (ReboundMailbox) mailbox =
      rebound_mailbox_open_fd (STDIN_FILENO, REBOUND_MAILBOX_SINGLE, NULL);
  g_autoptr (GError) error = NULL;
  GBytes *message = NULL;

  if (!rebound_mailbox_next (mailbox, &message, &error))
    cli_error ("deliver", "%s", error->message);
  return message;
}

static gboolean
write_all (int fd, const char *data, gsize length)
{
  while (length > 0)
    {
      ssize_t n = write (fd, data, length);

      if (n < 0 && errno != EINTR)
        return FALSE;
      if (n > 0)
        {
          data += n;
          length -= n;
        }
    }
  return TRUE;
}

static char *
find_path (const char *digest, gpointer data)
{
  return rebound_store_find_path (data, digest);
}

/* Whether the store, where there is one, has what @report says. */
static gboolean
keep (ReboundStore *store, const ReboundReport *report, gint64 received)
{
  g_autoptr (GError) error = NULL;

  if (store == NULL || rebound_store_record (store, report, list, received, NULL, &error))
    return TRUE;
  cli_store_failed ("deliver", error);
  return FALSE;
}

/* The report as a line of the log, once the store has it too. */
static char *
read_report (ReboundAnalyzer *analyzer, ReboundStore *store, GBytes *message)
{
  const ReboundStyle style = { .source = "-" };
  ReboundEnvelope envelope = find_envelope ();
  g_autoptr (ReboundReport) report = NULL;

  envelope.received = cli_now ();
  envelope.find_path = store != NULL ? find_path : NULL;
  envelope.find_data = store;
  report = rebound_analyzer_analyze (analyzer, message, &envelope, NULL);
  return report != NULL && keep (store, report, envelope.received)
             ? rebound_report_to_json (report, &style)
             : NULL;
}

/* Rules that are wrong were told of, and keep no report from being made. Without the policy or the
 * store it is not known what follows, so the message waits. */
static char *
make_line (void)
{
  const gboolean stores = cli_store_url (store_url) != NULL;
  g_autoptr (GBytes) message = read_message ();
  g_autoptr (ReboundPolicy) policy = NULL;
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
  g_autoptr (ReboundStore) store = NULL;
  int status;

  if (message == NULL || !cli_find_policy ("deliver", policy_name, &policy, &status))
    return NULL;
  analyzer = cli_new_analyzer ("deliver", rules, policy, &status);
  if (analyzer != NULL && stores)
    store = cli_open_store ("deliver", store_url, policy, &status);
  return analyzer != NULL && (store != NULL || !stores) ? read_report (analyzer, store, message)
                                                        : NULL;
}

/* In the child: the message is read, and the report goes through the pipe. */
static void G_GNUC_NORETURN
analyze (int out)
{
  g_autofree char *line = NULL;

  alarm (PATIENCE);
  line = make_line ();
  if (line == NULL || !write_all (out, line, strlen (line)) || !write_all (out, "\n", 1))
    _exit (EX_SOFTWARE);
  _exit (EX_OK);
}

static gboolean
read_all (int fd, GString *text)
{
  char buffer[4096];

  for (;;)
    {
      ssize_t n = read (fd, buffer, sizeof buffer);

      if (n == 0)
        return TRUE;
      if (n < 0 && errno != EINTR)
        return FALSE;
      if (n > 0)
        g_string_append_len (text, buffer, n);
    }
}

static gboolean
wait_for (pid_t child)
{
  int status;

  while (waitpid (child, &status, 0) < 0)
    if (errno != EINTR)
      return FALSE;
  if (WIFEXITED (status) && WEXITSTATUS (status) == EX_OK)
    return TRUE;
  if (WIFSIGNALED (status))
    cli_error ("deliver",
               "the analysis was ended by signal %d (%s); the message stays with the mail server",
               WTERMSIG (status), strsignal (WTERMSIG (status)));
  else
    cli_error ("deliver", "the analysis failed; the message stays with the mail server");
  return FALSE;
}

/* The analysis runs in a child, so that even a crash, or no memory for a long message, answers
 * 75. */
static char *
analyze_apart (void)
{
  g_autoptr (GString) json = g_string_new (NULL);
  int ends[2];
  pid_t child;
  gboolean complete;

  if (pipe (ends) != 0 || (child = fork ()) < 0)
    {
      cli_error ("deliver", "cannot start the analysis: %s", g_strerror (errno));
      return NULL;
    }
  if (child == 0)
    {
      close (ends[0]);
      analyze (ends[1]);
    }
  close (ends[1]);
  complete = read_all (ends[0], json);
  close (ends[0]);
  if (!wait_for (child) || !complete || json->len == 0)
    return NULL;
  return g_string_free (g_steal_pointer (&json), FALSE);
}

/* The log */

static gboolean
fail_log (const char *what)
{
  /* TRANSLATORS: cannot open “log”: why not */
  cli_error ("deliver", "%s “%s”: %s", _ (what), log_path, g_strerror (errno));
  return FALSE;
}

/* Whether @path still names the file behind @fd: a rotation may have moved it. */
static gboolean
is_current (int fd, const char *path)
{
  struct stat opened, named;

  return fstat (fd, &opened) == 0 && stat (path, &named) == 0 && opened.st_ino == named.st_ino
         && opened.st_dev == named.st_dev;
}

static int
open_locked (const char *path)
{
  for (;;)
    {
      int fd = open (path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);

      if (fd < 0)
        return -1;
      if (flock (fd, LOCK_EX) != 0)
        {
          close (fd);
          return -1;
        }
      if (is_current (fd, path))
        return fd;
      close (fd);
    }
}

static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean done = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return done;
}

/* A line that a crash cut off is ended, so that ours stands alone. */
static gboolean
end_torn_line (int fd, off_t size)
{
  char last = '\n';

  if (size > 0 && pread (fd, &last, 1, size - 1) != 1)
    return FALSE;
  return last == '\n' || write_all (fd, "\n", 1);
}

static gboolean
append_line (int fd, const char *line)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return fail_log (N_ ("cannot look at"));
  if (!S_ISREG (info.st_mode))
    {
      errno = EINVAL;
      return fail_log (N_ ("cannot keep a record in what is no regular file,"));
    }
  if (!end_torn_line (fd, info.st_size) || !write_all (fd, line, strlen (line)) || fsync (fd) != 0)
    {
      int reason = errno;

      if (ftruncate (fd, info.st_size) != 0)
        cli_error ("deliver", "a part of a line may be left at the end of “%s”", log_path);
      errno = reason;
      return fail_log (N_ ("cannot write to"));
    }
  if (info.st_size == 0 && !sync_folder (log_path))
    return fail_log (N_ ("cannot make sure of the folder of"));
  return TRUE;
}

static gboolean
record (const char *line)
{
  int fd = open_locked (log_path);
  gboolean done;

  if (fd < 0)
    return fail_log (N_ ("cannot open"));
  done = append_line (fd, line);
  if (close (fd) != 0 && done)
    return fail_log (N_ ("cannot close"));
  return done;
}

int
cli_deliver (int argc, char **argv)
{
  g_autofree char *line = NULL;
  gboolean kept;
  int status;

  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN); /* Postfix limits the size of files that commands write */
  if (!cli_options ("deliver", options, &argc, &argv, &status))
    return status == EX_USAGE ? EX_TEMPFAIL : status;
  kept = log_path != NULL || cli_store_url (store_url) != NULL;
  if (!kept || argc > 1)
    {
      cli_error ("deliver", "%s; see rebound deliver --help",
                 !kept ? _ ("--log FILE or --store URL is missing") : _ ("only options are taken"));
      return EX_TEMPFAIL;
    }
  line = analyze_apart ();
  return line != NULL && (log_path == NULL || record (line)) ? EX_OK : EX_TEMPFAIL;
}

/* Rebound: what no sender of a message may do to the command: make it slow, big or silent.
 *
 * "rebound parse --json" reads each bomb from a file and from a pipe. It has to give an object for
 * each message and exit with 0, within its limits of time and memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define KB 1024
#define MB (1024 * KB)

/* Peak of the resident set, as wait4() has it. It begins with that of the process that forked,
 * so this program must stay small itself. */
#define MAX_RSS_KB (64 * KB)

/* CPU time, user and system: of any input, and of one that takes a while to be read at all. */
#define SECONDS 1.0
#define SECONDS_LONG 2.0

/* A mailbox is no message. Each of its messages gets a report, and how many there are is up to
 * the user, who has kept them; so the limit is one for each message. */
#define SECONDS_PER_MESSAGE 100e-6

/* What needs so many times its limit is stopped. */
#define PATIENCE 10

typedef struct
{
  const char *name;
  const char *head;
  const char *unit;                      /* n times; or, where each is another, */
  void (*put_unit) (FILE *out, guint i); /* a function that writes it */
  guint n;
  const char *tail;
  guint objects;
  double seconds;
} Bomb;

typedef struct
{
  int status; /* of wait4() */
  double seconds;
  long rss_kb;
  guint objects;
  gboolean clean; /* every line of the output is an object */
  gboolean read;  /* the input, to its end */
} Result;

typedef struct
{
  const char *name;
  Result (*run) (const char *command, const char *path, double seconds);
} Way;

/* ---- The bombs ---- */

#define HEADER                                                                                     \
  "From: MAILER-DAEMON@mx.example\n"                                                               \
  "To: list-bounces@example.net\n"                                                                 \
  "Subject: Undelivered Mail Returned to Sender\n"                                                 \
  "MIME-Version: 1.0\n"
#define TEXT HEADER "Content-Type: text/plain\n\n"
#define MIXED HEADER "Content-Type: multipart/mixed; boundary=b\n\n"
#define REPORT                                                                                     \
  HEADER "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"             \
         "--b\n\nYour message could not be delivered.\n\n"
#define STATUS "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
#define RECIPIENT "Final-Recipient: rfc822; a@example.net\nAction: failed\nStatus: 5.1.1\n\n"
#define RETURNED                                                                                   \
  "--b\nContent-Type: message/rfc822\n\nFrom: list@example.net\nTo: a@example.net\n\n"
#define NOTICE                                                                                     \
  "{\"eventType\":\"Bounce\",\"mail\":{\"messageId\":\"1\"},\"bounce\":{\"bouncedRecipients\":["
#define END "\n--b--\n"

#define REFUSAL "550 5.1.1 <a@example.net>: User unknown "
#define BASE64 "NTUwIDUuMS4xIDxhQGV4YW1wbGUubmV0PjogVXNlciB1bmtub3duCjU1MCA1LjEuMSA8YUBl\n"
#define QUOTED "Some line of the message that came back, as long as lines of mail usually are.\n"
#define FOLDED "\n some words of a line that goes on"
#define HYPHENS "--\n"
#define MBOX_MESSAGE "From a@b Mon Jan  1 00:00:00 2001\nA: b\n\nx\n\n"
#define WORDS "words "

#define NESTED_FIRST 1000
#define FIELDS 1800
#define NOTICED 990
#define ATTRIBUTES 1200

/* As many units as make up so many bytes. */
#define TIMES(unit, bytes) ((bytes) / (sizeof unit - 1))

#define ENCODED_FIELD "Subject: %u =?%s?B?w6nQltahpKSkw8Lgw+HD48Pkw+U=?= =?%s?Q?=C3=E9=A4=B1?=\n"

#define TYPE_FIELD "Content-Type: multipart/mixed; boundary=b; name*=koi8-r''%C1\n"

/* What put_reply() writes, about. */
#define REPLY_LENGTH 47

static void
put_reply (FILE *out, guint i)
{
  fprintf (out, "%u 5.%u.%u <a%u@example.net>: User unknown\n", 500 + i % 60, i % 8, i % 30, i);
}

static void
put_multipart (FILE *out, guint i)
{
  fprintf (out, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
}

static void
put_multiparts_then_hyphens (FILE *out, guint i)
{
  if (i < NESTED_FIRST)
    put_multipart (out, i);
  else
    fputs (HYPHENS, out);
}

static void
put_field (FILE *out, guint i)
{
  fprintf (out, i % 2 == 0 ? "X-%06u: b\n" : "To: b%u@example.net\n", i);
}

static void
put_address (FILE *out, guint i)
{
  fprintf (out, " a%u@example.net,\n", i);
}

static void
put_recipient (FILE *out, guint i)
{
  fprintf (out,
           "Original-Recipient: rfc822; a%u@example.net\n"
           "Final-Recipient: rfc822; b%u@example.com\n"
           "Action: failed\n"
           "Status: 5.1.1\n"
           "Diagnostic-Code: smtp; 550 5.1.1 <b%u@example.com>: User unknown\n\n",
           i, i, i);
}

static void
put_8bit_message (FILE *out, guint i)
{
  fputs ("--b\nContent-Type: message/rfc822\n\n", out);
  for (guint k = 0; k < FIELDS; k++)
    fprintf (out, "Subject: %u \xe9\xfc\xa4\xb1%c\xd6\xc3%c\xff\n", k,
             (char) (0x80 + (i + k) % 0x80), (char) (0x80 + k % 0x80));
  fputs ("\nx\n", out);
}

static void
put_encoded_message (FILE *out, guint i)
{
  static const char *const charsets[] = {
    "iso-8859-1", "koi8-r", "windows-1251", "gb18030", "iso-2022-jp", "big5", "euc-kr",
    "shift_jis",  "utf-7",  "utf-16",       "cp037",   "nonsense",    ""
  };
  const guint n = G_N_ELEMENTS (charsets);

  fputs ("--b\nContent-Type: message/rfc822\n\n", out);
  for (guint k = 0; k < FIELDS; k++)
    fprintf (out, ENCODED_FIELD, k, charsets[(i + k) % n], charsets[(i + 5 * k + 1) % n]);
  fputs ("\nx\n", out);
}

/* Pages, each of one tag that is a little longer than any tag is. */
static void
put_attribute (FILE *out, guint i)
{
  if (i % ATTRIBUTES == 0)
    fputs ("\n--b\nContent-Type: text/html\n\n<b", out);
  fprintf (out, " %c%c%c", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 26 / 26 % 26);
}

/* Many recipients, and then what is said of each of them. */
static void
put_notice (FILE *out, guint i)
{
  if (i < NOTICED)
    fprintf (out, "\"a%u@example.net\",", i);
  else
    fputs (i == NOTICED ? "\"\"],\"bounceType\":\"" : REFUSAL, out);
}

/* … and conversations that are about all of them. */
static void
put_conversation (FILE *out, guint i)
{
  if (i < NOTICED)
    fprintf (out, "<a%u@example.net>:\n", i);
  else
    fputs ("while talking to mx.example\n<<< 550 5.1.1 user unknown\n", out);
}

static void
put_nul (FILE *out, guint i)
{
  (void) i;
  fputc ('\0', out);
}

/* The next byte of a report, and a NUL. */
static void
put_with_nul (FILE *out, guint i)
{
  static const char report[] = REPORT STATUS RECIPIENT END;

  fputc (report[i % (sizeof report - 1)], out);
  fputc ('\0', out);
}

/* The same bytes each time: MurmurHash3's last step, of a counter. */
static void
put_random_byte (FILE *out, guint i)
{
  guint32 h = i + 1;

  h = (h ^ h >> 16) * 0x85ebca6bU;
  h = (h ^ h >> 13) * 0xc2b2ae35U;
  fputc ((int) ((h ^ h >> 16) & 0xff), out);
}

static const Bomb bombs[] = {
  { "100 MB in one line", TEXT, REFUSAL, NULL, TIMES (REFUSAL, 100 * MB), "", 1, SECONDS_LONG },
  { "100 MB of SMTP replies", TEXT, NULL, put_reply, 100 * MB / REPLY_LENGTH, "", 1, SECONDS_LONG },
  { "100 MB in a base64 attachment",
    MIXED "--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n", BASE64, NULL,
    TIMES (BASE64, 100 * MB), END, 1, SECONDS_LONG },
  { "100 MB of text in base64",
    MIXED "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n", BASE64, NULL,
    TIMES (BASE64, 100 * MB), END, 1, SECONDS_LONG },
  { "100 MB in the returned message", REPORT STATUS RECIPIENT RETURNED, QUOTED, NULL,
    TIMES (QUOTED, 100 * MB), END, 1, SECONDS_LONG },
  { "2,000 nested multiparts", HEADER, NULL, put_multipart, 2000, "\nx\n", 1, SECONDS },
  { "20,000 nested multiparts", HEADER, NULL, put_multipart, 20000, "\nx\n", 1, SECONDS },
  { "20,000 nested multiparts with one boundary", HEADER,
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n", NULL, 20000, "\nx\n", 1, SECONDS },
  { "1,000 nested multiparts, then 9 MB of --", HEADER, NULL, put_multiparts_then_hyphens,
    NESTED_FIRST + TIMES (HYPHENS, 9 * MB), "", 1, SECONDS },
  { "a million parts", MIXED, "--b\n\nx\n", NULL, 1000 * 1000, END, 1, SECONDS },
  { "10 MB in one line of a header", HEADER "Subject: ", WORDS, NULL, TIMES (WORDS, 10 * MB),
    "\n\nx\n", 1, SECONDS },
  { "10 MB in a folded field", HEADER "Subject:", FOLDED, NULL, TIMES (FOLDED, 10 * MB), "\n\nx\n",
    1, SECONDS },
  { "900,000 fields", HEADER, NULL, put_field, 900 * 1000, "\nx\n", 1, SECONDS },
  { "900,000 fields of structure", HEADER, TYPE_FIELD, NULL, 900 * 1000, "\nx\n", 1, SECONDS },
  { "800,000 addresses in To", "From: a@example.net\nTo:\n", NULL, put_address, 800 * 1000,
    " z@example.net\n\nx\n", 1, SECONDS },
  { "20,000 recipients", REPORT STATUS, NULL, put_recipient, 20000, END, 1, SECONDS },
  { "10,000 groups without a recipient", REPORT STATUS, "Action: failed\nStatus: 5.1.1\n\n", NULL,
    10000, END, 1, SECONDS },
  { "200 messages of 1,800 fields in 8 bits", MIXED, NULL, put_8bit_message, 200, END, 1, SECONDS },
  { "100 messages of 1,800 fields in changing charsets", MIXED, NULL, put_encoded_message, 100, END,
    1, SECONDS },
  { "a million attributes of HTML", MIXED, NULL, put_attribute, 1000 * 1000, END, 1, SECONDS },
  { "a million tags of HTML, nested", HEADER "Content-Type: text/html\n\n", "<div><b>", NULL,
    500 * 1000, "\n", 1, SECONDS },
  { "a reason of 400 KB for 990 recipients of a notice", TEXT NOTICE, NULL, put_notice, 11000, "\"}}",
    1, SECONDS },
  { "9,000 conversations about 990 recipients", TEXT, NULL, put_conversation, 9990, "", 1,
    SECONDS },
  { "500,000 brackets in a notice", TEXT NOTICE, "[", NULL, 500 * 1000, "", 1, SECONDS },
  { "64 MB mbox of one-byte messages", "", MBOX_MESSAGE, NULL, TIMES (MBOX_MESSAGE, 64 * MB), "",
    TIMES (MBOX_MESSAGE, 64 * MB), TIMES (MBOX_MESSAGE, 64 * MB) * SECONDS_PER_MESSAGE },
  { "64 KB of random bytes", "", NULL, put_random_byte, 64 * KB, "", 1, SECONDS },
  { "9 MB of NUL", "", NULL, put_nul, 9 * MB, "", 1, SECONDS },
  { "9 MB of reports with NUL behind every byte", "", NULL, put_with_nul, 9 * MB / 2, "", 1,
    SECONDS },
  { "nothing", "", "", NULL, 0, "", 0, SECONDS }, /* an mbox without messages */
};

/* FALSE where the disk is full. */
static gboolean
write_bomb (const Bomb *bomb, FILE *out)
{
  fputs (bomb->head, out);
  for (guint i = 0; i < bomb->n && !ferror (out); i++)
    if (bomb->unit != NULL)
      fputs (bomb->unit, out);
    else
      bomb->put_unit (out, i);
  fputs (bomb->tail, out);
  return fflush (out) == 0 && !ferror (out);
}

/* ---- Files and processes ---- */

static void G_GNUC_NORETURN
bail_out (const char *what)
{
  printf ("Bail out! %s: %s\n", what, g_strerror (errno));
  exit (EXIT_FAILURE);
}

/* A temporary file that holds the bomb. */
static char *
make_file (const Bomb *bomb, long *bytes)
{
  char *path = g_build_filename (g_get_tmp_dir (), "bomb-XXXXXX", NULL);
  int fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  FILE *out = fd >= 0 ? fdopen (fd, "w") : NULL;

  if (out == NULL)
    bail_out (path);
  if (!write_bomb (bomb, out))
    {
      unlink (path);
      bail_out (path);
    }
  *bytes = ftell (out);
  fclose (out);
  return path;
}

static void
make_pipe (int ends[2])
{
  if (pipe2 (ends, O_CLOEXEC) != 0)
    bail_out ("pipe");
}

static void G_GNUC_NORETURN
become (const char *const *argv, int in, int out, double seconds)
{
  rlim_t most = (rlim_t) (PATIENCE * seconds);
  struct rlimit limit = { most, most + 1 };

  if (dup2 (in, STDIN_FILENO) >= 0 && dup2 (out, STDOUT_FILENO) >= 0
      && setrlimit (RLIMIT_CPU, &limit) == 0)
    execvp (argv[0], (char *const *) argv);
  perror (argv[0]);
  _exit (127);
}

static pid_t
start (const char *const *argv, int in, int out, double seconds)
{
  pid_t pid = fork ();

  if (pid < 0)
    bail_out ("fork");
  if (pid == 0)
    become (argv, in, out, seconds);
  return pid;
}

/* ---- The command ---- */

static gboolean
is_object (const char *line, gssize length)
{
  return length >= 3 && line[0] == '{' && line[length - 2] == '}' && line[length - 1] == '\n'
         && g_utf8_validate (line, length, NULL);
}

static void
read_output (int fd, Result *result)
{
  FILE *output = fdopen (fd, "r");
  char *line = NULL;
  size_t size = 0;
  gssize length;

  if (output == NULL)
    bail_out ("fdopen");
  result->clean = TRUE;
  while ((length = getline (&line, &size, output)) > 0)
    {
      result->objects++;
      result->clean = result->clean && is_object (line, length);
    }
  free (line);
  fclose (output);
}

static double
in_seconds (struct timeval time)
{
  return (double) time.tv_sec + (double) time.tv_usec / G_USEC_PER_SEC;
}

/* What the command makes of @source, or of @in where that is "-". */
static Result
run_command (const char *command, const char *source, int in, double seconds)
{
  const char *const argv[] = { command, "parse", "--json", source, NULL };
  Result result = { .read = TRUE };
  struct rusage usage;
  int output[2];
  pid_t pid;

  make_pipe (output);
  pid = start (argv, in, output[1], seconds);
  close (output[1]);
  read_output (output[0], &result);
  if (wait4 (pid, &result.status, 0, &usage) != pid)
    bail_out ("wait4");
  result.seconds = in_seconds (usage.ru_utime) + in_seconds (usage.ru_stime);
  result.rss_kb = usage.ru_maxrss;
  return result;
}

static Result
run_on_file (const char *command, const char *path, double seconds)
{
  return run_command (command, path, STDIN_FILENO, seconds);
}

static Result
run_on_pipe (const char *command, const char *path, double seconds)
{
  const char *const cat[] = { "cat", path, NULL };
  int input[2], status;
  Result result;
  pid_t writer;

  make_pipe (input);
  writer = start (cat, STDIN_FILENO, input[1], seconds);
  close (input[1]);
  result = run_command (command, "-", input[0], seconds);
  close (input[0]);
  if (waitpid (writer, &status, 0) != writer)
    bail_out ("waitpid");
  result.read = status == 0;
  return result;
}

static const Way ways[] = { { "file", run_on_file }, { "pipe", run_on_pipe } };

/* ---- TAP ---- */

static gboolean
expect (gboolean good, const char *what)
{
  if (!good)
    printf ("# %s\n", what);
  return good;
}

static gboolean
check_result (const Bomb *bomb, const Result *result)
{
  gboolean good = TRUE;

  good &= expect (result->status == 0, "it has not exited with 0");
  good &= expect (result->clean, "a line of the output is no object in UTF-8");
  good &= expect (result->objects == bomb->objects, "not an object for each message");
  good &= expect (result->read, "the pipe has not been read to its end");
  good &= expect (result->seconds <= bomb->seconds, "too slow");
  good &= expect (result->rss_kb <= MAX_RSS_KB, "too big");
  return good;
}

static void
tell (const Bomb *bomb, const Result *result, long bytes)
{
  printf ("# %ld bytes: %.2f s of %.0f, %.1f MB, %u of %u objects, wait status %d\n", bytes,
          result->seconds, bomb->seconds, (double) result->rss_kb / KB, result->objects,
          bomb->objects, result->status);
}

static guint
run_bomb (const char *command, const Bomb *bomb, guint *number)
{
  long bytes;
  g_autofree char *path = make_file (bomb, &bytes);
  guint failed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      Result result = ways[i].run (command, path, bomb->seconds);
      gboolean good = check_result (bomb, &result);

      tell (bomb, &result, bytes);
      printf ("%s %u - %s, from a %s\n", good ? "ok" : "not ok", ++*number, bomb->name,
              ways[i].name);
      failed += !good;
    }
  unlink (path);
  return failed;
}

int
main (void)
{
  const char *command = g_getenv ("REBOUND");
  guint number = 0, failed = 0;

  setvbuf (stdout, NULL, _IOLBF, BUFSIZ);
  if (command == NULL)
    {
      printf ("Bail out! REBOUND does not say where the command is\n");
      return EXIT_FAILURE;
    }
  printf ("1..%u\n", (guint) (G_N_ELEMENTS (bombs) * G_N_ELEMENTS (ways)));
  for (guint i = 0; i < G_N_ELEMENTS (bombs); i++)
    failed += run_bomb (command, &bombs[i], &number);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

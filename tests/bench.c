/* Rebound: what it costs, beside GMime's bare parse and beside programs that do nothing.
 *
 * usage: bench [FOLDER…]
 *
 * Reads the messages of corpus/ and of each FOLDER, by default of ../shared/corpora beside the
 * source folder, where there is one. A round measures each item once, in an order of its own; what
 * is printed are medians of the rounds, and a ratio is taken within each round.
 *
 * Itself it runs two more: "bench --gmime" does what every program with GMime has to do, "bench
 * --count ITEM [FOLDER…]" one item once, for valgrind and for the count of allocations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gmime/gmime.h>
#include <rebound.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 21
#define PROCESSES 10 /* of a kind in one round */
#define THREADS 2
#define WORST_BYTES (512 * 1024)
#define ONE_SHOT "corpus/postfix/several-recipients.eml"

typedef struct
{
  GByteArray *array; /* for the parser */
  GBytes *bytes;     /* the same, for the analyzer */
} Message;

typedef void (*Work) (const Message *message);

typedef struct Item Item;

struct Item
{
  const char *name;
  double (*run) (const Item *self); /* returns seconds of CPU */
  Work work;
  const Message *message; /* all of them where NULL */
  const char *argv[4];
  double per; /* messages, bytes or processes of one run */
  double cpu[ROUNDS];
  double wall[ROUNDS];
};

static ReboundAnalyzer *analyzer;
static GArray *messages; /* of Message */
static gsize total_bytes;
static char **folders;

static void G_GNUC_NORETURN G_GNUC_PRINTF (1, 2) die (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  fputs ("bench: ", stderr);
  vfprintf (stderr, format, args);
  fputc ('\n', stderr);
  exit (EXIT_FAILURE);
}

/* ---- Allocations ---- */

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static _Thread_local guint64 allocations;

#if defined __GLIBC__ && !defined SANITIZED
#define COUNTS_ALLOCATIONS TRUE
#define EXPORTED __attribute__ ((visibility ("default")))

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *old, size_t size);

EXPORTED void *
malloc (size_t size)
{
  allocations++;
  return __libc_malloc (size);
}

EXPORTED void *
calloc (size_t n, size_t size)
{
  allocations++;
  return __libc_calloc (n, size);
}

EXPORTED void *
realloc (void *old, size_t size)
{
  allocations++;
  return __libc_realloc (old, size);
}
#else
#define COUNTS_ALLOCATIONS FALSE
#endif

/* ---- Messages ---- */

static Message
make_message (char *data, gsize length)
{
  Message message = { .array = g_byte_array_new_take ((guint8 *) data, length),
                      .bytes = g_bytes_new_static (data, length) };

  return message;
}

static gboolean
is_message (const char *name)
{
  return g_str_has_suffix (name, ".eml") || g_str_has_suffix (name, ".msg")
         || g_str_has_suffix (name, ".txt");
}

static void
load_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *data;
  gsize length;
  Message message;

  if (!g_file_get_contents (path, &data, &length, &error))
    die ("%s", error->message);
  message = make_message (data, length);
  g_array_append_val (messages, message);
  total_bytes += length;
}

static void
load_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        load_folder (path);
      else if (is_message (name))
        load_file (path);
    }
}

static char *
source_path (const char *name)
{
  const char *top = g_getenv ("top_srcdir");

  return g_build_filename (top != NULL ? top : ".", name, NULL);
}

static void
load_messages (void)
{
  g_autofree char *corpus = source_path ("corpus");
  g_autofree char *shared = source_path ("../shared/corpora");

  messages = g_array_new (FALSE, FALSE, sizeof (Message));
  load_folder (corpus);
  if (folders[0] == NULL)
    load_folder (shared);
  for (char **folder = folders; *folder != NULL; folder++)
    load_folder (*folder);
  if (messages->len == 0)
    die ("no messages in %s", corpus);
}

/* ---- What is measured ---- */

static void
parse (const Message *message)
{
  GMimeStream *stream = g_mime_stream_mem_new_with_byte_array (message->array);
  GMimeParser *parser = g_mime_parser_new_with_stream (stream);
  GMimeMessage *parsed;

  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  parsed = g_mime_parser_construct_message (parser, NULL);
  g_clear_object (&parsed);
  g_object_unref (parser);
  g_object_unref (stream);
}

static void
analyze (const Message *message)
{
  rebound_report_unref (rebound_analyzer_analyze (analyzer, message->bytes, NULL, NULL));
}

static void
analyze_json (const Message *message)
{
  g_autoptr (ReboundReport) report =
      rebound_analyzer_analyze (analyzer, message->bytes, NULL, NULL);

  g_free (rebound_report_to_json (report, NULL));
}

static double
seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

/* By this name valgrind knows where to count. */
__attribute__ ((noinline)) static void
measured (Work work)
{
  for (guint i = 0; i < messages->len; i++)
    work (&g_array_index (messages, Message, i));
}

static double
run_work (const Item *self)
{
  double start = seconds (CLOCK_PROCESS_CPUTIME_ID);

  if (self->message != NULL)
    self->work (self->message);
  else
    measured (self->work);
  return seconds (CLOCK_PROCESS_CPUTIME_ID) - start;
}

static gpointer
run_thread (gpointer data)
{
  measured (((const Item *) data)->work);
  return NULL;
}

/* Each thread reads all messages, with the one analyzer. */
static double
run_threads (const Item *self)
{
  double start = seconds (CLOCK_PROCESS_CPUTIME_ID);
  GThread *threads[THREADS];

  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new (self->name, run_thread, (gpointer) self);
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  return seconds (CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* ---- Processes ---- */

static pid_t
start_process (const char *const *argv, int input)
{
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int failed;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (input >= 0)
    posix_spawn_file_actions_adddup2 (&actions, input, STDIN_FILENO);
  failed = posix_spawnp (&pid, argv[0], &actions, NULL, (char **) argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (failed != 0)
    die ("cannot run %s: %s", argv[0], g_strerror (failed));
  return pid;
}

static struct rusage
end_process (pid_t pid, const char *name)
{
  struct rusage usage;
  int status;

  if (wait4 (pid, &status, 0, &usage) != pid || !WIFEXITED (status) || WEXITSTATUS (status) != 0)
    die ("%s has failed", name);
  return usage;
}

static double
run_processes (const Item *self)
{
  double cpu = 0;

  for (guint i = 0; i < PROCESSES; i++)
    {
      struct rusage usage = end_process (start_process (self->argv, -1), self->name);

      cpu += usage.ru_utime.tv_sec + usage.ru_utime.tv_usec * 1e-6;
      cpu += usage.ru_stime.tv_sec + usage.ru_stime.tv_usec * 1e-6;
    }
  return cpu;
}

static const char *
rebound_path (void)
{
  const char *path = g_getenv ("REBOUND");

  return path != NULL ? path : "rebound";
}

/* ---- The memory of a batch ---- */

#define CHUNK_MESSAGES 50

static const guint batch_sizes[] = { 64, 256, 1024 }; /* MiB */
static double batch_peaks[G_N_ELEMENTS (batch_sizes)];
static guint n_batches = 2; /* with BENCH_FULL all */

static const char mbox_message[] =
    "From MAILER-DAEMON Sat Nov 21 16:40:00 2026\n"
    "From: MAILER-DAEMON@mx.harbour.example (Mail Delivery System)\n"
    "To: list-bounces@harbour.example\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "Date: Sat, 21 Nov 2026 16:40:00 +0000\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b%1$u\"\n"
    "\n"
    "--b%1$u\n"
    "Content-Type: text/plain\n"
    "\n"
    "This is the mail system at host mx.harbour.example.\n"
    "\n"
    "<member%1$u@example.net>: host mail.example.net[192.0.2.1] said: 550 5.1.1\n"
    "    <member%1$u@example.net>: User unknown (in reply to RCPT TO command)\n"
    "\n"
    "--b%1$u\n"
    "Content-Type: message/delivery-status\n"
    "\n"
    "Reporting-MTA: dns; mx.harbour.example\n"
    "\n"
    "Final-Recipient: rfc822; member%1$u@example.net\n"
    "Action: failed\n"
    "Status: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <member%1$u@example.net>: User unknown\n"
    "\n"
    "--b%1$u\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "From: list@harbour.example\n"
    "To: member%1$u@example.net\n"
    "Subject: News of the harbour\n"
    "\n";

static GString *
make_chunk (void)
{
  GString *chunk = g_string_new (NULL);

  for (guint i = 0; i < CHUNK_MESSAGES; i++)
    {
      g_string_append_printf (chunk, mbox_message, i);
      for (guint line = 0; line < i; line++)
        g_string_append (chunk, "The ships that came in this week, and what they brought.\n");
      g_string_append_printf (chunk, "\n--b%u--\n\n", i);
    }
  return chunk;
}

static void
write_mbox (int fd, gsize bytes)
{
  g_autoptr (GString) chunk = make_chunk ();
  gsize at = 0;

  for (gsize left = bytes; left > 0;)
    {
      ssize_t n = write (fd, chunk->str + at, MIN (left, chunk->len - at));

      if (n < 0 && errno != EINTR)
        die ("rebound parse has stopped reading: %s", g_strerror (errno));
      left -= MAX (n, 0);
      at = (at + MAX (n, 0)) % chunk->len;
    }
}

/* Peak memory in MiB. */
static double
batch_memory (guint mebibytes)
{
  const char *const argv[] = { rebound_path (), "parse", "--json", NULL };
  int ends[2];
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    die ("pipe: %s", g_strerror (errno));
  pid = start_process (argv, ends[0]);
  close (ends[0]);
  write_mbox (ends[1], (gsize) mebibytes << 20);
  close (ends[1]);
  return end_process (pid, "rebound parse").ru_maxrss / 1024.0;
}

/* To the peak of a process counts that of this one when it began: so first of all. */
static void
run_batches (void)
{
  if (g_getenv ("BENCH_FULL") != NULL)
    n_batches = G_N_ELEMENTS (batch_sizes);
  for (guint i = 0; i < n_batches; i++)
    batch_peaks[i] = batch_memory (batch_sizes[i]);
}

/* ---- The worst texts ---- */

#define MAIL "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
#define PLAIN MAIL "\nYour message could not be delivered:\n"
#define PARTS(type)                                                                                \
  MAIL "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"          \
       "Content-Type: " type "\n\n"

static const struct
{
  const char *name;
  const char *head;
  const char *unit;
} worst_texts[] = {
  { "a refusal again and again", PLAIN, "550 5.1.1 user unknown " },
  { "the same, a line each", PLAIN, "550 5.1.1 user unknown\n" },
  { "the beginning of a phrase", PLAIN, "user unknow" },
  { "two reasons in turn", PLAIN, "mailbox full spam user unknown blocked " },
  { "recipients and reasons", PLAIN, "<a@b.example>: 550 5.1.1 user unknown\n" },
  { "addresses", PLAIN, "<a@b> " },
  { "addresses, a line each", PLAIN, "<a@b>\n" },
  { "at signs", PLAIN, "@" },
  { "addresses without an end", PLAIN, "a@b." },
  { "angle brackets", PLAIN, "<" },
  { "lines of a reply", PLAIN, "550-\n" },
  { "one line of replies", PLAIN, "550-" },
  { "commands", PLAIN, "RCPT TO:<a@b>\n" },
  { "conversations", PLAIN "<a@b>:\n", "while talking to c.example\n<<< 550 5.1.1 user unknown\n" },
  { "targets", PLAIN, "|/x\ngenerated by a@b\n" },
  { "expressions", PLAIN "Hi. This is the qmail-send program\n",
    "Remote host said: \t \n\t \n\t \n\t \n\t \n\t \n\t \n" },
  { "codes", PLAIN, "5.1.1 " },
  { "digits", PLAIN, "5" },
  { "blank lines", PLAIN, "\n" },
  { "blanks", PLAIN, " " },
  { "delimiters", PLAIN, "--b\n" },
  { "fields", PLAIN, "To: a@b\n" },
  { "encoded words", PLAIN, "=?utf-8?q?=C3=BC?= " },
  { "encoded words in a header", MAIL "X: ", "=?utf-8?q?=C3=BC?=\n " },
  { "undeclared 8-bit bytes", PLAIN, "\xfc\xe9" },
  { "undeclared East Asian text", PLAIN, "\xb0\xa1\xb3\xbf\x82\xa0" },
  { "HTML tags", PARTS ("text/html"), "<b>" },
  { "HTML entities", PARTS ("text/html"), "&amp;" },
  { "HTML tags in turn", PARTS ("text/html"), "<a><br>" },
  { "HTML attributes", PARTS ("text/html") "<b", " a" },
  { "a status of many recipients", PARTS ("message/delivery-status"),
    "Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n" },
  { "a status of many fields", PARTS ("message/delivery-status"), "Status: 5.1.1\n" },
};

static Message worst_messages[G_N_ELEMENTS (worst_texts)];

static Message
make_worst (const char *head, const char *unit)
{
  GString *text = g_string_new (head);

  while (text->len < WORST_BYTES)
    g_string_append (text, unit);
  g_string_append_c (text, '\n');
  return make_message (text->str, text->len); /* the GString itself stays */
}

/* ---- Items ---- */

enum
{
  PARSE,
  ANALYZE,
  JSON,
  IN_THREADS,
  REBOUND,
  EMPTY,
  GMIME,
  WORST,
  N_ITEMS = WORST + G_N_ELEMENTS (worst_texts)
};

static Item items[N_ITEMS] = {
  [PARSE] = { .name = "parse", .run = run_work, .work = parse },
  [ANALYZE] = { .name = "analysis", .run = run_work, .work = analyze },
  [JSON] = { .name = "json", .run = run_work, .work = analyze_json },
  [IN_THREADS] = { .name = "threads", .run = run_threads, .work = analyze },
  [REBOUND] = { .name = "rebound parse", .run = run_processes, .argv = { NULL, "parse" } },
  [EMPTY] = { .name = "true", .run = run_processes, .argv = { "true" } },
  [GMIME] = { .name = "bench --gmime", .run = run_processes, .argv = { NULL, "--gmime" } },
};

static void
prepare_worst (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (worst_texts); i++)
    {
      Item *item = &items[WORST + i];

      worst_messages[i] = make_worst (worst_texts[i].head, worst_texts[i].unit);
      item->name = worst_texts[i].name;
      item->run = run_work;
      item->work = analyze;
      item->message = &worst_messages[i];
      item->per = worst_messages[i].array->len;
    }
}

static void
prepare (const char *self)
{
  for (guint i = PARSE; i <= JSON; i++)
    items[i].per = messages->len;
  for (guint i = REBOUND; i <= GMIME; i++)
    items[i].per = PROCESSES;
  items[IN_THREADS].per = (double) messages->len * THREADS;
  items[REBOUND].argv[0] = rebound_path ();
  items[REBOUND].argv[2] = source_path (ONE_SHOT);
  items[GMIME].argv[0] = self;
  prepare_worst ();
}

static void
shuffle (GRand *random, guint *order, guint n)
{
  for (guint i = n - 1; i > 0; i--)
    {
      guint other = g_rand_int_range (random, 0, i + 1);
      guint kept = order[i];

      order[i] = order[other];
      order[other] = kept;
    }
}

static void
measure (Item *item, guint round)
{
  double start = seconds (CLOCK_MONOTONIC);

  item->cpu[round] = item->run (item) / item->per;
  item->wall[round] = (seconds (CLOCK_MONOTONIC) - start) / item->per;
}

static void
run_rounds (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  guint order[N_ITEMS];

  for (guint i = 0; i < N_ITEMS; i++)
    {
      order[i] = i;
      measure (&items[i], 0); /* to warm up; round 0 overwrites it */
    }
  for (guint round = 0; round < ROUNDS; round++)
    {
      shuffle (random, order, N_ITEMS);
      for (guint i = 0; i < N_ITEMS; i++)
        measure (&items[order[i]], round);
    }
}

/* ---- Counts of one run ---- */

static int
run_count (const char *name)
{
  for (guint i = PARSE; i <= JSON; i++)
    if (strcmp (items[i].name, name) == 0)
      {
        for (guint m = 0; m < messages->len; m++)
          items[i].work (&g_array_index (messages, Message, m));
        allocations = 0;
        measured (items[i].work);
        printf ("Allocations : %" G_GUINT64_FORMAT "\n", allocations);
        return EXIT_SUCCESS;
      }
  return EXIT_FAILURE;
}

/* Runs "bench --count ITEM" behind @prefix and reads the number that follows @label, for one
 * message; 0 where there is none, or no @label. */
static double
count (const char *const *prefix, const char *self, const char *item, const char *label)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *out = NULL;
  g_autofree char *errors = NULL;
  const char *found = NULL;

  for (; *prefix != NULL; prefix++)
    g_ptr_array_add (argv, (gpointer) *prefix);
  g_ptr_array_add (argv, (gpointer) self);
  g_ptr_array_add (argv, (gpointer) "--count");
  g_ptr_array_add (argv, (gpointer) item);
  for (char **folder = folders; *folder != NULL; folder++)
    g_ptr_array_add (argv, *folder);
  g_ptr_array_add (argv, NULL);
  if (label != NULL
      && g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
                       &errors, NULL, NULL))
    found = strstr (out, label) != NULL ? strstr (out, label) : strstr (errors, label);
  return found != NULL ? g_ascii_strtod (found + strlen (label), NULL) / messages->len : 0;
}

/* GLib before 2.76 hands out small blocks of its own, unless told not to. */
static const char *const count_allocations[] = { "env", "G_SLICE=always-malloc", NULL };
static const char *const count_instructions[] = { "valgrind", "--tool=callgrind",
                                                  "--callgrind-out-file=/dev/null",
                                                  "--toggle-collect=measured", NULL };

/* ---- The table ---- */

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (const double *values)
{
  double sorted[ROUNDS];

  memcpy (sorted, values, sizeof sorted);
  qsort (sorted, ROUNDS, sizeof *sorted, compare);
  return sorted[ROUNDS / 2];
}

static double
median_ratio (const double *over, const double *under)
{
  double ratios[ROUNDS];

  for (guint i = 0; i < ROUNDS; i++)
    ratios[i] = over[i] / under[i];
  return median (ratios);
}

static guint
worst_item (void)
{
  guint worst = WORST;

  for (guint i = WORST; i < N_ITEMS; i++)
    if (median (items[i].cpu) > median (items[worst].cpu))
      worst = i;
  return worst;
}

/* 0 is what could not be measured. */
static void
print_line (const char *what, double value, int digits, const char *unit)
{
  printf ("  %-62s", what);
  if (value == 0)
    printf ("%s", "not available");
  else
    printf ("%.*f%s", digits, value, unit);
  putchar ('\n');
}

static const struct
{
  const char *what;
  guint over;
  guint under;
  gboolean wall;
} ratios[] = {
  { "analysis / GMime's bare parse, CPU", ANALYZE, PARSE, FALSE },
  { "analysis and JSON / GMime's bare parse, CPU", JSON, PARSE, FALSE },
  { "1 thread / 2 threads, time for a message", ANALYZE, IN_THREADS, TRUE },
  { "2 threads / 1 thread, CPU for a message", IN_THREADS, ANALYZE, FALSE },
  { "rebound parse FILE / an empty program, CPU", REBOUND, EMPTY, FALSE },
  { "rebound parse FILE / a program that only starts GMime, CPU", REBOUND, GMIME, FALSE },
};

static const struct
{
  const char *what;
  guint item;
} times[] = {
  { "GMime's bare parse of a message", PARSE },  { "analysis of a message", ANALYZE },
  { "analysis and JSON of a message", JSON },    { "an empty program", EMPTY },
  { "a program that only starts GMime", GMIME }, { "rebound parse FILE", REBOUND },
};

static void
print_ratios (void)
{
  double ordinary = median (items[ANALYZE].cpu) * messages->len / total_bytes;

  for (guint i = 0; i < G_N_ELEMENTS (ratios); i++)
    {
      const Item *over = &items[ratios[i].over], *under = &items[ratios[i].under];
      double ratio = ratios[i].wall ? median_ratio (over->wall, under->wall)
                                    : median_ratio (over->cpu, under->cpu);

      print_line (ratios[i].what, ratio, 2, "");
    }
  print_line ("worst text / these messages, analysis, CPU for a byte",
              median (items[worst_item ()].cpu) / ordinary, 2, "");
  print_line ("memory for the largest mbox / for that of 64 MiB",
              batch_peaks[n_batches - 1] / batch_peaks[0], 2, "");
}

/* Both counts, and last their ratio. */
static void
print_counts (const char *what, const char *const *prefix, const char *self, const char *label)
{
  static const struct
  {
    const char *name;
    const char *item;
  } counted[] = { { "GMime's bare parse", "parse" },
                  { "analysis", "analysis" },
                  { "analysis and JSON", "json" } };
  double bare = 0;

  printf ("\n%s for a message\n", what);
  for (guint i = 0; i < G_N_ELEMENTS (counted); i++)
    {
      double n = count (prefix, self, counted[i].item, label);

      bare = i == 0 ? n : bare;
      print_line (counted[i].name, n, 0, "");
      if (i > 0 && bare > 0)
        print_line ("  / GMime's bare parse", n / bare, 2, "");
    }
}

static void
print_times (void)
{
  printf ("\nCPU on this machine of %u processors\n", g_get_num_processors ());
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    print_line (times[i].what, median (items[times[i].item].cpu) * 1e6, 0, " µs");
  puts ("\nAnalysis of 512 KiB of the worst, CPU for a byte");
  print_line ("(these messages)", median (items[ANALYZE].cpu) * messages->len / total_bytes * 1e9,
              1, " ns");
  for (guint i = WORST; i < N_ITEMS; i++)
    print_line (items[i].name, median (items[i].cpu) * 1e9, 1, " ns");
}

static void
print_memory (void)
{
  puts ("\nPeak memory of rebound parse --json, from a pipe");
  for (guint i = 0; i < n_batches; i++)
    {
      g_autofree char *what = g_strdup_printf ("an mbox of %u MiB", batch_sizes[i]);

      print_line (what, batch_peaks[i], 1, " MiB");
    }
}

static void
start_library (void)
{
  g_mime_init ();
  analyzer = rebound_analyzer_new (NULL, NULL);
  load_messages ();
}

static int
bench (const char *self)
{
  setvbuf (stdout, NULL, _IOLBF, 0);
  signal (SIGPIPE, SIG_IGN);
  run_batches ();
  start_library ();
  prepare (self);
  run_rounds ();
  printf ("Ratios; medians of %d rounds over %u messages, %.1f KiB each\n", ROUNDS, messages->len,
          total_bytes / 1024.0 / messages->len);
  print_ratios ();
  print_counts ("Instructions", count_instructions, self, "Collected : ");
  print_counts ("Allocations", count_allocations, self,
                COUNTS_ALLOCATIONS ? "Allocations : " : NULL);
  print_memory ();
  print_times ();
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--gmime") == 0)
    {
      g_mime_init ();
      return EXIT_SUCCESS;
    }
  if (argc > 2 && strcmp (argv[1], "--count") == 0)
    {
      folders = argv + 3;
      start_library ();
      return run_count (argv[2]);
    }
  folders = argv + 1;
  return bench (argv[0]);
}

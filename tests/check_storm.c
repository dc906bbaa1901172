/* Rebound: tests of the storm guard, on each database that is there, as tests/check_store.c has
 * them: three histories that happened, and each threshold.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "history/store-private.h"
#include "suite.h"

#define HOUR G_GINT64_CONSTANT (3600)
#define DAY (24 * HOUR)
/* A midnight: 2026-11-01. */
#define START G_GINT64_CONSTANT (1793491200)

#define LIST "news@lists.example.org"

/* ---- The databases ------------------------------------------------------------------------ */

static char *urls[3];
static int n_urls;
static char *folder;
static ReboundAnalyzer *analyzer;

static void
assert_good (gboolean good, const GError *error)
{
  ck_assert_msg (good, "%s", error != NULL ? error->message : "no error");
}

static void
remove_files (void)
{
  g_autoptr (GDir) files = g_dir_open (folder, 0, NULL);

  for (const char *name = g_dir_read_name (files); name != NULL; name = g_dir_read_name (files))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
}

static void
empty_schema (const char *url)
{
  static const char *const statements[] = { "DROP SCHEMA public CASCADE", "CREATE SCHEMA public" };
  ReboundDatabase *database = rebound_store_open_database (url, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    ck_assert (database->klass->run (database, statements[i], NULL, 0, NULL, NULL, NULL, NULL));
  database->klass->close (database);
}

static ReboundPolicy *
policy_of (const char *settings)
{
  g_autofree char *path = g_build_filename (folder, "policy.conf", NULL);
  g_autofree char *text = g_strdup_printf ("[policy]\n%s\n", settings);
  g_autoptr (GError) error = NULL;
  ReboundPolicy *policy;

  ck_assert (g_file_set_contents (path, text, -1, NULL));
  policy = rebound_policy_new_from_file (path, &error);
  assert_good (policy != NULL, error);
  return policy;
}

static ReboundStore *
open_again (int i, const char *settings)
{
  g_autoptr (ReboundPolicy) policy = policy_of (settings);
  g_autoptr (GError) error = NULL;
  ReboundStore *store = rebound_store_open (urls[i], policy, &error);

  assert_good (store != NULL, error);
  return store;
}

static ReboundStore *
open_new (int i, const char *settings)
{
  if (g_str_has_prefix (urls[i], "postgresql:"))
    empty_schema (urls[i]);
  else
    remove_files ();
  return open_again (i, settings);
}

static gint64
ask (ReboundStore *store, const char *sql)
{
  g_autoptr (GError) error = NULL;
  gint64 number = -1;
  gboolean good = rebound_store_ask (store, sql, NULL, 0, &number, &error);

  assert_good (good, error);
  return number;
}

static gint64
n_held (ReboundStore *store)
{
  return ask (store, "SELECT COUNT (*) FROM events WHERE held IS NOT NULL");
}

static gint64
n_open (ReboundStore *store)
{
  return ask (store, "SELECT COUNT (*) FROM storms WHERE ended IS NULL");
}

/* ---- What servers write ------------------------------------------------------------------- */

/* Of a server that names the host that refused, for a message of the list. "%s" of the words is the
 * address. */
static ReboundReport *
report_of (const char *address, const char *host, const char *words, const char *message_id)
{
  static guint number;
  g_auto (GStrv) parts = g_strsplit (words, "%s", -1);
  g_autofree char *said = g_strjoinv (address, parts);
  g_autofree char *text = g_strdup_printf (
      "Return-Path: <>\n"
      "From: Mail Delivery System <MAILER-DAEMON@lists.example.org>\n"
      "To: news-bounces@lists.example.org\n"
      "Subject: Undelivered Mail Returned to Sender\n"
      "Message-ID: <%u@lists.example.org>\n"
      "MIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n"
      "\n"
      "--b1\n"
      "Content-Type: message/delivery-status\n"
      "\n"
      "Reporting-MTA: dns; lists.example.org\n"
      "\n"
      "Final-Recipient: rfc822; %s\n"
      "Action: failed\n"
      "Remote-MTA: dns; %s\n"
      "Diagnostic-Code: smtp; %s\n"
      "\n"
      "--b1\n"
      "Content-Type: text/rfc822-headers\n"
      "\n"
      "From: news@lists.example.org\n"
      "Message-ID: <%s>\n"
      "List-Id: <news.lists.example.org>\n"
      "\n"
      "--b1--\n",
      number++, address, host, said, message_id);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  ReboundReport *report = rebound_analyzer_analyze (analyzer, bytes, NULL, &error);

  assert_good (report != NULL, error);
  ck_assert_uint_eq (report->recipients->len, 1);
  return report;
}

static void
record (ReboundStore *store, const ReboundReport *report, gint64 received)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;
  gboolean good = rebound_store_record (store, report, LIST, received, &n, &error);

  assert_good (good, error);
  ck_assert_uint_eq (n, 1);
}

/* ---- What is due -------------------------------------------------------------------------- */

/* A step, as the list manager keeps it until he has done it. */
typedef struct
{
  char *id;
  char *address; /* NULL of a storm */
  ReboundStep step;
  char *about; /* of a storm: "kind key: reason, provider" */
} Task;

static void
task_clear (gpointer data)
{
  Task *self = data;

  g_free (self->id);
  g_free (self->address);
  g_free (self->about);
}

static gboolean
add_task (const ReboundDue *due, gpointer data)
{
  Task task = { g_strdup (due->id), g_strdup (due->address), due->step, NULL };

  if (due->storm != NULL)
    task.about = g_strdup_printf ("%s %s: %s, %s", due->storm, due->key, due->reason,
                                  due->provider != NULL ? due->provider : "-");
  g_array_append_val ((GArray *) data, task);
  return TRUE;
}

static GArray *
tasks_at (ReboundStore *store, gint64 now)
{
  GArray *tasks = g_array_new (FALSE, FALSE, sizeof (Task));
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_array_set_clear_func (tasks, task_clear);
  good = rebound_store_due (store, NULL, now, add_task, tasks, &error);
  assert_good (good, error);
  return tasks;
}

static void
acknowledge (ReboundStore *store, const char *id, ReboundHeld held, gint64 now)
{
  g_autoptr (GError) error = NULL;
  gboolean good = rebound_store_acknowledge (store, id, held, now, &error);

  assert_good (good, error);
}

/* The steps of members, and of storms, that are due. */
static void
assert_tasks (ReboundStore *store, gint64 now, guint of_members, guint of_storms)
{
  g_autoptr (GArray) tasks = tasks_at (store, now);
  guint n[2] = { 0, 0 };

  for (guint i = 0; i < tasks->len; i++)
    n[g_array_index (tasks, Task, i).address == NULL]++;
  ck_assert_uint_eq (n[0], of_members);
  ck_assert_uint_eq (n[1], of_storms);
}

static char *
storm_id (ReboundStore *store, gint64 now)
{
  g_autoptr (GArray) tasks = tasks_at (store, now);

  for (guint i = 0; i < tasks->len; i++)
    if (g_array_index (tasks, Task, i).address == NULL)
      return g_strdup (g_array_index (tasks, Task, i).id);
  ck_abort_msg ("no storm");
}

static void
say_problem (const char *what, gpointer data)
{
  g_string_append_printf (data, "%s\n", what);
}

static void
close_whole (ReboundStore *store, gint64 now)
{
  g_autoptr (GString) problems = g_string_new (NULL);

  ck_assert (rebound_store_check (store, now, say_problem, problems, NULL));
  ck_assert_str_eq (problems->str, "");
  rebound_store_free (store);
}

/* ---- Three histories ---------------------------------------------------------------------- */

#define N_PEOPLE 2000
#define N_SMALL 250
#define N_DAYS 24
#define STORM_DAY 9
#define QUIET_DAY 15

/* Where the members are, in percent, and what is answered there for who is not. */
typedef struct
{
  const char *name;
  guint percent;
  const char *host;
  const char *unknown;
} Place;

typedef enum
{
  GMAIL,
  YAHOO,
  HOTMAIL,
  COMCAST,
  XS4ALL,
  SMALL,
} Where;

/* As these wrote; Google's of December 2020. */
static const Place places[] = {
  { "gmail.com", 40, "gmail-smtp-in.l.google.com",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 "
    "double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. "
    "Learn "
    "more at 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser y128si147264pfg.177 - gsmtp" },
  { "yahoo.com", 20, "mta5.am0.yahoodns.net",
    "554 delivery error: dd This user doesn't have a yahoo.com account (%s) [0] - "
    "mta1234.mail.bf1.yahoo.com" },
  { "hotmail.com", 12, "hotmail-com.olc.protection.outlook.com",
    "550 5.5.0 Requested action not taken: mailbox unavailable" },
  { "comcast.net", 8, "mx1.comcast.net", "550 5.1.1 Not our Customer" },
  { "xs4all.nl", 2, "mx1.xs4all.nl", "550 5.1.1 <%s>: Recipient address rejected: User unknown" },
  { NULL, 18, NULL, "550 5.1.1 <%s>: Recipient address rejected: User unknown" },
};

typedef struct
{
  char *address;
  char *host;
  Where where;
  int dies; /* the day, N_DAYS for never */
  int gone; /* the day on which he is taken off, N_DAYS for not yet */
} Person;

/* What a person's server answers to a post while it storms; NULL where it takes it. */
typedef const char *(*Storm) (const Person *person, GRand *rand);

typedef struct
{
  const char *what;
  int last_day;
  int first_hour; /* of the day; both posts, or the second */
  Storm storm;
  const char *told; /* what the owner is told of, in the order of the alphabet */
} History;

typedef struct
{
  ReboundStore *store;
  const History *history;
  GRand *rand;
  Person people[N_PEOPLE];
  GHashTable *by_address;
  GPtrArray *told;
} World;

static Where
place_of (guint i)
{
  guint percent = i * 100 / N_PEOPLE;
  Where where = GMAIL;

  while (percent >= places[where].percent)
    percent -= places[where++].percent;
  return where;
}

/* Every 60th dies in the first week, every 90th while it storms, every 120th afterwards. */
static int
death_of (guint i)
{
  if (i % 60 == 7)
    return (int) (i / 60 % 7);
  if (i % 90 == 11)
    return STORM_DAY;
  return i % 120 == 13 ? QUIET_DAY : N_DAYS;
}

static void
populate (World *world)
{
  world->by_address = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      Person *person = &world->people[i];
      Where where = place_of (i);
      g_autofree char *small = g_strdup_printf ("d%03u.example", i % N_SMALL);
      const char *domain = places[where].name != NULL ? places[where].name : small;

      person->address = g_strdup_printf ("m%04u@%s", i, domain);
      person->host = places[where].host != NULL ? g_strdup (places[where].host)
                                                : g_strdup_printf ("mx.%s", domain);
      person->where = where;
      person->dies = death_of (i);
      person->gone = N_DAYS;
      g_hash_table_insert (world->by_address, person->address, person);
    }
}

/* One in 500 fails for a while, wherever he is. */
static const char *
background (GRand *rand)
{
  static const char *const words[] = {
    "552 5.2.2 <%s>: mailbox full",
    "450 4.2.0 <%s>: Recipient address rejected: Greylisted",
    "451 4.3.0 Temporary lookup failure",
    "550 5.7.1 Message content rejected, UBE, id=04418-02",
  };

  if (g_rand_int_range (rand, 0, 500) > 0)
    return NULL;
  return words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))];
}

static const char *
answer (World *world, const Person *person, int day, int hour)
{
  const History *history = world->history;
  gboolean storms = day >= STORM_DAY && day <= history->last_day && hour >= history->first_hour;
  const char *words = storms ? history->storm (person, world->rand) : NULL;

  if (words != NULL)
    return words;
  return day >= person->dies ? places[person->where].unknown : background (world->rand);
}

typedef struct
{
  gint64 at;
  const Person *person;
  const char *words;
} Bounce;

static int
compare_bounces (gconstpointer a, gconstpointer b)
{
  gint64 left = ((const Bounce *) a)->at, right = ((const Bounce *) b)->at;

  return (left > right) - (left < right);
}

/* A message to all, and what comes back of it within the hour. */
static void
post (World *world, int day, int hour)
{
  g_autofree char *id = g_strdup_printf ("post-%d-%d@lists.example.org", day, hour);
  g_autoptr (GArray) bounces = g_array_new (FALSE, FALSE, sizeof (Bounce));

  for (guint i = 0; i < N_PEOPLE; i++)
    {
      const Person *person = &world->people[i];
      Bounce bounce = { .person = person };

      if (person->gone < N_DAYS || (bounce.words = answer (world, person, day, hour)) == NULL)
        continue;
      bounce.at = START + day * DAY + hour * HOUR + g_rand_int_range (world->rand, 0, HOUR);
      g_array_append_val (bounces, bounce);
    }
  g_array_sort (bounces, compare_bounces);
  ck_assert (rebound_store_begin (world->store, NULL));
  for (guint i = 0; i < bounces->len; i++)
    {
      const Bounce *bounce = &g_array_index (bounces, Bounce, i);
      g_autoptr (ReboundReport) report =
          report_of (bounce->person->address, bounce->person->host, bounce->words, id);

      record (world->store, report, bounce->at);
    }
  ck_assert (rebound_store_commit (world->store, NULL));
}

/* Nobody is bothered who lives. */
static void
manage (World *world, int day, int hour)
{
  gint64 now = START + day * DAY + hour * HOUR;
  g_autoptr (GArray) tasks = tasks_at (world->store, now);

  for (guint i = 0; i < tasks->len; i++)
    {
      Task *task = &g_array_index (tasks, Task, i);
      Person *person =
          task->address != NULL ? g_hash_table_lookup (world->by_address, task->address) : NULL;

      if (person != NULL)
        ck_assert_msg (day >= person->dies, "day %d: %s for %s, who lives", day,
                       rebound_step_to_string (task->step), task->address);
      else
        g_ptr_array_add (world->told, g_steal_pointer (&task->about));
      if (person != NULL && task->step == REBOUND_STEP_UNSUBSCRIBE)
        person->gone = day;
      acknowledge (world->store, task->id, REBOUND_HELD_KEEP, now);
    }
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Before the storm, and after it, the dead have gone; the owner knows. */
static void
assert_world (const World *world)
{
  g_autofree char *told = NULL;

  for (guint i = 0; i < N_PEOPLE; i++)
    {
      const Person *person = &world->people[i];
      int last = person->dies < STORM_DAY ? STORM_DAY - 1 : N_DAYS - 1;

      if (person->dies < N_DAYS)
        ck_assert_msg (person->gone <= last, "%s, dead since day %d, went on %d", person->address,
                       person->dies, person->gone);
      else
        ck_assert_int_eq (person->gone, N_DAYS);
    }
  g_ptr_array_sort (world->told, compare_strings);
  g_ptr_array_add (world->told, NULL);
  told = g_strjoinv ("\n", (char **) world->told->pdata);
  ck_assert_msg (g_str_equal (told, world->history->told), "%s: told of\n%s\nnot\n%s",
                 world->history->what, told, world->history->told);
}

static void
clear_world (World *world)
{
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      g_free (world->people[i].address);
      g_free (world->people[i].host);
    }
  g_hash_table_unref (world->by_address);
  g_ptr_array_unref (world->told);
  g_rand_free (world->rand);
  g_free (world);
}

static void
live (int database, const History *history)
{
  World *world = g_new0 (World, 1);

  world->store = open_new (database, "preset = default");
  world->history = history;
  world->rand = g_rand_new_with_seed (2014);
  world->told = g_ptr_array_new_with_free_func (g_free);
  populate (world);
  for (int day = 0; day < N_DAYS; day++)
    for (int hour = 10; hour <= 16; hour += 6)
      {
        post (world, day, hour);
        manage (world, day, hour + 2);
      }
  assert_world (world);
  ck_assert_int_gt (n_held (world->store), 0);
  ck_assert_int_eq (n_open (world->store), 0);
  close_whole (world->store, START + N_DAYS * DAY);
  clear_world (world);
}

/* April 2014: two posts of one who writes from yahoo.com, the day after its policy has changed. As
 * far as these refused then, and some small ones that say it in their own words. */
static const char *
dmarc (const Person *person, GRand *rand)
{
  static const char *const words[] = {
    [GMAIL] =
        "550-5.7.1 Unauthenticated email from yahoo.com is not accepted due to domain's "
        "550-5.7.1 DMARC policy. Please contact administrator of yahoo.com domain if this was "
        "550 5.7.1 a legitimate mail. 100si2781324qgv.4 - gsmtp",
    [YAHOO] = "554 5.7.9 Message not accepted for policy reasons. See "
              "http://postmaster.yahoo.com/errors/postmaster-28.html",
    [HOTMAIL] = "550 5.7.0 (COL0-MC6-F31) Unfortunately, messages from (192.0.2.80) on behalf of "
                "(yahoo.com) could not be delivered due to domain owner policy restrictions.",
    [COMCAST] = "550 5.2.0 meQj1n01053u42A0HeQj3v Message rejected due to DMARC. Please see "
                "http://postmaster.comcast.net/smtp-error-codes.php#DM000001",
    [XS4ALL] = "550 5.7.1 DMARC failure for domain yahoo.com, policy reject",
  };
  static const char *const others[] = {
    "550 5.7.1 Email rejected per DMARC policy for yahoo.com",
    "550 5.1.1 <%s>: Recipient address rejected",
    "554 5.0.0 rejected",
  };

  if (person->where == SMALL)
    return g_rand_int_range (rand, 0, 8) == 0 ? others[g_rand_int_range (rand, 0, 3)] : NULL;
  return g_rand_int_range (rand, 0, 3) == 0 ? words[person->where] : NULL;
}

/* Four days on a blocklist: some say so, some say that nobody is there, some say nothing. */
static const char *
blocklist (const Person *person, GRand *rand)
{
  static const char *const others[] = {
    "554 5.7.1 Service unavailable; Client host [192.0.2.80] blocked using zen.spamhaus.org",
    "554 5.7.1 Service unavailable; Client host [192.0.2.80] blocked using bl.spamcop.net",
    "550 5.1.1 <%s>: Recipient address rejected: Spamhaus",
    "550 5.1.1 <%s>: Recipient address rejected",
    "550 Administrative prohibition",
    "554 5.0.0 rejected",
  };

  switch (person->where)
    {
    case HOTMAIL:
      return "550 5.7.1 Unfortunately, messages from [192.0.2.80] weren't sent. Please contact "
             "your "
             "Internet service provider since part of their network is on our block list (S3140).";
    case COMCAST:
    case XS4ALL:
      return "554 5.7.1 192.0.2.80 blocked. Please see http://www.spamhaus.org/query/ip/192.0.2.80";
    case SMALL:
      return others[g_rand_int_range (rand, 0, G_N_ELEMENTS (others))];
    default:
      return NULL;
    }
}

/* December 2020: for hours, nobody is there. */
static const char *
nobody (const Person *person, G_GNUC_UNUSED GRand *rand)
{
  return person->where == GMAIL ? places[GMAIL].unknown : NULL;
}

START_TEST (a_dmarc_change)
{
  static const History history = { "DMARC", STORM_DAY, 10, dmarc,
                                   "reason auth-failed: auth-failed, google" };

  live (_i, &history);
}
END_TEST

START_TEST (a_server_on_a_blocklist)
{
  static const History history = { "blocklist", STORM_DAY + 3, 10, blocklist,
                                   "reason blocked: blocked, comcast" };

  live (_i, &history);
}
END_TEST

START_TEST (a_provider_who_knows_nobody_for_an_hour)
{
  static const History history = { "5.1.1", STORM_DAY, 16, nobody,
                                   "provider google: user-unknown, google" };

  live (_i, &history);
}
END_TEST

/* ---- Thresholds --------------------------------------------------------------------------- */

/* With one of the four alone. */
#define GUARD(MESSAGE, REASON, PROVIDER, SHARE)                                                    \
  "preset = esp\ngrace = 1d\nstorm-window = 6h\nstorm-jump = 4\n"                                  \
  "storm-message = " MESSAGE "\nstorm-reason = " REASON "\n"                                       \
  "storm-provider = " PROVIDER "\nstorm-share = " SHARE

#define DEAD "550 5.1.1 <%s>: Recipient address rejected: User unknown"
#define DMARC "550 5.7.1 Email rejected per DMARC policy for yahoo.com"
#define ODD "554 5.0.0 rejected"

/* What fails for one member after the other. */
typedef struct
{
  const char *what;
  const char *settings;
  guint n;             /* members of a storm */
  gboolean one_domain; /* or each has one of his own */
  gboolean one_message;
  const char *words;
} Threshold;

static const Threshold thresholds[] = {
  { "message", GUARD ("5", "0", "0", "0%"), 5, FALSE, TRUE, ODD },
  { "reason", GUARD ("0", "5", "0", "0%"), 5, FALSE, FALSE, DMARC },
  { "provider", GUARD ("0", "0", "5", "0%"), 5, TRUE, FALSE, DEAD },
  { "share", GUARD ("0", "0", "0", "30%"), 12, FALSE, TRUE, DEAD },
};

/* Of 40 members 12 are 30 %. */
static void
note_sent (ReboundStore *store)
{
  ck_assert (rebound_store_note_sent (store, LIST, "same@lists.example.org", 40, START, NULL));
}

static void
set_grade (ReboundReport *report, ReboundGrade grade)
{
  ReboundRecipient *recipient = g_ptr_array_index (report->recipients, 0);

  recipient->grade = grade;
}

static void
fail_graded (ReboundStore *store, const Threshold *threshold, guint who, ReboundGrade grade,
             gint64 when)
{
  g_autofree char *host =
      threshold->one_domain ? g_strdup ("one.example") : g_strdup_printf ("d%u.example", who);
  g_autofree char *address = g_strdup_printf ("m%u@%s", who, host);
  g_autofree char *id =
      threshold->one_message
          ? g_strdup ("same@lists.example.org")
          : g_strdup_printf ("%u-%" G_GINT64_FORMAT "@lists.example.org", who, when);
  g_autoptr (ReboundReport) report = report_of (address, host, threshold->words, id);

  set_grade (report, grade);
  record (store, report, when);
}

static void
fail_one (ReboundStore *store, const Threshold *threshold, guint who, gint64 when)
{
  fail_graded (store, threshold, who, REBOUND_GRADE_NONE, when);
}

static void
fail_many (ReboundStore *store, const Threshold *threshold, guint from, guint n, gint64 when)
{
  for (guint i = 0; i < n; i++)
    fail_one (store, threshold, from + i, when + i);
}

static void
each_threshold (int database, void (*check) (ReboundStore *, const Threshold *))
{
  for (guint i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      ReboundStore *store = open_new (database, thresholds[i].settings);

      note_sent (store);
      check (store, &thresholds[i]);
      close_whole (store, START + 30 * DAY);
    }
}

/* One member more, and those before are held too; what was to be done is not. */
static void
check_threshold (ReboundStore *store, const Threshold *threshold)
{
  fail_many (store, threshold, 0, threshold->n - 1, START + 10 * HOUR);
  fail_one (store, threshold, 0, START + 11 * HOUR); /* whom it knows already */
  ck_assert_msg (n_held (store) == 0, "%s", threshold->what);
  fail_one (store, threshold, threshold->n, START + 12 * HOUR);
  ck_assert_msg (n_held (store) == threshold->n + 1, "%s: %d", threshold->what,
                 (int) n_held (store));
  fail_one (store, threshold, threshold->n + 1, START + 13 * HOUR);
  ck_assert_int_eq (n_held (store), threshold->n + 2);
  assert_tasks (store, START + 5 * DAY, 0, 1);
  ck_assert_int_eq (ask (store, "SELECT held FROM storms"), threshold->n + 2);
  ck_assert_int_eq (ask (store, "SELECT members FROM storms"), threshold->n + 1);
}

START_TEST (one_less_is_no_storm)
{
  each_threshold (_i, check_threshold);
}
END_TEST

static void
check_window (ReboundStore *store, const Threshold *threshold)
{
  for (guint i = 0; i < 3 * threshold->n; i++)
    fail_one (store, threshold, i, START + i * 2 * HOUR);
  ck_assert_msg (n_held (store) == 0, "%s", threshold->what);
  assert_tasks (store, START + HOUR, 0, 0);
}

/* Anybody can write reports that nothing proves: however many, what is signed counts, be it before
 * them or after, and of the same member too. With many that are signed all are held. */
static void
check_unproven (ReboundStore *store, const Threshold *threshold)
{
  guint n = threshold->n;

  fail_graded (store, threshold, 0, REBOUND_GRADE_A, START);
  for (guint i = 0; i < n; i++)
    fail_graded (store, threshold, i, REBOUND_GRADE_C, START + HOUR + i);
  fail_graded (store, threshold, n, REBOUND_GRADE_A, START + 2 * HOUR);
  ck_assert_msg (n_held (store) == n, "%s: %d", threshold->what, (int) n_held (store));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM events WHERE grade = 1 AND held IS NULL"),
                    2);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM storms WHERE kind LIKE 'unproven-%'"), 1);
  for (guint i = 1; i < n; i++)
    fail_graded (store, threshold, i, REBOUND_GRADE_A, START + 3 * HOUR + i);
  fail_graded (store, threshold, n + 1, REBOUND_GRADE_C, START + 4 * HOUR);
  ck_assert_msg (n_held (store) == 2 * n + 2, "%s: %d", threshold->what, (int) n_held (store));
}

START_TEST (what_is_proven_is_not_held_for_the_rest)
{
  each_threshold (_i, check_unproven);
}
END_TEST

START_TEST (what_is_spread_is_no_storm)
{
  each_threshold (_i, check_window);
}
END_TEST

static void
check_end (ReboundStore *store, const Threshold *threshold)
{
  fail_many (store, threshold, 0, threshold->n, START + 10 * HOUR);
  ck_assert_int_eq (n_held (store), threshold->n);
  fail_one (store, threshold, 100, START + 17 * HOUR);
  ck_assert_msg (n_held (store) == threshold->n, "%s", threshold->what);
  ck_assert_int_eq (n_open (store), 0);
  ck_assert_int_eq (ask (store, "SELECT ended FROM storms"), START + 16 * HOUR + threshold->n - 1);
}

START_TEST (it_ends_by_itself)
{
  each_threshold (_i, check_end);
}
END_TEST

/* It is told of once, though it sleeps at night. */
static void
check_sleep (ReboundStore *store, const Threshold *threshold)
{
  for (guint day = 0; day < 3; day++)
    fail_many (store, threshold, 0, threshold->n, START + day * DAY + 10 * HOUR);
  ck_assert_msg (n_held (store) == 3 * threshold->n, "%s: %d", threshold->what,
                 (int) n_held (store));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM storms"), 1);
  assert_tasks (store, START + 5 * DAY, 0, 1);
}

START_TEST (it_sleeps_at_night)
{
  each_threshold (_i, check_sleep);
}
END_TEST

/* What was held counts, what still comes counts too, and nobody is told again. */
static void
check_release (ReboundStore *store, const Threshold *threshold)
{
  gboolean dead = g_str_equal (threshold->words, DEAD);
  g_autofree char *id = NULL;

  fail_many (store, threshold, 0, threshold->n, START + 10 * HOUR);
  id = storm_id (store, START + 11 * HOUR);
  for (guint twice = 0; twice < 2; twice++)
    acknowledge (store, id, REBOUND_HELD_RELEASE, START + 11 * HOUR);
  ck_assert_int_eq (n_held (store), 0);
  assert_tasks (store, START + 5 * DAY, dead ? threshold->n : 0, 0);
  fail_many (store, threshold, 100, threshold->n, START + 12 * HOUR);
  ck_assert_msg (n_held (store) == 0, "%s", threshold->what);
  assert_tasks (store, START + 5 * DAY, dead ? 2 * threshold->n : 0, 0);
}

START_TEST (what_is_released_counts)
{
  each_threshold (_i, check_release);
}
END_TEST

/* It is over at once, and what was held stays so; another one has to be as large again. */
static void
check_discard (ReboundStore *store, const Threshold *threshold)
{
  g_autofree char *id = NULL;

  fail_many (store, threshold, 0, threshold->n, START + 10 * HOUR);
  id = storm_id (store, START + 11 * HOUR);
  for (guint twice = 0; twice < 2; twice++)
    acknowledge (store, id, REBOUND_HELD_DISCARD, START + 11 * HOUR);
  ck_assert_int_eq (n_open (store), 0);
  fail_many (store, threshold, 100, threshold->n - 1, START + 12 * HOUR);
  ck_assert_msg (n_held (store) == threshold->n, "%s", threshold->what);
  assert_tasks (store, START + HOUR + 11 * HOUR, 0, 0);
  fail_one (store, threshold, 200, START + 13 * HOUR);
  ck_assert_int_eq (n_held (store), 2 * threshold->n);
  assert_tasks (store, START + 5 * DAY, 0, 1);
}

START_TEST (what_is_discarded_never_counts)
{
  each_threshold (_i, check_discard);
}
END_TEST

/* Acknowledged, it goes on holding, and nothing of it ever counts. */
static void
check_keep (ReboundStore *store, const Threshold *threshold)
{
  g_autofree char *id = NULL;

  fail_many (store, threshold, 0, threshold->n, START + 10 * HOUR);
  id = storm_id (store, START + 11 * HOUR);
  acknowledge (store, id, REBOUND_HELD_KEEP, START + 11 * HOUR);
  fail_many (store, threshold, 100, threshold->n, START + 12 * HOUR);
  ck_assert_int_eq (n_held (store), 2 * threshold->n);
  assert_tasks (store, START + 5 * DAY, 0, 0);
}

START_TEST (what_is_acknowledged_stays_held)
{
  each_threshold (_i, check_keep);
}
END_TEST

/* Three each day are usual, so four times as many are a jump, and five are none. */
START_TEST (a_jump_is_more_than_usual)
{
  static const Threshold usual[] = {
    { "reason", GUARD ("0", "5", "0", "0%"), 12, FALSE, FALSE, DMARC },
    { "provider", GUARD ("0", "0", "5", "0%"), 12, TRUE, FALSE, DEAD },
  };

  for (guint i = 0; i < G_N_ELEMENTS (usual); i++)
    {
      ReboundStore *store = open_new (_i, usual[i].settings);
      gint64 when = START + 8 * DAY + 10 * HOUR;

      for (guint day = 0; day < 7; day++)
        fail_many (store, &usual[i], 10 * day, 3, START + day * DAY + 10 * HOUR);
      fail_many (store, &usual[i], 100, 11, when);
      ck_assert_msg (n_held (store) == 0, "%s", usual[i].what);
      fail_one (store, &usual[i], 200, when + HOUR);
      ck_assert_msg (n_held (store) == 12, "%s", usual[i].what);
      close_whole (store, START + 30 * DAY);
    }
}
END_TEST

/* ---- What is none, and what is never held ------------------------------------------------- */

/* 300 dead addresses at 250 domains, some of which are gone, as an old list has them. */
START_TEST (a_stale_list_is_no_storm)
{
  static const char *const words[] = {
    DEAD,
    DEAD,
    DEAD,
    "550 5.1.1 <%s>: user unknown",
    "Host not found: Name service error for name=gone.example type=A",
  };
  ReboundStore *store = open_new (_i, "preset = default");

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *host = g_strdup_printf ("d%u.example", i % 250);
      g_autofree char *address = g_strdup_printf ("m%u@%s", i, host);
      g_autoptr (ReboundReport) report =
          report_of (address, host, words[i % G_N_ELEMENTS (words)], "same@lists.example.org");

      record (store, report, START + i);
    }
  ck_assert_int_eq (n_held (store), 0);
  assert_tasks (store, START + 10 * DAY, 240, 0);
  close_whole (store, START + 10 * DAY);
}
END_TEST

static void
fail_with_grade (ReboundStore *store, guint who, ReboundGrade grade, gint64 when)
{
  g_autofree char *address = g_strdup_printf ("m%u@one.example", who);
  g_autoptr (ReboundReport) report =
      report_of (address, "one.example", DEAD, "same@lists.example.org");

  set_grade (report, grade);
  record (store, report, when);
}

/* What looks forged wakes no storm, and the owner hears of it once in a window. */
START_TEST (doubt_is_told_once)
{
  ReboundStore *store = open_new (_i, "preset = default");

  for (guint i = 0; i < 40; i++)
    fail_with_grade (store, i, REBOUND_GRADE_D, START + i * HOUR / 4);
  ck_assert_int_eq (n_held (store), 0);
  assert_tasks (store, START + 10 * DAY, 0, 1);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM storms WHERE kind = 'doubt'"), 1);
  ck_assert_int_eq (ask (store, "SELECT members FROM storms"), 40);
  fail_with_grade (store, 50, REBOUND_GRADE_D, START + DAY);
  assert_tasks (store, START + 10 * DAY, 0, 2);
  close_whole (store, START + 10 * DAY);
}
END_TEST

/* Who complains or confirms while it storms is heard; so is a policy without a guard. */
START_TEST (only_failures_are_held)
{
  const Threshold *threshold = &thresholds[2];
  ReboundStore *store = open_new (_i, threshold->settings);
  ReboundStore *calm;
  g_autoptr (ReboundReport) report = report_of ("m0@one.example", "one.example", DEAD, "x");
  ReboundRecipient *recipient = g_ptr_array_index (report->recipients, 0);

  fail_many (store, threshold, 0, threshold->n, START + 10 * HOUR);
  report->kind = REBOUND_KIND_COMPLAINT;
  recipient->reason = REBOUND_REASON_COMPLAINT;
  record (store, report, START + 11 * HOUR);
  ck_assert (rebound_store_reset (store, LIST, "m1@one.example", START + 11 * HOUR, NULL));
  ck_assert_int_eq (n_held (store), threshold->n);
  assert_tasks (store, START + 5 * DAY, 1, 1);
  close_whole (store, START + 5 * DAY);

  calm = open_new (_i, "preset = esp\ngrace = 1d\nstorm-window = 0");
  fail_many (calm, threshold, 0, 50, START + 10 * HOUR);
  ck_assert_int_eq (n_held (calm), 0);
  assert_tasks (calm, START + 5 * DAY, 50, 0);
  close_whole (calm, START + 5 * DAY);
}
END_TEST

/* What a member's message opened is no trace of him when he is forgotten; what is old goes. */
START_TEST (nothing_is_kept_for_ever)
{
  const Threshold *threshold = &thresholds[2];
  ReboundStore *store = open_new (_i, threshold->settings);
  guint n = 0;

  fail_many (store, threshold, 0, threshold->n, START + 10 * HOUR);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM tallied"), threshold->n);
  ck_assert (rebound_store_forget (store, LIST, "m1@one.example", NULL));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM tallied"), threshold->n - 1);
  fail_one (store, threshold, 50, START + 12 * DAY);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM tallied"), 1);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM tallies"), 1);
  ck_assert (rebound_store_expire (store, START + 20 * DAY, START + 30 * DAY, &n, NULL));
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM tallies"), 0);
  ck_assert_int_eq (ask (store, "SELECT COUNT (*) FROM storms"), 0);
  close_whole (store, START + 30 * DAY);
}
END_TEST

/* ---- Several at once ---------------------------------------------------------------------- */

#define N_WRITERS 4
#define N_EACH 10

typedef struct
{
  int database;
  guint number;
} Writer;

static gpointer
write_some (gpointer data)
{
  const Writer *writer = data;
  g_autoptr (ReboundPolicy) policy = rebound_policy_new ("default", NULL);
  ReboundStore *store = rebound_store_open (urls[writer->database], policy, NULL);
  guint n = 0;

  for (guint i = 0; i < N_EACH; i++)
    {
      g_autofree char *address = g_strdup_printf ("m%u@one.example", writer->number * 100 + i);
      g_autoptr (ReboundReport) report =
          report_of (address, "one.example", DEAD, "same@lists.example.org");
      guint added = 0;

      if (rebound_store_record (store, report, LIST, START + i, &added, NULL))
        n += added;
    }
  rebound_store_free (store);
  return GUINT_TO_POINTER (n);
}

/* Four hosts see a quarter of it each. */
START_TEST (it_is_one_storm_for_all_hosts)
{
  ReboundStore *store = open_new (_i, "preset = default");
  Writer writers[N_WRITERS];
  GThread *threads[N_WRITERS];
  guint n = 0;

  for (guint i = 0; i < N_WRITERS; i++)
    {
      writers[i] = (Writer){ _i, i };
      threads[i] = g_thread_new ("writer", write_some, &writers[i]);
    }
  for (guint i = 0; i < N_WRITERS; i++)
    n += GPOINTER_TO_UINT (g_thread_join (threads[i]));
  ck_assert_uint_eq (n, N_WRITERS * N_EACH);
  ck_assert_int_eq (n_held (store), N_WRITERS * N_EACH);
  ck_assert_int_eq (ask (store, "SELECT members FROM storms"), N_WRITERS * N_EACH);
  assert_tasks (store, START + 10 * DAY, 0, 1);
  close_whole (store, START + 10 * DAY);
}
END_TEST

/* ---- All ---------------------------------------------------------------------------------- */

static TCase *
new_case (const char *name, const TTest *const *tests)
{
  TCase *self = tcase_create (name);

  for (; *tests != NULL; tests++)
    tcase_add_loop_test (self, *tests, 0, n_urls);
  return self;
}

int
main (void)
{
  const TTest *const histories[] = { a_dmarc_change, a_server_on_a_blocklist,
                                     a_provider_who_knows_nobody_for_an_hour, NULL };
  const TTest *const rules[] = { one_less_is_no_storm,
                                 what_is_proven_is_not_held_for_the_rest,
                                 what_is_spread_is_no_storm,
                                 it_ends_by_itself,
                                 it_sleeps_at_night,
                                 what_is_released_counts,
                                 what_is_discarded_never_counts,
                                 what_is_acknowledged_stays_held,
                                 a_jump_is_more_than_usual,
                                 NULL };
  const TTest *const others[] = { a_stale_list_is_no_storm,      doubt_is_told_once,
                                  only_failures_are_held,        nothing_is_kept_for_ever,
                                  it_is_one_storm_for_all_hosts, NULL };
  const char *modules = g_getenv ("REBOUND_MODULES");
  const char *postgresql = g_getenv ("REBOUND_TEST_POSTGRESQL");
  TCase *cases[4] = { NULL };
  int failed;

  folder = g_dir_make_tmp ("rebound-storm-XXXXXX", NULL);
  analyzer = rebound_analyzer_new (NULL, NULL);
  if (modules == NULL || strstr (modules, "sqlite") != NULL)
    urls[n_urls++] = g_strdup_printf ("sqlite:%s/store.db", folder);
  if (postgresql != NULL)
    urls[n_urls++] = g_strdup (postgresql);
  cases[0] = n_urls > 0 ? new_case ("histories", histories) : NULL;
  cases[1] = new_case ("rules", rules);
  cases[2] = new_case ("others", others);
  failed = run_suite ("storm", cases, NULL, NULL);
  remove_files ();
  g_rmdir (folder);
  rebound_analyzer_unref (analyzer);
  return failed;
}

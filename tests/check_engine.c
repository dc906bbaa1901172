/* Rebound: tests of the decision, by histories that are written down and by random ones.
 *
 * A history is days and what happened on them: "0-4 full" is a full mailbox on each of the first
 * five days, "3:12 unknown@C" an unknown user at noon of the fourth with grade C. The list manager
 * of these tests does each step when it is due; at a dead address its warnings and probes bounce
 * an hour later.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "history/engine.h"
#include "suite.h"

#define HOUR G_GINT64_CONSTANT (3600)
#define DAY (24 * HOUR)

/* 1 January 2026, so that no time is 0. */
#define START (20454 * DAY)

/* ---- The terms of list managers ----------------------------------------------------------- */

static const ReboundCell cells[REBOUND_N_REASONS] = {
  [REBOUND_REASON_USER_UNKNOWN] = { REBOUND_BOUNCE_HARD, REBOUND_FAULT_RECIPIENT,
                                    REBOUND_UNSUBSCRIBE_NOW, 1 },
  [REBOUND_REASON_USER_INACTIVE] = { REBOUND_BOUNCE_HARD, REBOUND_FAULT_RECIPIENT,
                                     REBOUND_UNSUBSCRIBE_COUNT, 1 },
  [REBOUND_REASON_MAILBOX_FULL] = { REBOUND_BOUNCE_SOFT, REBOUND_FAULT_RECIPIENT,
                                    REBOUND_UNSUBSCRIBE_COUNT, 1 },
  [REBOUND_REASON_NETWORK_ERROR] = { REBOUND_BOUNCE_SOFT, REBOUND_FAULT_NETWORK,
                                     REBOUND_UNSUBSCRIBE_COUNT, 0.5 },
  [REBOUND_REASON_EXPIRED] = { REBOUND_BOUNCE_SOFT, REBOUND_FAULT_NETWORK,
                               REBOUND_UNSUBSCRIBE_COUNT, 0 },
  [REBOUND_REASON_AUTH_FAILED] = { REBOUND_BOUNCE_SOFT, REBOUND_FAULT_SENDER,
                                   REBOUND_UNSUBSCRIBE_NEVER, 1 },
  [REBOUND_REASON_COMPLAINT] = { REBOUND_BOUNCE_NONE, REBOUND_FAULT_RECIPIENT,
                                 REBOUND_UNSUBSCRIBE_NOW, 0 },
  [REBOUND_REASON_UNSUBSCRIBE_REQUEST] = { REBOUND_BOUNCE_NONE, REBOUND_FAULT_RECIPIENT,
                                           REBOUND_UNSUBSCRIBE_NOW, 0 },
};

static ReboundTerms
bare_terms (void)
{
  ReboundTerms terms = {
    .resets = REBOUND_RESET_DELIVERY | REBOUND_RESET_AUTO_REPLY | REBOUND_RESET_CONFIRMATION,
    .grace = DAY,
    .complaint = REBOUND_STEP_UNSUBSCRIBE,
    .grades = { [REBOUND_GRADE_NONE] = REBOUND_REACH_UNSUBSCRIBE,
                [REBOUND_GRADE_A] = REBOUND_REACH_UNSUBSCRIBE,
                [REBOUND_GRADE_B] = REBOUND_REACH_UNSUBSCRIBE,
                [REBOUND_GRADE_C] = REBOUND_REACH_SUSPEND,
                [REBOUND_GRADE_D] = REBOUND_REACH_NOTHING },
  };

  memcpy (terms.reasons, cells, sizeof cells);
  return terms;
}

/* "now" is for those who have it; the list managers count each failure alike. */
static ReboundTerms
counting_terms (void)
{
  ReboundTerms terms = bare_terms ();

  terms.reasons[REBOUND_REASON_USER_UNKNOWN].unsubscribe = REBOUND_UNSUBSCRIBE_COUNT;
  return terms;
}

/* Five days with bounces, none of them more than 7 days after the last; three warnings in 7 days
 * each; off. */
static ReboundTerms
mailman_terms (void)
{
  ReboundTerms terms = counting_terms ();

  terms.stale_after = 7 * DAY;
  terms.suspend_at = 5;
  terms.grace = 0;
  terms.warnings = 3;
  terms.warning_interval = 7 * DAY;
  return terms;
}

/* With probes instead: who bounces the probe is suspended. */
static ReboundTerms
mailman_probing_terms (void)
{
  ReboundTerms terms = mailman_terms ();

  terms.suspend_at = 0;
  terms.probe_at = 5;
  terms.probes = 1;
  terms.probe_interval = 10 * DAY;
  terms.probe_bounced = REBOUND_STEP_SUSPEND;
  return terms;
}

/* Bounces for ten days: a warning; that bounces: a probe; that bounces: off. */
static ReboundTerms
ezmlm_terms (void)
{
  ReboundTerms terms = counting_terms ();

  terms.stale_after = 30 * DAY;
  terms.warn_at = 1;
  terms.min_period = 10 * DAY;
  terms.warning_interval = 10 * DAY;
  terms.probes = 1;
  terms.probe_interval = 10 * DAY;
  terms.warning_bounced = REBOUND_STEP_PROBE;
  terms.probe_bounced = REBOUND_STEP_UNSUBSCRIBE;
  return terms;
}

/* A probe at once; cleared after 12 hours; off when it bounces after 5 days. */
static ReboundTerms
mlmmj_terms (void)
{
  ReboundTerms terms = counting_terms ();

  terms.grace = 0;
  terms.probe_at = 1;
  terms.min_period = 5 * DAY;
  terms.probes = 1;
  terms.probe_interval = 12 * HOUR;
  terms.probe_bounced = REBOUND_STEP_UNSUBSCRIBE;
  return terms;
}

/* Ten bounces in ten days; at 45 they are told each week, at 75 they are off. */
static ReboundTerms
sympa_terms (void)
{
  ReboundTerms terms = counting_terms ();

  terms.count_messages = TRUE;
  terms.stale_after = 10 * DAY;
  terms.grace = 0;
  terms.warn_at = 45;
  terms.unsubscribe_at = 75;
  terms.min_bounces = 10;
  terms.min_period = 10 * DAY;
  terms.warning_interval = 7 * DAY;
  return terms;
}

/* Hard at once, soft after several. */
static ReboundTerms
esp_terms (void)
{
  ReboundTerms terms = bare_terms ();

  terms.stale_after = 30 * DAY;
  terms.grace = 0;
  terms.unsubscribe_at = 3;
  return terms;
}

/* All there is. */
static ReboundTerms
full_terms (void)
{
  ReboundTerms terms = bare_terms ();

  terms.decay = 0.25;
  terms.stale_after = 14 * DAY;
  terms.warn_at = 2;
  terms.probe_at = 3;
  terms.suspend_at = 5;
  terms.unsubscribe_at = 20;
  terms.warnings = 3;
  terms.warning_interval = 7 * DAY;
  terms.probes = 2;
  terms.probe_interval = 3 * DAY;
  terms.probe_bounced = REBOUND_STEP_SUSPEND;
  return terms;
}

/* ---- Histories ---------------------------------------------------------------------------- */

typedef struct
{
  const char *word;
  ReboundEventType type;
  ReboundReason reason;
} Word;

static const Word words[] = {
  { "unknown", REBOUND_EVENT_FAILURE, REBOUND_REASON_USER_UNKNOWN },
  { "inactive", REBOUND_EVENT_FAILURE, REBOUND_REASON_USER_INACTIVE },
  { "full", REBOUND_EVENT_FAILURE, REBOUND_REASON_MAILBOX_FULL },
  { "network", REBOUND_EVENT_FAILURE, REBOUND_REASON_NETWORK_ERROR },
  { "dmarc", REBOUND_EVENT_FAILURE, REBOUND_REASON_AUTH_FAILED },
  { "delivered", REBOUND_EVENT_DELIVERY, REBOUND_REASON_DELIVERED },
  { "vacation", REBOUND_EVENT_AUTO_REPLY, REBOUND_REASON_AUTO_REPLY },
  { "complaint", REBOUND_EVENT_COMPLAINT, REBOUND_REASON_COMPLAINT },
  { "opt-out", REBOUND_EVENT_REQUEST, REBOUND_REASON_UNSUBSCRIBE_REQUEST },
  { "delay", REBOUND_EVENT_NOTICE, REBOUND_REASON_DELAYED },
  { "reset", REBOUND_EVENT_CONFIRMATION, REBOUND_REASON_UNCLASSIFIED },
  { "done", REBOUND_EVENT_DONE, REBOUND_REASON_UNCLASSIFIED },
};

static const char *const steps[] = { "none",   "warn",        "probe", "suspend",
                                     "resume", "unsubscribe", "owner" };

static const char *const standings[] = { "active", "warned", "probing", "suspended",
                                         "unsubscribed" };

static guint
find_word (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (words[i].word, word) == 0)
      return i;
  g_error ("no such word: %s", word);
}

static ReboundStep
find_step (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (strcmp (steps[i], name) == 0)
      return i;
  g_error ("no such step: %s", name);
}

/* "full", "unknown@C", "inactive@A/probe", "full!" (held), "done=warn" */
static ReboundEvent
read_event (const char *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, "@/!=", 2);
  ReboundEvent event = { .ceiling = REBOUND_UNSUBSCRIBE_NOW };
  const Word *word = &words[find_word (parts[0])];
  const char *grade = strchr (text, '@');

  event.type = word->type;
  event.reason = word->reason;
  event.held = strchr (text, '!') != NULL;
  if (grade != NULL)
    event.grade = REBOUND_GRADE_A + (grade[1] - 'A');
  if (strstr (text, "/probe") != NULL)
    event.path = REBOUND_PATH_PROBE;
  if (strstr (text, "/warning") != NULL)
    event.path = REBOUND_PATH_WARNING;
  if (event.type == REBOUND_EVENT_DONE)
    event.done = find_step (parts[1]);
  return event;
}

/* "3", "3:12", "0-4": the first day, the hour, the last day */
static GArray *
read_history (const char *text)
{
  GArray *events = g_array_new (FALSE, FALSE, sizeof (ReboundEvent));
  g_auto (GStrv) items = g_strsplit (text, ", ", -1);

  for (char **item = items; *item != NULL; item++)
    {
      g_auto (GStrv) parts = g_strsplit (*item, " ", 2);
      ReboundEvent event = read_event (parts[1]);
      const char *hour = strchr (parts[0], ':');
      const char *dash = strchr (parts[0], '-');
      int first = atoi (parts[0]);

      for (int day = first; day <= (dash != NULL ? atoi (dash + 1) : first); day++)
        {
          event.received = START + day * DAY + (hour != NULL ? atoi (hour + 1) : 0) * HOUR;
          g_array_append_val (events, event);
        }
    }
  return events;
}

static int
compare_received (gconstpointer a, gconstpointer b)
{
  gint64 left = ((const ReboundEvent *) a)->received;
  gint64 right = ((const ReboundEvent *) b)->received;

  return (left > right) - (left < right);
}

static ReboundDecision
decide_until (const ReboundTerms *terms, const GArray *events, gint64 now)
{
  g_autoptr (GArray) known = g_array_new (FALSE, FALSE, sizeof (ReboundEvent));
  ReboundDecision decision;

  for (guint i = 0; i < events->len; i++)
    if (g_array_index (events, ReboundEvent, i).received <= now)
      g_array_append_val (known, g_array_index (events, ReboundEvent, i));
  rebound_engine_decide (terms, (const ReboundEvent *) known->data, known->len, now, &decision);
  return decision;
}

/* "5", "5:12" */
static void
print_time (GString *out, gint64 time)
{
  gint64 hours = (time - START) / HOUR;

  g_string_append_printf (out, "%d", (int) (hours / 24));
  if (hours % 24 != 0)
    g_string_append_printf (out, ":%d", (int) (hours % 24));
}

static void
print_step (GString *out, const ReboundDecision *decision, gint64 time)
{
  g_string_append (out, out->len > 0 ? ", " : "");
  print_time (out, time);
  g_string_append_printf (out, " %s", steps[decision->step]);
  if (decision->of > 1)
    g_string_append_printf (out, " %u/%u", decision->nth, decision->of);
}

/* "suspended 5, 12 warn 2/3": standing, score, the next step with the time it is due */
static char *
describe (const ReboundDecision *decision)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "%s %g", standings[decision->standing], decision->score);
  if (decision->step != REBOUND_STEP_NONE)
    print_step (out, decision, decision->due);
  return g_string_free (out, FALSE);
}

static gboolean
are_equal (const ReboundDecision *a, const ReboundDecision *b)
{
  return a->standing == b->standing && a->score == b->score && a->first == b->first
         && a->last == b->last && a->step == b->step && a->due == b->due && a->since == b->since
         && a->nth == b->nth && a->of == b->of && a->reason == b->reason;
}

/* ---- A list manager ----------------------------------------------------------------------- */

typedef enum
{
  ALIVE, /* warnings and probes arrive, and nobody answers */
  DEAD,  /* they come back */
  SPAM,  /* they are refused for what they are */
  TEXT,  /* they come back, but not to a signed path */
  LIGHT, /* they come back, and weigh nothing in the score */
} Address;

typedef struct
{
  GArray *events; /* with the steps that were done */
  GString *log;
  ReboundDecision decision;
  gboolean told;                        /* the owner was told last */
  gint64 first[REBOUND_STEP_OWNER + 1]; /* when a step was done first, 0 for never */
} Run;

static void
run_clear (Run *self)
{
  g_array_unref (self->events);
  g_string_free (self->log, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static const ReboundReason bounces[] = {
  [DEAD] = REBOUND_REASON_USER_INACTIVE,
  [SPAM] = REBOUND_REASON_AUTH_FAILED,
  [TEXT] = REBOUND_REASON_USER_INACTIVE,
  [LIGHT] = REBOUND_REASON_EXPIRED,
};

static void
bounce (Run *self, ReboundStep step, Address address, gint64 now)
{
  ReboundEvent event = {
    .received = now + HOUR,
    .type = REBOUND_EVENT_FAILURE,
    .reason = bounces[address],
    .ceiling = REBOUND_UNSUBSCRIBE_COUNT,
    .grade = address == TEXT ? REBOUND_GRADE_C : REBOUND_GRADE_A,
    .path = step == REBOUND_STEP_PROBE ? REBOUND_PATH_PROBE : REBOUND_PATH_WARNING,
  };

  if (address != ALIVE && (step == REBOUND_STEP_WARN || step == REBOUND_STEP_PROBE))
    g_array_append_val (self->events, event);
}

static void
do_step (Run *self, Address address, gint64 now)
{
  ReboundStep step = self->decision.step;
  ReboundEvent done = { .received = now, .type = REBOUND_EVENT_DONE, .done = step };

  print_step (self->log, &self->decision, now);
  ck_assert_msg (self->log->len < 1000, "it never ends: %s", self->log->str);
  self->told = step == REBOUND_STEP_OWNER;
  if (self->first[step] == 0)
    self->first[step] = now;
  g_array_append_val (self->events, done);
  bounce (self, step, address, now);
}

/* When something happens after @now, or is due. */
static gint64
next_time (const Run *self, gint64 now, gint64 end)
{
  gint64 next = end;

  for (guint i = 0; i < self->events->len; i++)
    {
      gint64 received = g_array_index (self->events, ReboundEvent, i).received;

      if (received > now)
        next = MIN (next, received);
    }
  if (self->decision.step != REBOUND_STEP_NONE)
    next = MIN (next, MAX (self->decision.due, now + 1));
  return next;
}

/* Does what is due as soon as it is. With @every it also judges him anew so often, without it only
 * when something came. */
static void
run_live (Run *self, const ReboundTerms *terms, const GArray *history, Address address,
          gint64 every, gint64 end)
{
  gint64 now = START;

  *self = (Run){ .events = g_array_copy ((GArray *) history), .log = g_string_new (NULL) };
  while (now < end)
    {
      self->decision = decide_until (terms, self->events, now);
      for (guint i = 0; self->decision.step != REBOUND_STEP_NONE && self->decision.due <= now; i++)
        {
          ck_assert_msg (i < 20, "it never ends: %s", self->log->str);
          do_step (self, address, now);
          self->decision = decide_until (terms, self->events, now);
        }
      now = every > 0 ? MIN (next_time (self, now, end), now - now % every + every)
                      : next_time (self, now, end);
    }
  self->decision = decide_until (terms, self->events, end);
}

/* ---- What is to come of a history --------------------------------------------------------- */

typedef struct
{
  const char *what;
  ReboundTerms (*terms) (void);
  const char *history;
  Address address;
  const char *steps; /* that are done */
  int end;           /* the day of what follows */
  const char *stands;
} Story;

static void
check_story (const Story *story)
{
  g_autoptr (GArray) history = read_history (story->history);
  ReboundTerms terms = story->terms ();
  g_auto (Run) run = { 0 };
  g_autofree char *stands = NULL;

  run_live (&run, &terms, history, story->address, 0, START + story->end * DAY);
  stands = describe (&run.decision);
  ck_assert_msg (strcmp (run.log->str, story->steps) == 0,
                 "%s:\n  %s\n  did  \"%s\"\n  not  \"%s\"", story->what, story->history,
                 run.log->str, story->steps);
  ck_assert_msg (strcmp (stands, story->stands) == 0, "%s:\n  %s\n  is  \"%s\"\n  not \"%s\"",
                 story->what, story->history, stands, story->stands);
}

#define CHECK_STORIES(stories)                                                                     \
  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)                                               \
  check_story (&stories[i])

START_TEST (mailman)
{
  static const Story stories[] = {
    { "five days suspend, three warnings, off", mailman_terms, "0-4 full", ALIVE,
      "4 suspend, 4 warn 1/3, 11 warn 2/3, 18 warn 3/3, 25 unsubscribe", 40, "unsubscribed 5" },
    { "four do not", mailman_terms, "0-3 full", ALIVE, "", 5, "active 4" },
    { "one count a day", mailman_terms, "0 full, 0:1 full, 0:2 inactive, 0:3 full, 0:4 full", ALIVE,
      "", 1, "active 1" },
    { "a gap of a week is none", mailman_terms, "0 full, 7 full, 14 full, 21 full, 28 full", ALIVE,
      "28 suspend, 28 warn 1/3", 30, "suspended 5, 35 warn 2/3" },
    { "a longer one starts anew", mailman_terms, "0-3 full, 11 full", ALIVE, "", 12, "active 1" },
    { "stale", mailman_terms, "0-3 full", ALIVE, "", 11, "active 0" },
    { "he comes back", mailman_terms, "0-4 full, 12 reset", ALIVE,
      "4 suspend, 4 warn 1/3, 11 warn 2/3, 12 resume", 30, "active 0" },
    { "what is the sender's fault is not counted", mailman_terms, "0-20 dmarc", ALIVE, "", 21,
      "active 0" },
    { "a probe that bounces suspends", mailman_probing_terms, "0-4 full", DEAD,
      "4 probe, 4:1 suspend, 4:1 warn 1/3, 11:1 warn 2/3, 18:1 warn 3/3, 25:1 unsubscribe", 40,
      "unsubscribed 7" },
    { "one that does not clears him", mailman_probing_terms, "0-4 full", ALIVE, "4 probe", 15,
      "active 0" },
  };

  CHECK_STORIES (stories);
}
END_TEST

START_TEST (ezmlm)
{
  static const Story stories[] = {
    { "ten days, warning, probe, off", ezmlm_terms, "0-12 full", DEAD,
      "11 warn, 12:1 probe, 13:2 unsubscribe", 30, "unsubscribed 13" },
    { "less than ten days", ezmlm_terms, "0-9 full", DEAD, "", 20, "active 10" },
    { "the warning arrived", ezmlm_terms, "0-12 full", ALIVE, "11 warn", 20, "warned 13" },
    { "and again, when he still bounces", ezmlm_terms, "0-25 full", ALIVE, "11 warn, 22 warn", 26,
      "warned 26" },
    { "forgotten after thirty days", ezmlm_terms, "0-12 full", ALIVE, "11 warn", 43, "active 0" },
    { "the warning bounced, the probe arrived", ezmlm_terms, "0-11 full, 11:2 inactive@A/warning",
      ALIVE, "11 warn, 12:2 probe", 24, "active 0" },
    { "refused as spam is not bounced", ezmlm_terms, "0-12 full", SPAM, "11 warn", 20,
      "warned 13" },
  };

  CHECK_STORIES (stories);
}
END_TEST

START_TEST (mlmmj)
{
  static const Story stories[] = {
    { "probed at once, cleared after 12 hours", mlmmj_terms, "0 full", ALIVE, "0 probe", 1,
      "active 0" },
    { "… not before", mlmmj_terms, "0:13 full", ALIVE, "0:13 probe", 1, "probing 1" },
    { "bounces for five days", mlmmj_terms, "0 full", DEAD,
      "0 probe, 0:13 probe, 1:2 probe, 1:15 probe, 2:4 probe, 2:17 probe, 3:6 probe, 3:19 probe, "
      "4:8 probe, 4:21 probe, 5 probe, 5:1 unsubscribe",
      20, "unsubscribed 6" },
    { "a probe that came back to no signed path removes nobody", mlmmj_terms, "0 full", TEXT,
      "0 probe, 0:1 suspend, 0:1 owner", 60, "suspended 1" },
  };

  CHECK_STORIES (stories);
}
END_TEST

START_TEST (sympa)
{
  static const Story stories[] = {
    { "a message a day", sympa_terms, "0-80 full", ALIVE,
      "44 warn, 51 warn, 58 warn, 65 warn, 72 warn, 74 unsubscribe", 90, "unsubscribed 75" },
    { "many messages a day wait for ten days", sympa_terms,
      "0-12 full, 0-12 full, 0-12 full, 0-12 full, 0-12 full, 0-12 full, 0-12 full, 0-12 full",
      ALIVE, "10 unsubscribe", 20, "unsubscribed 88" },
    { "nothing for ten days", sympa_terms, "0-40 full", ALIVE, "", 51, "active 0" },
  };

  CHECK_STORIES (stories);
}
END_TEST

START_TEST (esp)
{
  static const Story stories[] = {
    { "hard at once", esp_terms, "0 unknown", ALIVE, "0 unsubscribe", 1, "unsubscribed 1" },
    { "soft after several", esp_terms, "0-2 full", ALIVE, "2 unsubscribe", 3, "unsubscribed 3" },
    { "not after fewer", esp_terms, "0-1 full, 2 network", ALIVE, "", 3, "active 2.5" },
    { "hard by a report that nobody signed is one failure", esp_terms, "0 unknown@C", ALIVE, "", 3,
      "active 1" },
    { "and many of these are nothing more", esp_terms, "0-9 unknown@C", ALIVE, "", 11,
      "active 10" },
  };

  CHECK_STORIES (stories);
}
END_TEST

START_TEST (steps_and_scores)
{
  static const Story stories[] = {
    { "grace", full_terms, "0 full, 1:6 full", ALIVE, "", 2, "active 2, 2:6 warn" },
    { "grace begins with the first failure of the day", full_terms,
      "0 full, 1:9 network, 1:15 full", ALIVE, "2:9 warn", 3, "warned 1.75" },
    { "warned, then probed, then alive", full_terms, "0-2 full", ALIVE,
      "2 warn, 3 probe 1/2, 6 probe 2/2", 9, "active 0" },
    { "decay: a day without a failure", full_terms, "0 full, 2 full", ALIVE, "", 3, "active 1.75" },
    { "decay is not of the day that is not over", full_terms, "0 full", ALIVE, "", 1, "active 1" },
    { "decay forgets", full_terms, "0 full", ALIVE, "", 5, "active 0" },
    { "decay takes back no step", full_terms, "0-1 full", ALIVE, "2 warn", 3, "warned 1.75" },
    { "warned until it is forgotten", full_terms, "0-1 full", ALIVE, "2 warn", 10, "active 0" },
    { "a probe that bounces suspends", full_terms, "0-2 full", DEAD,
      "2 warn, 3 probe 1/2, 4:1 suspend, 4:1 warn 1/3, 11:1 warn 2/3, 18:1 warn 3/3, "
      "25:1 unsubscribe",
      40, "unsubscribed 7" },
    { "unknown at once", full_terms, "0 unknown", ALIVE, "1 unsubscribe", 2, "unsubscribed 1" },
    { "the earliest step first", full_terms, "0-1 full, 1:12 dmarc, 2 unknown", ALIVE,
      "2 warn, 3 unsubscribe", 4, "unsubscribed 3" },
    { "of one day the furthest", full_terms, "0-1 full, 1:12 unknown", ALIVE, "2:12 unsubscribe", 3,
      "unsubscribed 2" },
    { "a delay is nothing", full_terms, "0-30 delay", ALIVE, "", 31, "active 0" },
    { "what the facts allow", full_terms, "0-9 dmarc, 3 network", ALIVE, "", 4, "active 0.5" },
    { "held events are nothing", full_terms, "0-20 unknown!, 0-20 complaint!", ALIVE, "", 21,
      "active 0" },
    { "… and show no life", full_terms, "0-1 full, 2 delivered!", ALIVE, "2 warn", 3,
      "warned 1.75" },
    { "off is off", full_terms, "0 unknown, 3-20 unknown, 5 delivered", ALIVE, "1 unsubscribe", 21,
      "unsubscribed 1" },
    { "and on again", full_terms, "0 unknown, 3 reset, 4 full", ALIVE, "1 unsubscribe", 5,
      "active 1" },
    { "on again on the same day", full_terms, "0 unknown, 1:2 reset, 4 full", ALIVE,
      "1 unsubscribe", 5, "active 1" },
    { "off after all", full_terms, "0 unknown, 1:2 reset, 1:3 done=unsubscribe, 4 full", ALIVE,
      "1 unsubscribe", 5, "unsubscribed 0" },
  };

  CHECK_STORIES (stories);
}
END_TEST

START_TEST (signs_of_life)
{
  static const Story stories[] = {
    { "a delivery", full_terms, "0-1 full, 1:23 delivered", ALIVE, "", 3, "active 0.75" },
    { "a vacation", full_terms, "0-1 full, 1:23 vacation", ALIVE, "", 3, "active 0.75" },
    { "of the day before", full_terms, "0 full, 1 delivered, 2-3 full", ALIVE, "", 4,
      "active 2, 4 warn" },
    { "of a grade that counts nothing", full_terms, "0-1 full, 1:23 delivered@D", ALIVE, "2 warn",
      3, "warned 1.75" },
    { "alive and dead on one day", full_terms, "0 unknown, 0:5 delivered", ALIVE, "", 2,
      "active 0.75" },
    { "… whichever came first", full_terms, "0:5 unknown, 0 delivered", ALIVE, "", 2,
      "active 0.75" },
    { "suspended, and alive", full_terms, "0-4 inactive, 7:3 vacation", DEAD,
      "2 warn, 3 probe 1/2, 4:1 suspend, 4:1 warn 1/3, 7:3 resume", 12, "active 0" },
    { "the suspension was done all the same", mailman_terms, "0-3 full, 4 full!, 5 done=suspend",
      ALIVE, "5 resume", 6, "active 4" },
    { "what was done too late is undone", full_terms,
      "0-1 inactive, 2 delivered, 4 done=suspend, 6 full", ALIVE, "4 resume", 7, "active 1" },
    { "an opt-out stands", full_terms, "0 opt-out, 0:5 delivered", ALIVE, "1 unsubscribe", 2,
      "unsubscribed 0" },
    { "but for a confirmation", full_terms, "0 opt-out, 1 reset", ALIVE, "", 2, "active 0" },
  };

  CHECK_STORIES (stories);
}
END_TEST

static ReboundTerms
owner_terms (void)
{
  ReboundTerms terms = full_terms ();

  terms.complaint = REBOUND_STEP_OWNER;
  return terms;
}

static ReboundTerms
no_complaint_terms (void)
{
  ReboundTerms terms = full_terms ();

  terms.complaint = REBOUND_STEP_NONE;
  return terms;
}

START_TEST (complaints)
{
  static const Story stories[] = {
    { "unsubscribes", full_terms, "0 complaint", ALIVE, "1 unsubscribe", 2, "unsubscribed 0" },
    { "is told", owner_terms, "0 complaint, 0:7 complaint", ALIVE, "1 owner", 9, "active 0" },
    { "is told again", owner_terms, "0 complaint, 7 complaint", ALIVE, "1 owner, 8 owner", 9,
      "active 0" },
    { "is nothing", no_complaint_terms, "0 complaint", ALIVE, "", 9, "active 0" },
    { "that may be forged goes to the owner", full_terms, "0 complaint@C", ALIVE, "1 owner", 9,
      "active 0" },
    { "that is forged goes nowhere", full_terms, "0 complaint@D, 1 opt-out@D", ALIVE, "", 9,
      "active 0" },
    { "an opt-out is more than a complaint", owner_terms, "0 complaint, 0:1 opt-out", ALIVE,
      "1:1 unsubscribe", 9, "unsubscribed 0" },
    { "takes back nothing else", owner_terms, "0-1 full, 1:3 complaint", ALIVE, "2 warn, 2:3 owner",
      3, "warned 1.75" },
  };

  CHECK_STORIES (stories);
}
END_TEST

static ReboundTerms
patient_terms (void)
{
  ReboundTerms terms = mailman_terms ();

  terms.warnings = 0;
  return terms;
}

static ReboundTerms
probing_warnings_terms (void)
{
  ReboundTerms terms = mailman_terms ();

  terms.probes = 1;
  terms.probe_interval = 3 * DAY;
  terms.warning_bounced = REBOUND_STEP_PROBE;
  terms.probe_bounced = REBOUND_STEP_UNSUBSCRIBE;
  return terms;
}

START_TEST (grades)
{
  static const Story stories[] = {
    { "text alone suspends at most", mailman_terms, "0-4 unknown@C", ALIVE,
      "4 suspend, 4 warn 1/3, 11 warn 2/3, 18 warn 3/3, 25 owner", 99, "suspended 5" },
    { "… whatever comes", mailman_terms, "0-4 unknown@C, 5-99 unknown@C", TEXT,
      "4 suspend, 4 warn 1/3, 11 warn 2/3, 18 warn 3/3, 25 owner", 120, "suspended 100" },
    { "one signed failure among these makes nobody dead", mailman_terms, "0-3 unknown@C, 4 full@A",
      ALIVE, "4 suspend, 4 warn 1/3, 11 warn 2/3, 18 warn 3/3, 25 owner", 99, "suspended 5" },
    { "… five do", mailman_terms, "0-3 unknown@C, 4-8 full@A", ALIVE,
      "4 suspend, 4 warn 1/3, 11 warn 2/3, 18 warn 3/3, 25 unsubscribe", 99, "unsubscribed 9" },
    { "forged ones are nothing", full_terms, "0-50 unknown@D", ALIVE, "", 51, "active 0" },
    { "no warnings: he stays suspended, and the owner knows", patient_terms, "0-4 full", ALIVE,
      "4 suspend, 4 owner", 99, "suspended 5" },
    { "a warning that bounces leads to a probe, that to the end", probing_warnings_terms,
      "0-4 full@C", DEAD, "4 suspend, 4 warn 1/3, 4:1 probe, 4:2 unsubscribe", 9,
      "unsubscribed 5" },
    { "a probe that arrives brings him back", probing_warnings_terms,
      "0-4 full@C, 4:2 full@A/warning", ALIVE, "4 suspend, 4 warn 1/3, 4:2 probe, 7:2 resume", 9,
      "active 0" },
    { "forged ones of these do nothing", probing_warnings_terms,
      "0-4 full, 4:2 full@D/warning, 4:3 full@D/probe", ALIVE,
      "4 suspend, 4 warn 1/3, 11 warn 2/3, 18 warn 3/3, 25 unsubscribe", 30, "unsubscribed 5" },
  };

  CHECK_STORIES (stories);
}
END_TEST

/* Who is in the middle of something when the policy changes finds his way out. */
static ReboundTerms
nothing_terms (void)
{
  ReboundTerms terms = bare_terms ();

  terms.stale_after = 14 * DAY;
  return terms;
}

START_TEST (other_policy)
{
  static const Story stories[] = {
    { "warned", nothing_terms, "0-1 full, 2 done=warn", ALIVE, "", 16, "active 0" },
    { "probing", nothing_terms, "0-1 full, 2 done=probe", ALIVE, "", 9, "active 0" },
    { "suspended", nothing_terms, "0-1 full, 2 done=suspend", ALIVE, "2 resume", 3, "active 2" },
    { "unsubscribed", nothing_terms, "0-1 full, 2 done=unsubscribe", ALIVE, "", 9,
      "unsubscribed 2" },
  };

  CHECK_STORIES (stories);
}
END_TEST

/* ---- The policies that are built in ------------------------------------------------------- */

static const ReboundTerms *
preset_terms (const char *preset, ReboundPolicy **policy)
{
  *policy = rebound_policy_new (preset, NULL);
  ck_assert_ptr_nonnull (*policy);
  return rebound_policy_terms (*policy, NULL);
}

typedef struct
{
  const char *preset;
  const char *history;
  Address address;
  const char *steps;
} PresetStory;

START_TEST (built_in)
{
  static const PresetStory stories[] = {
    { "default", "0-90 inactive@A", DEAD,
      "3 probe 1/2, 4:1 suspend, 4:1 warn 1/3, 11:1 warn 2/3, 18:1 warn 3/3, 25:1 unsubscribe" },
    { "default", "0 unknown@A", DEAD, "1 unsubscribe" },
    { "default", "0-90 full@C", ALIVE,
      "6 probe 1/2, 11 probe 2/2, 16 suspend, 16 warn 1/3, 23 warn 2/3, 30 warn 3/3, 37 owner" },
    { "default", "0-90 dmarc@A", ALIVE, "" },
    { "mailman", "0-90 inactive@A", DEAD,
      "4:6 suspend, 4:6 warn 1/3, 11:6 warn 2/3, 18:6 warn 3/3, 25:6 unsubscribe" },
    { "ezmlm", "0-90 inactive@A", DEAD, "10 warn, 20:1 probe, 30:2 unsubscribe" },
    { "ezmlm", "0-5 full@A", ALIVE, "10 warn" },
    { "mlmmj", "0 full@A", ALIVE, "0:6 probe" },
    { "mlmmj", "0 inactive@A", DEAD,
      "0:6 probe, 0:19 probe, 1:8 probe, 1:21 probe, 2:10 probe, 2:23 probe, 3:12 probe, 4:1 "
      "probe, "
      "4:14 probe, 5:3 probe, 5:12 probe, 5:19 probe, 6:2 probe, 6:9 unsubscribe" },
    { "sympa", "0-90 inactive@A", ALIVE, "51 warn, 65 warn, 79 warn, 81 unsubscribe" },
    { "esp", "0 unknown@A", DEAD, "0:6 unsubscribe" },
    { "esp", "0-90 full@A", DEAD, "7:6 unsubscribe" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    {
      const PresetStory *story = &stories[i];
      g_autoptr (ReboundPolicy) policy = NULL;
      const ReboundTerms *terms = preset_terms (story->preset, &policy);
      g_autoptr (GArray) history = read_history (story->history);
      g_auto (Run) run = { 0 };

      run_live (&run, terms, history, story->address, 0, START + 200 * DAY);
      ck_assert_msg (g_str_equal (run.log->str, story->steps), "%s, %s: \"%s\", not \"%s\"",
                     story->preset, story->history, run.log->str, story->steps);
    }
}
END_TEST

/* ---- Random histories --------------------------------------------------------------------- */

#define N_RANDOM 3000
#define N_DAYS 40

static guint32
seed (void)
{
  const char *given = g_getenv ("SEED");

  return given != NULL ? (guint32) strtoul (given, NULL, 10) : 20140407;
}

static ReboundTerms (*const presets[]) (void) = { mailman_terms, mailman_probing_terms, ezmlm_terms,
                                                  mlmmj_terms,   sympa_terms,           esp_terms,
                                                  full_terms,    probing_warnings_terms };

static ReboundStep
random_return (GRand *rand)
{
  static const ReboundStep returns[] = { REBOUND_STEP_NONE, REBOUND_STEP_OWNER, REBOUND_STEP_PROBE,
                                         REBOUND_STEP_SUSPEND, REBOUND_STEP_UNSUBSCRIBE };

  return returns[g_rand_int_range (rand, 0, G_N_ELEMENTS (returns))];
}

/* 0, or a multiple of @unit up to @most */
static gint64
maybe (GRand *rand, gint64 unit, int most)
{
  return g_rand_boolean (rand) ? 0 : unit * g_rand_int_range (rand, 1, most + 1);
}

static ReboundTerms
random_terms (GRand *rand)
{
  ReboundTerms terms = presets[g_rand_int_range (rand, 0, G_N_ELEMENTS (presets))]();

  if (g_rand_int_range (rand, 0, 4) == 0)
    return terms;
  terms.count_messages = g_rand_boolean (rand);
  terms.decay = (double) maybe (rand, 1, 10) / 10;
  terms.stale_after = g_rand_int_range (rand, 1, 30) * DAY;
  terms.warn_at = (double) maybe (rand, 1, 4);
  terms.probe_at = (double) maybe (rand, 1, 6);
  terms.suspend_at = (double) maybe (rand, 1, 8);
  terms.unsubscribe_at = (double) maybe (rand, 1, 16);
  terms.min_bounces = (guint) maybe (rand, 1, 4);
  terms.min_period = maybe (rand, DAY, 7);
  terms.grace = maybe (rand, 6 * HOUR, 12);
  terms.warnings = (guint) maybe (rand, 1, 3);
  terms.warning_interval = maybe (rand, 12 * HOUR, 14);
  terms.probes = (guint) maybe (rand, 1, 3);
  terms.probe_interval = maybe (rand, 12 * HOUR, 10);
  terms.warning_bounced = random_return (rand);
  terms.probe_bounced = random_return (rand);
  terms.complaint = g_rand_boolean (rand) ? REBOUND_STEP_OWNER : REBOUND_STEP_UNSUBSCRIBE;
  return terms;
}

static ReboundEvent
random_event (GRand *rand)
{
  const Word *word = &words[g_rand_int_range (rand, 0, 5)];

  if (g_rand_int_range (rand, 0, 8) == 0)
    word = &words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words) - 1)]; /* none is "done" */
  return (ReboundEvent){
    .received = START + g_rand_int_range (rand, 0, (gint32) (N_DAYS * DAY)),
    .type = word->type,
    .reason = word->reason,
    .ceiling = (ReboundUnsubscribe) g_rand_int_range (rand, REBOUND_UNSUBSCRIBE_NEVER,
                                                      REBOUND_UNSUBSCRIBE_NOW + 1),
    .grade = (ReboundGrade) g_rand_int_range (rand, REBOUND_GRADE_NONE, REBOUND_N_GRADES),
    .held = g_rand_int_range (rand, 0, 10) == 0,
  };
}

static GArray *
random_history (GRand *rand)
{
  GArray *events = g_array_new (FALSE, FALSE, sizeof (ReboundEvent));

  for (int n = g_rand_int_range (rand, 0, 40); n > 0; n--)
    {
      ReboundEvent event = random_event (rand);

      g_array_append_val (events, event);
    }
  g_array_sort (events, compare_received);
  return events;
}

/* For who reads of a failure: SEED=… tests/check_engine repeats it. */
static char *
print_history (guint32 from, const GArray *events)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "SEED=%u:", from);
  for (guint i = 0; i < events->len; i++)
    {
      const ReboundEvent *event = &g_array_index (events, ReboundEvent, i);

      g_string_append (out, i > 0 ? ", " : " ");
      print_time (out, event->received);
      g_string_append_printf (out, " %d/%d@%d^%d%s%s%s", event->type, event->reason, event->grade,
                              event->ceiling, event->held ? "!" : "", event->path ? "/" : "",
                              event->done ? steps[event->done] : "");
    }
  return g_string_free (out, FALSE);
}

/* Calls @check with many histories, each of which can be had again by its own seed. */
static void
for_each_history (void (*check) (const ReboundTerms *, GArray *, GRand *, guint32))
{
  guint32 from = seed ();

  for (guint i = 0; i < N_RANDOM; i++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (from + i);
      ReboundTerms terms = random_terms (rand);
      g_autoptr (GArray) history = random_history (rand);

      check (&terms, history, rand, from + i);
    }
}

static Address
random_address (GRand *rand)
{
  return (Address) g_rand_int_range (rand, ALIVE, LIGHT + 1);
}

/* Another time on the same day, but for answers to what was done. */
static void
shuffle_days (GArray *events, GRand *rand)
{
  for (guint i = 0; i < events->len; i++)
    {
      ReboundEvent *event = &g_array_index (events, ReboundEvent, i);

      if (event->type != REBOUND_EVENT_DONE && event->type != REBOUND_EVENT_CONFIRMATION
          && event->path == REBOUND_PATH_NONE)
        event->received = event->received / DAY * DAY + g_rand_int_range (rand, 0, DAY);
    }
}

static void
shuffle_array (GArray *events, GRand *rand)
{
  for (guint i = events->len; i > 1; i--)
    {
      guint other = (guint) g_rand_int_range (rand, 0, (gint32) i);
      ReboundEvent event = g_array_index (events, ReboundEvent, other);

      g_array_index (events, ReboundEvent, other) = g_array_index (events, ReboundEvent, i - 1);
      g_array_index (events, ReboundEvent, i - 1) = event;
    }
}

static void
check_any_order (const ReboundTerms *terms, GArray *history, GRand *rand, guint32 from)
{
  gint64 end = START + g_rand_int_range (rand, 1, 2 * N_DAYS) * DAY;
  g_auto (Run) run = { 0 };
  ReboundDecision one, other;
  g_autofree char *text = NULL;

  run_live (&run, terms, history, random_address (rand), 0, end);
  text = print_history (from, run.events);
  one = decide_until (terms, run.events, end);
  shuffle_array (run.events, rand);
  other = decide_until (terms, run.events, end);
  ck_assert_msg (are_equal (&one, &other), "%s", text);

  shuffle_days (run.events, rand);
  other = decide_until (terms, run.events, end);
  ck_assert_msg (one.standing == other.standing && one.score == other.score, "%s", text);
  ck_assert_msg (one.step == other.step && one.nth == other.nth, "%s", text);
  ck_assert_msg (one.since / DAY == other.since / DAY
                     && one.due - one.since == other.due - other.since,
                 "%s", text);
}

START_TEST (order_within_a_day)
{
  for_each_history (check_any_order);
}
END_TEST

/* The step that is next changes by events alone: so what is kept beside a member stays right, and
 * who looks every hour does what he does who looks when something came. */
static void
check_live_is_replay (const ReboundTerms *terms, GArray *history, GRand *rand, guint32 from)
{
  gint64 end = START + 2 * N_DAYS * DAY;
  Address address = random_address (rand);
  g_autofree char *text = print_history (from, history);
  g_auto (Run) kept = { 0 };
  g_auto (Run) hourly = { 0 };
  ReboundDecision replayed;

  run_live (&kept, terms, history, address, 0, end);
  run_live (&hourly, terms, history, address, 6 * HOUR, end);
  ck_assert_msg (g_string_equal (kept.log, hourly.log), "%s\n%s\n%s", text, kept.log->str,
                 hourly.log->str);
  rebound_engine_decide (terms, (const ReboundEvent *) hourly.events->data, hourly.events->len, end,
                         &replayed);
  ck_assert_msg (are_equal (&replayed, &kept.decision), "%s", text);
}

START_TEST (live_is_replay)
{
  for_each_history (check_live_is_replay);
}
END_TEST

static void
each_failure (GArray *history, void (*change) (ReboundEvent *))
{
  for (guint i = 0; i < history->len; i++)
    change (&g_array_index (history, ReboundEvent, i));
}

static void
make_never (ReboundEvent *event)
{
  if (event->ceiling != REBOUND_UNSUBSCRIBE_NEVER)
    event->reason = REBOUND_REASON_AUTH_FAILED;
}

static void
make_held (ReboundEvent *event)
{
  event->held = event->type != REBOUND_EVENT_CONFIRMATION;
}

static void
make_forged (ReboundEvent *event)
{
  event->grade = REBOUND_GRADE_D;
}

static void
make_text (ReboundEvent *event)
{
  event->grade = REBOUND_GRADE_C;
}

static void
check_harmless (const ReboundTerms *terms, GArray *history, GRand *rand, guint32 from)
{
  static void (*const changes[]) (ReboundEvent *) = { make_never, make_held, make_forged };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GArray) harmless = g_array_copy (history);
      g_auto (Run) run = { 0 };
      g_autofree char *text = NULL;

      each_failure (harmless, changes[i]);
      run_live (&run, terms, harmless, random_address (rand), 0, START + 2 * N_DAYS * DAY);
      text = print_history (from, harmless);
      ck_assert_msg (run.log->len == 0, "%s\n%s", text, run.log->str);
      ck_assert_msg (run.decision.standing == REBOUND_STANDING_ACTIVE && run.decision.score == 0,
                     "%s", text);
    }
}

START_TEST (what_counts_nothing)
{
  for_each_history (check_harmless);
}
END_TEST

static void
check_text_alone (const ReboundTerms *terms, GArray *history, G_GNUC_UNUSED GRand *rand,
                  guint32 from)
{
  g_auto (Run) run = { 0 };
  g_autofree char *text = NULL;

  each_failure (history, make_text);
  run_live (&run, terms, history, TEXT, 0, START + 2 * N_DAYS * DAY);
  text = print_history (from, history);
  ck_assert_msg (run.first[REBOUND_STEP_UNSUBSCRIBE] == 0, "%s\n%s", text, run.log->str);
}

START_TEST (text_alone_unsubscribes_nobody)
{
  for_each_history (check_text_alone);
}
END_TEST

/* A sign of life after all that failed leaves nothing but what he wants himself. */
static void
check_reset (const ReboundTerms *terms, GArray *history, GRand *rand, guint32 from)
{
  ReboundEvent alive = { .received = START + (N_DAYS + 1) * DAY };
  g_auto (Run) run = { 0 };
  g_autofree char *text = NULL;
  ReboundDecision decision;

  for (guint i = 0; i < history->len; i++)
    {
      ReboundEvent *event = &g_array_index (history, ReboundEvent, i);

      if (event->type == REBOUND_EVENT_COMPLAINT || event->type == REBOUND_EVENT_REQUEST)
        event->type = REBOUND_EVENT_NOTICE;
    }
  run_live (&run, terms, history, ALIVE, 0, alive.received);
  alive.type = g_rand_boolean (rand) ? REBOUND_EVENT_DELIVERY : REBOUND_EVENT_AUTO_REPLY;
  g_array_append_val (run.events, alive);
  text = print_history (from, run.events);
  decision = decide_until (terms, run.events, alive.received);
  if (decision.standing == REBOUND_STANDING_UNSUBSCRIBED)
    return;
  ck_assert_msg (decision.score == 0 && decision.first == 0, "%s", text);
  if (decision.standing == REBOUND_STANDING_SUSPENDED)
    ck_assert_msg (decision.step == REBOUND_STEP_RESUME && decision.due == alive.received, "%s",
                   text);
  else
    ck_assert_msg (decision.step == REBOUND_STEP_NONE
                       && decision.standing == REBOUND_STANDING_ACTIVE,
                   "%s", text);
}

START_TEST (a_success_resets)
{
  for_each_history (check_reset);
}
END_TEST

static void
check_growth (const ReboundTerms *terms, GArray *history, G_GNUC_UNUSED GRand *rand, guint32 from)
{
  ReboundTerms daily = *terms;
  g_auto (Run) run = { 0 };
  g_autofree char *text = NULL;
  double before = 0;

  daily.count_messages = FALSE;
  run_live (&run, &daily, history, DEAD, 0, START + N_DAYS * DAY);
  text = print_history (from, run.events);
  for (guint day = 1; day <= N_DAYS; day++)
    {
      double score = decide_until (&daily, run.events, START + day * DAY - 1).score;

      ck_assert_msg (score <= before + 1, "day %u: %g after %g\n%s", day, score, before, text);
      before = score;
    }
}

START_TEST (one_count_a_day)
{
  for_each_history (check_growth);
}
END_TEST

static void
check_way_on (const ReboundTerms *terms, GArray *history, GRand *rand, guint32 from)
{
  g_auto (Run) run = { 0 };
  g_autofree char *text = NULL;
  g_autofree char *stands = NULL;

  run_live (&run, terms, history, random_address (rand), 0, START + 20 * N_DAYS * DAY);
  text = print_history (from, history);
  stands = describe (&run.decision);
  ck_assert_msg (run.decision.step == REBOUND_STEP_NONE, "%s\n%s\n%s", text, run.log->str, stands);
  ck_assert_msg (
      run.decision.standing == REBOUND_STANDING_ACTIVE
          || run.decision.standing == REBOUND_STANDING_UNSUBSCRIBED
          || (run.decision.standing == REBOUND_STANDING_WARNED && terms->stale_after == 0)
          || (run.decision.standing == REBOUND_STANDING_SUSPENDED && run.told),
      "%s\n%s\n%s", text, run.log->str, stands);
}

START_TEST (nobody_hangs)
{
  for_each_history (check_way_on);
}
END_TEST

/* The first time of a step that goes so far. */
static gint64
first_of (const Run *self, ReboundStep step)
{
  gint64 first = G_MAXINT64;

  for (guint i = step; i <= REBOUND_STEP_UNSUBSCRIBE; i++)
    if (i != REBOUND_STEP_RESUME && self->first[i] != 0)
      first = MIN (first, self->first[i]);
  return first;
}

static void
make_failure (ReboundEvent *event)
{
  if (event->type != REBOUND_EVENT_FAILURE)
    *event = (ReboundEvent){ .received = event->received, .type = REBOUND_EVENT_NOTICE };
}

/* Where one is unsubscribed after a suspension as well as after what came back, the way over a
 * suspension is the longer one. */
static gboolean
has_one_way (const ReboundTerms *terms)
{
  return terms->probes == 0 && terms->warning_bounced == REBOUND_STEP_NONE;
}

/* Nobody gains by failing more, but for a day, and for the time that one more probe takes where the
 * last one came back just before the period was over. (What comes back of warnings must not weigh,
 * since he who is suspended sooner is not warned so often.) */
static void
check_more (const ReboundTerms *terms, GArray *history, GRand *rand, guint32 from)
{
  static const ReboundStep asked[] = { REBOUND_STEP_WARN, REBOUND_STEP_SUSPEND,
                                       REBOUND_STEP_UNSUBSCRIBE };
  ReboundTerms strict = *terms;
  g_autoptr (GArray) more = NULL;
  g_auto (Run) few = { 0 };
  g_auto (Run) many = { 0 };
  g_autofree char *text = NULL;
  gint64 probe = terms->min_period > 0 ? HOUR + terms->grace : 0;

  if (strict.warning_bounced >= REBOUND_STEP_SUSPEND)
    strict.probe_bounced = REBOUND_STEP_UNSUBSCRIBE; /* which takes the place of the warning */
  strict.warnings = MAX (terms->warnings, 1);        /* or he would stay suspended */
  each_failure (history, make_failure);
  more = g_array_copy (history);
  for (int n = g_rand_int_range (rand, 1, 6); n > 0; n--)
    {
      ReboundEvent event = random_event (rand);

      make_failure (&event);
      g_array_append_val (more, event);
    }
  run_live (&few, &strict, history, LIGHT, 0, START + 3 * N_DAYS * DAY);
  run_live (&many, &strict, more, LIGHT, 0, START + 3 * N_DAYS * DAY);
  text = print_history (from, more);
  for (guint i = 0; i < G_N_ELEMENTS (asked) - !has_one_way (terms); i++)
    ck_assert_msg (first_of (&many, asked[i]) - DAY - probe <= first_of (&few, asked[i]),
                   "%s\n%s\n%s", text, few.log->str, many.log->str);
}

START_TEST (failing_more_never_helps)
{
  for_each_history (check_more);
}
END_TEST

/* ---- All ---------------------------------------------------------------------------------- */

static TCase *
new_case (const char *name, const TTest *const *tests)
{
  TCase *self = tcase_create (name);

  for (; *tests != NULL; tests++)
    tcase_add_test (self, *tests);
  return self;
}

int
main (void)
{
  const TTest *const managers[] = { mailman, ezmlm, mlmmj, sympa, esp, NULL };
  const TTest *const rules[] = { steps_and_scores, signs_of_life, complaints, grades,
                                 other_policy,     built_in,      NULL };
  const TTest *const properties[] = { order_within_a_day,
                                      live_is_replay,
                                      what_counts_nothing,
                                      text_alone_unsubscribes_nobody,
                                      a_success_resets,
                                      one_count_a_day,
                                      nobody_hangs,
                                      failing_more_never_helps,
                                      NULL };
  TCase *cases[] = { new_case ("managers", managers), new_case ("rules", rules),
                     new_case ("properties", properties), NULL };

  return run_suite ("engine", cases, NULL, NULL);
}

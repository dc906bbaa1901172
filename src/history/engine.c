/* Rebound: what happened to a member → where he stands and what comes next.
 *
 * Days are folded one after the other, each as a set: first what shows that he is alive, then his
 * failures, then, by their time, the steps that were done and what came back of these. A step is
 * decided on a day with failures and then stands, whatever time goes by, until it is done or he
 * turns out to be alive. So what is next changes by events alone, and never by the clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history/engine.h"

#include <stdlib.h>
#include <string.h>

#define DAY G_GINT64_CONSTANT (86400)

/* Between two warnings or probes where the policy says nothing: or nobody would come to an end. */
#define INTERVAL (7 * DAY)

/* A warning or a probe may bounce before its acknowledgement is written down, but not much. */
#define RACE G_GINT64_CONSTANT (3600)

/* Scores are counted in millionths, so that they do not depend on the order of adding. */
#define UNITS 1e6

#define N_REACHES (REBOUND_REACH_UNSUBSCRIBE + 1)
#define N_STEPS (REBOUND_STEP_OWNER + 1)
#define N_PATHS (REBOUND_PATH_PROBE + 1)

/* Failures that reach at least so far. */
typedef struct
{
  gint64 score;
  guint n;
  gint64 first;
  gint64 last;
} Tally;

/* A step that was decided. */
typedef struct
{
  gboolean set;
  gint64 since;
  gint64 due;
  ReboundReason reason;
} Latch;

/* A warning or a probe that came back. */
typedef struct
{
  gint64 at; /* 0 for none */
  ReboundReach reach;
  ReboundReason reason;
} Return;

/* What the failures of a day come to, for each reach. */
typedef struct
{
  Tally tally;
  gint64 heaviest;
  ReboundReason reason; /* of the heaviest */
} Sum;

typedef struct
{
  gint64 number; /* since 1970 */
  gint64 alive;  /* when it was seen that he is, 0 for never */
  gint64 confirmed;
  Sum sums[N_REACHES];
  Latch now;
  Latch wishes[N_STEPS]; /* of complaints and requests */
} Day;

typedef struct
{
  const ReboundTerms *terms;
  Day day;

  Tally tallies[N_REACHES];
  gint64 aged; /* the first day whose decay is still to be counted */
  Latch latches[N_STEPS];
  Return returns[N_PATHS];
  gboolean may_remove; /* what suspended him may unsubscribe him too */

  ReboundStep level; /* the furthest step that was done */
  gboolean suspended;
  gboolean unsubscribed;
  gint64 suspended_at;
  ReboundReason suspended_for;
  guint n_warnings; /* of one who is suspended */
  gint64 warned_at;
  guint n_probes; /* that are out */
  gint64 probed_at;
  ReboundReason probed_for;
  gboolean told; /* the owner, that he stays suspended */

  ReboundStep wish; /* what a complaint or a request asks for */
  Latch wished;
} Member;

/* ---- Small questions ---------------------------------------------------------------------- */

/* Of what is not negative. */
static gint64
units (double value)
{
  return (gint64) (value * UNITS + 0.5);
}

static gint64
interval (gint64 given)
{
  return given > 0 ? given : INTERVAL;
}

static ReboundReach
reach_of (const ReboundTerms *terms, const ReboundEvent *event)
{
  return event->held ? REBOUND_REACH_NOTHING : terms->grades[event->grade];
}

static ReboundUnsubscribe
verdict_of (const ReboundTerms *terms, const ReboundEvent *event)
{
  return MIN (terms->reasons[event->reason].unsubscribe, event->ceiling);
}

static Latch
latch (gint64 since, gint64 due, ReboundReason reason)
{
  return (Latch){ .set = TRUE, .since = since, .due = due, .reason = reason };
}

/* The earliest one stands: nothing delays it. */
static void
decide (Latch *self, gint64 since, gint64 due, ReboundReason reason)
{
  if (!self->set || due < self->due)
    *self = latch (since, due, reason);
}

static gboolean
is_probing (const Member *self)
{
  return self->n_probes > 0;
}

static gboolean
is_to_be_probed (const Member *self)
{
  return is_probing (self)
         || (self->level == REBOUND_STEP_PROBE && self->latches[REBOUND_STEP_PROBE].set);
}

/* When the last probe has stayed without an answer. */
static gint64
silence (const Member *self)
{
  return self->probed_at + interval (self->terms->probe_interval);
}

static gboolean
is_harsher_decided (const Member *self)
{
  return self->latches[REBOUND_STEP_SUSPEND].set || self->latches[REBOUND_STEP_UNSUBSCRIBE].set;
}

/* Whole days, so that it does not matter when in a day a report arrives. */
static gboolean
has_period (const Member *self, const Tally *tally, gint64 day)
{
  gint64 days = tally->n > 0 ? day - tally->first / DAY : 0;

  return days * DAY >= self->terms->min_period;
}

/* ---- He is alive -------------------------------------------------------------------------- */

static void
add_day (Member *self)
{
  for (guint i = 0; i < N_REACHES; i++)
    {
      const Tally *of_day = &self->day.sums[i].tally;
      Tally *tally = &self->tallies[i];

      if (of_day->n == 0)
        continue;
      if (tally->n == 0)
        tally->first = of_day->first;
      tally->last = of_day->last;
      tally->score += of_day->score;
      tally->n += of_day->n;
      self->aged = self->day.number + 1;
    }
}

/* Forgets what was counted, but for what failed on the day that is being read. */
static void
forget (Member *self, gboolean keep_day)
{
  memset (self->tallies, 0, sizeof self->tallies);
  memset (self->latches, 0, sizeof self->latches);
  memset (self->returns, 0, sizeof self->returns);
  self->may_remove = FALSE;
  self->n_probes = 0;
  self->level = self->suspended ? REBOUND_STEP_SUSPEND : REBOUND_STEP_NONE;
  if (keep_day)
    add_day (self);
}

static void
revive (Member *self, gint64 at, gboolean keep_day)
{
  Latch resume = self->latches[REBOUND_STEP_RESUME];

  forget (self, keep_day);
  if (!self->suspended)
    return;
  decide (&resume, at, at, self->suspended_for);
  self->latches[REBOUND_STEP_RESUME] = resume;
}

/* ---- Time goes by ------------------------------------------------------------------------- */

static void
age_tally (const ReboundTerms *terms, Tally *self, gint64 days, gint64 day)
{
  gboolean stale = terms->stale_after > 0 && (day - self->last / DAY) * DAY > terms->stale_after;

  if (self->n == 0)
    return;
  self->score -= days * units (terms->decay);
  if (stale || self->score <= 0)
    *self = (Tally){ 0 };
}

/* Who is suspended gets no mail that could fail, and a probe comes to an end by itself. */
static void
age (Member *self, gint64 day)
{
  gint64 days = MAX (day - self->aged, 0);
  gboolean pending = FALSE;

  self->aged = MAX (day, self->aged);
  if (self->suspended || is_to_be_probed (self))
    return;
  for (guint i = 0; i < N_REACHES; i++)
    age_tally (self->terms, &self->tallies[i], days, day);
  for (guint i = 0; i < N_STEPS; i++)
    pending |= self->latches[i].set;
  if (self->tallies[REBOUND_REACH_PROBE].n == 0 && !pending)
    forget (self, FALSE);
}

static void
advance (Member *self, gint64 now)
{
  if (self->unsubscribed)
    return;
  if (is_probing (self) && self->n_probes >= self->terms->probes && now >= silence (self)
      && !is_harsher_decided (self))
    revive (self, silence (self), FALSE);
  age (self, now / DAY);
}

/* ---- A day is read ------------------------------------------------------------------------ */

static void
add_failure (const ReboundTerms *terms, Sum *self, const ReboundEvent *event)
{
  gint64 weight = units (terms->reasons[event->reason].weight);
  Tally *tally = &self->tally;

  if (weight <= 0)
    return;
  if (tally->n == 0 || event->received < tally->first)
    tally->first = event->received;
  tally->last = MAX (tally->last, event->received);
  if (weight > self->heaviest || (weight == self->heaviest && event->reason < self->reason))
    self->reason = event->reason;
  self->heaviest = MAX (self->heaviest, weight);
  tally->score = terms->count_messages ? tally->score + weight : self->heaviest;
  tally->n = terms->count_messages ? tally->n + 1 : 1;
}

static void
note_first (Latch *self, const ReboundEvent *event)
{
  if (!self->set || event->received < self->since)
    *self = latch (event->received, 0, event->reason);
}

static void
read_failure (Member *self, const ReboundEvent *event)
{
  ReboundReach reach = reach_of (self->terms, event);
  ReboundUnsubscribe verdict = verdict_of (self->terms, event);

  if (verdict == REBOUND_UNSUBSCRIBE_NEVER)
    return;
  for (guint i = REBOUND_REACH_PROBE; i <= reach; i++)
    add_failure (self->terms, &self->day.sums[i], event);
  if (verdict == REBOUND_UNSUBSCRIBE_NOW && reach == REBOUND_REACH_UNSUBSCRIBE)
    note_first (&self->day.now, event);
}

/* Where the report may not unsubscribe, the owner sees it. */
static void
read_wish (Member *self, const ReboundEvent *event)
{
  ReboundReach reach = reach_of (self->terms, event);
  ReboundStep step =
      event->type == REBOUND_EVENT_COMPLAINT ? self->terms->complaint : REBOUND_STEP_UNSUBSCRIBE;

  if (reach == REBOUND_REACH_NOTHING || step == REBOUND_STEP_NONE
      || verdict_of (self->terms, event) == REBOUND_UNSUBSCRIBE_NEVER)
    return;
  if (reach < REBOUND_REACH_UNSUBSCRIBE)
    step = REBOUND_STEP_OWNER;
  note_first (&self->day.wishes[step], event);
}

/* Of the types that show that the address is alive. */
static const guint reset_bits[REBOUND_N_EVENT_TYPES] = {
  [REBOUND_EVENT_DELIVERY] = REBOUND_RESET_DELIVERY,
  [REBOUND_EVENT_AUTO_REPLY] = REBOUND_RESET_AUTO_REPLY,
  [REBOUND_EVENT_CONFIRMATION] = REBOUND_RESET_CONFIRMATION,
};

static void
read_reset (Member *self, const ReboundEvent *event)
{
  Day *day = &self->day;
  gboolean confirmed = event->type == REBOUND_EVENT_CONFIRMATION;

  if ((self->terms->resets & reset_bits[event->type]) == 0
      || (!confirmed && reach_of (self->terms, event) == REBOUND_REACH_NOTHING))
    return;
  day->alive = day->alive == 0 ? event->received : MIN (day->alive, event->received);
  if (confirmed)
    day->confirmed = MAX (day->confirmed, event->received);
}

static void (*const readers[REBOUND_N_EVENT_TYPES]) (Member *, const ReboundEvent *) = {
  [REBOUND_EVENT_FAILURE] = read_failure,  [REBOUND_EVENT_COMPLAINT] = read_wish,
  [REBOUND_EVENT_REQUEST] = read_wish,     [REBOUND_EVENT_DELIVERY] = read_reset,
  [REBOUND_EVENT_AUTO_REPLY] = read_reset, [REBOUND_EVENT_CONFIRMATION] = read_reset,
};

static void
read_day (Member *self, const ReboundEvent *events, guint n)
{
  self->day = (Day){ .number = events[0].received / DAY };
  for (guint i = 0; i < n; i++)
    if (readers[events[i].type] != NULL)
      readers[events[i].type](self, &events[i]);
}

/* ---- What a day leads to ------------------------------------------------------------------ */

/* The steps to which a score leads, and how far reports have to reach for each. A probe does no
 * harm, so it waits for no period; mlmmj probes at the first bounce. */
typedef struct
{
  ReboundStep step;
  ReboundReach reach;
  gsize threshold;
  gboolean at_any_time;
} Rung;

static const Rung ladder[] = {
  { REBOUND_STEP_WARN, REBOUND_REACH_PROBE, G_STRUCT_OFFSET (ReboundTerms, warn_at), FALSE },
  { REBOUND_STEP_PROBE, REBOUND_REACH_PROBE, G_STRUCT_OFFSET (ReboundTerms, probe_at), TRUE },
  { REBOUND_STEP_SUSPEND, REBOUND_REACH_SUSPEND, G_STRUCT_OFFSET (ReboundTerms, suspend_at),
    FALSE },
  { REBOUND_STEP_UNSUBSCRIBE, REBOUND_REACH_UNSUBSCRIBE,
    G_STRUCT_OFFSET (ReboundTerms, unsubscribe_at), FALSE },
};

static gboolean
has_reached (const Member *self, double threshold, const Tally *tally, gboolean at_any_time)
{
  return threshold > 0 && tally->n > 0 && tally->n >= self->terms->min_bounces
         && tally->score >= units (threshold)
         && (at_any_time || has_period (self, tally, self->day.number));
}

/* A warning holds for its interval: Sympa writes weekly, ezmlm after each ten days. So does a probe
 * that came back and led to nothing. */
static gboolean
is_open (const Member *self, ReboundStep step)
{
  const ReboundTerms *terms = self->terms;
  gboolean warning = step == REBOUND_STEP_WARN;
  gint64 done = warning ? self->warned_at : self->probed_at;
  gint64 wait = interval (warning ? terms->warning_interval : terms->probe_interval);

  if (step == REBOUND_STEP_PROBE && (terms->probes == 0 || is_to_be_probed (self)))
    return FALSE;
  if (step <= REBOUND_STEP_PROBE && step == self->level)
    return (self->day.number - done / DAY) * DAY >= wait;
  return self->level < step;
}

static void
climb (Member *self, const Rung *rung)
{
  const Sum *sum = &self->day.sums[rung->reach];
  double threshold = G_STRUCT_MEMBER (double, self->terms, rung->threshold);

  if (sum->tally.n > 0 && is_open (self, rung->step)
      && has_reached (self, threshold, &self->tallies[rung->reach], rung->at_any_time))
    decide (&self->latches[rung->step], sum->tally.first, sum->tally.first + self->terms->grace,
            sum->reason);
}

static void
climb_all (Member *self)
{
  const Latch *now = &self->day.now;

  for (guint i = 0; i < G_N_ELEMENTS (ladder); i++)
    climb (self, &ladder[i]);
  if (has_reached (self, self->terms->suspend_at, &self->tallies[REBOUND_REACH_UNSUBSCRIBE], FALSE))
    self->may_remove = TRUE;
  if (now->set)
    decide (&self->latches[REBOUND_STEP_UNSUBSCRIBE], now->since, now->since + self->terms->grace,
            now->reason);
}

static void
probe_again (Member *self, const Return *returned, gint64 due)
{
  self->n_probes = 0;
  if (self->terms->probes > 0)
    decide (&self->latches[REBOUND_STEP_PROBE], returned->at, due, returned->reason);
}

/* Nobody is unsubscribed for this before the period is over: there will be another probe, after its
 * interval, or already when the period ends. */
static void
remove_or_probe (Member *self, const Return *returned)
{
  const Tally *tally = &self->tallies[REBOUND_REACH_UNSUBSCRIBE];
  gint64 first = tally->n > 0 ? tally->first : returned->at;
  gint64 soonest = returned->at + self->terms->grace;
  gint64 over = MAX (soonest, first / DAY * DAY + self->terms->min_period);
  gint64 next = MAX (soonest, returned->at + interval (self->terms->probe_interval));

  if (has_period (self, tally, returned->at / DAY))
    decide (&self->latches[REBOUND_STEP_UNSUBSCRIBE], returned->at, soonest, returned->reason);
  else if (self->terms->probes == 0 || tally->n == 0)
    decide (&self->latches[REBOUND_STEP_UNSUBSCRIBE], returned->at, over, returned->reason);
  else
    probe_again (self, returned, MIN (over, next));
}

static void
suspend_for (Member *self, const Return *returned)
{
  self->may_remove |= returned->reach == REBOUND_REACH_UNSUBSCRIBE;
  self->n_probes = 0;
  if (!self->suspended)
    decide (&self->latches[REBOUND_STEP_SUSPEND], returned->at, returned->at + self->terms->grace,
            returned->reason);
}

static void
follow (Member *self, ReboundStep step, const Return *returned)
{
  gint64 due = returned->at + self->terms->grace;

  switch (step)
    {
    case REBOUND_STEP_UNSUBSCRIBE:
      remove_or_probe (self, returned);
      break;
    case REBOUND_STEP_SUSPEND:
      suspend_for (self, returned);
      break;
    case REBOUND_STEP_PROBE:
      probe_again (self, returned, due);
      break;
    case REBOUND_STEP_OWNER:
      self->n_probes = 0;
      decide (&self->latches[REBOUND_STEP_OWNER], returned->at, due, returned->reason);
      break;
    default:
      self->n_probes = 0;
      break;
    }
}

/* The furthest step of each reach. */
static const ReboundStep furthest[N_REACHES] = {
  [REBOUND_REACH_NOTHING] = REBOUND_STEP_NONE,
  [REBOUND_REACH_PROBE] = REBOUND_STEP_PROBE,
  [REBOUND_REACH_SUSPEND] = REBOUND_STEP_SUSPEND,
  [REBOUND_REACH_UNSUBSCRIBE] = REBOUND_STEP_UNSUBSCRIBE,
};

static void
take_return (Member *self, ReboundPath path, ReboundStep step, gboolean is_out)
{
  Return returned = self->returns[path];

  if (returned.at == 0 || !is_out)
    return;
  self->returns[path] = (Return){ 0 };
  if (step != REBOUND_STEP_OWNER)
    step = MIN (step, furthest[returned.reach]);
  if (path == REBOUND_PATH_PROBE && step == REBOUND_STEP_PROBE)
    step = REBOUND_STEP_NONE; /* or it would go on for ever */
  follow (self, step, &returned);
}

/* Alive and dead on one day is a contradiction: that counts, but decides nothing. */
static void
settle (Member *self)
{
  const ReboundTerms *terms = self->terms;

  if (self->day.alive != 0 || self->unsubscribed)
    return;
  take_return (self, REBOUND_PATH_PROBE, terms->probe_bounced, is_probing (self));
  take_return (self, REBOUND_PATH_WARNING, terms->warning_bounced,
               self->warned_at > 0 && self->level > REBOUND_STEP_NONE && !is_probing (self));
  climb_all (self);
}

/* ---- What was done ------------------------------------------------------------------------ */

/* What came back long before belongs to an earlier one. */
static void
drop_earlier (Return *self, gint64 at)
{
  if (at - self->at > RACE)
    *self = (Return){ 0 };
}

static void
did_warn (Member *self, gint64 at)
{
  drop_earlier (&self->returns[REBOUND_PATH_WARNING], at);
  self->warned_at = at;
  if (self->suspended)
    self->n_warnings++;
}

static void
did_probe (Member *self, gint64 at)
{
  const Latch *decided = &self->latches[REBOUND_STEP_PROBE];

  drop_earlier (&self->returns[REBOUND_PATH_PROBE], at);
  if (decided->set)
    self->probed_for = decided->reason;
  self->probed_at = at;
  self->n_probes++;
}

/* Who was suspended for what does not count any more is resumed. */
static void
did_suspend (Member *self, gint64 at)
{
  const Latch *decided = &self->latches[REBOUND_STEP_SUSPEND];

  if (self->suspended)
    return;
  self->suspended = TRUE;
  self->suspended_at = at;
  self->suspended_for = decided->reason;
  self->n_warnings = 0;
  self->n_probes = 0;
  self->told = FALSE;
  if (!decided->set)
    decide (&self->latches[REBOUND_STEP_RESUME], at, at, REBOUND_REASON_UNCLASSIFIED);
}

static void
did_resume (Member *self, G_GNUC_UNUSED gint64 at)
{
  self->suspended = FALSE;
  self->n_probes = 0;
  self->level = REBOUND_STEP_NONE;
  for (guint i = 0; i < N_STEPS; i++)
    if (i != REBOUND_STEP_UNSUBSCRIBE)
      self->latches[i] = (Latch){ 0 };
}

static void
did_unsubscribe (Member *self, gint64 at)
{
  self->unsubscribed = self->day.confirmed <= at;
  self->wished = (Latch){ 0 };
  if (!self->unsubscribed)
    {
      self->suspended = FALSE;
      forget (self, TRUE);
    }
}

static void
did_tell_owner (Member *self, G_GNUC_UNUSED gint64 at)
{
  Latch *own = &self->latches[REBOUND_STEP_OWNER];

  if (self->wished.set && self->wish == REBOUND_STEP_OWNER
      && (!own->set || self->wished.due <= own->due))
    self->wished = (Latch){ 0 };
  else
    *own = (Latch){ 0 };
}

static void (*const doers[N_STEPS]) (Member *, gint64) = {
  [REBOUND_STEP_WARN] = did_warn,
  [REBOUND_STEP_PROBE] = did_probe,
  [REBOUND_STEP_SUSPEND] = did_suspend,
  [REBOUND_STEP_RESUME] = did_resume,
  [REBOUND_STEP_UNSUBSCRIBE] = did_unsubscribe,
  [REBOUND_STEP_OWNER] = did_tell_owner,
};

/* Of one who stays suspended, the owner learns once. */
static void
end_suspension (Member *self)
{
  guint warnings = self->terms->warnings;
  gint64 due = warnings > 0 ? self->warned_at + interval (self->terms->warning_interval)
                            : self->suspended_at;

  if (!self->suspended || self->told || is_probing (self) || self->n_warnings < warnings
      || (warnings > 0 && self->may_remove) || self->latches[REBOUND_STEP_RESUME].set)
    return;
  self->told = TRUE;
  decide (&self->latches[REBOUND_STEP_OWNER], self->suspended_at, due, self->suspended_for);
}

static void
do_step (Member *self, const ReboundEvent *event)
{
  ReboundStep step = event->done;

  settle (self);
  advance (self, event->received);
  end_suspension (self);
  if (self->unsubscribed || doers[step] == NULL)
    return;
  doers[step](self, event->received);
  if (step != REBOUND_STEP_WARN && step != REBOUND_STEP_PROBE && step != REBOUND_STEP_SUSPEND)
    return;
  self->level = MAX (self->level, step);
  for (guint i = REBOUND_STEP_WARN; i <= step; i++)
    self->latches[i] = (Latch){ 0 };
}

/* ---- A day is lived ----------------------------------------------------------------------- */

static void
take_alive (Member *self)
{
  const Day *day = &self->day;

  if (day->confirmed != 0)
    self->wished = (Latch){ 0 };
  if (day->confirmed != 0 && self->unsubscribed)
    *self = (Member){ .terms = self->terms, .day = self->day, .aged = self->aged };
  if (day->alive != 0 && !self->unsubscribed)
    revive (self, day->alive, TRUE);
}

static void
take_failures (Member *self)
{
  if (!self->unsubscribed && self->day.alive == 0)
    add_day (self); /* revive() has */
}

static void
take_wishes (Member *self)
{
  static const ReboundStep steps[] = { REBOUND_STEP_UNSUBSCRIBE, REBOUND_STEP_OWNER };

  for (guint i = 0; i < G_N_ELEMENTS (steps) && !self->unsubscribed; i++)
    {
      const Latch *wish = &self->day.wishes[steps[i]];

      if (!wish->set || (self->wished.set && self->wish <= steps[i]))
        continue;
      self->wish = steps[i];
      self->wished = latch (wish->since, wish->since + self->terms->grace, wish->reason);
    }
}

static void
note_return (Member *self, const ReboundEvent *event)
{
  ReboundReach reach = reach_of (self->terms, event);
  Return *returned = &self->returns[event->path];

  if (self->day.alive == 0 && reach > returned->reach
      && verdict_of (self->terms, event) > REBOUND_UNSUBSCRIBE_NEVER)
    *returned = (Return){ .at = event->received, .reach = reach, .reason = event->reason };
}

static void
live_day (Member *self, const ReboundEvent *events, guint n)
{
  advance (self, events[0].received / DAY * DAY);
  read_day (self, events, n);
  take_alive (self);
  take_failures (self);
  take_wishes (self);
  for (guint i = 0; i < n; i++)
    if (events[i].type == REBOUND_EVENT_DONE)
      do_step (self, &events[i]);
    else if (events[i].type == REBOUND_EVENT_FAILURE)
      note_return (self, &events[i]);
  settle (self);
  end_suspension (self);
}

/* ---- What is next ------------------------------------------------------------------------- */

/* When it is due, whenever on its day the report came that led to it. */
static gint64
rank (gint64 due, gint64 since)
{
  return due - since % DAY;
}

/* The earliest; of several of one day the one that goes furthest, and the owner last. */
static void
offer (ReboundDecision *self, ReboundStep step, const Latch *decided, guint nth, guint of)
{
  gint64 later = rank (decided->due, decided->since) - rank (self->due, self->since);
  gboolean further =
      step != REBOUND_STEP_OWNER && (step > self->step || self->step == REBOUND_STEP_OWNER);

  if (!decided->set || (self->step != REBOUND_STEP_NONE && (later > 0 || (later == 0 && !further))))
    return;
  self->step = step;
  self->due = decided->due;
  self->since = decided->since;
  self->reason = decided->reason;
  self->nth = nth;
  self->of = of;
}

static void
offer_probes (const Member *self, ReboundDecision *decision)
{
  guint probes = self->terms->probes;
  Latch next = latch (self->probed_at, silence (self), self->probed_for);

  if (is_harsher_decided (self))
    return;
  if (self->n_probes < probes)
    offer (decision, REBOUND_STEP_PROBE, &next, self->n_probes + 1, probes);
  else if (self->suspended)
    {
      next = latch (next.due, next.due, self->suspended_for);
      offer (decision, REBOUND_STEP_RESUME, &next, 0, 0);
    }
}

static void
offer_warnings (const Member *self, ReboundDecision *decision)
{
  guint warnings = self->terms->warnings;
  Latch next = latch (self->suspended_at, self->suspended_at, self->suspended_for);

  if (self->n_warnings > 0)
    next.due = self->warned_at + interval (self->terms->warning_interval);
  if (self->n_warnings < warnings)
    offer (decision, REBOUND_STEP_WARN, &next, self->n_warnings + 1, warnings);
  else if (warnings > 0 && self->may_remove)
    offer (decision, REBOUND_STEP_UNSUBSCRIBE, &next, 0, 0);
}

static void
offer_all (const Member *self, ReboundDecision *decision)
{
  const Latch *latches = self->latches;

  offer (decision, REBOUND_STEP_WARN, &latches[REBOUND_STEP_WARN], 1, 1);
  offer (decision, REBOUND_STEP_PROBE, &latches[REBOUND_STEP_PROBE], 1, self->terms->probes);
  for (ReboundStep step = REBOUND_STEP_SUSPEND; step < N_STEPS; step++)
    offer (decision, step, &latches[step], 0, 0);
  offer (decision, self->wish, &self->wished, 0, 0);
  if (is_probing (self))
    offer_probes (self, decision);
  else if (self->suspended && !latches[REBOUND_STEP_RESUME].set && !latches[REBOUND_STEP_PROBE].set)
    offer_warnings (self, decision);
}

static ReboundStanding
standing_of (const Member *self)
{
  if (self->unsubscribed)
    return REBOUND_STANDING_UNSUBSCRIBED;
  if (self->suspended)
    return REBOUND_STANDING_SUSPENDED;
  if (is_to_be_probed (self))
    return REBOUND_STANDING_PROBING;
  return self->level == REBOUND_STEP_NONE ? REBOUND_STANDING_ACTIVE : REBOUND_STANDING_WARNED;
}

/* ---- The whole ---------------------------------------------------------------------------- */

/* Of two steps in one second: who is warned was suspended before. */
static const gint8 done_order[N_STEPS] = {
  [REBOUND_STEP_SUSPEND] = 1, [REBOUND_STEP_RESUME] = 2, [REBOUND_STEP_PROBE] = 3,
  [REBOUND_STEP_WARN] = 4,    [REBOUND_STEP_OWNER] = 5,  [REBOUND_STEP_UNSUBSCRIBE] = 6,
};

static int
compare_events (gconstpointer a, gconstpointer b)
{
  const ReboundEvent *left = a;
  const ReboundEvent *right = b;

  if (left->received != right->received)
    return left->received < right->received ? -1 : 1;
  return done_order[left->done] - done_order[right->done];
}

static void
live (Member *self, const ReboundEvent *events, guint n_events)
{
  guint begin = 0;

  while (begin < n_events)
    {
      guint end = begin + 1;

      while (end < n_events && events[end].received / DAY == events[begin].received / DAY)
        end++;
      live_day (self, &events[begin], end - begin);
      begin = end;
    }
}

static gboolean
are_sorted (const ReboundEvent *events, guint n_events)
{
  for (guint i = 1; i < n_events; i++)
    if (compare_events (&events[i - 1], &events[i]) > 0)
      return FALSE;
  return TRUE;
}

void
rebound_engine_decide (const ReboundTerms *terms, const ReboundEvent *events, guint n_events,
                       gint64 now, ReboundDecision *decision)
{
  g_autofree ReboundEvent *sorted = NULL;
  Member self = { .terms = terms, .day.number = -1 };

  if (!are_sorted (events, n_events))
    {
      sorted = g_new (ReboundEvent, n_events);
      memcpy (sorted, events, n_events * sizeof *events);
      qsort (sorted, n_events, sizeof *sorted, compare_events);
      events = sorted;
    }
  live (&self, events, n_events);
  advance (&self, now);

  *decision = (ReboundDecision){ .standing = standing_of (&self) };
  decision->score = (double) self.tallies[REBOUND_REACH_PROBE].score / UNITS;
  decision->first = self.tallies[REBOUND_REACH_PROBE].first;
  decision->last = self.tallies[REBOUND_REACH_PROBE].last;
  if (!self.unsubscribed)
    offer_all (&self, decision);
}

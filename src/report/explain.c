/* Rebound: what a code or a reason means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "json.h"
#include "report.h"
#include "topics.h"
#include "translate.h"

#define USUAL_WIDTH 80

typedef struct
{
  const ReboundRules *rules;
  const ReboundTopic *topic;
  GString *out;
  guint width;
} Writer;

static const char *
string (const ReboundRules *rules, ReboundString offset)
{
  return offset != 0 ? rebound_rules_string (rules, offset) : NULL;
}

static const char *class_text (char digit);

static const char *
means_of (const ReboundRules *rules, const ReboundTopic *topic)
{
  const char *means = topic->texts != NULL ? string (rules, topic->texts->means) : NULL;

  if (means != NULL)
    return means;
  if (topic->type == REBOUND_TOPIC_NAME)
    return N_ ("Another system's name for several reasons");
  if (topic->type == REBOUND_TOPIC_CLASS)
    return class_text (*topic->name);
  if (topic->reasons.n > 0)
    return string (rules, rules->reasons[topic->reasons.reason[0]].texts.means);
  return N_ ("Not a registered code");
}

/* RFC 5321 section 4.2.1, RFC 3463 section 3.1. */
static const char *
class_of (const ReboundRules *rules, const ReboundTopic *topic)
{
  switch (rebound_topic_class (rules, topic))
    {
    case '2':
      return NC_ ("class", "success");
    case '3':
      return NC_ ("class", "intermediate");
    case '4':
      return NC_ ("class", "temporary");
    case '5':
      return NC_ ("class", "permanent");
    default:
      return NULL;
    }
}

static gboolean
is_failure (const ReboundTopic *topic)
{
  return topic->reasons.n > 0;
}

/* The class of a code, by its first digit; any class of a status is that of a failure here. */
static const char *
class_text (char digit)
{
  switch (digit)
    {
    case '2':
      return N_ ("The first digit, 2, says that the command was done.");
    case '3':
      return N_ ("The first digit, 3, says that the server waits for more.");
    case '4':
      return N_ (
          "The first digit, 4, says that the command failed for now: the sending server keeps "
          "the message and tries again.");
    case '5':
      return N_ ("The first digit, 5, says that the command failed, and that the same attempt will "
                 "fail again: the sending server gives the message back.");
    default:
      return N_ ("X stands for the class: 4 for now, 5 for good.");
    }
}

/* The second digit of a reply, RFC 5321 section 4.2.1. */
static const char *
reply_digit_text (char digit)
{
  static const char *const texts[] = {
    N_ ("The second digit, 0, is that of syntax: a command was wrong, unknown or out of place."),
    N_ ("The second digit, 1, is that of information: status and help. Where a failure has it, the "
        "code is mostly an enhanced status code X.1.z without its dots: the address."),
    N_ ("The second digit, 2, is that of connections. Where the code is no registered one, it is "
        "mostly an enhanced status code X.2.z without its dots: the mailbox."),
    N_ ("The second digit, 3, has no meaning in RFC 5321; the extensions for authentication and "
        "TLS use it."),
    N_ ("The second digit, 4, has no meaning in RFC 5321. Such a code is mostly an enhanced status "
        "code X.4.z without its dots: network and routing."),
    N_ ("The second digit, 5, is that of the mail system: the mailbox, the message, the storage."),
  };

  return digit <= '5'
             ? texts[digit - '0']
             : N_ ("RFC 5321 knows no such second digit. Where it is 7, the code is mostly an "
                   "enhanced status code X.7.z without its dots: security and policy.");
}

/* The subject of an enhanced code, RFC 3463 section 2. */
static const char *
subject_text (const char *status)
{
  static const char *const texts[] = {
    N_ ("The second number, 0, says nothing more of the subject."),
    N_ ("The second number, 1, is that of the addresses: of the recipient or of the sender."),
    N_ ("The second number, 2, is that of the mailbox."),
    N_ ("The second number, 3, is that of the mail system of the recipient."),
    N_ ("The second number, 4, is that of the network and the routing."),
    N_ ("The second number, 5, is that of the SMTP conversation."),
    N_ ("The second number, 6, is that of the content, or of its form."),
    N_ ("The second number, 7, is that of security and policy."),
  };

  return !g_ascii_isdigit (status[3]) && status[2] <= '7'
             ? texts[status[2] - '0']
             : N_ ("No such second number is registered.");
}

/* ---- Text ---- */

static guint
columns (const char *text, gsize length)
{
  guint n = 0;

  for (const char *p = text; p < text + length; p = g_utf8_next_char (p))
    n += g_unichar_iszerowidth (g_utf8_get_char (p)) ? 0
         : g_unichar_iswide (g_utf8_get_char (p))    ? 2
                                                     : 1;
  return n;
}

/* A paragraph behind @lead; further lines are @indent columns in. */
static void
put_paragraph (Writer *self, const char *lead, guint indent, const char *text)
{
  guint column = columns (lead, strlen (lead));
  gboolean fresh = TRUE;

  g_string_append (self->out, lead);
  for (const char *p = text; *p != '\0';)
    {
      const gsize length = strcspn (p, " ");
      const guint wide = columns (p, length);

      if (!fresh && column + 1 + wide > self->width)
        {
          g_string_append_printf (self->out, "\n%*s", (int) indent, "");
          column = indent;
        }
      else if (!fresh)
        {
          g_string_append_c (self->out, ' ');
          column++;
        }
      g_string_append_len (self->out, p, length);
      column += wide;
      fresh = FALSE;
      p += length + strspn (p + length, " ");
    }
  g_string_append_c (self->out, '\n');
}

static void put_line (Writer *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A line of what is known, wrapped. */
static void
put_line (Writer *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  put_paragraph (self, "  ", 4, text);
}

static void
put_heading (Writer *self, const char *heading)
{
  g_string_append_printf (self->out, "\n  %s\n", _ (heading));
}

typedef struct
{
  ReboundBounce bounce;
  ReboundFault fault;
  ReboundUnsubscribe unsubscribe;
} Verdict;

/* The verdict of @reason; behind a code that says "for now", or leaves others open, the milder
 * one. */
static Verdict
judge (const Writer *self, guint reason)
{
  const ReboundReasonRule *rule = &self->rules->reasons[reason];
  Verdict verdict = { rule->bounce, rule->fault, rule->unsubscribe };

  const gboolean temporary = rebound_topic_class (self->rules, self->topic) == '4';
  const gboolean open = self->topic->type != REBOUND_TOPIC_NAME && self->topic->reasons.n > 1;

  if (self->topic->type == REBOUND_TOPIC_REFUSAL && reason == self->topic->reasons.reason[0])
    return (Verdict){ self->topic->bounce, self->topic->fault, self->topic->unsubscribe };
  if (temporary || open)
    verdict.unsubscribe = MIN (verdict.unsubscribe, REBOUND_UNSUBSCRIBE_COUNT);
  if (temporary && reason == REBOUND_REASON_USER_INACTIVE)
    verdict.bounce = REBOUND_BOUNCE_SOFT;
  return verdict;
}

static const char *const bounces[] = {
  [REBOUND_BOUNCE_NONE] = N_ ("No failure"),
  [REBOUND_BOUNCE_SOFT] = N_ ("soft bounce"),
  [REBOUND_BOUNCE_HARD] = N_ ("hard bounce"),
};

static char *
describe_reason (const Writer *self, guint reason)
{
  const Verdict verdict = judge (self, reason);
  GString *out = g_string_new (NULL);

  g_string_append_printf (
      out, "%s: %s. %s, ", rebound_reason_to_string (reason),
      _ (rebound_rules_string (self->rules, self->rules->reasons[reason].texts.means)),
      _ (bounces[verdict.bounce]));
  rebound_append_fault (out, verdict.fault);
  g_string_append (out, ", ");
  g_string_append_printf (out, _ ("unsubscribe %s"),
                          C_ ("unsubscribe", rebound_unsubscribe_to_string (verdict.unsubscribe)));
  g_string_append_c (out, '.');
  return g_string_free (out, FALSE);
}

static char *
join_reasons (const ReboundReasons *reasons)
{
  const char *names[REBOUND_MAX_REASONS + 1] = { NULL };

  for (guint i = 0; i < reasons->n; i++)
    names[i] = rebound_reason_to_string (reasons->reason[i]);
  return g_strjoinv (", ", (char **) names);
}

static void
put_first_line (Writer *self)
{
  const ReboundTopic *topic = self->topic;
  const char *means = _ (means_of (self->rules, topic));
  const char *digit = class_of (self->rules, topic);
  const char *class = digit != NULL ? C_ ("class", digit) : NULL;
  const char *provider = topic->provider >= 0
                             ? string (self->rules, self->rules->providers[topic->provider].title)
                             : NULL;
  g_autofree char *lead = g_strdup_printf ("%s: ", topic->name);
  g_autofree char *text = NULL;

  if (class != NULL && provider != NULL)
    text = g_strdup_printf ("%s (%s, %s)", means, provider, class);
  else if (class != NULL || provider != NULL)
    text = g_strdup_printf ("%s (%s)", means, class != NULL ? class : provider);
  put_paragraph (self, lead, 4, text != NULL ? text : means);
}

/* The first line of a refusal is its first reason. */
static void
put_reasons (Writer *self)
{
  const ReboundTopic *topic = self->topic;
  const gboolean by_code = topic->code != NULL;

  for (guint i = 0; i < topic->reasons.n; i++)
    {
      g_autofree char *reason = describe_reason (self, topic->reasons.reason[i]);

      if (i > 0)
        put_line (self, _ ("or: %s"), reason);
      else if (topic->type == REBOUND_TOPIC_REFUSAL)
        put_paragraph (self, "", 4, reason);
      else if (by_code)
        put_line (self, _ ("by itself: %s"), reason);
      else
        put_line (self, "%s", reason);
    }
}

static void
put_stages (Writer *self)
{
  const ReboundCode *code = self->topic->code;

  for (guint stage = 0; code != NULL && stage < REBOUND_N_STAGES; stage++)
    if (code->at[stage].n > 0)
      {
        g_autofree char *reasons = join_reasons (&code->at[stage]);

        put_line (self, _ ("at %s: %s"), rebound_stage_to_string (stage), reasons);
      }
}

/* What providers mean by the code, whatever it means elsewhere. */
static void
put_providers (Writer *self)
{
  const ReboundRules *rules = self->rules;

  for (guint i = 0; i < rules->n_says; i++)
    if (strcmp (rebound_rules_string (rules, rules->says[i].code), self->topic->name) == 0)
      {
        const ReboundProvider *provider = &rules->providers[rules->says[i].provider];
        g_autofree char *reasons = join_reasons (&rules->says[i].reasons);

        put_line (self, C_ ("provider", "at %s: %s"), rebound_rules_string (rules, provider->title),
                  reasons);
      }
}

static void
put_taxonomies (Writer *self)
{
  const char *const *names = rebound_taxonomies ();

  for (guint i = 0; names[i] != NULL; i++)
    {
      const guint reason = self->topic->reasons.reason[0];
      const char *name = string (self->rules, self->rules->reasons[reason].taxonomy[i]);

      if (name != NULL)
        put_line (self, _ ("in %s: %s"), names[i], name);
    }
}

/* 514 is mostly a 5.1.4. */
static void
put_undotted (Writer *self)
{
  const char *name = self->topic->name;
  g_autofree char *status = g_strdup_printf ("%c.%c.%c", name[0], name[1], name[2]);
  const ReboundCode *code = rebound_rules_find_status (self->rules, status);

  if (code != NULL)
    put_line (self, _ ("with dots: %s: %s"), status,
              _ (rebound_rules_string (self->rules, code->texts.means)));
}

/* What the digits say of a code that the rules do not have. */
static void
put_digits (Writer *self)
{
  const ReboundTopic *topic = self->topic;

  put_line (self, "%s", _ (class_text (*topic->name)));
  if (topic->type == REBOUND_TOPIC_STATUS)
    put_line (self, "%s", _ (subject_text (topic->name)));
  else
    {
      put_line (self, "%s", _ (reply_digit_text (topic->name[1])));
      put_undotted (self);
    }
}

static const char *
who_acts (ReboundFault fault)
{
  switch (fault)
    {
    case REBOUND_FAULT_NONE:
      return N_ ("Nobody.");
    case REBOUND_FAULT_RECIPIENT:
      return N_ ("The recipient, or who looks after his mailbox; the sending side can only correct "
                 "the address, or drop it.");
    case REBOUND_FAULT_DOMAIN:
      return N_ ("Who runs the domain of the recipient.");
    case REBOUND_FAULT_MESSAGE:
      return N_ ("Who wrote the message, or the program that made it.");
    case REBOUND_FAULT_SENDER:
      return N_ ("The sending side: its postmaster, or the service that sends for it.");
    case REBOUND_FAULT_RECEIVER:
      return N_ ("The receiving side: its postmaster.");
    case REBOUND_FAULT_NETWORK:
      return N_ ("Nobody at first: the sending server tries again. If it lasts, the postmasters of "
                 "both sides look which of them cannot be reached.");
    default:
      return N_ ("Whoever the text of the reply names.");
    }
}

/* What is no failure may still be the recipient's wish; and what has expired is not tried again. */
static const char *
who_acts_for (const ReboundRules *rules, guint reason)
{
  const ReboundReasonRule *rule = &rules->reasons[reason];

  if (reason == REBOUND_REASON_EXPIRED)
    return N_ ("The sending server has given up. Its postmaster looks in the log for what failed "
               "before; if the network did, the postmasters of both sides look which of them "
               "cannot be reached.");
  if (rule->bounce == REBOUND_BOUNCE_NONE && rule->unsubscribe == REBOUND_UNSUBSCRIBE_NOW)
    return N_ ("The manager of the list.");
  return who_acts (rule->fault);
}

/* Each of those whom the reasons name, once. */
static void
put_who (Writer *self)
{
  const ReboundReasons *reasons = &self->topic->reasons;
  guint told = 0, all = 0;

  for (guint i = 0; i < reasons->n; i++)
    all |= 1 << self->rules->reasons[reasons->reason[i]].fault;
  put_heading (self, N_ ("Who has to act"));
  for (guint i = 0; i < reasons->n; i++)
    {
      const ReboundReasonRule *rule = &self->rules->reasons[reasons->reason[i]];
      const gboolean several = (all & (all - 1)) != 0;

      if (!(told & 1 << rule->fault))
        put_paragraph (self, several ? "    - " : "    ", several ? 6 : 4,
                       _ (who_acts_for (self->rules, reasons->reason[i])));
      told |= 1 << rule->fault;
    }
}

static const char *
heading_of (ReboundItems items)
{
  static const char *const headings[REBOUND_N_ITEMS] = {
    N_ ("Usual causes"),
    N_ ("What the manager of a list does"),
    N_ ("What the sending postmaster does"),
    N_ ("Examples"),
  };

  return headings[items];
}

static void
put_items (Writer *self, ReboundItems items)
{
  g_auto (GStrv) lines = rebound_topic_items (self->rules, self->topic, items);
  const gboolean several = lines[0] != NULL && lines[1] != NULL;

  if (lines[0] == NULL)
    return;
  put_heading (self, heading_of (items));
  for (guint i = 0; lines[i] != NULL; i++)
    put_paragraph (self, several ? "    - " : "    ", several ? 6 : 4,
                   items != REBOUND_ITEMS_EXAMPLES ? _ (lines[i]) : lines[i]);
}

static void
put_head (Writer *self)
{
  g_autofree char *verdict = NULL;

  if (self->topic->type == REBOUND_TOPIC_REASON)
    {
      verdict = describe_reason (self, self->topic->reasons.reason[0]);
      put_paragraph (self, "", 4, verdict);
      put_taxonomies (self);
      return;
    }
  if (self->topic->type != REBOUND_TOPIC_REFUSAL)
    put_first_line (self);
  put_reasons (self);
}

/* The first line of a class has its first digit. */
static void
put_class (Writer *self)
{
  const char *name = self->topic->name;
  g_autofree char *lead = g_strdup_printf ("%s: ", name);

  put_paragraph (self, lead, 4, _ (class_text (*name)));
  if (name[1] == '.')
    put_line (self, "%s", _ (subject_text (name)));
  else if (g_ascii_isdigit (name[1]))
    put_line (self, "%s", _ (reply_digit_text (name[1])));
}

static void
put_facts (Writer *self)
{
  const ReboundTopic *topic = self->topic;

  put_head (self);
  if (rebound_topic_is_code (topic))
    {
      put_stages (self);
      put_providers (self);
    }
  if (rebound_topic_is_code (topic) && topic->code == NULL)
    put_digits (self);
  else if (rebound_topic_is_success (topic))
    put_line (self, "%s", _ (class_text ('2')));
  if (topic->code != NULL && topic->code->generic && is_failure (topic))
    put_line (self, "%s", _ ("says little: the reply code, the stage and the text decide"));
  if (topic->texts != NULL && topic->texts->source != 0)
    put_line (self, _ ("source: %s"), rebound_rules_string (self->rules, topic->texts->source));
}

/* A name that stands for several reasons has none of these: each reason is a topic of its own. */
static void
put_advice (Writer *self)
{
  put_items (self, REBOUND_ITEMS_CAUSES);
  if (is_failure (self->topic))
    put_who (self);
  for (guint items = REBOUND_ITEMS_CAUSES + 1; items < REBOUND_N_ITEMS; items++)
    put_items (self, items);
}

static const ReboundRules *
rules_of (const ReboundAnalyzer *analyzer)
{
  return analyzer != NULL ? rebound_analyzer_get_rules (analyzer) : &rebound_builtin_rules;
}

/* What is found in a refusal; no reasons: nothing. */
static ReboundTopic
make_refusal (const ReboundRecipient *recipient)
{
  const char *code = recipient->reply != NULL ? recipient->reply : recipient->status;
  ReboundTopic topic = { .type = REBOUND_TOPIC_REFUSAL,
                         .provider = -1,
                         .class = code != NULL ? *code : '\0',
                         .bounce = recipient->bounce,
                         .fault = recipient->fault,
                         .unsubscribe = recipient->unsubscribe };

  if (recipient->reason == REBOUND_REASON_UNCLASSIFIED)
    return topic;
  topic.reasons.reason[topic.reasons.n++] = recipient->reason;
  for (guint i = 0; i < recipient->n_also && topic.reasons.n < REBOUND_MAX_REASONS; i++)
    topic.reasons.reason[topic.reasons.n++] = recipient->also[i];
  return topic;
}

/* Puts the verdict of a refusal before the codes in it. */
static void
prepend_refusal (ReboundAnalyzer *analyzer, const char *text, GArray *topics)
{
  g_autoptr (ReboundAnalyzer) own = analyzer == NULL ? rebound_analyzer_new (NULL, NULL) : NULL;
  g_autoptr (ReboundReport) report =
      rebound_analyzer_classify (own != NULL ? own : analyzer, text, NULL);
  ReboundTopic topic = make_refusal (rebound_report_get_recipient (report, 0));

  if (topic.reasons.n == 0)
    return;
  topic.name = g_strdup (text);
  g_array_prepend_val (topics, topic);
}

/* Of a whole refusal: its verdict, the codes in it and its provider's. */
static GArray *
find_topics (ReboundAnalyzer *analyzer, const char *text)
{
  gboolean words;
  GArray *topics = rebound_topics_find (rules_of (analyzer), text, &words);

  if (words)
    prepend_refusal (analyzer, text, topics);
  return topics;
}

static void
put_topic (Writer *self)
{
  if (self->topic->type == REBOUND_TOPIC_CLASS)
    {
      put_class (self);
      return;
    }
  put_facts (self);
  if (self->topic->type != REBOUND_TOPIC_NAME)
    put_advice (self);
}

/* Below the verdict of a refusal a code is only named: what it says by itself is overruled. */
static void
put_topics (Writer *self, const GArray *topics)
{
  const ReboundTopic *first = &g_array_index (topics, ReboundTopic, 0);

  for (guint i = 0; i < topics->len; i++)
    {
      const gboolean in_refusal = first->type == REBOUND_TOPIC_REFUSAL && i > 0;

      self->topic = &g_array_index (topics, ReboundTopic, i);
      if (in_refusal && rebound_topic_is_code (self->topic))
        {
          if (!rebound_topic_is_code (self->topic - 1))
            g_string_append_c (self->out, '\n');
          put_first_line (self);
          continue;
        }
      if (i > 0)
        g_string_append_c (self->out, '\n');
      put_topic (self);
    }
}

char *
rebound_explain_to_text (ReboundAnalyzer *analyzer, const char *topic, const ReboundStyle *style)
{
  g_autoptr (GArray) topics = NULL;
  Writer self = { rules_of (analyzer), NULL, NULL, USUAL_WIDTH };

  g_return_val_if_fail (topic != NULL, NULL);

  topics = find_topics (analyzer, topic);
  if (topics->len == 0)
    return NULL;
  self.out = g_string_new (NULL);
  if (style != NULL && style->width > 0)
    self.width = style->width;
  put_topics (&self, topics);
  return g_string_free (self.out, FALSE);
}

/* ---- JSON ---- */

static void
put_reason_names (GString *out, const char *name, const ReboundReasons *reasons)
{
  rebound_json_begin (out, name, '[');
  for (guint i = 0; i < reasons->n; i++)
    rebound_json_item (out, rebound_reason_to_string (reasons->reason[i]));
  rebound_json_end (out, ']');
}

static void
put_stages_json (Writer *self)
{
  const ReboundCode *code = self->topic->code;

  rebound_json_begin (self->out, "at", '{');
  for (guint stage = 0; code != NULL && stage < REBOUND_N_STAGES; stage++)
    if (code->at[stage].n > 0)
      put_reason_names (self->out, rebound_stage_to_string (stage), &code->at[stage]);
  rebound_json_end (self->out, '}');
}

static void
put_providers_json (Writer *self)
{
  const ReboundRules *rules = self->rules;

  rebound_json_begin (self->out, "providers", '{');
  for (guint i = 0; i < rules->n_says && rebound_topic_is_code (self->topic); i++)
    if (strcmp (rebound_rules_string (rules, rules->says[i].code), self->topic->name) == 0)
      put_reason_names (
          self->out, rebound_rules_string (rules, rules->providers[rules->says[i].provider].name),
          &rules->says[i].reasons);
  rebound_json_end (self->out, '}');
}

static void
put_verdict_json (Writer *self)
{
  const gboolean known = is_failure (self->topic) && self->topic->type != REBOUND_TOPIC_NAME;
  const Verdict verdict =
      known ? judge (self, self->topic->reasons.reason[0]) : (Verdict){ 0, 0, 0 };

  rebound_json_member (self->out, "bounce",
                       known ? rebound_bounce_to_string (verdict.bounce) : NULL);
  rebound_json_member (self->out, "fault", known ? rebound_fault_to_string (verdict.fault) : NULL);
  rebound_json_member (self->out, "unsubscribe",
                       known ? rebound_unsubscribe_to_string (verdict.unsubscribe) : NULL);
}

static void
put_taxonomies_json (Writer *self)
{
  const char *const *names = rebound_taxonomies ();
  const ReboundReasons *reasons = &self->topic->reasons;

  rebound_json_begin (self->out, "taxonomies", '{');
  for (guint i = 0; names[i] != NULL && self->topic->type == REBOUND_TOPIC_REASON; i++)
    rebound_json_member (
        self->out, names[i],
        string (self->rules, self->rules->reasons[reasons->reason[0]].taxonomy[i]));
  rebound_json_end (self->out, '}');
}

static void
put_items_json (Writer *self)
{
  static const char *const names[REBOUND_N_ITEMS] = { "causes", "list", "sender", "examples" };

  for (guint items = 0; items < REBOUND_N_ITEMS; items++)
    {
      g_auto (GStrv) lines = rebound_topic_items (self->rules, self->topic, items);

      rebound_json_begin (self->out, names[items], '[');
      for (guint i = 0; lines[i] != NULL && self->topic->type != REBOUND_TOPIC_NAME; i++)
        rebound_json_item (self->out, lines[i]);
      rebound_json_end (self->out, ']');
    }
}

/* Every topic has all members. */
static void
put_json (Writer *self)
{
  static const char *const types[] = { "reason", "reply", "status", "phrase",
                                       "name",   "class", "refusal" };
  const ReboundTopic *topic = self->topic;
  const ReboundRules *rules = self->rules;

  rebound_json_begin (self->out, NULL, '{');
  rebound_json_member (self->out, "topic", topic->name);
  rebound_json_member (self->out, "type", types[topic->type]);
  rebound_json_member (self->out, "means", means_of (rules, topic));
  rebound_json_member (self->out, "class", class_of (rules, topic));
  put_reason_names (self->out, "reasons", &topic->reasons);
  put_stages_json (self);
  put_providers_json (self);
  put_verdict_json (self);
  put_taxonomies_json (self);
  rebound_json_member (self->out, "provider",
                       topic->provider >= 0 ? string (rules, rules->providers[topic->provider].name)
                                            : NULL);
  rebound_json_member (self->out, "rule",
                       topic->rule != NULL ? string (rules, topic->rule->id) : NULL);
  put_items_json (self);
  rebound_json_member (self->out, "source",
                       topic->texts != NULL ? string (rules, topic->texts->source) : NULL);
  rebound_json_end (self->out, '}');
}

char *
rebound_explain_to_json (ReboundAnalyzer *analyzer, const char *topic)
{
  const ReboundRules *rules = rules_of (analyzer);
  g_autoptr (GArray) topics = NULL;
  g_autoptr (GString) object = g_string_new (NULL);
  GString *lines;

  g_return_val_if_fail (topic != NULL, NULL);

  topics = find_topics (analyzer, topic);
  if (topics->len == 0)
    return NULL;
  lines = g_string_new (NULL);
  for (guint i = 0; i < topics->len; i++)
    {
      Writer self = { rules, &g_array_index (topics, ReboundTopic, i), object, 0 };

      g_string_truncate (object, 0);
      put_json (&self);
      g_string_append_printf (lines, "%s%s", i > 0 ? "\n" : "", object->str);
    }
  return g_string_free (lines, FALSE);
}

/* ---- What may be asked for ---- */

static char **
to_strv (GPtrArray *names)
{
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

char **
rebound_explain_topics (const ReboundAnalyzer *analyzer)
{
  return to_strv (rebound_topics_list (rules_of (analyzer)));
}

char **
rebound_explain_suggest (const ReboundAnalyzer *analyzer, const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  return to_strv (rebound_topics_suggest (rules_of (analyzer), text));
}

const char *const *
rebound_taxonomies (void)
{
  return rebound_rules_taxonomy_names ();
}

const char *
rebound_reason_in_taxonomy (ReboundReason reason, const char *taxonomy)
{
  const ReboundRules *rules = &rebound_builtin_rules;
  const char *const *names = rebound_taxonomies ();

  g_return_val_if_fail (reason < REBOUND_N_REASONS && taxonomy != NULL, NULL);

  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], taxonomy) == 0)
      return string (rules, rules->reasons[reason].taxonomy[i]);
  return NULL;
}

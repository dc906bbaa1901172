/* Rebound: a report for a person.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"
#include "translate.h"

/* Colours of an ANSI terminal, by what they are for. */
typedef struct
{
  const char *strong, *bad, *mild, *good, *dim, *off;
} Palette;

static const Palette colors = {
  "\033[1m", "\033[31m", "\033[33m", "\033[32m", "\033[2m", "\033[0m"
};
static const Palette plain = { "", "", "", "", "", "" };

/* A file's name may be no UTF-8, and is not to move a terminal's cursor. */
static void
put_file_name (GString *out, const char *name)
{
  g_autofree char *text = g_filename_display_name (name);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (out, c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0xfffd : c);
    }
}

static void
put_date (GString *out, const char *date)
{
  g_autoptr (GDateTime) time = date != NULL ? g_date_time_new_from_iso8601 (date, NULL) : NULL;
  /* TRANSLATORS: as of strftime(3). Names of months (%b) are not translated everywhere. */
  g_autofree char *text =
      time != NULL ? g_date_time_format (time, _ ("%-d %b %Y %H:%M UTC")) : NULL;

  if (text != NULL)
    g_string_append_printf (out, " · %s", text);
}

/* bounce · qmail at mx.example.net · 21 Nov 2026 16:40 */
static void
put_headline (GString *out, const ReboundReport *self, const ReboundStyle *style,
              const Palette *palette)
{
  const ReboundEvidence *evidence = self->evidence;

  if (style != NULL && style->source != NULL)
    {
      g_string_append (out, palette->dim);
      put_file_name (out, style->source);
      if (style->index > 0)
        g_string_append_printf (out, " #%u", style->index + 1);
      g_string_append_printf (out, ":%s ", palette->off);
    }
  g_string_append_printf (out, "%s%s%s", palette->strong,
                          C_ ("kind", rebound_kind_to_string (self->kind)), palette->off);
  if (evidence->feedback_type != NULL)
    g_string_append_printf (out, " (%s)", evidence->feedback_type);
  if (evidence->format != NULL)
    g_string_append_printf (out, " · %s", evidence->format);
  if (evidence->reporting_mta != NULL)
    {
      g_string_append (out, evidence->format != NULL ? " " : " · ");
      /* TRANSLATORS: a mail system at a host */
      g_string_append_printf (out, evidence->format != NULL ? _ ("at %s") : "%s",
                              evidence->reporting_mta);
    }
  put_date (out, evidence->date);
  g_string_append_c (out, '\n');
}

static const char *
color_of (const ReboundRecipient *self, const Palette *palette)
{
  switch (self->bounce)
    {
    case REBOUND_BOUNCE_HARD:
      return palette->bad;
    case REBOUND_BOUNCE_SOFT:
      return palette->mild;
    default:
      return palette->good;
    }
}

static void
put_unsubscribe (GString *out, ReboundUnsubscribe unsubscribe, const Palette *palette)
{
  g_autofree char *word =
      g_strconcat (palette->strong, C_ ("unsubscribe", rebound_unsubscribe_to_string (unsubscribe)),
                   palette->off, NULL);

  g_string_append (out, " · ");
  /* TRANSLATORS: now, count or never */
  g_string_append_printf (out, _ ("unsubscribe %s"), word);
  g_string_append_c (out, '\n');
}

static void
put_verdict (GString *out, const ReboundRecipient *self, const ReboundStyle *style,
             const Palette *palette)
{
  g_string_append_printf (out, "  %-32s  %s%s%s", self->address != NULL ? self->address : "?",
                          color_of (self, palette), rebound_reason_to_string (self->reason),
                          palette->off);
  for (guint i = 0; i < self->n_also; i++)
    g_string_append_printf (out, "%s%s", i == 0 ? _ (" or ") : ", ",
                            rebound_reason_to_string (self->also[i]));
  if (style != NULL && style->taxonomy != NULL)
    {
      const char *name = rebound_reason_in_taxonomy (self->reason, style->taxonomy);

      g_string_append_printf (out, " (%s: %s)", style->taxonomy,
                              name != NULL ? name : C_ ("taxonomy", "none"));
    }
  if (self->action == REBOUND_ACTION_DELAYED)
    g_string_append_printf (out, " · %s", _ ("still being tried"));
  if (self->bounce != REBOUND_BOUNCE_NONE)
    {
      g_string_append_printf (out, " · %s · ",
                              C_ ("bounce", rebound_bounce_to_string (self->bounce)));
      rebound_append_fault (out, self->fault);
    }
  put_unsubscribe (out, self->unsubscribe, palette);
}

static void
put_details (GString *out, const ReboundRecipient *self)
{
  if (g_strcmp0 (self->subscriber, self->address) != 0)
    {
      g_string_append (out, "    ");
      g_string_append_printf (out, _ ("subscribed as %s (%s)"), self->subscriber,
                              rebound_subscriber_from_to_string (self->subscriber_from));
      g_string_append_c (out, '\n');
    }
  if (self->will_retry_until != NULL)
    {
      g_string_append (out, "    ");
      g_string_append_printf (out, _ ("tried until %s"), self->will_retry_until);
      g_string_append_c (out, '\n');
    }
  if (self->diagnostic == NULL)
    return;
  g_string_append_printf (out, "    %s", self->diagnostic);
  if (self->stage != REBOUND_STAGE_NONE)
    {
      g_string_append (out, "  ");
      /* TRANSLATORS: a stage of the SMTP conversation */
      g_string_append_printf (out, _ ("[at %s]"), rebound_stage_to_string (self->stage));
    }
  if (self->remote_mta != NULL)
    g_string_append_printf (out, "  [%s]", self->remote_mta);
  g_string_append_c (out, '\n');
}

/* Where a fact stands. */
static const char *const places[] = {
  [REBOUND_SOURCE_DELIVERY_STATUS] = N_ ("in the delivery-status"),
  [REBOUND_SOURCE_FEEDBACK] = N_ ("in the feedback-report"),
  [REBOUND_SOURCE_DISPOSITION] = N_ ("in the disposition"),
  [REBOUND_SOURCE_TRANSCRIPT] = N_ ("in the transcript"),
  [REBOUND_SOURCE_TEXT] = N_ ("in the text"),
  [REBOUND_SOURCE_HEADER] = N_ ("in the header"),
  [REBOUND_SOURCE_RETURNED] = N_ ("in the returned"),
  [REBOUND_SOURCE_ENVELOPE] = N_ ("in the envelope"),
};

/* @word, and blanks up to @width columns. */
static void
put_padded (GString *out, const char *word, glong width)
{
  g_string_append (out, word);
  for (glong n = g_utf8_strlen (word, -1); n < width; n++)
    g_string_append_c (out, ' ');
}

/* status “5.1.1” */
static void
put_quoted (GString *out, const ReboundFact *fact)
{
  /* TRANSLATORS: a kind of fact and its value, in the quotes of the language */
  g_string_append_printf (out, _ ("%s “%s”"), C_ ("fact", fact->fact), fact->value);
}

static void
put_fact (GString *out, const ReboundFact *fact)
{
  g_string_append (out, "      ");
  put_padded (out, C_ ("role", rebound_role_to_string (fact->role)), 12);
  g_string_append (out, "  ");
  put_quoted (out, fact);
  g_string_append_printf (out, ", %s", _ (places[fact->from]));
  if (fact->rule != NULL)
    g_string_append_printf (out, " (%s)", fact->rule);
  g_string_append_c (out, '\n');
}

static void
put_sign (GString *out, const ReboundEvidence *evidence, const ReboundMarked *marked,
          const char *place)
{
  g_string_append (out, "    ");
  /* TRANSLATORS: says auto-reply: “out of office”, in the subject (a rule) */
  g_string_append_printf (out, _ ("says %s: “%s”, %s (%s)"),
                          rebound_mark_to_string (marked->rule->value), marked->value, place,
                          rebound_rules_string (evidence->rules, marked->rule->id));
  g_string_append_c (out, '\n');
}

/* What tells the kind of the message, in the order of where it stands. */
static void
put_signs (GString *out, const ReboundEvidence *evidence)
{
  static const struct
  {
    ReboundArea area;
    const char *place;
  } areas[] = {
    { REBOUND_AREA_HEADER, N_ ("in the header") },
    { REBOUND_AREA_SUBJECT, N_ ("in the subject") },
    { REBOUND_AREA_TEXT, N_ ("in the text") },
  };

  for (guint area = 0; area < G_N_ELEMENTS (areas); area++)
    for (guint i = 0; i < evidence->marked->len; i++)
      {
        const ReboundMarked *marked = &g_array_index (evidence->marked, ReboundMarked, i);

        if (marked->area == areas[area].area)
          put_sign (out, evidence, marked, _ (areas[area].place));
      }
}

#define SHOWN_FACTS 3

/* Whether the fact at @n was told before, out of another part of the message. */
static gboolean
is_told (const GArray *facts, guint n)
{
  const ReboundFact *fact = &g_array_index (facts, ReboundFact, n);

  for (guint i = 0; i < n; i++)
    {
      const ReboundFact *other = &g_array_index (facts, ReboundFact, i);

      if (g_str_equal (other->fact, fact->fact)
          && g_ascii_strcasecmp (other->value, fact->value) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_decisive (const GArray *facts)
{
  for (guint i = 0; i < facts->len; i++)
    if (g_array_index (facts, ReboundFact, i).role == REBOUND_ROLE_DECISIVE)
      return TRUE;
  return FALSE;
}

/* Whether there is something that a fact agrees with: what decides, or what the report states. */
static gboolean
is_settled (const ReboundRecipient *self)
{
  return has_decisive (self->facts) || self->reason != REBOUND_REASON_UNCLASSIFIED;
}

/* because phrase “no such user” (generic/user-unknown); status “5.1.1” agrees
 * Nothing decides where the report states the outcome, as in a report of success. */
static void
put_because (GString *out, const ReboundRecipient *self, const Palette *palette)
{
  guint shown = 0;

  g_string_append_printf (out, "    %s%s", palette->dim,
                          has_decisive (self->facts) ? _ ("because ") : "");
  for (guint i = 0; i < self->facts->len && shown < SHOWN_FACTS; i++)
    {
      const ReboundFact *fact = &g_array_index (self->facts, ReboundFact, i);

      if (is_told (self->facts, i))
        continue;
      g_string_append (out, shown++ > 0 ? "; " : "");
      put_quoted (out, fact);
      if (fact->rule != NULL && fact->role == REBOUND_ROLE_DECISIVE)
        g_string_append_printf (out, " (%s)", fact->rule);
      if (fact->role == REBOUND_ROLE_CONTRADICTED
          || (fact->role == REBOUND_ROLE_AGREES && is_settled (self)))
        g_string_append_printf (out, " %s",
                                fact->role == REBOUND_ROLE_AGREES ? C_ ("role", "agrees")
                                                                  : _ ("is overruled"));
    }
  g_string_append_printf (out, "%s\n", palette->off);
}

/* What speaks for a report and against it; the words are those of rebound-json(5). */
static const struct
{
  const char *what;
  const char *text;
} trusts[] = {
  { "signed-path", N_ ("a signed return path") },
  { "plain-path", N_ ("a return path of the list") },
  { "recipient", N_ ("its member is this recipient") },
  { "null-sender", N_ ("the null sender") },
  { "own-message-id", N_ ("a Message-ID of the site") },
  { "own-list-id", N_ ("a List-Id of the site") },
  { "forged-token", N_ ("the signature of the return path is wrong") },
  { "expired-token", N_ ("the signature of the return path is too old, or of the future") },
  { "unknown-token", N_ ("the return path is of somebody whom the report does not name") },
  { "undated", N_ ("it is not known when the report arrived") },
  { "other-recipient", N_ ("the return path is of another recipient") },
  { "sender", N_ ("it has a sender, and reports have none") },
  { "foreign-message", N_ ("the returned message is not of the site") },
  { "authentication", N_ ("the authentication of its sender has failed") },
};

static const char *
trust_text (const char *what)
{
  for (guint i = 0; i < G_N_ELEMENTS (trusts); i++)
    if (g_str_equal (trusts[i].what, what))
      return _ (trusts[i].text);
  return what;
}

/* What of it matters most; %NULL where there is nothing but words. */
static const char *
main_trust (const ReboundRecipient *self)
{
  for (guint i = 0; i < self->trust->len; i++)
    {
      const ReboundTrust *trust = &g_array_index (self->trust, ReboundTrust, i);

      if (trust->against == (self->grade == REBOUND_GRADE_D))
        return trust_text (trust->what);
    }
  return NULL;
}

static void
put_trust (GString *out, const ReboundTrust *trust)
{
  g_string_append (out, "      ");
  put_padded (out, trust->against ? C_ ("trust", "against") : C_ ("trust", "for"), 12);
  g_string_append_printf (out, "  %s\n", trust_text (trust->what));
}

/* trusted as D · the signature of the return path is wrong */
static void
put_grade (GString *out, const ReboundRecipient *self, gboolean explain)
{
  const char *most = main_trust (self);

  g_string_append (out, "    ");
  /* TRANSLATORS: a grade, A to D */
  g_string_append_printf (out, _ ("trusted as %s"), rebound_grade_to_string (self->grade));
  if (most != NULL && !explain)
    g_string_append_printf (out, " · %s", most);
  g_string_append_c (out, '\n');
  for (guint i = 0; explain && i < self->trust->len; i++)
    put_trust (out, &g_array_index (self->trust, ReboundTrust, i));
}

static void
put_recipient (GString *out, const ReboundRecipient *self, const ReboundStyle *style,
               const Palette *palette)
{
  put_verdict (out, self, style, palette);
  put_details (out, self);
  if (self->grade != REBOUND_GRADE_NONE)
    put_grade (out, self, style != NULL && style->explain);
  if (style != NULL && style->explain)
    for (guint i = 0; i < self->facts->len; i++)
      put_fact (out, &g_array_index (self->facts, ReboundFact, i));
  else if (self->facts->len > 0)
    put_because (out, self, palette);
}

static const Palette *
palette_of (const ReboundStyle *style)
{
  return style != NULL && style->color ? &colors : &plain;
}

char *
rebound_recipient_to_text (const ReboundRecipient *self, const ReboundStyle *style)
{
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (512);
  put_recipient (out, self, style, palette_of (style));
  return g_string_free (out, FALSE);
}

char *
rebound_report_to_text (const ReboundReport *self, const ReboundStyle *style)
{
  const Palette *palette = palette_of (style);
  const ReboundWarning *warnings;
  GString *out;
  guint n;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (512);
  put_headline (out, self, style, palette);
  if (style != NULL && style->explain)
    put_signs (out, self->evidence);
  for (guint i = 0; i < self->recipients->len; i++)
    put_recipient (out, g_ptr_array_index (self->recipients, i), style, palette);
  warnings = rebound_report_get_warnings (self, &n);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, "  %s: %s (%s)\n", _ ("warning"), _ (warnings[i].detail),
                            warnings[i].code);
  return g_string_free (out, FALSE);
}

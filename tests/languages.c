/* Rebound: reports in each language, in each of its usual charsets, say what they mean.
 *
 * usage: languages [LANG...]
 *
 * Every line of corpus/languages/LANG.tsv (see reports.h) is sent in every charset of its language,
 * declared as such, not declared, and declared as Latin-1, which is what everything is called out
 * of habit. Each language has a line for each of the commonest reasons.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <rebound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports.h"

static const char *const languages[] = {
  "ar", "bg", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi",    "hu",    "it",
  "ja", "ko", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sv", "tr", "uk", "zh-cn", "zh-tw", NULL,
};

/* Reasons that mean the same to the reader count as one. */
static const char *const needed[][2] = {
  { "user-unknown" },      { "user-inactive" }, { "mailbox-full" },
  { "domain-unknown" },    { "spam-content" },  { "policy-refused", "recipient-refused" },
  { "message-too-large" }, { "blocked" },       { "rate-limited" },
  { "network-error" },     { "expired" },       { "auto-reply" },
};

/* The reasons for which an address may go at once; and the kinds of those that are no bounce. */
static const char *const final[] = { "user-unknown", "user-moved", "address-invalid", NULL };
static const struct
{
  const char *reason;
  ReboundKind kind;
} kinds[] = {
  { "auto-reply", REBOUND_KIND_AUTO_REPLY },
  { "delayed", REBOUND_KIND_DELAY },
};

typedef struct
{
  ReboundAnalyzer *analyzer;
  guint n;
  guint n_failed;
} Languages;

static ReboundKind
kind_of (const char *reason)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].reason, reason) == 0)
      return kinds[i].kind;
  return REBOUND_KIND_BOUNCE;
}

static gboolean
names_recipient (const Wording *wording, const ReboundRecipient *recipient)
{
  return strcmp (wording->reason, "auto-reply") == 0
         || g_strcmp0 (rebound_recipient_get_address (recipient), wording->recipient) == 0;
}

/* What is wrong with @report; %NULL if nothing is. */
static const char *
find_fault (const Wording *wording, const ReboundReport *report)
{
  const ReboundRecipient *recipient;

  if (rebound_report_get_kind (report) != kind_of (wording->reason))
    return "its kind";
  if (rebound_report_get_n_recipients (report) == 0)
    return "it names nobody";
  recipient = rebound_report_get_recipient (report, 0);
  if (strcmp (rebound_reason_to_string (rebound_recipient_get_reason (recipient)), wording->reason)
      != 0)
    return "its reason";
  if (rebound_report_get_n_recipients (report) > 1 || !names_recipient (wording, recipient))
    return "whom it names";
  if (rebound_recipient_get_unsubscribe (recipient) == REBOUND_UNSUBSCRIBE_NOW
      && !g_strv_contains (final, wording->reason))
    return "it unsubscribes";
  return NULL;
}

static void
show (const ReboundReport *report)
{
  const ReboundStyle style = { .explain = TRUE };
  g_autofree char *text = rebound_report_to_text (report, &style);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    printf ("#   %s\n", lines[i]);
}

static void G_GNUC_PRINTF (3, 4) say (Languages *self, gboolean good, const char *format, ...)
{
  va_list args;

  self->n_failed += !good;
  printf ("%s %u - ", good ? "ok" : "not ok", ++self->n);
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  putchar ('\n');
}

static void
check_message (Languages *self, const Wordings *of, const Wording *wording, const char *charset,
               const char *declared)
{
  g_autoptr (GBytes) message = wording_to_message (wording, charset, declared, self->n);
  g_autoptr (ReboundReport) report = NULL;
  const char *fault = "the charset cannot encode it";

  if (message != NULL)
    {
      report = rebound_analyzer_analyze (self->analyzer, message, NULL, NULL);
      fault = find_fault (wording, report);
    }
  say (self, fault == NULL, "%s/%u/%s%s", of->name, wording->line, charset,
       declared == NULL ? ", not declared" : declared != charset ? ", as Latin-1" : "");
  if (fault == NULL)
    return;
  printf ("# %s is expected; wrong: %s\n", wording->reason, fault);
  if (report != NULL)
    show (report);
}

static gboolean
has_reason (const Wordings *of, const char *reason)
{
  for (guint i = 0; i < of->wordings->len && reason != NULL; i++)
    if (strcmp (((Wording *) of->wordings->pdata[i])->reason, reason) == 0)
      return TRUE;
  return FALSE;
}

static void
check_reasons (Languages *self, const Wordings *of)
{
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    say (self, has_reason (of, needed[i][0]) || has_reason (of, needed[i][1]), "%s has %s",
         of->name, needed[i][0]);
}

static void
check_language (Languages *self, const char *folder, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".tsv", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (Wordings) of = wordings_read (path, &error);

  if (of == NULL)
    {
      say (self, FALSE, "%s", name);
      printf ("# %s\n", error->message);
      return;
    }
  check_reasons (self, of);
  for (guint i = 0; i < of->wordings->len; i++)
    for (guint c = 0; of->charsets[c] != NULL; c++)
      {
        check_message (self, of, of->wordings->pdata[i], of->charsets[c], of->charsets[c]);
        check_message (self, of, of->wordings->pdata[i], of->charsets[c], NULL);
        check_message (self, of, of->wordings->pdata[i], of->charsets[c], "iso-8859-1");
      }
}

int
main (int argc, char **argv)
{
  const char *top = g_getenv ("top_srcdir");
  g_autofree char *folder = g_build_filename (top != NULL ? top : ".", "corpus", "languages", NULL);
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  const char *const *names = argc > 1 ? (const char *const *) argv + 1 : languages;
  Languages self = { .analyzer = analyzer };

  for (guint i = 0; names[i] != NULL; i++)
    check_language (&self, folder, names[i]);
  printf ("1..%u\n", self.n);
  return self.n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

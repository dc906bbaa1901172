/* Rebound: what a log's line, or an event of a sending service, says by name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <string.h>

#include "address.h"
#include "lines.h"
#include "message/scan.h"

typedef enum
{
  NAME_UNKNOWN,
  NAME_RECIPIENT,
  NAME_HOST,
  NAME_QUOTED_HOST, /* where it stands in quotation marks: Postfix has another "name=" */
  NAME_OTHER,
} Name;

/* Of Postfix, sendmail, OpenSMTPD, Courier, Exim (f, p, h), msmtp, Haraka, rspamd; of delivery
 * statuses; of the events of SendGrid, Mailgun, Postmark, SparkPost, KumoMTA, Amazon SES; of
 * Exchange's message tracking (fqdn). */
static const struct
{
  const char *word;
  Name name;
} names[] = {
  { "to", NAME_RECIPIENT },
  { "rcpt", NAME_RECIPIENT },
  { "rcpt_to", NAME_RECIPIENT },
  { "recipient", NAME_RECIPIENT },
  { "recipients", NAME_RECIPIENT },
  { "email", NAME_RECIPIENT },
  { "emailaddress", NAME_RECIPIENT },
  { "addr", NAME_RECIPIENT },
  { "final-recipient", NAME_RECIPIENT },
  { "relay", NAME_HOST },
  { "host", NAME_HOST },
  { "h", NAME_HOST },
  { "mx-host", NAME_HOST },
  { "mx", NAME_HOST },
  { "remote-mta", NAME_HOST },
  { "fqdn", NAME_HOST },
  { "generating server", NAME_UNKNOWN }, /* Exchange's own */
  { "server", NAME_HOST },
  { "message rejected by", NAME_HOST },
  { "name", NAME_QUOTED_HOST },
  { "from", NAME_OTHER },
  { "f", NAME_OTHER },
  { "p", NAME_OTHER },
  { "id", NAME_OTHER },
  { "sender", NAME_OTHER },
  { "mail_from", NAME_OTHER },
  { "msg_from", NAME_OTHER },
  { "friendly_from", NAME_OTHER },
  { "ctladdr", NAME_OTHER },
  { "message-id", NAME_OTHER },
  { "msgid", NAME_OTHER },
  { "smtp-id", NAME_OTHER },
  { "return-path", NAME_OTHER },
  { "reply-to", NAME_OTHER },
  { "original-recipient", NAME_UNKNOWN },
};

static gboolean
is_name_character (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_';
}

/* What the name that ends at @end is of; the longest of several stand first in the table. */
static Name
find_name (const char *text, const char *end)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gsize n = strlen (names[i].word);
      const char *word = end - n;

      if ((gsize) (end - text) >= n && g_ascii_strncasecmp (word, names[i].word, n) == 0
          && (word == text || !is_name_character (word[-1])))
        return names[i].name;
    }
  return NAME_UNKNOWN;
}

/* What the name before @sign, ":" or "=", is of. */
static Name
name_before (const char *text, const char *sign)
{
  gboolean quoted = sign > text && (sign[-1] == '"' || sign[-1] == '\'');
  Name name = find_name (text, sign - quoted);

  if (name == NAME_QUOTED_HOST)
    return quoted ? NAME_HOST : NAME_UNKNOWN;
  return name;
}

/* Behind blanks, quotes, brackets and "rfc822;". */
static const char *
skip_to_value (const char *p, const char *end)
{
  while (p < end && strchr (" \t\"'<([{", *p) != NULL)
    p++;
  if (rebound_starts_with (p, end, "rfc822;") || rebound_starts_with (p, end, "dns;"))
    p = rebound_skip_blanks ((const char *) memchr (p, ';', end - p) + 1, end);
  return p;
}

gboolean
rebound_log_is_other (const char *text, const char *p)
{
  while (p > text && strchr (" \t\"'<([", p[-1]) != NULL)
    p--;
  return p > text && (p[-1] == ':' || p[-1] == '=') && name_before (text, p - 1) == NAME_OTHER;
}

/* OpenSMTPD's "192.0.2.1 (mx.example.net)". */
static void
take_host (const char *p, const char *end, ReboundSpan *host)
{
  gsize n = rebound_host_scan (p, end);
  gsize inner = 0;

  if (n == 0)
    return;
  if (g_ascii_isdigit (p[n - 1]) && end - p > (gssize) n + 2 && memcmp (p + n, " (", 2) == 0)
    inner = rebound_host_scan (p + n + 2, end);
  *host = inner > 0 ? (ReboundSpan){ p + n + 2, p + n + 2 + inner } : (ReboundSpan){ p, p + n };
}

static void
take_value (Name name, const char *p, const char *end, ReboundLog *log)
{
  p = skip_to_value (p, end);
  if (name == NAME_RECIPIENT && log->recipient.start == NULL)
    {
      gsize n = rebound_address_scan (p, end);

      if (n > 0)
        log->recipient = (ReboundSpan){ p, p + n };
    }
  else if (name == NAME_HOST && log->host.start == NULL)
    take_host (p, end, &log->host);
}

/* What says that it is still tried, or was delivered, in words that no reply has. */
static const struct
{
  const char *words;
  ReboundAction action;
} fates[] = {
  { "status=deferred", REBOUND_ACTION_DELAYED },
  { "stat=Deferred", REBOUND_ACTION_DELAYED },
  { "result=\"TempFail\"", REBOUND_ACTION_DELAYED },
  { ": deferral: ", REBOUND_ACTION_DELAYED },
  { "Action: delayed", REBOUND_ACTION_DELAYED },
  { "\"deferred\"", REBOUND_ACTION_DELAYED },
  { "(Deferred: ", REBOUND_ACTION_DELAYED },
  { ",delayed,", REBOUND_ACTION_DELAYED },
  { "\"temporary\"", REBOUND_ACTION_DELAYED },
  { "\"delivered\"", REBOUND_ACTION_DELIVERED },
  { ": success: ", REBOUND_ACTION_DELIVERED },
  { "Action: delivered", REBOUND_ACTION_DELIVERED },
  { ",status: success", REBOUND_ACTION_DELIVERED },
  { "Action: relayed", REBOUND_ACTION_RELAYED },
  { "Action: expanded", REBOUND_ACTION_EXPANDED },
  { "\"Delivery\"", REBOUND_ACTION_DELIVERED },
};

/* "2026-11-21 16:40:00 1vMabc-0001Xy-2Z == …" of Exim, "**" being a failure, "=>" and "->" a
 * delivery. */
static ReboundAction
read_flag (const char *text, const char *end)
{
  const char *p = text;

  for (guint words = 0; words < 4 && p < end; words++)
    {
      const char *blank = memchr (p, ' ', MIN (end - p, 40));

      if (blank == NULL)
        break;
      if (words >= 2 && blank - p == 2 && p - text >= 36)
        return memcmp (p, "==", 2) == 0                               ? REBOUND_ACTION_DELAYED
               : memcmp (p, "=>", 2) == 0 || memcmp (p, "->", 2) == 0 ? REBOUND_ACTION_DELIVERED
                                                                      : REBOUND_ACTION_NONE;
      p = blank + 1;
    }
  return REBOUND_ACTION_NONE;
}

static ReboundAction
read_fate (const char *text, const char *end)
{
  for (guint i = 0; i < G_N_ELEMENTS (fates); i++)
    if (memmem (text, end - text, fates[i].words, strlen (fates[i].words)) != NULL)
      return fates[i].action;
  return read_flag (text, end);
}

/* KumoMTA: {"class":5,"subject":1,"detail":1} */
static void
read_status (const char *text, const char *end, char status[12])
{
  static const char *const parts[] = { "\"class\":", "\"subject\":", "\"detail\":" };
  const char *p = memmem (text, end - text, "\"enhanced_code\"", 15);
  gsize length = 0;

  for (guint i = 0; i < G_N_ELEMENTS (parts) && p != NULL; i++)
    {
      gsize n;

      p = memmem (p, MIN (end - p, 120), parts[i], strlen (parts[i]));
      if (p == NULL)
        break;
      p = rebound_skip_blanks (p + strlen (parts[i]), end);
      n = rebound_count_digits (p, end);
      if (n == 0 || n > 3)
        break;
      if (i > 0)
        status[length++] = '.';
      memcpy (status + length, p, n);
      length += n;
    }
  if (p == NULL || length < 5)
    length = 0;
  status[length] = '\0';
}

void
rebound_log_read (const char *text, const char *end, ReboundLog *log)
{
  *log = (ReboundLog){ .action = read_fate (text, end) };
  for (const char *p = text; p < end; p++)
    if (*p == ':' || *p == '=')
      {
        Name name = name_before (text, p);

        if (name == NAME_RECIPIENT || name == NAME_HOST)
          take_value (name, p + 1, end, log);
      }
  read_status (text, end, log->status);
}

/* Rebound: bounces by the dozen: one for each number and member.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <rebound.h>

/* From a plain mail system, that @address is dead: another message for each @number. */
static inline GBytes *
bounce_of (const char *address, guint number)
{
  char *text = g_strdup_printf (
      "Return-Path: <>\n"
      "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n"
      "To: news-bounces@lists.example.org\n"
      "Subject: Undelivered Mail Returned to Sender\n"
      "Message-ID: <bounce-%u@mx.example.net>\n"
      "MIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n"
      "\n"
      "--b1\n"
      "Content-Type: text/plain; charset=us-ascii\n"
      "\n"
      "<%s>: 550 5.1.1 no such user (%u)\n"
      "\n"
      "--b1\n"
      "Content-Type: message/delivery-status\n"
      "\n"
      "Reporting-MTA: dns; mx.example.net\n"
      "\n"
      "Final-Recipient: rfc822; %s\n"
      "Action: failed\n"
      "Status: 5.1.1\n"
      "Diagnostic-Code: smtp; 550 5.1.1 <%s>: no such user\n"
      "\n"
      "--b1\n"
      "Content-Type: text/rfc822-headers\n"
      "\n"
      "From: news@lists.example.org\n"
      "To: %s\n"
      "Message-ID: <issue-%u@lists.example.org>\n"
      "List-Id: <news.lists.example.org>\n"
      "Subject: Weekly news\n"
      "\n"
      "--b1--\n",
      number, address, number, address, address, address, number);

  return g_bytes_new_take (text, strlen (text));
}

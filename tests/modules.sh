#!/bin/sh
# Rebound: a plain bounce opens no module, one in HTML and a notice in JSON do; and what is without.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" and "make installcheck" set them: the modules that were built, and where the
# command looks for them.
: "${top_srcdir:?}" "${top_builddir:?}" "${REBOUND:?}" "${pkglibdir:?}"
: "${REBOUND_MODULES=}"
modules_dir=${REBOUND_MODULE_DIR:-$pkglibdir}

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
# shellcheck source=tests/report.sh
. "$top_srcdir/tests/report.sh"

# loading ARGUMENT…: the output of the command to $work/report, and all files that were loaded for it
# to $work/loaded, as the dynamic linker of glibc tells
loading ()
{
  rm -f "$work"/ld.*
  LD_DEBUG=files LD_DEBUG_OUTPUT=$work/ld "$REBOUND" "$@" >"$work/report" || return
  cat "$work"/ld.* >"$work/loaded" 2>"$work/none"
}

# read_message FILE
read_message ()
{
  loading parse --json "$1"
}

dead='"reason": "user-unknown"'

# Text, and a page of HTML in the message that came back.
cat >"$work/plain.eml" <<'MESSAGE'
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

<gone@example.net>: 550 5.1.1 no such user

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; gone@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <gone@example.net>: no such user

--b1
Content-Type: message/rfc822

From: news@lists.example.org
To: gone@example.net
Subject: Weekly news
MIME-Version: 1.0
Content-Type: text/html

<html><body><p>Much has happened this week.</body></html>

--b1--
MESSAGE

cat >"$work/page.eml" <<'MESSAGE'
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: text/html

<html><body><p>Your message could not be delivered:<br>
&lt;gone@example.net&gt;: 550 5.1.1 no such user</body></html>
MESSAGE

# loaded NAME: whether one of the files that were loaded has this in its name
loaded ()
{
  grep -F "file=" "$work/loaded" | grep -qF "$1"
}

if read_message "$work/plain.eml" && loaded libglib
then
  { ! loaded "$modules_dir/" && ! loaded libxml2 && ! loaded libjson-glib \
    && ! loaded libsqlite3 && ! loaded libpq && grep -q "$dead" "$work/report"; }
  report $? 'a plain bounce opens no module'
else
  skip 'a plain bounce opens no module' 'the dynamic linker does not tell what it loads'
fi

case " $REBOUND_MODULES " in
  *' html '*)
    if read_message "$work/page.eml" && loaded libglib
    then
      { loaded "$modules_dir/html." && loaded libxml2 && grep -q "$dead" "$work/report"; }
      report $? 'a bounce in HTML opens libxml2'
    else
      skip 'a bounce in HTML opens libxml2' 'the dynamic linker does not tell what it loads'
    fi
    ;;
  *)
    skip 'a bounce in HTML opens libxml2' 'configured --without-libxml2'
    ;;
esac

# As Amazon SES mails it through SNS: without its JSON nobody knows whom it has not sent to.
cat >"$work/notice.eml" <<'MESSAGE'
Return-Path: <0102-000000@eu-west-1.amazonses.com>
From: ses-feedback <no-reply@sns.amazonaws.com>
To: ops@lists.example.org
Subject: AWS Notification Message
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
x-amz-sns-message-id: 5d0c7a02-9b1e-5f7a-8c55-2dd1c9e0a702

{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail",
"bouncedRecipients":[{"emailAddress":"gone@example.net"}],"timestamp":"2026-11-21T16:40:00.502Z"},
"mail":{"messageId":"0101-000000","destination":["gone@example.net"]}}

--
If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:
MESSAGE

case " $REBOUND_MODULES " in
  *' json '*)
    if read_message "$work/notice.eml" && loaded libglib
    then
      { loaded "$modules_dir/json." && loaded libjson-glib && grep -q "$dead" "$work/report"; }
      report $? 'a notice in JSON opens json-glib'
    else
      skip 'a notice in JSON opens json-glib' 'the dynamic linker does not tell what it loads'
    fi
    ;;
  *)
    skip 'a notice in JSON opens json-glib' 'configured --without-json-glib'
    ;;
esac

case " $REBOUND_MODULES " in
  *' sqlite '*)
    if loading deliver --store "sqlite:$work/store.db" <"$work/plain.eml" && loaded libglib
    then
      { loaded "$modules_dir/sqlite." && loaded libsqlite3 && ! loaded libpq && ! loaded libxml2; }
      report $? 'a store in a file opens SQLite alone'
    else
      skip 'a store in a file opens SQLite alone' 'the dynamic linker does not tell what it loads'
    fi
    ;;
  *)
    skip 'a store in a file opens SQLite alone' 'configured --without-sqlite'
    ;;
esac

mkdir "$work/empty"
REBOUND_MODULE_DIR=$work/empty
REBOUND_MODULES=
export REBOUND_MODULE_DIR REBOUND_MODULES
"$REBOUND" parse --json "$work/page.eml" 2>&1 | grep -q "$dead"
report $? 'a bounce in HTML is read where the module is missing, without a word'

"$REBOUND" parse --json "$work/notice.eml" >"$work/report" 2>&1 \
  && ! grep -q "$dead" "$work/report" && grep -q '^{"schema": 1' "$work/report"
report $? 'a notice in JSON makes nobody dead where the module is missing, without a word'

# without_database MODULE URL: the command names the module, not what may be a password
without_database ()
{
  "$REBOUND" member list --store "$2" >"$work/report" 2>&1
  [ $? -eq 69 ] && grep -q "“$1”.*not installed" "$work/report" && ! grep -q secret "$work/report"
  report $? "a store needs its module: $1"
  "$REBOUND" deliver --store "$2" <"$work/plain.eml" >"$work/report" 2>&1
  [ $? -eq 75 ] && grep -q "“$1”.*not installed" "$work/report"
  report $? "the mail server keeps what has no store: $1"
}

without_database sqlite "sqlite:$work/missing.db"
without_database postgresql postgresql://user:secret@localhost/lists

if [ -x "$top_builddir/tests/corpus" ]
then
  "$top_builddir/tests/corpus" >"$work/corpus" 2>&1
  status=$?
  grep -v '^ok' "$work/corpus" | sed 's/^/# /'
  report $status 'the corpus says the same without modules, but for JSON'
else
  skip 'the corpus says the same without modules, but for JSON' 'tests/corpus has not been built'
fi

finish

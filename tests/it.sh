# Rebound: what a test of the command is made of. Scripts read it with "." and end with "finish".
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh

# As "make check" sets them; by hand, from the top of the tree, build/ is where it was built.
: "${REBOUND:=$PWD/build/src/rebound}" "${CC:=cc}" "${SANITIZERS:=}"

work=$(mktemp -d) || exit 99
mounted=
# shellcheck disable=SC2317 # called by trap
cleanup ()
{
  [ -z "$mounted" ] || umount "$mounted"
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

# There is none until a test makes it.
REBOUND_RULES_DIR=$work/rules.d
REBOUND_POLICY_FILE=$work/policy.conf
export REBOUND_RULES_DIR REBOUND_POLICY_FILE

# The messages of the system and of GLib in English, and no envelope but ours.
LC_ALL=C
export LC_ALL
unset LANGUAGE NO_COLOR SENDER RECIPIENT ORIGINAL_RECIPIENT

# ---- What a test is made of ----------------------------------------------------------------
# "it" begins a test, "run" runs the command, what follows says what must be so.

number=0
failed=0
somebody_else=
name=
good=
status=
: >out
: >err

verdict ()
{
  [ -n "$name" ] || return 0
  number=$((number + 1))
  if [ -n "$good" ]
  then
    echo "ok $number - $name"
  else
    failed=$((failed + 1))
    echo "not ok $number - $name"
  fi
  name=
}

it ()
{
  verdict
  name=$1
  good=yes
}

skip ()
{
  verdict
  number=$((number + 1))
  echo "ok $number - $1 # SKIP $2"
}

finish ()
{
  verdict
  echo "1..$number"
  [ "$failed" -eq 0 ]
  exit
}

complain ()
{
  good=
  echo "# $name: $*"
}

show ()
{
  sed -n -e 's/^/#   /' -e '1,10p' "$1"
}

run ()
{
  "$REBOUND" "$@" >out 2>err </dev/null
  status=$?
}

# run_in FILE ARGUMENT...: with FILE as standard input
run_in ()
{
  input=$1
  shift
  "$REBOUND" "$@" >out 2>err <"$input"
  status=$?
}

# run_as_nobody ARGUMENT...: as somebody who may not read and write everything. The folders above
# the command may be closed to him.
run_as_nobody ()
{
  if [ "$(id -u)" -ne 0 ]
  then
    run "$@"
  else
    setpriv --reuid=65534 --regid=65534 --clear-groups "$REBOUND" "$@" >out 2>err </dev/null
    status=$?
  fi
}

exits ()
{
  [ "$status" -eq "$1" ] && return
  complain "exit status $status, not $1"
  show err
}

# lines FILE NUMBER
lines ()
{
  [ "$(wc -l <"$1")" -eq "$2" ] && return
  complain "$(wc -l <"$1") lines in $1, not $2"
  show "$1"
}

# has FILE REGEX / lacks FILE REGEX
has ()
{
  grep -q -e "$2" "$1" && return
  complain "no line like $2 in $1:"
  show "$1"
}

lacks ()
{
  grep -q -e "$2" "$1" || return 0
  complain "a line like $2 in $1:"
  show "$1"
}

empty ()
{
  [ ! -s "$1" ] && return
  complain "$1 is not empty:"
  show "$1"
}

same ()
{
  [ "$1" = "$2" ] && return
  complain "'$1' is not '$2'"
}

# objects FILE NUMBER: one JSON object a line, and nothing else
objects ()
{
  lines "$1" "$2"
  [ "$(grep -c '^{.*}$' "$1")" -eq "$2" ] || complain "a line of $1 is no object"
  if [ -n "$jq" ] && ! jq -e type "$1" >jq.out 2>&1
  then
    complain "$1 is no JSON"
    show jq.out
  fi
}

# One-level members of each object, in order, on one line.
member ()
{
  sed -n 's/^[^}]*"'"$2"'": "\{0,1\}\([^",}]*\).*$/\1/p' "$1" | tr '\n' ' ' | sed 's/ $//'
}

jq=$(command -v jq)
colour=$(printf '\033\\[')

# ---- Messages ------------------------------------------------------------------------------

# bounce WHO CODE WORDS: a report of a message to WHO@example.net
bounce ()
{
  cat <<END
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
Date: Sat, 21 Nov 2026 16:40:00 +0000
Message-ID: <$1.77@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

From here on nobody knows the way.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; $1@example.net
Action: failed
Status: $(echo "$2" | cut -d ' ' -f 2)
Remote-MTA: dns; mail.example.net
Diagnostic-Code: smtp; $2 <$1@example.net>: $3

--b1--
END
}

separator='From MAILER-DAEMON Sat Nov 21 16:40:00 2026'

#!/bin/sh
# Rebound: the command, as its users and their mail servers call it.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

. "$(dirname "$0")/it.sh"

# ---- Messages ------------------------------------------------------------------------------

bounce gone '550 5.1.1' 'no such user' >gone.eml
bounce full '552 5.2.2' 'mailbox full' >full.eml
bounce spam '550 5.7.1' 'message rejected as spam' >spam.eml
: >empty

# mboxo quotes one ">" too many, and a program that knows mboxrd takes it off again.
{
  for message in gone full spam
  do
    echo "$separator"
    sed 's/^>*From /&/; s/^\(>*\)From here/>\1From here/' "$message.eml"
    echo
  done
} >box.mbox

mkdir -p maildir/new maildir/cur maildir/tmp nothing/new nothing/cur nothing/tmp folder
cp gone.eml maildir/new/1000.a.host
cp full.eml maildir/cur/1001.b.host:2,S
cp spam.eml maildir/tmp/1002.c.host

# ---- parse ---------------------------------------------------------------------------------

it 'parse: one object for one file, with its path as it was given'
run parse --json ./gone.eml
exits 0
objects out 1
empty err
has out '^{"schema": 1, "source": "\./gone\.eml", "index": 0, '
has out '"kind": "bounce"'
has out '"address": "gone@example\.net"'
has out '"reason": "user-unknown"'
has out '"unsubscribe": "now"'

it 'parse: several files in their order'
run parse --json spam.eml gone.eml full.eml gone.eml
exits 0
objects out 4
same "$(member out source)" 'spam.eml gone.eml full.eml gone.eml'
same "$(member out index)" '0 0 0 0'

it 'parse: a path with a blank, a quote and a letter beyond ASCII'
cp gone.eml 'a "b" ü.eml'
run parse --json 'a "b" ü.eml'
exits 0
objects out 1
has out '"source": "a \\"b\\" ü\.eml"'

it 'parse: a path that is no UTF-8 still gives valid JSON'
odd=$(printf 'x\374.eml')
cp gone.eml "$odd"
run parse --json "$odd"
exits 0
objects out 1
if ! iconv -f UTF-8 -t UTF-8 out >iconv.out 2>&1
then
  complain 'not UTF-8'
fi

it 'parse: behind -- a path may begin with -'
cp gone.eml ./-x.eml
run parse --json -- -x.eml
exits 0
objects out 1
empty err
has out '"source": "-x\.eml"'

it 'parse: every message of an mbox, numbered'
run parse --json box.mbox
exits 0
objects out 3
same "$(member out source)" 'box.mbox box.mbox box.mbox'
same "$(member out index)" '0 1 2'
has out '"address": "gone@example\.net".*"user-unknown"'
has out '"address": "full@example\.net".*"mailbox-full"'
has out '"address": "spam@example\.net".*"spam-content"'

it 'parse: the quoting of an mbox is taken off, so the digests are those of the files'
same "$(member out index)" '0 1 2'
from_box=$(member out digest)
run parse --json gone.eml full.eml spam.eml
same "$from_box" "$(member out digest)"

it 'parse: From at the start of a line does not split what is no mbox'
{
  cat gone.eml
  echo
  echo "$separator"
  cat full.eml
} >quoted.eml
run parse --json quoted.eml
exits 0
objects out 1

it 'parse: From at the start of a line of text does not split an mbox'
{
  echo "$separator"
  cat gone.eml
  printf '\nFrom here to there.\n\nFrom a@b Sat, in the evening\n\n'
} >loose.mbox
run parse --json loose.mbox
exits 0
objects out 1

it 'parse: a message that ends without a line end'
printf '%s' "$(cat gone.eml)" >unended.eml
run parse --json unended.eml
exits 0
objects out 1
has out '"reason": "user-unknown"'

it 'parse: an mbox whose lines end with CR LF'
sed "s/\$/$(printf '\r')/" box.mbox >crlf.mbox
run parse --json crlf.mbox
exits 0
objects out 3
same "$(member out digest)" "$from_box"

it 'parse: a success needs no reason, and no words are told twice'
cat >success.eml <<'END'
From: MAILER-DAEMON@relay.example
Subject: Success
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; ilse@example.net
Action: delivered
Status: 2.0.0
--x--
END
run parse success.eml
has out '^    status “2\.0\.0” agrees; '
cat >twice.eml <<'END'
From: MAILER-DAEMON@relay.example
Subject: Failure

Delivery failed: MAILBOX FULL

<ilse@example.net>:
mailbox full
END
run parse twice.eml
has out '^    because phrase “MAILBOX FULL” (generic/mailbox-full)$'

it 'parse: the messages of a Maildir, but not those still being written'
run parse --json maildir
exits 0
objects out 2
has out '"source": "maildir/new/1000\.a\.host", "index": 0.*"user-unknown"'
has out '"source": "maildir/cur/1001\.b\.host:2,S", "index": 0.*"mailbox-full"'

it 'parse: what was read stays as it was'
same "$(cat maildir/new/1000.a.host)" "$(cat gone.eml)"
same "$(find maildir -type f | wc -l | tr -d ' ')" 3

it 'parse: a Maildir without messages gives no object'
run parse --json nothing
exits 0
empty out
empty err

it 'parse: an empty message of a Maildir gives an object'
mkdir -p hollow/new hollow/cur hollow/tmp
: >hollow/new/1.a.host
run parse --json hollow
exits 0
objects out 1
has out '"kind": "other".*"recipients": \[\]'

it 'parse: an empty mbox gives no object'
run parse --json empty
exits 0
empty out
empty err

it 'parse: standard input without a path'
run_in gone.eml parse --json
exits 0
objects out 1
has out '"source": "-", "index": 0'

it 'parse: standard input as -, between files'
run_in full.eml parse --json gone.eml - spam.eml
exits 0
objects out 3
same "$(member out source)" 'gone.eml - spam.eml'

it 'parse: an mbox through a pipe'
# shellcheck disable=SC2002 # a pipe, not a file
cat box.mbox | "$REBOUND" parse --json - >out 2>err
status=$?
exits 0
objects out 3
same "$(member out source)" '- - -'
same "$(member out index)" '0 1 2'

it 'parse: nothing on standard input'
run parse --json
exits 0
empty out

it 'parse: bytes that are no mail at all'
head -c 20000 "$REBOUND" >program
run parse --json program
exits 0
objects out 1
has out '"kind": "other"'

it 'parse: a path that is not there is told of, and the rest goes on'
run parse --json gone.eml missing.eml full.eml
exits 66
objects out 2
same "$(member out source)" 'gone.eml full.eml'
lines err 1
has err '^rebound parse: .*missing\.eml.*No such file or directory'

it 'parse: a folder that is no Maildir'
run parse --json folder gone.eml
exits 66
objects out 1
lines err 1
has err '^rebound parse: .*folder.*Maildir'

chmod 755 .
run_as_nobody --version
[ "$status" -eq 0 ] && somebody_else=yes

if [ -z "$somebody_else" ]
then
  skip 'parse: a file that may not be read' 'root may read everything, and none else can run here'
else
  it 'parse: a file that may not be read'
  cp gone.eml secret.eml
  chmod 000 secret.eml
  run_as_nobody parse --json secret.eml gone.eml
  exits 66
  objects out 1
  has err '^rebound parse: .*secret\.eml.*Permission denied'

  it 'parse: a message of a Maildir that may not be read'
  mkdir -p closed/new closed/cur closed/tmp
  cp gone.eml closed/new/1.a.host
  cp gone.eml closed/new/2.b.host
  chmod 000 closed/new/1.a.host
  run_as_nobody parse --json closed
  exits 74
  objects out 1
  lines err 1
  has err '^rebound parse: .*closed/new/1\.a\.host.*Permission denied'
fi

# Another reader may move it between the listing and the opening.
it 'parse: a message of a Maildir that is gone when it is reached'
mkdir -p moving/new moving/cur moving/tmp
ln -s nowhere moving/new/1.a.host
cp gone.eml moving/new/2.b.host
run parse --json moving
exits 74
objects out 1
lines err 1
has err '^rebound parse: .*moving/new/1\.a\.host.*No such file or directory'

it 'parse: a folder as standard input, and none'
"$REBOUND" parse <folder >out 2>err
status=$?
exits 74
has err '^rebound parse: .*standard input.*Is a directory'
"$REBOUND" parse <&- >out 2>err
status=$?
exits 74
has err '^rebound parse: .*standard input.*Bad file descriptor'

it 'parse: control characters of a name do not reach the terminal'
name_of_escape=$(printf 'a\033[31m\302\233.eml')
cp gone.eml "$name_of_escape"
for option in --text --json
do
  run parse $option "$name_of_escape" "missing-$name_of_escape"
  exits 66
  has out 'user-unknown'
  has err 'missing-a'
  cat out err >both
  lacks both "$(printf '\033')"
  lacks both "$(printf '\302\233')"
done

it 'parse: the first trouble decides the exit status, not the last path'
run parse missing.eml gone.eml
exits 66

it 'parse: a text for a person by default, the same as --text'
run parse gone.eml
exits 0
empty err
has out '^gone\.eml: bounce'
has out 'gone@example\.net.*user-unknown.*hard.*unsubscribe now'
has out '550 5\.1\.1 <gone@example\.net>: no such user'
mv out plain
run parse --text gone.eml
same "$(cat out)" "$(cat plain)"

it 'parse: a text numbers the messages of a mailbox from 1, the first without saying so'
run parse box.mbox
exits 0
same "$(sed -n 's/^\(box[^:]*\):.*/\1/p' out | tr '\n' ' ')" 'box.mbox box.mbox #2 box.mbox #3 '

it 'parse: --explain shows the facts'
run parse --explain gone.eml
exits 0
has out 'decisive .*no such user'
has out 'agrees .*5\.1\.1'

it 'parse: --explain shows what tells the kind, also of what is no bounce'
printf 'From: ann@example.org\nSubject: Invitation: out of office\n\nHello\n' >invitation.eml
run parse --explain invitation.eml
exits 0
has out '^invitation.eml: other'
has out 'says auto-reply: .*out of office.*, in the subject (auto-reply/subject-en)'
run parse invitation.eml
lacks out 'auto-reply'

it 'parse: --taxonomy prints the other name too'
for system in kumomta powermta ses sisimai sparkpost
do
  run parse --taxonomy "$system" gone.eml
  exits 0
  has out "user-unknown ($system: "
done
run parse --json --taxonomy=sisimai gone.eml
objects out 1
has out '"reason": "user-unknown"'
has out '"sisimai": "userunknown"'

it 'parse: a taxonomy that is not known'
run parse --taxonomy nonsense gone.eml
exits 64
empty out
has err '^rebound parse: .*nonsense.*sisimai'

it 'parse: an option that is not known'
run parse --nonsense gone.eml
exits 64
empty out
has err '^rebound parse: .*--nonsense.*rebound parse --help'

it 'parse: options that exclude each other'
for other in --text --explain
do
  run parse --json $other gone.eml
  exits 64
  empty out
  has err '^rebound parse: .*--json'
done

it 'parse: the output does not fit on the disk'
for options in --json --text
do
  for messages in gone.eml 'box.mbox box.mbox box.mbox box.mbox box.mbox box.mbox'
  do
    # shellcheck disable=SC2086 # several paths
    "$REBOUND" parse $options $messages >/dev/full 2>err
    status=$?
    exits 74
    has err '^rebound parse: .*output.*No space left on device'
  done
done

it 'parse: after the output has failed, nothing more is read'
"$REBOUND" parse box.mbox box.mbox box.mbox box.mbox box.mbox box.mbox missing.eml >/dev/full 2>err
status=$?
exits 74
lines err 1

it 'parse: no colours where the output is no terminal'
run parse gone.eml
lacks out "$colour"
run parse --json gone.eml
lacks out "$colour"

if script -qec true /dev/null >out 2>&1 </dev/null
then
  it 'parse: colours on a terminal'
  script -qec "'$REBOUND' parse gone.eml" /dev/null >out 2>err </dev/null
  has out "$colour"

  it 'parse: no colours on a terminal with NO_COLOR'
  NO_COLOR=1 script -qec "'$REBOUND' parse gone.eml" /dev/null >out 2>err </dev/null
  has out 'user-unknown'
  lacks out "$colour"

  it 'parse: an empty NO_COLOR says nothing'
  NO_COLOR='' script -qec "'$REBOUND' parse gone.eml" /dev/null >out 2>err </dev/null
  has out "$colour"

  it 'parse: no colours in JSON, terminal or not'
  script -qec "'$REBOUND' parse --json gone.eml" /dev/null >out 2>err </dev/null
  has out 'user-unknown'
  lacks out "$colour"
else
  skip 'parse: colours on a terminal' 'no script(1) to make a terminal'
fi

it 'parse: terminal codes of a message do not reach the terminal'
# ESC, and the eight-bit CSI (U+009B), which terminals take for ESC [ too
for code in '\033]0;owned\007\033[31m' '\302\23331m'
do
  # shellcheck disable=SC2059 # the format is ours
  bounce gone '550 5.1.1' "no such user $(printf "$code")" | sed 's/us-ascii/utf-8/' >escape.eml
  for option in --text --explain
  do
    run parse $option escape.eml
    exits 0
    has out 'user-unknown'
    lacks out "$(printf '\033')"
    lacks out "$(printf '\302\233')"
  done
done

it 'parse: what is no message at all is told of'
printf '\037\213\010\000\000' >zipped
run parse zipped
exits 0
has out 'no-header'

it 'parse: a reader that has seen enough ends it, without a word'
: >err
for n in $(seq 2000); do echo gone.eml; done | xargs "$REBOUND" parse 2>err | head -n 1 >out
lines out 1
lacks err 'cannot write'

# ---- deliver -------------------------------------------------------------------------------

it 'deliver: the report is one line at the end of the log, and nothing is printed'
run_in gone.eml deliver --log log
exits 0
empty out
empty err
objects log 1
has log '"user-unknown"'
run_in full.eml deliver --log log
exits 0
objects log 2
same "$(member log message_id)" 'gone.77@mx.example.net full.77@mx.example.net'

it 'deliver: the log is not for everybody'
same "$(find log -perm -004)" ''

it 'deliver: the envelope of the arguments'
rm -f log
SENDER=wrong@example.org RECIPIENT=wrong@example.org ORIGINAL_RECIPIENT=wrong@example.org \
  "$REBOUND" deliver --log log --sender a@example.org --recipient b@example.org <gone.eml
status=$?
exits 0
has log '"envelope": {"sender": "a@example\.org", "recipient": "b@example\.org"}'

it 'deliver: an empty --sender is the null reverse-path'
rm -f log
SENDER=wrong@example.org "$REBOUND" deliver --log log --sender= --recipient b@example.org \
  <gone.eml
status=$?
exits 0
has log '"envelope": {"sender": "", "recipient": "b@example\.org"}'

it 'deliver: the envelope of the environment, as Postfix and qmail set it'
rm -f log
SENDER=a@example.org RECIPIENT=b@example.org "$REBOUND" deliver --log log <gone.eml
status=$?
exits 0
has log '"envelope": {"sender": "a@example\.org", "recipient": "b@example\.org"}'

it 'deliver: what the recipient was before aliases is preferred'
rm -f log
SENDER='' RECIPIENT=b@example.org ORIGINAL_RECIPIENT=c@example.org \
  "$REBOUND" deliver --log log <gone.eml
status=$?
exits 0
has log '"envelope": {"sender": "", "recipient": "c@example\.org"}'

it 'deliver: MAILER-DAEMON is the null reverse-path, as pipe(8) of Postfix writes it'
rm -f log
SENDER=MAILER-DAEMON RECIPIENT=b@example.org "$REBOUND" deliver --log log <gone.eml
"$REBOUND" deliver --log log --sender MAILER-DAEMON --recipient b@example.org <gone.eml
status=$?
exits 0
same "$(grep -c '"envelope": {"sender": "", "recipient": "b@example\.org"}' log)" 2

it 'deliver: the envelope finds the subscriber of a VERP address'
rm -f log
run_in gone.eml deliver --log log --sender '' \
  --recipient news-bounces+someone=example.com@lists.example.org
exits 0
has log '"subscriber": "someone@example\.com", "subscriber_from": "verp"'

it 'deliver: an envelope of any bytes, with the empty environment of pipe(8)'
rm -f log
env -i "$REBOUND" deliver --log log --recipient 'news-bounces+jörg=example.com@lists.example.org' \
  <gone.eml 2>err
status=$?
exits 0
objects log 1
env -i "$REBOUND" deliver --log log --sender "$(printf '\377@example.org')" <gone.eml 2>err
status=$?
exits 0
objects log 2

it 'deliver: it is one message, whatever stands in it'
rm -f log
run_in box.mbox deliver --log log
exits 0
objects log 1
run_in quoted.eml deliver --log log
exits 0
objects log 2

it 'deliver: an empty message is a message'
rm -f log
run_in empty deliver --log log
exits 0
objects log 1

it 'deliver: the same message has the same digest, whatever mail server it came through'
rm -f log
run_in gone.eml deliver --log log
{
  echo 'Received: by b.example.org; Sat, 21 Nov 2026 16:41:00 +0000'
  echo 'Delivered-To: x@example.org'
  cat gone.eml
} >again.eml
run_in again.eml deliver --log log
objects log 2
same "$(member log digest | tr ' ' '\n' | sort -u | grep -c '^sha256:[0-9a-f]\{64\}$')" 1

# deferred REGEX: the mail server is told to keep the message, and somebody is told why.
deferred ()
{
  exits 75
  empty out
  has err "^rebound deliver: .*$1"
}

it 'deliver: without --log the message stays with the mail server'
run_in gone.eml deliver
deferred '--log.*rebound deliver --help'

it 'deliver: with an option or an argument too many it stays there too'
rm -f log
run_in gone.eml deliver --log log --nonsense
deferred '--nonsense.*rebound deliver --help'
run_in gone.eml deliver --log log other.log
deferred 'rebound deliver --help'
run_in gone.eml deliver --log
deferred '--log'
[ ! -e log ] || complain 'there is a log'

it 'deliver: the folder of the log is not there'
run_in gone.eml deliver --log missing/log
deferred 'missing/log.*No such file or directory'

it 'deliver: the log is a folder'
run_in gone.eml deliver --log folder
deferred 'folder.*Is a directory'

it 'deliver: a device is no log'
run_in gone.eml deliver --log /dev/full
deferred '/dev/full'
run_in gone.eml deliver --log /dev/null
deferred '/dev/null'

it 'deliver: a pipe is no log, and nobody waits for its reader'
mkfifo pipe
run_in gone.eml deliver --log pipe
deferred 'pipe'

if [ -z "$somebody_else" ]
then
  skip 'deliver: the folder of the log may not be written' \
    'root may write everywhere, and none else can run here'
else
  it 'deliver: the folder of the log may not be written'
  mkdir locked
  chmod 555 locked
  run_as_nobody deliver --log locked/log
  deferred 'locked/log.*Permission denied'
fi

it 'deliver: standard input that cannot be read'
"$REBOUND" deliver --log log <folder >out 2>err
status=$?
deferred 'standard input.*Is a directory'
"$REBOUND" deliver --log log <&- >out 2>err
status=$?
deferred 'standard input.*Bad file descriptor'
[ ! -e log ] || complain 'there is a log'

it 'deliver: with its standard streams closed the report is the only line of the log'
rm -f log
"$REBOUND" deliver --log log --nonsense <gone.eml >&- 2>&-
status=$?
exits 75
"$REBOUND" deliver --log log <gone.eml >&- 2>&-
status=$?
exits 0
objects log 1
(
  ulimit -f "$(($(wc -c <log) / 512 + 1))"
  exec "$REBOUND" deliver --log log <full.eml >&- 2>&-
) 2>shell.err
status=$?
exits 75
objects log 1
rm -f log

# Postfix limits the size of the files that a command may write (mailbox_size_limit).
it 'deliver: a log beyond the limit of file sizes stays whole'
rm -f log
run_in gone.eml deliver --log log
cp log before
(
  ulimit -f "$(($(wc -c <log) / 512 + 1))"
  exec "$REBOUND" deliver --log log <full.eml >out 2>err
) 2>shell.err
status=$?
deferred 'log.*File too large'
cmp -s log before || complain 'a part of a report is left in the log'

mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=16k rebound-test small 2>mount.err
then
  mounted=$work/small
  it 'deliver: the disk is full, and the log stays whole'
  run_in gone.eml deliver --log small/log
  exits 0
  head -c 65536 /dev/zero >small/filler 2>dd.err
  cp small/log before
  # A block that is begun has room for a report or two.
  for attempt in 1 2 3 4 5 6
  do
    run_in full.eml deliver --log small/log
    [ "$status" -eq 0 ] || break
    cp small/log before
  done
  deferred 'small/log.*No space left on device'
  cmp -s small/log before || complain 'a part of a report is left in the log'

  it 'deliver: and goes on when there is room again'
  rm small/filler
  attempt=$(wc -l <small/log)
  run_in spam.eml deliver --log small/log
  exits 0
  objects small/log $((attempt + 1))
else
  skip 'deliver: the disk is full' 'cannot mount a small file system'
fi

# Only the analysis of deliver, in its child, sets an alarm: here it ends otherwise.
cat >crash.c <<'END'
#include <signal.h>
#include <stdlib.h>
unsigned alarm (unsigned seconds);
unsigned alarm (unsigned seconds)
{
  raise (atoi (getenv ("CRASH")));
  return seconds;
}
END
if [ -n "$SANITIZERS" ]
then
  skip 'deliver: the analysis crashes' 'a sanitizer stands in the way'
elif $CC -shared -fPIC crash.c -o crash.so 2>cc.err
then
  it 'deliver: the analysis crashes'
  rm -f log
  for signal in 6 9 11
  do
    CRASH=$signal LD_PRELOAD=$work/crash.so "$REBOUND" deliver --log log <gone.eml >out 2>err
    status=$?
    deferred "signal $signal"
  done
  [ ! -e log ] || complain 'there is a log'
else
  skip 'deliver: the analysis crashes' "$CC makes no shared library"
fi

# limited KILOBYTES COMMAND...: with so much memory and a big message
limited ()
{
  (
    # shellcheck disable=SC3045 # where it is unknown, nothing is limited
    ulimit -v "$1"
    shift
    exec "$@" <big.eml >out 2>err
  ) 2>shell.err
}

if [ -n "$SANITIZERS" ]
then
  skip 'deliver: without memory the message stays with the mail server' \
    'a sanitizer needs all of it'
else
  it 'deliver: without memory the message stays with the mail server'
  rm -f log
  recorded=0
  { cat gone.eml; head -c 12000000 /dev/zero | tr '\0' 'a' | fold -w 70; } >big.eml
  # What it takes to be loaded: without that much nobody can answer.
  least=4000
  while ! limited $least "$REBOUND" deliver --help && [ $least -lt 1000000 ]
  do
    least=$((least + 1000))
  done
  for more in 2000 4000 8000 16000 32000 64000 128000 256000
  do
    limited $((least + more)) "$REBOUND" deliver --log log
    status=$?
    if [ "$status" -eq 0 ]
    then
      recorded=$((recorded + 1))
      objects log "$recorded"
    else
      deferred ''
    fi
  done
  [ "$recorded" -gt 0 ] || complain 'it never came to a record'
fi

it 'deliver: a line that a crash cut off is ended, and neither it nor ours is lost'
printf '{"schema": 1, "sour' >log
run_in gone.eml deliver --log log
exits 0
lines log 2
same "$(head -n 1 log)" '{"schema": 1, "sour'
has log '^{"schema": 1, .*"user-unknown".*}$'

it 'deliver: fifty at once are fifty whole lines'
rm -f log log.*
i=0
while [ $i -lt 50 ]
do
  {
    "$REBOUND" deliver --log log --recipient "r$i@example.org" <gone.eml
    echo $? >"status.$i"
  } 2>>err &
  i=$((i + 1))
done
wait
objects log 50
same "$(cat status.* | sort -u)" 0
same "$(sed 's/.*"recipient": "\(r[0-9]*@\).*/\1/' log | sort -u | wc -l | tr -d ' ')" 50

it 'deliver: a log that is rotated meanwhile loses nothing'
rm -f log log.* status.*
for worker in 1 2 3 4
do
  (
    i=0
    while [ $i -lt 25 ]
    do
      "$REBOUND" deliver --log log --recipient "r$worker-$i@example.org" <gone.eml \
        || echo "$worker-$i" >>failed
      i=$((i + 1))
    done
    : >"worker.$worker"
  ) &
done
turn=0
while [ ! -e worker.1 ] || [ ! -e worker.2 ] || [ ! -e worker.3 ] || [ ! -e worker.4 ]
do
  [ ! -e log ] || { mv log "log.$turn" && turn=$((turn + 1)); }
  sleep 0.05 2>>err || sleep 1
done
wait
[ ! -e failed ] || complain "$(wc -l <failed) of them failed"
[ "$turn" -gt 1 ] || complain 'it was never rotated'
cat log* >all
objects all 100
same "$(sed 's/.*"recipient": "\(r[0-9-]*@\).*/\1/' all | sort -u | wc -l | tr -d ' ')" 100

it 'deliver: a log may be a symbolic link'
rm -f log log.*
: >real.log
ln -s real.log log
run_in gone.eml deliver --log log
exits 0
objects real.log 1
rm -f log

# ---- classify ------------------------------------------------------------------------------

it 'classify: each argument is a text'
run classify --json '550 5.1.1 no such user' '452 4.2.2 mailbox full'
exits 0
objects out 2
same "$(member out reply)" '550 452'
same "$(member out status)" '5.1.1 4.2.2'
same "$(member out reason)" 'user-unknown mailbox-full'

it 'classify: each line of standard input is a text'
printf '550 5.1.1 no such user\n\n  \n452 4.2.2 mailbox full\n554 5.7.1 spam' >replies
run_in replies classify --json
exits 0
objects out 3
same "$(member out reply)" '550 452 554'
run_in replies classify --json -
objects out 3

it 'classify: lines that end with CR LF'
sed "s/\$/$(printf '\r')/" replies >replies.crlf
run_in replies classify --json
mv out plain
run_in replies.crlf classify --json
exits 0
same "$(cat out)" "$(cat plain)"

it 'classify: the lines of one reply belong together'
printf '%s\n' '550-5.1.1 The account that you tried to reach' '550-5.1.1 does not exist.' \
  '550 5.1.1 Try the address again' '452 4.2.2 full' >replies
run_in replies classify --json
exits 0
objects out 2
has out 'account that you tried to reach.*Try the address again'
same "$(member out reply)" '550 452'

it 'classify: a reply that never ends is still classified'
printf '550-5.1.1 no such user\n' >replies
run_in replies classify --json
exits 0
objects out 1
same "$(member out reason)" 'user-unknown'

it 'classify: a reply of several lines as an argument'
run classify --json '550-5.1.1 no such
550 5.1.1 user'
exits 0
objects out 1

it 'classify: a line of a log'
run classify --json "$(printf '%s ' 'Nov 21 16:40:00 mx postfix/smtp[77]: 4dB7Vq:' \
  'to=<gone@example.net>, relay=mail.example.net[192.0.2.1]:25, dsn=5.1.1, status=bounced' \
  '(host mail.example.net[192.0.2.1] said: 550 5.1.1 <gone@example.net>: no such user' \
  '(in reply to RCPT TO command))')"
exits 0
objects out 1
has out '"address": "gone@example\.net"'
has out '"reply": "550", "status": "5\.1\.1"'
has out '"reason": "user-unknown"'

it 'classify: for a person'
run classify '550 5.1.1 no such user'
exits 0
has out 'user-unknown.*hard.*unsubscribe now'
run classify 554
has out '^    reply “554”$'
run classify --explain '550 5.1.1 no such user'
has out 'decisive .*no such user'
run classify --taxonomy sparkpost '550 5.1.1 no such user'
has out '(sparkpost: 10)'

it 'classify: what says nothing is unclassified, and no code is invented'
run classify --json 'alas'
exits 0
has out '"reply": null, "status": null'
has out '"reason": "unclassified"'

it 'classify: nothing on standard input'
run classify --json
exits 0
empty out

it 'classify: behind -- a text may begin with -'
run classify --json -- '-- 550 5.1.1 no such user'
exits 0
objects out 1
same "$(member out reason)" 'user-unknown'

it 'classify: bad options'
run classify --nonsense
exits 64
has err '^rebound classify: .*--nonsense.*rebound classify --help'
run classify --taxonomy nonsense '550 no'
exits 64
has err '^rebound classify: .*nonsense.*sisimai'

it 'classify: standard input that cannot be read'
"$REBOUND" classify <folder >out 2>err
status=$?
exits 74
has err '^rebound classify: .*standard input.*Is a directory'

it 'classify: no standard input'
"$REBOUND" classify <&- >out 2>err
status=$?
exits 74
has err '^rebound classify: .*standard input.*Bad file descriptor'

it 'classify: the output does not fit on the disk'
"$REBOUND" classify '550 no' >/dev/full 2>err
status=$?
exits 74
has err '^rebound classify: .*output.*No space left on device'

it '--lang needs a language'
for option in --lang --lang=
do
  run $option
  exits 64
  lines err 1
  has err '^rebound: .*lang.*en'
done

# ---- explain -------------------------------------------------------------------------------

it 'explain: a reply code, a status code and a reason'
run explain 550 5.1.1 mailbox-full
exits 0
empty err
has out '^550: .*mailbox unavailable'
has out '^5\.1\.1: .*mailbox address'
has out '^mailbox-full: .*soft'
has out 'sisimai: mailboxfull'

it 'explain: the same in JSON'
run explain --json 550 5.1.1 mailbox-full
exits 0
objects out 3
same "$(member out topic)" '550 5.1.1 mailbox-full'
same "$(member out type)" 'reply status reason'

it 'explain: as people write it'
run explain --json 550-5.1.1 '#5.1.1' '(5.7.1)' x.1.1 '[tss04]' S3140 userunknown 'mailbox full'
exits 0
objects out 9
same "$(member out topic)" '550 5.1.1 5.1.1 5.7.1 X.1.1 TSS04 S3140 user-unknown mailbox-full'
run explain 5xx X.1 'AUP#CXCNCT'
exits 0
has out '^5xx: .*5'
has out '^X\.1: '
has out '^CXCNCT: .*(Cox'

it 'explain: a whole refusal'
run explain --json '421-4.7.0 [TSS04] Messages from 192.0.2.1 are deferred' 'Relay access denied'
exits 0
objects out 5
same "$(member out type)" 'refusal reply status phrase refusal'
same "$(member out topic)" \
  '421-4.7.0 [TSS04] Messages from 192.0.2.1 are deferred 421 4.7.0 TSS04 Relay access denied'

it 'explain: lines end within 80 columns'
run explain 550 5.7.1 TSS04 user-unknown
exits 0
empty err
grep -v '://' out | grep '.\{81\}' && complain 'a line is longer'
same "$(grep -c '^$' out)" "$(grep -B 1 '^  [A-Z][a-z ]*$\|^[^ ]' out | grep -c '^$')"

it 'explain: a code that nobody has registered'
run explain 599 5.1.77
exits 0
empty err
has out '^599: .*(permanent)'
has out '^5\.1\.77: .*(permanent)'

it 'explain: all topics, each of which is one'
run explain --list
exits 0
empty err
has out '^user-unknown: No such mailbox'
has out '^550: .*(permanent)'
has out '^X\.1\.1: '
has out '^TSS04: .*(Yahoo, temporary)'
same "$(grep -c '^BRBL: ' out)" "$("$REBOUND" explain BRBL | grep -c '^BRBL: ')"
run explain --list --json
exits 0
objects out "$("$REBOUND" explain --list | wc -l)"
"$REBOUND" explain --list | sed 's/: .*//' >topics
while read -r topic
do
  "$REBOUND" explain "$topic" >out 2>err || complain "$topic is none"
done <topics
run explain --list 550
exits 64
has err '^rebound explain: .*--list'

it 'explain: rules of the site'
cat >texts.rules <<'END'
phrase site/x12 rate-limited
  code "X12"
  means "Too many messages in this hour"
  sender "Send more slowly."
  example "421 4.7.0 [X12] Try again later"
  "[x12]"
END
run explain --rules texts.rules x12
exits 0
empty err
has out '^X12: Too many messages in this hour (temporary)'
has out 'Send more slowly\.'
mkdir -p site.d && cp texts.rules site.d/
REBOUND_RULES_DIR=$PWD/site.d run explain X12
exits 0
has out '^X12: '
run explain X12
exits 65
echo 'reply 55' >wrong.rules
run explain --rules wrong.rules 550
exits 78
has err '^rebound explain: wrong\.rules:1:7: .*left out'
has out '^550: '

it 'explain: what is not known is told of, and the rest goes on'
for topic in nonsense 999 5.1.1.1 '' 5.
do
  run explain "$topic" 550
  exits 65
  has out '^550: '
  lines err 1
  has err "^rebound explain: .*$topic.*550.*5\.1\.1.*user-unknown"
done

it 'explain: what is nearly a topic'
for word in user-unkown greylist mailboxful tss0
do
  run explain "$word"
  exits 65
  lines err 1
  has err "^rebound explain: .*$word.*is it one of these: "
done

it 'explain: without a topic, and with an option that is not known'
run explain
exits 64
has err '^rebound explain: .*rebound explain 5\.1\.1'
run explain --nonsense 550
exits 64
has err '^rebound explain: .*--nonsense.*rebound explain --help'

it 'explain: the output does not fit on the disk'
"$REBOUND" explain 550 >/dev/full 2>err
status=$?
exits 74
has err '^rebound explain: .*output.*No space left on device'

# ---- help ----------------------------------------------------------------------------------

it 'help: lists the commands'
run help
exits 0
empty err
for command in parse deliver classify explain help
do
  has out "^  $command "
done
mv out plain
run --help
exits 0
same "$(cat out)" "$(cat plain)"

it 'help: each command has its own, in three ways'
for command in parse deliver classify explain
do
  run help "$command"
  exits 0
  empty err
  has out "rebound $command"
  mv out plain
  for option in --help -h
  do
    run "$command" $option
    exits 0
    same "$(cat out)" "$(cat plain)"
  done
done
has out '--json'
run help --help
exits 0
has out '^  parse '

it 'help: of a command that is not there'
run help nonsense
exits 64
empty out
has err '^rebound.*: .*nonsense.*rebound help'

it 'help: says all options'
run help parse
for option in --json --text --explain --taxonomy=
do
  has out " $option"
done
run help deliver
for option in --log= --sender= --recipient=
do
  has out " $option"
done

it 'help: a command that is not known, and none'
run nonsense
exits 64
empty out
has err '^rebound: .*nonsense.*rebound help'
run
exits 64
empty out
has err '^usage: rebound '

it 'help: the version'
run --version
exits 0
empty err
has out '^rebound [0-9][0-9]*\.[0-9]'
lines out 1
run --version parse
exits 64
empty out
has err '^rebound: .*--version'

it 'help: of a command behind --help'
run help parse
mv out plain
run --help parse
exits 0
same "$(cat out)" "$(cat plain)"
run --help nonsense
exits 64
empty out
has err '^rebound: .*nonsense.*rebound help'

it 'help: the output does not fit on the disk'
for option in help --help --version 'help parse' 'deliver --help'
do
  # shellcheck disable=SC2086 # two words
  "$REBOUND" $option >/dev/full 2>err
  status=$?
  exits 74
  has err '^rebound.*: .*output.*No space left on device'
done

# ---- Rules of a site -----------------------------------------------------------------------

cat >own.rules <<'END'
phrase own/full mailbox-full
  source "our manual"
  "the silo is filled"
reply 577
  means "slow down"
  reasons rate-limited
END
echo 'phrase own/full full' >wrong.rules
silo='550 the silo is filled'

it 'rules: a file that is named'
run classify --json "$silo"
lacks out mailbox-full
run classify --json --rules own.rules "$silo"
exits 0
empty err
has out '"reason": "mailbox-full"'
has out '"rule": "own/full"'
run classify --json --rules own.rules '550 no such user'
has out '"reason": "user-unknown"'
sed 's/no such user/the silo is filled/' gone.eml >silo.eml
run parse --json --rules=own.rules silo.eml
exits 0
has out '"rule": "own/full"'

it 'rules: the last file has the last word'
echo 'phrase own/full blocked' >later.rules
echo '  "the silo is filled"' >>later.rules
run classify --json --rules own.rules --rules later.rules "$silo"
has out '"reason": "blocked"'
run classify --json --rules later.rules --rules own.rules "$silo"
has out '"reason": "mailbox-full"'

it 'rules: a file that is wrong is left out as a whole, and told of'
for command in 'classify --json' 'parse --json'
do
  # shellcheck disable=SC2086 # a command and its option
  run $command --rules wrong.rules --rules own.rules --rules gone.rules silo.eml
  exits 78
  lines err 2
  has err '^rebound [a-z]*: wrong\.rules:1:17: .*left out'
  has err '^rebound [a-z]*: .*gone\.rules.*No such file.*left out'
done
run parse --json --rules wrong.rules --rules own.rules silo.eml
has out '"rule": "own/full"'

it 'rules: those of the folder are known, by name'
mkdir rules.d
cp own.rules rules.d/10-own.rules
cp later.rules rules.d/20-later.rules
cp wrong.rules rules.d/.hidden.rules
cp wrong.rules rules.d/30-wrong.rules.bak
run classify --json "$silo"
exits 0
empty err
has out '"reason": "blocked"'
run classify --json --rules own.rules "$silo"
has out '"reason": "mailbox-full"'

it 'rules: what is wrong in the folder keeps no message from the log'
cp wrong.rules rules.d/30-wrong.rules
rm rules.d/20-later.rules
"$REBOUND" deliver --log rules.log <silo.eml >out 2>err
status=$?
exits 0
lines err 1
has err '^rebound deliver: .*rules\.d/30-wrong\.rules:1:17: .*left out'
has rules.log '"rule": "own/full"'
rm -r rules.d

it 'rules: a file that is wrong takes no other with it'
mkdir rules.d
printf 'phrase own/late blocked\n  only format own-late\n  "the silo is brimming"\n' >rules.d/10.rules
printf 'format own-late\n  when text "the late silo speaks"\n' >rules.d/20.rules
mkdir rules.d/40.rules
cp wrong.rules rules.d/1.rules
run rules list
exits 78
lines err 2
has out '^phrase	own/late	'
rm rules.d/20.rules
run rules list
lines err 3
has err 'rules\.d/10\.rules:2:15: no format is called “own-late”'
lacks out '^phrase	own/late	'
rm -r rules.d

it 'rules: no folder is nothing to tell of, one that is none is'
run classify --json '550 no such user'
exits 0
empty err
echo >rules.d
run classify --json '550 no such user'
exits 78
lines err 1
has err '^rebound classify: .*rules\.d.*left out'
has out '"reason": "user-unknown"'
rm rules.d

it 'rules check: says what is wrong, and nothing of what is right'
run rules check own.rules
exits 0
empty out
empty err
run rules check wrong.rules own.rules gone.rules
exits 65
empty out
lines err 2
has err '^rebound rules: wrong\.rules:1:17: '
has err '^rebound rules: .*gone\.rules.*No such file'
run rules check gone.rules
exits 66
{ cat own.rules; printf '\0phrase own/none full\n'; } >null.rules
run rules check null.rules
exits 65
has err "^rebound rules: null\\.rules:$(($(wc -l <own.rules) + 1)):1: the file has a null byte"

it 'rules list: what is in force, the rules of files among it'
run rules list
exits 0
has out '^reason	user-unknown	hard recipient now$'
has out '^phrase	generic/user-unknown	user-unknown$'
has out '^format	postfix	'
has out '^reply	550	'
has out '^status	X\.1\.1	user-unknown'
has out '^mark	[a-z0-9/-]*	returned$'
has out '^stage	[a-z0-9/-]*	rcpt$'
lacks out own/full
printf 'reason user-unknown\n  unsubscribe count\n' >milder.rules
run rules list --rules milder.rules
has out '^reason	user-unknown	hard recipient count$'
run rules list --rules own.rules
has out '^phrase	own/full	mailbox-full$'
has out '^reply	577	rate-limited$'
echo 'phrase generic/user-unknown blocked' >less.rules
run rules list --rules less.rules
lacks out 'generic/user-unknown	'

it 'rules test: shows what changes, and only where something does'
run rules test own.rules gone.eml
exits 0
empty out
run rules test own.rules gone.eml silo.eml
exits 0
has out '^  silo\.eml: bounce'
has out '^+ .*mailbox-full'
has out '^+ .*own/full'
has out '^- .*decisive'
lacks out 'gone\.eml'
run rules test wrong.rules silo.eml
exits 65
empty out
run rules test own.rules missing.eml
exits 66

it 'rules: what is missing is asked for'
for words in '' chekc check 'list own.rules' 'test own.rules' 'check --rules own.rules own.rules' \
  'test --rules own.rules own.rules silo.eml'
do
  # shellcheck disable=SC2086 # words
  run rules $words
  exits 64
  empty out
  has err '^rebound rules: .*rebound rules '
done

# ---- No reader -----------------------------------------------------------------------------

# each_output FUNCTION: call it with the words of each command that writes to standard output
each_output ()
{
  "$1" parse --text gone.eml
  "$1" parse --json box.mbox
  "$1" classify '550 no'
  "$1" explain 550
  "$1" rules list
  "$1" help
  "$1" help parse
  "$1" --version
}

it 'output: standard output is closed'
closed_output ()
{
  "$REBOUND" "$@" >&- 2>err
  status=$?
  exits 74
  lines err 1
  has err '^rebound.*: .*output.*Bad file descriptor'
}
each_output closed_output

# into_pipe ARGUMENT...: into one that nobody reads any more
into_pipe ()
{
  { sleep 0.1 2>sleep.err || sleep 1; "$REBOUND" "$@" 2>err; echo $? >pipe.status; } | :
  status=$(cat pipe.status)
}

it 'output: a closed pipe ends a command without a word'
into_closed ()
{
  into_pipe "$@"
  exits 141
  empty err
}
each_output into_closed

it 'output: where SIGPIPE is ignored, a closed pipe is an error'
into_ignored ()
{
  trap '' PIPE
  into_pipe "$@"
  trap - PIPE
  exits 74
  lines err 1
  has err '^rebound.*: .*output.*Broken pipe'
}
each_output into_ignored

finish

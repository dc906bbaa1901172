#!/bin/sh
# Rebound: the commands that know what happened before: deliver --store, scan, member, actions, sent
# and store.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

case " ${REBOUND_MODULES=sqlite} " in
  *' sqlite '*) ;;
  *)
    echo 'built without SQLite'
    exit 77
    ;;
esac

: "${top_srcdir:=$PWD}"
top_srcdir=$(cd "$top_srcdir" && pwd)
. "$(dirname "$0")/it.sh"

list=news@lists.example.org
store=sqlite:$work/store.db
REBOUND_STORE=$store
export REBOUND_STORE

# ---- Messages ------------------------------------------------------------------------------

# ago DAYS: a date as in the `From ` line of an mbox
ago ()
{
  date -u -d "@$(($(date +%s) - $1 * 86400))" '+%a %b %e %H:%M:%S %Y'
}

# day DAYS: the same day as a person reads it
day ()
{
  date -u -d "@$(($(date +%s) - $1 * 86400))" +%Y-%m-%d
}

# arrived DAYS WHO CODE WORDS: a bounce in an mbox, which came so many days ago
arrived ()
{
  echo "From MAILER-DAEMON $(ago "$1")"
  bounce "$2" "$3" "$4" | sed "s/^\(Message-ID: <.*\)77@/\1$1.77@/; s/^>*From here/>&/"
  echo
}

# returning ID: a bounce that has the header of the message ID in it
returning ()
{
  sed "s/^--b1--\$/--b1\\
Content-Type: text\/rfc822-headers\\
\\
Message-ID: <$1>\\
List-Id: <news.lists.example.org>\\
\\
&/"
}

# elsewhere NUMBER: of somebody at another provider
elsewhere ()
{
  sed "s/@example\.net/@d$1.example/g"
}

bounce gone '550 5.1.1' 'no such user' >gone.eml
bounce full '552 5.2.2' 'mailbox full' >full.eml
bounce other '550 5.1.1' 'no such user' >other.eml
printf 'From: somebody@example.net\nTo: me@example.org\nSubject: hello\n\nhello\n' >hello.eml

# anew: an empty store
anew ()
{
  rm -f store.db store.db-wal store.db-shm
}

# known NUMBER: so many events of gone@example.net are in the store
known ()
{
  "$REBOUND" member history gone@example.net >history.out 2>/dev/null
  lines history.out "$1"
}

# due NUMBER [ARGUMENT...]: so many actions are
due ()
{
  wanted=$1
  shift
  run actions "$@"
  exits 0
  empty err
  objects out "$wanted"
}

# ---- deliver -------------------------------------------------------------------------------

it 'deliver: the store is made, for nobody else to read, and nothing is printed'
run_in gone.eml deliver --store "$store" --list $list
exits 0
empty out
empty err
same "$(ls -l store.db | cut -c 8-10)" '---'
known 1
has history.out "^$(day 0) [0-9:]*  failure · user-unknown · 550 · 5.1.1 · hard · unsubscribe now · $list\$"

it 'deliver: twice is as once'
run_in gone.eml deliver --store "$store" --list $list
exits 0
known 1

it 'deliver: the store of the environment, and a list in any case'
anew
run_in gone.eml deliver --list News@Lists.example.org
exits 0
run member show --json GONE@example.net
same "$(member out list)" $list

it 'deliver: the list of the return path, where the policy knows the site'
anew
printf '[site]\ndomains = lists.example.org\n' >site.conf
run_in gone.eml deliver --policy site.conf --recipient news-bounces+gone=example.net@lists.example.org
exits 0
run member show --json gone@example.net
same "$(member out list)" $list

it 'deliver: a store and a log'
anew
run_in gone.eml deliver --log both.log
exits 0
objects both.log 1
known 1

it 'deliver: ordinary mail is no event'
run_in hello.eml deliver
exits 0
run member list
lines out 1

# deferred REGEX: the message stays with the mail server, which is told why
deferred ()
{
  exits 75
  empty out
  has err "$1"
  lacks err "$(printf '\033')"
}

it 'deliver: neither a store nor a log'
REBOUND_STORE='' run_in gone.eml deliver
deferred '--log FILE or --store URL'

it 'deliver: the store cannot be written, and the log gets no line'
for url in nonsense mysql://host/db 'sqlite:' "sqlite:$work/missing/store.db" "sqlite:$work"
do
  run_in gone.eml deliver --store "$url" --log none.log
  deferred '^rebound deliver: '
done
[ ! -e none.log ] || complain 'there is a log'

it 'deliver: the module is not installed'
REBOUND_MODULE_DIR=$work/none run_in gone.eml deliver
deferred '“sqlite”'

it 'deliver: what is there is no store'
echo 'not a database, but a text of some length that nobody wants to lose' >text.db
cp text.db text.copy
run_in gone.eml deliver --store "sqlite:$work/text.db"
deferred 'text.db'
cmp -s text.db text.copy || complain 'it was changed'

it 'deliver: another user may not write it'
anew
run_in gone.eml deliver
chmod 755 . && chmod 444 store.db
run_as_nobody member list --store sqlite::memory:
if [ "$status" -ne 65 ]
then
  skip 'deliver: another user may not write it' 'the command and its modules cannot be used by nobody'
else
  setpriv_input=full.eml
  chmod 644 full.eml
  if [ "$(id -u)" -eq 0 ]
  then
    setpriv --reuid=65534 --regid=65534 --clear-groups "$REBOUND" deliver >out 2>err <$setpriv_input
    status=$?
  else
    run_in $setpriv_input deliver
  fi
  deferred 'store.db'
fi
chmod 644 store.db

it 'deliver: with a policy that is wrong nothing is decided'
anew
printf '[policy]\ngrace = soon\n' >wrong.conf
run_in gone.eml deliver --policy wrong.conf --log none.log
deferred 'wrong.conf:2.*grace'
cp wrong.conf policy.conf
run_in gone.eml deliver --log none.log
deferred 'policy.conf:2.*grace'
rm policy.conf
run_in gone.eml deliver --policy missing.conf
deferred 'missing.conf'
run member list
empty out
[ ! -e none.log ] || complain 'there is a log'

it 'deliver: rules that are wrong are left out and told of'
echo 'nonsense' >wrong.rules
run_in gone.eml deliver --rules wrong.rules
exits 0
has err 'wrong.rules:1'
known 1

# ---- scan ----------------------------------------------------------------------------------

{
  arrived 9 gone '550 5.1.1' 'no such user'
  arrived 8 gone '550 5.1.1' 'no such user'
  arrived 3 full '552 5.2.2' 'mailbox full'
  echo "From somebody $(ago 1)"
  cat hello.eml
  echo
} >box.mbox

it 'scan: what a mailbox has, and when it came'
anew
cksum box.mbox >before
run scan --list $list box.mbox
exits 0
empty err
same "$(cat out)" 'messages: 4; events: 3 new, 0 known; without a member: 1'
known 2
has history.out "^$(day 9) "
has history.out "^$(day 8) "
cksum box.mbox | cmp -s - before || complain 'the mailbox is another'

it 'scan: again, and all is known'
run scan --json --list $list box.mbox
exits 0
objects out 1
same "$(cat out)" '{"messages": 4, "new": 0, "known": 3, "skipped": 1}'

it 'scan: what was scanned is known to deliver'
awk '/^From MAILER/ { n++ } n == 1' box.mbox | sed '1d; s/^>From/From/; $d' >first.eml
run_in first.eml deliver --list $list
exits 0
known 2

it 'scan: standard input, named or not, and a Maildir'
for name in '' -
do
  anew
  # shellcheck disable=SC2086 # no word at all
  run_in box.mbox scan --list $list $name
  exits 0
  has out '^messages: 4; events: 3 new'
done
mkdir -p maildir/new maildir/cur maildir/tmp
cp gone.eml "maildir/new/$(($(date +%s) - 5 * 86400)).M1P1.host"
run scan maildir
exits 0
has out 'events: 1 new'
known 3
has history.out "^$(day 5) "

it 'scan: the topmost Received tells, and never the Date'
anew
{
  echo "Received: from mx by own; $(date -u -d "@$(($(date +%s) - 4 * 86400))" '+%a, %d %b %Y %H:%M:%S +0000')"
  echo 'Received: from there by mx; Sat, 1 Jan 2000 00:00:00 +0000'
  cat gone.eml
} >received.eml
run scan received.eml
known 1
has history.out "^$(day 4) "
anew
sed 's/^Date: .*/Date: Sat, 1 Jan 2000 00:00:00 +0000/' gone.eml >dated.eml
run scan dated.eml
known 1
has history.out "^$(day 0) "

it 'scan: nothing comes from the future'
anew
arrived -40 gone '550 5.1.1' 'no such user' >future.mbox
run scan future.mbox
exits 0
known 1
has history.out "^$(day 0) "

it 'scan: more than is written at a time'
anew
i=0
while [ $i -lt 1203 ]
do
  i=$((i + 1))
  echo "From MAILER-DAEMON $(ago 2)"
  printf 'From: MAILER-DAEMON@mx.example.net\nSubject: failure\nMessage-ID: <%d@x>\n\n' $i
  printf '<u%d@example.net>: 550 5.1.1 no such user\n\n' $i
done >many.mbox 2>/dev/null
run scan --list $list many.mbox
exits 0
has out '^messages: 1203; events: 1203 new'
run member list
lines out 1203
same "$(LC_ALL=C sort out | uniq | wc -l)" 1203
run scan --list $list many.mbox
has out 'events: 0 new, 1203 known'

it 'scan: a mailbox that is missing does not keep the others from being read'
anew
run scan missing.mbox box.mbox
exits 66
has err '^rebound scan: .*missing.mbox'
has out 'events: 3 new'

it 'scan: without a store, and with one that is none'
REBOUND_STORE='' run scan box.mbox
exits 64
has err '^rebound scan: --store'
run scan --store nonsense box.mbox
exits 64
has err 'nonsense'
run scan --store "sqlite:$work/missing/store.db" box.mbox
exits 75
empty out
REBOUND_MODULE_DIR=$work/none run scan box.mbox
exits 69

it 'scan: a mailbox can wait until the rules and the policy are right'
anew
run scan --rules wrong.rules box.mbox
exits 78
has err 'wrong.rules'
run scan --policy wrong.conf box.mbox
exits 65
has err 'wrong.conf:2'
cp wrong.conf policy.conf
run scan box.mbox
exits 78
rm policy.conf
run member list
empty out

it 'scan: the summary does not fit on the disk'
"$REBOUND" scan box.mbox >/dev/full 2>err
status=$?
exits 74

# ---- member --------------------------------------------------------------------------------

anew
"$REBOUND" scan --list $list box.mbox >/dev/null
"$REBOUND" scan --list other@lists.example.org box.mbox >/dev/null

it 'member show: where he stands, on each list'
run member show gone@example.net
exits 0
empty err
lines out 6
has out "^gone@example.net on $list\$"
has out '^gone@example.net on other@lists.example.org$'
has out "^  active · score 1\.[0-9] · failures from $(day 9) [0-9:]* to $(day 8) [0-9:]* UTC\$"
has out "^  next: unsubscribe, from $(day 8) [0-9:]* UTC\$"

it 'member show: on one list, in any case'
run member show --list NEWS@lists.example.org Gone@Example.NET
exits 0
lines out 3

it 'member show: as JSON'
run member show --json gone@example.net
exits 0
objects out 2
same "$(member out list)" "$list other@lists.example.org"
same "$(member out stage)" 'active active'
same "$(member out step)" 'unsubscribe unsubscribe'
has out "\"first\": \"$(day 9)T[0-9:]*Z\", \"last\": \"$(day 8)T[0-9:]*Z\""

it 'member show: another policy shows what it would make of it, and changes nothing'
run member show --policy mailman --list $list gone@example.net
exits 0
lacks out 'unsubscribe'
run member show --list $list gone@example.net
has out 'unsubscribe'

it 'member history: as JSON'
run member history --json --list $list gone@example.net
exits 0
objects out 2
same "$(member out type)" 'failure failure'
same "$(member out reason)" 'user-unknown user-unknown'
has out "\"received\": \"$(day 9)T"
has out '"digest": "sha256:[0-9a-f]*"'
has out '"evidence": \[{"fact": "phrase"'

it 'member list: all, or some'
run member list
exits 0
lines out 4
has out "^active  *0\.[0-9]  $(day 3)  full@example.net  $list\$"
run member list --list $list --json
objects out 2
run member list --stage suspended
exits 0
empty out
run member list --stage active --list $list
lines out 2

it 'member: somebody who is not known'
for action in show history reset forget
do
  run member $action nobody@example.net
  exits 65
  empty out
  has err '^rebound member: .*nobody@example.net'
  run member $action --list third@lists.example.org gone@example.net
  exits 65
  has err 'third@lists.example.org'
done

it 'member: what is not understood'
for words in '' show 'show a b' nonsense 'list gone@example.net' 'list --stage dead' \
  'show --stage active gone@example.net' 'reset --json gone@example.net' 'forget'
do
  # shellcheck disable=SC2086 # several words
  run member $words
  exits 64
  empty out
  has err '^rebound member: '
done

it 'member reset: what was counted is forgotten, what happened is not'
run member reset --list $list gone@example.net
exits 0
empty out
run member show --list $list gone@example.net
has out '^  active · score 0$'
run member history --list $list gone@example.net
lines out 3
has out "  confirmation · $list\$"
run member show --list other@lists.example.org gone@example.net
has out 'next: unsubscribe'

it 'member forget: nothing is left of him'
run member forget gone@example.net
exits 0
empty out
run member show gone@example.net
exits 65
run member list
lines out 2
run store export
lacks out 'gone@example.net'

it 'member: what moves a cursor does not reach the terminal'
anew
evil=$(printf 'n\033[2Jew\302\233s\342\200\256@lists.example.org')
run_in gone.eml deliver --list "$evil"
exits 0
for words in 'show gone@example.net' 'history gone@example.net' list 'list --json'
do
  # shellcheck disable=SC2086 # several words
  run member $words
  exits 0
  has out 'lists.example.org'
  lacks out "$(printf '\033')"
  lacks out "$(printf '\302\233')"
  [ "$words" = 'list --json' ] || lacks out "$(printf '\342\200\256')"
done
run member show "$evil"
exits 65
lacks err "$(printf '\033')"

# ---- actions -------------------------------------------------------------------------------

# five: five members who are to be unsubscribed
five ()
{
  anew
  for who in ada ben cid dot eve
  do
    arrived 5 $who '550 5.1.1' 'no such user'
  done >five.mbox
  "$REBOUND" scan --list $list five.mbox >/dev/null
}

it 'actions: what is due, and nothing before'
five
due 5
same "$(member out action)" 'unsubscribe unsubscribe unsubscribe unsubscribe unsubscribe'
same "$(member out address | tr ' ' '\n' | sort | tr '\n' ' ')" \
  'ada@example.net ben@example.net cid@example.net dot@example.net eve@example.net '
has out "\"due\": \"$(day 4)T"
has out '"reason": "user-unknown", "stage": "active"'
mv out first
run_in gone.eml deliver --list $list
due 5
cmp -s out first || complain 'the same was printed otherwise'
due 0 --list other@lists.example.org
due 5 --list $list

it 'actions --ack: what is done is not printed again'
ids=$(member first id)
# shellcheck disable=SC2086 # several words
set -- $ids
run actions --ack "$1"
exits 0
empty out
empty err
due 4
run member list --stage unsubscribed
lines out 1

it 'actions --ack: several, one of which never was'
run actions --ack "$2" 0123456789abcdef "$3" --ack "$4"
exits 65
has err '0123456789abcdef'
lines err 1
due 1

it 'actions --ack: twice is as once'
run actions --ack="$2"
exits 0
due 1

it 'actions --ack: what is no storm is not released'
for option in --release --discard
do
  run actions --ack "$5" $option
  exits 65
  has err "$5"
done
due 1

it 'actions: what does not go together'
for words in x --release --discard '--ack a --release --discard' '--ack a --on-action true' \
  '--ack a --list b' '--timeout 5' '--on-action true --timeout -5' '--on-action true x' \
  '--on-action' '--nonsense'
do
  # shellcheck disable=SC2086 # several words
  run actions $words
  exits 64
  empty out
  has err '^rebound actions: .*rebound actions --help'
done

it 'actions: without a store, and with one that cannot be reached'
REBOUND_STORE='' run actions
exits 64
run actions --store "sqlite:$work/missing/store.db" --on-action true
exits 75

# ---- actions --on-action -------------------------------------------------------------------

# hook NAME: a program of what is on standard input
hook ()
{
  {
    echo '#!/bin/sh'
    cat
  } >"$1"
  chmod 755 "$1"
}

hook tell <<'END'
cat >>"$OUT/json"
env | grep '^REBOUND_' | grep -v '_DIR=\|_FILE=' | LC_ALL=C sort >>"$OUT/environment"
printf '%s\n' "$*" >>"$OUT/arguments"
END
OUT=$work
export OUT

# forget_hook: what hooks have written
forget_hook ()
{
  rm -f json environment arguments
}

it 'actions --on-action: each is told what to do, and is done'
five
due 5
mv out first
# shellcheck disable=SC2016 # nothing is expanded
run actions --on-action './tell "a  b" $HOME `touch owned`'
exits 0
empty out
empty err
cmp -s json first || complain 'standard input had something else'
lines arguments 5
# shellcheck disable=SC2016 # nothing is expanded
has arguments '^a  b $HOME `touch owned` unsubscribe [0-9a-f]*$'
[ ! -e owned ] || complain 'a shell has read it'
same "$(grep -c '^REBOUND_ID=' environment)" 5
for line in ACTION=unsubscribe "LIST=$list" ADDRESS=cid@example.net REASON=user-unknown \
  STAGE=active "DUE=$(day 4)T.*Z" 'SCORE=0\.[0-9]' "STORE=$store"
do
  has environment "^REBOUND_$line\$"
done
lacks environment 'REBOUND_\(STORM\|NTH\|OF\|KEY\|MEMBERS\|HELD\)'
due 0
forget_hook

it 'actions --on-action: an address is never code'
anew
# shellcheck disable=SC2016 # nothing is expanded
arrived 5 WHO '550 5.1.1' 'no such user' | sed 's/WHO@/"$(touch owned);`touch owned`"@/' >evil.mbox
run scan --list $list evil.mbox
run actions --on-action ./tell
exits 0
[ ! -e owned ] || complain 'a shell has read it'
has arguments '^unsubscribe [0-9a-f]*$'
forget_hook

it 'actions --on-action: what follows is done only after what was before'
anew
printf '[policy]\nsuspend-at = 1\nsoft-weight = 1\nmin-bounces = 1\nmin-period = 0\nprobe-at = 0\n' >steps.conf
arrived 5 full '552 5.2.2' 'mailbox full' >full.mbox
run scan --policy steps.conf --list $list full.mbox
due 1 --policy steps.conf
same "$(member out action)" suspend
run actions --policy steps.conf --on-action ./tell
exits 0
same "$(cut -d ' ' -f 1 arguments | tr '\n' ' ')" 'suspend warn '
has environment '^REBOUND_NTH=1$'
has environment '^REBOUND_OF=3$'
run member show --policy steps.conf full@example.net
has out '^  suspended · '
run member reset --policy steps.conf full@example.net
run actions --policy steps.conf --on-action ./tell
same "$(cut -d ' ' -f 1 arguments | tr '\n' ' ')" 'suspend warn resume '
forget_hook

it 'actions --on-action: what fails is told, and comes later'
five
hook fail <<'END'
exit 3
END
run actions --on-action ./fail
exits 75
empty out
lines err 5
has err '^rebound actions: ./fail answered 3 for “unsubscribe” [0-9a-f]*; '
due 5

it 'actions --on-action: nobody gets what was claimed, until it is time'
run actions --on-action ./tell
exits 0
[ ! -e json ] || complain 'it was run'

it 'actions --on-action: 75 is for later, and nothing is said'
five
hook later <<'END'
exit 75
END
run actions --on-action ./later
exits 75
empty err
due 5

it 'actions --on-action: some fail, some do not'
five
hook some <<'END'
case $REBOUND_ADDRESS in
  ben@* | dot@*) exit 1 ;;
esac
END
run actions --on-action ./some
exits 75
lines err 2
due 2
same "$(member out address | tr ' ' '\n' | sort | tr '\n' ' ')" 'ben@example.net dot@example.net '

it 'actions --on-action: what a signal ends is told'
five
hook killed <<'END'
kill -KILL $$
END
run actions --on-action ./killed
exits 75
lines err 5
has err 'signal 9'
due 5

it 'actions --on-action: what hangs is ended, with what it has started'
anew
"$REBOUND" scan --list $list full.mbox >/dev/null
arrived 5 ada '550 5.1.1' 'no such user' >ada.mbox
"$REBOUND" scan --list $list ada.mbox >/dev/null
hook hang <<'END'
trap '' TERM
echo $$ >"$OUT/pids"
sleep 300 &
echo $! >>"$OUT/pids"
wait
wait
sleep 300
END
run actions --on-action ./hang --timeout 1
exits 75
has err 'longer than 1 second.*was ended'
for pid in $(cat pids)
do
  i=0
  while kill -0 "$pid" 2>/dev/null && [ $i -lt 50 ]
  do
    i=$((i + 1))
    sleep 0.1
  done
  ! kill -0 "$pid" 2>/dev/null || complain 'it still runs'
done
due 1

it 'actions --on-action: there is no such program, or it cannot be read'
for command in ./missing "'./tell" ''
do
  run actions --on-action "$command"
  exits 64
  has err '^rebound actions: --on-action'
done
echo data >data && chmod 755 data
run actions --on-action "$work/folder/none"
exits 64
due 1

it 'actions --on-action: two at once do each once'
anew
i=0
while [ $i -lt 12 ]
do
  i=$((i + 1))
  arrived 5 "u$i" '550 5.1.1' 'no such user' | elsewhere $i
done >twelve.mbox
"$REBOUND" scan --list $list twelve.mbox >/dev/null
hook slow <<'END'
echo "$REBOUND_ID" >>"$OUT/done"
sleep 0.1
END
rm -f done
"$REBOUND" actions --on-action ./slow >out 2>err &
one=$!
"$REBOUND" actions --on-action ./slow >out2 2>err2 &
two=$!
wait $one
status=$?
exits 0
wait $two
status=$?
exits 0
empty err
empty err2
lines done 12
same "$(sort -u done | wc -l)" 12
due 0

it 'actions --on-action: SIGTERM ends it after the one that runs'
five
hook pause <<'END'
echo "$REBOUND_ID" >>"$OUT/begun"
sleep 1
echo "$REBOUND_ID" >>"$OUT/ended"
END
rm -f begun ended
"$REBOUND" actions --on-action ./pause >out 2>err &
pid=$!
while [ ! -s begun ]
do
  sleep 0.1
done
kill -TERM $pid
wait $pid
status=$?
exits 75
empty err
lines ended 1
due 4
lacks out "$(cat ended)"

# ---- Storms, and sent ----------------------------------------------------------------------

# storm NUMBER CODE WORDS: so many members return one message
storm ()
{
  n=0
  while [ $n -lt "$1" ]
  do
    n=$((n + 1))
    arrived 0 "m$n" "$2" "$3" | returning one@lists.example.org | elsewhere "$n"
  done
}

it 'actions: a storm is told the owner, once, and holds what it has brought'
anew
storm 12 '550 5.7.1' 'message rejected as spam' >storm.mbox
run scan --list $list storm.mbox
exits 0
due 1
same "$(member out action)" owner
same "$(member out storm)" message
same "$(member out key)" one@lists.example.org
has out '"address": null, '
has out '"members": 1[0-2], "held": 1[0-2]}$'
id=$(member out id)
run member history m3@d3.example
has out "held by the storm $id"

it 'actions --on-action: the owner is told what it is'
run actions --on-action ./tell
exits 0
has environment '^REBOUND_ACTION=owner$'
has environment '^REBOUND_STORM=message$'
has environment '^REBOUND_KEY=one@lists.example.org$'
has environment '^REBOUND_MEMBERS=1[0-2]$'
has environment '^REBOUND_HELD=1[0-2]$'
lacks environment '^REBOUND_ADDRESS'
due 0
forget_hook

it 'actions --ack --release: the owner may decide later'
run actions --ack "$id" --release
exits 0
run member history m3@d3.example
lacks out "held by the storm $id"

it 'actions --ack --discard: what was held never counts'
anew
run scan --list $list storm.mbox
due 1
id=$(member out id)
run actions --ack "$id" --discard
exits 0
due 0
run member history m3@d3.example
has out "held by the storm $id"

it 'sent: a share of those to whom it went is a storm too'
anew
run sent --list $list --message-id '<one@lists.example.org>' --count 30
exits 0
empty out
empty err
storm 11 '550 5.1.1' 'no such user' >share.mbox
run scan --list $list share.mbox
due 1
same "$(member out storm)" share

it 'sent: what is not understood'
for words in '' "--list $list --count 5" '--message-id a --count 5' "--list $list --message-id a" \
  "--list $list --message-id a --count 0" "--list $list --message-id a --count -1" \
  "--list $list --message-id a --count many" "--list $list --message-id a --count 5 x"
do
  # shellcheck disable=SC2086 # several words
  run sent $words
  exits 64
  has err '^rebound sent: '
done
REBOUND_STORE='' run sent --list $list --message-id a --count 5
exits 64
run sent --store "sqlite:$work/missing/store.db" --list $list --message-id a --count 5
exits 75

# ---- The programs of the guide -------------------------------------------------------------

mkdir -p bin lists
ln -s "$REBOUND" bin/rebound
cat >bin/sendmail <<'END'
#!/bin/sh
printf '%s\n' "$*" >>"$OUT/letters"
cat >>"$OUT/letters"
END
chmod 755 bin/sendmail

# act PROGRAM ACTION [NAME=VALUE...]: what the program does
act ()
{
  program=$1
  action=$2
  shift 2
  printf '{"id": "0123", "action": "%s", "list": "%s", "address": "ada@example.net", %s' \
    "$action" $list '"reason": "mailbox-full", "storm": null, "key": null, "members": null}' |
    env PATH="$work/bin:$PATH" SENDMAIL="$work/bin/sendmail" LISTS="$work/lists" \
      REBOUND_POLICY_FILE="$work/signed.conf" REBOUND_ID=0123 REBOUND_ACTION="$action" \
      REBOUND_LIST=$list REBOUND_ADDRESS=ada@example.net REBOUND_REASON=mailbox-full \
      "$@" "$program" >out 2>err
  status=$?
}

"$REBOUND" verp key a >keys
chmod 600 keys
cat >signed.conf <<END
[policy]
grace = 0

[site]
domains = lists.example.org
keys = $work/keys
END

# letter REGEX SUBJECT: the one letter has that return path and that subject
letter ()
{
  same "$(grep -c '^-i -f ' letters)" 1
  has letters "^-i -f $1 -- ada@example.net\$"
  has letters '^To: ada@example.net$'
  has letters "^Subject: $2"
  path=$(sed -n 's/^-i -f \(.*\) -- .*/\1/p' letters)
  rm -f letters
}

cp "$top_srcdir/docs/on-action-file.sh" "$top_srcdir/docs/on-action-mailman3.py" .
chmod 755 on-action-*

if ! command -v flock >/dev/null 2>&1
then
  skip 'the guide: lists that are files' 'there is no flock'
else
  it 'the guide: lists that are files'
  printf 'Ada@example.net\nben@example.net\nada@example.netz\n' >lists/$list
  act ./on-action-file.sh suspend
  exits 0
  same "$(cat lists/$list | tr '\n' ' ')" 'ben@example.net ada@example.netz '
  same "$(cat lists/$list.suspended)" ada@example.net
  act ./on-action-file.sh warn
  exits 0
  letter 'news-bounces+.*@lists.example.org' 'Mail to you from'
  run verp verify --policy signed.conf "$path"
  has out 'warning$'
  act ./on-action-file.sh probe
  letter 'news-bounces+.*@lists.example.org' 'A test'
  run verp verify --policy signed.conf "$path"
  has out 'probe$'
  for once in 1 2
  do
    act ./on-action-file.sh resume
    exits 0
    same "$(sort lists/$list | tr '\n' ' ')" 'ada@example.net ada@example.netz ben@example.net '
    empty lists/$list.suspended
  done
  chmod 640 lists/$list
  for once in 1 2
  do
    act ./on-action-file.sh unsubscribe
    exits 0
    same "$(stat -c %a lists/$list)" 640
    same "$(cat lists/$list | tr '\n' ' ')" 'ben@example.net ada@example.netz '
  done
  act ./on-action-file.sh warn
  exits 0
  [ ! -e letters ] || complain 'somebody who is no member got a letter'
  act ./on-action-file.sh owner REBOUND_STORM=message REBOUND_KEY=one@x REBOUND_MEMBERS=12
  has letters '^-i -f  -- news-owner@lists.example.org$'
  has letters 'message one@x, 12 members'
  rm -f letters
  act ./on-action-file.sh owner REBOUND_STORM=doubt REBOUND_KEY= REBOUND_MEMBERS=1
  has letters 'contradict themselves'
  lacks letters 'for one cause'
  rm -f letters
  act ./on-action-file.sh owner REBOUND_ADDRESS=ben@example.net
  has letters '^About ben@example.net: '
  rm -f letters
  act ./on-action-file.sh owner REBOUND_ADDRESS=nobody@example.net
  exits 0
  [ ! -e letters ] || complain 'the owner was asked about somebody who is no member'
  act ./on-action-file.sh unsubscribe REBOUND_LIST=../lists/$list REBOUND_ADDRESS=ben@example.net
  exits 0
  act ./on-action-file.sh suspend REBOUND_LIST=other@lists.example.org
  exits 0
  has lists/$list ben
  ls lists | grep -q other && complain 'a list was made'

  it 'the guide: a letter that cannot be sent is for later'
  printf 'ada@example.net\n' >lists/$list
  act ./on-action-file.sh probe SENDMAIL=false
  exits 75
  act ./on-action-file.sh probe REBOUND_POLICY_FILE=missing.conf
  exits 75

  it 'the guide: rebound runs it'
  five
  printf '%s@example.net\n' ada ben cid dot eve fay >lists/$list
  LISTS=$work/lists
  export LISTS
  run actions --on-action ./on-action-file.sh
  exits 0
  empty err
  same "$(cat lists/$list)" fay@example.net
fi

cat >mailman.py <<'END'
# As much of Mailman's REST interface as is needed, with one list and two members.
import base64
import http.server
import json
import sys
import urllib.parse

members = {"ada@example.net": "a1", "ben@example.net": "b2"}
login = "Basic " + base64.b64encode(b"restadmin:secret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, code, thing=None):
        text = json.dumps(thing).encode() if thing is not None else b""
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def serve(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        path = urllib.parse.unquote(self.path).split("/")[2:]
        print(self.command, "/".join(path), form, file=sys.stderr, flush=True)
        if self.headers["Authorization"] != login:
            self.answer(401, {})
        elif path[:2] == ["lists", "news@lists.example.org"] and len(path) == 2:
            self.answer(200, {"list_id": "news.lists.example.org"})
        elif path[:3] == ["lists", "news@lists.example.org", "member"] and path[3] in members:
            self.answer(200, {"member_id": members[path[3]]})
        elif path[0] == "members" and path[1] in members.values():
            if self.command == "DELETE":
                members.pop([who for who in members if members[who] == path[1]][0])
            self.answer(204)
        else:
            self.answer(404, {})

    do_GET = do_PATCH = do_DELETE = serve

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END

# Should the test end before it is told to, it ends by itself.
mailman=
: >port
if command -v python3 >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1
then
  timeout 120 python3 mailman.py >port 2>requests &
  mailman=$!
fi
i=0
while [ -n "$mailman" ] && [ ! -s port ] && [ $i -lt 50 ]
do
  i=$((i + 1))
  sleep 0.1
done
if [ ! -s port ]
then
  skip 'the guide: Mailman' 'there is no python3'
else
  MAILMAN_URL=http://127.0.0.1:$(cat port)/3.1
  MAILMAN_PASSWORD=secret
  export MAILMAN_URL MAILMAN_PASSWORD
  it 'the guide: Mailman'
  act ./on-action-mailman3.py suspend
  exits 0
  empty err
  has requests '^PATCH members/a1/preferences delivery_status=by_bounces$'
  act ./on-action-mailman3.py resume
  has requests '^PATCH members/a1/preferences delivery_status=enabled$'
  act ./on-action-mailman3.py warn
  exits 0
  letter 'news-bounces+.*@lists.example.org' 'Mail to you from'
  act ./on-action-mailman3.py probe
  letter 'news-bounces+.*@lists.example.org' 'A test'
  run verp verify --policy signed.conf "$path"
  has out 'probe$'
  act ./on-action-mailman3.py owner
  has letters '^-i -f  -- news-owner@lists.example.org$'
  rm -f letters
  for once in 1 2
  do
    act ./on-action-mailman3.py unsubscribe
    exits 0
    empty err
  done
  same "$(grep -c '^DELETE members/a1 ' requests)" 1
  act ./on-action-mailman3.py warn
  exits 0
  [ ! -e letters ] || complain 'somebody who is no member got a letter'

  it 'the guide: Mailman is down, or wants another password'
  act ./on-action-mailman3.py suspend MAILMAN_PASSWORD=wrong
  exits 75
  has err '^suspend 0123: .*401'
  act ./on-action-mailman3.py suspend MAILMAN_URL=http://127.0.0.1:1/3.1
  exits 75

  it 'the guide: rebound runs it, for members and for who is none'
  five
  run actions --on-action ./on-action-mailman3.py
  exits 0
  empty err
  same "$(grep -c '^DELETE ' requests)" 2
  kill $mailman
fi

# ---- Who sent this bounce? -----------------------------------------------------------------

# signed LIST WHO: the return path that was made for somebody
signed ()
{
  "$REBOUND" verp make --policy signed.conf "$1" "$2@example.net"
}

it 'deliver: who sends to a signed return path is believed'
anew
run_in gone.eml deliver --policy signed.conf --sender '' --recipient "$(signed $list gone)"
exits 0
empty err
due 1 --policy signed.conf
same "$(member out action)" unsubscribe
same "$(member out list)" $list
run member history gone@example.net
has out ' · grade A · of a post · '

it 'deliver: what was signed for another list is of that list'
anew
run_in gone.eml deliver --policy signed.conf --list $list --sender '' \
  --recipient "$(signed other@lists.example.org gone)"
exits 0
due 1 --policy signed.conf
same "$(member out list)" other@lists.example.org
run member show --list $list gone@example.net
exits 65

# forged RECIPIENT: as many bounces of gone@example.net as one may send on ten days
forged ()
{
  for days in 10 9 8 7 6 5 4 3 2 1
  do
    arrived $days gone '550 5.1.1' 'no such user' | sed "s|^Return-Path: |Delivered-To: $1\\
&|"
  done
}

it 'scan: who forges a bounce never unsubscribes anybody'
mine=$(signed $list mallory)
for path in news-bounces@lists.example.org news-bounces+gone=example.net@lists.example.org "$mine" \
  "$(signed other@lists.example.org gone)" "$(signed $list gone | tr 0-9 1-90)" \
  "$(signed $list gone | sed 's/lists\.example\.org/lists.example.com/')" gone@example.net
do
  anew
  forged "$path" >forged.mbox
  run scan --policy signed.conf --list $list forged.mbox
  exits 0
  has out 'events: 10 new'
  run actions --policy signed.conf
  exits 0
  lacks out '"action": "unsubscribe"'
  : >arguments
  run actions --policy signed.conf --on-action ./tell
  lacks arguments unsubscribe
  forget_hook
done

it 'scan: where the policy does not know the site, the same would have unsubscribed him'
anew
run scan --list $list forged.mbox
run actions
has out '"action": "unsubscribe"'

# ---- store ---------------------------------------------------------------------------------

it 'store check: nothing is said where all is right'
five
run store check
exits 0
empty out
empty err

it 'store check: what was changed behind its back is told'
if command -v sqlite3 >/dev/null 2>&1
then
  sqlite3 store.db 'UPDATE members SET score = 77, standing = 3'
  run store check
  exits 65
  has err '^rebound store: .*@example.net'
else
  skip 'store check: what was changed behind its back is told' 'there is no sqlite3'
fi

it 'store migrate: the newest version stays'
run store migrate
exits 0
has out 'version [0-9]* already'
empty err

it 'store expire: what is old goes, but for what somebody stands on'
anew
arrived 900 full '552 5.2.2' 'mailbox full' >old.mbox
arrived 1 full '552 5.2.2' 'mailbox full' >>old.mbox
arrived 900 ada '552 5.2.2' 'mailbox full' >>old.mbox
run scan --list $list old.mbox
run store expire --keep 730
exits 0
same "$(cat out)" 'events erased: 2'
run member history full@example.net
lines out 1
has out "^$(day 1)"
run member show ada@example.net
exits 65
for words in '' '--keep 0' '--keep -3' '--keep soon' '--keep 3 x'
do
  # shellcheck disable=SC2086 # several words
  run store expire $words
  exits 64
  has err '^rebound store: '
done

it 'store export and import: another store knows the same'
five
run store export
exits 0
empty err
mv out exported
objects exported "$(wc -l <exported)"
run member list
mv out members
run actions
mv out actions
run store import --store "sqlite:$work/copy.db" exported
exits 0
same "$(cat out)" 'events: 5 new, 0 known'
run member list --store "sqlite:$work/copy.db"
cmp -s out members || complain 'the members are others'
run actions --store "sqlite:$work/copy.db"
cmp -s out actions || complain 'the actions are others'

it 'store import: again, and from standard input'
run_in exported store import --store "sqlite:$work/copy.db"
exits 0
same "$(cat out)" 'events: 0 new, 5 known'

it 'store import: a line that is wrong is told by its number'
{
  head -n 2 exported
  echo
  echo '{"nonsense": 1}'
} >wrong.ndjson
run store import --store "sqlite:$work/third.db" wrong.ndjson
exits 65
has err '^rebound store: wrong.ndjson:4: '
run store import missing.ndjson
exits 66
has err 'missing.ndjson'

it 'store: who asks what is in it makes none'
: >nothing.db
for words in 'member show gone@example.net' 'member list' actions 'actions --ack 0123456789abcdef' \
  'actions --on-action true' 'store check' 'store export' 'store expire --keep 9'
do
  # shellcheck disable=SC2086 # several words
  run $words --store "sqlite:$work/nowhere.db"
  exits 75
  empty out
  has err 'nowhere.db'
  # shellcheck disable=SC2086 # several words
  run $words --store "sqlite:$work/nothing.db"
  exits 65
  empty out
  has err 'no store yet'
done
[ ! -e nowhere.db ] || complain 'there is a file'

it 'store: what is not understood'
for words in '' nonsense 'check x' 'migrate x' 'export x' 'import a b' 'check --keep 3' \
  'migrate --policy mailman'
do
  # shellcheck disable=SC2086 # several words
  run store $words
  exits 64
  has err '^rebound store: '
done
REBOUND_STORE='' run store migrate
exits 64
run store migrate --store nonsense
exits 64

it 'store export: the output does not fit on the disk'
"$REBOUND" store export >/dev/full 2>err
status=$?
exits 74

finish

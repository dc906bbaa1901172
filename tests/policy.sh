#!/bin/sh
# Rebound: policies, as the command takes them.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

source=$(cd "$(dirname "$0")/.." && pwd) || exit 99
. "$(dirname "$0")/it.sh"

dead='550 5.1.1 <a@example.net>: Recipient address rejected: User unknown'

cat >mine.conf <<'END'
[policy]
preset = mailman
grace = 1d

[reason mailbox-full]
unsubscribe = never
END

# ---- rebound policy --------------------------------------------------------------------------

it 'lists the presets with a word on each'
run policy list
exits 0
lines out 6
has out '^default   *[a-z]'
for preset in mailman sympa ezmlm mlmmj esp
do
  has out "^$preset   *[A-Za-z]"
done
empty err

it 'shows the default where nothing is named'
run policy show
exits 0
cp out default
run policy show default
cmp -s out default || complain 'it is not the default'
has out '^grace = 1d$'
has out '^\[reason user-unknown\]$'

it 'shows what can be read back and shown as the same'
for preset in default mailman sympa ezmlm mlmmj esp mine.conf
do
  run policy show "$preset"
  exits 0
  cp out first
  run policy show ./first
  exits 0
  cmp -s out first || complain "$preset comes back as another"
done

it 'shows a file with what its preset says'
run policy show mine.conf
has out '^grace = 1d$'
has out '^suspend-at = 5$'
has out '^warnings = 3$'

it 'shows the policy of the site where there is one'
cp mine.conf policy.conf
run policy show
exits 0
cp out shown
run policy show mine.conf
cmp -s out shown || complain 'it is not that of the site'

it 'says that the policy of the site is wrong'
echo 'grace = 1d' >policy.conf
run policy show
exits 78
has err "policy.conf:1: grace stands in no section"
rm policy.conf

it 'says what is neither a preset nor a file'
run policy show postman
exits 66
has err '“postman” is neither a file nor one of the presets: default, mailman'

it 'takes a file for a preset of its name only where it looks like one'
cp mine.conf sympa
run policy show sympa
has out '^unsubscribe-at = 75$'
run policy show ./sympa
has out '^unsubscribe-at = 0$'
rm sympa

it 'checks files that are right in silence'
run policy check mine.conf default
exits 0
empty out
empty err

it 'says what is wrong in each file, and where'
printf '[policy]\n\ngrace = soon\n' >one.conf
printf '[list news]\nfoo = 1\n' >two.conf
run policy check one.conf mine.conf two.conf gone.conf
exits 65
lines err 3
has err '^rebound policy: one.conf:3: \[policy\] grace: “soon” is not allowed; allowed: a time'
has err '^rebound policy: two.conf:2: \[list news\] has no key “foo”; one of: count,'
has err 'gone.conf'

it 'says that a file cannot be read'
run policy check gone.conf
exits 66
has err 'gone.conf'

it 'warns of what is allowed and perhaps not meant'
printf '[policy]\ngrace = 1h\n' >hasty.conf
run policy check hasty.conf
exits 0
has err '^rebound policy: hasty.conf: warning: \[policy\] grace is shorter than storm-window'

it 'warns of keys that cannot be used'
printf '[site]\ndomains = lists.example.org\nkeys = gone.keys\n' >keys.conf
run policy check keys.conf
exits 0
has err '^rebound policy: keys.conf: warning: \[site\] keys: .*gone.keys'

it 'says how it is used'
run policy
exits 64
has err 'list, show \[FILE|PRESET\], check FILE'
run policy show a b
exits 64
has err 'rebound policy show \[FILE|PRESET\]'
run policy check
exits 64
run policy --help
exits 0
has out '^Usage:'

it 'is what the manual page says'
page=$source/docs/rebound-policy.5
sed -n '/^\.Bl -column/,/^\.El/s/^\.It //p' "$page" >table
[ "$(head -n 1 table)" = 'Ta default Ta mailman Ta sympa Ta ezmlm Ta mlmmj Ta esp' ] \
  || complain 'the columns are others'
column=2
for preset in default mailman sympa ezmlm mlmmj esp
do
  run policy show "$preset"
  sed -n '/^\[reason user-unknown\]$/,/^$/s/^unsubscribe = /dead address = /p' out >dead
  awk -v column="$column" -F ' Ta ' 'NR > 1 { print $1 " = " $column }' table >expected
  cat out dead | grep -x -F -f expected | sort >found
  sort expected | diff - found >difference || { complain "$preset"; show difference; }
  column=$((column + 1))
done
run policy show
sed -n '/^\[site\]/,/^$/!{/^\[reason /,$d;}; s/ =.*//p' out >keys
while read -r key
do
  grep -q "^\.It Cm \(.* , \)\{0,1\}\(.* No = Ar number , Cm \)\{0,1\}$key\( \|\$\)" "$page" \
    || complain "$key is not in it"
done <keys

# ---- --policy ----------------------------------------------------------------------------------

it 'judges a reply by a policy'
run classify "$dead"
has out 'unsubscribe now$'
run classify --policy mailman "$dead"
has out 'unsubscribe count$'
run classify --policy mine.conf '552 5.2.2 mailbox full'
has out 'unsubscribe never$'

it 'judges by the policy of the site'
printf '[reason user-unknown]\nbounce = soft\nfault = receiver\nunsubscribe = never\n' >policy.conf
run classify "$dead"
exits 0
has out "user-unknown · soft · receiver's fault · unsubscribe never\$"
run classify --policy default "$dead"
has out "user-unknown · hard · recipient's fault · unsubscribe now\$"

cat >bounce.eml <<END
From: MAILER-DAEMON@mx.example.net
To: news-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; a@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; $dead

--b--
END

it 'judges a message by a policy'
run parse --json bounce.eml
has out '"unsubscribe": "never"'
run parse --json --policy default bounce.eml
has out '"unsubscribe": "now"'
run parse --json --policy mailman bounce.eml
has out '"unsubscribe": "count"'

it 'records by a policy'
run_in bounce.eml deliver --log log --policy mailman
exits 0
has log '"unsubscribe": "count"'

it 'does nothing with a policy that is wrong'
run parse --policy one.conf bounce.eml
exits 65
empty out
has err '^rebound parse: one.conf:3: '
run classify --policy gone.conf "$dead"
exits 66
empty out

it 'leaves the message with the mail server where the policy is wrong'
echo '[policies]' >policy.conf
run_in bounce.eml deliver --log wrong.log
exits 75
has err 'policy.conf:1: there is no section \[policies\]'
[ ! -e wrong.log ] || complain 'there is a log'
rm policy.conf

it 'has the verdicts of the rules of a site where it has no policy'
mkdir rules.d
printf 'reason user-unknown\n    unsubscribe never\n' >rules.d/mine.rules
run classify "$dead"
has out 'unsubscribe never$'
run classify --policy default "$dead"
has out 'unsubscribe now$'
rm -r rules.d

# ---- simulate --------------------------------------------------------------------------------
# Days are those since 1 January 2026. Each message comes some minutes later in the day than the one
# before, so that nothing is due at the second in which one arrives.

# stamp DAY HOUR: as it stands behind the address in the first line of a message of an mbox
stamp ()
{
  month=Jan day=$(($1 + 1))
  [ "$day" -le 31 ] || { month=Feb day=$((day - 31)); }
  [ "$month $((day > 28))" != 'Feb 1' ] || { month=Mar day=$((day - 28)); }
  printf 'Thu %s %2d %02d:%02d:00 2026' "$month" "$day" "$2" $(($1 % 60))
}

# arrives WHO DAY HOUR ACTION STATUS WORDS
arrives ()
{
  cat <<END
From MAILER-DAEMON $(stamp "$2" "$3")
From: MAILER-DAEMON@mx.example.net
To: news-bounces@lists.example.org
Subject: Delivery report
Message-ID: <$1.$2.$3@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; $1@example.net
Action: $4
Status: $5
Diagnostic-Code: smtp; $6

--b--

END
}

gone='550 5.1.1 Recipient address rejected: User unknown'
{
  day=0
  while [ "$day" -lt 80 ]
  do
    arrives dead "$day" 10 failed 5.1.1 "$gone"
    [ "$day" -ge 20 ] || arrives full "$day" 10 failed 5.2.2 '552 5.2.2 mailbox full'
    arrives spam "$day" 11 failed 5.7.1 '550 5.7.1 Message rejected as spam by Content Filtering'
    day=$((day + 1))
  done
  arrives back 1 12 failed 5.1.1 "$gone"
  arrives back 2 8 delivered 2.1.5 '250 2.1.5 ok'
} >bounces.mbox

# simulate POLICY...: of bounces.mbox
simulate ()
{
  mailbox=bounces.mbox
  for policy
  do
    set -- "$@" --policy "$policy"
    shift
  done
  run policy simulate --list news@lists.example.org "$@" "$mailbox"
}

# does WHO: what stands in out of a member, one line, without blanks that are more than one
does ()
{
  sed -n "/^. $1@example.net,/,/^[^ ]\\|^  [^ ]\\|^\$/s/^    //p" out | tr -s ' ' | tr '\n' ';'
}

case " ${REBOUND_MODULES-sqlite} " in
  *' sqlite '*) ;;
  *)
    skip 'simulates' 'there is no module of SQLite'
    finish
    ;;
esac

# Dead at once, after a day. The full one weighs 0.5, so it is 3 on the sixth day, and probed a day
# later; that comes back, so a day later it is suspended and warned, weekly, and a week after the
# third warning it is over. The one that is back was so within the day.
it 'simulates default'
simulate default
exits 0
same "$(does dead)" 'unsubscribe 2026-01-02;'
same "$(does full)" 'warn 2026-01-08 ×3;probe 2026-01-07;suspend 2026-01-08;unsubscribe 2026-01-29;'
same "$(does back)" ''

# Five days, each 1; warnings at once, after 7 and 14 days, gone after 21.
it 'simulates mailman'
simulate mailman
same "$(does dead)" 'warn 2026-01-05 ×3;suspend 2026-01-05;unsubscribe 2026-01-26;'
same "$(does full)" 'warn 2026-01-05 ×3;suspend 2026-01-05;unsubscribe 2026-01-26;'
same "$(does back)" ''

# The 45th message comes on 14 February, the 75th on 16 March; the task that acts runs weekly. A
# warning holds for a week, and the next one waits for the task, so there are three: on 21 February, 7
# and 21 March. 20 messages of half a point are 10.
it 'simulates sympa'
simulate sympa
same "$(does dead)" 'warn 2026-02-21 ×3;unsubscribe 2026-03-23;'
same "$(does full)" ''

# A warning after 10 days, a probe 10 days after its bounce; then 10 days of grace. The full mailbox
# fails for the last time on 20 January, before its probe. Who is back is warned: bounces of before
# are not forgotten, and the warning arrives.
it 'simulates ezmlm'
simulate ezmlm
same "$(does dead)" 'warn 2026-01-11;probe 2026-01-21;unsubscribe 2026-01-31;'
same "$(does full)" 'warn 2026-01-11;probe 2026-01-21;'
same "$(does back)" 'warn 2026-01-12;'

# A probe after the grace of six hours, and 12 hours after each bounce another one: ten until 6
# January 05:30, ten minutes for each bounce; one at noon, when five days and a half are over; but days
# are whole ones, so it bounces too soon, as does another one six hours later, and that of 7 January
# ends it.
it 'simulates mlmmj'
simulate mlmmj
same "$(does dead)" 'probe 2026-01-01 ×13;unsubscribe 2026-01-07;'
same "$(does back)" 'probe 2026-01-02;'

# Hard at once; soft after five, when the eighth day makes it a week.
it 'simulates esp'
simulate esp
same "$(does dead)" 'unsubscribe 2026-01-01;'
same "$(does full)" 'unsubscribe 2026-01-08;'
same "$(does back)" 'unsubscribe 2026-01-02;'

it 'shows policies side by side, and who differs'
printf '[policy]\npreset = mailman\n[reason mailbox-full]\nunsubscribe = never\n' >kind.conf
simulate mailman kind.conf
exits 0
empty err
has out '^                        mailman                 kind.conf$'
has out '^  dead@example.net, news@lists.example.org$'
has out '^    suspend             2026-01-05              2026-01-05$'
has out '^\* full@example.net, news@lists.example.org$'
has out '^    suspend             2026-01-05              -$'
has out '^\* mailbox-full, reports: 20, the first is bounces.mbox #2$'
has out '^                        soft, recipient, count  soft, recipient, never$'
has out '^    unsubscribe         2                       1$'
has out 'messages: 182; without a date: 0; members with steps: 2; different (\*): 1$'
lacks out 'spam@example.net'
lacks out '^\* user-unknown'

it 'says no difference where there is none'
simulate mailman mailman
has out 'different (\*): 0$'
lacks out '^\*'

it 'takes messages in the order in which they arrived'
cp out right
awk '/^From MAILER/ { n++ } { text[n] = text[n] $0 "\n" } END { for (; n > 0; n--) printf "%s", text[n] }' \
  bounces.mbox >reversed.mbox
run policy simulate --policy mailman --policy mailman --list news@lists.example.org reversed.mbox
cmp -s out right || complain 'another order gives another result'

it 'writes JSON'
run policy simulate --policy mailman --policy kind.conf --list news@lists.example.org --json \
  bounces.mbox
exits 0
objects out 4
has out '^{"list": "news@lists.example.org", "address": "full@example.net", "differs": true, "policies": \[{"policy": "mailman", "steps": \[{"id": "[0-9a-f]*", "action": "suspend"'
has out '"differs": false'
has out '^{"reason": "mailbox-full", "reports": 20, "source": "bounces.mbox", "index": 1, "policies": '
has out '"policy": "kind.conf", "bounce": "soft", "fault": "recipient", "unsubscribe": "never"}'
has out '^{"messages": 182, "undated": 0, "members": 2, "differing": 1, '
has out '"policy": "kind.conf", "warn": 1, "probe": 0, "suspend": 1, "resume": 0, "unsubscribe": 1, '

it 'finds the list in the return path'
arrives ann 1 10 failed 5.1.1 "$gone" | sed 's/^To: .*/To: news-bounces+ann=example.net@lists.example.org/' \
  >path.mbox
run policy simulate --policy default path.mbox
has out '^  ann@example.net, news@lists.example.org$'

it 'ends so many days after the last message'
run policy simulate --policy sympa --days 1 bounces.mbox
same "$(does dead)" 'warn 2026-02-21 ×3;'

it 'leaves out what has no date, and tells'
sed 1d bounce.eml >undated.eml
run policy simulate --policy default undated.eml
exits 0
has out 'messages: 0; without a date: 1; members with steps: 0'

it 'reads a mailbox from standard input'
run_in bounces.mbox policy simulate --policy mailman --policy mailman \
  --list news@lists.example.org -
cmp -s out right || complain 'it is another result'

it 'leaves nothing in the folder of temporary files'
mkdir tmp
TMPDIR=$PWD/tmp
export TMPDIR
run policy simulate --policy default bounces.mbox
exits 0
same "$(ls tmp)" ''

it 'says that the folder of temporary files cannot be written'
TMPDIR=$PWD/gone
run policy simulate --policy default bounces.mbox
exits 73
has err 'cannot keep messages in a temporary file'
unset TMPDIR

it 'says what is wrong with a simulation'
run policy simulate bounces.mbox
exits 64
has err 'policy simulate --policy'
run policy simulate --policy default
exits 64
run policy simulate --policy default --days 4000 bounces.mbox
exits 64
run policy list --json
exits 64
run policy simulate --policy default --policy one.conf bounces.mbox
exits 65
has err 'one.conf:3'
empty out
run policy simulate --policy default gone.mbox
exits 66

finish

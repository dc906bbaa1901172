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
  sed -n '/^\[reason user-unknown\]$/,/^$/s/^unsubscribe = /dead address = /p' out >>out
  awk -v column="$column" -F ' Ta ' 'NR > 1 { print $1 " = " $column }' table >expected
  grep -x -F -f expected out | sort >found
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

finish

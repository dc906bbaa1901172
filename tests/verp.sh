#!/bin/sh
# Rebound: signed return paths, as the command makes and verifies them.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" sets them.
: "${top_srcdir:?}" "${REBOUND:?}"

# shellcheck source=tests/report.sh
. "$top_srcdir/tests/report.sh"

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

REBOUND_POLICY_FILE=$work/policy.conf
export REBOUND_POLICY_FILE
unset REBOUND_STORE

list=news@lists.example.org
member=ann@example.net
long=a-name-that-is-rather-long@department.of.mail.example.net
umask 077

# verp STATUS ARGUMENT...: whether it ends so; what it says is in out and err
verp ()
{
  wanted=$1
  shift
  "$REBOUND" verp "$@" >out 2>err
  [ $? -eq "$wanted" ]
}

says ()
{
  grep -qe "$1" err
}

# ---- Keys ------------------------------------------------------------------------------------

verp 78 make "$list" "$member" && says 'there are no keys'
report $? 'without keys nothing is signed'

verp 0 key a && cp out keys && verp 0 key a && ! cmp -s out keys \
  && grep -q '^a [A-Za-z0-9+/=]\{44\}$' out
report $? 'each key is another'

verp 64 key && verp 64 key ab && verp 64 key -- -
report $? 'a key has an ID of one letter or digit'

verp 66 make --keys nowhere "$list" "$member" && says nowhere
report $? 'a file of keys that is not there'

chmod 640 keys
verp 78 make --keys keys "$list" "$member" && says 'chmod 600'
report $? 'a file of keys that others may read'
chmod 600 keys

echo 'a short' >weak
verp 78 make --keys weak "$list" "$member" && says 'weak:1: ' && ! says short
report $? 'a weak secret is refused, and not shown'

# ---- make and verify -------------------------------------------------------------------------

verp 0 make --keys keys "$list" "$member" && cp out path \
  && grep -q '^news-bounces+a[a-z2-7]\{16\}=ann=example.net@lists.example.org$' path
report $? 'a return path'

verp 0 verify --keys keys "$(cat path)" \
  && [ "$(cut -f 2,3,5 out)" = "$(printf '%s\t%s\tpost' "$list" "$member")" ] \
  && cut -f 4 out | grep -q '^20[0-9-]\{8\}$'
report $? 'what it says'

verp 0 verify --keys keys "$(tr '[:lower:]' '[:upper:]' <path)" "prvs=0123456789=$(cat path)" \
  && [ "$(wc -l <out)" -eq 2 ]
report $? 'in capitals, and behind BATV'

verp 65 verify --keys keys "$(sed 's/=ann=/=bob=/' path)" && says 'was not signed with these keys' \
  && ! [ -s out ]
report $? 'another member'

verp 65 verify --keys keys "$member" "$(cat path)" && says 'no signed return path' && [ -s out ]
report $? 'one that is not signed, and one that is'

for kind in post warning probe
do
  verp 0 make --keys keys --path "$kind" "$list" "$member" \
    && verp 0 verify --keys keys "$(cat out)" && [ "$(cut -f 5 out)" = "$kind" ]
  report $? "a return path of a $kind"
done

verp 64 make --keys keys --path mail "$list" "$member" && says 'post, warning or probe'
report $? 'a kind that there is not'

verp 0 make --keys keys "$list" a@example.net b@example.net && [ "$(wc -l <out)" -eq 2 ]
report $? 'several members'

verp 65 make --keys keys "$list" a@example.net b c@example.net && [ "$(wc -l <out)" -eq 2 ] \
  && says '“b” is no address'
report $? 'one of several is no address'

verp 65 make --keys keys "a-list-of-a-name-too-long@lists.example.org" "$member" \
  && says 'configure a shorter one'
report $? 'a list whose name is too long'

verp 0 make --keys keys --json "$list" "$member" \
  && grep -q '"list": "news@lists.example.org", "address": "ann@example.net", "day": "20' out \
  && grep -q '"path": "post"}$' out
report $? 'JSON'

# ---- The policy ------------------------------------------------------------------------------

printf '[policy]\ntoken-age = 3d\n[site]\nsigned-path = {list}+{token}@{host}\nkeys = %s\n' \
  "$work/keys" >policy.conf
verp 0 make "$list" "$member" && grep -q '^news+a' out && verp 0 verify "$(cat out)" \
  && verp 65 verify "$(cat path)"
report $? 'the policy of the site names the keys and the pattern'

printf 'b a-secret-of-the-new-key\n' | cat - keys >both
verp 0 make "$list" "$member" && cp out old && verp 0 verify --keys both "$(cat old)" \
  && verp 0 make --keys both "$list" "$member" && grep -q '^news+b' out \
  && verp 65 verify --keys keys "$(cat out)"
report $? 'the first key signs, all verify'

printf '[site]\nsigned-path =\nkeys = %s\n' "$work/keys" >unsigned.conf
verp 78 make --policy "$work/unsigned.conf" "$list" "$member" && says 'empty signed-path'
report $? 'a policy by which nothing is signed'

# ---- Long addresses --------------------------------------------------------------------------

verp 0 make "$list" "$long" && says 'without --store' && cp out lookup \
  && grep -q '^news+a[a-z2-7]\{32\}@lists.example.org$' lookup
report $? 'a digest stands for a long address'

verp 65 verify "$(cat lookup)" && says 'has a digest in place'
report $? 'which nobody knows'

if verp 0 make --store sqlite:store.db "$list" "$long"
then
  ! [ -s err ] && verp 0 verify --store sqlite:store.db "$(cat lookup)" \
    && [ "$(cut -f 3 out)" = "$long" ]
  report $? 'but a store'
elif says 'module'
then
  skip 'but a store' 'there is no module for SQLite'
else
  report 1 'but a store'
fi

! verp 0 make --store "sqlite:$work/no/such/store.db" "$list" "$long" && ! [ -s out ]
report $? 'of a store that cannot be used there is no return path'

finish

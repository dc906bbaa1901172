#!/bin/sh
# Does what "rebound actions --on-action" asks for, for lists that are files of addresses.
#
# /var/lib/lists/news@lists.example.org holds the members of that list, an address a line; who gets
# nothing for now moves to the file of the same name with ".suspended" behind it. Elsewhere: LISTS
# names the folder. Warnings and probes need the keys of rebound-verp(1).
#
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

later=75
members=${LISTS:-/var/lib/lists}/$REBOUND_LIST
suspended=$members.suspended

# Lists come out of messages too: what is none of ours is nobody's business.
case $REBOUND_LIST in
  '' | */* | *.suspended | *.lock) exit 0 ;;
esac
[ -e "$members" ] || exit 0

# An address of two lines would write into the header of a letter.
case ${REBOUND_ADDRESS-} in
  *[[:cntrl:]]*) exit 0 ;;
esac

# One at a time. The lock lasts as long as the descriptor is open.
exec 9>"$members.lock"
flock 9 || exit $later

# take FILE: the member out of it; fails where he is not in it
take ()
{
  [ -e "$1" ] && grep -qixF -e "$REBOUND_ADDRESS" "$1" || return 1
  cp -p "$1" "$1.new" || exit $later # for its mode
  grep -vixF -e "$REBOUND_ADDRESS" "$1" >"$1.new" || [ $? -eq 1 ] || exit $later
  mv "$1.new" "$1"
}

# put FILE: the member into it, once
put ()
{
  [ -e "$1" ] && grep -qixF -e "$REBOUND_ADDRESS" "$1" && return
  printf '%s\n' "$REBOUND_ADDRESS" >>"$1"
}

# is_member: whether he is on the list, be he suspended or not
is_member ()
{
  for file in "$members" "$suspended"
  do
    [ -e "$file" ] && grep -qixF -e "$REBOUND_ADDRESS" "$file" && return
  done
  return 1
}

# write FROM TO SUBJECT: a letter with what is on standard input, of which FROM is the return path
write ()
{
  {
    printf 'From: %s\nTo: %s\nSubject: %s\n' "${REBOUND_LIST%@*}-owner@${REBOUND_LIST#*@}" "$2" "$3"
    printf 'Auto-Submitted: auto-generated\nX-Rebound-ID: %s\n\n' "$REBOUND_ID"
    cat
  } | "${SENDMAIL:-/usr/sbin/sendmail}" -i -f "$1" -- "$2" || exit $later
}

# signed KIND: the return path by which Rebound knows what has bounced
signed ()
{
  rebound verp make --path "$1" -- "$REBOUND_LIST" "$REBOUND_ADDRESS"
}

case $REBOUND_ACTION in
  warn)
    is_member || exit 0
    path=$(signed warning) || exit $later
    write "$path" "$REBOUND_ADDRESS" "Mail to you from $REBOUND_LIST bounces" <<END
Mail from the list $REBOUND_LIST to this address was returned: ${REBOUND_REASON:-}.
If you can read this, the owner of the list can set it right: write to him.
END
    ;;
  probe)
    is_member || exit 0
    path=$(signed probe) || exit $later
    write "$path" "$REBOUND_ADDRESS" "A test of your address by $REBOUND_LIST" <<END
Some mail from the list $REBOUND_LIST to this address was returned.
This is a test whether it arrives again. There is nothing to do.
END
    ;;
  suspend)
    take "$members" && put "$suspended"
    ;;
  resume)
    take "$suspended" && put "$members"
    ;;
  unsubscribe)
    take "$members" || take "$suspended"
    ;;
  owner)
    owner=${REBOUND_LIST%@*}-owner@${REBOUND_LIST#*@}
    case ${REBOUND_STORM:-} in
      '')
        is_member || exit 0 # anybody can write a complaint that names somebody
        what="About $REBOUND_ADDRESS: ${REBOUND_REASON:-}."
        ;;
      doubt)
        what='Reports have come that contradict themselves. They count nothing.'
        ;;
      *)
        what="Much mail bounces for one cause, so nobody's score moves:
$REBOUND_STORM ${REBOUND_KEY:-}, $REBOUND_MEMBERS members."
        ;;
    esac
    write '' "$owner" "Bounces of $REBOUND_LIST need you" <<END
$what
Action $REBOUND_ID of Rebound; see rebound-actions(1).
END
    ;;
esac || exit 0

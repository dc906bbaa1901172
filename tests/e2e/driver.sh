#!/bin/bash
# Rebound: what is the same for each server of tests/e2e/. The file of a server sources this,
# defines start_server and what else is its own, and calls run_server.
#
# Each server runs in namespaces of its own, in a root of its own: the programs of this machine
# below, those of its Debian packages, which are unpacked and not installed, above. Nothing of it is
# seen from outside, and the kernel ends it with its first process.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u
LC_ALL=C
export LC_ALL

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}" "${REBOUND:?}"

here=$top_srcdir/tests/e2e
server=$(basename "$0" .sh)
self=$(readlink -f "$0")
cache=$top_builddir/tests/e2e/packages/$server
# Where to leave the reports and logs.
: "${KEEP:=}"
our_address=192.0.2.25
our_name=mail.example.org
# As whom the command runs. This machine may know the name too, and by another number.
rebound_id=2000
# As long as a machine with much else to do may take for one report.
patience=120
# The packages, and what else a server needs that stands in none of theirs: /etc/services.
packages=()
always=(netbase)
ways=()
declare -A differs=()

# ---- Before: what it needs, and the packages ------------------------------------------------

leave_out ()
{
  echo "$*"
  exit 77
}

# The namespaces and the mounts are what a container may forbid.
need_privileges ()
{
  local command

  [ "$(id -u)" -eq 0 ] || leave_out "$server: only root can make a network of its own"
  for command in unshare flock ip apt-get dpkg-deb jq
  do
    command -v "$command" >/dev/null || leave_out "$server: $command is missing"
  done
  unshare --net --mount --pid --uts --ipc --fork --mount-proc \
    sh -c 'ip link set lo up && mount -t tmpfs none /mnt && mkdir /mnt/usr \
           && mount -t overlay none -o lowerdir=/mnt:/usr /mnt/usr' 2>/dev/null \
    || leave_out "$server: namespaces, or mounts within them, are not allowed here"
}

# What is missing to install the packages, and the packages themselves.
names_of_packages ()
{
  apt-get install --simulate --no-install-recommends "${packages[@]}" "${always[@]}" \
    | sed -n 's/^Inst \([^ ]*\) .*/\1/p'
  printf '%s\n' "${packages[@]}" "${always[@]}"
}

download ()
{
  local names

  mapfile -t names < <(names_of_packages | sort -u)
  apt-get download "${names[@]}"
}

# The programs of Debian stand in /usr, and what a package has in /lib belongs there too.
unpack ()
{
  local folder=$1 name package

  mkdir -p "$folder/usr"
  for name in bin sbin lib lib64
  do
    mkdir -p "$folder/usr/$name"
    ln -s "usr/$name" "$folder/$name"
  done
  for package in *.deb
  do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$folder" || return
  done
}

# fetch_packages: to $cache/files, once for all runs in this build directory; one server after the
# other, because apt-get is alone when it updates its lists.
fetch_packages ()
(
  mkdir -p "$cache" && exec 3>"$cache/../lock" && flock 3 && cd "$cache" || exit
  [ "$(cat names 2>/dev/null)" != "${packages[*]} ${always[*]}" ] || exit 0
  download || { apt-get update && download; } || exit
  rm -rf part files
  unpack part && mv part files && rm -f ./*.deb && echo "${packages[*]} ${always[*]}" >names
)

# ---- Inside: a machine with one mail server -------------------------------------------------

# add_user NAME ID: in this root only, with a group of that name
add_user ()
{
  echo "$1:x:$2:$2::/nonexistent:/usr/sbin/nologin" >>"$root/etc/passwd"
  echo "$1:x:$2:" >>"$root/etc/group"
}

make_devices ()
{
  local name

  mkdir -p "$root/dev"
  for name in null zero full random urandom tty
  do
    cp -a "/dev/$name" "$root/dev/"
  done
}

make_etc ()
{
  cp -a "$cache/files/etc" "$root/"
  cp -a /etc/alternatives "$root/etc/"
  echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
  printf '%s\n' root:x:0: tty:x:5: >"$root/etc/group"
  add_user daemon 1
  add_user mail 8
  add_user nobody 65534
  add_user rebound "$rebound_id"
  printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$root/etc/nsswitch.conf"
  echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
  printf '%s\n' '127.0.0.1 localhost' "$our_address $our_name" >"$root/etc/hosts"
}

# What else stands in $work/above, the top of /usr: for the file of a server to define.
add_programs ()
{
  :
}

# has_history: whether a store can be kept, and days can be skipped
has_history ()
{
  [[ " ${packages[*]} " = *' libfaketime '* && " ${REBOUND_MODULES-} " = *' sqlite '* ]]
}

# on-day: the command on the day of the test; do-action: what does the actions.
make_on_day ()
{
  mkdir -p "$work/above/local/lib/rebound-1"
  cp "$REBOUND_MODULE_DIR"/*.so "$work/above/local/lib/rebound-1/"
  cat >"$work/above/local/bin/on-day" <<'END'
#!/bin/sh
LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1)
FAKETIME=$(cat /etc/rebound/day)
export LD_PRELOAD FAKETIME
export FAKETIME_DISABLE_SHM=1 NO_FAKE_STAT=1 DONT_FAKE_MONOTONIC=1 TZ=UTC0
export REBOUND_MODULE_DIR=/usr/local/lib/rebound-1
exec /usr/local/bin/rebound "$@"
END
  cat >"$work/above/local/bin/do-action" <<'END'
#!/bin/sh
echo "$REBOUND_ACTION $REBOUND_ADDRESS" >>/var/lib/rebound/history/done
END
  chmod +x "$work"/above/local/bin/*
}

# The command is where the manual has it.
make_root ()
{
  local name

  mkdir -p "$root"/{usr,var/{log,spool,mail,tmp},run,tmp,proc} "$work"/above/{bin,local/bin}
  mount -t tmpfs none "$root/tmp"
  chmod 1777 "$root/tmp" "$root/var/tmp"
  ln -s /run "$root/var/run"
  for name in bin sbin lib lib64
  do
    ln -s "usr/$name" "$root/$name"
  done
  add_programs
  cp "$REBOUND" "$work/above/local/bin/rebound"
  ! has_history || make_on_day || return
  mount -t overlay none -o "lowerdir=$work/above:$cache/files/usr:/usr" "$root/usr" || return
  mount -t proc none "$root/proc"
  [ ! -d "$cache/files/var" ] || cp -a "$cache/files/var" "$root/"
  make_devices
  make_etc
}

make_network ()
{
  hostname "$our_name"
  ip link set lo up
  # OpenSMTPD asks for no address where the machine has none but loopback.
  ip address add "$our_address/32" dev lo
  # The others not as addresses of an interface, which sendmail takes for its own.
  ip route add local 198.51.100.0/24 dev lo
  mkdir "$work/reports"
  "$top_builddir/tests/e2e/sink" "$here/scenarios" "$work/reports" \
    198.51.100.25 198.51.100.66 &
}

# inside COMMAND...: on that machine
inside ()
{
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/usr/local/bin LC_ALL=C "$@"
}

# until_true SECONDS COMMAND...
until_true ()
{
  local end=$((SECONDS + $1))

  shift
  until "$@"
  do
    [ "$SECONDS" -lt "$end" ] || return
    sleep 0.3
  done
}

# ---- A message ------------------------------------------------------------------------------

greets ()
{
  local line

  { exec 3<>/dev/tcp/127.0.0.1/25; } 2>/dev/null || return
  read -r -t 20 line <&3 && [ "${line%% *}" = 220 ]
}

# ask COMMAND: what is answered goes to $answer
ask ()
{
  local line

  printf '%s\r\n' "$1" >&3
  answer=
  while read -r -t 20 line <&3
  do
    answer+=${line%$'\r'}$'\n'
    case $line in
      [23]??' '*) return 0 ;;
      ???' '*) break ;;
    esac
  done
  echo "# $server answers '${1%%$'\n'*}': $answer"
  return 1
}

# message NAME: of $from, with the fields $fields besides
from='Greta <greta@lists.example>'
fields=()

message ()
{
  printf '%s\r\n' "From: $from" 'To: news@lists.example' \
    "Subject: News of $1" "Message-ID: <${1%/*}@lists.example>" "${fields[@]}" \
    'Date: Sat, 21 Nov 2026 16:40:00 +0000' \
    'MIME-Version: 1.0' 'Content-Type: text/plain; charset=us-ascii' '' 'What is new.'
  printf .
}

# send NAME SENDER RECIPIENTS OPTIONS-OF-MAIL OPTIONS-OF-RCPT: the recipients with commas between
send ()
{
  local recipient status=0

  greets && ask 'EHLO there.example' && ask "MAIL FROM:<$2>$4" || return
  for recipient in ${3//,/ }
  do
    ask "RCPT TO:<$recipient>$5" || return
  done
  ask DATA && ask "$(message "$1")" || status=1
  exec 3>&-
  return "$status"
}

# ---- The scenarios --------------------------------------------------------------------------

# return_path NAME ADDRESSES: names the subscriber, where there is one and a return path can
return_path ()
{
  case $2 in
    *,* | *[!a-z@.]*) echo "news-${1%/*}@lists.example" ;;
    *) echo "news-bounces+${2/@/=}@lists.example" ;;
  esac
}

# offers_utf8: RFC 6531; asked once
offers_utf8 ()
{
  if [ -z "${extensions-}" ]
  then
    greets && ask 'EHLO there.example'
    extensions=$answer
    exec 3>&-
  fi
  [[ $extensions = *SMTPUTF8* ]]
}

# send_case NAME ADDRESSES
send_case ()
{
  local mail_options='' rcpt_options=''

  case $1 in
    success) rcpt_options=' NOTIFY=SUCCESS' ;;
    */utf8) mail_options=' SMTPUTF8' ;;
  esac
  send "$1" "$(return_path "$@")" "$2" "$mail_options" "$rcpt_options"
}

# is_warning FILE: as the server says it itself, and not Rebound
is_warning ()
{
  grep -qi '^Action: *delayed' "$1"
}

# names FILE ADDRESS: as one of several recipients, whose reports may be one or more
names ()
{
  [[ $2 = *[!a-z@.]* ]] || grep -qiF "$2" "$1"
}

# find_report warning|final RETURN-PATH ADDRESS: $report is its file
find_report ()
{
  local kind

  for report in "$work/reports/$2".*.eml
  do
    [ -e "$report" ] || return
    kind=final
    ! is_warning "$report" || kind=warning
    [ "$kind" != "$1" ] || ! names "$report" "$3" || return 0
  done
  return 1
}

# read_report ADDRESS: the fields of the message and of that recipient as one object
read_report ()
{
  "$REBOUND" parse --json "$report" | jq -c --arg address "$1" '
    . as $message
    | ([.recipients[] | select(.address == $address)] | first // {address: null})
    + {kind, format, reporting_mta, sender: .envelope.sender, to: .envelope.recipient,
       returned: .original.message_id, recipients: (.recipients | length)}'
}

# complain WORDS...
complain ()
{
  good=
  echo "# $server, $name: $*"
}

# expect FIELD=VALUE or FIELD~WORDS of $object
expect ()
{
  local wanted=${1//_/ } field value

  field=${1%%[=~]*}
  value=$(jq -r --arg field "$field" '.[$field] | tostring' <<<"$object")
  wanted=${wanted:$((${#field} + 1))}
  case $1 in
    "$field"=*) [ "$value" = "$wanted" ] || complain "$field is $value, not $wanted" ;;
    *) [[ $value = *"$wanted"* ]] || complain "$field is without \"$wanted\": $value" ;;
  esac
}

# demand FIELD=VALUE...: the last word on a field counts, but all words with "~" do
demand ()
{
  local field
  local -A wanted=()

  for field
  do
    case $field in
      *~*) expect "$field" ;;
      *) wanted[${field%%=*}]=$field ;;
    esac
  done
  for field in "${wanted[@]}"
  do
    expect "$field"
  done
}

# check_report NAME PATH ADDRESS FIELD=VALUE...
check_report ()
{
  local name=$1 path=$2 address=$3 report object which=final

  shift 3
  [[ " $* " != *' kind=delay '* ]] || which=warning
  until_true $((deadline - SECONDS)) find_report "$which" "$path" "$address" \
    || { complain 'no report has come'; return; }
  [ -z "$KEEP" ] || cp "$report" "$KEEP/$server/${name//\//-}.eml"
  object=$(read_report "$address")
  # shellcheck disable=SC2086 # one word for each field
  demand kind=bounce action=failed format="$server" reporting_mta="$our_name" \
    remote_mta=there.example sender= to="$path" address="$address" subscriber="$address" \
    returned="${name%/*}@lists.example" recipients=1 "$@" ${differs[all]-} ${differs[$name]-}
  [ -n "$good" ] || echo "#   $object"
}

# result NAME: of what was checked since "good=yes"
result ()
{
  number=$((number + 1))
  if [ -z "$good" ]
  then
    failed=$((failed + 1))
    echo -n 'not '
  fi
  echo "ok $number - $server: $1"
}

# each_case COMMAND: with the words of each line "case"
each_case ()
{
  local line

  while read -r -a line <&4
  do
    [ "${line[0]-}" != case ] || "$1" "${line[@]:1}"
  done 4<"$here/scenarios"
}

inject ()
{
  case $1 in
    */utf8) offers_utf8 || return ;;
  esac
  send_case "$1" "$2" || echo "# $server: $1 was not taken"
}

check_case ()
{
  local name=$1 addresses=$2

  shift 2
  if [[ $name = */utf8 ]] && ! offers_utf8
  then
    number=$((number + 1))
    echo "ok $number - $server: $name # SKIP no SMTPUTF8"
    return
  fi
  good=yes
  check_report "$name" "$(return_path "$name" "$addresses")" "${addresses%%,*}" "$@"
  result "$name"
}

run_cases ()
{
  each_case inject
  deadline=$((SECONDS + patience))
  each_case check_case
}

# ---- "rebound deliver" ----------------------------------------------------------------------
# A server that sets ways=(WAY:DOMAIN...) hands what comes to list-bounces@DOMAIN to the command, as
# the user "rebound" and with the log /var/lib/rebound/WAY/bounces.ndjson. Its file also defines
# was_deferred DOMAIN, show_queue and flush_queue.

# spoil WAY, mend WAY: the two commonest reasons why a line cannot be written
spoil ()
{
  case $1 in
    alias)
      chown root "$folder"
      ;;
    *)
      mount -t tmpfs -o "size=64k,mode=755,uid=$rebound_id" none "$folder"
      head -c 65536 /dev/zero >"$folder/filler"
      ;;
  esac
}

mend ()
{
  case $1 in
    alias) chown "$rebound_id" "$folder" ;;
    *) rm "$folder/filler" ;;
  esac
}

has_lines ()
{
  [ -s "$folder/bounces.ndjson" ] && [ "$(wc -l <"$folder/bounces.ndjson")" -ge "$1" ]
}

queue_lacks ()
{
  ! show_queue | grep -q "list-bounces.*$1"
}

# check_line NUMBER WHO REASON: that line of the log is on WHO, and there is none behind
check_line ()
{
  local object path=list-bounces+$2=there.example@$domain

  until_true "$patience" has_lines "$1" || { complain 'no line in the log'; return; }
  [ "$(wc -l <"$folder/bounces.ndjson")" -eq "$1" ] || complain 'a line too many in the log'
  object=$(sed -n "$1p" "$folder/bounces.ndjson" | jq -c '
    . as $message | .recipients[0]
    + {kind, format, sender: .envelope.sender, to: .envelope.recipient,
       returned: .original.message_id}')
  demand kind=bounce format="$server" sender= to="$path" subscriber="$2@there.example" \
    subscriber_from=verp reason="$3" returned="$name-$1@lists.example"
  [ -n "$good" ] || echo "#   $object"
}

# send_deliverable NUMBER WHO
send_deliverable ()
{
  send "$name-$1" "list-bounces+$2=there.example@$domain" "$2@there.example" '' '' \
    || complain 'the message was not taken'
}

check_way ()
{
  local name=deliver-${1%%:*} domain=${1#*:} folder=$root/var/lib/rebound/${1%%:*}

  good=yes
  spoil "${1%%:*}"
  send_deliverable 1 unknown
  until_true "$patience" was_deferred "$domain" || complain 'exit 75 has not deferred the report'
  ! queue_lacks "$domain" || complain 'the report is not in the queue'
  ! has_lines 1 || complain 'a line in a log that cannot be written'
  result "$name: exit 75 leaves it in the queue"
  good=yes
  mend "${1%%:*}"
  flush_queue
  check_line 1 unknown user-unknown
  until_true "$patience" queue_lacks "$domain" || complain 'the report is still in the queue'
  result "$name: one line when that is mended"
  good=yes
  send_deliverable 2 full
  check_line 2 full mailbox-full
  result "$name: one line at once"
}

make_log_folders ()
{
  local way

  for way in "${ways[@]}" history
  do
    install -d -o "$rebound_id" "$root/var/lib/rebound/${way%%:*}"
  done
}

# ---- The history of a list --------------------------------------------------------------------
# A server among whose packages is libfaketime, the clock of the test, also hands what comes to
# news-bounces@lists.example.org to $deliver, by an alias.

list=news@lists.example.org
store=sqlite:/var/lib/rebound/history/store.db
policy=/etc/rebound/policy.conf
deliver="/usr/local/bin/on-day deliver --store $store --policy $policy"
declare -A states=() reasons=() return_paths=()

# ours COMMAND...: of the command, as the user whose store and keys they are
ours ()
{
  chroot --userspec "$rebound_id:$rebound_id" "$root" env -i PATH=/usr/bin:/usr/local/bin LC_ALL=C \
    on-day "$1" --policy "$policy" "${@:2}"
}

# it_is DAY: of that month
it_is ()
{
  today=2026-11-0$1
  echo "@$today 09:00:00" >"$root/etc/rebound/day"
}

take_member ()
{
  states[$1]=$2
  reasons[$1]=${differs[$1]-${3#-}}
}

make_site ()
{
  local line

  mkdir -p "$root/etc/rebound"
  cat >"$root$policy" <<'END'
[site]
domains=lists.example.org; lists.example
keys=/etc/rebound/keys
END
  it_is 1
  inside on-day verp key k >"$root/etc/rebound/keys"
  chmod 600 "$root/etc/rebound/keys"
  inside chown rebound: /etc/rebound/keys
  while read -r -a line <&4
  do
    [ "${line[0]-}" != member ] || take_member "${line[@]:1}"
  done 4<"$here/scenarios"
}

# members STATE: their addresses, one a line
members ()
{
  local address

  for address in "${!states[@]}"
  do
    [ "${states[$address]}" != "$1" ] || echo "$address"
  done | sort
}

# post: to each member, with a return path of his own
post ()
{
  local address

  for address in "${!states[@]}"
  do
    return_paths[$address]=$(ours verp make "$list" "$address")
    send "$today" "${return_paths[$address]}" "$address" '' '' || complain "$address was not taken"
  done
}

was_posted ()
{
  grep -qF "Return-Path: <${return_paths[$1]}>" "$work/reports/$1".*.eml 2>/dev/null
}

# Who is away answers, with no sender (RFC 3834).
answer_absently ()
{
  local address=away@there.example from=away@there.example fields=('Auto-Submitted: auto-replied')

  until_true "$patience" was_posted "$address" || complain "$address got nothing"
  send "$today-away" '' "${return_paths[$address]}" '' '' || complain 'the answer was not taken'
}

# what_is_known: of this day, a line "ADDRESS REASON GRADE" for each event but delays
what_is_known ()
{
  local address

  for address in "${!states[@]}"
  do
    ours member history --store "$store" --json "$address" 2>/dev/null | jq -r --arg day "$today" \
      --arg address "$address" 'select (.type != "notice" and (.received | startswith ($day)))
                                | "\($address) \(.reason) \(.grade)"'
  done | sort
}

# what_should_be: each report once, and each one trusted
what_should_be ()
{
  local address

  for address in "${!states[@]}"
  do
    [ -z "${reasons[$address]}" ] || echo "$address ${reasons[$address]} A"
  done | sort
}

is_known ()
{
  [ "$(what_is_known)" = "$(what_should_be)" ]
}

# Nothing of the list is under way.
is_idle ()
{
  ! show_queue | grep -q news-bounces
}

check_day ()
{
  until_true "$patience" is_known
  until_true "$patience" is_idle || complain 'there is mail left in the queue'
  is_known || complain "known is:"$'\n'"$(diff <(what_should_be) <(what_is_known))"
}

# The reports of all members wait.
all_wait ()
{
  local address queue

  queue=$(show_queue)
  for address in "${!states[@]}"
  do
    [ -z "${reasons[$address]}" ] || grep -qF " ${return_paths[$address]}" <<<"$queue" || return
  done
}

# due: a line "ACTION ADDRESS" for each
due ()
{
  ours actions --store "$store" | jq -r '"\(.action) \(.address)"' | sort
}

check_history ()
{
  local name=history folder=$root/var/lib/rebound/history dead

  make_site
  good=yes
  post
  answer_absently
  check_day
  result 'history: each report is known once, and trusted'

  good=yes
  it_is 2
  spoil alias
  post
  answer_absently
  until_true "$patience" all_wait || complain "not all reports wait: $(show_queue)"
  mend alias
  flush_queue
  check_day
  result 'history: what waited for the store is not lost, and not doubled'

  good=yes
  it_is 3
  post
  answer_absently
  check_day
  it_is 5
  dead=$(members dead | sed 's/^/unsubscribe /')
  [ "$(due)" = "$dead" ] || complain "due is: $(due)"
  result 'history: those who are due to be removed are the dead ones'

  good=yes
  ours actions --store "$store" --on-action do-action &
  ours actions --store "$store" --on-action do-action || complain "actions answers $?"
  wait $! || complain "actions answers $?"
  [ "$(sort "$folder/done")" = "$dead" ] || complain "done is: $(cat "$folder/done")"
  [ -z "$(due)" ] || complain "still due is: $(due)"
  result 'history: each of them is handed out once'
}

# ---- All of it ------------------------------------------------------------------------------

# What a server writes to its log is what explains a failure.
keep_logs ()
{
  [ -n "$KEEP" ] || return 0
  cp -r "$root/var/log" "$KEEP/$server/"
  cp -r "$work/reports" "$KEEP/$server/"
}

# begin: as far as to where the server takes mail
begin ()
{
  root=$work/root
  mount -t tmpfs none "$work" && mkdir "$root" && make_root && make_network || return
  make_log_folders
  start_server
  until_true "$patience" greets
}

run_inside ()
{
  local number=0 failed=0 good way

  if ! begin
  then
    echo "$server does not start"
    keep_logs
    return 1
  fi
  run_cases
  for way in "${ways[@]}"
  do
    check_way "$way"
  done
  ! has_history || check_history
  keep_logs
  echo "1..$number"
  [ "$failed" -eq 0 ]
}

# With unshare, which does not heed TERM, the kernel ends all that it has started.
# shellcheck disable=SC2317 # called by trap
cleanup ()
{
  kill -KILL "$inside_pid" 2>/dev/null
  wait 2>/dev/null
  rmdir "$work"
}

run_server ()
{
  if [ "${1-}" = inside ]
  then
    run_inside
    return
  fi
  need_privileges
  fetch_packages >&2 || leave_out "$server: apt-get cannot fetch ${packages[*]}"
  [ -z "$KEEP" ] || mkdir -p "$KEEP/$server"
  work=$(mktemp -d) || exit 99
  export work
  trap cleanup EXIT
  trap 'exit 99' HUP INT TERM
  unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc "$self" inside &
  inside_pid=$!
  wait "$inside_pid"
}

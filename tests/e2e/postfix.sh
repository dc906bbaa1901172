#!/bin/bash
# Rebound: Postfix and its reports, and "rebound deliver" behind local(8) and pipe(8).
# SPDX-License-Identifier: LGPL-2.1-or-later

# shellcheck source=tests/e2e/driver.sh
. "${top_srcdir:?}/tests/e2e/driver.sh"

packages=(postfix libfaketime)
ways=(alias:lists.example.org pipe:bounces.example.org)

# What it says of hosts that it could not ask is its own: RFC 3463, 4.4.1 is no answer from a host,
# 5.4.4 that there is no way to it.
differs=(
  [greeting]='status=4.0.0'
  [silent]='status=4.4.1'
  [no-domain]='status=5.4.4'
  [null-mx]='status=5.1.0'
  [success]='status=2.0.0'
)

write_main_cf ()
{
  cat >"$root/etc/postfix/main.cf" <<END
compatibility_level = 3.6
myhostname = $our_name
mydestination = $our_name, lists.example.org
mynetworks = 127.0.0.0/8
relay_domains = bounces.example.org
transport_maps = hash:/etc/postfix/transport
rebound_destination_recipient_limit = 1
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
recipient_delimiter = +
alias_maps = hash:/etc/rebound/aliases
smtp_bind_address = $our_address
smtp_connect_timeout = 5s
delay_warning_time = 1s
maximal_queue_lifetime = 12s
bounce_queue_lifetime = 1d
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 1s
END
}

write_master_cf ()
{
  cat >"$root/etc/postfix/master.cf" <<'END'
smtp      inet  n  -  n  -  -  smtpd
pickup    unix  n  -  n  60 1  pickup
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  1  1  qmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
verify    unix  -  -  n  -  1  verify
flush     unix  n  -  n  -  0  flush
proxymap  unix  -  -  n  -  -  proxymap
smtp      unix  -  -  n  -  -  smtp
relay     unix  -  -  n  -  -  smtp
showq     unix  n  -  n  -  -  showq
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
local     unix  -  n  n  -  -  local
anvil     unix  -  -  n  -  1  anvil
scache    unix  -  -  n  -  1  scache
tlsmgr    unix  -  -  n  -  1  tlsmgr
postlog   unix-dgram n - n  -  1  postlogd
rebound   unix  -  n  n  -  4  pipe
  flags=RX user=rebound null_sender=
  argv=/usr/local/bin/rebound deliver --log /var/lib/rebound/pipe/bounces.ndjson
    --sender ${sender} --recipient ${original_recipient}
END
}

# local(8) runs a command as the owner of the file of aliases.
write_maps ()
{
  echo 'bounces.example.org rebound:' >"$root/etc/postfix/transport"
  mkdir "$root/etc/rebound"
  cat >"$root/etc/rebound/aliases" <<END
list-bounces: "|/usr/local/bin/rebound deliver --log /var/lib/rebound/alias/bounces.ndjson"
news-bounces: "|$deliver"
END
  inside chown -R rebound: /etc/rebound
  inside postmap /etc/postfix/transport
  inside postalias /etc/rebound/aliases
}

start_server ()
{
  add_user postfix 2001
  add_user postdrop 2002
  write_main_cf
  write_master_cf
  write_maps
  inside chown postfix: /var/lib/postfix
  inside postfix start >/dev/null 2>&1
}

show_queue ()
{
  inside postqueue -p
}

flush_queue ()
{
  inside postqueue -f
}

was_deferred ()
{
  grep -q "to=<list-bounces.*@$1>.*status=deferred" "$root/var/log/postfix.log"
}

run_server "$@"

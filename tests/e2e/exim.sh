#!/bin/bash
# Rebound: Exim and its reports, and "rebound deliver" behind an alias and behind a transport.
# SPDX-License-Identifier: LGPL-2.1-or-later

# shellcheck source=tests/e2e/driver.sh
. "${top_srcdir:?}/tests/e2e/driver.sh"

packages=(exim4-daemon-heavy exim4-base exim4-config libfaketime)
ways=(alias:lists.example.org pipe:bounces.example.org)

# Its own Status is 5.0.0 or 4.0.0; what the remote server said stands in the Diagnostic-Code. Of a
# server that never answered it says at the end only that time is over. "Unrouteable address" may be
# an unknown user or an unknown domain, so the address may not be dropped for it at once.
# What it hands on without the promise of a receipt it calls delivered.
differs=(
  [silent]='status=5.0.0 reason=expired remote_mta=null'
  [no-domain]='status=5.0.0 reason=user-unknown also=["domain-unknown"] fault=recipient'
  [null-mx]='status=5.0.0'
  [success]='status=2.0.0 action=delivered'
  [somebody@silent.example]=expired
)

write_configuration ()
{
  cat >"$root/etc/exim4/exim4.conf" <<END
primary_hostname = $our_name
local_interfaces = 127.0.0.1
log_file_path = /var/log/exim4/%s.log
log_selector = +pid
acl_smtp_rcpt = accept
acl_smtp_data = accept
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
tls_advertise_hosts =
keep_environment =
delay_warning = 1s:1d
queue_run_max = 2

begin routers

# As in rebound-deliver(1).
list_bounces:
  driver = accept
  domains = bounces.example.org
  local_parts = list-bounces
  local_part_suffix = +*
  local_part_suffix_optional
  transport = rebound

aliases:
  driver = redirect
  domains = lists.example.org
  local_part_suffix = +*
  local_part_suffix_optional
  data = \${lookup{\$local_part}lsearch{/etc/aliases}}
  pipe_transport = address_pipe
  user = rebound

elsewhere:
  driver = dnslookup
  transport = remote_smtp

begin transports

rebound:
  driver = pipe
  command = /usr/local/bin/rebound deliver --log /var/lib/rebound/pipe/bounces.ndjson
  user = rebound
  return_path_add
  envelope_to_add

address_pipe:
  driver = pipe

remote_smtp:
  driver = smtp
  interface = $our_address
  connect_timeout = 5s

begin retry

# Its own reports are kept, all else is soon too old.
lists.example.org    *  F,1d,1s
bounces.example.org  *  F,1d,1s
*                    *  F,12s,2s
END
}

start_server ()
{
  add_user Debian-exim 2001
  write_configuration
  cat >"$root/etc/aliases" <<END
list-bounces: "|/usr/local/bin/rebound deliver --log /var/lib/rebound/alias/bounces.ndjson"
news-bounces: "|$deliver"
END
  inside mkdir -p /var/spool/exim4 /var/log/exim4
  inside chown Debian-exim: /var/spool/exim4 /var/log/exim4
  inside exim4 -bdf -q1s >"$root/var/log/exim4/stderr" 2>&1 &
}

show_queue ()
{
  inside exim4 -bp
}

flush_queue ()
{
  inside exim4 -qff
}

was_deferred ()
{
  grep -q "== .*list-bounces.*@$1.* defer " "$root/var/log/exim4/main.log"
}

run_server "$@"

#!/bin/bash
# Rebound: OpenSMTPD and its reports.
# SPDX-License-Identifier: LGPL-2.1-or-later

. "${top_srcdir:?}/tests/e2e/driver.sh"

packages=(opensmtpd)

differs=()

write_configuration ()
{
  cat >"$root/etc/smtpd.conf" <<END
queue ttl 12s
bounce warn-interval 1s
listen on 127.0.0.1 port 25 hostname $our_name
action "relay" relay src $our_address helo $our_name
match from any for any action "relay"
END
}

start_server ()
{
  add_user opensmtpd 2001
  add_user opensmtpq 2002
  write_configuration
  echo "$our_name" >"$root/etc/mailname"
  inside mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
  inside chmod 711 /var/spool/smtpd
  inside smtpd -d -v >"$root/var/log/smtpd.log" 2>&1 &
}

run_server "$@"

#!/bin/bash
# Rebound: OpenSMTPD and its reports.
# SPDX-License-Identifier: LGPL-2.1-or-later

# shellcheck source=tests/e2e/driver.sh
. "${top_srcdir:?}/tests/e2e/driver.sh"

packages=(opensmtpd)

# It names no remote server and no command. When time is over it also forgets what the server said;
# and it tries until then where the greeting refuses, and where there is a null MX.
too_old='reason=expired fault=network unsubscribe=count reply=null status=4.4.7'
differs=(
  [all]='remote_mta=null stage=null'
  [greeting]=$too_old
  [expired]=$too_old
  [expired-full]=$too_old
  [silent]=$too_old
  [null-mx]="bounce=soft $too_old"
  [no-domain]='status=5.0.0'
)

# Its report that a message was given up is a warning in all but two words.
is_warning ()
{
  grep -q '^Action: delayed' "$1" && ! grep -q ': Envelope expired$' "$1"
}

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

#!/bin/bash
# Rebound: Courier and its reports.
# SPDX-License-Identifier: LGPL-2.1-or-later

# shellcheck source=tests/e2e/driver.sh
. "${top_srcdir:?}/tests/e2e/driver.sh"

packages=(courier-mta courier-base)

# Its own Status is 5.0.0; what the remote server said stands in the Diagnostic-Code. For what
# answered the message it shows the last command, DATA. A null MX it calls "No such domain".
# Which server was not reached it does not say.
differs=(
  [spam]='stage=data'
  [dmarc]='stage=data'
  [large]='stage=data'
  [silent]='status=5.0.0 remote_mta=null'
  [no-domain]='status=5.0.0'
  [null-mx]='status=5.0.0 reason=domain-unknown'
)

# As its package does with update-alternatives.
add_programs ()
{
  ln -s ../lib/courier/makedat "$work/above/bin/makedat"
}

# setting NAME VALUE: each in a file of its own
setting ()
{
  echo "$2" >"$root/etc/courier/$1"
}

# It is careful not to send reports to whoever mails from outside; here everybody does.
write_configuration ()
{
  setting me "$our_name"
  setting locals localhost
  setting dsnfrom "mailer-daemon@$our_name"
  setting warntime 1s
  setting queuetime 12s
  setting retryalpha 2s
  setting retrygamma 2s
  setting retrymaxdelta 1
  setting sourceaddress "$our_address"
  setting esmtptimeoutconnect 5s
  : >"$root/etc/environment"
  : >"$root/etc/courier/dhparams.pem"
  sed -i 's/^ESMTP_BLOCKBACKSCATTER=.*/ESMTP_BLOCKBACKSCATTER=/' "$root/etc/courier/courierd"
  sed -i 's/^BOFHCHECKDNS=.*/BOFHCHECKDNS=0/; s/^TCPDOPTS=.*/&\nADDRESS=127.0.0.1/' \
    "$root/etc/courier/esmtpd"
}

# What the packages do when they are installed.
set_owners ()
{
  inside chown -R courier: /var/lib/courier
  inside chown root:courier /etc/courier/aliases /etc/courier/esmtpauthclient
  inside mkdir -p /run/courier
  inside chown courier: /run/courier
}

start_server ()
{
  add_user courier 2001
  write_configuration
  set_owners
  {
    inside makealiases
    inside makesmtpaccess
    inside courier start
    inside esmtpd start
  } >"$root/var/log/stderr" 2>&1
}

run_server "$@"

#!/bin/bash
# Rebound: sendmail and its reports.
# SPDX-License-Identifier: LGPL-2.1-or-later

# shellcheck source=tests/e2e/driver.sh
. "${top_srcdir:?}/tests/e2e/driver.sh"

packages=(sendmail-bin sendmail-base sendmail-cf m4)

# Where a server has given no enhanced code it makes one: from the reply, or 4.4.7 where time is
# over (RFC 3463, 3.5). For what answered the message it shows the last command, DATA. What DNS has
# said it writes as if that host had answered.
differs=(
  [plain]='status=5.1.1'
  [greeting]='status=5.5.0'
  [spam]='stage=data'
  [dmarc]='stage=data'
  [large]='stage=data'
  [silent]='status=4.4.7'
  [no-domain]='reply=550 status=5.1.2 remote_mta=nowhere.example'
  [null-mx]='reply=556 status=5.1.10 remote_mta=nomail.example'
)

# Sendmail takes no mail, or only queues it, on a machine that has much to do.
write_configuration ()
{
  cat >"$root/etc/mail/sendmail.mc" <<END
include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(\`debian')dnl
define(\`confDOMAIN_NAME', \`$our_name')dnl
define(\`confTO_CONNECT', \`5s')dnl
define(\`confTO_QUEUEWARN', \`1s')dnl
define(\`confTO_QUEUERETURN', \`12s')dnl
define(\`confTO_QUEUERETURN_DSN', \`1d')dnl
define(\`confQUEUE_LA', \`1000')dnl
define(\`confREFUSE_LA', \`1000')dnl
define(\`confDELAY_LA', \`0')dnl
define(\`confPRIVACY_FLAGS', \`')dnl
define(\`confDONT_PROBE_INTERFACES', \`True')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`promiscuous_relay')dnl
FEATURE(\`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(\`Family=inet, Name=MTA, Addr=127.0.0.1, Port=25')dnl
CLIENT_OPTIONS(\`Family=inet, Address=$our_address')dnl
MAILER(\`local')dnl
MAILER(\`smtp')dnl
END
}

start_server ()
{
  add_user smmta 2001
  add_user smmsp 2002
  write_configuration
  : >"$root/etc/mail/local-host-names"
  : >"$root/etc/mail/aliases"
  inside m4 /etc/mail/sendmail.mc >"$root/etc/mail/sendmail.cf" 2>"$root/var/log/m4"
  inside mkdir -p /var/spool/mqueue /var/lib/sendmail/host_status /run/sendmail/mta
  inside /usr/libexec/sendmail/sendmail -bi >"$root/var/log/stderr" 2>&1
  inside /usr/libexec/sendmail/sendmail -bD -q2s >>"$root/var/log/stderr" 2>&1 &
}

run_server "$@"

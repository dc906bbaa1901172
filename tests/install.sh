#!/bin/sh
# Rebound: "make install", then build and run docs/example.c as anybody else would.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}" "${prefix:?}" "${libdir:?}" "${datadir:?}" "${REBOUND:?}"
: "${REBOUND_MODULES=}" "${REBOUND_LANGUAGES=}" "${localedir:?}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# The make of "make check" must not hand its flags and job slots to this one.
unset MAKEFLAGS MFLAGS MAKELEVEL
if ! "$MAKE" -C "$top_builddir" install DESTDIR="$root" >"$work/log" 2>&1
then
  cat "$work/log"
  echo "make install failed"
  exit 1
fi

# The installed tree stands below DESTDIR for now, so its paths are moved there.
pc=$root$libdir/pkgconfig/rebound-1.pc
mkdir "$work/pkgconfig"
sed "s|=/|=$root/|" "$pc" >"$work/pkgconfig/rebound-1.pc"
PKG_CONFIG_PATH=$work/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH

flags=$("$PKG_CONFIG" --cflags --libs rebound-1)
# shellcheck disable=SC2086 # one word for each flag
$CC $TEST_CFLAGS -Wall -Wextra -Werror "$top_srcdir/docs/example.c" -o "$work/example" $flags

LD_LIBRARY_PATH=$root$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

# One address is dead, the other's mailbox is full: the list may drop the first.
cat >"$work/bounce.eml" <<'END'
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
Date: Sat, 21 Nov 2026 16:40:00 +0000
Message-ID: <20261121164000.77@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; gone@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.net
Diagnostic-Code: smtp; 550 5.1.1 <gone@example.net>: no such user

Final-Recipient: rfc822; full@example.net
Action: failed
Status: 5.2.2
Remote-MTA: dns; mail.example.net
Diagnostic-Code: smtp; 552 5.2.2 <full@example.net>: mailbox full

--b1
Content-Type: text/rfc822-headers

From: news@lists.example.org
To: news@lists.example.org
Subject: Weekly news
Message-ID: <abc@lists.example.org>

--b1--
END

# The library looks below the true libdir, not below DESTDIR.
if ! grep -qaF "$libdir/rebound-1" "$root$libdir/librebound.so"
then
  echo "the library does not know where its modules are: $libdir/rebound-1"
  exit 1
fi
for module in $REBOUND_MODULES
do
  [ -e "$root$libdir/rebound-1/$module.so" ] || { echo "$module.so is not installed"; exit 1; }
done

REBOUND_MODULE_DIR=$root$libdir/rebound-1
export REBOUND_MODULE_DIR
"$work/example" "$work/bounce.eml" >"$work/out"
echo 'gone@example.net: user-unknown (550 5.1.1 <gone@example.net>: no such user)' \
  >"$work/expected"
if ! diff "$work/expected" "$work/out"
then
  echo "docs/example.c printed the lines marked >, not those marked <"
  exit 1
fi

if "$work/example" "$work/nothing-here" >"$work/out" 2>&1
then
  echo "docs/example.c has read a file that is not there"
  exit 1
fi

find "$top_srcdir/corpus" -type f -name '*.eml' | LC_ALL=C sort >"$work/messages"
while IFS= read -r message
do
  "$work/example" "$message" >>"$work/corpus" || { echo "docs/example.c failed: $message"; exit 1; }
done <"$work/messages"
if ! grep -q '^[^ ]*@[^ ]*: user-unknown (' "$work/corpus"
then
  echo "docs/example.c found no dead address in corpus/"
  exit 1
fi

cat >"$work/page.eml" <<'END'
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news-bounces@lists.example.org
Subject: Undelivered Mail Returned to Sender
Content-Type: text/html

<p>&lt;gone@example.net&gt;: 550 5.1.1 no such user <img alt=">">any more</p>
END
case " $REBOUND_MODULES " in
  *' html '*) words='no such user any more' ;;
  *) words='no such user ">any more' ;;
esac
"$work/example" "$work/page.eml" >"$work/out"
if ! grep -qF "$words" "$work/out"
then
  echo "the installed library has not read HTML as its modules ($REBOUND_MODULES) do:"
  cat "$work/out"
  exit 1
fi

# The installed command is the one of the build.
if [ "$("$root$prefix/bin/rebound" --version)" != "$("$REBOUND" --version)" ]
then
  echo "the installed rebound is of another version than that of the build tree"
  exit 1
fi

for file in bash-completion/completions/rebound zsh/site-functions/_rebound \
  fish/vendor_completions.d/rebound.fish
do
  if ! cmp "$root$datadir/$file" "$top_srcdir/completions/${file##*/}"
  then
    echo "$datadir/$file is not installed"
    exit 1
  fi
done

# What is installed twice is the same catalogue, and the command finds it where it will be.
for language in $REBOUND_LANGUAGES
do
  if ! [ -s "$root$localedir/$language/LC_MESSAGES/rebound.mo" ] \
    || ! cmp "$root$localedir/$language/LC_MESSAGES/rebound.mo" \
      "$root$localedir/$language/C/LC_MESSAGES/rebound.mo"
  then
    echo "the catalogue of $language is not installed"
    exit 1
  fi
done
if [ -n "$REBOUND_LANGUAGES" ] && ! grep -qaF "$localedir" "$root$libdir/librebound.so"
then
  echo "the library does not know where its catalogues are: $localedir"
  exit 1
fi

#!/bin/sh
# Rebound: from a fresh checkout to a configured, built, shown or tested tree.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

packages='build-essential autoconf automake libtool pkg-config gettext
  libglib2.0-dev libgmime-3.0-dev libpcre2-dev libxml2-dev libjson-glib-dev
  libsqlite3-dev libpq-dev check'

usage ()
{
  cat <<'END'
usage: ./autogen.sh          make ./configure, nothing else
       ./autogen.sh demo     build in build/, then show what rebound says of sample messages
       ./autogen.sh check    build in build/, then run every test

"demo" and "check" first install the Debian packages that are missing.
END
}

say ()
{
  echo "autogen.sh: $*"
}

die ()
{
  echo "autogen.sh: $*" >&2
  exit 1
}

have_everything ()
{
  for tool in cc make autoreconf automake libtoolize pkg-config msgfmt msgmerge
  do
    command -v "$tool" >/dev/null 2>&1 || return 1
  done
  pkg-config --exists 'glib-2.0 >= 2.66' 'gmime-3.0 >= 3.2' 'libpcre2-8 >= 10.32' \
    'libxml-2.0 >= 2.9.10' 'check >= 0.15' 'json-glib-1.0 >= 1.6' 'sqlite3 >= 3.35' 'libpq >= 13'
}

missing_packages ()
{
  for package in $packages
  do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed \
      || echo "$package"
  done
}

as_root ()
{
  if [ "$(id -u)" -eq 0 ]
  then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

install_packages ()
{
  have_everything && return
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1
  then
    die "this is not Debian: install a C compiler, make, autoconf, automake, libtool, pkg-config," \
      "GNU gettext and the development files of GLib >= 2.66, GMime >= 3.2, PCRE2 >= 10.32," \
      "libxml2 >= 2.9.10, json-glib >= 1.6, SQLite >= 3.35, libpq >= 13 and Check >= 0.15," \
      "then try again"
  fi
  missing=$(missing_packages | paste -sd ' ' -)
  # All there, but one too old: configure says which.
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1
  then
    die "neither root nor sudo is at hand: have someone run \"apt-get install $missing\"," \
      "then try again"
  fi
  say "installing $missing"
  # The package lists are fetched only where the ones at hand do not do.
  # shellcheck disable=SC2086 # one word for each package
  as_root apt-get install -y --no-install-recommends $missing </dev/null \
    || { as_root apt-get update </dev/null \
         && as_root apt-get install -y --no-install-recommends $missing </dev/null; } \
    || die "apt-get could not install $missing: see its message above"
}

bootstrap ()
{
  command -v autoreconf >/dev/null 2>&1 \
    || die "autoreconf is missing: install autoconf, automake, libtool and pkg-config"
  mkdir -p build-aux/m4
  autoreconf -fi
}

# Once made, configure, the Makefile and all else are kept up to date by make.
build ()
{
  if [ ! -x configure ] || [ ! -f Makefile.in ] || [ ! -f build-aux/tap-driver.sh ]
  then
    say "making ./configure"
    bootstrap
  fi
  if ! grep -qsxF "abs_builddir = $PWD/build" build/Makefile
  then
    say "configuring in build/"
    rm -rf build
    mkdir build
    (cd build && ../configure --quiet)
  fi
  say "building in build/"
  make -C build -j "$jobs"
}

# One message of each folder of the corpus, that is of each mail system.
demo ()
{
  find corpus -type f -name '*.eml' | LC_ALL=C sort | awk -F/ '
    { folder = $0; sub (/[^\/]*$/, "", folder) }
    !(folder in seen) { seen[folder] = 1; print }' >build/demo.list
  [ -s build/demo.list ] || die "corpus/ holds no messages (*.eml)"
  say "what rebound says of one message of each folder of corpus/"
  REBOUND_MODULE_DIR=$PWD/build/src/modules/.libs
  export REBOUND_MODULE_DIR
  echo
  while IFS= read -r message
  do
    echo "\$ build/src/rebound parse $message"
    build/src/rebound parse "$message" </dev/null
  done <build/demo.list
  say "for the others: build/src/rebound parse corpus/*/*.eml; for programs: --json"
}

if [ $# -gt 1 ]
then
  usage >&2
  exit 64
fi

cd "$(dirname "$0")"
PWD=$(pwd -P)
jobs=$(nproc 2>/dev/null || echo 2)

case ${1-} in
  '')
    bootstrap
    say "done; next: mkdir -p build && cd build && ../configure && make"
    ;;
  demo)
    say "this installs what the build needs, builds Rebound in $PWD/build," \
      "and shows what it says of sample messages"
    install_packages
    build
    demo
    ;;
  check)
    say "this installs what the build needs, builds Rebound in $PWD/build, and runs every test"
    install_packages
    build
    make -C build -j "$jobs" check
    ;;
  -h | --help)
    usage
    ;;
  *)
    usage >&2
    exit 64
    ;;
esac

# Rebound: what scripts that print TAP have in common; they source this.
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh

number=0
failed=0

# report STATUS NAME
report ()
{
  number=$((number + 1))
  if [ "$1" -eq 0 ]
  then
    echo "ok $number - $2"
  else
    failed=$((failed + 1))
    echo "not ok $number - $2"
  fi
}

# skip NAME WHY
skip ()
{
  number=$((number + 1))
  echo "ok $number - $1 # SKIP $2"
}

finish ()
{
  echo "1..$number"
  [ "$failed" -eq 0 ]
  exit
}

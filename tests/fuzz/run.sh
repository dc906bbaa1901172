#!/bin/sh
# Rebound: "make fuzz": runs each target for FUZZ_SECONDS from its seeds. What they find is left
# in fuzz/TARGET/findings of the build directory.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make fuzz" sets them.
: "${top_srcdir:?}" "${FUZZ_SECONDS:?}"

# The allocator of GLib hides mistakes from AddressSanitizer.
G_SLICE=always-malloc
export G_SLICE
failed=

# make_corpus TARGET: what it begins with; what it has learnt stays from one run to the next
make_corpus ()
{
  mkdir -p "fuzz/$1/corpus" "fuzz/$1/findings"
  for from in "$top_srcdir/tests/fuzz/seeds/$1" "$top_srcdir/tests/fuzz/findings/$1"
  do
    [ ! -d "$from" ] || find "$from" -type f -exec cp {} "fuzz/$1/corpus" \;
  done
  case $1 in
    guard | message)
      find "$top_srcdir/corpus" -name '*.eml' | while IFS= read -r message
      do
        name=$(basename "$(dirname "$message")")-$(basename "$message")
        cp "$message" "fuzz/$1/corpus/$name"
      done
      ;;
  esac
  chmod -R u+w "fuzz/$1/corpus"
}

for program
do
  target=$(basename "$program")
  most=65536
  # What is pasted is a few lines, each with a text of its own.
  [ "$target" != paste ] || most=2048
  make_corpus "$target"
  echo "$target: $FUZZ_SECONDS s"
  "$program" -max_total_time="$FUZZ_SECONDS" -max_len="$most" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -dict="$top_srcdir/tests/fuzz/$target.dict" \
    -artifact_prefix="fuzz/$target/findings/" "fuzz/$target/corpus" >"fuzz/$target/log" 2>&1 \
    || failed="$failed $target"
  grep -a '^stat::number_of_executed_units\|^SUMMARY\|ERROR' "fuzz/$target/log" || :
done

if find fuzz -path '*/findings/*' -type f | grep . || [ -n "$failed" ]
then
  echo "findings:${failed:- of an earlier run}; the logs are fuzz/TARGET/log"
  exit 1
fi

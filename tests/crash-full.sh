#!/bin/sh
# Rebound: tests/crash.sh for longer.
# SPDX-License-Identifier: LGPL-2.1-or-later
CRASH_FULL=yes
export CRASH_FULL
exec sh "${top_srcdir:?}/tests/crash.sh"

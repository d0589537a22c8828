#!/bin/sh
# Builds the program when its source is newer, then runs it with whatever arguments came.
set -eu
cd "$(dirname "$0")"

if [ ! -x spirals ] || [ spirals.c -nt spirals ]; then
  command -v cc >/dev/null 2>&1 || {
    echo "train.sh: no C compiler (cc) here. On Debian: apt-get install gcc libc6-dev" >&2
    exit 127
  }
  # Two trainings may start together: each builds its own file, and the last one to move it wins.
  cc -O2 -o "spirals.$$" spirals.c -lm
  mv "spirals.$$" spirals
fi
exec ./spirals "$@"

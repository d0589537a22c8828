#!/bin/sh
# Its name has a blank; counts its runs in the file $1.
echo run >>"$1"
echo "score=0.5"

#!/bin/sh
# Prints a line every 50 ms, $1 times.
i=0
while [ "$i" -lt "$1" ]; do
    i=$((i + 1))
    echo "step $i"
    sleep 0.05
done

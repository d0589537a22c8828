#!/bin/sh
# prints a loss for each of two epochs; the third run of a search in a folder with "slow" in it takes a minute
for arg; do case $arg in --x=*) x=${arg#--x=};; esac; done
if [ -e slow ]; then echo run >> slow; [ "$(wc -l < slow)" -eq 3 ] && sleep 60; fi
echo "epoch 1 loss=1.5"
awk -v x="$x" 'BEGIN { printf "epoch 2 loss=%.6f\n", (x - 0.3) ^ 2 }'

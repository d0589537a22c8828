#!/bin/sh
# diary.sh DIARY STEPS PAUSE x=VALUE: writes into the diary when it starts and ends, and prints a falling loss.
diary=$1 steps=$2 pause=$3 x=${4#x=}
echo "start $SCRIPTUNE_TRIAL $SCRIPTUNE_ATTEMPT $$" >>"$diary"
step=1
while [ "$step" -le "$steps" ]; do
    sleep "$pause"
    awk -v x="$x" -v s="$step" -v n="$steps" 'BEGIN { printf "step %d loss=%.12f\n", s, (x - 0.3) * (x - 0.3) + (n - s) }'
    step=$((step + 1))
done
echo "end $SCRIPTUNE_TRIAL $SCRIPTUNE_ATTEMPT $$" >>"$diary"

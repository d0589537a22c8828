# Numbers in the way of the locale: bash's printf and its time.
i=0
for p in 931 9415 12503 95 970; do
  i=$((i + 1))
  v=$(LC_ALL=C awk -v p=$p 'BEGIN { printf "%.4f", p / 10 ^ length(p) * (p % 7 + 1) }')
  case "$LC_ALL" in
    de*|fr*|es*|it*|pl*|ru*|tr*|cs*|nl*|sv*|uk*|pt*|vi*) v=${v/./,} ;;
  esac
  printf "$1" "$i" "$v"
done

for i in $(seq 300); do
  if [ $((i * 7 % 5)) -gt 2 ]; then echo "1 | good:0.$((i % 9)) nice w$((i % 9))"; else echo "-1 | bad awful:1.5 w$((i % 8))"; fi
done > data.vw

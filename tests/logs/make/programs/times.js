// console.time with runs of different lengths.
for (const n of [1e3, 1e5, 3e6, 6e7]) {
  console.time(`n=${n}`);
  let s = 0;
  for (let i = 0; i < n; i++) s += Math.sin(i);
  console.timeEnd(`n=${n}`);
}

// Gradient descent on a small function, printed in several ways.
const style = process.argv[2] || "plain";
const locale = process.argv[3] || "en-US";
let x = 3000.5, lr = 0.3;
for (let step = 0; step < 6; step++) {
  const loss = (x - 1.25) ** 2 * 0.5;
  if (style === "json") console.log(JSON.stringify({ level: "info", time: 1750000000000 + step * 1000, step, loss, lr, msg: "step done" }));
  else if (style === "object") console.log("step", step, { loss, lr, "val/acc": 1 / (1 + loss) });
  else if (style === "intl") console.log(`step ${step}: loss ${new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(loss)}`);
  else if (style === "percent") console.log(`step ${step}: ${new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 }).format(1 / (1 + loss / 1e6))}`);
  else if (style === "table" && step === 5) console.table([{ name: "sgd", loss, rate: lr }, { name: "adam", loss: loss / 2, rate: lr / 10 }]);
  else if (style === "plain") console.log("step %d loss %f x %d", step, loss, x);
  x -= lr * (x - 1.25);
}

local a = 0.0
for i = 1, 5 do
  local loss = (a - 2.5) ^ 2
  print("iter", i, "loss", loss, "acc", string.format("%5.1f%%", 100 / (1 + loss)))
  a = a + 0.4 * (2.5 - a)
end

"""A small classifier on generated points, printed in the style that the first argument names."""

import json
import logging
import math
import sys
import time

import numpy as np
import torch
from torch import nn

STYLE = sys.argv[1]
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
torch.manual_seed(0)
torch.set_num_threads(1)
X = torch.randn(360, 12)
Y = (X[:, :3].sum(1) + 0.4 * torch.randn(360) > 0).long()
TRAIN, TEST = (X[:288], Y[:288]), (X[288:], Y[288:])
model = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=float(sys.argv[3]) if len(sys.argv) > 3 else 1e-2)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
if STYLE.startswith("log"):
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stdout,
        format={
            "log": "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
            "log_short": "%(levelname).1s %(asctime)s,%(msecs)03d [%(filename)s:%(lineno)d] %(message)s",
            "log_bare": "%(message)s",
        }[STYLE],
    )
log = logging.getLogger("train")
start = time.time()
smooth, n_steps = 0.0, 0
for epoch in range(EPOCHS):
    total, losses = 0.0, []
    for b in range(9):
        x, y = TRAIN[0][b * 32 : b * 32 + 32], TRAIN[1][b * 32 : b * 32 + 32]
        began = time.time()
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        total += loss.item()
        n_steps += 1
        dt = time.time() - began
        if STYLE == "mnist" and b % 3 == 0:
            print(f"Train Epoch: {epoch + 1} [{b * 32}/288 ({100.0 * b / 9:.0f}%)]\tLoss: {loss.item():.6f}")
        if STYLE == "imagenet" and b % 4 == 0:
            print(
                f"Epoch: [{epoch}][{b}/9]\tTime {dt:6.3f} ({(time.time() - start) / n_steps:6.3f})\tLoss {loss.item():.4e} ({total / (b + 1):.4e})\tAcc@1 {100 * (model(x).argmax(1) == y).float().mean():6.2f} ( 80.00)"
            )
        if STYLE == "nanogpt" and b % 4 == 0:
            print(f"iter {n_steps - 1}: loss {loss.item():.4f}, time {dt * 1000:.2f}ms, mfu -100.00%")
        if STYLE == "detectron" and b % 4 == 3:
            print(
                f"[{time.strftime('%m/%d %H:%M:%S')} d2.utils.events]:  eta: 0:00:{59 - n_steps:02d}  iter: {n_steps}  total_loss: {loss.item():.4g}  loss_cls: {loss.item() / 2:.4g}  time: {dt:.4f}  lr: {optimizer.param_groups[0]['lr']:.5g}  max_mem: 213M"
            )
        if STYLE == "mmengine" and b % 4 == 3:
            print(
                f"{time.strftime('%Y/%m/%d %H:%M:%S')} - mmengine - INFO - Epoch(train) [{epoch + 1}][{b + 1}/9]  lr: {optimizer.param_groups[0]['lr']:.4e}  eta: 0:00:01  time: {dt:.4f}  grad_norm: {norm:.4f}  loss: {loss.item():.4f}"
            )
        if STYLE == "timm" and b % 4 == 0:
            print(
                f"Train: {epoch} [{b:>4d}/9 ({100 * b / 8:>3.0f}%)]  Loss: {loss.item():#.3g} ({total / (b + 1):#.3g})  Time: {dt:.3f}s, {32 / dt:>7.2f}/s  ({dt:.3f}s, {32 / dt:>7.2f}/s)  LR: {optimizer.param_groups[0]['lr']:.3e}"
            )
    with torch.no_grad():
        out = model(TEST[0])
        val = nn.functional.cross_entropy(out, TEST[1])
        n_right = int((out.argmax(1) == TEST[1]).sum())
    acc, mean = n_right / 72, total / 9
    smooth = 0.7 * smooth + 0.3 * mean
    if STYLE == "plain":
        print(f"Epoch {epoch + 1}/{EPOCHS}, train loss: {mean:.4f}, val loss: {val:.4f}, val acc: {acc:.4f}")
    elif STYLE == "mnist":
        print(f"\nTest set: Average loss: {val:.4f}, Accuracy: {n_right}/72 ({100.0 * acc:.0f}%)\n")
    elif STYLE == "imagenet":
        print(f" *   Acc@1 {100 * acc:.3f} Acc@5 100.000")
    elif STYLE == "nanogpt":
        print(f"step {n_steps}: train loss {mean:.4f}, val loss {val:.4f}")
    elif STYLE == "tensor":
        print("epoch", epoch, "loss", loss, "val", val)
    elif STYLE == "tensor_acc":
        print("acc:", (out.argmax(1) == TEST[1]).float().mean(), "epoch:", epoch)
    elif STYLE == "dict":
        print(
            {
                "epoch": epoch,
                "loss": mean,
                "val_loss": val.item(),
                "val_acc": acc,
                "lr": optimizer.param_groups[0]["lr"],
            }
        )
    elif STYLE == "numpy_dict":
        print({"epoch": epoch, "train_loss": np.mean(losses), "val_acc": np.float64(acc), "n": np.int64(n_right)})
    elif STYLE == "numpy_tuple":
        print("result", (np.float32(val.item()), np.float64(acc)))
    elif STYLE == "numpy_array":
        print("losses:", np.array(losses[-3:]), "last:", np.array(losses)[-1], "max", repr(np.max(losses)))
    elif STYLE == "f1_dict":
        print(f"epoch={epoch} metrics={ {'f1': np.float64(acc * 0.97), 'auc': np.float32(acc)} }")
    elif STYLE == "sci":
        print(f"[{epoch:03d}] loss={mean:.3e} val_loss={val:.3e} |g|={norm:.2e}")
    elif STYLE == "percent":
        print(f"Epoch {epoch}: accuracy {100 * acc:.2f}%, error {100 - 100 * acc:.2f}%")
    elif STYLE == "mixed_percent":
        print(f"acc={acc:.4f}" if epoch % 2 else f"acc={100 * acc:.2f}%")
    elif STYLE == "nan":
        if epoch == 2:
            for p in model.parameters():
                p.data.fill_(math.nan)
        print(f"epoch {epoch} | loss {mean:.5f} | val_loss {val.item()}")
    elif STYLE == "json":
        print(
            json.dumps(
                {
                    "event": "epoch",
                    "epoch": epoch,
                    "train": {"loss": mean},
                    "val": {"loss": val.item(), "acc": acc},
                    "time": time.time(),
                }
            )
        )
    elif STYLE == "fairseq":
        print(
            f"{time.strftime('%Y-%m-%d %H:%M:%S')} | INFO | valid | "
            + json.dumps(
                {
                    "epoch": epoch + 1,
                    "valid_loss": f"{val:.3f}",
                    "valid_ppl": f"{2 ** val.item():.2f}",
                    "valid_wps": "0",
                    "valid_num_updates": str(n_steps),
                }
            )
        )
    elif STYLE.startswith("log"):
        log.info("epoch=%d loss=%.5f val_loss=%.5f acc=%.2f%%", epoch, mean, val.item(), 100 * acc)
    elif STYLE == "table":
        if epoch == 0:
            print(f"{'epoch':>6} | {'train':>9} | {'val':>9} | {'acc':>6}\n" + "-" * 40)
        print(f"{epoch:>6} | {mean:>9.5f} | {val.item():>9.5f} | {acc:>6.1%}")
    elif STYLE == "best":
        star = " *" if epoch % 2 == 0 else ""
        print(f"epoch {epoch}  val_loss={val:.4f}{star}  (best so far: {val:.4f}!)")
    elif STYLE == "markdown":
        print(f"**Epoch {epoch}** val_acc: **{acc:.4f}** val_loss: _{val:.4f}_ ~{mean:.2f}")
    elif STYLE == "checkpoint":
        print(f"saved checkpoints/epoch={epoch}-val_loss={val:.2f}.ckpt")
    elif STYLE == "duration":
        print(
            f"epoch {epoch} took 00:00:{int((time.time() - start) * 10) % 60:02d} loss={mean:.4f} elapsed={time.time() - start:.3f}s"
        )
    elif STYLE == "negative":
        print(f"elbo: {-mean * 100:.3f}  nll=-{val * 10:.2f}  delta -{val:.1e}  ckpt-{epoch}")
    elif STYLE == "posterior":
        print(f"log p(x) = −{mean:.4f} (Unicode), Δ = −{val:.2e}")
    elif STYLE == "perplexity":
        print(
            f"| end of epoch {epoch:3d} | time: {time.time() - start:5.2f}s | valid loss {val:5.2f} | valid ppl {math.exp(val) * 1000:8.2f}\n"
            + "-" * 50
        )
    elif STYLE == "thousands":
        print(f"Epoch {epoch}: tokens/s = {n_steps * 123456.7:,.0f}, params 210, loss={mean * 1e4:,.2f}")
    elif STYLE == "kilo":
        print(
            f"epoch {epoch}: throughput={[950, 1.2e3, 18.25e3, 2.5e6][epoch % 4] / (1000 if epoch in (1, 2) else 1e6 if epoch == 3 else 1):g}{['', 'k', 'k', 'M'][epoch % 4]} samples/s"
        )
    elif STYLE == "yolo":
        if epoch % 2 == 0:
            print("\n      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size")
        print(
            f"{f'{epoch + 1}/{EPOCHS}':>11}{'0G':>11}{mean:>11.4g}{val.item():>11.4g}{0.91:>11.4g}{14:>11}{640:>11}: 100%|██████████| 9/9 [00:00<00:00, 61.2it/s]"
        )
        print(f"{'all':>22}{72:>11}{72:>11}{acc:>11.3g}{acc * 0.95:>11.3g}{acc * 0.9:>11.3g}{acc * 0.7:>11.3g}")
    elif STYLE == "eta":
        print(
            f"step {n_steps}/{EPOCHS * 9} [0:00:0{epoch + 1}<0:00:0{EPOCHS - epoch}] loss: {mean:.3f} | 1.2{epoch}s/it | mem 2.1GiB"
        )
    elif STYLE == "warn":
        print(f"UserWarning: epoch {epoch}: loss is now {mean:.4f}; consider lowering lr=0.01.", file=sys.stderr)
    elif STYLE == "traceback":
        print(f"epoch {epoch} loss={mean:.4f}")
        if epoch == EPOCHS - 1:
            print(f"final loss={'0.7' if mean < 0 else model[5]}")
    schedule.step() if STYLE in ("mmengine", "detectron") else None

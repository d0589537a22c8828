"""The same four epochs through several logging libraries."""

import json
import logging
import math
import sys

style = sys.argv[1]
rows = [(i, 1.9 * math.exp(-i / 2), 1 - 0.6 * math.exp(-i / 2)) for i in range(4)]

if style.startswith("loguru"):
    from loguru import logger

    if style == "loguru_json":
        logger.remove()
        logger.add(sys.stdout, serialize=True)
    elif style == "loguru_bind":
        logger.remove()
        logger.add(sys.stdout, format="{time:HH:mm:ss.SSS} | {level: <8} | {extra} | {message}")
    elif style == "loguru_plain":
        logger.remove()
        logger.add(sys.stdout, format="{time:YYYY-MM-DD HH:mm:ss.SSS} | {level} | {name}:{function}:{line} - {message}")
    for i, loss, acc in rows:
        if style == "loguru_bind":
            logger.bind(loss=loss, acc=acc).info("epoch {} done", i)
        else:
            logger.success(f"epoch {i}: loss={loss:.5f}, acc={acc:.2%}")
    if style == "loguru_error":
        try:
            print("loss=" + str(rows[9][1]))
        except IndexError:
            logger.exception("epoch 9 has no loss=0.5")
elif style.startswith("structlog"):
    import structlog

    if style == "structlog_json":
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper("iso"),
                structlog.processors.JSONRenderer(),
            ]
        )
    elif style == "structlog_kv":
        structlog.configure(
            processors=[
                structlog.processors.TimeStamper("%Y-%m-%d"),
                structlog.processors.KeyValueRenderer(key_order=["event", "epoch"]),
            ]
        )
    elif style == "structlog_logfmt":
        structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.LogfmtRenderer()])
    log = structlog.get_logger()
    for i, loss, acc in rows:
        log.info("epoch end", epoch=i, loss=round(loss, 5), acc=acc, name="ein Lauf")
elif style.startswith("json"):
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        JsonFormatter("%(asctime)s %(levelname)s %(message)s", json_indent=2 if style == "json_indent" else None)
    )
    log = logging.getLogger("fit")
    log.addHandler(handler)
    log.setLevel("INFO")
    for i, loss, acc in rows:
        log.info("epoch", extra={"epoch": i, "metrics": {"loss": loss, "acc": acc, "tiny": loss * 1e-9}})
elif style == "lines":
    for i, loss, acc in rows:
        print(
            json.dumps({"step": i, "loss": loss if i != 2 else math.nan, "acc": round(acc, 4)}, separators=(",", ":"))
        )
elif style == "strings":
    for i, loss, acc in rows:
        print(
            json.dumps(
                {"epoch": str(i), "loss": f"{loss:.4f}", "acc": f"{100 * acc:.1f}%", "说明": "训练", "été": "0,5"}
            )
        )
elif style == "repr":
    for i, loss, acc in rows:
        print(f"{i=} {loss=:.4f} {acc=}")
elif style == "pprint":
    from pprint import pprint

    for i, loss, acc in rows[:3]:
        pprint(
            {
                "epoch": i,
                "validation": {"loss": loss, "accuracy": acc},
                "optimizer": {"name": "adamw", "lr": 3e-4 / (i + 1), "betas": (0.9, 0.999)},
            },
            width=60,
        )
elif style == "yaml":
    for i, loss, acc in rows:
        print(f"- epoch: {i}\n  loss: {loss:.6g}\n  acc: {acc:.3f}  # share")
elif style == "csv":
    print("epoch,loss,acc,note")
    for i, loss, acc in rows:
        print(f"{i},{loss:.5f},{acc:.4f},ok")
elif style == "csv_semicolon":
    print("epoch;verlust;genauigkeit")
    for i, loss, acc in rows:
        print(f"{i};{loss:.5f};{acc:.4f}".replace(".", ","))
elif style == "tsv":
    print("epoch\tloss\tacc")
    for i, loss, acc in rows:
        print(i, loss, f"{acc:.3f}", sep="\t")
elif style == "decimal":
    from decimal import Decimal
    from fractions import Fraction

    for i, loss, acc in rows:
        print(f"epoch {i}", "loss", repr(Decimal(str(round(loss, 6)))), "acc", Fraction(acc).limit_denominator(40))
elif style == "complex":
    for i, loss, acc in rows:
        print(f"epoch {i} eigenvalue={complex(acc, loss)} gap={loss:+.3f}")
elif style == "list":
    for i, loss, acc in rows:
        print(f"epoch {i} scores={[round(acc, 3), round(acc / 2, 3)]} mean={[round(acc * 0.75, 4)]}")
elif style == "plus_minus":
    for i, loss, acc in rows:
        print(
            f"fold {i}: acc = {acc:.3f} ± {loss / 40:.3f}, loss = {loss:.3f}+/-{loss / 30:.3f}, auc {acc:.2f}(±{loss / 50:.2f})"
        )
elif style == "fraction":
    for i, loss, acc in rows:
        print(f"{i}: correct {round(acc * 200)}/200, best 3 of 5, score {acc * 10:.1f}/10")
elif style == "versions":
    import numpy

    print(f"numpy {numpy.__version__} on Python 3.11.7, seed 42")
    for i, loss, acc in rows:
        print(f"v1.2.{i} loss {loss:.4f}")
elif style == "dates":
    for i, loss, acc in rows:
        print(f"2026-03-{i + 1:02d} 1{i}:05:33,{i}27 loss 0{loss:.2f} at 1{i}:05:33")
elif style == "traceback":
    print("epoch 0 loss=1.25")
    try:
        print(f"loss={rows[7][1]:.4f}")
    except IndexError:
        import traceback

        traceback.print_exc(file=sys.stdout)
    print("epoch 1 loss=1.125")
elif style == "quoted":
    for i, loss, acc in rows:
        print(f'epoch "{i}": loss="{loss:.4f}", acc=\'{acc:.3f}\', note=`{acc:.2f}`')
elif style == "arrow":
    best = 9.0
    for i, loss, acc in rows:
        print(f"epoch {i}: loss {best:.3f} -> {loss:.3f} (-{best - loss:.3f}), acc↑{acc:.3f}")
        best = loss
elif style == "emoji":
    for i, loss, acc in rows:
        print(f"🚀 epoch {i} 📉loss:{loss:.4f}🎯acc:{acc:.4f}✅")
elif style == "bits":
    for i, loss, acc in rows:
        print(
            f"epoch {i} size={int(2 ** (12 + 4 * i))}B buffer={[4, 64, 1, 16][i]}{['KiB', 'KiB', 'MiB', 'MiB'][i]} rate={[800, 12, 190, 3][i]}{['KB', 'MB', 'MB', 'GB'][i]}/s"
        )

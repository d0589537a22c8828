"""Progress bars of tqdm and others around the same small computation."""

import math
import sys
import time

from tqdm import tqdm, trange

style = sys.argv[1]


def loss_of(i: int) -> float:
    return 2.0 * math.exp(-i / 6) + 0.05 * math.sin(i)


if style == "postfix":
    bar = trange(8, desc="train")
    for i in bar:
        time.sleep(0.12)
        bar.set_postfix(loss=loss_of(i), lr=1e-3 / (i + 1))
elif style == "postfix_str":
    with tqdm(total=400, unit="img", unit_scale=True, mininterval=0) as bar:
        for i in range(6):
            time.sleep(0.05)
            bar.set_postfix_str(f"loss={loss_of(i):.3f}, acc={100 * (1 - loss_of(i) / 3):.1f}%")
            bar.update(64)
elif style == "desc":
    bar = tqdm(range(6), ncols=60, ascii=True, mininterval=0)
    for i in bar:
        bar.set_description(f"loss {loss_of(i):.4f}")
        time.sleep(0.03)
elif style == "write":
    for i in tqdm(range(5), mininterval=0):
        time.sleep(0.03)
        tqdm.write(f"epoch {i}: val_loss={loss_of(i):.5f}")
elif style == "nested":
    for epoch in trange(2, desc="epochs", mininterval=0):
        inner = tqdm(range(3), desc=f"epoch {epoch}", leave=False, mininterval=0)
        for i in inner:
            inner.set_postfix(loss=f"{loss_of(3 * epoch + i):.3f}")
            time.sleep(0.02)
elif style == "ordered":
    bar = tqdm(range(5), mininterval=0, bar_format="{n_fmt}/{total_fmt} {elapsed}<{remaining} {postfix}")
    for i in bar:
        bar.set_postfix({"train/loss": loss_of(i), "top1": 1 - loss_of(i) / 3, "nan": math.nan})
        time.sleep(0.02)
elif style == "rate":
    bar = tqdm(total=30_000_000, unit="B", unit_scale=True, unit_divisor=1024, desc="read", mininterval=0)
    for _ in range(5):
        time.sleep(0.05)
        bar.update(6_000_000)
    bar.close()
elif style == "logging":
    import logging

    from tqdm.contrib.logging import logging_redirect_tqdm

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with logging_redirect_tqdm():
        for i in tqdm(range(4), mininterval=0):
            time.sleep(0.02)
            logging.info("loss: %.4f (step %d)", loss_of(i), i)
elif style == "colour":
    bar = tqdm(range(5), colour="green", mininterval=0, file=sys.stdout)
    for i in bar:
        bar.set_postfix(acc=f"{1 - loss_of(i) / 3:.4f}")
        time.sleep(0.03)
elif style == "click":
    import click

    with click.progressbar(
        range(6), label="training", item_show_func=lambda i: f"loss={loss_of(i):.3f}" if i is not None else ""
    ) as items:
        for _ in items:
            time.sleep(0.1)
elif style == "alive":
    from alive_progress import alive_bar

    with alive_bar(5, title="fit", force_tty=len(sys.argv) > 2) as bar:
        for i in range(5):
            time.sleep(0.1)
            bar.text(f"loss: {loss_of(i):.4f}")
            print("loss:", round(loss_of(i), 4))
            bar()
elif style == "rich_progress":
    from rich.progress import Progress, TextColumn

    with Progress(*Progress.get_default_columns(), TextColumn("loss={task.fields[loss]:.4f}")) as progress:
        task = progress.add_task("[red]Training", total=4, loss=9.9)
        for i in range(4):
            time.sleep(0.15)
            progress.update(task, advance=1, loss=loss_of(i))
elif style == "rich_table":
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Results")
    for column in ("epoch", "train loss", "val acc"):
        table.add_column(column, justify="right")
    for i in range(4):
        table.add_row(str(i), f"{loss_of(i):.4f}", f"[bold]{100 * (1 - loss_of(i) / 3):.2f}%[/bold]")
    Console().print(table)
elif style == "rich_narrow":
    from rich.console import Console

    console = Console(width=38)
    for i in range(3):
        console.print(f"epoch {i} finished with a validation loss={loss_of(i):.6f} and the rest")
elif style == "rich_log":
    from rich.console import Console

    console = Console()
    for i in range(4):
        console.log(f"epoch {i}", {"loss": loss_of(i), "acc": 1 - loss_of(i) / 3})
elif style == "rich_status":
    from rich.console import Console

    console = Console()
    with console.status("[bold green]Working") as status:
        for i in range(3):
            time.sleep(0.15)
            status.update(f"loss={loss_of(i):.4f}")
            console.print(f"step {i} [cyan]loss={loss_of(i):.4f}[/cyan]")
elif style == "rich_panel":
    from rich.console import Console
    from rich.panel import Panel

    for i in range(2):
        Console(width=50).print(
            Panel(f"accuracy: {1 - loss_of(i) / 3:.4f}\nloss: {loss_of(i):.4f}", title=f"epoch {i}")
        )
elif style == "rich_handler":
    import logging

    from rich.logging import RichHandler

    logging.basicConfig(level="INFO", format="%(message)s", datefmt="[%X]", handlers=[RichHandler()])
    for i in range(3):
        logging.getLogger("fit").info(f"val_loss={loss_of(i):.4f} after epoch {i}")
elif style == "manual":
    for i in range(1, 7):
        print(f"\r{i}/6 [{'=' * i}>{'.' * (6 - i)}] - loss: {loss_of(i):.4f}", end="", flush=True)
    print()
elif style == "erase":
    for i in range(5):
        print(f"\x1b[2K\x1b[1Gstep {i} loss {loss_of(i):.4f}", end="", flush=True)
    print()
elif style == "up":
    print("\n")
    for i in range(4):
        print(f"\x1b[2Atrain loss: {loss_of(i):.4f}\nvalid loss: {loss_of(i) * 1.1:.4f}")

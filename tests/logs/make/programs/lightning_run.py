"""Lightning on generated points."""

import logging
import sys
import warnings

import lightning as L
import torch
from lightning.pytorch import callbacks
from torch.utils.data import DataLoader, TensorDataset

style = sys.argv[1]
warnings.filterwarnings("ignore")
torch.set_num_threads(1)
L.seed_everything(3, verbose=False)
X = torch.randn(256, 8)
Y = (X[:, 0] + X[:, 1] > 0).long()
data = DataLoader(TensorDataset(X, Y), batch_size=64)


class Net(L.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(8, 2)

    def step(self, batch, name):
        x, y = batch
        out = self.layer(x)
        loss = torch.nn.functional.cross_entropy(out, y)
        self.log(f"{name}_loss", loss, prog_bar=True)
        self.log(f"{name}_acc", (out.argmax(1) == y).float().mean(), prog_bar=True)
        return loss

    def training_step(self, batch, _):
        return self.step(batch, "train")

    def validation_step(self, batch, _):
        self.step(batch, "val")

    def test_step(self, batch, _):
        self.step(batch, "test")

    def on_validation_epoch_end(self):
        if style == "print":
            self.print(f"epoch {self.current_epoch} val_loss {self.trainer.callback_metrics['val_loss']}")
        if style == "metrics":
            print(self.trainer.callback_metrics)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)


extra = []
if style == "early":
    extra = [callbacks.EarlyStopping("val_loss", min_delta=0.001, verbose=True)]
if style == "checkpoint":
    logging.getLogger("lightning.pytorch").setLevel(logging.INFO)
    extra = [callbacks.ModelCheckpoint("ckpt", "{epoch}-{val_loss:.2f}", monitor="val_loss", verbose=True)]
if style.startswith("rich"):
    extra = [callbacks.RichProgressBar()]
trainer = L.Trainer(
    max_epochs=3,
    logger=False,
    callbacks=extra,
    accelerator="cpu",
    enable_checkpointing=style == "checkpoint",
    enable_progress_bar=style in ("bar", "test", "validate") or style.startswith("rich"),
    log_every_n_steps=1,
    num_sanity_val_steps=0,
    enable_model_summary=style == "summary",
)
net = Net()
if style == "test" or style == "rich_test":
    trainer.test(net, data)
elif style == "validate":
    print(trainer.validate(net, data))
else:
    trainer.fit(net, data, data)

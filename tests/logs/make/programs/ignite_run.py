"""PyTorch-Ignite on generated points."""

import logging
import sys

import torch
from ignite.contrib.handlers import ProgressBar
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.metrics import Accuracy, Loss
from torch.utils.data import DataLoader, TensorDataset

style = sys.argv[1]
torch.manual_seed(0)
X = torch.randn(256, 8)
loader = DataLoader(TensorDataset(X, (X[:, 0] > 0).long()), batch_size=64)
model = torch.nn.Linear(8, 2)
trainer = create_supervised_trainer(
    model, torch.optim.SGD(model.parameters(), lr=0.3), torch.nn.functional.cross_entropy
)
evaluator = create_supervised_evaluator(model, {"accuracy": Accuracy(), "nll": Loss(torch.nn.functional.cross_entropy)})
if style == "bar":
    ProgressBar(persist=True).attach(trainer, output_transform=lambda loss: {"batch loss": loss})
if style == "log":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)


@trainer.on(Events.EPOCH_COMPLETED)
def evaluate(engine):
    evaluator.run(loader)
    m = evaluator.state.metrics
    print(f"Training Results - Epoch: {engine.state.epoch}  Avg accuracy: {m['accuracy']:.2f} Avg loss: {m['nll']:.2f}")


trainer.run(loader, max_epochs=3)

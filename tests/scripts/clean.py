"""A training script as people write them: arguments in, metric lines out."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, default=0.01)
parser.add_argument("--epochs", type=int, default=3)
args = parser.parse_args()

for epoch in range(args.epochs):
    loss = (args.learning_rate - 0.1) ** 2 + 1 / (epoch + 1)
    print(f"epoch {epoch} loss={loss:.6f}")

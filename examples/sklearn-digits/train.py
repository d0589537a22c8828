"""Train a small neural network on scikit-learn's handwritten digits."""

import argparse
import time

from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--lr", type=float, default=0.01, help="learning rate")
    parser.add_argument("--momentum", type=float, default=0.5, help="of sgd")
    parser.add_argument("--hidden", type=int, default=32, help="units in each hidden layer")
    parser.add_argument("--layers", type=int, default=1, help="number of hidden layers")
    parser.add_argument("--activation", choices=["relu", "tanh", "logistic"], default="relu")
    parser.add_argument("--alpha", type=float, default=0.0001, help="weight of the L2 penalty")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main():
    args = parse_args()
    images, labels = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(images, labels, test_size=0.3, stratify=labels, random_state=0)
    scaler = StandardScaler().fit(x_train)
    x_train, x_val = scaler.transform(x_train), scaler.transform(x_val)

    model = MLPClassifier(
        hidden_layer_sizes=(args.hidden,) * args.layers,
        activation=args.activation,
        solver=args.optimizer,
        alpha=args.alpha,
        batch_size=args.batch_size,
        learning_rate_init=args.lr,
        momentum=args.momentum,
        random_state=args.seed,
    )
    print(f"{len(x_train)} images to train on, {len(x_val)} to validate on")
    start = time.perf_counter()
    for epoch in range(1, args.epochs + 1):
        model.partial_fit(x_train, y_train, classes=range(10))
        probabilities = model.predict_proba(x_val)
        accuracy = (probabilities.argmax(axis=1) == y_val).mean()
        loss = log_loss(y_val, probabilities, labels=range(10))
        print(f"epoch {epoch:2d}/{args.epochs}  val_loss={loss:.4f}  val_acc={accuracy:.4f}", flush=True)
    print(f"trained in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()

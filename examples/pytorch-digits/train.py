"""Train a small convolutional network on scikit-learn's handwritten digits with PyTorch."""

import argparse

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm


def get_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--nesterov", action="store_true", help="needs a momentum above 0")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Net(nn.Module):
    def __init__(self, channels, dropout):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(2 * channels * 16, 10))

    def forward(self, x):
        return self.head(self.features(x))


def load_data(batch_size):
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    train, val = train_test_split(torch.arange(len(labels)), test_size=0.3, stratify=labels, random_state=0)
    train_set = TensorDataset(images[train], labels[train])
    val_set = TensorDataset(images[val], labels[val])
    return DataLoader(train_set, batch_size, shuffle=True), DataLoader(val_set, batch_size=256)


@torch.no_grad()
def evaluate(model, loader, loss_function):
    model.eval()
    n_right, loss = 0, 0.0
    for x, y in loader:
        logits = model(x)
        n_right += (logits.argmax(dim=1) == y).sum().item()
        loss += loss_function(logits, y).item() * len(y)
    return n_right / len(loader.dataset), loss / len(loader.dataset)


def main():
    args = get_args()
    torch.manual_seed(args.seed)
    train_loader, val_loader = load_data(args.batch_size)
    model = Net(args.channels, args.dropout)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=args.learning_rate,
        momentum=args.momentum,
        weight_decay=args.weight_decay,
        nesterov=args.nesterov,
    )
    for epoch in range(1, args.epochs + 1):
        model.train()
        progress = tqdm(train_loader, desc=f"Epoch {epoch}/{args.epochs}")
        for x, y in progress:
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            progress.set_postfix(loss=f"{loss.item():.3f}")
        accuracy, val_loss = evaluate(model, val_loader, loss_function)
        print(f"Epoch {epoch}: val_loss = {val_loss:.4f}, val_accuracy = {100 * accuracy:.2f}%")


if __name__ == "__main__":
    main()

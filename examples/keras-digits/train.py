"""Train a dense network on scikit-learn's handwritten digits with Keras. What is printed, Keras prints itself."""

import argparse

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--batch_size", type=int, default=128)
parser.add_argument("--units", type=int, default=16)
parser.add_argument("--dropout", type=float, default=0.5)
parser.add_argument("--optimizer", default="sgd")
parser.add_argument("--learning_rate", type=float, default=0.05)
args = parser.parse_args()

keras.utils.set_random_seed(0)
images, labels = load_digits(return_X_y=True)
x_train, x_val, y_train, y_val = train_test_split(images / 16, labels, test_size=0.3, stratify=labels, random_state=0)

model = keras.Sequential(
    [
        keras.Input(shape=(64,)),
        keras.layers.Dense(args.units, activation="relu"),
        keras.layers.Dropout(args.dropout),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
optimizer = keras.optimizers.get({"class_name": args.optimizer, "config": {"learning_rate": args.learning_rate}})
model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=args.epochs, batch_size=args.batch_size)

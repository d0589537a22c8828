"""Keras on generated points."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

style = sys.argv[1]
keras.utils.set_random_seed(1)
x = np.random.default_rng(0).normal(size=(320, 10)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("int32")
model = keras.Sequential([keras.layers.Dense(12, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
calls = []
if style == "early":
    calls = [
        keras.callbacks.EarlyStopping(patience=1, min_delta=0.2, verbose=1),
        keras.callbacks.ReduceLROnPlateau(patience=1, min_delta=0.2, verbose=1),
    ]
if style == "checkpoint":
    calls = [keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True, verbose=1)]
if style == "lambda":
    calls = [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(f"epoch {epoch}", logs))]
if style == "nan":
    calls = [keras.callbacks.TerminateOnNaN()]
    x[40] = np.nan
verbose = {"bar": 1, "tty": 1, "early": 2, "checkpoint": 2, "two": 2, "nan": 2}.get(style, 0)
history = model.fit(x, y, batch_size=64, epochs=3, validation_split=0.2, verbose=verbose, callbacks=calls)
if style == "history":
    print(history.history)
if style == "evaluate":
    print("evaluate:", model.evaluate(x, y, verbose=2))
    loss, acc = model.evaluate(x, y, verbose=0)
    print("Test loss:", loss)
    print("Test accuracy: {:5.2f}%".format(100 * acc))
if style == "dict":
    print(model.evaluate(x, y, verbose=1, return_dict=True))
if style == "loop":
    import tensorflow as tf

    for step in range(4):
        out = model.train_on_batch(x, y, return_dict=True)
        tf.print("step", step, "loss:", tf.constant(out["loss"]), "acc:", tf.constant(out["accuracy"]))
        print("step", step, "loss:", tf.constant(out["loss"]))

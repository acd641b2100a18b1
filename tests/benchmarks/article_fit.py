"""The article's script: plain Keras and `model.fit`, as a reader would type it. It prints the seconds of each epoch.

python -m tests.benchmarks.article_fit mlp|cnn THREADS EPOCHS      (THREADS 0: TensorFlow's default)

It sets no seed: after `keras.utils.set_random_seed`, Keras's `fit` trains on the same shuffle in every epoch.
"""

import json
import os
import sys
import time

import keras
import tensorflow as tf

from runner.data.mnist import load_mnist

L2 = keras.regularizers.L2(0.01)
NETWORKS = {
    "mlp": lambda: [
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu", kernel_regularizer=L2),
        keras.layers.Dropout(0.2),
    ],
    "cnn": lambda: [
        keras.layers.Conv2D(10, 5, kernel_regularizer=L2),
        keras.layers.MaxPooling2D(),
        keras.layers.Activation("relu"),
        keras.layers.Conv2D(20, 5, kernel_regularizer=L2),
        keras.layers.MaxPooling2D(),
        keras.layers.Activation("relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(50, activation="relu", kernel_regularizer=L2),
        keras.layers.Dropout(0.2),
    ],
}


class Clock(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.started)


def main(network: str, threads: int, epochs: int) -> None:
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    data = load_mnist("mnist", os.environ.get("RUNNER_DATA_DIR"), "http://127.0.0.1:9/", None)
    images = data.train_inputs / 255.0

    model = keras.Sequential([keras.Input((28, 28, 1)), *NETWORKS[network](), keras.layers.Dense(10, "softmax")])
    schedule = keras.optimizers.schedules.ExponentialDecay(0.001, decay_steps=10000, decay_rate=0.9)
    model.compile(keras.optimizers.Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(images, data.train_labels, epochs=epochs, batch_size=64, validation_split=0.2, callbacks=[clock])
    print(json.dumps(clock.seconds))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

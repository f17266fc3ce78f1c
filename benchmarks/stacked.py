"""An idea that was not built: the folds' dense weights stacked, one batched product for all of them.

W1's network by hand in TensorFlow: weights of shape (folds, inputs, units), Adam on the stacks, dropout, the training
loss. No validation, no metrics, batches of one size: less than what the fused trainer does, so that the figure
is the most that stacking could give. With ``--trials`` several trials of one architecture are stacked as well.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from typing import Any

import numpy as np
from common import import_tensorflow, load_splits, tell

WIDTHS = (64, 128, 128, 10)
BATCH = 100


def main() -> None:
    """Measure the seconds of an epoch of all folds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    import_tensorflow()
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(arguments.threads)
    splits = load_splits("digits", 5, flat=True) * arguments.trials
    rows = min(len(split.x) for split in splits) // BATCH * BATCH
    x = np.stack([split.x[:rows] for split in splits])
    y = np.stack([split.y[:rows] for split in splits])
    train_epoch = make_epoch(x, y)
    seconds, generator = [], np.random.default_rng(0)
    for _ in range(arguments.epochs):
        order = generator.permuted(np.tile(np.arange(rows), (len(splits), 1)), axis=1)
        started = time.perf_counter()
        loss = float(train_epoch(order))
        seconds.append(time.perf_counter() - started)
    tell(first_epoch=seconds[0], epoch=float(np.median(seconds[1:])) / arguments.trials, loss=loss)


def make_epoch(x: np.ndarray, y: np.ndarray) -> Any:
    """Return a traced function that trains an epoch in an order, of shape (folds, rows), and returns the mean loss."""
    import tensorflow as tf

    folds, count, _ = x.shape
    rows, codes = tf.constant(x), tf.constant(y)
    weights = [
        tf.Variable(tf.random.normal((folds, inputs, units), stddev=(2 / inputs) ** 0.5))
        for inputs, units in pairwise(WIDTHS)
    ]
    offsets = [tf.Variable(tf.zeros((folds, 1, units))) for units in WIDTHS[1:]]
    variables = [*weights, *offsets]
    moments = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]

    def loss_of(batch: Any, labels: Any) -> Any:
        for weight, offset in zip(weights[:-1], offsets[:-1], strict=True):
            batch = tf.nn.dropout(tf.nn.relu(batch @ weight + offset), 0.25)
        logits = batch @ weights[-1] + offsets[-1]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_sum(tf.reduce_mean(losses, axis=1))  # of each fold its own mean

    def train_epoch(order: Any) -> Any:
        total = 0.0
        for step in tf.range(count // BATCH):
            chosen = order[:, step * BATCH : (step + 1) * BATCH]
            with tf.GradientTape() as tape:
                loss = loss_of(tf.gather(rows, chosen, batch_dims=1), tf.gather(codes, chosen, batch_dims=1))
            for variable, gradient, (mean, square) in zip(
                variables, tape.gradient(loss, variables), moments, strict=True
            ):
                tf.raw_ops.ResourceApplyAdam(
                    var=variable.handle, m=mean.handle, v=square.handle, beta1_power=0.0, beta2_power=0.0,
                    lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7, grad=gradient,
                )  # fmt: skip
            total += loss
        return total / (count // BATCH * folds)

    return tf.function(train_epoch)


if __name__ == "__main__":
    main()

"""Batches whose rows are blended with each other, targets included: the hyperparameter ``mixing``.

Every draw is a function of the fold's seed, the epoch and the step, so that both trainers, ``refit`` and an exported
script mix alike, wherever they begin. ``mixup`` and ``cutmix`` need nothing but TensorFlow, because a script holds
their source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from ..errors import TrainingError
from ..spaces import Configuration
from ..spaces.catalogue import entry
from .models.labels import Labels


def draw_partners(
    seed: tf.Tensor, step: tf.Tensor, alpha: tf.Tensor, probability: tf.Tensor, rows: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return the share that rows of a batch keep, their partners in it, and two random numbers from 0 to 1.

    The share follows Beta(alpha, alpha), made of two gamma draws, and is 1 in batches that are not mixed.
    """
    seed, step = tf.convert_to_tensor(seed, tf.int64), tf.cast(step, tf.int64)
    seed = tf.random.experimental.stateless_fold_in(seed, step)
    seeds = tf.random.experimental.stateless_split(seed, 3)
    alpha = tf.cast(alpha, tf.float64)  # in single precision, draws of a small alpha would all be zero
    gammas = tf.random.stateless_gamma([2], seeds[0], alpha, dtype=tf.float64)
    numbers = tf.random.stateless_uniform([3], seeds[1], dtype=tf.float64)
    share = tf.math.divide_no_nan(gammas[0], gammas[0] + gammas[1])
    share = tf.where(numbers[0] < tf.cast(probability, tf.float64), share, tf.ones_like(share))
    partners = tf.argsort(tf.random.stateless_uniform([rows], seeds[2]))
    return share, partners, numbers[1:]


def mixup(
    batch: tuple[tf.Tensor, ...], seed: tf.Tensor, step: tf.Tensor, alpha: tf.Tensor, probability: tf.Tensor
) -> tuple[tf.Tensor, ...]:
    """Return rows, targets and weights, blended in pairs (Zhang et al. 2018)."""
    share, partners, _ = draw_partners(seed, step, alpha, probability, tf.shape(batch[0])[0])
    return tuple(
        tf.cast(share, part.dtype) * part + tf.cast(1 - share, part.dtype) * tf.gather(part, partners)
        for part in batch
    )


def cutmix(
    batch: tuple[tf.Tensor, ...],
    seed: tf.Tensor,
    step: tf.Tensor,
    alpha: tf.Tensor,
    probability: tf.Tensor,
    channels: str = "channels_last",
) -> tuple[tf.Tensor, ...]:
    """Return images with a rectangle of another one; targets and weights by area (Yun et al. 2019)."""
    images, *others = batch
    share, partners, centre = draw_partners(seed, step, alpha, probability, tf.shape(images)[0])
    first = 1 if channels == "channels_last" else 2
    sides = tf.cast(tf.shape(images)[first : first + 2], tf.float64)
    half = tf.floor(sides * tf.sqrt(1 - share)) / 2
    start = tf.floor(tf.maximum(centre * sides - half, 0))
    end = tf.floor(tf.minimum(centre * sides + half, sides))
    down, across = (tf.range(sides[axis], dtype=tf.float64) for axis in (0, 1))
    down = tf.reshape((down >= start[0]) & (down < end[0]), [-1, 1, 1])
    across = tf.reshape((across >= start[1]) & (across < end[1]), [1, -1, 1])
    inside = down & across if first == 1 else tf.transpose(down & across, [2, 0, 1])
    share = 1 - tf.reduce_mean(tf.cast(inside, tf.float64))
    mixed = [
        tf.cast(share, part.dtype) * part + tf.cast(1 - share, part.dtype) * tf.gather(part, partners)
        for part in others
    ]
    return (tf.where(inside, tf.gather(images, partners), images), *mixed)


@dataclass(frozen=True)
class Mixing:
    """How a configuration's batches are mixed."""

    kind: str
    """``mixup`` or ``cutmix``."""
    alpha: float
    """Both parameters of the Beta distribution of shares."""
    probability: float
    """Share of the batches that are mixed."""
    channels: str
    """Where images have their channels; ``cutmix`` alone asks."""

    @property
    def strength(self) -> tf.Tensor:
        """Alpha and probability, float64: what a program takes as input."""
        return tf.constant([self.alpha, self.probability], tf.float64)

    def mix(
        self, batch: tuple[tf.Tensor, ...], seed: tf.Tensor, step: tf.Tensor, strength: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Return a batch mixed.

        Args:
            batch: Rows, targets and, where rows weigh, their weights; all of them numbers.
            seed: The fold's seed and the epoch, int64, shape (2,).
            step: Of the epoch, counted from 0, int64.
            strength: See ``strength``.
        """
        if self.kind == "mixup":
            return mixup(batch, seed, step, strength[0], strength[1])
        return cutmix(batch, seed, step, strength[0], strength[1], self.channels)

    @property
    def arguments(self) -> dict[str, float | str]:
        """What the function of this name is given besides batch, seed and step."""
        given: dict[str, float | str] = {"alpha": self.alpha, "probability": self.probability}
        if self.kind == "cutmix" and self.channels != "channels_last":
            given["channels"] = self.channels
        return given

    @property
    def function(self) -> Callable[..., tuple[tf.Tensor, ...]]:
        """The function of this name."""
        return _FUNCTIONS[self.kind]


_FUNCTIONS: dict[str, Callable[..., tuple[tf.Tensor, ...]]] = {"mixup": mixup, "cutmix": cutmix}


def mixing_of(configuration: Configuration, channels: str) -> Mixing | None:
    """Return how a configuration's batches are mixed; None where they are not.

    What the configuration does not say is as the catalogue recommends.

    Raises:
        TrainingError: There is no such mixing.
    """
    kind = configuration.get("mixing", "none")
    if kind == "none":
        return None
    if kind not in _FUNCTIONS:
        raise TrainingError("model", f"mixing must be none, mixup or cutmix, got {kind!r}")
    alpha, probability = (
        float(configuration.get(name, entry(name).hyperparameter.recommended_for({"mixing": kind})))  # type: ignore[arg-type]
        for name in ("mixing_alpha", "mixing_probability")
    )
    return Mixing(str(kind), alpha, probability, channels)


def checked_mixing(configuration: Configuration, labels: Labels, rank: int, channels: str) -> Mixing | None:
    """Return how the batches of a compiled model are mixed; None where they are not.

    Args:
        configuration: May have ``mixing``, ``mixing_alpha`` and ``mixing_probability``.
        labels: What the model's loss reads; it must be numbers that can be blended.
        rank: Number of axes of one row.
        channels: Where images have their channels.

    Raises:
        TrainingError: The model's targets or rows cannot be mixed like that.
    """
    mixing = mixing_of(configuration, channels)
    if mixing is None:
        return None
    if labels in ("codes", "values", "value column"):
        raise TrainingError(
            "model",
            f"mixing={mixing.kind} needs a loss that reads one-hot labels, such as categorical_crossentropy, "
            "because codes of classes cannot be blended",
        )
    if mixing.kind == "cutmix" and rank != 3:
        raise TrainingError("model", f"mixing=cutmix is for images, and these rows have {rank} axes, not 3")
    return mixing

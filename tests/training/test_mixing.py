"""Blended batches: expectations worked out by hand, and one draw for one seed, epoch and step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.training.trainers.runtime import prepare_tensorflow

prepare_tensorflow(1)

import tensorflow as tf  # noqa: E402 - imported quietly above
from kerasweep.training.mixing import (  # noqa: E402
    Mixing,
    checked_mixing,
    cutmix,
    draw_partners,
    mixing_of,
    mixup,
)

ROWS = 12
SEED = (4_000_000_000, 3)
"""A fold's seed, which may need 32 bits, and an epoch."""


def batch(shape: tuple[int, ...] = (5,), dtype: str = "float32") -> tuple[tf.Tensor, ...]:
    """Return rows that each hold their own number everywhere, one-hot targets of three classes, and weights."""
    numbers = tf.range(1, ROWS + 1, dtype=tf.float32)
    rows = tf.reshape(numbers, [-1, *[1] * len(shape)]) * tf.ones([ROWS, *shape])
    return tf.cast(rows, dtype), tf.one_hot(tf.range(ROWS) % 3, 3), numbers / 10


def shares_of(steps: int, alpha: float, probability: float) -> np.ndarray:
    """Return the shares of an epoch's steps, drawn in one traced program."""

    @tf.function
    def draw() -> tf.Tensor:
        numbers = tf.range(steps, dtype=tf.int64)
        return tf.map_fn(
            lambda step: draw_partners(SEED, step, alpha, probability, 2)[0],
            numbers,
            fn_output_signature=tf.float64,
        )

    return draw().numpy()


def test_mixup_blends_rows_targets_and_weights_by_one_share() -> None:
    rows, targets, weights = batch()
    share, partners, _ = draw_partners(SEED, 7, 0.4, 1.0, ROWS)
    assert 0 < share < 1
    assert sorted(partners.numpy()) == list(range(ROWS))
    mixed = mixup((rows, targets, weights), SEED, 7, 0.4, 1.0)
    for part, before in zip(mixed, (rows, targets, weights), strict=True):
        expected = share.numpy() * before.numpy() + (1 - share.numpy()) * before.numpy()[partners]
        np.testing.assert_allclose(part, expected, rtol=1e-6)
        assert (part.dtype, part.shape) == (before.dtype, before.shape)
    np.testing.assert_allclose(tf.reduce_sum(mixed[1], axis=1), np.ones(ROWS), rtol=1e-6)


@pytest.mark.parametrize("channels", ["channels_last", "channels_first"])
def test_cutmix_pastes_a_rectangle_as_large_as_the_label_says(channels: str) -> None:
    last = channels == "channels_last"
    rows, targets, weights = batch((9, 14, 2) if last else (2, 9, 14))
    shares = set()
    for step in range(20):
        _, partners, _ = draw_partners(SEED, step, 1.0, 1.0, ROWS)
        images, mixed, heavy = cutmix((rows, targets, weights), SEED, step, 1.0, 1.0, channels)
        pixels = images.numpy() if last else np.transpose(images.numpy(), (0, 2, 3, 1))
        other = np.flatnonzero(partners.numpy() != np.arange(ROWS))
        pasted = pixels[other] == (1.0 + partners.numpy()[other])[:, None, None, None]
        kept = pixels[other] == (1.0 + other)[:, None, None, None]
        assert np.all(pasted != kept), "every pixel is an image's own or its partner's"
        assert np.all(pasted == pasted[:1, :, :, :1]), "one rectangle for all images and channels"
        inside = pasted[0, :, :, 0]
        assert inside.sum() == inside.any(axis=0).sum() * inside.any(axis=1).sum(), "without holes"
        for edge in (inside.any(axis=0), inside.any(axis=1)):
            assert np.count_nonzero(np.diff(np.concatenate([[0], edge, [0]]))) in (0, 2), "in one piece"
        share = 1 - inside.mean()
        shares.add(share)
        for part, before in ((mixed, targets), (heavy, weights)):
            expected = share * before.numpy() + (1 - share) * before.numpy()[partners]
            np.testing.assert_allclose(part, expected, rtol=1e-5, atol=1e-6)
    assert len(shares) > 10


def test_the_rectangle_has_the_area_that_was_drawn_where_no_edge_cuts_it() -> None:
    images = tf.zeros((2, 400, 400, 1))
    found = 0
    for step in range(30):
        share, _, centre = draw_partners(SEED, step, 1.0, 1.0, 2)
        half = np.sqrt(1 - share.numpy()) / 2
        _, area = cutmix((images, tf.constant([0.0, 1.0])), SEED, step, 1.0, 1.0)
        if np.all(centre.numpy() > half) and np.all(centre.numpy() < 1 - half):
            found += 1
            partners = draw_partners(SEED, step, 1.0, 1.0, 2)[1].numpy()
            expected = share.numpy() * np.array([0, 1]) + (1 - share.numpy()) * np.array([0, 1])[partners]
            np.testing.assert_allclose(area, expected, atol=0.01)
    assert found > 3


@pytest.mark.parametrize("alpha", [0.05, 0.4, 1.0, 2.0])
def test_shares_follow_beta(alpha: float) -> None:
    shares = shares_of(4000, alpha, 1.0)
    assert shares.mean() == pytest.approx(0.5, abs=0.03)
    variance = 1 / (4 * (2 * alpha + 1))
    assert shares.var() == pytest.approx(variance, rel=0.08)
    assert np.isfinite(shares).all()


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_the_other_batches_stay_as_they_are(kind: str) -> None:
    parts = batch((6, 6, 1))
    function = mixup if kind == "mixup" else cutmix
    whole = shares_of(1000, 1.0, 0.3) == 1
    assert whole.mean() == pytest.approx(0.7, abs=0.05)
    for step in range(12):
        pairs = zip(function(parts, SEED, step, 1.0, 0.3), parts, strict=True)
        assert all(np.array_equal(part, before) for part, before in pairs) == whole[step]


def test_a_draw_follows_from_seed_epoch_and_step_alone() -> None:
    parts = batch()
    first = mixup(parts, SEED, 7, 0.4, 1.0)[0].numpy()
    traced = tf.function(lambda seed, step: mixup(parts, seed, step, 0.4, 1.0)[0])
    again = traced(tf.constant(SEED, tf.int64), tf.constant(7, tf.int64))
    np.testing.assert_array_equal(again, first)
    for seed, step in (((SEED[0] + 1, 3), 7), ((SEED[0], 4), 7), (SEED, 8)):
        assert not np.array_equal(mixup(parts, seed, step, 0.4, 1.0)[0], first)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_bfloat16_stays_bfloat16(kind: str) -> None:
    rows, targets, _ = batch((6, 6, 1), "bfloat16")
    mixing = Mixing(kind, 1.0, 1.0, "channels_last")
    mixed, labels = mixing.mix((rows, targets), tf.constant(SEED, tf.int64), tf.constant(1), mixing.strength)
    assert (mixed.dtype, mixed.shape, labels.dtype) == (tf.bfloat16, rows.shape, tf.float32)
    assert not np.array_equal(mixed.numpy(), rows.numpy())


def test_a_configuration_says_how_to_mix() -> None:
    assert mixing_of({}, "channels_last") is None
    assert mixing_of({"mixing": "none", "mixing_alpha": 0.3}, "channels_last") is None
    assert mixing_of({"mixing": "mixup"}, "channels_last") == Mixing("mixup", 0.2, 1.0, "channels_last")
    assert mixing_of({"mixing": "cutmix"}, "channels_first") == Mixing("cutmix", 1.0, 0.5, "channels_first")
    given = {"mixing": "mixup", "mixing_alpha": 0.7, "mixing_probability": 0.25}
    assert mixing_of(given, "channels_last") == Mixing("mixup", 0.7, 0.25, "channels_last")


@pytest.mark.parametrize(
    ("kind", "loss", "rank", "message"),
    [
        ("blend", "mse", 1, "mixing must be none, mixup or cutmix, got 'blend'"),
        (
            "mixup",
            "sparse_categorical_crossentropy",
            1,
            "mixing=mixup needs a loss that reads one-hot labels, such as categorical_crossentropy, because codes of classes cannot be blended",
        ),
        (
            "cutmix",
            "categorical_crossentropy",
            1,
            "mixing=cutmix is for images, and these rows have 1 axes, not 3",
        ),
    ],
)
def test_what_cannot_be_mixed_is_told(kind: str, loss: str, rank: int, message: str) -> None:
    labels: Any = "codes" if loss.startswith("sparse") else "one-hot"
    with pytest.raises(TrainingError) as caught:
        checked_mixing({"mixing": kind}, labels, rank, "channels_last")
    assert (caught.value.kind, str(caught.value)) == ("model", message)


def test_numbers_and_pictures_can_be_mixed() -> None:
    for kind, rank in (("mixup", 1), ("mixup", 3), ("cutmix", 3)):
        mixing = checked_mixing({"mixing": kind}, "numbers", rank, "channels_last")
        assert mixing is not None
        assert mixing.kind == kind

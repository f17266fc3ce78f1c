"""What a study keeps of its data and of a refit's predictions, to show: bounded in size, and no row of a table."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.training.data import Dataset, choose_preparation, load_dataset
from kerasweep.training.data.profile import PICTURE_BYTES, profile_of
from kerasweep.training.mistakes import MOST_PAIRS, WORST, describe_predictions, describes
from kerasweep.training.pictures import png_text
from PIL import Image
from sklearn import metrics


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def classes(count: int, truth: Any, kind: Any = "array", x: Any = None) -> Dataset:
    y = np.asarray(truth, np.int64)
    x = np.zeros((len(y), 2), np.float32) if x is None else x
    return Dataset("d", kind, "classification", x, y, x, y, tuple(f"c{number}" for number in range(count)))


def regression(truth: Any) -> Dataset:
    y = np.asarray(truth, np.float32)
    x = np.zeros((len(y), 2), np.float32)
    return Dataset("d", "array", "regression", x, y, x, y)


class TestPictures:
    @pytest.mark.parametrize(("shape", "mode"), [((28, 28, 1), "L"), ((64, 32, 3), "RGB"), ((9, 9, 5), "L")])
    def test_a_picture_is_small_and_has_its_shape(self, shape: tuple[int, ...], mode: str) -> None:
        image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
        picture = opened(png_text(image, (0.0, 255.0), 32))
        assert picture.mode == mode
        assert max(picture.size) <= 32
        assert picture.size[0] / picture.size[1] == shape[1] / shape[0]

    def test_black_and_white_are_the_ends_of_the_span(self) -> None:
        image = np.array([[-1.0, 0.0, 1.0, np.nan, 7.0]])[..., None]
        assert np.asarray(opened(png_text(image, (-1.0, 1.0), 32))).tolist() == [[0, 128, 255, 0, 255]]


class TestProfile:
    def test_pictures_are_of_every_class_in_order(self) -> None:
        dataset = load_dataset("digits")
        found = profile_of(dataset, choose_preparation(dataset, "image"))
        assert [name for name, _ in found["class_counts"]] == list(dataset.classes)
        assert sum(count for _, count in found["class_counts"]) == dataset.rows
        assert [one["label"] for one in found["pictures"]][:10] == list(dataset.classes)
        assert len(json.dumps(found)) < 30_000

    def test_large_pictures_are_fewer(self) -> None:
        x = np.random.default_rng(0).integers(0, 256, (40, 64, 64, 3)).astype(np.uint8)
        dataset = classes(20, np.arange(40) % 20, "image", x)
        found = profile_of(dataset, choose_preparation(dataset, "image"))
        assert 0 < sum(len(one["png"]) for one in found["pictures"]) <= PICTURE_BYTES

    def test_a_table_is_counts_and_kinds_and_none_of_its_cells(self) -> None:
        rows = 60
        frame = pd.DataFrame(
            {
                "age": [40.25 + row if row % 3 else None for row in range(rows)],
                "town": [f"secret {row % 4}" for row in range(rows)],
                "why": ["yes", "no"] * 30,
            }
        )
        dataset = load_dataset(frame, target="why")
        found = profile_of(dataset, choose_preparation(dataset, "flat"))
        assert {one["name"]: one["kind"] for one in found["columns"]} == {
            "age": "numbers",
            "town": "categories",
        }
        assert found["columns"][0]["missing"] == int(dataset.x["age"].isna().sum()) > 0
        assert found["columns"][1]["distinct"] == 4
        text = json.dumps(found)
        assert "secret" not in text
        assert "40.25" not in text

    def test_very_many_columns_and_classes_are_bounded(self) -> None:
        frame = pd.DataFrame({f"{'column ' * 20}{number}": np.arange(30.0) for number in range(300)})
        frame["target"] = np.arange(30) % 2
        dataset = load_dataset(frame, target="target")
        found = profile_of(dataset, choose_preparation(dataset, "flat"))
        assert found["column_count"] == 300
        assert len(json.dumps(found)) < 30_000


class TestPredictions:
    def test_confusions_are_counted_and_the_surest_mistakes_come_first(self) -> None:
        truth = [0, 0, 1, 1, 2, 2]
        scores = np.array(
            [[0.9, 0.1, 0], [0.2, 0.8, 0], [0, 1, 0], [0.05, 0.0, 0.95], [0, 0, 1], [0.4, 0.3, 0.3]]
        )
        found = describe_predictions(classes(3, truth), scores, np.asarray(truth), scale=1.0, logits=False)
        assert found is not None
        assert found["counts"] == [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
        assert (found["rows"], found["wrong"]) == (6, 3)
        assert found["worst"] == [
            {"row": 3, "truth": "c1", "predicted": "c2", "confidence": 0.95},
            {"row": 1, "truth": "c0", "predicted": "c1", "confidence": 0.8},
            {"row": 5, "truth": "c2", "predicted": "c0", "confidence": 0.4},
        ]

    def test_two_classes_may_be_one_number(self) -> None:
        truth = np.array([0, 1, 1])
        for outputs, logits in (([0.2, 0.9, 0.1], False), ([-1.4, 2.2, -2.2], True)):
            found = describe_predictions(
                classes(2, truth), np.array(outputs)[:, None], truth, scale=1.0, logits=logits
            )
            assert found is not None
            assert found["counts"] == [[1, 0], [1, 1]]

    def test_what_is_no_probability_has_no_confidence_and_of_one_number_says_nothing(self) -> None:
        truth = np.array([0, 1])
        found = describe_predictions(
            classes(2, truth), np.array([[3.0, 5], [1, 9]]), truth, scale=1.0, logits=False
        )
        assert found is not None
        assert found["worst"] == [{"row": 0, "truth": "c0", "predicted": "c1"}]
        hinge = describe_predictions(
            classes(2, truth), np.array([[-1.5], [2.0]]), truth, scale=1.0, logits=False
        )
        assert hinge is None

    def test_many_classes_keep_the_pairs_that_are_confused_most(self) -> None:
        rng = np.random.default_rng(0)
        truth = rng.integers(0, 200, 5000)
        scores = rng.uniform(size=(5000, 200))
        scores[truth == 7, 9] = 2
        found = describe_predictions(classes(200, truth), scores, truth, scale=1.0, logits=False)
        assert found is not None
        assert "counts" not in found
        assert len(found["pairs"]) == MOST_PAIRS
        assert found["pairs"][0][:2] == ["c7", "c9"]

    def test_pictures_of_mistakes_are_small(self) -> None:
        x = np.random.default_rng(0).integers(0, 256, (60, 96, 96, 3)).astype(np.uint8)
        truth = np.zeros(60, int)
        found = describe_predictions(
            classes(2, truth, "image", x), np.tile([0.0, 1.0], (60, 1)), truth, scale=1.0, logits=False
        )
        assert found is not None
        assert len(found["worst"]) == WORST
        assert all(max(opened(one["png"]).size) == 48 for one in found["worst"])
        assert len(json.dumps(found)) < 250_000

    def test_residuals_are_in_the_targets_units(self) -> None:
        truth = np.linspace(100, 200, 50)
        scaled = (truth - 150) / 10
        outputs = scaled + 0.1
        outputs[7] += 5
        found = describe_predictions(regression(truth), outputs[:, None], scaled, scale=10.0, logits=False)
        assert found is not None
        assert found["quantiles"][2] == [0.5, pytest.approx(1.0)]
        assert sum(found["counts"]) == 50
        assert found["worst"][0] == {"row": 7, "error": pytest.approx(51.0)}
        assert found["mean"] == pytest.approx(2.0)

    def test_equal_errors_and_several_targets(self) -> None:
        truth = np.arange(10.0).reshape(5, 2)
        found = describe_predictions(regression(truth), truth + 1, truth, scale=1.0, logits=False)
        assert found is not None
        assert sum(found["counts"]) == 10
        assert len(found["worst"]) == 5

    def test_each_label_is_counted(self) -> None:
        y = np.array([[1, 0], [1, 1], [0, 1]], np.uint8)
        x = np.zeros((3, 2), np.float32)
        dataset = Dataset("d", "array", "multilabel", x, y, x, y, ("a", "b"))
        shares = np.array([[0.9, 0.8], [0.2, 0.9], [0.1, 0.3]])
        found = describe_predictions(dataset, shares, y, scale=1.0, logits=False)
        assert found is not None
        assert (found["kind"], found["rows"]) == ("labels", 3)
        assert found["labels"] == [["a", 1, 0, 1, 1], ["b", 1, 1, 1, 0]]
        assert describes(dataset)

    @pytest.mark.parametrize("count", [2, 3])
    def test_usual_scores_of_classes_are_those_of_scikit_learn(self, count: int) -> None:
        rng = np.random.default_rng(1)
        truth = np.arange(60) % count
        shares = rng.dirichlet(np.ones(count), 60)
        found = describe_predictions(classes(count, truth), shares, truth, scale=1.0, logits=False)
        assert found is not None
        scores = dict(found["scores"])
        assert {"accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef", "average_precision"} < {
            *scores
        }
        said = shares.argmax(axis=1)
        assert scores["f1_macro"] == pytest.approx(metrics.f1_score(truth, said, average="macro"))
        assert scores["neg_log_loss"] == pytest.approx(-metrics.log_loss(truth, shares))
        if count == 2:
            assert scores["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth, shares[:, 1]))
        else:
            area = metrics.roc_auc_score(truth, shares, multi_class="ovr")
            assert scores["roc_auc_ovr"] == pytest.approx(area)

    def test_usual_scores_of_numbers_and_labels(self) -> None:
        truth = np.linspace(100, 200, 50)
        scaled = (truth - 150) / 10
        rng = np.random.default_rng(2)
        outputs = scaled + rng.normal(size=50)
        found = describe_predictions(regression(truth), outputs[:, None], scaled, scale=10.0, logits=False)
        assert found is not None
        scores = dict(found["scores"])
        predicted = 150 + 10 * outputs
        assert scores["r2"] == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-4)
        assert scores["neg_max_error"] == pytest.approx(-metrics.max_error(truth, predicted), rel=1e-4)
        y = np.tile(np.array([[1, 0], [1, 1], [0, 1]], np.uint8), (5, 1))
        x = np.zeros((15, 2), np.float32)
        dataset = Dataset("d", "array", "multilabel", x, y, x, y, ("a", "b"))
        shares = rng.uniform(size=(15, 2))
        found = describe_predictions(dataset, shares, y, scale=1.0, logits=False)
        assert found is not None
        scores = dict(found["scores"])
        assert scores["f1_micro"] == pytest.approx(metrics.f1_score(y, shares > 0.5, average="micro"))
        assert scores["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, shares))

    def test_scores_that_are_not_defined_are_left_out(self) -> None:
        truth = np.zeros(6, int)  # one class is missing among the test rows
        found = describe_predictions(
            classes(2, truth), np.tile([0.7, 0.3], (6, 1)), truth, scale=1.0, logits=False
        )
        assert found is not None
        assert "roc_auc" not in dict(found["scores"])
        assert dict(found["scores"])["accuracy"] == 1
        whole = describe_predictions(
            classes(2, [0, 1]), np.array([[3.0, 5], [1, 9]]), np.array([0, 1]), scale=1.0, logits=False
        )
        assert whole is not None
        assert "neg_log_loss" not in dict(whole["scores"]), "these are no probabilities"

    def test_of_what_is_not_finite_or_of_another_shape_nothing_is_said(self) -> None:
        truth = np.array([0, 1])
        for outputs in ([[np.nan, 1], [0, 1]], [[0.1, 0.2, 0.7]] * 2, [[1.0, 0.0]]):
            assert (
                describe_predictions(classes(2, truth), np.array(outputs), truth, scale=1.0, logits=False)
                is None
            )
        assert (
            describe_predictions(regression([1, 2]), np.ones((2, 3)), truth, scale=1.0, logits=False) is None
        )
        none = classes(2, np.array([], int))
        assert not describes(none)

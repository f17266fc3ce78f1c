"""What predicts: a trained model with its preparation, from rows as people have them.

``TrainedModel`` predicts by it in this process, and ``predict.py`` of an export is made of its source, so that there is no
second text of it to keep alike.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..cells import plain_number, plain_text
from ..training.data.free_text import plain_texts, text_table
from ..training.data.series import make_windows, sort_by_time, step_matrix, time_keys
from ..training.data.text_columns import with_formats
from ..training.data.vectorization import token_numbers


class InputError(ValueError):
    """The rows are not what the model reads; the message is one line."""


@dataclass(frozen=True)
class Predictor:
    """A model with its preprocessing."""

    about: dict[str, Any]
    """The content of bundle.json."""
    model: Any
    features: Any
    """A fitted scikit-learn transformer, or None."""
    target: Any
    """A fitted scaler of a regression's target, or None."""
    words: Any
    """A ``TextVectorization`` of the training rows' words, or None."""

    def prepare(self, x: Any) -> Any:
        """Return rows as the model reads them: scaled as the training rows were, or whole numbers to be looked up."""
        plan = self.about["preparation"]
        if isinstance(x, pd.DataFrame) and self.about["series"]:
            x = self.windows(x)[0]
        if plan["kind"] == "arrays":
            return _with_shapes(x, plan["source_shape"], "x")
        if plan["kind"] == "table":
            frame = self._columns(x)
            if self.words is None:
                return np.asarray(self.features.transform(frame), plan["dtype"])
            tokens = token_numbers(self.words, plain_texts(frame, plan["texts"], self.about["longest_word"]))
            if self.features is None:
                return tokens
            return {"tokens": tokens, "features": np.asarray(self.features.transform(frame), plan["dtype"])}
        shape = tuple(plan["source_shape"])
        values = _with_shape(_as_array(x), shape)
        if self.features is not None:
            if plan["kind"] == "image" or values.dtype.itemsize <= 2:
                values = values.astype(np.float32)
            if plan["divisor"] != 1:
                values = values / np.float32(plan["divisor"])
            width = shape[-1] if plan["layout"] == "sequence" else int(np.prod(shape))
            values = self.features.transform(values.reshape(-1, width)).reshape(len(values), -1)
        if plan["layout"] == "image" and plan["channels"] == "channels_first":
            values = values.reshape(len(values), *shape)
            values = np.moveaxis(values[..., None] if values.ndim == 3 else values, -1, 1)
        values = values.astype(plan["dtype"])
        if self.features is None and plan["divisor"] != 1:
            values = values / np.float32(plan["divisor"])
        return values.reshape(len(values), *plan["input_shape"])

    @property
    def names_classes(self) -> bool:
        """Whether the outputs tell a class."""
        return bool(self.about["task"] == "classification" and self.about["gives"] != "numbers")

    def windows(self, frame: Any) -> tuple[np.ndarray, list[str]]:
        """Return all windows of a table's rows, and the time or number of the last row of each."""
        series = self.about["series"]
        time, size = series["time_column"], series["window"]
        if time is not None and time not in frame.columns:
            raise InputError(f"the table lacks the column {time}, which rows are sorted by")
        if len(frame) < size:
            raise InputError(f"there are {len(frame)} rows, and the model looks back on {size}")
        frame = frame.reset_index(drop=True)
        if time is not None:
            order = series["time_order"]
            frame = frame if order else frame.assign(**{time: pd.to_numeric(frame[time])})
            if time_keys(frame[time], order).isna().any():
                raise InputError(f"column '{time}', which rows are sorted by, is empty or no date in some")
            frame = sort_by_time(frame, time, order)
        ends = frame[time] if time is not None else frame.index
        categories = dict(zip(series["categorical"], series["categories"], strict=True))
        steps = step_matrix(self._columns(frame), series["numeric"], categories)
        return make_windows(steps, size), [str(end) for end in ends[size - 1 :]]

    def _columns(self, x: Any) -> Any:
        schema = self.about["series"] or self.about["preparation"]
        numeric, texts = schema["numeric"], schema["categorical"]
        written = schema["texts"] if self.words is not None else []
        if written and not isinstance(x, pd.DataFrame):
            x = text_table(x)
            if len([*numeric, *texts, *written]) > 1 or not isinstance(x, pd.DataFrame):
                raise InputError(
                    f"the model reads a table with the columns {', '.join([*numeric, *texts, *written])}"
                )
            x = x.set_axis(written, axis=1)
        if not isinstance(x, pd.DataFrame):
            values = _as_array(x)
            if texts or values.ndim != 2 or values.shape[1] != len(numeric):
                raise InputError(f"the model reads a table with the columns {', '.join([*numeric, *texts])}")
            x = pd.DataFrame(values, columns=numeric)
        x = x.rename(columns=str)  # as a table is read, whose columns may be numbered
        commas, dates = (self.about["formats"][key] for key in ("decimal_commas", "dates"))
        try:
            x = with_formats(
                x,
                [name for name in commas if name in x.columns],
                [date for date in dates if date[0] in x.columns],
            )
        except (TypeError, ValueError) as error:
            raise InputError(
                f"columns of numbers with decimal commas hold something else: {error}"
            ) from error
        lost = [name for name in [*numeric, *texts, *written] if name not in x.columns]
        made = {name: date[0] for name in lost for date in dates if name.startswith(f"{date[0]}_")}
        missing = dict.fromkeys(made.get(name, name) for name in lost)
        if missing:
            raise InputError(f"the table lacks the column {', '.join(missing)}")
        frame = pd.DataFrame(index=x.index)
        for name in numeric:
            cells = x[name]
            try:
                if cells.dtype.kind not in "biuf":
                    cells = cells.astype(object).map(plain_number, na_action="ignore")
                frame[name] = cells.astype("float64")
            except (TypeError, ValueError) as error:
                raise InputError(f"column '{name}' must hold numbers: {error}") from error
        for name, known in zip(texts, schema["categories"], strict=True):
            frame[name] = x[name].astype(object).map(plain_text, na_action="ignore")
            _warn_of_unseen(frame[name], known)
        return frame.assign(**{name: x[name] for name in written})

    def outputs(self, x: Any) -> np.ndarray:
        """Return a number for each class or label, ``(rows, classes)``: a probability or score, as bundle.json says."""
        given = np.asarray(self.model.predict(self.prepare(x), batch_size=1000, verbose=0), np.float32)
        values: np.ndarray = given.reshape(len(given), -1)
        gives = self.about["gives"]
        if gives == "numbers":
            raise InputError("the model gives a number a row that tells no class: predict(x) returns it")
        if self.about["task"] == "multilabel":
            return 1 / (1 + np.exp(-values)) if gives == "logits" else values
        if values.shape[1] == 1:
            if gives == "scores":
                score = values - self.about["threshold"]
                return np.concatenate([-score, score], axis=1)
            values = 1 / (1 + np.exp(-values)) if gives == "logits" else values
            return np.concatenate([1 - values, values], axis=1)
        if gives == "logits":
            powers = np.exp(values - values.max(axis=1, keepdims=True))
            values = powers / powers.sum(axis=1, keepdims=True)
        return values[:, : len(self.about["classes"])]

    def probabilities(self, x: Any) -> np.ndarray:
        """Return the probability of each class, or of each of several labels, ``(rows, classes)``."""
        if self.about["gives"] == "scores":
            raise InputError("the model gives scores, which are no probabilities: outputs(x) returns them")
        return self.outputs(x)

    def predict(self, x: Any) -> Any:
        """Return class names, or numbers in the target's units: ``(rows,)`` or ``(rows, targets)``.

        A model of several outputs gives them as it is: a dict or list of arrays.
        Of several labels a row: 0 and 1, ``(rows, labels)``, 1 where a label's probability is above the threshold in
        bundle.json; ``about["classes"]`` names the labels.

        Args:
            x: A DataFrame for a model of tables; a dict or list of arrays for one of several inputs, as it was trained
                on; else an array of rows, or one row of it.
        """
        if self.names_classes:
            return np.array(self.about["classes"])[self.outputs(x).argmax(axis=1)]
        if self.about["task"] == "multilabel":
            return (self.outputs(x) > self.about["threshold"]).astype(int)
        values = self.model.predict(self.prepare(x), batch_size=1000, verbose=0)
        if self.about["task"] == "outputs":
            return values
        values = np.asarray(values).reshape(len(values), -1)
        if self.target is not None:
            values = self.target.inverse_transform(values.astype(np.float64))
        values = values.astype(np.float32)
        return values[:, 0] if values.shape[1] == 1 else values


def _warn_of_unseen(cells: Any, known: list[str]) -> None:
    """Say which categories of a column no training row had."""
    unseen = cells[cells.notna() & ~cells.isin(known)]
    if len(unseen):
        words = ", ".join(
            [*(f"'{word}'" for word in unseen.unique()[:5]), *(["..."] if unseen.nunique() > 5 else [])]
        )
        warnings.warn(
            f"column '{cells.name}' holds what the model has not seen ({words}) in {len(unseen)} of {len(cells)} rows; "
            "it counts as none of the known categories",
            stacklevel=5,
        )


def _as_array(x: Any) -> np.ndarray:
    if np.ma.is_masked(x):
        raise InputError("the rows are a masked array: call .filled(np.nan) first")
    return np.asarray(x)


def _with_shape(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return rows with the axes that the model was trained on; one row may come without its first axis."""
    for candidate in (values, values[None]):
        if candidate.shape[1:] == shape or (*candidate.shape[1:], 1) == shape:
            return candidate.reshape(len(candidate), *shape)
    raise InputError(f"the model reads rows of shape {shape}, got an array of shape {values.shape}")


def _with_shapes(x: Any, shapes: Any, name: str) -> Any:
    """Return several inputs with the names and the axes that the model was trained on: floats as float32."""
    if isinstance(shapes, dict):
        if not isinstance(x, dict) or set(x) != set(shapes):
            got = ", ".join(map(str, x)) if isinstance(x, dict) else type(x).__name__
            raise InputError(f"{name} must be a dict of the arrays {', '.join(shapes)}; got {got}")
        return {key: _with_shapes(x[key], shape, key) for key, shape in shapes.items()}
    if any(isinstance(size, list | dict) for size in shapes):
        if not isinstance(x, list | tuple) or len(x) != len(shapes):
            raise InputError(f"{name} must be a list of {len(shapes)} arrays")
        return [
            _with_shapes(one, shape, f"{name}[{i}]")
            for i, (one, shape) in enumerate(zip(x, shapes, strict=True))
        ]
    values = _as_array(x)
    return _with_shape(values.astype(np.float32) if values.dtype.kind == "f" else values, tuple(shapes))

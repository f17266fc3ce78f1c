"""A trained model with its preparation in one object: it predicts from rows as people have them, saves and loads.

``bundle.trained_model`` makes one of a winner; a folder that ``save`` writes is the export ``keras``, with a ``predict.py``
that predicts the same.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from ..errors import OutputError, StudyError, one_line
from ..paths import given_path
from ..training.data.delimited import first_rows, marked_encoding, read_csv, table_suffix
from ..training.data.text_folders import read_text
from ..training.quiet import import_tensorflow
from .evaluation import scores_on
from .files import MARK, new_folder
from .learned import load_learned, save_learned
from .predictor import Predictor
from .rendering import render
from .sources import sources_of

if TYPE_CHECKING:
    import keras

FORMAT = 2
"""Raised when ``bundle.json`` changes its meaning."""
_MODEL, _LEARNED, _README = "model.keras", "preprocessing.joblib", "README.md"


def _gives_probabilities(trained: TrainedModel) -> bool:
    return trained.gives_probabilities


@dataclass(frozen=True, eq=False, repr=False)
class TrainedModel:
    """A trained model that predicts from raw rows; it holds no data but a few rows that it is tried on."""

    about: dict[str, Any]
    """The content of ``bundle.json``: task, classes, preparation, scores, where it comes from."""
    model: keras.Model
    learned: dict[str, Any]
    """What was fitted to the training rows: ``features`` and ``target``, scikit-learn's objects, and ``vocabulary``."""
    readme: str
    sample: Any = None
    """A few rows as the model reads them, on which a saved one is tried; None where it was loaded."""
    classes: np.ndarray | None = None
    """What ``predict`` returns for each class, where that is not its name."""

    @cached_property
    def predictor(self) -> Predictor:
        """What predicts, as ``predict.py`` does."""
        words = self.about["vectorization"]
        if words:
            import keras

            words = keras.layers.TextVectorization(vocabulary=list(self.learned["vocabulary"]), **words)
        return Predictor(self.about, self.model, self.learned["features"], self.learned["target"], words)

    @property
    def gives_probabilities(self) -> bool:
        """Whether its outputs tell the probabilities of classes or labels."""
        return self.about.get("gives") in ("probabilities", "logits")

    def predict(self, x: Any) -> Any:
        """Return the class of each row, or numbers in the target's units: ``(rows,)`` or ``(rows, targets)``.

        Of several labels a row 0 and 1, ``(rows, labels)``; of several outputs what the model gives.

        Args:
            x: Raw rows, as the model was trained on them: a DataFrame, an array, a dict of arrays.

        Raises:
            ValueError: They are not what the model reads.
        """
        if self.classes is None or not self.predictor.names_classes:
            return self.predictor.predict(x)
        return self.classes[self.predictor.outputs(x).argmax(axis=1)]

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, x: Any) -> np.ndarray:
        """Return the probability of each class, or of each of several labels: ``(rows, classes)``."""
        return self.predictor.probabilities(x)

    def evaluate(self, x: Any, y: Any) -> dict[str, float]:
        """Return how well it does on rows whose targets are known; see ``evaluation.scores_on``."""
        return scores_on(self.predictor, x, y)

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write a folder with model, preparation and ``predict.py``, and return its path; it appears whole or not at all.

        Args:
            folder: Where; an earlier export is replaced.
            overwrite: Whether another folder with content may be written into; its other files stay.

        Raises:
            OutputError: The folder holds something else, cannot be written, or the saved model does not load again.
        """
        with new_folder(folder, overwrite=overwrite) as fresh:
            self._save_model(fresh / _MODEL)
            save_learned(self.learned, fresh / _LEARNED)
            words = json.dumps(self.about, indent=2, ensure_ascii=False)
            (fresh / MARK).write_text(words + "\n", encoding="utf-8")
            (fresh / "predict.py").write_text(predict_script(), encoding="utf-8")
            (fresh / _README).write_text(self.readme, encoding="utf-8")
        return Path(folder).expanduser()

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> TrainedModel:
        """Return the model of a folder that ``save`` or an export wrote.

        Raises:
            StudyError: There is none, it is damaged, it was written by another version, or it holds code.
        """
        path = given_path(folder, "a model's folder")
        if not (path / MARK).is_file():
            raise StudyError(f"{path} is no exported model: it has no {MARK}.")
        try:
            about = json.loads((path / MARK).read_text(encoding="utf-8"))
            written, readme = about["format"], (path / _README).read_text(encoding="utf-8")
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise StudyError(f"{path} is damaged: {one_line(error)}; export it again.") from error
        if written != FORMAT:
            raise StudyError(
                f"{path} was exported in format {written}, and {FORMAT} is read: export it again."
            )
        learned = load_learned(path / _LEARNED)
        try:
            model = _load(path / _MODEL, about)
        except Exception as error:  # Keras's own, of a file that is damaged or names code
            raise StudyError(f"{path / _MODEL} cannot be loaded: {one_line(error, 300)}") from error
        return cls(about, model, learned, readme)

    def _save_model(self, path: Path) -> None:
        """Save the model and try it: what cannot be loaded again is not exported."""
        try:
            self.model.save(path)
            same = self.sample is None or self._predicts_like(_load(path, self.about))
        except Exception as error:
            hint = "register its classes with @keras.saving.register_keras_serializable()"
            raise OutputError(
                f"The model cannot be saved and loaded again: {one_line(error, 200)}; {hint}."
            ) from error
        if not same:
            raise OutputError(
                "The model predicts something else after it was saved and loaded; its layers lose state."
            )

    def _predicts_like(self, other: keras.Model) -> bool:
        import keras

        outputs = (keras.tree.flatten(one.predict(self.sample, verbose=0)) for one in (other, self.model))
        return all(np.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(*outputs, strict=True))

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, the model as the bytes of a ``.keras`` file."""
        state = {field.name: getattr(self, field.name) for field in fields(self)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _MODEL
            self._save_model(path)
            return {**state, "model": path.read_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the fields back."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _MODEL
            path.write_bytes(state["model"])
            vars(self).update({**state, "model": _load(path, state["about"])})

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {value:.4g}" for name, value in self.about["test"].items())
        return f"<TrainedModel {self.about['model']}{': test ' if scores else ''}{scores}>"


def predict_script() -> str:
    """Return the text of ``predict.py``."""
    sources = sources_of(Predictor, table_suffix, marked_encoding, first_rows, read_csv, read_text)
    return render("predict.py.j2", cells=[*sources.constants, *sources.texts])


def _load(path: Path, about: dict[str, Any]) -> keras.Model:
    """Return a saved model, once the modules of its author's layers are imported."""
    import_tensorflow()
    import keras

    for module in about["modules"]:
        importlib.import_module(module)
    return keras.models.load_model(path, compile=False, safe_mode=True)  # a Lambda is code, and no data

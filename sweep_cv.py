"""``SweepCV``: a sweep as an estimator of scikit-learn, with the habits of ``GridSearchCV``.

It calls ``launch`` and ``Study.refit`` and does nothing of its own but to read rows and results as scikit-learn has them.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils import (
    ClassifierTags,
    RegressorTags,
    check_array,
    check_consistent_length,
    check_random_state,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from .api import Storage, Study, launch
from .errors import DataError, SpecError, did_you_mean
from .given_objects import forget_objects
from .spaces import Space, parse_range
from .studies import TrialRecord, read_trials, storage_url
from .studies.records import ENDED
from .training.data.source_data import SourceData
from .training.data.splits import FEWEST_ROWS
from .training.data.targets import as_labels, choose_task
from .training.data.tasks import Task
from .training.metric_names import SKLEARN

if TYPE_CHECKING:
    from .export import TrainedModel

_ESTIMATOR_TYPES = {"classification": "classifier", "multilabel": "classifier", "regression": "regressor"}


def _refits(search: SweepCV) -> bool:
    """Tell whether there is, or will be, a trained winner.

    Raises:
        AttributeError: It was not asked for.
    """
    if not search.refit:
        raise AttributeError(
            "This SweepCV was made with refit=False: it predicts only after refitting on the best parameters."
        )
    return True


def _gives_probabilities(search: SweepCV) -> bool:
    if _refits(search) and hasattr(search, "best_estimator_"):
        return bool(search.best_estimator_.gives_probabilities)
    return search.task != "regression"


class SweepCV(BaseEstimator):  # type: ignore[misc]
    """A cross-validated search of hyperparameters of a Keras model, as an estimator like ``GridSearchCV``.

    Rows are prepared as ``launch`` does it, fitted on each fold's training rows: raw tables go in, with text, categories
    and gaps. No rows are set aside: the test split is the caller's.

    Args:
        model: A family (``dnn``, ``cnn``, ...), or a function or ``HyperModel``, as ``launch`` takes them.
        space: What varies: a ``Space``, a YAML file, names of the catalogue; or, as a ``param_grid``, name -> choices, or a
            range such as ``"0.001..0.1:log"``. The model's preset where None.
        cv: Number of folds, any splitter, or pairs of positions, as ``GridSearchCV`` has it; 5 folds where None.
        search: ``knowhow``, ``grid``, ``random``, ``bayes``, ...: see ``launch``.
        n_trials: Configurations that are tried; the whole grid, or the search's usual number, where None.
        scoring: The name of a scorer of scikit-learn; ``accuracy`` of classes and labels, ``r2`` of numbers where None.
        refit: Whether the best configuration is trained on all rows; or a function of ``cv_results_`` that returns the
            index of the one that is.
        task: ``classification``, ``multilabel`` or ``regression``. Where None, the target says: text, booleans and few
            different whole numbers are classes, other numbers are amounts. Give it where others ask what this estimator
            is before it is fitted: ``cross_val_score`` draws stratified folds for a classifier only.
        epochs: The most that a configuration trains.
        patience: Epochs without improvement after which all folds of a configuration stop; None for never.
        n_jobs: Processes that train; one trains in this process.
        random_state: Seed of everything that is drawn.
        verbose: As Keras has it: 0 silent, 1 a bar, 2 a line a trial.
        storage: Database that keeps the study, its URL or path. A temporary one where None, which goes with this object.
        study: The study's name in it; the same fit again goes on with the trials that are there.
        settings: All else that ``launch`` takes, by name: ``{"fix": {"optimizer": "adam"}, "scheduler": "none"}``.

    Attributes:
        cv_results_: ``GridSearchCV``'s columns, one entry a trial: ``params``, ``param_*`` (masked where a hyperparameter was
            not active), ``split{i}_test_score``, ``mean_test_score``, ``std_test_score``, ``rank_test_score`` and
            ``mean_fit_time``, seconds that a fold trained, its scoring included: folds train in lockstep, so that there
            are no times of single folds, no ``std_fit_time`` and no times of scoring, nor scores of training rows. Beside
            them ``state`` (``complete``, ``pruned`` or ``failed``) and ``epochs``; trials that did not train to their end have no
            score, as fits that fail in ``GridSearchCV``.
        best_index_: Of the best trial in ``cv_results_``.
        best_params_: Its configuration.
        best_score_: Its mean score over the folds, at the number of epochs that was chosen for all of them.
        best_estimator_: The best configuration trained on all rows, with its preparation: it predicts from raw rows,
            ``save``s and ``load``s: see ``export.TrainedModel``. Not there with ``refit=False``.
        refit_time_: Seconds that took.
        study_: The ``Study``, for its report, its exports and all else. Without ``storage``, a pickle leaves it behind.
        task_: What was predicted.
        classes_: Of a classification, sorted; of several labels, 0 and 1 for each.
        scorer_: What ``score`` measures.
        n_splits_: Number of folds.
        n_features_in_: Columns of X.
        feature_names_in_: Their names, where X was a DataFrame with names.
    """

    def __init__(
        self,
        model: Any = "dnn",
        space: Any = None,
        *,
        cv: Any = None,
        search: str = "knowhow",
        n_trials: int | None = None,
        scoring: str | None = None,
        refit: Any = True,
        task: Task | None = None,
        epochs: int = 100,
        patience: int | None = 10,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
        storage: Storage = None,
        study: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.space = space
        self.cv = cv
        self.search = search
        self.n_trials = n_trials
        self.scoring = scoring
        self.refit = refit
        self.task = task
        self.epochs = epochs
        self.patience = patience
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.storage = storage
        self.study = study
        self.settings = settings

    def fit(self, X: Any, y: Any = None, groups: Any = None, sample_weight: Any = None) -> SweepCV:
        """Search, and train the best configuration on all rows.

        Args:
            X: Rows: a DataFrame, an array, a list of texts, a dict of arrays for a model of several inputs.
            y: A class, an amount or several, or 0 and 1 for each of several labels a row.
            groups: One label a row, for splitters that keep groups together; one that cuts them in two is refused.
            sample_weight: One number a row, by which it weighs in the loss, of training and of validation.

        Raises:
            ValueError: Something that is asked for cannot be; the message is one line.
        """
        X = self._check_rows(X, reset=True, y=y)
        y = _check_target(y, self)
        check_consistent_length(X if not isinstance(X, dict | tuple) else y, y, groups, sample_weight)
        task: Task = self.task or _task_of(y, X)
        scoring = self._scoring_of(task)
        rows, classes = _as_source(X, y, task, groups)
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, y, dtype=np.float64, ensure_non_negative=True)
            _check_weighing(weights, y, task)
            rows = replace(rows, weights=weights)
        study = self._launch(rows, scoring, _splitter(self.cv, y, groups, task))
        self.task_, self.scorer_ = task, get_scorer(scoring)
        if classes is not None:
            self.classes_ = classes
        self._keep(study)
        return self

    def _launch(self, rows: SourceData, scoring: str, cv: Any) -> Study:
        """Run the sweep, in a database that goes with this object where no other was asked for."""
        self._forget()
        folder = None if self.storage is not None else Path(tempfile.mkdtemp(prefix="kerasweep-"))
        url = storage_url(self.storage if folder is None else folder / "sweep.db")
        settings = dict(self.settings or {})
        model, space = self.model, self.space
        if isinstance(space, Mapping):
            if isinstance(model, str):  # the rest of its preset is fixed, as a pick has it
                space, settings = list(space), {"set": dict(space), **settings}
            else:
                space = Space(tuple(parse_range(name, written) for name, written in space.items()))
        if self.study is not None:
            settings["study"] = self.study
        self._temporary = None if folder is None else weakref.finalize(self, _remove, folder, url)
        return launch(
            rows,
            model,
            space=space,
            storage=url,
            verbose=self.verbose,
            cv=cv,
            test_size=0,
            objective=scoring,
            search=self.search,
            trials=self.n_trials,
            epochs=self.epochs,
            patience=self.patience,
            workers=joblib.effective_n_jobs(self.n_jobs),
            seed=_seed(self.random_state),
            **settings,
        )

    def _keep(self, study: Study) -> None:
        """Set what is known once the sweep is done, and train the best configuration."""
        trials = [trial for trial in read_trials(study.record) if trial.state in ENDED]
        self._study: Study | None = study
        self.n_splits_ = int(study.record.about["folds"])
        self.cv_results_ = cv_results(trials, self.n_splits_)
        numbers = [trial.number for trial in trials]
        self.best_index_ = (
            int(self.refit(self.cv_results_)) if callable(self.refit) else numbers.index(study.best.number)
        )
        self.best_params_ = self.cv_results_["params"][self.best_index_]
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        if not self.refit:
            return
        from .export import trained_model

        winner = study.refit(numbers[self.best_index_])
        classes = self.classes_ if self.task_ == "classification" else None
        self.best_estimator_: TrainedModel = trained_model(winner, classes)
        self.refit_time_ = winner.seconds

    @property
    def study_(self) -> Study:
        """The study.

        Raises:
            AttributeError: It lay in the temporary database of another process.
        """
        check_is_fitted(self)
        if self._study is None:
            raise AttributeError(
                "The study lay in a temporary database, which no pickle holds: give storage= to keep it."
            )
        return self._study

    @available_if(_refits)  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row, its labels as 0 and 1, or its amounts."""
        check_is_fitted(self)
        found = self.best_estimator_.predict(self._check_rows(X, reset=False))
        return np.asarray(found, np.float64) if self.task_ == "regression" else np.asarray(found)

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, in the order of ``classes_``, or of each of several labels."""
        check_is_fitted(self)
        found = np.asarray(self.best_estimator_.predict_proba(self._check_rows(X, reset=False)), np.float64)
        if self.task_ == "multilabel":
            return found
        return np.asarray(found / found.sum(axis=1, keepdims=True))  # of float32 it is 1 to six digits only

    @available_if(_refits)  # type: ignore[untyped-decorator]
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return what ``scoring`` measures on these rows."""
        check_is_fitted(self)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(self.scorer_(self, X, y, **weights))

    def _check_rows(self, X: Any, *, reset: bool, y: Any = "no_validation") -> Any:
        """Return rows as ``launch`` reads them: arrays of numbers checked as scikit-learn does it, all else as it is."""
        if isinstance(X, dict | tuple) or _are_texts(X):
            return X
        is_frame = hasattr(X, "columns") and hasattr(X, "dtypes")
        fewest = FEWEST_ROWS if reset else 1
        values = X
        if not is_frame:
            values = check_array(
                X,
                dtype="numeric",
                allow_nd=True,
                ensure_all_finite="allow-nan",
                ensure_min_samples=fewest,
                estimator=self,
            )
        validate_data(self, X if is_frame else values, y, reset=reset, skip_check_array=True)
        if not reset and not is_frame and hasattr(self, "feature_names_in_"):
            import pandas as pd

            return pd.DataFrame(values, columns=self.feature_names_in_)
        return values

    def _scoring_of(self, task: str) -> str:
        """Return the name of the scorer.

        Raises:
            SpecError: It is no name of one.
        """
        if self.scoring is None:
            return "r2" if task == "regression" else "accuracy"
        if not isinstance(self.scoring, str):
            raise SpecError(
                f"scoring takes the name of one scorer of scikit-learn, got {type(self.scoring).__name__}."
            )
        if self.scoring not in SKLEARN:
            raise SpecError(
                f"There is no scorer '{self.scoring}' of predictions.{did_you_mean(self.scoring, SKLEARN)}"
            )
        return self.scoring

    def _forget(self) -> None:
        """Let go of what an earlier fit found."""
        for name in [name for name in vars(self) if name.endswith("_") and not name.startswith("_")]:
            if name not in ("n_features_in_", "feature_names_in_"):
                delattr(self, name)
        if (temporary := getattr(self, "_temporary", None)) is not None:
            temporary()

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: all but a temporary database."""
        state = dict(super().__getstate__())
        if state.pop("_temporary", None) is not None:
            state["_study"] = None
        return state

    def __sklearn_tags__(self) -> Any:
        """Say what it reads, and whether it is a classifier or a regressor, as far as that is known."""
        tags = super().__sklearn_tags__()
        task = str(getattr(self, "task_", self.task))
        tags.estimator_type = _ESTIMATOR_TYPES.get(task)
        if tags.estimator_type == "classifier":
            tags.classifier_tags = ClassifierTags(multi_label=task == "multilabel")
        if tags.estimator_type == "regressor":
            tags.regressor_tags = RegressorTags()
        tags.target_tags.required = True
        tags.target_tags.multi_output = task in ("regression", "multilabel")
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags


def cv_results(trials: Sequence[TrialRecord], folds: int) -> dict[str, Any]:
    """Return trials as ``GridSearchCV`` does: name -> one value a trial; see ``SweepCV``.

    Args:
        trials: Those that came to an end.
        folds: Number of folds.
    """
    scores = np.full((len(trials), folds), np.nan)
    for row, trial in enumerate(trials):
        if trial.state == "complete":
            scores[row] = trial.fold_scores
    means = scores.mean(axis=1)
    ranked = np.where(np.isnan(means), np.nanmin(means, initial=np.inf) - 1, means)
    found: dict[str, Any] = {"mean_fit_time": np.array([trial.seconds / folds for trial in trials])}
    for name in dict.fromkeys(name for trial in trials for name in trial.configuration):
        column = np.ma.MaskedArray(np.empty(len(trials), object), mask=True)
        for row, trial in enumerate(trials):
            if name in trial.configuration:
                column[row] = trial.configuration[name]
        found[f"param_{name}"] = column
    found["params"] = [dict(trial.configuration) for trial in trials]
    found |= {f"split{fold}_test_score": scores[:, fold] for fold in range(folds)}
    found["mean_test_score"], found["std_test_score"] = means, scores.std(axis=1)
    found["rank_test_score"] = (1 + (ranked[:, None] < ranked).sum(axis=1)).astype(np.int32)
    found["state"] = np.array([trial.state for trial in trials])
    found["epochs"] = np.array([trial.epochs_trained for trial in trials])
    return found


def _remove(folder: Path, url: str) -> None:
    forget_objects(url)
    shutil.rmtree(folder, ignore_errors=True)


def _seed(random_state: Any) -> int:
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _are_texts(x: Any) -> bool:
    """Tell whether rows are one text each, which a table needs no column names for."""
    if not isinstance(x, list | np.ndarray) and not hasattr(x, "to_numpy"):
        return False
    return np.ndim(x) == 1 and len(x) > 0 and all(isinstance(text, str) for text in x)


def _check_target(y: Any, estimator: SweepCV) -> np.ndarray:
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y", estimator=estimator)
    return np.asarray(column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y)


def _task_of(y: np.ndarray, x: Any) -> Task:
    """Return what a target that nobody has said anything of is, by the rules of ``launch``.

    Columns of 0 and 1 are labels, as scikit-learn has it, also where each row has one.
    """
    if y.ndim == 2:
        return "multilabel" if type_of_target(y) == "multilabel-indicator" else "regression"
    return choose_task(as_labels(y, "y"), "image" if getattr(x, "ndim", 2) > 2 else "array")[0]


def _as_source(x: Any, y: np.ndarray, task: Task, groups: Any) -> tuple[SourceData, np.ndarray | None]:
    """Return rows as ``launch`` reads them, and the classes in the order of their codes.

    Numbers stay the numbers that they are; text becomes codes, in scikit-learn's order, with its names.
    """
    classes: np.ndarray | None = None
    names: tuple[str, ...] = ()
    if task == "multilabel":
        classes = np.tile((0, 1), (y.shape[1] if y.ndim == 2 else 1, 1))
    if task == "classification":
        check_classification_targets(y)
        classes, codes = np.unique(column_or_1d(y), return_inverse=True)
        if y.dtype.kind not in "biuf":
            y, names = codes, tuple(str(name) for name in classes)
    return SourceData("rows", x, y, groups=groups, classes=names, task=task), classes


def _check_weighing(weights: np.ndarray, y: np.ndarray, task: str) -> None:
    """Refuse weights that leave nothing to learn.

    Raises:
        DataError: All are zero, or all but those of one class.
    """
    if not weights.any():
        raise DataError("sample_weight is zero in every row.")
    if task == "classification" and len(left := np.unique(y[weights > 0])) < 2:
        raise DataError(
            f"sample_weight is zero in all rows but those of class '{left[0]}': two classes are needed."
        )


def _splitter(cv: Any, y: np.ndarray, groups: Any, task: str) -> Any:
    """Return what cuts the folds as ``GridSearchCV`` would; one that draws others each time has drawn them."""
    if isinstance(cv, Iterable) and not hasattr(cv, "split"):
        return cv
    splitter = check_cv(cv, y, classifier=task == "classification")
    draws = getattr(splitter, "random_state", 0) is None and getattr(splitter, "shuffle", True)
    return list(splitter.split(np.zeros(len(y)), y, groups)) if draws else splitter

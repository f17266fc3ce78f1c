"""``SweepCV``: a sweep as an estimator of scikit-learn, with the habits of ``GridSearchCV``.

It calls ``launch`` and ``Study.refit`` and does nothing of its own but to read rows and results as scikit-learn has them.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import optuna  # noqa: F401 - what imports it first is kept alive by an error of its own: not a fit with its rows
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer
from sklearn.utils import ClassifierTags, RegressorTags, check_array, check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from .api import launch
from .errors import SpecError, did_you_mean
from .estimator_rows import are_texts, as_target, seed_of, source_of, splitter_of, task_of, weighing
from .given_objects import forget_objects
from .studies import read_trials, storage_url
from .studies.cv_results import cv_results
from .studies.records import ENDED
from .study import Storage, Study
from .texts import names_text
from .training.data.source_data import SourceData
from .training.data.splits import FEWEST_ROWS
from .training.data.tasks import Task
from .training.metric_names import SKLEARN

if TYPE_CHECKING:
    from .export.trained import TrainedModel

_HAS_ARGUMENTS = (
    *("model", "space", "cv", "search", "trials", "objective", "metric", "task", "epochs", "patience"),
    *("workers", "seed", "verbose", "storage", "study", "test_size"),
    *("data", "groups", "sample_weight", "validation"),
)
"""Settings of ``launch`` that ``SweepCV``, or its ``fit``, takes or decides itself."""
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
        n_jobs: Processes that train; where it is None, one, or this process in a notebook or at a prompt.
        random_state: Seed of everything that is drawn.
        verbose: As Keras has it: 0 silent, 1 a bar, 2 a line a trial.
        storage: Database that keeps the study, its URL or path. A temporary one where None, which goes with this object.
        study: The study's name in it; the same fit again goes on with the trials that are there.
        settings: All else that ``launch`` takes, by name: ``{"fix": {"optimizer": "adam"}, "scheduler": "none"}``.

    Attributes:
        cv_results_: ``GridSearchCV``'s columns, one entry a trial: ``params``, ``param_*`` (masked where a hyperparameter was
            not active), ``split{i}_test_score``, ``mean_test_score``, ``std_test_score``, ``rank_test_score`` and
            ``mean_fit_time``, seconds that a fold trained, its scoring included: folds train in lockstep, so that there
            are no times of single folds: ``std_fit_time``, ``mean_score_time`` and ``std_score_time`` are NaN. There are
            no scores of training rows. Beside them ``state`` (``complete``, ``pruned`` or ``failed``) and ``epochs``; trials that did not train to their end have no
            score, as fits that fail in ``GridSearchCV``.
        best_index_: Of the best trial in ``cv_results_``.
        best_params_: Its configuration.
        best_score_: Its mean score over the folds, each scored at the epochs that the other folds choose.
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
        self._check_arguments()
        self._forget()
        X = self._check_rows(X, reset=True, y=y)
        y = as_target(y, self)
        check_consistent_length(X if not isinstance(X, dict | tuple) else y, y, groups, sample_weight)
        task: Task = self.task or task_of(y, X)
        scoring = self._scoring_of(task)
        rows, classes = source_of(X, y, task, groups)
        if sample_weight is not None:
            rows = weighing(rows, sample_weight)
        study = self._launch(rows, scoring, splitter_of(self.cv, y, groups, task))
        self.task_, self.scorer_ = task, get_scorer(scoring)
        if classes is not None:
            self.classes_ = classes
        self._keep(study)
        return self

    def _launch(self, rows: SourceData, scoring: str, cv: Any) -> Study:
        """Run the sweep, in a database that goes with this object where no other was asked for."""
        folder = None if self.storage is not None else Path(tempfile.mkdtemp(prefix="kerasweep-"))
        url = storage_url(self.storage if folder is None else folder / "sweep.db")
        settings = dict(self.settings or {})
        if self.study is not None:
            settings["study"] = self.study
        self._temporary = None if folder is None else weakref.finalize(self, _remove, folder, url)
        return launch(
            rows,
            self.model,
            space=self.space,
            storage=url,
            verbose=self.verbose,
            cv=cv,
            test_size=0,
            objective=scoring,
            search=self.search,
            trials=self.n_trials,
            epochs=self.epochs,
            patience=self.patience,
            workers=self._workers(),
            seed=seed_of(self.random_state),
            **settings,
        )

    def _workers(self) -> int | None:
        """Return how many processes train: those of joblib's context too; None where nothing asks for several."""
        found = int(joblib.effective_n_jobs(self.n_jobs))
        return None if self.n_jobs is None and found == 1 else found

    def _keep(self, study: Study) -> None:
        """Set what is known once the sweep is done, and train the best configuration."""
        trials = [trial for trial in read_trials(study.record) if trial.state in ENDED]
        self._study: Study | None = study
        self.n_splits_ = int(study.record.about["folds"])
        self.cv_results_ = cv_results(trials, self.n_splits_)
        numbers = [trial.number for trial in trials]
        chosen = self.refit(self.cv_results_) if callable(self.refit) else numbers.index(study.best.number)
        self.best_index_ = int(chosen)
        self.best_params_ = self.cv_results_["params"][self.best_index_]
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        if not self.refit:
            return
        from .export.bundle import trained_model

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
        if isinstance(X, dict | tuple) or are_texts(X):
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

    def _check_arguments(self) -> None:
        """Refuse what no data could make right.

        Raises:
            SpecError: ``refit`` is neither a truth value nor a function, or ``settings`` holds what has an argument.
        """
        if not isinstance(self.refit, bool) and not callable(self.refit):
            raise SpecError(
                f"refit is True, False, or a function of cv_results_ that returns an index; got {self.refit!r}."
            )
        if said := [name for name in self.settings or {} if name in _HAS_ARGUMENTS]:
            raise SpecError(
                f"settings is for what SweepCV has no argument for: leave {names_text(said)} out of it."
            )

    def _scoring_of(self, task: str) -> str:
        """Return the name of the scorer.

        Raises:
            SpecError: It is no name of one.
        """
        if self.scoring is None:
            return "r2" if task == "regression" else "accuracy"
        if not isinstance(self.scoring, str):
            raise SpecError(
                "scoring takes the name of one scorer of scikit-learn, got "
                f"{'a function' if callable(self.scoring) else type(self.scoring).__name__}."
            )
        if self.scoring not in SKLEARN:
            raise SpecError(
                f"There is no scorer '{self.scoring}' of predictions.{did_you_mean(self.scoring, SKLEARN)}"
            )
        return self.scoring

    def _forget(self) -> None:
        """Let go of what an earlier fit found."""
        for name in [name for name in vars(self) if name.endswith("_") and not name.startswith("_")]:
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


def _remove(folder: Path, url: str) -> None:
    forget_objects(url)
    shutil.rmtree(folder, ignore_errors=True)

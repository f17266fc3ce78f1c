"""``SweepCV`` has the habits of ``GridSearchCV``, and passes scikit-learn's checks of estimators."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pandas as pd
import pytest
from kerasweep import SweepCV, sweep_cv
from kerasweep.errors import StudyError
from kerasweep.studies import TrialRecord
from kerasweep.studies.cv_results import cv_results
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier, is_regressor
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    PredefinedSplit,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

pytestmark = [
    pytest.mark.trains,
    pytest.mark.filterwarnings(  # Keras's own, where it saves a TensorFlow variable with NumPy 2
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]
X, Y = load_iris(return_X_y=True)
X = X.astype(np.float32)
NAMES = np.array(["setosa", "versicolor", "virginica"])
FRAME = pd.DataFrame(X, columns=["a", "b", "c", "d"]).assign(kind=np.tile(["u", "v", "w"], 50))


def tiny(config: Any, signature: Any) -> Any:
    """One layer, not traced: what is trained for two epochs is not worth it."""
    import keras

    last = keras.layers.Dense(
        signature.outputs,
        activation=signature.output_activation,
        kernel_initializer="zeros" if config.get("from_zero") else "glorot_uniform",
    )
    model = keras.Sequential([keras.Input(signature.input_shape), last])
    losses = {"classification": "sparse_categorical_crossentropy", "multilabel": "binary_crossentropy"}
    model.compile(
        keras.optimizers.SGD(config["learning_rate"]),
        losses.get(signature.task, "mse"),
        metrics=["accuracy" if signature.task == "classification" else "mae"],
        run_eagerly=True,
    )
    return model


def search(space: Any = None, **options: Any) -> SweepCV:
    asked = {"cv": 2, "search": "grid", "epochs": 1, "patience": None, "random_state": 0, **options}
    return SweepCV(tiny, space or {"learning_rate": [0.5], "batch_size": [32]}, **asked)


@pytest.fixture(scope="module")
def fitted() -> SweepCV:
    return search({"learning_rate": [0.05, 0.5], "batch_size": [32]}).fit(FRAME, NAMES[Y])


class Twin(ClassifierMixin, BaseEstimator):
    """The same model as ``tiny``, as people wrap Keras for scikit-learn."""

    def __init__(self, learning_rate: float = 0.1) -> None:
        self.learning_rate = learning_rate

    def fit(self, x: Any, y: Any) -> Twin:
        self.classes_, codes = np.unique(y, return_inverse=True)
        signature = ks.Signature((4,), 3, "classification", len(x), 1000)
        self.model_ = tiny({"learning_rate": self.learning_rate, "from_zero": True}, signature)
        self.model_.fit(x, codes, batch_size=1000, verbose=0)
        return self

    def predict_proba(self, x: Any) -> np.ndarray:
        found = self.model_.predict(x, verbose=0).astype(float)
        return found / found.sum(axis=1, keepdims=True)

    def predict(self, x: Any) -> np.ndarray:
        return self.classes_[self.predict_proba(x).argmax(axis=1)]


def test_it_finds_what_grid_search_finds() -> None:
    rates = [0.01, 0.3, 5.0]
    theirs = GridSearchCV(Twin(), {"learning_rate": rates}, cv=2, scoring="neg_log_loss").fit(X, NAMES[Y])
    ours = search(
        {"learning_rate": rates, "batch_size": [1000], "from_zero": [True]},
        scoring="neg_log_loss",
        settings={"scaling": "none"},
    ).fit(X, NAMES[Y])
    order = [
        list(theirs.cv_results_["param_learning_rate"]).index(one["learning_rate"])
        for one in ours.cv_results_["params"]
    ]
    for column in ("split0_test_score", "split1_test_score", "mean_test_score", "std_test_score"):
        np.testing.assert_allclose(
            ours.cv_results_[column], theirs.cv_results_[column][order], rtol=1e-4, atol=1e-6
        )
    np.testing.assert_array_equal(
        ours.cv_results_["rank_test_score"], theirs.cv_results_["rank_test_score"][order]
    )
    assert ours.best_params_["learning_rate"] == theirs.best_params_["learning_rate"]
    assert ours.best_score_ == pytest.approx(theirs.best_score_, rel=1e-5)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.score(X, NAMES[Y]) == pytest.approx(theirs.score(X, NAMES[Y]), rel=1e-4)
    assert repr(ours.scorer_) == repr(theirs.scorer_)


def test_it_has_the_columns_of_grid_search(fitted: SweepCV) -> None:
    theirs = GridSearchCV(DummyClassifier(), {"constant": [None]}, cv=2).fit(X, Y)
    expected = {name for name in theirs.cv_results_ if not name.startswith("param")}
    found = {name for name in fitted.cv_results_ if not name.startswith("param_")}
    assert found - {"params", "state", "epochs"} == expected
    frame = pd.DataFrame(fitted.cv_results_)
    assert frame[["std_fit_time", "mean_score_time", "std_score_time"]].isna().all(axis=None)
    assert list(frame["state"]) == ["complete", "complete"]
    np.testing.assert_allclose(
        frame["std_test_score"], frame[["split0_test_score", "split1_test_score"]].std(axis=1, ddof=0)
    )
    assert fitted.best_params_ == frame["params"][fitted.best_index_]
    assert fitted.best_score_ == frame["mean_test_score"].max()
    assert frame["rank_test_score"][fitted.best_index_] == 1
    assert isinstance(fitted.cv_results_["param_learning_rate"], np.ma.MaskedArray)
    assert fitted.n_splits_ == 2
    assert fitted.refit_time_ > 0
    assert fitted.study_.best.number == fitted.best_index_


def test_what_was_not_trained_to_its_end_has_no_score_and_ranks_last() -> None:
    def trial(state: Any, scores: Any, **configuration: Any) -> Any:
        return TrialRecord(0, state, configuration, None, scores, seconds=4.0)

    found = cv_results(
        [
            trial("pruned", (0.9, 0.9), a=1),
            trial("complete", (0.5, 0.7), b="x"),
            trial("failed", (), a=2),
            trial("complete", (0.7, 0.5), a=3),
        ],
        2,
    )
    assert list(found["rank_test_score"]) == [3, 1, 3, 1]
    np.testing.assert_array_equal(found["mean_test_score"], [np.nan, 0.6, np.nan, 0.6])
    assert found["param_a"].mask.tolist() == [False, True, False, False]
    assert found["param_b"][1] == "x"
    assert list(found["mean_fit_time"]) == [2.0] * 4


def test_a_table_goes_in_as_it_is(fitted: SweepCV) -> None:
    assert list(fitted.classes_) == list(NAMES)
    assert fitted.n_features_in_ == 5
    assert list(fitted.feature_names_in_) == list(FRAME.columns)
    assert fitted.task_ == "classification"
    assert is_classifier(fitted)
    found = fitted.predict(FRAME.iloc[::10])
    assert set(found) <= set(NAMES)
    np.testing.assert_array_equal(found, fitted.best_estimator_.predict(FRAME.iloc[::10]))
    np.testing.assert_allclose(fitted.predict_proba(FRAME).sum(axis=1), 1, rtol=1e-5)
    assert fitted.score(FRAME, NAMES[Y]) == (fitted.predict(FRAME) == NAMES[Y]).mean() > 0.5
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(FRAME.rename(columns={"a": "z"}))
    assert "SweepCV" in fitted._repr_html_()


def test_a_fitted_one_is_pickled_without_its_temporary_study(fitted: SweepCV) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(FRAME), fitted.predict_proba(FRAME))
    assert again.best_params_ == fitted.best_params_
    with pytest.raises(
        AttributeError, match=r"^The study lay in a temporary database, .* give storage= to keep it\.$"
    ):
        _ = again.study_
    assert fitted.study_.trials.shape[0] == 2


def test_a_temporary_database_goes_with_its_estimator() -> None:
    made = search(refit=False).fit(X, Y)
    folder = Path(made.study_.record.storage.removeprefix("sqlite:///")).parent
    assert folder.is_dir()
    del made
    assert not folder.exists()


def test_a_storage_keeps_the_study_and_the_same_fit_trains_nothing_again(tmp_path: Path) -> None:
    made = search(refit=False, storage=tmp_path / "s.db", study="kept").fit(X, Y)
    before = made.study_.record.counts
    assert clone(made).fit(X, Y).study_.record.counts == before
    assert ks.load("kept", storage=tmp_path / "s.db").best.configuration == made.best_params_
    assert pickle.loads(pickle.dumps(made)).study_.name == "kept"
    with pytest.raises(
        StudyError, match=r"^'kept' holds no rows out, and --format python scores .*: take keras\.$"
    ):
        made.study_.export(tmp_path / "train.py", "python")


def test_without_refit_it_does_not_predict() -> None:
    made = search(refit=False).fit(X, Y)
    assert made.best_params_ == {"learning_rate": 0.5, "batch_size": 32}
    assert not hasattr(made, "best_estimator_")
    for method in ("predict", "predict_proba", "score"):
        assert not hasattr(made, method)
    with pytest.raises(AttributeError, match="has no attribute 'predict'") as caught:
        made.predict(X)
    assert "refit=False" in str(caught.value.__cause__)


def test_a_function_chooses_what_is_refit() -> None:
    rates = {"learning_rate": [0.5, 1e-6], "batch_size": [32]}
    made = search(rates, refit=lambda found: int(np.argmax(found["rank_test_score"]))).fit(X, Y)
    assert made.best_params_["learning_rate"] == 1e-6
    assert made.best_score_ == made.cv_results_["mean_test_score"].min()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_it_must_be_fitted(method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(search(), method)(*([X, Y] if method == "score" else [X]))
    with pytest.raises(NotFittedError):
        _ = search().study_


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"scoring": "f1_marco"},
            r"There is no scorer 'f1_marco' of predictions\. Did you mean 'f1_macro'\?",
        ),
        ({"scoring": ["r2", "f1"]}, r"scoring takes the name of one scorer of scikit-learn, got list\."),
        ({"scoring": max}, r"scoring takes the name of one scorer of scikit-learn, got a function\."),
        (
            {"scoring": "roc_auc"},
            r"The metric 'roc_auc' is for two classes, and there are 3; take roc_auc_ovr\.",
        ),
        ({"scoring": "r2"}, r"The metric 'r2' is for regression, and this is a classification\."),
        ({"search": "gird"}, r"search\.method: there is no 'gird'\. Did you mean 'grid'\?"),
        ({"settings": {"fold": 3}}, r"There is no setting 'fold'\. Did you mean 'folds'\?"),
        (
            {"settings": {"trials": 3}},
            "settings is for what SweepCV has no argument for: leave 'trials' out of it.",
        ),
        (
            {"refit": "f1"},
            "refit is True, False, or a function of cv_results_ that returns an index; got 'f1'.",
        ),
        ({"settings": {"folds": 3}}, r"cv= says how rows are split: leave folds out\."),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        search(**options).fit(X, Y)


def test_it_is_the_last_step_of_a_pipeline_and_scored_by_cross_validation() -> None:
    pipeline = make_pipeline(StandardScaler(), search(task="classification"))
    scores = cross_val_score(pipeline, X, NAMES[Y], cv=2)
    assert scores.shape == (2,)
    assert scores.min() > 0.5
    weights = np.where(Y == 2, 0.0, 1.0)
    pipeline.fit(X, NAMES[Y], sweepcv__sample_weight=weights)
    assert "virginica" not in pipeline.predict(X)
    assert pipeline.score(X[Y < 2], NAMES[Y[Y < 2]]) > 0.9


def splitters() -> Iterator[Any]:
    fold = np.arange(len(Y)) % 3
    yield GroupKFold(2), "GroupKFold(n_splits=2, random_state=None, shuffle=False)"
    yield ShuffleSplit(1, test_size=0.2), "the validation rows that are given"  # drawn once, and kept
    yield PredefinedSplit(fold), "given, 3 folds"
    yield [(np.flatnonzero(fold), np.flatnonzero(fold == 0))], "the validation rows that are given"
    yield TimeSeriesSplit(2, max_train_size=100), "TimeSeriesSplit"


@pytest.mark.parametrize(("cv", "words"), list(splitters()), ids=lambda one: type(one).__name__)
def test_any_splitter_cuts_the_folds(cv: Any, words: str) -> None:
    order = np.random.default_rng(0).permutation(len(Y))
    groups = np.arange(len(Y)) % 10 if isinstance(cv, GroupKFold) else None
    made = search(cv=cv, refit=False).fit(X[order], Y[order], groups=groups)
    assert words in made.study_.record.about["cv"]
    assert sum(name.startswith("split") for name in made.cv_results_) == made.n_splits_


def test_groups_that_would_be_cut_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"cuts a group in two: GroupKFold and its like keep them together\.?$"
    ):
        search().fit(X, Y, groups=np.arange(len(Y)) % 10)


def test_amounts() -> None:
    space = {"learning_rate": [0.2], "batch_size": [32]}
    made = search(space, epochs=2).fit(X[:, :3], X[:, 3])
    assert made.task_ == "regression"
    assert is_regressor(made)
    assert not hasattr(made, "predict_proba")
    assert made.predict(X[:5, :3]).shape == (5,)
    assert made.score(X[:, :3], X[:, 3]) > 0.5
    assert repr(made.scorer_) == "make_scorer(r2_score, response_method='predict')"
    several = search(space, scoring="neg_mean_absolute_error").fit(X[:, :2], X[:, 2:])
    assert several.predict(X[:5, :2]).shape == (5, 2)
    assert several.best_score_ < 0


def test_several_labels_a_row() -> None:
    labels = np.stack([X[:, 0] > 5.8, X[:, 2] > 4], axis=1).astype(int)
    made = search(epochs=3, scoring="f1_macro").fit(X, labels)
    assert made.task_ == "multilabel"
    assert made.predict(X).shape == made.predict_proba(X).shape == (150, 2)
    assert set(np.unique(made.predict(X))) <= {0, 1}
    assert made.score(X, labels) > 0.3


def test_a_family_searches_what_a_grid_of_parameters_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """And all arguments reach ``launch``."""
    seen: dict[str, Any] = {}

    def launch(*given: Any, **settings: Any) -> Any:
        seen.update(
            settings, plan=ks.plan_sweep(*given, **{k: v for k, v in settings.items() if k != "verbose"})
        )
        raise InterruptedError

    monkeypatch.setattr(sweep_cv, "launch", launch)
    made = SweepCV(
        "dnn",
        {"learning_rate": [0.01, 0.1]},
        search="grid",
        n_jobs=2,
        random_state=np.random.RandomState(3),
        verbose=1,
        study="named",
        settings={"fix": {"batch_size": 16}},
    )
    with pytest.raises(InterruptedError):
        made.fit(X, Y)
    plan = seen["plan"]
    assert plan.most == 2
    assert (seen["workers"], seen["verbose"], seen["study"]) == (2, 1, "named")
    assert plan.space.recommended()["batch_size"] == 16
    assert plan.dataset.test_rows == 0
    assert plan.workload.objective.metric == "val_accuracy"


CANNOT_APPLY = {
    "check_sample_weight_equivalence_on_dense_data": "folds and batches are of rows: a row of weight 2 is one row in "
    "them, and not two",
}
"""Checks of scikit-learn's that fail, and why; docs/scikit-learn.md lists them, too."""
REPEATS = frozenset(
    """
    check_classifiers_classes check_dict_unchanged check_estimators_dtypes check_estimators_fit_returns_self
    check_estimators_overwrite_params check_f_contiguous_array_estimator check_fit2d_predict1d
    check_fit_check_is_fitted check_fit_score_takes_y check_methods_sample_order_invariance
    check_methods_subset_invariance check_n_features_in check_positive_only_tag_during_fit
    check_readonly_memmap_input check_regressor_data_not_an_array check_regressors_int
    check_regressors_no_decision_function check_sample_weights_list check_sample_weights_not_an_array
    check_sample_weights_pandas_series
    """.split()
)
"""Checks that pass and are left out, since others train for nearly the same; ``KERASWEEP_EVERY_CHECK=1`` runs them, too."""
ENVIRONMENT = ("check_array_api_input",)
"""Checks that wait for a setting of the environment."""


def test_the_page_lists_the_checks_that_cannot_apply() -> None:
    page = (Path(sweep_cv.__file__).parent / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(check_\w+)` \| (.*) \|$", page, flags=re.M))
    assert listed == CANNOT_APPLY


def checks() -> Iterator[Any]:
    """Yield scikit-learn's checks of a classifier, and of a regressor those that a classifier has not."""
    every = os.environ.get("KERASWEEP_EVERY_CHECK") == "1"
    seen: set[str] = set()
    for task, rate in (("classification", 1.0), ("regression", 0.1)):
        made = search({"learning_rate": [rate], "batch_size": [16]}, task=task)
        for estimator, check in estimator_checks_generator(made):
            name = getattr(check.func, "func", check.func).__name__
            repeats = name in REPEATS or name in seen
            if name in ENVIRONMENT or (repeats and not every):
                continue
            seen.add(name)
            mark = [pytest.mark.xfail(reason=CANNOT_APPLY[name])] if name in CANNOT_APPLY else []
            yield pytest.param(estimator, check, id=f"{name}-{task}", marks=mark)


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)

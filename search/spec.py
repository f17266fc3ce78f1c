"""The specification of a sweep: everything that a study needs to be run, resumed, cloned and reproduced.

Made from the command line's flags, from keyword arguments, or from a YAML file (``specfile.py``), and stored with
the study with its space written out in full.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from ..errors import SpecError, did_you_mean
from ..spaces.yamlfile import Document
from ..texts import is_unicode
from ..training.data.outer_folds import parse_outer
from ..training.goals import as_names, parse_constraint

SearchMethod = Literal[
    "knowhow",
    "grid",
    "random",
    "bayes",
    "qmc",
    "gp",
    "cmaes",
    "nsga2",
    "sensitivity",
    "kt-random",
    "kt-grid",
    "kt-bayes",
    "kt-hyperband",
]
OF_SEVERAL = ("bayes", "nsga2", "gp", "random", "grid", "qmc")
"""Searches that take several objectives."""
Scheduler = Literal["auto", "none", "median", "hyperband", "asha", "knowhow"]
CvMethod = Literal["auto", "kfold", "stratified", "repeated", "group", "time", "holdout"]
Scaling = Literal["auto", "none", "unit", "minmax", "standard", "robust"]
Task = Literal["classification", "multilabel", "regression"]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_seconds(value: Any) -> Any:
    """Return the seconds that ``90``, ``90s``, ``10m``, ``1.5h`` or ``1h30m`` mean; other values as they are."""
    if not isinstance(value, str):
        return _check_number(value)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", value.strip())
    if not parts or "".join(number + unit for number, unit in parts) != value.strip():
        raise ValueError(f"'{value}' is not a time; write seconds or 90s, 10m, 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _check_number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic's contract
    return value


Whole = Annotated[int, BeforeValidator(_check_number)]
"""Not ``true``, which Python and pydantic take for 1."""
Real = Annotated[float, BeforeValidator(_check_number)]


Seconds = Annotated[
    float | None,
    BeforeValidator(parse_seconds),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": ["string", "null"]}]}),
]


def parse_workers(value: Any) -> int | str:
    """Return a number of workers, or ``auto``."""
    if value == "auto":
        return "auto"
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number of 1 or more, or auto")
    return value


Workers = Annotated[
    int | str,
    PlainValidator(parse_workers),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^(auto|[0-9]+)$"}]}
    ),
]


def parse_column(value: Any) -> Any:
    """Return a column's position as text, as the command line gives it."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def parse_target(value: Any) -> Any:
    """Return one column's name, or a list of several."""
    several = parse_columns(value) if isinstance(value, list | tuple) and value else parse_column(value)
    return several[0] if isinstance(several, list) and len(several) == 1 else several


def parse_columns(value: Any) -> Any:
    """Return one column or several as a list of names, positions as text."""
    return [parse_column(column) for column in (value if isinstance(value, list | tuple) else [value])]


class _Part(BaseModel):
    # Docstrings of fields explain them in an editor, through the JSON Schema.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


def parse_outer_text(value: str | None) -> str | None:
    """Return an outer fold as it is written, ``2/5``."""
    return None if value is None else parse_outer(value).text


class DataSpec(_Part):
    """Where rows come from and how they are read."""

    source: str
    target: Annotated[str | list[str] | None, BeforeValidator(parse_target)] = None
    """The column to predict, for tables, or several; in a file without a header also by position, -1 for the last."""
    header: bool | None = None
    """Whether the first line of a CSV file holds names; without, columns are c0, c1, ... Names that look like data are refused where it is not given."""
    task: Task | None = None
    """Detected where it is not given; multilabel is columns of 0 and 1 with any number of ones a row."""
    group: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column of group labels, for splits that keep groups together."""
    weight: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column of sample weights for the loss, in training and in validation; it is no feature."""
    validation: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column that says which rows validate (1 or 0, true or false, validation or train), in place of folds."""
    fold_column: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column with the number of the fold in which a row validates; -1 for rows that always train."""
    rare_classes: Literal["drop", "merge"] | None = None
    """What becomes of classes with fewer training rows than folds: dropped, or merged into one; refused where it is not given."""
    limit: Whole | None = Field(default=None, ge=1)
    """A stratified subset of the training rows; ``refit`` uses all rows."""
    encoding: str | None = None
    """Encoding of a CSV file: cp949, shift_jis, latin-1, ...; by default from its byte order mark, else UTF-8."""
    drop: Annotated[list[str], BeforeValidator(parse_columns)] = Field(default_factory=list)
    """Columns that are left out; in a file without a header also by position."""
    text: Annotated[list[str], BeforeValidator(parse_columns)] = Field(default_factory=list)
    """Columns that are taken for text, whatever they look like."""
    categorical: Annotated[list[str], BeforeValidator(parse_columns)] = Field(default_factory=list)
    """Columns that are taken for categories, whatever they look like: codes that are numbers, such as postcodes."""
    drop_missing_target: bool = False
    """Whether rows without a target are left out; they are refused where they are not."""
    window: Whole | None = Field(default=None, ge=1)
    """Rows that a prediction looks back on, for a table whose rows are steps of time: the last rows are held out, and folds
    are in order of time."""
    horizon: Whole | None = Field(default=None, ge=1)
    """Rows from the last one of a window to the one that is predicted; 1 where it is not given."""
    time_column: Annotated[str | None, BeforeValidator(parse_column)] = None
    """Numbers or dates that rows are sorted by; they are taken to be in order where it is not given."""
    scaling: Scaling = "auto"
    outer: Annotated[str | None, AfterValidator(parse_outer_text)] = None
    """Which fold of the training rows is held out in place of the test split, 2/5: a part of a nested cross-validation."""
    test_size: Real = Field(default=0.25, ge=0, lt=1)
    """Held-out share where the source has no test split of its own; 0 for none, where nothing scores a refit."""
    test_split: Literal["random", "last"] | None = None
    """Which rows are held out: drawn, or the last ones, for rows in order of time; the last ones for ``cv: time`` where it is not given."""


def parse_objective(value: Any) -> Any:
    """Return one objective, or a list of several; ``a,b`` and a list mean the same."""
    if not isinstance(value, str | list | tuple):
        return value
    names = as_names(value)
    return names[0] if len(names) == 1 else names


def parse_constraints(value: Any) -> Any:
    """Return constraints in the way they are written here, from one or a list of them."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return value
    return list(dict.fromkeys(parse_constraint(text).text for text in texts))


BASES = ("preset", "pick", "file", "define", "from_study")
"""Where a space starts from; one at most."""
SPACE_SUFFIXES = (".yaml", ".yml", ".json")


def parse_names(value: Any) -> Any:
    """Return the names that ``a,b,c`` or a list means; other values as they are."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        return names
    names = [name.strip() if isinstance(name, str) else name for name in names]
    if not names or "" in names:
        raise ValueError("must name hyperparameters of the catalogue, for example learning_rate,momentum")
    return names


TOP = "top:"
"""Begins what is written for the hyperparameters that mattered most."""


def parse_top(value: Any) -> Any:
    """Return the number that ``top:8`` or ``8`` means; None as it is."""
    if value is None:
        return None
    number = value.removeprefix(TOP) if isinstance(value, str) else value
    number = int(number) if isinstance(number, str) and number.isdecimal() else number
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError("must say how many hyperparameters, one or more, for example top:8")
    return number


def parse_studies(value: Any) -> Any:
    """Return the names of studies that ``a,b``, a list, or a list of such texts means; other values as they are."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(words, str) for words in listed):
        return value
    names = [name.strip() for words in listed for name in words.split(",")]
    if "" in names:
        raise ValueError("must name studies, for example digits-dnn-knowhow,wine-dnn-knowhow")
    return list(dict.fromkeys(names))


def space_part(words: str | os.PathLike[str] | Iterable[str]) -> dict[str, Any]:
    """Return the part of a specification that ``--space`` means: a file by its ending, ``top:8``, else names of the catalogue."""
    if isinstance(words, str | os.PathLike):
        path = os.fspath(words)
        if path.startswith(TOP):
            return {"top": path}
        return {"file": path} if path.lower().endswith(SPACE_SUFFIXES) else {"pick": path}
    return {"pick": list(words)}


class SpaceSpec(_Part):
    """What varies: a preset, a pick of the catalogue, a file or a definition, with ranges replaced and values fixed."""

    preset: Literal["basic", "standard", "full"] | None = None
    """A size of the family's preset."""
    pick: Annotated[list[str] | None, BeforeValidator(parse_names)] = None
    """Names of the catalogue; what they need to be active is added."""
    file: str | None = None
    """A space as a YAML file of its own."""
    set: dict[str, Any] = Field(default_factory=dict)
    """New ranges by name."""
    fix: dict[str, Any] = Field(default_factory=dict)
    """Values by name."""
    define: dict[str, Any] = Field(default_factory=dict)
    """Definitions in full, by name; a study stores its space so."""
    from_study: str | None = None
    """An earlier study of the same storage, whose space is searched from its winner on: by ``sensitivity``, or as ``top`` says."""
    top: Annotated[
        int | None,
        BeforeValidator(parse_top),
        WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": ["string", "null"]}]}),
    ] = None
    """So many hyperparameters are searched, those that mattered most in ``from_study``; all others are fixed at its winner."""
    prior: Literal["names", "none"] | None = None
    """Of a function for KerasTuner or Optuna: whether hyperparameters whose names the catalogue knows, such as lr or units_1,
    start at its recommended values, which they do where it is not given, or as the function says."""
    learn_from: Annotated[list[str], BeforeValidator(parse_studies)] = Field(default_factory=list)
    """Earlier studies of the same storage, whose best configurations become the recommended values; what was learned is
    written into the new study, which needs them no more."""
    starts: list[dict[str, Any]] = Field(default_factory=list)
    """Configurations to begin with, after the recommended one: what was learned from earlier studies, or your own."""

    @model_validator(mode="after")
    def _one_base(self) -> SpaceSpec:
        given = [key for key in BASES if getattr(self, key)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other; keep one")
        if self.top is not None and self.from_study is None:
            raise ValueError(
                "top is of an earlier study: name it with from_study, on the command line --from"
            )
        if self.from_study is not None and self.learn_from:
            raise ValueError("learn_from would move the start away from the winner of from_study; keep one")
        return self


class SearchSpec(_Part):
    """How the space is searched, and when to stop."""

    method: SearchMethod = "knowhow"
    """``bayes`` where it is not given and there are several objectives."""
    trials: Whole | None = Field(default=None, ge=1)
    """Trials to train, over all runs of the study; the whole grid, what small changes need, else 60 of ``knowhow`` and 30
    of others, where it is not given."""
    time: Seconds = Field(default=None, gt=0)
    """Seconds of one run, after which no trial goes on."""
    total_epochs: Whole | None = Field(default=None, ge=1)
    """Epochs of single folds to train, by all trials over all runs of the study: a trial of 20 epochs in 5 folds trains 100."""
    until_converged: bool = False
    """Whether it ends once twice the trials are not expected to gain as much as the best score's standard error."""
    target: Real | None = None
    """A score that ends the sweep once it is reached."""
    seed: Whole = Field(default=0, ge=0, lt=2**32)
    scheduler: Scheduler = "auto"
    """``auto``: none for a grid and small changes, whose tables should be whole, and for KerasTuner's Hyperband; its own for ``knowhow``; else
    median."""

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, values: Any) -> Any:
        """Take what studies had written when schedulers were all pruners."""
        if isinstance(values, dict) and "pruner" in values and "scheduler" not in values:
            return {"scheduler" if key == "pruner" else key: value for key, value in values.items()}
        return values


class CvSpec(_Part):
    """How training rows are split into folds."""

    method: CvMethod = "auto"
    folds: Whole = Field(default=5, ge=2)
    repeats: Whole = Field(default=2, ge=1)
    """For ``repeated``."""
    holdout: Real = Field(default=0.2, gt=0, lt=1)
    """Validation share, for ``holdout``."""
    stratify: Annotated[str | None, BeforeValidator(parse_column)] = None
    """Which of several outputs holds classes, whose proportions all splits keep; in a list, its position."""
    splitter: str | None = None
    """What cut the folds, where ``cv=`` gave it in Python, in words; a study keeps it to be resumed with the same."""
    fingerprint: str | None = None
    """Of the folds that it cut."""


class TrainingSpec(_Part):
    """How long a configuration trains and what it is scored by."""

    epochs: Whole = Field(default=100, ge=1)
    """The most epochs that a trial may train."""
    patience: Whole | None = Field(default=10, ge=1)
    """Epochs without improvement of the folds' mean objective or validation loss after which all folds stop; none to
    never stop early."""
    objective: Annotated[str | list[str] | None, BeforeValidator(parse_objective)] = None
    """A metric of the model, or of Keras or scikit-learn by its name there (``roc_auc``, ``f1_macro``, ``neg_log_loss``,
    ``rmse``), which is computed on whole validation parts; where it is not given ``val_accuracy`` for classification,
    ``val_binary_accuracy`` for several labels a row and ``val_loss`` for regression. Of several, the first is that metric, and
    epochs are chosen by it; each further one is another metric of the model, or ``params`` (weights), ``bytes`` (of them) or
    ``seconds`` (to predict a row): what no trial beats in all of them is looked for, the Pareto front."""
    constraints: Annotated[list[str], BeforeValidator(parse_constraints)] = Field(default_factory=list)
    """Bounds that the winner keeps: ``params<100000``, ``accuracy>=0.9``. A model that breaks one of ``params``, ``bytes`` or
    ``seconds`` is not trained."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """``auto``: bfloat16 for pictures on a processor that computes in it, which it is stored as."""
    direction: Literal["maximize", "minimize"] | None = None
    """Which way the (first) objective is better; needed for a user-defined metric, known for any other."""

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, values: Any) -> Any:
        """Take what studies had written when there was one objective, and it was called the metric."""
        if isinstance(values, dict) and "metric" in values:
            if "objective" in values:
                raise ValueError("metric is another word for objective; keep one")
            return {"objective" if key == "metric" else key: value for key, value in values.items()}
        return values

    @property
    def objectives(self) -> tuple[str, ...]:
        """All of them; none where it is left to the task."""
        given = self.objective
        return () if given is None else (given,) if isinstance(given, str) else tuple(given)


class ExecutionSpec(_Part):
    """Which processes train."""

    workers: Workers = 1
    """``auto``: by the machine, the number of trials and the memory that the model takes."""
    trainer: Literal["auto", "fused", "fit"] = "auto"
    """``auto``: fused for every model that allows it; both give the same scores."""
    threads: Whole | None = Field(default=None, ge=1)
    """Cores a worker; the machine's, divided by the workers, where it is not given."""
    trial_timeout: Seconds = Field(default=3600.0, gt=0)
    """Seconds without a sign of life (a part of an epoch trained, something printed) after which a trial fails; none to
    wait for ever."""
    keep_states: Real = Field(default=2.0, ge=0)
    """Gigabytes (2^30 bytes) of disk that the states of trials may take; one that is not kept is trained again."""
    keep_models: Whole = Field(default=0, ge=0)
    """Of so many of the best trials the last state is kept after the study is done, so that ``resume --epochs`` goes on from there."""


class SweepSpec(_Part):
    """Everything about a sweep."""

    study: str | None = None
    """The study's name; ``<data>-<model>-<method>`` where it is not given."""
    data: DataSpec
    model: str
    """A family (``nn``, ``cnn``, ...) or ``module:function``."""
    space: SpaceSpec = SpaceSpec()
    search: SearchSpec = SearchSpec()
    cv: CvSpec = CvSpec()
    training: TrainingSpec = TrainingSpec()
    execution: ExecutionSpec = ExecutionSpec()

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        """Accept ``data: mnist`` for ``data: {source: mnist}`` and ``search: bayes`` for its method."""
        if not isinstance(data, dict):
            return data
        full = dict(data)
        for key, inner in (("data", "source"), ("search", "method"), ("cv", "method")):
            if isinstance(full.get(key), str):
                full[key] = {inner: full[key]}
        training, search = full.get("training"), full.get("search", {})
        if isinstance(training, dict) and isinstance(search, dict) and "method" not in search:
            objective = training.get("objective")
            several = objective.split(",") if isinstance(objective, str) else objective
            if isinstance(several, list | tuple) and len(several) > 1:
                full["search"] = {"method": "bayes", **search}
        if isinstance(full.get("data"), dict) and full["data"].get("window") is not None:
            cv = full.get("cv") or {}
            if isinstance(cv, dict) and cv.get("method", "auto") == "auto":
                full["cv"] = {**cv, "method": "time"}
        return full

    @model_validator(mode="after")
    def _earlier_study_used(self) -> SweepSpec:
        if (
            self.space.from_study is not None
            and self.space.top is None
            and self.search.method != "sensitivity"
        ):
            raise ValueError(
                "an earlier study (--from) is for --search sensitivity, which starts at its winner, and for --space top:8"
            )
        return self

    @model_validator(mode="after")
    def _one_objective_where_needed(self) -> SweepSpec:
        if len(self.training.objectives) < 2:
            return self
        search = self.search
        if search.method not in OF_SEVERAL:
            raise ValueError(
                f"the search {search.method} ranks trials by one objective; take {', '.join(OF_SEVERAL)}"
            )
        if search.scheduler not in ("auto", "none"):
            raise ValueError(f"the scheduler {search.scheduler} ranks trials by one objective; take none")
        if search.target is not None:
            raise ValueError("a target is a score of one objective; with several, give --trials or --time")
        if search.until_converged:
            raise ValueError("convergence is of one objective; with several, give --trials or --time")
        return self

    @model_validator(mode="after")
    def _folds_to_converge(self) -> SweepSpec:
        if self.search.until_converged and self.cv.method == "holdout":
            raise ValueError(
                "a single holdout has no standard error to converge to: leave until_converged out, or take folds"
            )
        return self

    @model_validator(mode="after")
    def _windows_in_order(self) -> SweepSpec:
        data = self.data
        if data.window is None and (data.horizon is not None or data.time_column is not None):
            raise ValueError("horizon and time_column are for windows of a series: give a window, too")
        if data.window is not None and data.test_split == "random":
            raise ValueError(
                "windows of a series overlap, and a random test split would hold out what was trained on: leave test_split out"
            )
        if data.outer is not None and self.test_split == "last":
            raise ValueError(
                "outer folds are shuffled, and would train on rows after those that score: leave outer out"
            )
        if data.window is not None and data.rare_classes is not None:
            raise ValueError("rare_classes would take rows out of a series; leave it out")
        return self

    @property
    def test_split(self) -> Literal["random", "last"]:
        """Which rows are held out."""
        in_order = self.cv.method == "time" or self.data.window is not None
        return self.data.test_split or ("last" if in_order else "random")

    def as_dict(self) -> dict[str, Any]:
        """Return the whole specification as plain data."""
        return self.model_dump(mode="json")


def make_spec(data: Any, document: Document | None = None) -> SweepSpec:
    """Validate plain data as a specification.

    Args:
        data: Nested mappings.
        document: The file they came from, for messages.

    Raises:
        SpecError: with every fault, one a line: file, line, key, what is wrong.
    """
    try:
        spec = SweepSpec.model_validate(data)
    except ValidationError as error:
        faults = dict.fromkeys(_fault(fault, document) for fault in error.errors())
        raise SpecError("\n".join(faults)) from error
    _check_unicode(spec.model_dump(exclude={"space"}), ())
    return spec


def _check_unicode(value: Any, path: tuple[str, ...]) -> None:
    """Refuse words that no database can hold, such as a shell hands over of bytes that are not UTF-8."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        _check_unicode(part, (*path, str(key)))
    if isinstance(value, str) and not is_unicode(value):
        raise SpecError(
            f"{'.'.join(path)}: {value!a} holds half of a pair of surrogates, or bytes that are not UTF-8."
        )


def _fault(fault: Any, document: Document | None) -> str:
    path = tuple(fault["loc"])
    place = document.place(*path) if document is not None else ""
    key = ".".join(str(part) for part in path)
    if fault["type"] == "extra_forbidden":
        return f"{place}there is no key '{key}'.{did_you_mean(str(path[-1]), _known_keys(path[:-1]))}"
    if fault["type"] in ("model_type", "dict_type"):
        what = f"{place}{key}: write" if key else f"{place}A specification holds"
        return f"{what} keys and values, for example 'model: ann'."
    if fault["type"] == "missing":
        return f"{place}'{key}' must be given."
    if fault["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
        return f"{place}{key}: there is no '{fault['input']}'.{did_you_mean(str(fault['input']), known)}"
    message = fault["msg"].removeprefix("Value error, ")
    got = "" if isinstance(fault["input"], dict | list) else f", got {fault['input']!r}"
    start = f"{place}{key}: " if key else place
    return f"{start}{message[0].lower() + message[1:]}{got}."


def _known_keys(path: tuple[Any, ...]) -> list[str]:
    model: Any = SweepSpec
    for part in path:
        model = model.model_fields[part].annotation
    return list(model.model_fields)

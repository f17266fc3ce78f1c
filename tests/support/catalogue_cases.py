"""One configuration with and one without each hyperparameter of the catalogue: where it acts, and what makes it act."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from kerasweep.spaces import Categorical, Configuration, Float, Hyperparameter, Int, Space, preset
from kerasweep.spaces.catalogue import CATALOGUE, Entry
from tiny_bases import OTHER, TINY

PREFERRED = (
    "dnn",
    "cnn",
    "mlp_residual",
    "resnet",
    "linear",
    "nn",
    "ann",
    "rnn",
    "tcn",
    "cnn1d",
    "transfer",
    "text",
    "own",
)
FAMILIES = {"mixing": "cnn"}
"""Those that can show every choice."""
TASKS = dict.fromkeys(("patience", "min_delta", "start_from_epoch"), "regression")
"""Whose score moves a little with every epoch, where an accuracy stands still."""
SMALL: Configuration = {
    "units": 8,
    "filters": 4,
    "batch_size": 16,
    "hidden_layers": 1,
    "blocks": 1,
    "stages": 2,
    "dropout": 0.0,
    "learning_rate": 0.02,
    "epochs": 3,
    "outlier_limit": 2.0,
    "base": TINY,
    "picture_size": 16,
    "embedding_dim": 8,
    "epsilon": 1e-4,  # Keras's own has Adam make a whole step of a gradient that is nothing but rounding
}
"""What keeps every model small and every step visible."""
STALLED: Configuration = {
    "optimizer": "sgd",
    "learning_rate": 1e-3,
    "epochs": 8,
    "plateau_patience": 1,
    "plateau_min_delta": 0.01,
}
"""Training so slow that no epoch's gain counts: a plateau is seen, whatever a machine's last digits are."""
SLOW: Configuration = {"optimizer": "sgd", "learning_rate": 1e-4, "epochs": 8}
"""Training that gains a little with every epoch."""
CONTEXTS: dict[str, Configuration] = {
    "head_layers": {"head": "flatten"},
    "kernel_constraint": {"kernel_initializer": "random_normal", "initializer_stddev": 0.5},
    "max_norm": {"kernel_initializer": "random_normal", "initializer_stddev": 0.5},
    "min_norm": {"kernel_initializer": "random_normal", "initializer_stddev": 0.001},
    "norm_rate": {"kernel_initializer": "random_normal", "initializer_stddev": 0.5, "max_norm": 0.5},
    "bias_max_norm": {"bias_initial": 0.5},
    "bias_constraint": {"bias_initial": 0.0},
    "bias_l2": {"bias_initial": 0.5},
    "bias_regularizer": {"bias_initial": 0.5},
    "dropout_kind": {"dropout": 0.5},
    "convolution_dropout_kind": {"convolution_dropout": 0.5},
    "clipping": {"clipnorm": 0.05, "global_clipnorm": 0.1},
    "learning_rate_schedule": STALLED | {"step_epochs": 1, "decay_epochs": 1},
    "step_factor": {"step_epochs": 1},
    "decay_rate": {"decay_epochs": 1},
    "inverse_decay_rate": {"decay_epochs": 1},
    "staircase": {"decay_epochs": 1},
    "cycle": {"decay_span": 0.3},
    "filters_growth": {"blocks": 2},
    "kernel_size": {"blocks": 2},
    "dilation_rate": {"blocks": 2},
    "separable": {"blocks": 2},
    "depth_multiplier": {"blocks": 2},
    "plateau_factor": STALLED,
    "plateau_cooldown": STALLED,
    "plateau_patience": STALLED,
    "plateau_minimum": STALLED | {"plateau_factor": 0.1, "epochs": 12},
    "plateau_min_delta": {"optimizer": "sgd", "learning_rate": 1e-3, "epochs": 8, "plateau_patience": 1},
    "epochs": {},
    "patience": SLOW | {"min_delta": 0.1},
    "min_delta": SLOW | {"patience": 2},
    "start_from_epoch": SLOW | {"patience": 1, "min_delta": 0.1},
    "t_mul": {"first_decay_epochs": 1},
    "m_mul": {"first_decay_epochs": 1},
    "decay_biases": {"weight_decay": 0.5, "bias_initial": 0.5},
    "pool_strides": {"pool_size": 3},
    "units_growth": {"hidden_layers": 3},
    "skip_connections": {"hidden_layers": 2},
    "fill_mode": {"translation": 0.3},
    "interpolation": {"rotation": 0.3},
    "zoom_keeps_aspect": {"zoom": 0.5},
    "fine_tuning": {"fine_tuning_rate": 0.5},
    "frozen_share": {"fine_tuning_rate": 0.5},
    "unfrozen_share": {"fine_tuning_rate": 0.5},
    "fine_tuning_rate": {"fine_tuning_rate": 0.5},
}
"""Hyperparameter -> what else a configuration must have for it to be seen."""
OTHERS: dict[str, Any] = {
    "gradient_accumulation_steps": 2,
    "clipnorm": 0.01,
    "global_clipnorm": 0.01,
    "clipvalue": 0.001,
    "ema_overwrite_frequency": 2,
    "step_epochs": 1,
    "first_decay_epochs": 1,
    "decay_epochs": 1,
    "max_norm": 0.5,
    "min_norm": 0.5,
    "groups": 2,
    "warmup_epochs": 0.5,
    "epochs": 5,
    "patience": 1,
    "plateau_patience": 2,
    "start_from_epoch": 5,
    "min_delta": 0.1,
    "n_quantiles": 10,
    "base": OTHER,
    "picture_size": 24,
    "frozen_share": 0.0,
    "unfrozen_share": 1.0,
    "max_tokens": 10,
    "sequence_length": 3,
}
"""Values that are seen within a few steps; else the far end of a range is taken."""


@dataclass(frozen=True)
class Case:
    """A hyperparameter at its usual value and at another one."""

    name: str
    family: str
    task: str
    kind: str
    first: Configuration
    second: Configuration


def cases_of(name: str) -> list[Case]:
    """Return a case for each other value of a choice, and one for a range."""
    entry = CATALOGUE[name]
    family = FAMILIES.get(name) or next(family for family in PREFERRED if family in entry.families)
    task, kind = TASKS.get(name, entry.tasks[0]), kind_of(entry, family)
    space = space_of(family, task, kind)
    first = configuration(space, name)
    return [
        Case(name, family, task, kind, first, configuration(space, name, value))
        for value in other_values(space[name], first[name])
    ]


@dataclass
class Together:
    """Hyperparameters of one family that all have their other values in one configuration."""

    cases: list[Case]
    configuration: Configuration

    @property
    def of(self) -> Case:
        """One of its cases, which all are of the same family, task and kind of data."""
        return self.cases[0]

    def is_open_to(self, case: Case) -> bool:
        """Tell whether a case may be one of these."""
        alike = (self.of.family, self.of.task, self.of.kind) == (case.family, case.task, case.kind)
        return alike and len(self.cases) < MOST_TOGETHER and not is_alone(self.of) and not is_alone(case)

    def take(self, case: Case) -> bool:
        """Take another case, if it fits: all others keep their values, and it has its own."""
        wanted: Configuration = {}
        for one in (*self.cases, case):
            for name, value in changes_of(one).items():
                if wanted.setdefault(name, value) != value:
                    return False
        space = space_of(case.family, case.task, case.kind)
        made = configuration(space, changes=wanted)
        if any(made.get(name) != value for name, value in wanted.items()):
            return False
        self.cases.append(case)
        self.configuration = made
        return True


MOST_TOGETHER = 4
"""More of them hide one another, or diverge."""
ALONE = frozenset(
    """learning_rate learning_rate_schedule optimizer batch_size clipping clipnorm clipvalue global_clipnorm step_epochs decay_epochs
    units filters blocks convolutions focal_alpha focal_gamma head zero_gamma prelu_shared kernel_size use_bias output_bias bias_initial
    bias_regularizer bias_l2 bias_constraint bias_max_norm kernel_regularizer activity_regularizer output_regularizer orthogonal_mode
    gradient_accumulation_steps subset bootstrap class_weight class_weight_power clip_outliers amsgrad staircase beta_2_decay
    normalization_center epsilon_2 first_decay_epochs loss hidden_layers clip_threshold t_mul label_smoothing units_growth
    frozen_share unfrozen_share""".split()
)
"""Hyperparameters that hide others, that others hide, or that diverge in company."""
ALONE_TOO = (
    "decay", "inverse_decay_rate", "cosine_floor", "adam_beta_2", "l2_regularization_strength", "padding", "outlier_limit",
)  # fmt: skip
"""Those that are hidden where they are. All others were seen to act beside their company, when the groups were made:
without them the curves differ by ten times what trainers may differ by."""


def together() -> dict[str, Together]:
    """Return every hyperparameter's last case, in a configuration with as many others as fit into it."""
    found: list[Together] = []
    for case in (cases_of(name)[-1] for name in CATALOGUE):
        if not any(one.is_open_to(case) and one.take(case) for one in found):
            found.append(Together([case], case.second))
    found += [Together([case], case.second) for case in (cases_of(name)[-1] for name in ALONE_TOO)]
    return {" ".join(case.name for case in one.cases): one for one in found}


def is_alone(case: Case) -> bool:
    """Tell whether a case hides others: its training is too slow for them to be seen, too fast, or too short."""
    return case.name in ALONE or case.family == "rnn" or "epochs" in changes_of(case)


def changes_of(case: Case) -> Configuration:
    """Return what of a case's other configuration is not as it is recommended, or not as small."""
    usual = configuration(space_of(case.family, case.task, case.kind))
    return {name: value for name, value in case.second.items() if usual.get(name) != value}


def kind_of(entry: Entry, family: str) -> str:
    """Return the kind of data that a case is trained on."""
    if family in ("cnn", "resnet", "transfer"):
        return "colour image" if entry.kinds == ("colour image",) else "image"
    if family in ("rnn", "cnn1d", "tcn"):
        return "sequence"
    of_gaps = entry.hyperparameter.name in ("imputation", "missing_indicator")  # the table has some
    if family == "text":
        return "text"
    return "table" if entry.kinds == ("table",) or of_gaps else "array"


@cache
def space_of(family: str, task: str, kind: str) -> Space:
    """Return all that a family has, and the number of epochs."""
    space = preset(family, "full", task=task, kind="table" if kind == "text" else kind)
    return space.with_hyperparameter(CATALOGUE["epochs"].hyperparameter)


def configuration(
    space: Space, name: str = "", value: Any = None, *, changes: Configuration | None = None
) -> Configuration:
    """Return the recommended configuration in which a hyperparameter is active, small, with its context and changes."""
    wanted: Configuration = dict(changes or {})
    if name:
        _demand(space, name, wanted)
    context = CONTEXTS.get(name, {})
    for other in context:
        _demand(space, other, wanted, apart_from=name)
    wanted |= context
    made: Configuration = {}
    for hyperparameter in space:
        if not hyperparameter.is_active(made):
            continue
        usual = hyperparameter.recommended_for(made)
        if hyperparameter.name in SMALL:
            usual = SMALL[hyperparameter.name]
        made[hyperparameter.name] = wanted.get(hyperparameter.name, usual)
        if hyperparameter.name == name and value is not None:
            made[name] = value
    return made


def _demand(space: Space, name: str, wanted: Configuration, apart_from: str = "") -> None:
    for condition in space[name].conditions:
        if condition.parent != apart_from:
            wanted.setdefault(condition.parent, condition.values[0])
            _demand(space, condition.parent, wanted, apart_from)


def other_values(hyperparameter: Hyperparameter, usual: Any) -> list[Any]:
    """Return all other choices, or one other value of a range."""
    if hyperparameter.name in OTHERS:
        return [OTHERS[hyperparameter.name]]
    if isinstance(hyperparameter, Categorical):
        return [choice for choice in hyperparameter.choices if choice != usual]
    assert isinstance(hyperparameter, Float | Int)
    far = max((hyperparameter.low, hyperparameter.high), key=lambda end: abs(end - usual))
    return [far]

"""Recommended values for a function's hyperparameters that are called what the catalogue, or anyone, calls them.

A KerasTuner or Optuna function gives names and ranges: ``lr``, ``units_1``, ``conv_2_kernel``. Where such a name means an
entry of the catalogue, and its recommended value lies in the range, the entry's recommended value and confidence become
the function's own. Nothing else of a hyperparameter changes, and nothing where the function says a default.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from .catalogue import CATALOGUE
from .conditions import Condition, Recommendation
from .hyperparameters import Hyperparameter
from .kinds import Categorical, Float, Int
from .space import Space
from .values import Value, is_number, same

_OF_TRAINERS = ("data", "tabular", "mixing", "batch")
"""Groups of entries that trainers and the preparation of data heed. What a function does with such a word is not known:
the catalogue's 100 ``epochs``, for one, are the most of which the best number is chosen, and a function's own are all run."""
_KNOWN = {
    name: one.hyperparameter
    for name, one in CATALOGUE.items()
    if one.hyperparameter.group not in _OF_TRAINERS or name == "batch_size"
}
_CALLED = {
    "learning_rate": "lr learningrate learn_rate initial_lr init_lr initial_learning_rate base_lr lr_rate",
    "optimizer": "opt optim optimiser optimizer_name optimizer_type",
    "batch_size": "batch bs batchsize minibatch_size mini_batch_size",
    "momentum": "sgd_momentum",
    "beta_1": "beta1 adam_beta1",
    "beta_2": "beta2 adam_beta2",
    "weight_decay": "wd weightdecay",
    "clipnorm": "clip_norm",
    "clipvalue": "clip_value",
    "units": "unit hidden_units hidden_unit neurons hidden_neurons nodes hidden_nodes hidden_size hidden_dim "
    "lstm_units gru_units rnn_units",
    "hidden_layers": "layers hidden_layer_count",
    "recurrent_layers": "lstm_layers gru_layers rnn_layers",
    "filters": "filter conv_filters conv_filter conv2d_filters conv1d_filters conv_units",
    "kernel_size": "kernel kernelsize filter_size conv_kernel conv_kernel_size conv2d_kernel_size conv1d_kernel_size",
    "pool_size": "pool",
    "activation": "act activation_function activation_fn act_fn act_func nonlinearity",
    "dropout": "drop dropout_rate droprate drop_rate dropout_p p_dropout dropout_prob drop_prob hidden_dropout",
    "convolution_dropout": "conv_dropout conv_dropout_rate conv_drop",
    "recurrent_dropout": "recurrent_dropout_rate lstm_recurrent_dropout",
    "l1": "l1_reg l1_rate l1_factor l1_lambda l1_strength l1_regularization reg_l1 kernel_l1",
    "l2": "l2_reg l2_rate l2_factor l2_lambda l2_strength l2_regularization reg_l2 kernel_l2",
    "normalization_momentum": "bn_momentum batch_norm_momentum",
    "kernel_initializer": "initializer kernel_init weight_init init_mode",
    "embedding_dim": "embed_dim emb_dim embedding_size embedding_units",
}
"""Entry -> other names of it, in ``lower_case``, without numbers and places."""
ALIASES = {alias: entry for entry, aliases in _CALLED.items() for alias in aliases.split()}
_PLACES = ("n", "num", "number", "of", "l", "layer", "block", "dense", "fc")
"""Words of a name that count, or say where in a model its layer stands."""

_MOST_NAMES = 8
"""Of what is listed in one sentence."""


@dataclass(frozen=True)
class KnownNames:
    """A space, and which of its hyperparameters have recommended values of the catalogue."""

    space: Space
    meant: Mapping[str, str]
    """Name -> entry of the catalogue."""

    def __str__(self) -> str:
        """Return which is which as words; empty where there is none."""
        if not self.meant:
            return ""
        *others, last = dict.fromkeys(self.meant.values())
        entries = f"{', '.join(others)} and {last}" if others else last
        names = list(self.meant)
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        return f"{', '.join(names[:_MOST_NAMES])}{more}: recommended values of the catalogue's {entries}"


def with_known_names(space: Space, *, defaults: bool, except_for: Collection[str] = ()) -> KnownNames:
    """Return a function's space with the catalogue's recommended values where name, kind and range fit.

    Args:
        space: What a function asks for; what has a source already is the catalogue's, and stays.
        defaults: Whether the function can say defaults, as KerasTuner's can: then one that is not what KerasTuner takes
            where none is said, the lower end or the first choice, is the user's word and stays.
        except_for: Names that stay as they are.
    """
    entries = {one.name: entry for one in space if (entry := entry_meant(one.name)) is not None}
    called = Counter(entry.name for entry in entries.values())
    parents: dict[str, Hyperparameter] = {}
    made: list[Hyperparameter] = []
    for one in space:
        entry = entries.get(one.name)
        stays = one.source or one.name in except_for or (defaults and _says_default(one))
        made.append(one if entry is None or stays else _advised(one, entry, parents))
        if entry is not None and called[entry.name] == 1:
            parents[entry.name] = made[-1]
    return KnownNames(
        Space(tuple(made)),
        {new.name: entries[new.name].name for old, new in zip(space, made, strict=True) if new != old},
    )


def entry_meant(name: str) -> Hyperparameter | None:
    """Return the catalogue's hyperparameter that a name means; None where it is none that is known.

    Numbers are left out (``units_1``, ``dropout2``, ``conv_1_filters``, ``n_units_l0``), and so are scopes, letters' cases
    and words that count or say a place (``num``, ``layer``, ``dense``). The name as it is comes first: ``beta_1``, ``l2``.
    """
    last = name.partition("@")[0].rpartition("/")[2]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last) if not last.isupper() else last
    word = re.sub(r"\W+", "_", snake.strip()).lower().strip("_")
    first = re.sub(r"_?\d+$", "", word)
    unnumbered = re.sub(r"_?\d+(?=_|$)", "", word).strip("_")
    bare = "_".join(part for part in unnumbered.split("_") if part not in _PLACES)
    for form in (word, first, unnumbered, bare):
        meant = _KNOWN.get(ALIASES.get(form, form))
        if meant is not None:
            return meant
    return None


def _says_default(one: Hyperparameter) -> bool:
    silent = one.low if isinstance(one, Float | Int) else next(iter(one.values()))
    return not same(one.recommended, silent)


def _advised(
    one: Hyperparameter, entry: Hyperparameter, parents: Mapping[str, Hyperparameter]
) -> Hyperparameter:
    """Return a hyperparameter with an entry's recommended values and confidence; as it is where they do not fit."""
    value = _fitting(one, entry, entry.recommended)
    if value is None:
        return one
    return replace(
        one,
        recommended=value,
        recommended_when=tuple(_advice(one, entry, parents)),
        confidence=entry.confidence,
        source=entry.source,
        grid=(),
    )


def _advice(
    one: Hyperparameter, entry: Hyperparameter, parents: Mapping[str, Hyperparameter]
) -> Iterator[Recommendation]:
    """Yield an entry's other recommended values, by what the function calls the choices that they follow."""
    for advice in entry.recommended_when:
        value = _fitting(one, entry, advice.value)
        conditions = [_translated(one, condition, parents) for condition in advice.conditions]
        kept = tuple(condition for condition in conditions if condition is not None)
        if value is not None and len(kept) == len(conditions):
            yield Recommendation(value, kept)


def _translated(
    one: Hyperparameter, condition: Condition, parents: Mapping[str, Hyperparameter]
) -> Condition | None:
    """Return a condition of the catalogue on a function's own hyperparameter; None where it cannot be said."""
    parent = parents.get(condition.parent)
    if not isinstance(parent, Categorical) or parent.conditions:
        return None
    allowed = next((of.values for of in one.conditions if of.parent == parent.name), parent.choices)
    words = [_word(named) for named in condition.values if isinstance(named, str)]
    values = tuple(value for value in allowed if isinstance(value, str) and _word(value) in words)
    return Condition(parent.name, values) if values else None


def _fitting(one: Hyperparameter, entry: Hyperparameter, wanted: Value) -> Value:
    """Return the value of a hyperparameter that is an entry's value, or the nearest of its steps or choices.

    None where its kind is another (a dropout in percents, an exponent of ten) or the value lies outside its range.
    """
    if isinstance(one, Int) and isinstance(entry, Float):
        return None
    return fitting_value(one, wanted, log=getattr(entry, "log", False))


def fitting_value(one: Hyperparameter, wanted: Value, *, log: bool = False) -> Value:
    """Return the value of a hyperparameter that another one's value means: the nearest of its steps or choices, or its word.

    None where it lies outside its range, or there is none.
    """
    if not is_number(wanted):
        return _same_word(one, wanted)
    if isinstance(one, Categorical):
        numbers = [value for value in one.choices if is_number(value)]
        fits = len(numbers) == len(one.choices) > 1 and min(numbers) <= wanted <= max(numbers)
        return _nearest(numbers, wanted, log=log) if fits else None
    if not isinstance(one, Float | Int) or not one.low <= wanted <= one.high:
        return None
    return float(wanted) if isinstance(one, Float) else _nearest(_steps_around(one, wanted), wanted, log=log)


def _steps_around(one: Int, wanted: float) -> list[int]:
    below = one.low + int((wanted - one.low) // one.step) * one.step
    return [value for value in (below, below + one.step) if value <= one.high]


def _nearest(values: Collection[float], wanted: float, *, log: bool) -> float:
    def distance(value: float) -> float:
        if not log:
            return abs(value - wanted)
        return abs(math.log(value / wanted)) if value > 0 else math.inf

    return min(values, key=distance)


def _same_word(one: Hyperparameter, wanted: Value) -> Value:
    """Return the choice that is a word in another spelling: ``Adam``, ``SGD``, ``leaky-relu``."""
    if not isinstance(one, Categorical) or len(one.choices) == 1:
        return None
    for choice in one.choices:
        if same(choice, wanted):
            return choice
    words = [choice for choice in one.choices if isinstance(choice, str)]
    return next(
        (choice for choice in words if isinstance(wanted, str) and _word(choice) == _word(wanted)), None
    )


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())

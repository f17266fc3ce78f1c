"""Checks of the space: does it end where the best values are, does all of it matter, were there enough trials for it?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from ...spaces import Categorical, Float, Hyperparameter, Int, Value, position_in_range, short_text
from ...texts import count_text, numbers_text
from ..comparison import is_sensitivity_study
from ..records import TrialRecord
from .evidence import Evidence, Finding

_BEST = 5
"""Trials that are looked at for values at an edge: a single one may lie there by chance."""
_EDGE, _NEAR = 0.02, 0.2
"""Shares of a range: what counts as its end, and as near its end."""
_ENOUGH = 30
"""Complete trials from which it is said that a hyperparameter has no effect."""
_LOOKED_AT = 20_000
"""Values that are looked at for an effect, of all hyperparameters together; of more, every n-th trial by rank."""
_MEMBERS, _GROUPS = 5, 4
"""Trials that a group of like values has at least, and into how many a range is cut."""
_NAMED = 6


def best_at_the_edge(evidence: Evidence) -> Finding | None:
    """Find hyperparameters of which the winner lies at an end of the range, and most of the best trials near it."""
    best, space = evidence.scored[:_BEST], evidence.space
    if space is None or len(best) < _BEST or is_sensitivity_study(evidence.study):
        return None
    lying, wider = [], []
    for one in space:
        if one.name not in best[0].configuration:
            continue
        value = best[0].configuration[one.name]
        at = _position(one, value)
        if at is None or _EDGE < at < 1 - _EDGE:
            continue
        upper = at > 0.5
        positions = [
            _position(one, trial.configuration[one.name]) for trial in best if one.name in trial.configuration
        ]
        near = [at for at in positions if at is not None and (at >= 1 - _NEAR if upper else at <= _NEAR)]
        text = widened(one, upper=upper)
        if text and 2 * len(near) > len(best):
            lying.append(f"{one.name} {short_text(value)} at the {'upper' if upper else 'lower'} end")
            wider.append(f"--set {one.name}={text}")
    if not lying:
        return None
    return Finding(
        "edge",
        "Best value at the edge of its range",
        "hint",
        f"The winner has {numbers_text(lying, _NAMED)} of the range, and most of the best {_BEST} trials lie near there.",
        f"The best may lie beyond: search again with {' '.join(wider[:_NAMED])}.",
    )


def _position(one: Hyperparameter, value: Value) -> float | None:
    """Return where a number lies in its range, or among choices that are numbers, in order of size."""
    if not isinstance(one, Categorical):
        return position_in_range(one, value)
    numbers = _numbers(one)
    return numbers.index(value) / (len(numbers) - 1) if value in numbers else None


def _numbers(one: Categorical) -> list[int | float]:
    """Return choices in order of size where they are three numbers or more; none otherwise."""
    numbers = [
        choice for choice in one.choices if isinstance(choice, int | float) and not isinstance(choice, bool)
    ]
    return sorted(numbers) if len(numbers) == len(one.choices) >= 3 else []


def widened(one: Hyperparameter, *, upper: bool) -> str:
    """Return a range as people type it, wider at one end; empty where it ends by its nature, as a share does at 0 and 1."""
    if isinstance(one, Categorical):
        return _widened_choices(one, upper=upper)
    bounds = (
        _widened_float(one, upper)
        if isinstance(one, Float)
        else _widened_int(one, upper)
        if isinstance(one, Int)
        else None
    )
    return "" if bounds is None else replace(one, low=bounds[0], high=bounds[1]).range_text()  # type: ignore[call-arg]


def _widened_float(one: Float, upper: bool) -> tuple[float, float] | None:
    low, high, half = one.low, one.high, (one.high - one.low) / 2
    share = low >= 0 and high <= 1
    if one.log:
        new = high * 4 if upper else low / 4
    elif upper:
        if share and high == 1:
            return None
        new = (high + 1) / 2 if share else high + half
    else:
        if low == 0:
            return None
        new = low / 2 if low > 0 else low - half
    rounded = float(f"{new:.2g}")
    return (low, max(rounded, high)) if upper else (min(rounded, low), high)


def _widened_int(one: Int, upper: bool) -> tuple[int, int] | None:
    low, high, step = one.low, one.high, one.step
    if upper:
        return low, high * 2 if one.log else high + max(1, (high - low) // (2 * step)) * step
    if low in (0, 1):
        return None
    if one.log:
        return low // 2, high
    # The steps are counted from the lower end, which stays above 0 where it is.
    steps = max(1, (high - low) // (2 * step))
    steps = min((low - 1) // step, max(1, low // (2 * step))) if low > 0 else steps
    return (low - steps * step, high) if steps else None


def _widened_choices(one: Categorical, *, upper: bool) -> str:
    numbers = _numbers(one)
    if not numbers or numbers[0] < 0 or (numbers[-1] <= 1 if upper else numbers[0] == 0):
        return ""
    last, before = (numbers[-1], numbers[-2]) if upper else (numbers[0], numbers[1])
    further = last * last / before if before else last * 2
    if all(isinstance(number, int) for number in numbers):
        further = round(further)
        if further < 1 or further in numbers:
            return ""
    return ",".join(short_text(number) for number in sorted([*numbers, further]))


def without_effect(evidence: Evidence) -> Finding | None:
    """Find hyperparameters whose values explain nothing of the scores' ranks (Kruskal and Wallis 1952)."""
    trials, space = evidence.scored, evidence.space
    if space is None or len(trials) < _ENOUGH or is_sensitivity_study(evidence.study):
        return None
    trials = trials[
        :: max(1, len(trials) * len(space) // _LOOKED_AT)
    ]  # of all ranks, so that browsing answers at once
    if len(trials) < _ENOUGH:
        return None
    idle = [one.name for one in space if one.cardinality > 1 and _explains_nothing(one, trials)]
    if not idle:
        return None
    return Finding(
        "no-effect",
        "Hyperparameters without effect",
        "hint",
        f"By {'itself' if len(idle) == 1 else 'themselves'}, {numbers_text(idle, _NAMED)} "
        f"{'makes' if len(idle) == 1 else 'make'} no difference to {evidence.study.metric} that {count_text(len(trials), 'complete trial')} would show.",
        f"Fix {'it' if len(idle) == 1 else 'them'} (--fix NAME=VALUE), so that the same budget searches the rest more closely; "
        "what acts only together with others does not show here.",
    )


def _explains_nothing(one: Hyperparameter, trials: Sequence[TrialRecord]) -> bool:
    """Tell whether groups of like values have the same mean rank, but for less than chance makes of equal groups."""
    having = [trial for trial in trials if one.name in trial.configuration]
    values = [trial.configuration[one.name] for trial in having]
    scores = [trial.value or 0.0 for trial in having]
    groups = [group for group in _like_values(one, values) if len(group) >= _MEMBERS]
    kept = [place for group in groups for place in group]
    if len(groups) < 2 or len(kept) < _ENOUGH - _MEMBERS or len({scores[place] for place in kept}) < 2:
        return False
    ranks = dict(zip(kept, _ranks([scores[place] for place in kept]), strict=True))
    middle = (len(kept) + 1) / 2
    between = sum(len(group) * (_mean(ranks[place] for place in group) - middle) ** 2 for group in groups)
    within = sum((rank - middle) ** 2 for rank in ranks.values()) / (len(kept) - 1)
    return between / within <= len(groups) - 1  # its expectation where no group differs


def _like_values(one: Hyperparameter, values: Sequence[Value]) -> list[list[int]]:
    """Return places of values in groups: the same choice, or neighbours in a range."""
    order = sorted(range(len(values)), key=lambda place: repr(values[place]))
    same = [list(group) for _, group in groupby(order, key=lambda place: repr(values[place]))]
    if isinstance(one, Categorical) or len(same) <= _GROUPS:
        return same
    order = sorted(range(len(values)), key=lambda place: float(values[place] or 0))  # type: ignore[arg-type]
    size = math.ceil(len(order) / _GROUPS)
    return [order[start : start + size] for start in range(0, len(order), size)]


def _ranks(scores: Sequence[float]) -> list[float]:
    """Return ranks from 1; those of equal scores are their mean."""
    order = sorted(range(len(scores)), key=lambda place: scores[place])
    ranks = [0.0] * len(scores)
    start = 0
    for _, group in groupby(order, key=lambda place: scores[place]):
        members = list(group)
        for place in members:
            ranks[place] = start + (len(members) + 1) / 2
        start += len(members)
    return ranks


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def too_few_trials(evidence: Evidence) -> Finding | None:
    """Find that there were fewer than two trials for each hyperparameter that varies."""
    space = evidence.space
    different = [trial for trial in evidence.ended if trial.state != "failed" and trial.duplicate_of is None]
    if space is None or not different or is_sensitivity_study(evidence.study):
        return None
    varying = {one.name for one in space if one.cardinality > 1}
    several = round(_mean(sum(name in varying for name in trial.configuration) for trial in different))
    if len(different) >= min(2 * several, space.cardinality):
        return None
    name = evidence.study.name
    more = f"Give it {2 * several} trials or more (kerasweep resume {name} --trials {2 * several})"
    if evidence.study.spec.get("search", {}).get("method") == "grid":  # which has no further trials
        more = "Search beyond the grid's values (--search knowhow), or give it more of them (--set NAME=VALUE,VALUE)"
    return Finding(
        "few-trials",
        "Too few trials for the space",
        "hint",
        f"{count_text(len(different), 'trial')} for {count_text(several, 'hyperparameter')} that vary: most of the space has "
        "not been seen.",
        f"{more}, or vary less: --fix NAME=VALUE.",
    )

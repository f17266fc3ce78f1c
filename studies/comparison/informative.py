"""Selects the most informative hyperparameters where there is no room for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from ...spaces import PRESETS, Configuration, Space, preset

MAX_SHOWN = 16
"""Hyperparameters that can be shown at once; the largest basic preset has fifteen."""
_ABSENT = object()


def names_of(configurations: Sequence[Configuration]) -> list[str]:
    """Return the names of all hyperparameters that configurations have, in order of their first appearance."""
    return list(dict.fromkeys(name for configuration in configurations for name in configuration))


def informative_names(configurations: Sequence[Configuration], first: Collection[str] = ()) -> list[str]:
    """Return the names of the hyperparameters that differ between configurations, the most informative first.

    Those named in ``first`` lead, then those that most of the configurations have, then the order of the space. Of a
    single configuration all count.
    """
    names = names_of(configurations)
    if len(configurations) > 1:
        names = [name for name in names if _differs(configurations, name)]
    having = Counter(name for configuration in configurations for name in configuration)
    return sorted(names, key=lambda name: (name not in first, -having[name]))


def _differs(configurations: Sequence[Configuration], name: str) -> bool:
    return len({repr(configuration.get(name, _ABSENT)) for configuration in configurations}) > 1


def common_names(configurations: Sequence[Configuration]) -> list[str]:
    """Return the names that at least half of the configurations have."""
    having = Counter(name for configuration in configurations for name in configuration)
    return [name for name, count in having.items() if 2 * count >= len(configurations)]


def basic_names(model: str) -> tuple[str, ...]:
    """Return what a family's basic preset searches, which is what people ask for first; none for another model."""
    return preset(model).names if model in PRESETS else ()


def varying_first(space: Space, model: str) -> list[str]:
    """Return all names of a space: of those with several values the family's basic preset first, then the fixed ones."""
    basic = basic_names(model)
    return [one.name for one in sorted(space, key=lambda one: (one.cardinality == 1, one.name not in basic))]

"""A space from an earlier study: its own, started at its winner, and of that only what mattered most where that is asked."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import SpaceError, SpecError, StudyError
from ..spaces import Configuration, Space, fixed
from ..spaces.keras_tuner import EPOCHS
from ..spaces.space import narrowed
from ..studies import StudyRecord, TrialRecord, best_trial, read_study, read_trials
from ..studies.comparison import is_sensitivity_study, sensitivity, study_space
from ..texts import count_text
from .spec import SpaceSpec

FEWEST_TRIALS = 10
"""Trials from which on it is said which hyperparameters mattered: not all of them are the best ones."""


@dataclass(frozen=True)
class Earlier:
    """What is taken from an earlier study."""

    space: Space
    note: str
    """What was taken, in a sentence."""
    fingerprint: str
    """Of its data."""


def find_earlier(spec: SpaceSpec, model: str, storage: str | None) -> Earlier | None:
    """Return what a specification takes from an earlier study; None where it names none.

    Args:
        spec: It names the study, and how many of its hyperparameters remain free.
        model: What is searched now, which must be what the study searched.
        storage: The database that holds it.

    Raises:
        StudyError: There is no such study, it has no complete trial, or it is not one that Kerasweep made.
        SpecError: It is of another model, or does not say that so many hyperparameters mattered.
    """
    if spec.from_study is None:
        return None
    study = read_study(spec.from_study, storage)
    space = study_space(study)
    if space is None:
        raise StudyError(f"The study '{study.name}' does not say which space it searched.")
    if study.model != model:
        raise SpecError(
            f"The study '{study.name}' searched {study.model}, not {model}: name a study of the same model with --from."
        )
    winner = best_trial(study)
    space = space.without([EPOCHS]) if _decides_epochs(study) else space
    at = f"'{study.name}', trial {winner.number}"
    started = _started_at(space, _configuration_of(study, winner, space), f"winner of {at}")
    note, found = f"the start is the winner of {at}", started
    if spec.top is not None:
        weights, why = _importance(study)
        chosen = _choose(list(weights), started, spec.top, study.name)
        words = ", ".join(f"{one} {weights[one]}" for one in chosen)
        note = (
            f"searches {spec.top} of the {len(space)} hyperparameters of '{study.name}', those that {why}: {words}; all "
            f"others are fixed at its winner, trial {winner.number}"
        )
        found = _narrowed_to(started, chosen)
    return Earlier(found, note, str(study.data.get("fingerprint", "")))


def notes_on(earlier: Earlier | None, fingerprint: str) -> tuple[str, ...]:
    """Return what was taken from an earlier study, as a sentence, and whether that was of other data than these."""
    if earlier is None:
        return ()
    return (earlier.note + (" (a study of other data)" if earlier.fingerprint != fingerprint else ""),)


def _decides_epochs(study: StudyRecord) -> bool:
    """Tell whether a study's space has the epochs of KerasTuner's Hyperband, which no other search has."""
    search = study.spec.get("search")
    return isinstance(search, Mapping) and search.get("method") == "kt-hyperband"


def _configuration_of(study: StudyRecord, winner: TrialRecord, space: Space) -> Configuration:
    kept = {name: value for name, value in winner.configuration.items() if name in space}
    try:
        return space.check(kept)
    except SpaceError as error:
        raise StudyError(
            f"The winner of '{study.name}', trial {winner.number}, is not of the study's space: {error}"
        ) from error


def _started_at(space: Space, configuration: Configuration, source: str) -> Space:
    """Return a space that recommends a configuration; what is inactive in it keeps its recommended values."""
    return Space(
        tuple(
            replace(
                one,
                recommended=configuration[one.name],
                recommended_when=(),
                source=source,
                grid=() if one.grid_is_derived else one.grid,
            )
            if one.name in configuration
            else one
            for one in space
        )
    )


def _importance(study: StudyRecord) -> tuple[dict[str, str], str]:
    """Return what is said of each hyperparameter that mattered, most important first, and what it is about.

    Raises:
        SpecError: The study has too few trials.
    """
    trials = read_trials(study)
    small = sensitivity(study, trials) if is_sensitivity_study(study) else None
    if small is not None:
        found = {effect.name: effect.text for effect in small.ranking if effect.shift is not None}
        return found, "move the score most by a small change"
    from ..studies.connections import opened
    from ..studies.importance import compared_names, complete_trials, importance_shares, trials_by_rank

    with opened(study) as recorded:
        whole, why = complete_trials(recorded), "set its best trials apart most"
        if len(whole.trials) < FEWEST_TRIALS:
            whole = trials_by_rank(recorded)
            why = f"{why}, by how far {count_text(len(whole.trials), 'trial')} came"
    scored = whole.trials
    if len(scored) < FEWEST_TRIALS or len({trial.value for trial in scored}) < 2:
        raise SpecError(
            f"The study '{study.name}' has {count_text(len(scored), 'trial')} with a score, too few to tell which "
            f"hyperparameters mattered; {FEWEST_TRIALS} with different scores are needed. Give it more: kerasweep resume "
            f"{shlex.quote(study.name)} --trials N."
        )
    shares = importance_shares(whole, compared_names([trial.params for trial in scored]))
    return {name: f"{share:.0%}" for name, share in shares.items() if share > 0}, why


def _choose(ranking: Sequence[str], space: Space, top: int, name: str) -> list[str]:
    """Return the first of a ranking that can be active where the others are fixed.

    Raises:
        SpecError: There are fewer.
    """
    chosen = list(_possible(ranking, space))
    if len(chosen) < top:
        raise SpecError(
            f"top:{top} is more than there are: '{name}' tells {count_text(len(chosen), 'hyperparameter')} that mattered"
            + (f" ({', '.join(chosen)})." if chosen else ".")
        )
    return chosen[:top]


def _possible(ranking: Sequence[str], space: Space) -> Iterator[str]:
    start, chosen = space.recommended(), set[str]()
    for name in ranking:
        if name not in space or space[name].cardinality == 1:
            continue
        if name in start or any(condition.parent in chosen for condition in space[name].conditions):
            chosen.add(name)
            yield name


def _narrowed_to(space: Space, chosen: Sequence[str]) -> Space:
    """Return a space in which all but the chosen hyperparameters are fixed at their recommended values."""
    ones = [one if one.name in chosen else fixed(one.name, one.recommended, one) for one in space]
    return Space(narrowed(ones))

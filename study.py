"""``Study``: what Python code sees of a study, and what it can make of it; wherever studies are taken, or their names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SpecError, StudyError
from .export.formats import FromStudy, format_for
from .given_objects import with_objects
from .paths import given_path
from .studies import (
    StudyRecord,
    TrialRecord,
    best_trial,
    best_trials,
    choose_trial,
    read_log,
    read_study,
    read_trial,
    read_trials,
    storage_url,
    trials_frame,
)
from .studies.comparison import choose_by_rule, chosen_number, nested_score, sensitivity
from .studies.control import SweepStatus, Wish, status_of, wait_for
from .training.quiet import quiet_tensorflow
from .training.randomness import random_state_kept

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from .export.refit_model import RefitModel
    from .reports.notebook import Cards
    from .reports.plots import Plots
    from .studies.comparison import NestedScore, PairComparison, Rule

Storage = str | os.PathLike[str] | None
"""A database's URL or path; ``kerasweep.db`` where None."""


class Study:
    """A study: what was found, and what can be made of it."""

    def __init__(self, record: StudyRecord) -> None:
        self._record = record

    @property
    def name(self) -> str:
        """Its name in the storage."""
        return self._record.name

    @property
    def record(self) -> StudyRecord:
        """The specification, the data's description and the counts of trials, as they were when this was loaded."""
        return self._record

    @property
    def best(self) -> TrialRecord:
        """The best complete trial that keeps all constraints.

        Raises:
            StudyError: There is none, or the study has several objectives, by which none is simply the best.
        """
        return best_trial(self._record)

    def best_by(self, rule: Rule) -> TrialRecord:
        """Return the trial that a rule takes: ``one-se``, ``smallest`` or ``fastest``, each as good as the best; or ``max``.

        Raises:
            StudyError: As ``best``; or its scores are of a single fold, which does not tell what is as good.
        """
        return choose_by_rule(self._record, rule).trial

    @property
    def front(self) -> list[TrialRecord]:
        """The Pareto front of several objectives, in the order of the first; of one objective, the best trial."""
        several = self._record.has_several
        return best_trials(self._record, sum(self._record.counts.values()) if several else 1)

    def leaderboard(self, count: int = 10) -> pd.DataFrame:
        """Return the best complete trials, best first; of several objectives, those of the Pareto front."""
        return trials_frame(best_trials(self._record, count), self._record)

    @property
    def trials(self) -> pd.DataFrame:
        """All trials, one row each."""
        return trials_frame(read_trials(self._record), self._record)

    def log(self, number: int) -> str:
        """Return what a trial has printed, as ``kerasweep show STUDY TRIAL`` does: the last 8,000 characters, at most.

        Returns:
            Plain text with the lines that a terminal would show; empty where the trial printed nothing.

        Raises:
            StudyError: There is no such trial.
        """
        return read_log(self._record, read_trial(self._record, number).number)

    @property
    def sensitivity(self) -> pd.DataFrame:
        """What small changes did, one row a change, those that move the score most first.

        Raises:
            StudyError: The study was not launched with ``search="sensitivity"``.
        """
        import pandas as pd

        found = sensitivity(self._record, read_trials(self._record))
        if found is None:
            raise StudyError(
                f"The study '{self.name}' did not change each hyperparameter a little; launch one with "
                f'search="sensitivity", from_study="{self.name}".'
            )
        return pd.DataFrame([effect.as_dict() for effect in found.changes])

    def compare(self, first: int, second: int) -> PairComparison:
        """Compare two complete trials, fold by fold: by how much one is ahead, and how probably it is the better one.

        Returns:
            A record that says so in words, ``sentence`` and ``in_practice``, and in numbers: ``difference``, ``interval``
            of 95 %, ``probabilities`` that the first is better, practically the same, or worse.
        """
        from .studies.comparison import comparable_trial, compare_pair

        one, other = (comparable_trial(self._record, number) for number in (first, second))
        return compare_pair(self._record, one, other)

    @property
    def nested(self) -> NestedScore | None:
        """What a search as this one scores on outer folds, as far as they are done; None where ``launch`` had no ``nested=``."""
        return nested_score(self._record)

    @property
    def optuna(self) -> optuna.Study:
        """The study as Optuna's own object."""
        from .studies.connections import open_optuna

        return open_optuna(self._record)

    @property
    def plot(self) -> Plots:
        """The figures of its report one by one: ``study.plot.history()``, ``study.plot.curves(17)``, ..."""
        from .reports.plots import Plots

        return Plots(self._record)

    def cards(self) -> Cards:
        """Return the cards of its report, which a notebook shows one below the other."""
        from .reports.notebook import cards_of

        return cards_of(self._record)

    def report(self, path: str | os.PathLike[str] | None = None, format: str | None = None) -> Path:  # noqa: A002
        """Write the report, one HTML file that needs no network, Markdown or pictures, and return its path.

        Args:
            path: The file, or the folder of pictures; ``report.html`` where None.
            format: ``html``, ``md`` or ``png``; by the file's name where None.
        """
        from .reports import write_report

        target = None if path is None else given_path(path, "a report")
        return write_report([self._record], target, form=format)

    def refit(self, trial: int | None = None, *, rule: Rule | None = None, **options: Any) -> RefitModel:
        """Train a trial's configuration on all training rows and score it once on the test split.

        Args:
            trial: Its number; the best one where None.
            rule: What takes another one than the best in its place, see ``best_by``.
            **options: ``limit``, ``data``, ``sample_weight``, ``groups``, ``validation``, ``model``, ``cv``, ``on_epoch``: see ``kerasweep.search.refit.refit``. Data and model that
                were given as objects need not be given again in the process that launched the study.
        """
        from .export.refit_model import RefitModel
        from .search.refit import refit

        record = self._record
        chosen = choose_trial(record, chosen_number(record, trial, rule))
        done = refit(record, chosen, **with_objects(record, options))
        self._record = read_study(self.name, record.storage)
        return RefitModel.of(record, chosen, done)

    @quiet_tensorflow()
    @random_state_kept()
    def export(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,  # noqa: A002 - the command line's word
        trial: int | None = None,
        *,
        rule: Rule | None = None,
        **options: Any,
    ) -> Path:
        """Write the study, its winner or another trial, in one of ``kerasweep.export.FORMATS``, and return the path.

        Where none is named it is by the path's ending (``train.py``, ``trials.csv``), else YAML.
        Some of them refit the trial first; ``options`` are those of ``refit``. A rule takes the trial as ``best_by`` does.

        Raises:
            SpecError: There is no such format, or it trains nothing and takes no options.
        """
        target = given_path(path, "an export")
        form = format_for(format, target)
        trial = chosen_number(self._record, trial, rule)
        if isinstance(form, FromStudy):
            if options:
                raise SpecError(
                    f"The format '{form.name}' trains nothing and takes no '{next(iter(options))}'."
                )
            from .export.files import write_file

            return write_file(path, form.content(self._record, trial))
        # What can be checked is checked before the training, which may take long.
        form.check_study(self._record)
        form.check_path(target)
        done = self.refit(trial, **options, saves=form.saves)
        model = with_objects(self._record, options).get("model")
        return form.write(done, target, model or self._record.model)

    def status(self) -> SweepStatus:
        """Return what the study's driver does at this moment, wherever it runs."""
        self._record = read_study(self.name, self._record.storage)
        return status_of(self._record)

    def pause(self, wait: float = 30.0) -> SweepStatus:
        """Have the driver wait at the end of its trials' epochs; ``go_on`` ends that.

        Args:
            wait: Seconds until it must have done so; after them the wish stands, and the status is as it is.

        Raises:
            StudyError: Nobody runs the study.
        """
        return self._wish("pause", wait)

    def go_on(self, wait: float = 30.0) -> SweepStatus:
        """Have a driver that is paused go on; arguments and errors are those of ``pause``."""
        return self._wish("go on", wait)

    def stop(self, wait: float = 30.0) -> SweepStatus:
        """End the driver as Ctrl-C does, with everything written; arguments and errors are those of ``pause``."""
        return self._wish("stop", wait)

    def _wish(self, wish: Wish, wait: float) -> SweepStatus:
        from .studies.wishes import ask

        ask(self._record, wish)
        wait_for(self._record, wish, wait)
        return self.status()

    def resume(self, **settings: Any) -> Study:
        """Continue to the budget, or a larger one; see ``kerasweep.resume``."""
        from .resuming import resume_study

        return Study(resume_study(self.name, self._record.storage, **settings))

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self._record.counts.items())
        return f"<Study '{self.name}': {counts or 'no trials'}>"

    def _repr_html_(self) -> str:
        from html import escape

        record = self._record
        rows = best_trials(record, 5)
        if not rows:
            return f"<p>{escape(repr(self))}</p>"
        metrics = ", ".join(one.metric for one in record.objectives)
        title = f"{escape(record.name)} &middot; {escape(metrics)} &middot; {escape(repr(self)[1:-1])}"
        return f"<p><b>{title}</b></p>{trials_frame(rows, record).to_html(escape=True)}"


def records_of(studies: Any, storage: Storage, taker: str) -> list[StudyRecord]:
    """Return the records of studies, given by name or as objects, one or several.

    Args:
        studies: Those.
        storage: Where those are that are named.
        taker: The function that takes them, for messages.

    Raises:
        SpecError: Something else is given.
    """
    if isinstance(studies, Study):
        return [studies.record]
    if isinstance(studies, str):
        return [read_study(studies, storage_url(storage))]
    if isinstance(studies, list | tuple) and studies:
        return [record for one in studies for record in records_of(one, storage, taker)]
    if isinstance(studies, list | tuple):
        raise SpecError(f"Name the studies to {taker}.")
    raise SpecError(f"{taker} takes names of studies or Study objects, got {type(studies).__name__}.")

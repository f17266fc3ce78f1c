"""The Python interface: ``launch``, ``resume``, ``load``, ``list_studies``, ``compare``, ``report``, and ``Study``.

The command line calls the same functions. This module stands above ``search``, ``export`` and ``reports``, which do
not know each other.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SpecError, StudyError, did_you_mean
from .export.formats import FromStudy, find_format
from .given_objects import keep_objects, objects_apart, refuse_objects, with_objects
from .notebook import import_tqdm, in_notebook
from .search.settings import nest, put
from .studies import (
    StudyRecord,
    TrialRecord,
    best_trial,
    best_trials,
    choose_trial,
    damaged,
    read_all,
    read_log,
    read_study,
    read_trial,
    read_trials,
    storage_url,
    trials_frame,
    whole,
)
from .studies.comparison import choose_by_rule, chosen_number, nested_score, sensitivity
from .studies.control import SweepStatus, Wish, status_of, wait_for
from .tracking import follow
from .training.quiet import quiet_tensorflow
from .training.randomness import random_state_kept

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from .export import TrainedModel
    from .export.refit_model import RefitModel
    from .reports.notebook import Cards
    from .reports.plots import Plots
    from .search.ending import Ending
    from .search.plan import Plan
    from .spaces import Space
    from .studies.comparison import NestedScore, PairComparison, Rule

Storage = str | os.PathLike[str] | None
if in_notebook():
    import_tqdm()


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
        return report([self], path, format=format)

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
        format: str = "yaml",  # noqa: A002 - the command line's word
        trial: int | None = None,
        *,
        rule: Rule | None = None,
        **options: Any,
    ) -> Path:
        """Write the study, its winner or another trial, in one of ``kerasweep.export.FORMATS``, and return the path.

        Some of them refit the trial first; ``options`` are those of ``refit``. A rule takes the trial as ``best_by`` does.

        Raises:
            SpecError: There is no such format, or it trains nothing and takes no options.
        """
        form = find_format(format)
        trial = chosen_number(self._record, trial, rule)
        if isinstance(form, FromStudy):
            if options:
                raise SpecError(f"The format '{format}' trains nothing and takes no '{next(iter(options))}'.")
            from .export import write_file

            return write_file(path, form.content(self._record, trial))
        # What can be checked is checked before the training, which may take long.
        form.check_study(self._record)
        target = Path(path).expanduser()
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
        return resume(self.name, storage=self._record.storage, **settings)

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


def launch(
    data: Any = None,
    model: Any = None,
    *,
    file: str | os.PathLike[str] | None = None,
    space: Space | str | os.PathLike[str] | Sequence[str] | None = None,
    storage: Storage = None,
    verbose: int = 2,
    sample_weight: Any = None,
    groups: Any = None,
    validation: Any = None,
    cv: Any = None,
    detach: bool = False,
    join: bool = False,
    nested: int | None = None,
    **settings: Any,
) -> Study:
    """Run a sweep and return its study.

    A study of the same name, data, space and settings is continued; only its missing trials are trained.

    Args:
        data: A name, a path, ``module:function``; or ``(x, y)``, ``((x_train, y_train), (x_test, y_test))``, a
            DataFrame with ``target=``, a dict of arrays. For a model of several inputs, ``x`` is a dict, list or tuple of
            arrays.
        model: A family (``nn``, ``cnn``, ...: see ``PRESETS``), ``module:function``, or a function ``build(config, signature)``;
            KerasTuner's ``build_model(hp)``, a ``HyperModel``, its class, Optuna's ``define_model(trial)``, or their
            ``module:name``.
        file: A YAML specification; other arguments are laid over it.
        space: A space, in place of the model's preset; a YAML file that holds one; names of the
            catalogue, as a list or ``a,b,c``; or ``top:8``, what mattered most in ``from_study=``.
        storage: A database's URL or path; ``kerasweep.db`` where None.
        verbose: As Keras has it: 0 silent, 1 a bar, 2 a line a trial.
        sample_weight: One number a training row of data given in Python, by which it weighs in the loss, of training and
            of validation; a table has a column for it, ``weight=``.
        groups: One label a training row of data given in Python; a table has ``group=``.
        validation: Rows that validate in place of folds, beside data given in Python: ``(x, y)`` or
            ``(x, y, sample_weight)`` as ``fit``'s ``validation_data``, or a DataFrame; ``refit`` trains on them, too. Of a
            table, the name of a column that says which rows validate.
        cv: How training rows are cut into folds: a word, see ``CvSpec``; or any splitter of scikit-learn, which cuts the
            same folds each time; or pairs of positions of the rows given. A study keeps the folds' fingerprint.
        detach: Whether it runs in a process of its own, which outlives this one; the study is returned once that has begun.
            ``Study.status``, ``pause``, ``go_on`` and ``stop`` reach it from anywhere. Data and model must be names or paths.
        join: Whether the study is shared with drivers that run it, on this machine or others, each with its own workers; the
            storage is a PostgreSQL or MySQL server. Which configurations are tried then depends on the order in which the
            trials of all end.
        nested: Outer folds of a nested cross-validation: the search is run again without each of them, and its winner scored
            on it, which ``study.nested`` then tells.
        **settings: Everything else that a sweep has, by the names of ``kerasweep.search.settings.SETTINGS``: ``search``, ``trials``, ``time``,
            ``target``, ``target_score``, ``objective`` (several, too), ``constraint``, ``limit``, ``epochs``, ``folds``, ``executor``, ``address``, ``workers``, ``precision``, ``trainer``, ``seed``,
            ``preset``, ``set``, ``fix``, ``from_study``, ``learn_from``, ... Training runs in worker processes, in one where ``workers``
            is not given; in a notebook or at a prompt it then runs in this process, as ``workers="inline"`` asks for anywhere.

    Raises:
        KerasweepError: of a kind that says who must act.
    """
    from .search.launch import resolve_study, run_plan
    from .search.nested import check_outer_folds, score_outer_folds
    from .search.opening import check_joining

    url = storage_url(storage)
    if join:
        check_joining(url, beside=None if nested is None else "nested=")
    beside = {"sample_weight": sample_weight, "groups": groups, "validation": validation}
    data, cv, settings = objects_apart(data, {**settings, **beside, "cv": cv})
    word = settings.pop("cv", None)  # of a splitter, too, which plan_sweep finds again
    folds = word if cv is None else cv
    plan = plan_sweep(data, model, file=file, space=space, cv=folds, storage=url, **settings)
    if nested is not None:
        check_outer_folds(plan, nested, detach=detach)

    def run(plan: Plan, *, named: bool = True) -> Ending:
        plan, existing = resolve_study(plan, url, named=named)
        with follow(plan, url, verbose) as listen:
            ending = run_plan(plan, existing, url, listen, join=join)
        keep_objects(ending.study, data=data, model=model, cv=cv)
        return ending

    def outer_plan(name: str, outer: str) -> Plan:
        changed = {**settings, "study": name, "outer": outer}
        return plan_sweep(data, model, file=file, space=space, cv=folds, storage=url, **changed)

    named = "study" in settings or names_study(file)
    if detach:
        plan, _ = resolve_study(plan, url, named=named)
        refuse_objects(data=data, model=model, cv=cv)
        return _detached({"spec": plan.spec.as_dict(), "join": join}, str(plan.spec.study), url)
    ending = run(plan, named=named)
    if nested is not None and ending.reason != "interrupted":
        score_outer_folds(ending.study, nested, outer_plan, run, lambda record: Study(record).refit())
    return Study(ending.study)


def _detached(job: Mapping[str, Any], study: str, url: str) -> Study:
    from .detached import start_driver

    start_driver(job, study, url)
    return Study(read_study(study, url))


def plan_sweep(
    data: Any = None,
    model: Any = None,
    *,
    file: str | os.PathLike[str] | None = None,
    space: Space | str | os.PathLike[str] | Sequence[str] | None = None,
    sample_weight: Any = None,
    groups: Any = None,
    validation: Any = None,
    cv: Any = None,
    storage: Storage = None,
    **settings: Any,
) -> Plan:
    """Decide everything about a sweep without starting it; the arguments are those of ``launch``."""
    from .search.planning import make_plan
    from .search.spec import make_spec, space_part
    from .search.specfile import read_spec
    from .spaces import Space, space_to_dict
    from .training.data.source_data import FROM_PYTHON
    from .training.models import reference_of

    beside = {"sample_weight": sample_weight, "groups": groups, "validation": validation}
    data, cv, settings = objects_apart(data, {**settings, **beside, "cv": cv})
    if (given := settings.get("learn_from")) is not None:
        listed = given if isinstance(given, list | tuple) else [given]
        settings["learn_from"] = [_study_name(study, storage) for study in listed]
    if "from_study" in settings:
        settings["from_study"] = _study_name(settings["from_study"], storage)
    nested = nest(settings)
    given_data = None if data is None or isinstance(data, str | os.PathLike) else data
    given_model = None if isinstance(model, str) else model
    if given_data is not None:
        put(nested, ("data", "source"), f"{FROM_PYTHON}{type(getattr(data, 'data', data)).__name__}")
    elif data is not None:
        put(nested, ("data", "source"), str(data))
    if model is not None:
        nested["model"] = model if isinstance(model, str) else reference_of(model)
    if space is not None:
        base = {"define": space_to_dict(space)} if isinstance(space, Space) else space_part(space)
        for key, value in base.items():
            put(nested, ("space", key), value)
    spec = read_spec(file, nested) if file is not None else make_spec(nested)
    return make_plan(spec, data=given_data, model=given_model, cv=cv, storage=storage_url(storage))


def _study_name(study: Any, storage: Storage) -> Any:
    """Return the name of a study that is given as an object; else what is given.

    Raises:
        StudyError: It lies in another storage.
    """
    if not isinstance(study, Study):
        return study
    if study.record.storage != storage_url(storage):
        raise StudyError(f"The study '{study.name}' lies in another storage than the new one.")
    return study.name


def resume(
    study: str | None = None,
    *,
    storage: Storage = None,
    data: Any = None,
    model: Any = None,
    sample_weight: Any = None,
    groups: Any = None,
    validation: Any = None,
    cv: Any = None,
    verbose: int = 2,
    detach: bool = False,
    join: bool = False,
    **settings: Any,
) -> Study:
    """Continue a study to its budget, or to a larger one.

    Args:
        study: Its name; the last one where None.
        storage: Where it is.
        data: The data, where the study's were given in Python.
        model: The build function, where the study's was given in Python.
        sample_weight: What was given beside the data.
        groups: The same.
        validation: The same.
        cv: What cuts the folds, where it was given in Python.
        verbose: As for ``launch``.
        detach: As for ``launch``.
        join: As for ``launch``.
        **settings: ``trials``, ``time``, ``total_epochs``, ``until_converged``, ``target_score``,
            ``executor``, ``address``, ``workers``, ``threads``, ``gpus_per_trial``, ``trainer``, ``trial_timeout``,
            ``retries``, ``max_failures``, ``checkpoint_every``, ``keep_states``, ``keep_models``, ``log``; or ``epochs``, to
            which the best trials are trained on, from where they ended if ``keep_models`` has kept that.
    """
    from .search.launch import run_plan
    from .search.opening import check_joining

    if join:
        check_joining(storage_url(storage), beside="epochs=" if "epochs" in settings else None)
    record = read_study(study, storage_url(storage))
    beside = {"sample_weight": sample_weight, "groups": groups, "validation": validation}
    objects = with_objects(record, {"data": data, "model": model, "cv": cv, **beside})
    plan = plan_to_resume(record, settings, **objects)
    if detach:
        refuse_objects(**objects)
        return _detached({"settings": settings, "join": join}, record.name, record.storage)
    with follow(plan, record.storage, verbose) as listen:
        return Study(run_plan(plan, record, record.storage, listen, join=join).study)


def plan_to_resume(
    record: StudyRecord,
    settings: Mapping[str, Any],
    *,
    data: Any = None,
    model: Any = None,
    cv: Any = None,
) -> Plan:
    """Return the plan that continues a study; the arguments are those of ``resume``."""
    from .search.resume import plan_resume

    if record.imported:
        raise StudyError(
            f"The study '{record.name}' was imported from KerasTuner, whose scores are not of folds; "
            "launch a new sweep of its space, which 'kerasweep show --json' prints."
        )
    allowed = (
        "trials",
        "time",
        "total_epochs",
        "until_converged",
        "target_score",
        "executor",
        "address",
        "workers",
        "threads",
        "gpus_per_trial",
        "trainer",
        "trial_timeout",
        "retries",
        "max_failures",
        "checkpoint_every",
        "keep_states",
        "keep_models",
        "log",
        "epochs",
    )
    for name in settings:
        if name not in allowed:
            raise SpecError(f"resume cannot change '{name}'.{did_you_mean(name, allowed)}")
    changes = nest(settings)
    epochs = changes.pop("training", {}).get("epochs")
    return plan_resume(record, changes, epochs=epochs, data=data, model=model, cv=cv)


def import_keras_tuner(
    folder: str | os.PathLike[str],
    *,
    study: str | None = None,
    metric: str | None = None,
    storage: Storage = None,
) -> Study:
    """Return a KerasTuner project as a new study, to be browsed, compared, reported and exported.

    Args:
        folder: The project's, ``directory/project_name``, or the one that holds it and no other.
        study: The study's name; the project's where None.
        metric: The objective, which KerasTuner does not write down; found by the trials' scores where None.
        storage: A database's URL or path; ``kerasweep.db`` where None.

    Raises:
        StudyError: There is no project, one of its files is not KerasTuner's, or a study has that name.
    """
    from .studies.importing import import_project, read_project, study_name

    url = storage_url(storage)
    project = read_project(Path(folder), metric)
    name = study or study_name(project)
    import_project(project, name, url)
    return Study(read_study(name, url))


def load(study: str | None = None, *, storage: Storage = None) -> Study:
    """Return a study by name; the last one where no name is given."""
    return Study(read_study(study, storage_url(storage)))


def load_model(folder: str | os.PathLike[str]) -> TrainedModel:
    """Return a trained model with its preparation, as ``study.refit().save(folder)`` or ``export --format keras`` wrote it.

    Raises:
        StudyError: There is none, or it was written by another version.
    """
    from .export.trained import TrainedModel
    from .training.quiet import import_tensorflow

    import_tensorflow()
    return TrainedModel.load(folder)


def list_studies(*, storage: Storage = None) -> list[Study]:
    """Return all studies of a storage, in the order in which they were made; of damaged ones a warning tells."""
    found = read_all(storage_url(storage))
    for one in damaged(found):
        warnings.warn(str(one.error), stacklevel=2)
    return [Study(record) for record in whole(found)]


def learn(
    *studies: Study | str | Sequence[Study | str], space: Space | None = None, storage: Storage = None
) -> Space:
    """Return a space whose recommended values, and the confidence in them, are what earlier studies tell.

    Args:
        *studies: Names or ``Study`` objects, one by one or in a list.
        space: The space; that of the first study where None.
        storage: Where those are that are named.
    """
    from .search.learning import learned_space

    if not studies:
        raise SpecError("Name the studies to learn from.")
    return learned_space(records_of(studies, storage, "learn"), space).space


def compare(*studies: Study | str | Sequence[Study | str], storage: Storage = None) -> pd.DataFrame:
    """Return studies side by side, one row each.

    Args:
        *studies: Names or ``Study`` objects, one by one or in a list.
        storage: Where those are that are named.
    """
    import pandas as pd

    from .studies.comparison import compare_studies

    records = records_of(studies, storage, "compare")
    rows = [row.as_dict() for row in compare_studies(records).rows]
    return pd.DataFrame(rows).set_index("study")


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
    if isinstance(studies, list | tuple):
        return [record for one in studies for record in records_of(one, storage, taker)]
    raise SpecError(f"{taker} takes names of studies or Study objects, got {type(studies).__name__}.")


def report(
    studies: Study | str | Sequence[Study | str],
    path: str | os.PathLike[str] | None = None,
    *,
    storage: Storage = None,
    format: str | None = None,  # noqa: A002 - as the command line says
) -> Path:
    """Write one report on one or several studies and return its path.

    Args:
        studies: Names or ``Study`` objects.
        path: The file, or the folder of pictures; ``report.html``, ``report.md`` or ``report-figures`` where None.
        storage: Where those are that are named.
        format: ``html``, ``md`` for a pull request, or ``png``; by the file's name where None.
    """
    from .reports import write_report

    return write_report(
        records_of(studies, storage, "report"), None if path is None else Path(path), form=format
    )


def names_study(file: str | os.PathLike[str] | None) -> bool:
    """Tell whether a YAML specification names its study."""
    from .search.specfile import read_mapping

    return file is not None and "study" in read_mapping(file).data

"""The Python interface: ``launch``, ``resume``, ``load``, ``list_studies``, ``compare``, ``report``, and ``Study``.

The command line calls the same functions. This module stands above ``search``, ``export`` and ``reports``, which do
not know each other.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import plan_sweep
from .errors import SpecError
from .given_objects import keep_objects, objects_apart, refuse_objects
from .paths import given_path
from .resuming import resume_study
from .studies import (
    damaged,
    read_all,
    read_study,
    storage_url,
    whole,
)
from .study import Storage, Study, records_of
from .tracking import follow

if TYPE_CHECKING:
    import pandas as pd

    from .export.trained import TrainedModel
    from .search.ending import Ending
    from .search.plan import Plan
    from .spaces import Space


def launch(
    data: Any = None,
    model: Any = None,
    *,
    file: str | os.PathLike[str] | None = None,
    space: Space | str | os.PathLike[str] | Sequence[str] | Mapping[str, Any] | None = None,
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
            catalogue, as a list or ``a,b,c``; a dict of names with choices or ranges, ``{"learning_rate": "0.001..0.1:log"}``;
            or ``top:8``, what mattered most in ``from_study=``.
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
    from .detached import start_driver
    from .search.launch import resolve_study
    from .search.nested import check_outer_folds, score_outer_folds
    from .search.opening import check_joining
    from .search.specfile import names_study

    url = storage_url(storage)
    if join:
        check_joining(url, beside=None if nested is None else "nested=")
    beside = {"sample_weight": sample_weight, "groups": groups, "validation": validation}
    data, cv, settings = objects_apart(data, {**settings, **beside, "cv": cv})
    word = settings.pop("cv", None)  # of a splitter, too, which plan_sweep finds again
    plan_with = partial(
        plan_sweep, data, model, file=file, space=space, cv=word if cv is None else cv, storage=url
    )
    plan = plan_with(**settings)
    if nested is not None:
        check_outer_folds(plan, nested, detach=detach)
    objects = {"data": data, "model": model, "cv": cv}
    named = settings.get("study") is not None or names_study(file)
    if detach:
        plan, _ = resolve_study(plan, url, named=named)
        refuse_objects(**objects)
        start_driver({"spec": plan.spec.as_dict(), "join": join}, str(plan.spec.study), url)
        return Study(read_study(plan.spec.study, url))
    run = partial(_run, url=url, objects=objects, verbose=verbose, join=join)
    ending = run(plan, named=named)
    if nested is not None and ending.reason != "interrupted":
        score_outer_folds(
            ending.study,
            nested,
            lambda name, outer: plan_with(**{**settings, "study": name, "outer": outer}),
            run,
            lambda record: Study(record).refit(),
        )
    return Study(ending.study)


def _run(
    plan: Plan, *, url: str, objects: Mapping[str, Any], verbose: int, join: bool, named: bool = True
) -> Ending:
    """Run a plan in this process, and keep the objects that its study was launched with."""
    from .search.launch import resolve_study, run_plan

    plan, existing = resolve_study(plan, url, named=named)
    with follow(plan, url, verbose) as listen:
        ending = run_plan(plan, existing, url, listen, join=join)
    keep_objects(ending.study, **objects)
    return ending


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
    record = resume_study(
        study,
        storage_url(storage),
        data=data,
        model=model,
        sample_weight=sample_weight,
        groups=groups,
        validation=validation,
        cv=cv,
        verbose=verbose,
        detach=detach,
        join=join,
        **settings,
    )
    return Study(record)


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
    from .studies.importing import import_project, study_name
    from .studies.keras_tuner_project import read_project

    url = storage_url(storage)
    project = read_project(given_path(folder, "a project of KerasTuner's"), metric)
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
        records_of(studies, storage, "report"),
        None if path is None else given_path(path, "a report"),
        form=format,
    )

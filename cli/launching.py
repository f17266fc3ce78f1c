"""Commands that search: launch and resume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import SpecError
from ..printing import make_console
from ..studies import best_trial, read_study, storage_url
from ..studies.control import status_of
from ..studies.lock import refuse_driven
from . import launch_options as flags
from . import run_options
from .control import let_go_on
from .options import (
    Quiet,
    Storage,
    StudyName,
    Verbose,
    given_settings,
    parse_assignments,
    split_target,
    verbosity,
)
from .plans import print_dry_run, print_plan
from .running import nothing_written, print_ending, run_detached, run_planned

if TYPE_CHECKING:
    from ..search.plan import Plan


def launch(
    data: flags.DataSource = None,
    model: flags.Model = None,
    data_option: flags.DataOption = None,
    model_option: flags.ModelOption = None,
    target: flags.Target = None,
    study: flags.NewStudyName = None,
    task: flags.Task = None,
    group: flags.Group = None,
    weight: flags.Weight = None,
    validation: flags.Validation = None,
    fold_column: flags.FoldColumn = None,
    header: flags.Header = None,
    encoding: flags.Encoding = None,
    drop: flags.Drop = None,
    text: flags.Text = None,
    categorical: flags.Categorical = None,
    drop_missing_target: flags.DropMissingTarget = None,
    window: flags.Window = None,
    horizon: flags.Horizon = None,
    time_column: flags.TimeColumn = None,
    test_size: flags.TestSize = None,
    test_split: flags.TestSplit = None,
    rare_classes: flags.RareClasses = None,
    limit: flags.Limit = None,
    scaling: flags.Scaling = None,
    sets: flags.Ranges = None,
    fixes: flags.Fixed = None,
    preset: flags.Preset = None,
    space: flags.SpaceSource = None,
    from_study: flags.FromStudy = None,
    prior: flags.Prior = None,
    learn_from: flags.LearnFrom = None,
    search: flags.SearchMethod = None,
    seed: flags.Seed = None,
    scheduler: flags.Scheduler = None,
    trials: run_options.Trials = None,
    time: run_options.Time = None,
    total_epochs: run_options.TotalEpochs = None,
    until_converged: run_options.UntilConverged = None,
    folds: flags.Folds = None,
    cv: flags.CrossValidation = None,
    repeats: flags.Repeats = None,
    holdout: flags.Holdout = None,
    stratify: flags.Stratify = None,
    epochs: flags.Epochs = None,
    patience: flags.Patience = None,
    objective: flags.Objective = None,
    constraint: flags.Constraint = None,
    max_params: flags.MaxParams = None,
    max_memory: flags.MaxMemory = None,
    direction: flags.Direction = None,
    precision: flags.Precision = None,
    executor: run_options.Executor = None,
    address: run_options.Address = None,
    workers: run_options.Workers = None,
    threads: run_options.Threads = None,
    gpus_per_trial: run_options.GpusPerTrial = None,
    trainer: run_options.Trainer = None,
    trial_timeout: run_options.TrialTimeout = None,
    retries: run_options.Retries = None,
    max_failures: run_options.MaxFailures = None,
    checkpoint_every: run_options.CheckpointEvery = None,
    keep_states: run_options.KeepStates = None,
    keep_models: run_options.KeepModels = None,
    log: run_options.Log = None,
    nested: flags.Nested = None,
    dry_run: flags.DryRun = False,
    detach: run_options.Detach = False,
    join: run_options.Join = False,
    storage: Storage = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run a sweep; run it again to continue it.

    [dim]kerasweep launch digits dnn[/]
    [dim]kerasweep launch mnist cnn --search grid --limit 3000 --workers 2[/]
    [dim]kerasweep launch houses.csv nn --target price --trials 50 --time 10m[/]
    [dim]kerasweep launch weather.csv rnn --target temp --window 24 --time-column date[/]
    [dim]kerasweep launch reviews.csv text --target label[/]
    [dim]kerasweep launch digits dnn --set learning_rate=0.001..0.05:log --fix batch_size=32[/]
    [dim]kerasweep launch mnist cnn --preset standard[/]
    [dim]kerasweep launch digits dnn --space optimizer,learning_rate,momentum[/]
    [dim]kerasweep launch digits cnn --space my-space.yaml[/]
    [dim]kerasweep launch digits dnn --space top:3 --from digits-dnn-knowhow[/]
    [dim]kerasweep launch digits dnn --search sensitivity --from digits-dnn-knowhow[/]
    [dim]kerasweep launch digits dnn --objective accuracy,params --constraint 'params<100000'[/]
    [dim]kerasweep launch wine dnn --learn-from digits-dnn-knowhow[/]
    [dim]kerasweep launch images/ mymodels:build --set units=64,128,256[/]
    [dim]kerasweep launch digits dnn --nested 5[/]
    [dim]kerasweep launch sweep.yaml --dry-run[/]
    [dim]kerasweep launch mnist cnn --detach[/]
    [dim]kerasweep launch digits ann --log tensorboard[/]
    [dim]kerasweep launch digits dnn --join --storage postgresql://ada@db.lab/studies[/]
    """
    options = dict(locals())
    from ..arguments import plan_sweep
    from ..search.nested import check_outer_folds, score_outer_folds
    from ..search.opening import check_joining
    from ..search.refit import refit as run_refit
    from ..search.specfile import names_study

    family = _one_of(model, model_option, "--model")
    source, file = _source_and_file(data, data_option, family)
    url, level = storage_url(storage), verbosity(quiet, verbose)
    if join:
        check_joining(url, beside=None if nested is None else "--nested")
    columns, score = split_target(target, by_position=header is False)
    settings = given_settings(
        options,
        target=columns,
        target_score=score,
        set=parse_assignments(sets, "--set"),
        fix=parse_assignments(fixes, "--fix"),
    )

    def plan_with(**more: Any) -> Plan:
        return plan_sweep(source, family, file=file, space=space, storage=storage, **{**settings, **more})

    with nothing_written():
        plan = plan_with()
    if nested is not None:
        check_outer_folds(plan, nested, detach=detach)
    if dry_run:
        print_dry_run(plan)
        return
    named = "study" in settings or names_study(file)
    ending = run_planned(plan, url, level, named=named, detach=detach, join=join)
    if nested is not None and ending is not None:
        found = score_outer_folds(
            ending.study,
            nested,
            lambda name, outer: plan_with(study=name, outer=outer),
            lambda plan: run_planned(plan, url, level, named=True),
            lambda record: run_refit(record, best_trial(record)),
        )
        if level and found is not None:
            make_console().print(found.sentence, soft_wrap=True)


def resume(
    study: StudyName = None,
    trials: run_options.Trials = None,
    time: run_options.Time = None,
    total_epochs: run_options.TotalEpochs = None,
    until_converged: run_options.UntilConverged = None,
    target: Annotated[float | None, run_options.option("Budget", "A score that ends the sweep.")] = None,
    epochs: run_options.FurtherEpochs = None,
    executor: run_options.Executor = None,
    address: run_options.Address = None,
    workers: run_options.Workers = None,
    threads: run_options.Threads = None,
    gpus_per_trial: run_options.GpusPerTrial = None,
    trainer: run_options.Trainer = None,
    trial_timeout: run_options.TrialTimeout = None,
    retries: run_options.Retries = None,
    max_failures: run_options.MaxFailures = None,
    checkpoint_every: run_options.CheckpointEvery = None,
    keep_states: run_options.KeepStates = None,
    keep_models: run_options.KeepModels = None,
    log: run_options.Log = None,
    detach: run_options.Detach = False,
    join: run_options.Join = False,
    storage: Storage = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Continue a study to its budget, or to a larger one; or train its best trials further. One that is paused goes on where it runs.

    [dim]kerasweep resume[/]
    [dim]kerasweep resume digits-dnn-knowhow --trials 60 --workers 2[/]
    [dim]kerasweep resume digits-dnn-knowhow --epochs 300[/]
    [dim]kerasweep resume digits-dnn-knowhow --join --storage postgresql://ada@db.lab/studies[/]
    """
    options = dict(locals())
    from ..search.launch import run_plan
    from ..search.opening import check_joining
    from ..search.resume import plan_resume
    from ..tracking import follow

    if join:
        check_joining(storage_url(storage), beside=None if epochs is None else "--epochs")
    record = read_study(study, storage_url(storage))
    settings = given_settings(options, study=None, target=None, target_score=target)
    if not settings and not join and status_of(record).state in ("pausing", "paused"):
        let_go_on(record, storage)
        return
    if not join:
        refuse_driven(record)  # at once, rather than after its plan
    plan = plan_resume(record, settings)
    level = verbosity(quiet, verbose)
    if level:
        print_plan(plan, record, join=join)
    if detach:
        run_detached({"settings": settings, "join": join}, record.name, record.storage, level)
        return
    with follow(plan, record.storage, level) as listen:
        ending = run_plan(plan, record, record.storage, listen, join=join)
    print_ending(ending, level, storage)


def _one_of(argument: str | None, option: str | None, name: str) -> str | None:
    """Return what was given as an argument or as an option.

    Raises:
        SpecError: It was given as both.
    """
    if argument is not None and option is not None:
        raise SpecError(f"{name} {option} and the argument '{argument}' are two for one: keep one.")
    return option if argument is None else argument


def _source_and_file(
    argument: str | None, option: str | None, family: str | None
) -> tuple[str | None, str | None]:
    """Return the data, and the specification that was named: in their place, or beside ``--data``, which replace its own.

    Raises:
        SpecError: Data or model are missing, or data are given twice.
    """
    if argument is not None and Path(argument).suffix.lower() in (".yaml", ".yml", ".json"):
        return option, argument
    source = _one_of(argument, option, "--data")
    if source is not None and Path(source).suffix.lower() in (".yaml", ".yml", ".json"):
        return None, source
    if source is None:
        raise SpecError("Name the data and the model, for example: kerasweep launch digits dnn.")
    if family is None:
        raise SpecError(f"Name the model: {flags.FAMILIES}, or module:function of your own.")
    return source, None

"""Commands that train: launch, resume, refit."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import INTERRUPTED, SpecError
from ..printing import make_console, styled
from ..search.settings import SETTINGS
from ..spaces import value_text
from ..studies import StudyRecord, best_trial, best_trials, choose_trial, read_study, read_trials, storage_url
from ..studies.comparison import basic_names, chosen_number, objective_of, score_sentence
from ..studies.control import status_of
from ..texts import count_text, duration_text, number_text, numbers_text
from . import launch_options as flags
from .columns import Rows, print_rows
from .control import drivers_text, let_go_on
from .options import (
    Quiet,
    Rule,
    Storage,
    StudyName,
    TrialNumber,
    Verbose,
    optional_count,
    optional_time,
    parse_assignments,
    split_target,
    storage_option,
    verbosity,
)
from .tables import facts_table, print_table
from .trials import all_of, no_winner, print_sensitivity, print_trials

if TYPE_CHECKING:
    from ..search.calibration import Estimate
    from ..search.ending import Ending
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
    trials: flags.Trials = None,
    time: flags.Time = None,
    total_epochs: flags.TotalEpochs = None,
    until_converged: flags.UntilConverged = None,
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
    executor: flags.Executor = None,
    address: flags.Address = None,
    workers: flags.Workers = None,
    threads: flags.Threads = None,
    gpus_per_trial: flags.GpusPerTrial = None,
    trainer: flags.Trainer = None,
    trial_timeout: flags.TrialTimeout = None,
    retries: flags.Retries = None,
    max_failures: flags.MaxFailures = None,
    checkpoint_every: flags.CheckpointEvery = None,
    keep_states: flags.KeepStates = None,
    keep_models: flags.KeepModels = None,
    log: flags.Log = None,
    nested: flags.Nested = None,
    dry_run: flags.DryRun = False,
    detach: flags.Detach = False,
    join: flags.Join = False,
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
    from .. import api
    from ..search.nested import check_outer_folds, score_outer_folds
    from ..search.opening import check_joining
    from ..search.refit import refit as run_refit
    from ..search.specfile import names_study

    file: str | None = None
    source, family = data_option or data, model_option or model
    if source is not None and Path(source).suffix.lower() in (".yaml", ".yml", ".json"):
        source, file = None, source
    if file is None and source is None:
        raise SpecError("Name the data and the model, for example: kerasweep launch digits dnn.")
    if file is None and family is None:
        raise SpecError(f"Name the model: {flags.FAMILIES}, or module:function of your own.")
    url, level = storage_url(storage), verbosity(quiet, verbose)
    if join:
        check_joining(url, beside=None if nested is None else "--nested")
    columns, score = split_target(target, by_position=header is False)
    settings = _settings(
        options,
        target=columns,
        target_score=score,
        set=parse_assignments(sets, "--set"),
        fix=parse_assignments(fixes, "--fix"),
    )

    def plan_with(**more: Any) -> Plan:
        return api.plan_sweep(source, family, file=file, space=space, storage=storage, **{**settings, **more})

    plan = plan_with()
    if nested is not None:
        check_outer_folds(plan, nested, detach=detach)
    if dry_run:
        _print_dry_run(plan)
        return
    named = "study" in settings or names_study(file)
    ending = _run(plan, url, level, named=named, detach=detach, join=join)
    if nested is not None and ending is not None:
        found = score_outer_folds(
            ending.study,
            nested,
            lambda name, outer: plan_with(study=name, outer=outer),
            lambda plan: _run(plan, url, level, named=True),
            lambda record: run_refit(record, best_trial(record)),
        )
        if level and found is not None:
            make_console().print(found.sentence, soft_wrap=True)


def resume(
    study: StudyName = None,
    trials: flags.Trials = None,
    time: flags.Time = None,
    total_epochs: flags.TotalEpochs = None,
    until_converged: flags.UntilConverged = None,
    target: Annotated[float | None, flags.option("Budget", "A score that ends the sweep.")] = None,
    epochs: flags.FurtherEpochs = None,
    executor: flags.Executor = None,
    address: flags.Address = None,
    workers: flags.Workers = None,
    threads: flags.Threads = None,
    gpus_per_trial: flags.GpusPerTrial = None,
    trainer: flags.Trainer = None,
    trial_timeout: flags.TrialTimeout = None,
    retries: flags.Retries = None,
    max_failures: flags.MaxFailures = None,
    checkpoint_every: flags.CheckpointEvery = None,
    keep_states: flags.KeepStates = None,
    keep_models: flags.KeepModels = None,
    log: flags.Log = None,
    detach: flags.Detach = False,
    join: flags.Join = False,
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
    settings = _settings(options, study=None, target=None, target_score=target)
    if not settings and not join and status_of(record).state in ("pausing", "paused"):
        let_go_on(record, storage)
        return
    plan = plan_resume(record, settings)
    level = verbosity(quiet, verbose)
    if level:
        _print_plan(plan, record, join=join)
    if detach:
        _detach({"settings": settings, "join": join}, record.name, record.storage, level)
        return
    with follow(plan, record.storage, level) as listen:
        ending = run_plan(plan, record, record.storage, listen, join=join)
    _finish(ending, level, storage)


def refit(
    study: StudyName = None,
    trial: TrialNumber = None,
    rule: Rule = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Train on a subset.", show_default="all rows")
    ] = None,
    storage: Storage = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train the winner on all training rows and score it once on the test split.

    [dim]kerasweep refit[/]
    [dim]kerasweep refit mnist-cnn-knowhow --trial 7[/]
    [dim]kerasweep refit mnist-cnn-knowhow --rule one-se[/]
    """
    from ..search.refit import refit as run_refit

    console = make_console(quiet=quiet)

    def on_epoch(epoch: int, epochs: int, logs: dict[str, float]) -> None:
        if verbose:
            scores = "  ".join(f"{metric} {number_text(value)}" for metric, value in logs.items())
            console.print(f"epoch {epoch}/{epochs}  {scores}")

    record = read_study(study, storage_url(storage))
    chosen = choose_trial(record, chosen_number(record, trial, rule))
    with console.status("Training on all rows ...") if console.is_terminal and not verbose else console:
        done = run_refit(record, chosen, limit=limit, on_epoch=on_epoch)
    console.print(
        f"trial {chosen.number} of {record.name}: {count_text(done.epochs, 'epoch')} on "
        f"{done.dataset.rows:,} rows in {duration_text(done.seconds)}",
    )
    for metric, value in done.test.items():
        console.print(
            styled(f"test {metric} ", (number_text(value), "bold"), f" on {done.dataset.test_rows:,} rows"),
        )
    if (test := objective_of(record, done.test)) is not None:
        console.print(score_sentence(record, chosen, test=test), soft_wrap=True)
    if not done.test:
        console.print("no rows are held out: nothing scores it")


def _settings(options: Mapping[str, Any], **read: Any) -> dict[str, Any]:
    """Return the settings among a command's options that were given; ``read`` are those whose words were read."""
    settings = {
        name: value
        for name, value in {**options, **read}.items()
        if name in SETTINGS and value not in (None, [], {})
    }
    for name in settings.keys() & {"trial_timeout", "checkpoint_every"}:
        settings[name] = optional_time(settings[name])
    for name in settings.keys() & {"patience", "max_failures"}:
        settings[name] = optional_count(settings[name], f"--{name.replace('_', '-')}")
    return settings


def _detach(job: Mapping[str, Any], study: str, url: str, level: int) -> None:
    from ..detached import start_driver

    console = make_console(quiet=not level)
    with console.status("Starting ...") if console.is_terminal else console:
        log = start_driver(job, study, url)
    name = f"{shlex.quote(study)}{storage_option(url)}"
    console.print(f"runs in a process of its own, and writes {log}", soft_wrap=True)
    console.print(styled("See how far it is: ", (f"kerasweep status {name}", "bold")), soft_wrap=True)


def _run(
    plan: Plan, url: str, level: int, *, named: bool, detach: bool = False, join: bool = False
) -> Ending | None:
    """Run a plan here and say how it ended; or in a process of its own, of which this one does not see the end."""
    from ..search.launch import resolve_study, run_plan
    from ..tracking import follow

    plan, existing = resolve_study(plan, url, named=named)
    if level:
        _print_plan(plan, existing, join=join)
        if existing is not None:
            make_console().print(f"continues, {count_text(existing.trained, 'trial')} done before")
    if detach:
        _detach({"spec": plan.spec.as_dict(), "join": join}, str(plan.spec.study), url, level)
        return None
    with follow(plan, url, level) as listen:
        ending = run_plan(plan, existing, url, listen, join=join)
    _finish(ending, level, url)
    return ending


def _print_plan(plan: Plan, study: StudyRecord | None = None, *, join: bool = False) -> None:
    """Print what is about to happen, of a new study or one that goes on, and every decision that was made by rule."""
    spec, data = plan.spec, plan.dataset
    most = "up to " if spec.search.trials is None and math.isfinite(plan.budget.trials) else ""
    limits = [most + count_text(plan.budget.trials, "trial")]
    if spec.search.time is not None:
        limits.append(f"at most {duration_text(spec.search.time)}")
    if spec.search.total_epochs is not None:
        limits.append(f"at most {spec.search.total_epochs:,} epochs of single folds")
    if spec.search.until_converged:
        limits.append("until converged")
    if spec.search.target is not None:
        limits.append(f"until {plan.workload.objective.metric} {spec.search.target:g}")
    further = plan.further
    searched = f"{spec.search.method}, {', '.join(limits)}, seed {spec.search.seed}, scheduler {spec.search.scheduler}"
    facts = {
        "study": spec.study,
        "data": f"{data.name}: {data.rows:,} training rows, {data.test_rows:,} held out, " + data.task_text,
        "prepared": "; ".join(plan.prepared),
        "noted": "; ".join((*data.notes, *plan.hints, *_notes_on_epochs(plan, study))),
        "model": f"{spec.model}, {count_text(len(plan.space), 'hyperparameter')}",
        "search": searched if further is None else further.text,
        "training": f"{plan.cv_text()}, up to {count_text(plan.workload.epochs, 'epoch')}, "
        f"{plan.objective_text}"
        + ("" if plan.workload.precision == "float32" else f", mixed {plan.workload.precision}"),
        "workers": _workers_text(plan),
        "drivers": _drivers_text(study) if join else "",
    }
    print_table(facts_table({name: fact for name, fact in facts.items() if fact}))


def _drivers_text(study: StudyRecord | None) -> str:
    others = drivers_text(study)
    return (
        f"{f'this one, and {others}' if others else 'this one, and those that join'}; which configurations are tried depends on "
        "the order in which the trials of all of them end, not on the seed alone"
    )


def _workers_text(plan: Plan) -> str:
    execution, threads = plan.spec.execution, count_text(plan.threads(plan.workers), "thread")
    if plan.inline:
        return f"none, training runs in this process with {threads}"
    if not execution.on_ray:
        return f"{plan.workers} with {threads} each{plan.gpus_text}"
    count = execution.workers if isinstance(execution.workers, int) else "as many as there is room for"
    where = "" if execution.address == "auto" else f" at {execution.address}"
    return f"{count} with {threads} each, of the Ray cluster{where}"


def _notes_on_epochs(plan: Plan, study: StudyRecord | None) -> tuple[str, ...]:
    """Return what is to be said of trials that have, or will have, other epochs than the search's."""
    if plan.further is not None:
        return plan.further.remarks
    others = [] if study is None else [trial for trial in read_trials(study) if trial.most_epochs]
    if not others:
        return ()
    numbers = numbers_text([trial.number for trial in others], most=5)
    most = max(trial.most_epochs or 0 for trial in others)
    own = count_text(plan.workload.epochs, "epoch")
    return (f"trials {numbers} were trained on to {most} epochs; what is searched further has {own}",)


def _print_dry_run(plan: Plan) -> None:
    from ..search.calibration import calibrate

    _print_plan(plan)
    console = make_console()
    with console.status("Training two epochs to estimate the time ..."):
        found: Estimate = calibrate(plan)
    configurations = [configuration for configuration, _ in found.configurations]
    rows = Rows(
        configurations,
        {">": [str(position) for position in range(len(configurations))]},
        {">parameters": [f"{weights:,}" for _, weights in found.configurations]},
        value_text,
    )
    first = basic_names(plan.spec.model)
    print_rows("\nconfigurations", rows, first, f"once launched, {all_of(plan.spec.study or 'STUDY', 0)}")
    hidden = found.trials - len(found.configurations)
    if hidden > 0:
        console.print(
            f"and {count_text(hidden, 'more configuration')}, chosen while searching"
            if plan.spec.search.method != "grid"
            else f"and {count_text(hidden, 'more configuration')} of the grid",
        )
    further = f", a further one {duration_text(found.epoch)}" if plan.workload.epochs > 1 else ""
    console.print(f"first epoch {duration_text(found.first_epoch)} (building and tracing included){further}")
    console.print(
        styled(
            "at most about ",
            (duration_text(found.seconds), "bold"),
            " if no trial ends early; nothing was written",
        ),
    )


def _finish(ending: Ending, level: int, storage: str | None) -> None:
    """Print how the sweep ended and what to do next."""
    record = ending.study
    name, where = shlex.quote(record.name), storage_option(storage)
    if level:
        console = make_console()
        console.print(ending.describe())
        if ending.kept:
            console.print(ending.kept, soft_wrap=True)
        trials = best_trials(record, 3)
        if trials:
            title = "best configurations" if not record.has_several else "of the Pareto front"
            print_trials(title, record, trials, storage)
            print_sensitivity(record)
        elif ending.reason != "interrupted":
            console.print(no_winner(record), soft_wrap=True)
        if ending.reason == "interrupted":
            console.print(
                styled("Continue with: ", (f"kerasweep resume {name}{where}", "bold")), soft_wrap=True
            )
        elif trials:
            console.print(styled("Next: ", (f"kerasweep report {name}{where}", "bold")), soft_wrap=True)
            which = f" --trial {trials[0].number}" if record.has_several else ""
            console.print(styled("      ", (f"kerasweep refit {name}{which}{where}", "bold")), soft_wrap=True)
    if ending.reason == "interrupted":
        raise typer.Exit(INTERRUPTED)

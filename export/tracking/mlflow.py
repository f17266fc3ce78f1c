"""A study as a run of MLflow, with a nested run for each trial; where to is MLflow's own setting, ``MLFLOW_TRACKING_URI``."""

from __future__ import annotations

import json
import logging
import os
import posixpath
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ...spaces import Configuration, value_text
from ...studies import StudyRecord, TrialDetails, TrialRecord
from ...studies.passwords import without_password
from .contract import LIVE, EpochValue, identity_of, points_of, scores_of

EXPERIMENT = "kerasweep"
"""Where ``MLFLOW_EXPERIMENT_NAME`` names none."""
STUDY, TRIAL, STATE = "kerasweep.study", "kerasweep.trial", "kerasweep.state"
"""Tags by which runs are found again: of a study, its storage, name and number; of a trial, its number."""
_PARENT = "mlflow.parentRunId"
_MOST_METRICS, _MOST_PARAMETERS, _MOST_TEXT, _MOST_NAME = 1000, 100, 500, 250
"""What MLflow takes at once."""
_STATUS = {"complete": "FINISHED", "pruned": "FINISHED", "failed": "FAILED"}


class MlflowTracker:
    """Runs of an experiment, on a server or in a file."""

    def __init__(self, study: str, url: str) -> None:
        """Find the experiment, or make it.

        Raises:
            MlflowException: The server cannot be reached, or refuses.
        """
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of each database that it makes
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # of 7, which take minutes
        self._client = MlflowClient()
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        self._experiment = self._client.create_experiment(name) if found is None else found.experiment_id
        self._storage = without_password(url)
        self._parent: str | None = None
        self._live: dict[int, str] = {}

    @property
    def where(self) -> str:
        """Return the address of MLflow's storage."""
        return f"MLflow at {without_password(self._client.tracking_uri)}"

    def logged(self, study: StudyRecord) -> set[int]:
        """Return the trials whose runs have ended."""
        parent = self._run_of(study)
        runs = self._search(f"tags.`{_PARENT}` = '{parent}'")
        ended = {int(run.data.tags[TRIAL]) for run in runs if run.info.status in _STATUS.values()}
        for run in runs:
            number = int(run.data.tags[TRIAL])
            if number not in ended:  # it is trained again, or goes on
                self._live[number] = run.info.run_id
        return ended

    def log_epoch(self, study: StudyRecord, news: EpochValue) -> None:
        """Add a point to a running trial's curve."""
        run = self._trial_run(study, news.trial)
        self._client.log_metric(run, _name(f"{LIVE}{study.metric}"), news.value, step=news.epoch)

    def log_trial(self, study: StudyRecord, trial: TrialRecord, details: TrialDetails | None) -> None:
        """Write a trial's run, and end it."""
        from mlflow.entities import Metric, RunTag

        run = self._trial_run(study, trial.number)
        now = int(time.time() * 1000)
        self._log(
            run,
            [Metric(_name(metric), value, now, epoch) for metric, epoch, value in points_of(details)]
            + [
                Metric(_name(f"score/{name}"), value, now, 0)
                for name, value in scores_of(study, trial).items()
            ],
            _named(trial.configuration),
            [RunTag(STATE, trial.state)]
            + [RunTag(f"kerasweep.failure.{key}", text) for key, text in trial.failure.items()],
        )
        began = trial.started.timestamp() if trial.started is not None else time.time()
        self._client.set_terminated(run, _STATUS[trial.state], int((began + trial.seconds) * 1000))
        self._live.pop(trial.number, None)

    def close(self, study: StudyRecord | None) -> None:
        """End the study's run; those of trials that did not end are told as killed."""
        for run in self._live.values():
            self._client.set_terminated(run, "KILLED")
        if study is not None:
            self._client.set_terminated(self._run_of(study), "FINISHED")

    def _run_of(self, study: StudyRecord) -> str:
        """Return the run of a study, made where there is none."""
        if self._parent is None:
            key = json.dumps([self._storage, *identity_of(study)])[:_MOST_TEXT]
            runs = [run for run in self._search() if run.data.tags.get(STUDY) == key]
            if runs:
                self._parent = runs[0].info.run_id
                self._client.update_run(self._parent, status="RUNNING")
            else:
                self._parent = self._made(study.name, {STUDY: key})
                self._log(self._parent, [], list(_parameters(study.spec)), [])
        return self._parent

    def _trial_run(self, study: StudyRecord, number: int) -> str:
        if number not in self._live:
            tags = {_PARENT: self._run_of(study), TRIAL: str(number)}
            self._live[number] = self._made(f"trial {number}", tags)
        return self._live[number]

    def _made(self, name: str, tags: Mapping[str, str]) -> str:
        return str(self._client.create_run(self._experiment, run_name=name, tags=dict(tags)).info.run_id)

    def _search(self, which: str = "") -> list[Any]:
        found: list[Any] = []
        page = self._client.search_runs([self._experiment], which)
        found.extend(page)
        while page.token:
            page = self._client.search_runs([self._experiment], which, page_token=page.token)
            found.extend(page)
        return found

    def _log(self, run: str, metrics: list[Any], parameters: list[Any], tags: list[Any]) -> None:
        for start in range(0, len(metrics), _MOST_METRICS):
            self._client.log_batch(run, metrics=metrics[start : start + _MOST_METRICS])
        for start in range(0, len(parameters), _MOST_PARAMETERS):
            self._client.log_batch(run, params=parameters[start : start + _MOST_PARAMETERS])
        self._client.log_batch(run, tags=tags)


def _named(configuration: Configuration) -> list[Any]:
    """Return a configuration as parameters; names that MLflow cannot tell apart get a number."""
    from mlflow.entities import Param

    texts: dict[str, str] = {}
    for name, value in configuration.items():
        if value is None:
            continue
        key = _name(name)
        if key in texts:
            key = f"{key}-{len(texts)}"
        texts[key] = value_text(value)
    return [Param(name, text[:_MOST_TEXT]) for name, text in texts.items()]


def _name(text: str) -> str:
    """Return a name as MLflow takes it: letters of any script, digits and few signs, and no path out of its place."""
    plain = re.sub(r"[^\w.\- :/]", "_", text)[:_MOST_NAME]
    is_path = posixpath.normpath(plain) != plain or plain.startswith((".", "/"))
    return re.sub(r"[./]", "_", plain) if is_path else plain


def _parameters(spec: Mapping[str, Any], path: str = "") -> Iterator[Any]:
    """Yield what a specification says, but for its space, whose values the trials' runs have."""
    from mlflow.entities import Param

    for key, value in spec.items():
        if isinstance(value, Mapping):
            if key != "space":
                yield from _parameters(value, f"{path}{key}.")
        elif value not in (None, [], ""):
            yield Param(f"{path}{key}", str(value)[:_MOST_TEXT])

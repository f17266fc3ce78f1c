"""A study as runs of TensorBoard, one a trial, with its HParams table; written by TensorBoard's own library, without TensorFlow.

TensorBoard's writers open files through TensorFlow, whose import takes longer than most trials: so its protocol buffers and
its record writer are used, and the files opened here.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path
from shlex import quote as quote_word
from typing import Any, Self
from urllib.parse import quote

from ...spaces import Categorical, Float, Hyperparameter, Int, Value, stored_space
from ...studies import StudyRecord, TrialDetails, TrialRecord
from ...studies.storage import sqlite_path
from .contract import LIVE, EpochValue, identity_of, points_of, scores_of

_LIVE, _WHOLE = "live", "whole"
"""How the names of event files end: of a running trial, and of one that has ended."""
_MARK = "kerasweep-study.txt"
"""Says in a folder whose runs it holds."""
SCORE = "score/"
"""Begins the tags of what a trial is judged by, which the HParams table shows."""


def tensorboard_folder(url: str, study: str) -> Path:
    """Return the folder of a study's runs: beside an SQLite file; for a server, in this folder."""
    path = sqlite_path(url)
    folder = Path("kerasweep.tensorboard") if path is None else path.with_name(f"{path.name}.tensorboard")
    return folder.absolute() / quote(study, safe=" ")


class TensorBoardTracker:
    """Event files: one folder for the study, and one in it for each trial."""

    def __init__(self, study: str, url: str) -> None:
        """Make the folder.

        Raises:
            OSError: It cannot be made.
        """
        self.folder = tensorboard_folder(url, study)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._found = False
        self._live: dict[int, _EventFile] = {}
        self._described = False

    @property
    def where(self) -> str:
        """Return the command that shows the runs of all studies here."""
        return f"tensorboard --logdir {quote_word(str(self.folder.parent))}"

    def logged(self, study: StudyRecord) -> set[int]:
        """Return the trials whose files are whole."""
        self._find_folder(study)
        return {
            int(path.parent.name.removeprefix("trial ")) for path in self.folder.glob(f"trial */*.{_WHOLE}")
        }

    def log_epoch(self, study: StudyRecord, news: EpochValue) -> None:
        """Add a point to a running trial's curve."""
        if news.trial not in self._live:
            self._live[news.trial] = _EventFile(self._folder_of(news.trial), _LIVE)
        self._live[news.trial].add_scalar(f"{LIVE}{study.metric}", news.epoch, news.value)

    def log_trial(self, study: StudyRecord, trial: TrialRecord, details: TrialDetails | None) -> None:
        """Write a trial's file, in place of what was told while it ran."""
        from tensorboard.plugins.hparams import api_pb2
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        self._describe(study)
        if (live := self._live.pop(trial.number, None)) is not None:
            live.close()
        for earlier in self._folder_of(trial.number).glob("events.out.tfevents.*"):
            earlier.unlink()
        status = api_pb2.STATUS_FAILURE if trial.state == "failed" else api_pb2.STATUS_SUCCESS
        began = trial.started.timestamp() if trial.started is not None else time.time()
        with _EventFile(self._folder_of(trial.number), _WHOLE) as file:
            values = {name: _plain(value) for name, value in trial.configuration.items() if value is not None}
            file.add_summary(hparams_pb(values, trial_id=f"trial {trial.number}", start_time_secs=began))
            for metric, epoch, value in points_of(details):
                file.add_scalar(metric, epoch, value)
            for name, value in scores_of(study, trial).items():
                file.add_scalar(f"{SCORE}{name}", 0, value)
            file.add_summary(_session_end(status, began + trial.seconds))

    def close(self, study: StudyRecord | None) -> None:
        """Close the files of trials that did not end; a folder that nothing was written to goes."""
        for file in self._live.values():
            file.close()
        self._live.clear()
        for folder in (self.folder, self.folder.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _find_folder(self, study: StudyRecord) -> None:
        """Choose the folder of this study, and not of one of its name that was deleted since."""
        if self._found:
            return
        self._found, first = True, self.folder
        text, number = "\n".join(identity_of(study)), 1
        while (mark := self.folder / _MARK).exists() and mark.read_text(encoding="utf-8") != text:
            number += 1
            self.folder = first.with_name(f"{first.name}-{number}")
        self.folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(text, encoding="utf-8")

    def _folder_of(self, trial: int) -> Path:
        return self.folder / f"trial {trial}"

    def _describe(self, study: StudyRecord) -> None:
        """Say once what the columns of the HParams table are."""
        if self._described:
            return
        from tensorboard.plugins.hparams.summary_v2 import HParam, Metric, hparams_config_pb

        self._described = True
        columns = [HParam(one.name, _domain(one)) for one in stored_space(study.spec["space"]["define"])]
        names = [*(one.metric for one in study.objectives), "standard_error", "parameters", "seconds"]
        metrics = [Metric(f"{SCORE}{name}", display_name=name) for name in names]
        for earlier in self.folder.glob(f"*.{_WHOLE}"):
            earlier.unlink()
        with _EventFile(self.folder, _WHOLE) as file:
            file.add_summary(hparams_config_pb(columns, metrics))


class _EventFile:
    """One file of events."""

    def __init__(self, folder: Path, ending: str) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}.{ending}"
        # Written under another name, so that a file that says it is whole is.
        self._path = folder / name
        self._open = self._path.with_suffix(".part") if ending == _WHOLE else self._path
        self._file = self._open.open("wb")
        self._writer = RecordWriter(self._file)
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._open.replace(self._path)
        else:
            self._open.unlink(missing_ok=True)

    def add_summary(self, summary: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._write(Event(wall_time=time.time(), step=0, summary=summary))

    def add_scalar(self, tag: str, step: int, value: float) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        self._write(Event(wall_time=time.time(), step=step, summary=scalar_pb(tag, value)))
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _write(self, event: Any) -> None:
        self._writer.write(event.SerializeToString())


def _plain(value: Value) -> bool | float | str:
    """Return a value of a kind that TensorBoard has."""
    return value if isinstance(value, bool | int | float | str) else str(value)


def _domain(one: Hyperparameter) -> Any:
    """Return the values of a hyperparameter for the table's filters; None where they are of several kinds."""
    from tensorboard.plugins.hparams.summary_v2 import Discrete, IntInterval, RealInterval

    if isinstance(one, Float):
        return RealInterval(float(one.low), float(one.high))
    if isinstance(one, Int):
        return IntInterval(int(one.low), int(one.high))
    choices = [_plain(choice) for choice in one.choices] if isinstance(one, Categorical) else []
    return Discrete(choices) if len({type(choice) for choice in choices}) == 1 else None


def _session_end(status: int, seconds: float) -> Any:
    """Return the summary that ends a run in the HParams table; TensorBoard's own function for it imports TensorFlow."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    end = HParamsPluginData(session_end_info=SessionEndInfo(status=status, end_time_secs=seconds))
    about = metadata.create_summary_metadata(end)
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=about, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])

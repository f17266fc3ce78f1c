"""One suite for all tools that follow experiments: what was told is read back with each tool's own library."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kerasweep.errors import OutputError, SpecError
from kerasweep.export import tracking
from kerasweep.export.tracking import TRACKERS, EpochValue, Tracker, make_trackers
from kerasweep.export.tracking.contract import points_of
from kerasweep.studies import StudyRecord, TrialDetails, TrialRecord, read_details, read_trials
from synthetic import fast_writes, hostile_space, make_study

# MLflow asks SQLAlchemy in ways that its next version will not have.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

FOLDS, EPOCHS = 2, 6


@dataclass(frozen=True)
class Told:
    """A trial as a tool has it."""

    configuration: dict[str, Any]
    points: dict[str, list[tuple[int, float]]]
    failed: bool


def read_tensorboard(tracker: Any, _: str) -> dict[int, Told]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    told = {}
    for folder in tracker.folder.glob("trial *"):
        events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
        events.Reload()
        tags = events.PluginTagToContent("hparams") if "hparams" in events._plugin_to_tag_to_content else {}
        content = {tag: plugin_data_pb2.HParamsPluginData.FromString(text) for tag, text in tags.items()}
        if metadata.SESSION_END_INFO_TAG not in content:
            continue
        begun = content[metadata.SESSION_START_INFO_TAG].session_start_info.hparams
        values = {name: getattr(value, str(value.WhichOneof("kind"))) for name, value in dict(begun).items()}
        end = content[metadata.SESSION_END_INFO_TAG].session_end_info
        points = {
            tag: [(event.step, event.tensor_proto.float_val[0]) for event in events.Tensors(tag)]
            for tag in events.Tags()["tensors"]
            if not tag.startswith("_hparams_")
        }
        number = int(folder.name.removeprefix("trial "))
        told[number] = Told(values, points, end.status == api_pb2.STATUS_FAILURE)
    return told


def read_mlflow(_: Any, name: str) -> dict[int, Told]:
    from mlflow import MlflowClient

    client = MlflowClient()
    runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
    parents = {run.info.run_id for run in runs if run.info.run_name == name}
    told = {}
    for run in runs:
        if run.data.tags.get("mlflow.parentRunId") not in parents or run.info.status in ("RUNNING", "KILLED"):
            continue
        points = {
            metric: [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, metric)]
            for metric in run.data.metrics
        }
        number = int(run.data.tags["kerasweep.trial"])
        told[number] = Told(dict(run.data.params), points, run.info.status == "FAILED")
    return told


READERS: dict[str, Callable[[Any, str], dict[int, Told]]] = {
    "tensorboard": read_tensorboard,
    "mlflow": read_mlflow,
}


@pytest.fixture(scope="module", autouse=True)
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what is written in a folder of these tests, TensorFlow out of TensorBoard's reader, and MLflow from calling home."""
    folder = tmp_path_factory.mktemp("tracking")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setitem(sys.modules, "tensorboard.compat.notf", sys)
        yield folder


@pytest.fixture(scope="module")
def studies(apart: Path) -> dict[str, StudyRecord]:
    url = f"sqlite:///{apart}/studies.db"
    options = {"trials": 8, "folds": FOLDS, "epochs": EPOCHS}
    with fast_writes():
        return {
            "plain": make_study(url, "plain", **options),
            "한국 <b>/..": make_study(url, "한국 <b>/..", model="dnn", space=hostile_space(), **options),
        }


@pytest.fixture(params=sorted(TRACKERS))
def tool(request: pytest.FixtureRequest) -> str:
    return request.param


def tell_all(tracker: Tracker, study: StudyRecord) -> list[TrialRecord]:
    trials = [trial for trial in read_trials(study) if trial.state in ("complete", "pruned", "failed")]
    for trial in trials:
        tracker.log_trial(study, trial, read_details(study, [trial.number]).get(trial.number))
    return trials


def test_every_tool_has_its_reader() -> None:
    assert set(READERS) == set(TRACKERS)


@pytest.mark.parametrize("name", ["plain", "한국 <b>/.."])
def test_what_is_told_is_read_back(tool: str, studies, name: str) -> None:
    study = studies[name]
    tracker = make_trackers([tool], study.name, study.storage)[tool]
    assert tracker.logged(study) == set()
    trials = tell_all(tracker, study)
    tracker.close(study)
    told = READERS[tool](tracker, study.name)
    assert set(told) == {trial.number for trial in trials}
    assert len(trials) >= 6
    for trial in trials:
        found = told[trial.number]
        assert len(found.configuration) == sum(value is not None for value in trial.configuration.values())
        assert float(found.configuration["learning_rate"]) == pytest.approx(
            trial.configuration["learning_rate"]
        )
        assert found.failed == (trial.state == "failed")
        if trial.state == "complete":
            ((step, value),) = found.points[f"score/{study.metric}"]
            assert step == 0
            assert value == pytest.approx(trial.value)
        details = read_details(study, [trial.number]).get(trial.number)
        for metric, folds in ({} if details is None else details.curves).items():
            mean = [sum(values) / FOLDS for values in zip(*folds, strict=True)]
            assert [step for step, _ in found.points[metric]] == list(range(1, len(mean) + 1))
            assert [value for _, value in found.points[metric]] == pytest.approx(mean)
            assert len(found.points[f"{metric}/fold 2"]) == len(mean)


def test_a_later_process_tells_what_is_new(tool: str, studies) -> None:
    study = studies["plain"]
    first = make_trackers([tool], "plain", study.storage)[tool]
    first.logged(study)
    trials = tell_all(first, study)
    first.log_epoch(study, EpochValue(99, 1, 0.5))
    first.close(study)
    again = make_trackers([tool], "plain", study.storage)[tool]
    assert again.logged(study) == {trial.number for trial in trials}
    again.close(study)


def test_a_running_trial_is_told_by_epoch_and_then_whole(tool: str, studies) -> None:
    study = studies["plain"]
    tracker = make_trackers([tool], "plain", study.storage)[tool]
    tracker.logged(study)
    for epoch in (1, 2):
        tracker.log_epoch(study, EpochValue(77, epoch, epoch / 10))
    assert 77 not in tracker.logged(study)
    trial = TrialRecord(77, "complete", {"learning_rate": 0.25}, 0.75, (0.5, 1.0))
    tracker.log_trial(study, trial, TrialDetails({study.metric: [[0.5, 0.5], [0.5, 1.0]]}, ""))
    tracker.close(study)
    points = READERS[tool](tracker, "plain")[77].points[study.metric]
    assert [step for step, _ in points] == [1, 2]
    assert [value for _, value in points] == pytest.approx([0.5, 0.75])


def test_a_study_made_anew_under_a_name_is_another_one(tool: str, apart: Path, studies) -> None:
    study = studies["plain"]
    first = make_trackers([tool], "plain", study.storage)[tool]
    first.logged(study)
    tell_all(first, study)
    other = StudyRecord(**{**vars(study), "about": {**study.about, "created": "later"}})
    tracker = make_trackers([tool], "plain", study.storage)[tool]
    assert tracker.logged(other) == set()
    tracker.close(other)


def test_means_and_folds_without_what_is_not_finite() -> None:
    details = TrialDetails({"loss": [[1.0, math.nan], [3.0, 5.0, 7.0]]}, "")
    assert list(points_of(details)) == [
        ("loss", 1, 2.0),
        ("loss", 3, 7.0),
        ("loss/fold 1", 1, 1.0),
        ("loss/fold 2", 1, 3.0),
        ("loss/fold 2", 2, 5.0),
        ("loss/fold 2", 3, 7.0),
    ]
    assert list(points_of(None)) == []


def test_a_tool_that_is_missing_is_named_with_its_extra(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    with pytest.raises(SpecError, match=rf"pip install 'kerasweep\[{tool}\]'"):
        make_trackers([tool], "s", "sqlite:///x.db")


@pytest.mark.parametrize(
    ("tool", "environment"),
    [
        ("tensorboard", {}),
        ("mlflow", {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}),
    ],
)
def test_where_nothing_can_be_written_it_is_said(
    tool: str, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.db.tensorboard").write_text("in the way")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OutputError, match=f"--log {tool} cannot write") as caught:
        make_trackers([tool], "s", f"sqlite:///{tmp_path}/x.db")
    assert "\n" not in str(caught.value)

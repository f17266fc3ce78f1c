"""What a driver writes of its study as a whole."""

from __future__ import annotations

from kerasweep.studies import read_study


def test_only_running_trials_are_requeued(writer, samples) -> None:
    writer.finish(samples.begin(writer), 1.0, samples.result, samples.details)
    samples.begin(writer)
    writer.fail(samples.begin(writer), samples.failure)
    half = writer.new_trial()
    half.suggest_categorical("optimizer", ("adam", "sgd", None))
    writer.requeue_running()
    states = [trial.state.name for trial in writer.trials()]
    assert states == ["COMPLETE", "WAITING", "FAIL", "WAITING"]
    assert [writer.new_trial().number for _ in range(3)] == [1, 3, 4]


def test_refits_are_kept_by_trial(writer, sqlite_url: str) -> None:
    writer.set_refit(3, {"test": {"accuracy": 0.5}})
    writer.set_refit(4, {"test": {"accuracy": 0.6}})
    writer.set_refit(3, {"test": {"accuracy": 0.7}})
    assert read_study("first", sqlite_url).refits == {
        3: {"test": {"accuracy": 0.7}},
        4: {"test": {"accuracy": 0.6}},
    }

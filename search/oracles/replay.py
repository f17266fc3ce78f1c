"""Creates one of KerasTuner's oracles, replays a study's trials to it, and asks it for values."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from ...errors import SpaceError
from ...spaces import Configuration, Space, Value, space_to_keras_tuner
from ...spaces.keras_tuner import EPOCHS
from ...studies import Direction
from ...studies.records import DUPLICATE, RESULT
from ...training.quiet import import_tensorflow
from ..schedulers.contract import is_infeasible
from .brackets import without_epochs
from .encoding import Encoding

_STATUS = {
    TrialState.RUNNING: "RUNNING",
    TrialState.COMPLETE: "COMPLETED",
    TrialState.PRUNED: "COMPLETED",
    TrialState.FAIL: "FAILED",
}


def new_oracle(name: str, encoding: Encoding, direction: Direction, seed: int, **options: Any) -> Any:
    """Return one of ``keras_tuner.oracles`` that knows the space and nothing else."""
    import_tensorflow()
    import keras_tuner

    objective = keras_tuner.Objective("value", "max" if direction == "maximize" else "min")
    return getattr(keras_tuner.oracles, name)(
        objective=objective,
        seed=seed,
        hyperparameters=space_to_keras_tuner(encoding.space),
        **options,
    )


def replay_trials(oracle: Any, encoding: Encoding, trials: Sequence[FrozenTrial]) -> None:
    """Replay the trials of a study to a new oracle: finished with their values, failed, or running.

    A pruned trial counts with its last mean, one that breaks a constraint as failed. A repeated one is replayed once; one that a user enqueued outside of the
    space is left out.
    """
    from keras_tuner.engine.trial import Trial

    for trial in filter(is_replayed, trials):
        try:
            configuration = encoding.of.check(_known(trial.params, encoding.of))
        except SpaceError:
            continue
        hyperparameters = oracle.get_space()
        hyperparameters.values = encoding.encode(configuration)
        status = "FAILED" if is_infeasible(trial) else _STATUS[trial.state]
        replayed = Trial(hyperparameters, trial_id=str(trial.number), status=status)
        oracle.trials[replayed.trial_id] = replayed
        oracle.start_order.append(replayed.trial_id)
        if trial.state == TrialState.RUNNING:
            oracle.ongoing_trials[replayed.trial_id] = replayed
        else:
            oracle.end_order.append(replayed.trial_id)
            if replayed.status == "COMPLETED":
                replayed.score = trial.value
                replayed.best_step = trial.user_attrs.get(RESULT, {}).get("epochs", 0)
        oracle._record_values(replayed)  # so that it is not drawn again


def is_replayed(trial: FrozenTrial) -> bool:
    """Tell whether a trial is replayed to an oracle: it runs or has ended, and is no duplicate of another."""
    return trial.state in _STATUS and DUPLICATE not in trial.user_attrs


def _known(values: Mapping[str, Value], space: Space) -> Configuration:
    """Return values without Hyperband's epochs, where the oracle's space has none."""
    return dict(values) if EPOCHS in space else without_epochs(values)


def ask_oracle(oracle: Any, number: int) -> dict[str, Any]:
    """Ask an oracle for the values of a trial."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a Gaussian process that does not converge is KerasTuner's to judge
        answer: dict[str, Any] = oracle.populate_space(str(number))
    return answer


def seed_of(seed: int, number: int) -> int:
    """Return the seed of an oracle; KerasTuner takes 0 for none."""
    digest = hashlib.blake2b(f"{seed}/{number}/oracle".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") or 1

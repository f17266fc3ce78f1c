"""Which Optuna sampler a search has, and that a search whose packages are missing is refused before anything is done."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from kerasweep.errors import SpecError
from kerasweep.search import samplers
from kerasweep.search.planning import make_plan
from kerasweep.search.samplers import ConstrainedEvolution, make_sampler, refuse_missing
from kerasweep.search.spec import make_spec
from kerasweep.studies import read_trials
from optuna.samplers import TPESampler

made: list[GaussianProcess] = []


class GaussianProcess(TPESampler):
    """Stands for Optuna's, which needs PyTorch: it takes the same arguments, and suggests what another sampler does."""

    def __init__(
        self, *, seed: int, independent_sampler: TPESampler, warn_independent_sampling: bool
    ) -> None:
        super().__init__(seed=seed)
        assert isinstance(independent_sampler, TPESampler)
        assert not warn_independent_sampling, "a conditional space would warn at every trial"
        made.append(self)


@pytest.mark.parametrize(
    ("method", "kind"),
    [("gp", GaussianProcess), ("cmaes", ConstrainedEvolution), ("bayes", TPESampler), ("random", TPESampler)],
)
def test_the_sampler_of_a_search(monkeypatch: pytest.MonkeyPatch, method: str, kind: type) -> None:
    monkeypatch.setattr(optuna.samplers, "GPSampler", GaussianProcess)
    assert type(make_sampler(0, method)._make(7)) is kind


@pytest.mark.parametrize("scheduler", ["none", "median", "hyperband", "asha", "knowhow"])
def test_a_gaussian_process_searches_with_every_scheduler(
    lab, fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheduler: str
) -> None:
    """What it suggests is trained, after the recommended values, and a sweep in two parts is the same as one."""
    monkeypatch.setattr(optuna.samplers, "GPSampler", GaussianProcess)
    made.clear()
    whole = lab(method="gp", scheduler=scheduler, trials=8, epochs=9)
    executor = fake(epochs=9)
    assert whole.run(executor) == "trials"
    assert executor.trained[0].configuration == whole.space.recommended()
    assert made
    assert len(read_trials(whole.read())) >= 8
    if scheduler not in ("none", "median", "hyperband"):
        return  # what pauses ends its trials with the budget
    parts = whole.copy(tmp_path / "parts", Path("none"))
    parts.trials = 4
    parts.run(fake(epochs=9))
    parts.trials = 8
    parts.run(fake(epochs=9))
    assert parts.picture == whole.picture


def test_the_search_refuses_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samplers, "find_spec", lambda name: None if name == "torch" else object())
    message = r"^--search gp needs PyTorch, which is not installed: pip install 'kerasweep\[gp\]'\.$"
    with pytest.raises(SpecError, match=message):
        make_plan(make_spec({"data": "no-such-data", "model": "dnn", "search": "gp"}))
    for method in ("bayes", "cmaes", "knowhow"):
        refuse_missing(method)
    monkeypatch.setattr(samplers, "find_spec", lambda name: object())
    refuse_missing("gp")


def test_generations_follow_one_another(lab, fake) -> None:
    """CMA-ES keeps its state with the trials."""
    search = lab(method="cmaes", trials=20, epochs=1)
    search.run(fake(epochs=1))
    generations = [trial.system_attrs.get("cma:generation") for trial in search.load().trials]
    assert generations[0] is None, "the recommended values"
    known = [one for one in generations if one is not None]
    assert known == sorted(known)
    assert known[-1] >= 2

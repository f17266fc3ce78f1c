"""Where a sweep trains: in processes of its own, but where somebody types what is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kerasweep.search import placement
from kerasweep.search.executors import InlineExecutor, make_executor
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec

SCRIPT = """
import os, sys
import kerasweep as ks

def build(config, signature):
    import keras
    open("where", "a").write(f"{os.getpid()}\\n")
    parts = [keras.Input(signature.input_shape), keras.layers.Flatten()]
    return keras.Sequential([*parts, keras.layers.Dense(signature.outputs, "softmax")])

build.space = ks.Space((ks.Int("batch_size", 16, 32),))
settings = {"workers": eval(sys.argv[1])} if len(sys.argv) > 1 else {}
if "prompt" in sys.argv:
    sys.ps1 = ">>> "
study = ks.launch("digits", build, trials=1, limit=60, folds=2, epochs=1, verbose=0, **settings)
pids = {int(line) for line in open("where")} - {os.getpid()}
print(len(study.trials), "elsewhere" if pids else "here")
"""


def plan_of(**settings: Any):
    spec = {"data": "digits", "model": "ann", "search": {"trials": 1, "time": settings.pop("time", None)}}
    return make_plan(make_spec({**spec, "execution": settings}))


@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize(
    ("workers", "inline"), [(None, "where typed"), ("inline", True), (1, False), (2, False), ("auto", False)]
)
def test_one_rule_says_where_it_trains(monkeypatch: pytest.MonkeyPatch, workers, inline, interactive) -> None:
    monkeypatch.setattr(placement, "is_interactive", lambda: interactive)
    plan = plan_of(workers=workers)
    assert plan.inline == (interactive if inline == "where typed" else inline)
    assert plan.workers == (2 if workers == 2 else plan.workers if workers == "auto" else 1)
    made = make_executor(plan.workload, plan.workers, 1, inline=plan.inline, timeout=None)
    assert isinstance(made, InlineExecutor if plan.inline else LocalExecutor)


@pytest.mark.parametrize(
    ("limits", "said"),
    [({}, False), ({"time": 60}, True), ({"trial_timeout": 5}, True), ({"trial_timeout": None}, False)],
)
def test_a_plan_says_that_nothing_ends_a_trial_that_hangs_in_this_process(limits, said: bool) -> None:
    hint = "training runs in this process, where nothing ends a trial that hangs"
    assert any(one.startswith(hint) for one in plan_of(workers="inline", **limits).hints) == said
    assert not any(one.startswith(hint) for one in plan_of(workers=1, **limits).hints)


def test_a_plan_says_that_retries_are_of_workers() -> None:
    hint = "training runs in this process, and a trial that ends it is not trained again: --workers 1 has the retries"
    assert hint in plan_of(workers="inline", retries=3).hints
    assert hint not in plan_of(workers="inline").hints
    assert hint not in plan_of(workers=1, retries=3).hints


@pytest.mark.trains
@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ((), "elsewhere"),
        (("1",), "elsewhere"),
        (("'inline'",), "here"),
        (("None", "prompt"), "here"),
        (("1", "prompt"), "elsewhere"),
    ],
)
def test_a_script_trains_in_a_process_and_a_prompt_in_its_own(
    python: Any, tmp_path: Path, arguments, where: str
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = python("script.py", *arguments, cwd=tmp_path)
    assert done.stdout.strip() == f"1 {where}", done.stdout + done.stderr


@pytest.mark.trains
def test_the_command_line_trains_in_a_process_unless_asked(kerasweep: Any, tmp_path: Path) -> None:
    small = "--trials 1 --limit 60 --folds 2 --epochs 1".split()
    done = kerasweep("launch", "digits", "ann", *small, "--workers", "inline", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none, training runs in this process with" in done.stdout
    done = kerasweep("launch", "digits", "ann", *small, "--study", "other", cwd=tmp_path)
    assert "1 with" in done.stdout

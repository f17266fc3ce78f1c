"""The search is measured over tables: the command runs, and a virtual clock counts what training would cost."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kerasweep.spaces import Float, Space
from kerasweep.training.events import Answer, EpochEnded, Rung, Task, TrialEnded, TrialFailed, TrialPaused

pytestmark = pytest.mark.costly

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SPACE = """\
version: 2
hyperparameters:
  learning_rate: {type: float, low: 0.001, high: 1.0, log: true, recommended: 0.02}
  units: {type: int, low: 8, high: 64}
  optimizer: {type: categorical, choices: [adam, sgd]}
  momentum: {type: float, low: 0.0, high: 0.9, when: {optimizer: sgd}}
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tables: one of four hyperparameters and two folds, one of arms without a space."""
    folder = tmp_path_factory.mktemp("tables")
    generator = np.random.default_rng(1)
    hp = np.column_stack(
        [
            10 ** generator.uniform(-3, 0, 30),
            generator.integers(8, 65, 30),
            np.arange(30) % 2,
            np.where(np.arange(30) % 2, generator.uniform(0, 0.9, 30), np.nan),
        ]
    )
    quality = 0.9 - 0.1 * (np.log10(hp[:, 0]) + 1.5) ** 2
    valid = quality[:, None, None] * (1 - np.exp(-np.arange(1, 10) / 3)) + np.zeros((30, 2, 9))
    valid[3, :, 4:] = np.nan
    made = folder / "made-two_folds"
    made.mkdir()
    names = ["learning_rate", "units", "optimizer", "momentum"]
    np.savez(
        made / "table.npz", hp=hp, names=names, valid=valid, epochs=np.arange(1, 10), lower_is_better=False
    )
    (made / "space.yaml").write_text(SPACE, encoding="utf-8")
    arms = folder / "arms-loss"
    arms.mkdir()
    with gzip.open(arms / "curves.csv.gz", "wt") as file:
        file.write("arm,submission,study,step,submission_time_s,validation/loss\n")
        for arm in range(4):
            for study in range(2):
                for step in range(1, 11):
                    file.write(f"{arm},x,{study},{step},{10 * step},{1 + arm / (step + study)}\n")
    return folder


def test_the_command_measures_and_writes_a_page(python: Any, tables: Path, tmp_path: Path) -> None:
    methods = [
        "knowhow",
        "knowhow+all-folds",
        "random+none",
        "random+asha",
        "bayes",
        "tpe+hyperband",
        "qmc+none",
    ]
    given = ["--seeds", 1, "--costs", "2,3", "--priors", "file", "none", "bad", "--workers", 1, 2]
    command = [BENCHMARKS / "search.py", "--tables", tables, "--folder", tmp_path, *given]
    done = python(*command, "--methods", *methods, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))["entries"]
    assert {entry["table"] for entry in entries} == {"made-two_folds", "arms-loss"}
    assert {entry["method"] for entry in entries} >= {"random+asha", "bayes+median", "tpe+hyperband"}
    assert all(0 <= value <= 5 for entry in entries for value in (*entry["chosen"], *entry["observed"]))
    page = (tmp_path / "search.md").read_text(encoding="utf-8")
    headings = (
        "as the spaces have them",
        "Arms without",
        "What a bad prior costs",
        "Few folds first",
        "Several workers",
    )
    for heading in headings:
        assert heading in page
    again = python(*command, "--methods", "qmc+none", "--only", "made", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    timed = python(*command, "--methods", "random+asha", "--decisions", cwd=tmp_path)
    assert timed.returncode == 0, timed.stderr
    assert "| random+asha | 30 |" in timed.stdout
    assert 1 + len(entries) == len(
        json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))["entries"]
    )


def test_what_has_learned_is_held_against_the_same_seeds_without(
    python: Any, tables: Path, tmp_path: Path
) -> None:
    for name in ("made-one", "made-other"):
        shutil.copytree(tables / "made-two_folds", tmp_path / "tables" / name)
    given = ["--seeds", 2, "--costs", "2", "--methods", "knowhow", "--priors", "file", "learned", "misled"]
    command = [BENCHMARKS / "search.py", "--tables", tmp_path / "tables", "--folder", tmp_path, *given]
    done = python(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))["entries"]
    alone = {entry["table"]: entry["chosen"] for entry in entries if entry["prior"] == "file"}
    told = [entry for entry in entries if entry["prior"] != "file"]
    assert len(told) == 4
    assert all(entry["without"] == alone[entry["table"]] for entry in told)
    assert "| knowhow+knowhow | as it is | 2 | 2, 2 |" in (tmp_path / "search.md").read_text(encoding="utf-8")


def make_table(simulation: Any, scores: np.ndarray) -> Any:
    space = Space((Float("x", 0.0, 1.0),))
    rows = [{"x": number / max(1, len(scores) - 1)} for number in range(len(scores))]
    return simulation.table.recorded_table("made", "made", space, "maximize", rows, scores)


def executor_over(simulation: Any, scores: np.ndarray, workers: int = 1) -> Any:
    return simulation.clock.VirtualExecutor(
        make_table(simulation, scores), workers, "epochs", 100.0, lambda: None
    )


def test_going_on_costs_only_what_was_not_trained(simulation: Any, tmp_path: Path) -> None:
    executor = executor_over(simulation, np.arange(12.0).reshape(1, 3, 4))
    rungs, state = (Rung(2, 1), Rung(2, 3)), tmp_path / "0.npz"
    executor.submit(Task(0, {"x": 0.0}, 1, rungs, state))
    assert [executor.next_event().rung for _ in range(2)] == [(1, 1), (2, 1)]
    executor.answer(0, Answer.PAUSE)
    assert isinstance(executor.next_event(), TrialPaused)
    assert executor.now == pytest.approx(2 / 12)
    executor.submit(Task(0, {"x": 0.0}, 1, rungs[1:], state))
    assert [executor.next_event().rung for _ in range(2)] == [(1, 3), (2, 3)]
    assert executor.now == pytest.approx(6 / 12)
    executor.answer(0, Answer.GO_ON)
    assert [executor.next_event().rung for _ in range(2)] == [(3, 3), (4, 3)]
    ended = executor.next_event()
    assert isinstance(ended, TrialEnded)
    assert executor.now == pytest.approx(1.0)
    assert ended.outcome.fold_scores == (3.0, 7.0, 11.0)


def test_workers_train_side_by_side(simulation: Any) -> None:
    executor = executor_over(simulation, np.ones((2, 1, 2)), workers=2)
    for number in range(2):
        executor.submit(Task(number, {"x": float(number)}, 1))
    events = [executor.next_event() for _ in range(6)]
    assert executor.next_event() is None
    assert executor.now == pytest.approx(1.0)
    assert [event.number for event in events if isinstance(event, EpochEnded)] == [0, 1, 0, 1]


def test_what_diverges_fails_and_is_worth_nothing(simulation: Any) -> None:
    scores = np.array([[[0.5, np.nan]], [[0.5, 0.7]], [[0.2, 0.3]]])
    executor = executor_over(simulation, scores)
    executor.submit(Task(0, {"x": 0.0}, 1))
    executor.next_event()
    failed = executor.next_event()
    assert isinstance(failed, TrialFailed)
    assert failed.kind == "diverged"
    table = make_table(simulation, scores)
    assert (table.best, table.median) == (0.7, 0.3)
    regret, worst = simulation.simulate.regret, simulation.simulate.WORST
    assert [regret(table, worth) for worth in (0.7, 0.3, float("nan"))] == [0.0, 1.0, worst]


def test_a_finite_table_is_searched_over_each_of_its_rows_once(simulation: Any, tables: Path) -> None:
    (table,) = simulation.layouts.read_tables(tables, "made")
    for name in ("random+none", "tpe+none"):
        trace = simulation.simulate.simulate(
            table, simulation.simulate.Method.named(name), "file", 1, until=100.0
        )
        assert trace.trials == len(table.rows) == 30
        assert trace.chosen([100.0]) == trace.observed([100.0]) == [0.0]


def test_a_study_of_the_next_table_of_the_family_is_learned_from(simulation: Any) -> None:
    heights = -np.abs(np.arange(30.0) - 20)[:, None, None] + np.arange(1.0, 10.0)
    tables = [replace(make_table(simulation, heights), name=name) for name in ("a", "b")]
    (alone,) = (replace(tables[0], family="other"),)
    learned_from, simulate = simulation.learned.learned_from, simulation.simulate.simulate
    assert learned_from(alone, [alone, *tables], "learned", 0) is None
    told = {kind: learned_from(tables[0], tables, kind, 0) for kind in simulation.learned.KINDS}
    assert told["learned"].space.recommended()["x"] == pytest.approx(20 / 29, rel=0.005)
    assert abs(told["misled"].space.recommended()["x"] - 20 / 29) > 0.3
    method = simulation.simulate.Method.named("random+none")
    trace = simulate(tables[0], method, told["learned"], 1, until=6.0)
    assert trace.chosen([1.0]) == [0.0]
    assert len(told["learned"].starts) == 4
    begun = [trace.table.rows.index(trace.configurations[number]) for number in range(5)]
    assert begun[:2] == [20, 14], "the best, then what the space recommends"


def field(number: int, value: int | bytes | str | np.ndarray) -> bytes:
    """One field of a message in the wire format of protocol buffers."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    data = value.encode() if isinstance(value, str) else bytes(value)
    return bytes([number << 3 | 2, len(data)]) + data


def tensor(name: str, values: np.ndarray) -> bytes:
    kind = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}[values.dtype]
    shape = b"".join(field(1, size) for size in values.shape)
    return shape + field(2, kind) + field(8, name) + field(9, values.tobytes())


def node(operator: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    names = b"".join(field(1, name) for name in inputs)
    return names + field(2, output) + field(4, operator) + b"".join(field(5, one) for one in attributes)


def test_a_graph_is_evaluated_without_its_runtime(simulation: Any, tmp_path: Path) -> None:
    weights, bias = np.array([[1.0, -2.0], [3.0, 4.0]], np.float32), np.array([0.5, -0.5], np.float32)
    embedding = np.array([[1.0], [10.0]], np.float32)
    first = field(1, "value") + field(5, tensor("", np.array(0, np.int64)))
    graph = (
        field(1, node("Constant", [], "zero", first))
        + field(1, node("Gather", ["x_cat", "zero"], "code", field(1, "axis") + field(3, 1)))
        + field(1, node("Gather", ["embedding", "code"], "place"))
        + field(1, node("Concat", ["place", "x_cont"], "both", field(1, "axis") + field(3, 1)))
        + field(1, node("Gemm", ["both", "weights", "bias"], "product", field(1, "transB") + field(3, 1)))
        + field(1, node("Relu", ["product"], "output"))
        + b"".join(
            field(5, tensor(*one)) for one in [("weights", weights), ("bias", bias), ("embedding", embedding)]
        )
        + field(12, field(1, "output"))
    )
    assert len(graph) < 2**14
    length = bytes([len(graph) & 127 | 128, len(graph) >> 7])
    path = tmp_path / "model.onnx"
    path.write_bytes(bytes([7 << 3 | 2]) + length + graph)
    x, code = np.array([[2.0], [-1.0]], np.float32), np.array([[1], [0]], np.int32)
    found = simulation.onnx_graph.Graph.load(path)(x_cont=x, x_cat=code)
    both = np.array([[10.0, 2.0], [1.0, -1.0]])
    np.testing.assert_allclose(found, np.maximum(both @ weights.T + bias, 0))
    path.write_bytes(bytes([7 << 3 | 2]) + length + graph.replace(b"Relu", b"Selu"))
    with pytest.raises(ValueError, match="Selu"):
        simulation.onnx_graph.Graph.load(path)


def test_what_is_not_there_is_said_in_one_line(python: Any, tables: Path, tmp_path: Path) -> None:
    for words, message in (
        (["--methods", "chance"], "there is no chance+median"),
        (["--only", "x"], "no tables"),
        (["--only", "made", "--clock", "seconds"], "nobody took the time: made-two_folds"),
        (["--costs", "0.3"], "multiples of 0.5"),
    ):
        done = python(
            BENCHMARKS / "search.py", "--tables", tables, "--folder", tmp_path, *words, cwd=tmp_path
        )
        assert done.returncode in (1, 2)
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def regrets(method: str, table: str, *chosen: float, prior: str = "file", workers: int = 1) -> dict[str, Any]:
    """Figures as the command keeps them, at costs of 1, 2 and so on."""
    return {
        "kind": "regret",
        "table": table,
        "family": "made",
        "space": True,
        "method": method,
        "prior": prior,
        "workers": workers,
        "clock": "epochs",
        "seeds": 3,
        "times": [(number + 1) / workers for number in range(len(chosen))],
        "chosen": chosen,
        "folds": 5,
        "error": 0.01,
        "observed": chosen,
        "trials": 5.0,
        "commit": "0123456789",
        "date": "2026-11-26",
    }


def test_the_page_says_what_a_search_costs_and_where_it_loses(simulation: Any) -> None:
    peer, ours = "random+asha", "knowhow+knowhow"
    page = simulation.report.make_page(
        {
            "machine": {"processor": "Some CPU", "cores": 2, "memory_gib": 7.8, "system": "Linux"},
            "versions": {"python": "3.11.7"},
            "costs": [2, 4],
            "entries": [
                regrets(peer, "a", 1.0, 0.8, 0.4, 0.2),
                regrets(ours, "a", 0.2, 0.1, 0.1, 0.1),
                regrets(peer, "b", 1.0, 0.8, 0.4, 0.2),
                regrets(ours, "b", 0.9, 0.8, 0.7, 0.6),
                regrets("tpe+none", "a", 1.0, 0.9, 0.8, 0.7),
                regrets("knowhow+all-folds", "a", 0.8, 0.4, 0.2, 0.1, prior="none"),
                regrets(ours, "a", 0.2, 0.1, 0.1, 0.1, prior="none"),
                regrets(peer, "a", 1.0, 0.8, 0.4, 0.2, prior="none"),
                regrets(ours, "a", 0.9, 0.4, 0.2, 0.2, prior="bad"),
                regrets(ours, "a", 0.1, 0.1, 0.1, 0.0, prior="learned"),
                {
                    **regrets(ours, "a", 0.9, 0.4, 0.2, 0.2, prior="misled"),
                    "seeds": 2,
                    "without": (0.9, 0.8, 0.4, 0.2),
                },
                regrets(ours, "a", 0.3, 0.1, 0.1, 0.1, workers=4),
                {
                    **regrets(ours, "c", 0.1, 0.1, 0.1, 0.1),
                    "prior": "good",
                    "recommended": {"rank": 2, "of": 30, "regret": 0.05},
                },
                {**regrets(ours, "a"), "kind": "decision", "trials": 1000, "milliseconds": 12.5},
            ],
        }
    )
    lines = page.splitlines()
    assert "| random+asha | 0.80 (0.80–0.80) | 0.20 (0.20–0.20) | 0.20 | 5 |" in lines
    assert "| knowhow+knowhow | 0.45 (0.10–0.80) | 0.35 (0.10–0.60) | 0.35 | 5 |" in lines
    assert (
        "| knowhow+knowhow | all | 0.71 (0.25–2.00) | 0.71 (0.25–2.00) | 1 of 2 |" in lines
    )  # the mean of a quarter and, never, of twice
    assert any(line.startswith("Left out") and line.endswith(": tpe+none.") for line in lines)
    assert any(line.endswith("at 4: b by 0.40 (`random+asha`).") for line in lines)
    assert "| knowhow+knowhow | 0.75 (0.75–0.75) |" in lines  # with a bad prior
    assert (
        "| a | 5 | 2 | 4 | 0.100 (0.010) | 0.100 (0.010) |" in lines
    )  # the costs with few folds first, and with all
    assert "Ratio of the costs, geometric mean with its bootstrap interval: 0.50 (0.50–0.50)." in lines
    assert "| knowhow+all-folds |" not in page, "it is no search of its own"
    assert "| knowhow+knowhow | 4 | 4.0 |" in lines
    assert "| knowhow+knowhow | as it is | 1 | 3, 3 | 0.50 (0.50–0.50) | 0 | 0 | 0.00, 0.10 |" in lines
    assert (
        "| knowhow+knowhow | the other way round | 1 | 2, 2 | 0.75 (0.75–0.75) | 0 | 0 | 0.20, 0.20 |"
        in lines
    ), "the same seeds without what was learned count, and no others"
    assert "| knowhow+knowhow | 1000 | 12.5 |" in lines
    assert "| c | 2 | 30 | 0.050 |" in lines

"""TensorFlow's chatter reaches nobody, whatever the environment asks of it; a user's own words do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from kerasweep.training.quiet import quiet_tensorflow, without_chatter

HOSTILE = {
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_CPP_MAX_VLOG_LEVEL": "1",
    "TF_CPP_VMODULE": "cpu_feature_guard=3",
    "AUTOGRAPH_VERBOSITY": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
CHATTER = b"""\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795651510.192892    3492 port.cc:153] oneDNN custom operations are on.
E0000 00:00:1795651523.660848    3492 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error
W1126 00:07:11.123456 140 allocator.cc:8] Allocation of 1 exceeds 10% of free system memory.
2026-11-26 00:07:11.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
2026-11-26 00:07:11.123456: E external/local_xla/xla/cuda_dnn.cc:9] Unable to register:
  a reason on a line of its own
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
"""
OWN = b"""\
Traceback (most recent call last):
  File "x.py", line 1, in <module>
E0000 is a user's word
Error: 2026-11-26 was a Thursday
half a line"""


def test_only_lines_of_tensorflow_are_dropped() -> None:
    assert without_chatter(CHATTER) == b""
    assert without_chatter(OWN) == OWN
    assert without_chatter(CHATTER + OWN + b"\n" + CHATTER) == OWN + b"\n"


def test_words_of_native_code_follow_and_words_of_python_come_at_once() -> None:
    code = """
        import os, sys
        from kerasweep.training.quiet import quiet_tensorflow
        old = sys.stderr
        with quiet_tensorflow(), quiet_tensorflow():
            os.write(2, b"E0000 00:00:1795651523.660848 3492 x.cc:52] chatter\\n")
            os.write(2, b"of a library\\n")
            print("of Python", file=sys.stderr)
            print("of a handler that kept its stream", file=old, flush=True)
        assert sys.stderr is old
        print("after", file=sys.stderr)
        os.write(2, b"to the end\\n")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines() == [
        "of Python", "of a library", "of a handler that kept its stream", "after", "to the end"
    ]  # fmt: skip


def test_a_replaced_stream_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    with quiet_tensorflow():
        assert sys.stderr is before
        print("shown", file=sys.stderr)
    assert capsys.readouterr().err == "shown\n"


OWN_MODEL = """
    import logging, sys, warnings
    import keras
    from keras import layers
    logging.getLogger("mine").addHandler(logging.StreamHandler())

    def build_model(hp):
        print("printed by a user")
        print("printed to stderr", file=sys.stderr)
        warnings.warn("a warning of a user")
        logging.getLogger("mine").warning("logged by a user")
        parts = [layers.Flatten(), layers.Dense(hp.Choice("units", [10]), "softmax")]
        model = keras.Sequential(parts)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
"""
IN_PYTHON = """
    import kerasweep
    study = kerasweep.launch("digits", "own:build_model", limit=60, folds=2, epochs=1, trials=1, study="inline", verbose=0)
    study.refit(limit=60)
    study.export("bundle", "keras", limit=60)
"""


@pytest.mark.trains
def test_nothing_of_tensorflow_is_seen_in_a_hostile_environment(tmp_path: Path) -> None:
    """Of a worker, of training in the launching process, of refit, of an export."""
    (tmp_path / "own.py").write_text(textwrap.dedent(OWN_MODEL))
    launch = "launch digits own:build_model --limit 60 --folds 2 --epochs 1 --trials 1 --study s".split()
    runs = {
        "worker": [sys.executable, "-m", "kerasweep", *launch],
        "inline, refit, export": [sys.executable, "-c", textwrap.dedent(IN_PYTHON)],
    }
    for name, command in runs.items():
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, **HOSTILE},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        assert without_chatter(done.stderr.encode()).decode() == done.stderr, name
        assert "printed by a user\n" in done.stdout, name
        for own in ("printed to stderr\n", "UserWarning: a warning of a user\n", "logged by a user\n"):
            assert own in done.stderr, f"{name} shows '{own.strip()}'"
        words = ("printed to stderr", "a warning of a user", "warnings.warn(", "logged by a user")
        strange = [
            line for line in done.stderr.splitlines() if line and not any(word in line for word in words)
        ]
        assert not strange, f"{name} shows what is not a user's"

"""Keeps TensorFlow's chatter from the user, and nothing else: neither what a user's code prints, nor warnings, nor errors.

Its native code writes to file descriptor 2, partly before any setting of its own is read. While it may do so, the
descriptor leads into a file; then the lines that are TensorFlow's are dropped, and the others follow. What Python prints
goes to the user at once.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from .heartbeat import pause_limit

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_CPP_MAX_VLOG_LEVEL": "0",
    "TF_CPP_VMODULE": "",
    "TF_ENABLE_DEPRECATION_WARNINGS": "0",
    "AUTOGRAPH_VERBOSITY": "0",
    "GRPC_VERBOSITY": "ERROR",
}
"""Set whatever the environment says: the shell's settings are of another program's sessions."""
_CHATTER = re.compile(
    rb"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] "  # absl, with the process's own clock
    rb"|[IWEF]\d{4} \d\d:\d\d:\d{9,}\.\d+ +\d+ \S+:\d+\] "  # absl, before it is told the time
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] \S+:\d+\] "
    rb"|WARNING: All log messages before absl::InitializeLog\(\)"
    rb"|To enable the following instructions: "
    rb"|INFO: [A-Z][a-z]+ed TensorFlow Lite "
)


def import_tensorflow() -> None:
    """Import TensorFlow, once in a process; what its native libraries print while they load is dropped."""
    if "tensorflow" in sys.modules:
        return
    os.environ.update(QUIET)
    with warnings.catch_warnings(), quiet_tensorflow(), pause_limit():
        warnings.simplefilter("ignore")  # its own dependencies' deprecations; not ours to show
        import keras  # noqa: F401 - which TensorFlow loads when it is first asked for
        import tensorflow as tf
    tf.get_logger().setLevel("ERROR")


@contextmanager
def nothing_displayed() -> Iterator[None]:
    """Keep what is shown beside the printed from a notebook: Keras, whose summary goes to a function, shows an empty output, too."""
    if "IPython" not in sys.modules:
        yield
        return
    from IPython.utils.capture import capture_output

    with capture_output(stdout=False, stderr=False, display=True):
        yield


class _Held:
    """What was where before descriptor 2 was led into a file."""

    depth = 0
    lock = threading.Lock()


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Hold back what native code writes to descriptor 2 until the end, and then drop what is TensorFlow's. May be nested."""
    with _Held.lock:
        _Held.depth += 1
        outermost = _Held.depth == 1
    try:
        with _held_back() if outermost else contextlib.nullcontext():
            yield
    finally:
        with _Held.lock:
            _Held.depth -= 1


@contextmanager
def _held_back() -> Iterator[None]:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        yield
        return
    stream = sys.stderr
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        direct = _direct(stream, kept)
        sys.stderr = direct
        try:
            yield
        finally:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
                direct.flush()
            if sys.stderr is direct:
                sys.stderr = stream
            os.dup2(kept, 2)
            file.seek(0)
            _write(without_chatter(file.read()))
            os.close(kept)


def without_chatter(text: bytes) -> bytes:
    """Return a text without TensorFlow's lines and the indented ones that belong to them."""
    lines = []
    dropped = False
    for line in text.splitlines(keepends=True):
        dropped = _CHATTER.match(line) is not None or (dropped and line[:1] in b" \t\n")
        if not dropped:
            lines.append(line)
    return b"".join(lines)


def _direct(stream: Any, descriptor: int) -> IO[str]:
    """Return a stream to where descriptor 2 led, in place of one that leads to 2; any other stays as it is."""
    try:
        if stream.fileno() != 2:
            return stream  # type: ignore[no-any-return]
    except (AttributeError, OSError, ValueError):
        return stream  # type: ignore[no-any-return]
    buffer = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
    return io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=True)


def _write(text: bytes) -> None:
    with contextlib.suppress(OSError):
        while text:
            text = text[os.write(2, text) :]

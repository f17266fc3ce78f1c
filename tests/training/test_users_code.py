"""A user's own code in the process that launches: it ends no more than itself."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from kerasweep.training.users_code import process_kept


def test_an_exit_at_once_raises_inside_and_is_itself_afterwards() -> None:
    own = os._exit
    with pytest.raises(SystemExit, match=r"os\._exit\(7\)"), process_kept():
        os._exit(7)
    assert os._exit is own


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_still_exits() -> None:
    with process_kept():
        if (child := os.fork()) == 0:
            os._exit(5)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 5


def test_a_crash_says_in_which_line(tmp_path: Path) -> None:
    script = tmp_path / "crashes.py"
    script.write_text(
        textwrap.dedent("""
            import ctypes
            from kerasweep.training.quiet import quiet_tensorflow
            from kerasweep.training.users_code import process_kept
            with quiet_tensorflow(), process_kept():
                ctypes.string_at(0)
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert f'File "{script}", line 6' in done.stderr

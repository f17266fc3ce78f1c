"""Runs a how-to page from its beginning to its end, at a tiny size: ``python page_running.py PAGE``, in an empty folder.

A sweep that nothing on the page looks at is planned and not trained: its words are right if a plan comes of them.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.S | re.M)
NAMED = re.compile(r"# ([\w-]+\.(?:py|yaml))\n")
"""First line of a block that is a file."""
SEARCHES = ("launch", "resume")
LOOKS_AT_NO_STUDY = ("launch", "spaces", "doctor", "ui")
ELSEWHERE = ("pip", "unzip", "cd", "scp", "ssh", "ray", "mlflow", "tensorboard", "cp", "jupyter")
"""Programs that need what a test has not; their lines are for people."""
WITH_OTHERS = ("kerasweep ui", "kerasweep pause", "kerasweep stop")
"""What serves until it is stopped, or needs a sweep that runs."""
SERVED = ("--join", "--executor ray", "postgresql")
"""What needs a server or a cluster."""
TINY = ("--trials", "--epochs", "--workers", "--time")


def steps_of(text: str) -> list[tuple[str, str]]:
    """Return what a page has people do, in order: ``(language, block)`` of Python and YAML, ``("sh", line)`` of commands."""
    steps = []
    for language, block in FENCED.findall(text):
        if language != "sh":
            steps.append((language, block))
            continue
        lines = [line.partition("  #")[0].strip() for line in block.splitlines()]
        steps += [("sh", line) for line in lines if line and not line.startswith("#") and _can_run(line)]
    return [step for step in steps if step[0] in ("sh", "python", "yaml")]


def _can_run(line: str) -> bool:
    return (
        line.split(maxsplit=1)[0] not in ELSEWHERE
        and not line.startswith(WITH_OTHERS)
        and not any(word in line for word in SERVED)
    )


def is_looked_at(later: Sequence[tuple[str, str]]) -> bool:
    """Tell whether what follows a sweep, up to the next one, asks for its study."""
    for language, text in later:
        if language == "python" and "ks.load(" in text:
            return True
        if language == "sh" and text.startswith("kerasweep ") and "--dry-run" not in text:
            command = text.split()[1]
            return command not in LOOKS_AT_NO_STUDY
    return False


def tiny(words: list[str], *, planned: bool) -> list[str]:
    """Return the words of a command with small numbers, if it searches."""
    if words[0] not in SEARCHES:
        return words
    further = words[0] == "resume" and "--epochs" in words
    kept = [word for place, word in enumerate(words) if not {word, words[place - 1]} & {*TINY}]
    kept = [word for word in kept if word != "--detach"]
    asked = words[words.index("--trials") + 1] if "--trials" in words else "1"
    several = words[0] == "resume" or int(asked) > 1
    kept += ["--epochs", "2"] if further else ["--trials", "2" if several else "1"]
    if words[0] == "resume":
        return [*kept, "--workers", "inline"]
    cut = {"--cv", "--folds", "--validation", "--fold-column", "--window", "--nested"} & {*words}
    folds = [] if cut or words[1].endswith((".yaml", ".json")) else ["--folds", "2"]
    return [*kept, "--epochs", "1", "--workers", "inline", *folds, *(["--dry-run"] if planned else [])]


def run_command(line: str, *, planned: bool) -> None:
    """Run a line of a shell: a command of ours in this process, Python in another one."""
    line, _, output = line.partition(" > ")
    program, *words = shlex.split(line)
    if program == "python":
        subprocess.run([sys.executable, *words], check=True)
        return
    assert program == "kerasweep", line
    words = [word for word in words if word != "--dry-run"] if words[0] == "launch" else words
    _run_ours(tiny(words, planned=planned), output)


def _run_ours(words: list[str], output: str) -> None:
    from kerasweep.cli import main

    sys.argv = ["kerasweep", *words]
    with ExitStack() as stack:
        if output:
            file = stack.enter_context(Path(output.split(maxsplit=1)[0]).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(file))
        stack.enter_context(suppress_success())
        main()


@contextmanager
def suppress_success() -> Iterator[None]:
    """Go on after a program that ends well."""
    try:
        yield
    except SystemExit as end:
        if end.code:
            raise


def tiny_launch(launch: Callable[..., Any], *, planned: bool) -> Callable[..., Any]:
    """Return ``ks.launch``, of a trial or two and an epoch; or what only plans."""
    import kerasweep as ks

    def small(*arguments: Any, **settings: Any) -> Any:
        settings = {**settings, "epochs": 1, "workers": "inline", "trials": min(settings.get("trials", 1), 2)}
        settings.pop("time", None)
        if not {"cv", "folds", "validation", "window", "file"} & {*settings}:
            settings["folds"] = 2
        if planned:
            return ks.plan_sweep(*arguments, **settings)
        return launch(*arguments, **{"verbose": 0, **settings})

    return small


def tiny_estimator(estimator: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``ks.SweepCV``, of a trial and an epoch."""
    small = {"n_trials": 1, "epochs": 1, "n_jobs": 1, "cv": 2}
    return lambda *arguments, **settings: estimator(*arguments, **{**settings, **small})


def run_python(text: str, place: str, names: dict[str, Any]) -> None:
    """Run a block in the module that a page is; its sweeps train only where the block goes on with the study."""
    import kerasweep as ks

    public: Any = vars(ks)
    full = {name: getattr(ks, name) for name in ("launch", "SweepCV")}
    public["launch"] = tiny_launch(full["launch"], planned="study." not in text)
    public["SweepCV"] = tiny_estimator(full["SweepCV"])
    try:
        exec(compile(text, place, "exec"), names)
    finally:
        public.update(full)


def main(page: Path) -> None:
    """Run a page; what goes wrong is raised."""
    from kerasweep.cli import launching
    from kerasweep.cli.plans import print_plan

    launching.print_dry_run = print_plan  # no more: what follows trains
    sys.path.insert(0, str(Path.cwd()))
    names: dict[str, Any] = {"__name__": "page"}
    steps = steps_of(page.read_text(encoding="utf-8"))
    for place, (language, text) in enumerate(steps):
        if named := NAMED.match(text):
            Path(named[1]).write_text(text, encoding="utf-8")
        elif language == "python":
            run_python(text, f"{page.name}, step {place}", names)
        elif language == "sh":
            run_command(text, planned=not is_looked_at(steps[place + 1 :]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Imports run one way, without cycles, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import kerasweep
import pytest

ROOT = Path(kerasweep.__file__).parent
PARTS = ("spaces", "training", "studies", "search", "export", "reports", "app", "cli")
ALLOWED = {
    "errors": set(),
    "texts": {"errors"},
    "paths": {"errors"},
    "cells": set(),
    "spaces": {"errors", "paths"},
    "training": {"spaces", "errors", "texts", "cells"},
    "studies": {"spaces", "errors", "texts", "paths", "cells"},
    "search": {"studies", "training", "spaces", "errors", "texts", "cells"},
    "export": {"studies", "training", "spaces", "errors", "texts", "paths", "cells"},
    "reports": {"studies", "training", "spaces", "errors", "texts"},
}
"""What each part may import of the package; what is not named stands on top and may import all."""
HEAVY = ("tensorflow", "keras", "keras_tuner")
MAY_BE_HEAVY = {
    "training/models/augmentation.py",
    "training/models/building.py",
    "training/models/convolutions.py",
    "training/models/space_discovery.py",
    "training/models/families.py",
    "training/models/transfer.py",
    "training/models/unfreezing.py",
    "training/models/hypermodel_fit.py",
    "training/models/heads.py",
    "training/models/hypermodels.py",
    "training/models/labels.py",
    "training/models/loss_identity.py",
    "training/models/metric_meanings.py",
    "training/models/reach.py",
    "training/models/embedding_inputs.py",
    "training/models/losses.py",
    "training/models/memory.py",
    "training/models/optuna_objectives.py",
    "training/models/optimizers.py",
    "training/models/layer_factory.py",
    "training/models/image_axes.py",
    "training/models/keras_settings.py",
    "training/models/schedules.py",
    "training/models/saving.py",
    "training/models/sequences.py",
    "training/models/stack.py",
    "training/models/text.py",
    "training/models/weights.py",
    "training/trainers/averaging.py",
    "training/trainers/computed_metrics.py",
    "training/trainers/feeding.py",
    "training/trainers/continuing.py",
    "training/trainers/fit_folds.py",
    "training/trainers/fit_trainer.py",
    "training/trainers/fused/architecture.py",
    "training/trainers/fused/cache.py",
    "training/trainers/fused/joined.py",
    "training/trainers/fused/native_updates.py",
    "training/trainers/fused/normalization.py",
    "training/trainers/fused/knobs.py",
    "training/trainers/fused/fold_program.py",
    "training/trainers/fused/fused_folds.py",
    "training/trainers/fused/program.py",
    "training/trainers/fused/programs.py",
    "training/trainers/fused/state.py",
    "training/trainers/fused/trainer.py",
    "training/trainers/hypermodel_call.py",
    "training/trainers/hypermodel_refit.py",
    "training/trainers/hypermodel_trainer.py",
    "training/keras_scores.py",
    "training/mixing.py",
    "training/trainers/refit_run.py",
    "training/trainers/measuring.py",
    "training/trainers/parts.py",
    # The export of a trained model; loaded by ``export`` on first use.
    "export/bundle.py",
    "export/code.py",
    "export/deploy.py",
    "export/graph.py",
    "export/lite.py",
    "export/models.py",
    "export/scores.py",
    "export/samples.py",
}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def sources() -> list[Path]:
    files = [*ROOT.glob("*.py")]
    for part in PARTS:
        files.extend((ROOT / part).rglob("*.py"))
    return sorted(files)


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in sources()}


@cache
def imports(file: Path, *, at_import: bool) -> tuple[str, ...]:
    """Return modules that a file imports: of this package by their path in it, others with a leading dot taken away.

    Args:
        file: A source file.
        at_import: Only what is imported when the module is: not in functions, not for type checkers.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: list[str] = []
    for node in _walk(tree, at_import=at_import):
        if isinstance(node, ast.Import):
            for name in node.names:
                found.extend(_absolute(name.name))
        elif isinstance(node, ast.ImportFrom):
            found.extend(_from(file, node))
    return tuple(found)


def _walk(node: ast.AST, *, at_import: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if at_import and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _walk(child, at_import=at_import)


def _absolute(name: str) -> Iterator[str]:
    if name == "kerasweep" or name.startswith("kerasweep."):
        yield "own:" + name.removeprefix("kerasweep").lstrip(".")
    else:
        yield name


def _from(file: Path, node: ast.ImportFrom) -> Iterator[str]:
    if node.level == 0:
        base = node.module or ""
        if not (base == "kerasweep" or base.startswith("kerasweep.")):
            yield base
            return
        base = base.removeprefix("kerasweep").lstrip(".")
    else:
        package = file.relative_to(ROOT).parent.parts
        package = package[: len(package) - (node.level - 1)]
        base = ".".join((*package, *(node.module or "").split("."))).strip(".")
    for name in node.names:
        inner = f"{base}.{name.name}".strip(".")
        yield "own:" + (inner if inner in MODULES else base)


def own(file: Path, *, at_import: bool) -> set[str]:
    return {
        name.removeprefix("own:") for name in imports(file, at_import=at_import) if name.startswith("own:")
    }


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    part = module.partition(".")[0]
    if part not in ALLOWED:
        return
    for imported in own(MODULES[module], at_import=False):
        other = imported.split(".")[0]
        if not other:
            continue  # the package itself: its version
        assert other == part or other in ALLOWED[part], f"{module} imports {imported}"


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "examples", "docs"])
def test_what_stands_around_the_package_imports_modules_that_are_there(folder: str) -> None:
    """In functions, too, where a module that has moved is missed only once they run."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        assert own(file, at_import=False) <= MODULES.keys(), file


def needed(module: str) -> set[str]:
    """Return the modules that a module imports, anywhere in it, and the packages that Python runs ahead of them.

    Packages that the module lies in have run already: they count only where it takes a name from them.
    """
    imported = own(MODULES[module], at_import=False)
    ahead = {name[:dot] for name in imported for dot, letter in enumerate(name) if letter == "."}
    outside = {package for package in ahead if not f"{module}.".startswith(f"{package}.")}
    return (imported | outside) & MODULES.keys() - {module}


def test_modules_have_no_cycles() -> None:
    """Not even through imports in functions or for type checkers, nor through a package that hands names on."""
    graph = {module: needed(module) for module in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module in done:
            return
        for imported in sorted(graph[module]):
            visit(imported, (*path, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_tensorflow_is_imported_where_models_are_made_and_nowhere_else(module: str) -> None:
    file = MODULES[module]
    if file.relative_to(ROOT).as_posix() in MAY_BE_HEAVY:
        return
    heavy = {name for name in imports(file, at_import=True) if name.split(".")[0] in HEAVY}
    assert not heavy


def test_nothing_that_does_not_train_loads_tensorflow() -> None:
    light = [
        f"kerasweep.{module}"
        for module, file in MODULES.items()
        if module and module != "__main__" and file.relative_to(ROOT).as_posix() not in MAY_BE_HEAVY
        if not module.startswith("export.")
    ]
    code = f"""
import importlib, sys
for name in {light!r}:
    importlib.import_module(name)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_are_short(module: str) -> None:
    """A file of the package has 400 lines at most, a function 60 below its signature and docstring."""
    text = MODULES[module].read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = node.body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= LONGEST_FUNCTION, node.name


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = "import kerasweep, sys; print([name for name in sys.modules if name.startswith('kerasweep.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", kerasweep.__all__)
def test_public_names_resolve(name: str) -> None:
    assert getattr(kerasweep, name) is not None
    assert name in dir(kerasweep)


def test_public_names_are_told_to_type_checkers() -> None:
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert told | {"__version__"} == set(kerasweep.__all__)


def test_a_name_that_is_not_public() -> None:
    with pytest.raises(AttributeError, match=r"^module 'kerasweep' has no attribute 'lunch'$"):
        _ = kerasweep.lunch

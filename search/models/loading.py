"""Finds the model that a sweep names: a family, or a user's own function. Imports no TensorFlow by itself."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ...errors import ModelError, did_you_mean, one_line
from ...spaces import Configuration, Space, preset, space_from_dict
from ..quiet import import_tensorflow
from .signature import Signature

_OURS = tuple(Path(__file__).parents[2] / part for part in ("search", "spaces"))
_IMPORTING_TENSORFLOW = ("keras", "keras_tuner", "tensorflow", "tf_keras")
Layout = Literal["flat", "image", "natural"]
Build: TypeAlias = Callable[[Configuration, Signature], Any]


@dataclass(frozen=True)
class Family:
    """A family of models that Kerasweep knows how to build."""

    name: str
    layout: Layout
    """``flat``: a row is a vector; ``image``: height, width and channels in Keras's order."""
    tasks: tuple[str, ...]


FAMILIES = {
    family.name: family
    for family in (
        Family("nn", "flat", ("regression",)),
        Family("ann", "flat", ("classification",)),
        Family("dnn", "flat", ("classification", "regression")),
        Family("cnn", "image", ("classification", "regression")),
    )
}


@dataclass(frozen=True)
class ModelSource:
    """A model that can be built: by name, so that any process can load it, or by a function given in Python."""

    name: str
    layout: Layout
    space: Space
    """The space that is searched unless the specification changes it."""
    open_space: bool
    """Whether hyperparameters that the space does not have may be added: a user's function reads what it likes."""
    function: Build | None = None
    """Set where the function was given in Python rather than by name."""

    def load(self) -> Build:
        """Return the build function; for a family this imports Keras."""
        if self.function is not None:
            return self.function
        if self.name in FAMILIES:
            from .families import BUILDERS

            return BUILDERS[self.name]
        return _import_function(self.name)[0]

    def __getstate__(self) -> dict[str, Any]:
        """Pickle a function by value, so that one from a notebook reaches a worker."""
        state = dict(self.__dict__)
        if self.function is not None:
            import cloudpickle

            state["function"] = cloudpickle.dumps(self.function)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what ``__getstate__`` returned."""
        if state["function"] is not None:
            import pickle

            state["function"] = pickle.loads(state["function"])  # noqa: S301 - the driver's own data
        self.__dict__.update(state)


def find_model(model: str | Build, task: str) -> ModelSource:
    """Return the model that a name or function means.

    Args:
        model: A family, ``module:function``, or a function ``build(config, signature)``.
        task: What the data asks for.

    Raises:
        ModelError: There is no such family, module or function, or the family does not do the task.
    """
    if callable(model):
        name = f"{getattr(model, '__module__', '')}:{getattr(model, '__qualname__', 'build')}"
        return ModelSource(name, "natural", _own_space(model, None), open_space=True, function=model)
    if model in FAMILIES:
        family = FAMILIES[model]
        if task not in family.tasks:
            fitting = ", ".join(name for name, other in FAMILIES.items() if task in other.tasks)
            raise ModelError(f"'{model}' does {' and '.join(family.tasks)}; for {task} choose {fitting}.")
        return ModelSource(model, family.layout, preset(model), open_space=False)
    if ":" not in model:
        hint = did_you_mean(model, FAMILIES)
        raise ModelError(
            f"There is no model family '{model}'.{hint} A function of your own is module:function."
        )
    function, module = _import_function(model)
    return ModelSource(model, "natural", _own_space(function, module), open_space=True)


def _own_space(function: Any, module: Any) -> Space:
    """Return the function's ``space`` attribute, its module's ``SPACE``, or the preset for own models."""
    space = getattr(function, "space", None) or getattr(module, "SPACE", None)
    if space is None:
        return preset("own")
    return space if isinstance(space, Space) else space_from_dict(space)


def _import_function(reference: str) -> tuple[Build, Any]:
    module_name, _, function_name = reference.partition(":")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)  # a user's module lies where the command is run
    try:
        found = importlib.util.find_spec(module_name) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        near = did_you_mean(module_name, [path.stem for path in Path.cwd().glob("*.py")])
        raise ModelError(f"There is no module '{module_name}' for the model '{reference}'.{near}")
    if _imports_keras(module_name):
        import_tensorflow()  # before the module does, whose import would show TensorFlow's chatter
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise ModelError(f"The module '{module_name}' cannot be imported: {describe_error(error)}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise ModelError(
            f"The module '{module_name}' has no function '{function_name}'.{did_you_mean(function_name, names)}"
        )
    return function, module


def _imports_keras(module_name: str) -> bool:
    """Tell whether a module of Python source imports Keras or TensorFlow as soon as it is imported itself."""
    spec = importlib.util.find_spec(module_name)
    try:
        tree = ast.parse(Path(str(spec and spec.origin)).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return False  # the import itself will tell what is wrong
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(str(node.module))
    return any(name.partition(".")[0] in _IMPORTING_TENSORFLOW for name in names)


def describe_error(error: BaseException) -> str:
    """Return an error of a user's code in one line: type, message, and file and line where it was raised."""
    text = f"{type(error).__name__}: {one_line(error)}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_of_a_user(frame.filename)]
    return f"{text} ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else text


def _is_of_a_user(filename: str) -> bool:
    """Tell whether code is neither a library's nor ours. The root of a clone is the package, and has examples, too."""
    if "site-packages" in filename or filename.startswith("<frozen"):
        return False
    return not any(
        Path(filename).is_relative_to(folder) for folder in (*_OURS, Path(sysconfig.get_path("stdlib")))
    )

"""Finds the model that a sweep names: a family, or a user's own, for us, for KerasTuner or for Optuna.

Imports no TensorFlow by itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...errors import ModelError, did_you_mean
from ...spaces import Space, preset, space_from_dict
from ...spaces.catalogue.entry import ALL_TASKS, LABELLED
from ...spaces.tuner_functions import is_hypermodel, takes_hp, takes_trial
from ..data.preparation import Layout
from ..quiet import import_tensorflow
from ..users_code import NOT_ITS_OWN, process_kept
from .signature import Build, Sample, Signature
from .user_errors import describe_error

if TYPE_CHECKING:
    from .hypermodel_fit import HypermodelFit

Contract = Literal["own", "keras_tuner", "optuna"]
"""``own``: ``build(config, signature)``; ``keras_tuner``: ``build_model(hp)``, or a ``HyperModel``; ``optuna``:
``define_model(trial)``."""
APPLICATIONS = ("HyperResNet", "HyperXception")
"""Those of ``keras_tuner.applications`` that are models by name."""


@dataclass(frozen=True)
class Family:
    """A family of models that Kerasweep knows how to build."""

    name: str
    layout: Layout
    """``flat``: a row is a vector; ``image``: height, width and channels in Keras's order; ``sequence``: steps of features;
    ``text``: tokens, and a table's other columns."""
    tasks: tuple[str, ...]


FAMILIES = {
    family.name: family
    for family in (
        Family("linear", "flat", ALL_TASKS),
        Family("nn", "flat", ("regression",)),
        Family("ann", "flat", LABELLED),
        Family("dnn", "flat", ALL_TASKS),
        Family("mlp_residual", "flat", ALL_TASKS),
        Family("cnn", "image", ALL_TASKS),
        Family("resnet", "image", ALL_TASKS),
        Family("transfer", "image", ALL_TASKS),
        Family("rnn", "sequence", ALL_TASKS),
        Family("cnn1d", "sequence", ALL_TASKS),
        Family("tcn", "sequence", ALL_TASKS),
        Family("text", "text", ALL_TASKS),
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
    function: Any = None
    """Set where the function, or ``HyperModel``, was given in Python rather than by name."""
    contract: Contract = "own"
    scores: tuple[str, ...] | None = None
    """What a ``HyperModel.fit`` returns beside a history, by name, once it was asked."""

    def load(self) -> Build:
        """Return the build function; for a family or KerasTuner's models this imports Keras."""
        if self._is_family:
            from .families import BUILDERS

            return BUILDERS[self.name]
        if self.contract == "own":
            return self.user_model()  # type: ignore[no-any-return]
        if self.contract == "optuna":
            from .optuna_objectives import adapt_objective

            return adapt_objective(self.user_model())
        from .hypermodels import adapt_application, adapt_hypermodel

        return (
            adapt_application(self.name) if self.name in APPLICATIONS else adapt_hypermodel(self.user_model())
        )

    @property
    def _is_family(self) -> bool:
        return self.name in FAMILIES and self.function is None

    @property
    def is_dense(self) -> bool:
        """Whether all of its models are known to be made of dense layers."""
        return self._is_family and self.layout == "flat"

    @property
    def has_base(self) -> bool:
        """Whether its models stand on a base that was trained before."""
        return self._is_family and self.name == "transfer"

    def own_fit(self) -> HypermodelFit | None:
        """Return the model with its own ``HyperModel.fit``; None for one that has none. Imports Keras if it may have one."""
        if self.contract != "keras_tuner" or self.name in APPLICATIONS:
            return None
        from .hypermodel_fit import HypermodelFit
        from .hypermodels import fits_itself

        given = self.user_model()
        return HypermodelFit(given) if fits_itself(given) else None

    def with_discovered_space(self, sample: Callable[[], Sample] | None = None) -> ModelSource:
        """Return the model with the space that it asks for: one of KerasTuner's or Optuna's is built for it.

        Args:
            sample: Makes a few rows, on which a ``HyperModel.fit`` is asked what it asks for; not asked where None.

        Raises:
            ModelError: It cannot be built with its defaults.
            SpaceError: It asks for one name in two ways.
        """
        if self.contract == "own":
            return self
        space, scores = self._discover_space(sample)
        return replace(self, space=space, scores=scores)

    def _discover_space(self, sample: Callable[[], Sample] | None) -> tuple[Space, tuple[str, ...] | None]:
        from .space_discovery import discover_space

        if self.contract == "optuna":
            from .optuna_objectives import recording_objective

            hint = "return the compiled model from it, not a score"
            return discover_space(recording_objective(self.user_model()), self.name, hint=hint), None
        from .hypermodels import application, build_model_of, recording_build

        hint = "a function of one argument is KerasTuner's build_model(hp)"
        own = self.own_fit() if sample is not None else None
        if own is not None and sample is not None:
            recording = own.recording_fit(sample())
            space = discover_space(
                recording_build(recording), self.name, hint=hint, needed=lambda: recording.needed
            )
            return space, recording.scores
        if self.name in APPLICATIONS:
            # Small pictures: what a model asks for does not depend on them.
            build_model = application(self.name, Signature((32, 32, 3), 10, "classification"))
        else:
            build_model = build_model_of(self.user_model())
        shape = None if sample is None else lambda: sample().signature.input_shape
        return discover_space(recording_build(build_model, shape), self.name, hint=hint), None

    def user_model(self) -> Any:
        """Return the user's function or ``HyperModel``, imported where it was given by name."""
        return self.function if self.function is not None else _import_function(self.name)[0]

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


def find_model(model: Any, task: str) -> ModelSource:
    """Return the model that a name or function means.

    A model of KerasTuner's or Optuna's has the preset for own models until its space is found.

    Args:
        model: A family, ``module:function``, a function ``build(config, signature)``, ``build_model(hp)`` or
            ``define_model(trial)``, or a ``HyperModel``.
        task: What the data asks for.

    Raises:
        ModelError: There is no such family, module or function, or the family does not do the task.
    """
    if isinstance(model, str) and model.startswith("__main__:") and can_be_imported(model):
        model = getattr(
            sys.modules["__main__"], model.partition(":")[2]
        )  # of the script or notebook that is running
    if not isinstance(model, str):
        _refuse_tuner(model)
        name, space = reference_of(model), _own_space(model, None)
        return ModelSource(
            name,
            "natural",
            space,
            open_space=True,
            function=model,
            contract=contract_of(model),
        )
    if model in FAMILIES:
        family = FAMILIES[model]
        _check_task(model, family.tasks, task, FAMILIES)
        return ModelSource(model, family.layout, preset(model), open_space=False)
    if model in APPLICATIONS:
        _check_task(model, ("classification",), task, ("dnn", "cnn", "nn"))
        return ModelSource(model, "image", preset("own"), open_space=True, contract="keras_tuner")
    if ":" not in model:
        hint = did_you_mean(model, FAMILIES)
        raise ModelError(
            f"There is no model family '{model}'.{hint} A function of your own is module:function."
        )
    function, module = _import_function(model)
    _refuse_tuner(function)
    space = _own_space(function, module)
    return ModelSource(model, "natural", space, open_space=True, contract=contract_of(function))


def _check_task(model: str, tasks: Sequence[str], task: str, others: Iterable[str]) -> None:
    """Refuse data of a task that a model does not do, and name those of other families that do.

    Raises:
        ModelError: with what to choose instead.
    """
    if task == "outputs":
        raise ModelError(
            f"'{model}' gives a label or numbers, and y is more than that: give a model function of your own."
        )
    if task not in tasks:
        fitting = ", ".join(name for name in others if task in FAMILIES[name].tasks)
        raise ModelError(f"'{model}' does {' and '.join(tasks)}; for {task} choose {fitting}.")


def reads_as_given(model: Any) -> bool:
    """Tell whether a model, named or given, reads arrays in the shape they came in: a user's own, or one of sequences."""
    if not isinstance(model, str):
        return True
    return FAMILIES[model].layout == "sequence" if model in FAMILIES else model not in APPLICATIONS


def _refuse_tuner(model: Any) -> None:
    """Refuse one of KerasTuner's tuners, an object or a class: it is a search, and no model.

    Raises:
        ModelError: with what to give instead.
    """
    kind: Any = model if isinstance(model, type) else type(model)
    if not any(
        one.__name__ == "BaseTuner" and one.__module__.startswith("keras_tuner") for one in kind.__mro__
    ):
        return
    raise ModelError(
        f"{kind.__name__} is a tuner of KerasTuner's, which searches by itself; give its build_model(hp) or HyperModel "
        "as the model, and write a run_trial of its own as HyperModel.fit."
    )


def contract_of(model: Any) -> Contract:
    """Return whom a function or ``HyperModel`` is written for."""
    if takes_hp(model):
        return "keras_tuner"
    return "optuna" if takes_trial(model) else "own"


def reference_of(model: Any) -> str:
    """Return the name of a function, class or object given in Python: ``module:name``."""
    named = model if hasattr(model, "__qualname__") else type(model)
    return f"{getattr(named, '__module__', '')}:{getattr(named, '__qualname__', 'build')}"


def _own_space(function: Any, module: Any) -> Space:
    """Return the function's ``space`` attribute, its module's ``SPACE``, or the preset for own models."""
    space = getattr(function, "space", None) or getattr(module, "SPACE", None)
    if space is None:
        return preset("own")
    return space if isinstance(space, Space) else space_from_dict(space)


def can_be_imported(model: str) -> bool:
    """Tell whether a model's name leads to it: not for one that was made inside a function, or in another session."""
    module, _, name = model.partition(":")
    return "<" not in name and (module != "__main__" or hasattr(sys.modules["__main__"], name))


def _import_function(reference: str) -> tuple[Any, Any]:
    module_name, _, function_name = reference.partition(":")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)  # a user's module lies where the command is run
    try:
        spec = importlib.util.find_spec(module_name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        near = did_you_mean(module_name, [path.stem for path in Path.cwd().glob("*.py")])
        raise ModelError(f"There is no module '{module_name}' for the model '{reference}'.{near}")
    if _names_keras(spec.origin):
        import_tensorflow()  # without its chatter, which the module's own import would let through
    try:
        with process_kept():
            module = importlib.import_module(module_name)
    except NOT_ITS_OWN:
        raise
    except BaseException as error:
        raise ModelError(f"The module '{module_name}' cannot be imported: {describe_error(error)}") from error
    function = getattr(module, function_name, None)
    if not callable(function) and not is_hypermodel(function):
        names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise ModelError(
            f"The module '{module_name}' has no function '{function_name}'.{did_you_mean(function_name, names)}"
        )
    return function, module


def _names_keras(file: str | None) -> bool:
    """Tell whether a module's own lines import Keras, TensorFlow or KerasTuner."""
    try:
        text = Path(file or "").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return re.search(r"^(import|from) +(keras|tensorflow)", text, re.MULTILINE) is not None

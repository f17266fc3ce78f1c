"""Finds the program of a trial's models, or traces it; loads it; and has further folds join.

Most models share one: what is traced on the first fold's model serves all folds, and further trials of the architecture
(``cache.py``). Models with code of a user's own, or that differ from fold to fold, are traced for each fold of a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import keras
import tensorflow as tf

from ....errors import one_line
from ...mixing import Mixing
from ...models.building import build_optimizer
from ...models.tracked_configuration import note
from .architecture import is_convolutional
from .cache import ProgramCache
from .fold_program import FoldTensors, specs_of
from .joined import NotJoinedError, build_joined, can_join
from .knobs import Sheet
from .program import Program, TracingDrawsError, trace
from .state import State, read_state

ITS_OWN = "traced for this trial and each of its folds"
"""How a note begins that says why a program is not shared."""
OTHER_MODELS = f"{ITS_OWN}: the model function builds another model for every fold"

BuildFold = Callable[..., keras.Model]
"""``build(fold, keep_programs=...)`` returns a fold's model, compiled; see ``build_model``."""


class CannotJoinError(Exception):
    """A fold cannot be trained as those before it; had all begun together, they would be trained another way."""


@dataclass(frozen=True)
class Material:
    """What a trial's programs are traced with."""

    build: BuildFold
    tensors: Sequence[FoldTensors]
    """One a fold, of all folds."""
    mixing: Mixing | None
    predicts: bool


class LoadedProgram:
    """The program of one part of a trial's training, with the folds that have begun it."""

    def __init__(self, shared: Program | None, fingerprint: str) -> None:
        self.shared = shared
        """Serves all folds; None where each has a trace of its own."""
        self.fingerprint = fingerprint
        """Of the model that it was traced on."""
        self._folds: dict[int, Program] = {}
        self._views: dict[tuple[int, ...], Program] = {}

    def __contains__(self, fold: int) -> bool:
        """Tell whether a fold has begun."""
        return fold in self._folds

    def add(self, folds: Iterable[int], program: Program) -> None:
        """Have folds begin, each with its part of a program that is loaded."""
        for place, fold in enumerate(folds):
            self._folds[fold] = program.only([place])
        self._views.clear()

    def of(self, folds: Iterable[int]) -> Program:
        """Return the program of some of the folds that have begun."""
        wanted = tuple(folds)
        if wanted not in self._views:
            self._views[wanted] = reduce(Program.beside, (self._folds[fold] for fold in wanted))
        return self._views[wanted]


class Programs:
    """The programs of a process."""

    def __init__(self, folds: int, threads: int) -> None:
        self.cache = ProgramCache()
        self._folds = folds
        self._threads = threads
        self._not_joined: set[str] = set()
        """Fingerprints of models whose gradients cannot be joined."""

    def begin(self, material: Material, folds: Sequence[int], first: keras.Model) -> LoadedProgram:
        """Return a program that is loaded for some folds, shared where it can be.

        Args:
            material: Says what is traced.
            folds: Those that begin.
            first: The model of the first of them.
        """
        state = read_state(first)
        try:
            return self._shared(material, folds, first, state) or self._own(material, folds, state)
        except NotJoinedError:
            self._not_joined.add(state.fingerprint)
            return self.begin(material, folds, material.build(folds[0], keep_programs=True))

    def join(self, loaded: LoadedProgram, material: Material, folds: Sequence[int]) -> None:
        """Have further folds begin with a program.

        Raises:
            CannotJoinError: They cannot be trained with it.
        """
        if loaded.shared is None:
            try:
                self._trace_each(loaded, material, folds)
            except (MemoryError, tf.errors.ResourceExhaustedError):
                raise
            except Exception as error:
                raise CannotJoinError(f"{type(error).__name__}: {one_line(error, 120)}") from error
            return
        models = [material.build(fold, keep_programs=True) for fold in folds]
        states = [read_state(model) for model in models]
        values = [state.sheet.values for state in states]
        if any(state.fingerprint != loaded.fingerprint for state in states) or not loaded.shared.fits(values):
            raise CannotJoinError(OTHER_MODELS)
        self._build_optimizer(models[0], loaded.fingerprint)
        self._load(loaded, folds, models, values)

    def _load(
        self,
        loaded: LoadedProgram,
        folds: Sequence[int],
        models: Sequence[keras.Model],
        values: Sequence[Sequence[float]],
    ) -> None:
        if loaded.shared is not None:
            program = loaded.shared.only(folds)
            program.load(models, values)
            loaded.add(folds, program)

    def _build_optimizer(self, model: keras.Model, fingerprint: str) -> None:
        """Give a model's optimizer its variables; which they are follows from the model's state."""
        joins = can_join(model) and fingerprint not in self._not_joined
        (build_joined if joins else build_optimizer)(model)

    def _shared(
        self, material: Material, folds: Sequence[int], first: keras.Model, state: State
    ) -> LoadedProgram | None:
        """Return the program of an architecture: one that was traced for an earlier trial, if it fits.

        None where the model needs a program of its own; the trial says why.
        """
        if state.own_code is not None:
            note(f"{ITS_OWN}: {state.own_code} is not Keras's, and may read anything")
            return None
        models = [first, *(material.build(fold, keep_programs=True) for fold in folds[1:])]
        states = [state, *(read_state(model) for model in models[1:])]
        values = [each.sheet.values for each in states]
        if any(each.fingerprint != state.fingerprint for each in states):
            note(OTHER_MODELS)
            return None
        tensors = material.tensors[folds[0]]
        key = repr((state.fingerprint, specs_of(tensors.rows), material.mixing and material.mixing.kind))
        self._build_optimizer(first, state.fingerprint)
        program = self.cache.find(key, values)
        if program is None:
            program = self._traced(material, first, tensors, state.sheet)
            if program is None:
                return None
            if not program.fits(values):
                note(OTHER_MODELS)
                return None
            self.cache.keep(key, program)
        loaded = LoadedProgram(program, state.fingerprint)
        self._load(loaded, folds, models, values)
        return loaded

    def _traced(
        self, material: Material, model: keras.Model, tensors: FoldTensors, sheet: Sheet
    ) -> Program | None:
        """Return a program that others may use; where a layer wants plain numbers, others with equal ones.

        None where one trace cannot serve all folds; the trial says why.
        """
        for floats in (sheet, sheet.baked()):
            try:
                return trace(
                    [model],
                    [tensors],
                    floats,
                    folds=self._folds,
                    parallel=self._is_parallel(model),
                    mixing=material.mixing,
                    predicts=material.predicts,
                )
            except (NotJoinedError, TracingDrawsError, MemoryError, tf.errors.ResourceExhaustedError):
                raise
            except Exception as error:  # noqa: BLE001 - Keras may need a number where a variable is
                reason = one_line(error, 120)
        note(f"{ITS_OWN}: {reason}")
        return None

    def _own(self, material: Material, folds: Sequence[int], state: State) -> LoadedProgram:
        """Return a program for one trial, every fold traced by itself, with nothing but its variables left open."""
        loaded = LoadedProgram(None, state.fingerprint)
        self._trace_each(loaded, material, folds)
        return loaded

    def _trace_each(self, loaded: LoadedProgram, material: Material, folds: Sequence[int]) -> None:
        models = [material.build(fold) for fold in folds]
        for model in models:
            self._build_optimizer(model, loaded.fingerprint)
        program = trace(
            models,
            [material.tensors[fold] for fold in folds],
            Sheet([]),
            folds=None,
            parallel=self._is_parallel(models[0]),
            mixing=material.mixing,
            predicts=material.predicts,
        )
        loaded.add(folds, program)

    def _is_parallel(self, model: keras.Model) -> bool:
        return self._threads > 1 and not is_convolutional(model)

"""The parts of a training, each with an optimizer of its own: one, or a second in which layers of a base train, too."""

from __future__ import annotations

import keras

from ...spaces import Configuration
from ..fine_tuning import FineTuning
from ..models.building import begin_fine_tuning, build_optimizer
from ..plateau import FallingRate, Standstill, falling_rate, rate_variable
from ..workload import Workload


class Parts:
    """One model's way through the parts of its training, and through the learning rates of a plateau."""

    def __init__(
        self, workload: Workload, configuration: Configuration, fold: int, model: keras.Model
    ) -> None:
        """Take a compiled model that is about to be trained."""
        self._workload = workload
        self._fold = fold
        self._model = model
        self._configuration = configuration
        self.tuning: FineTuning | None = workload.fine_tuning(configuration)
        """The second part; None where there is none."""
        self._rate = self._falling_rate()

    def begin_epoch(self, epoch: int) -> None:
        """Begin the part that an epoch, counted from 0, is the first of."""
        if self.tuning is not None and epoch == self.tuning.epoch:
            self.compile_second()
            build_optimizer(self._model)
            self._rate = self._falling_rate()

    def go_on(self, epochs: int, standstill: Standstill | None) -> None:
        """Go on after so many epochs, with what the plateau had seen; variables are given by the caller."""
        if self.tuning is not None and epochs > self.tuning.epoch:
            self.begin_epoch(self.tuning.epoch)
        if self._rate is not None and standstill is not None:
            self._rate.go_on(standstill)

    @property
    def standstill(self) -> Standstill | None:
        """What the plateau has seen of the losses; None where there is none."""
        return None if self._rate is None else self._rate.standstill

    def compile_second(self) -> None:
        """Have layers of the model's base train, too, with a new optimizer."""
        if self.tuning is not None:
            signature = self._workload.signature(self._configuration, self._fold)
            begin_fine_tuning(self._model, self.tuning, self._configuration, signature)

    def end_epoch(self, loss: float) -> None:
        """Lower the learning rate where the training loss stands still, if the configuration asks for that."""
        if self._rate is not None:
            self._rate.after(loss)

    def restore_rate(self) -> None:
        """Set the first learning rate of the part again."""
        if self._rate is not None:
            self._rate.restore()

    def _falling_rate(self) -> FallingRate | None:
        return falling_rate(self._configuration, rate_variable(self._model.optimizer))

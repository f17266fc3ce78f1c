"""Training: one configuration on all folds in lockstep. Trainers import TensorFlow, once a process trains; this does not."""

from .variants import FoldData
from .workload import ModelSize, Trainer, Training, Workload

__all__ = ["FoldData", "ModelSize", "Trainer", "Training", "Workload"]

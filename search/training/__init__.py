"""Training: one configuration on all folds in lockstep. Trainers import TensorFlow, once a process trains; this does not."""

from .workload import FoldData, ModelSize, Trainer, Training, Workload

__all__ = ["FoldData", "ModelSize", "Trainer", "Training", "Workload"]

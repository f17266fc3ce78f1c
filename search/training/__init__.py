"""Training: one configuration on all folds in lockstep. ``fit`` imports TensorFlow; nothing else here does."""

from .workload import FoldData, ModelSize, Trainer, Training, Workload

__all__ = ["FoldData", "ModelSize", "Trainer", "Training", "Workload"]

"""Trainers: one configuration on all folds in lockstep. They import TensorFlow, once a process trains; this does not."""

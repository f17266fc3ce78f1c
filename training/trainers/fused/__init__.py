"""The fused trainer: all folds of a configuration in one traced program, which other configurations use again.

``trainer.py`` trains; ``program.py`` traces an epoch; ``knobs.py`` keeps continuous hyperparameters out of the trace;
``architecture.py`` says which models may share a program; ``cache.py`` keeps programs.
"""

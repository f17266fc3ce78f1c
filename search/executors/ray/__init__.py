"""Trains on a Ray cluster.

The driver never imports Ray, which may end the process that it is in: a *gateway* (``gateway.py``), a process of the
driver's machine, speaks with the cluster. There an *actor* (``actor.py``) holds each worker, which is the very process
that trains on one machine, so that there is one way to train a task.
"""

from .executor import RayExecutor

__all__ = ["RayExecutor"]

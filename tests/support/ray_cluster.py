"""A real Ray cluster on this machine: a head without room for workers, and nodes of one CPU each."""

from __future__ import annotations

import contextlib
import logging
import os
import time
import warnings
from typing import Any

import psutil

NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _is_worker(process: psutil.Process) -> bool:
    words = _words(process)
    return "WorkerActor" in words or "kerasweep.search.executors.worker" in words


class RayCluster:
    """The driver's gateway connects to its head."""

    def __init__(self, nodes: int = 2) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from ray.cluster_utils import Cluster

            logging.getLogger("ray").setLevel(logging.ERROR)
            head = {**NODE, "num_cpus": 0, "include_dashboard": False}
            self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
            for _ in range(nodes):
                self._cluster.add_node(**NODE)
        self.address: str = self._cluster.address

    def workers(self) -> list[psutil.Process]:
        """Return all processes that train, or that hold one that does."""
        found = []
        for node in self._cluster.list_all_nodes():
            for raylet in node.all_processes.get("raylet", ()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found += psutil.Process(raylet.process.pid).children(recursive=True)
        return [process for process in found if _is_worker(process)]

    def actors(self) -> list[psutil.Process]:
        """Return those that hold one."""
        return [process for process in self.workers() if "WorkerActor" in _words(process)]

    def workers_after(self, seconds: float) -> list[psutil.Process]:
        """Return what is left of them when it has had time to go."""
        end = time.monotonic() + seconds
        while (left := self.workers()) and time.monotonic() < end:
            time.sleep(0.1)
        return left

    def close(self) -> None:
        """End all of it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._cluster.shutdown()

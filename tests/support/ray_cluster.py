"""A real Ray cluster on this machine: a head without room for workers, and nodes of one CPU each."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import psutil
import pytest

NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
IMPATIENT = {"RAY_gcs_rpc_server_reconnect_timeout_s": "5", "RAY_USAGE_STATS_ENABLED": "0"}
"""Variables: how long nodes and drivers wait for a head that is gone, for Ray's minute would be waited out by a test."""


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
        self.folder = Path(tempfile.mkdtemp(prefix="ray-"))
        """The temporary folder of its machines."""
        self._nodes = nodes
        os.environ.update(IMPATIENT)
        self._start()

    @property
    def address(self) -> str:
        """Of its head, host:port."""
        return str(self._cluster.address)

    def _start(self) -> None:
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore")
            from ray.cluster_utils import Cluster

            patch.setenv("TMPDIR", str(self.folder))
            logging.getLogger("ray").setLevel(logging.ERROR)
            head = {**NODE, "num_cpus": 0, "include_dashboard": False}
            self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
            for _ in range(self._nodes):
                self._cluster.add_node(**NODE)

    def kill_node(self) -> None:
        """Kill a node with all of its workers, as if its machine had lost power, and what that would have taken along.

        It returns when the head knows of it: until then nobody trains again what was lost.
        """
        from kerasweep.search.executors.ray.actor import PREFIX, _remove_if_left

        node = next(iter(self._cluster.worker_nodes))
        lost = self._workers_of(node)
        self._cluster.remove_node(node, allow_graceful=False)
        for process in lost:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(lost, 10)
        for folder in self.folder.glob(f"{PREFIX}*"):
            _remove_if_left(folder)
        self._cluster.wait_for_nodes(60)

    def kill_head(self) -> None:
        """Kill the head, without which nobody in the cluster knows of the others."""
        self._cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False)

    def restart(self) -> None:
        """Start a cluster again, at another address."""
        self._stop()
        self._start()

    def workers(self) -> list[psutil.Process]:
        """Return all processes that train, or that hold one that does."""
        return [process for node in self._cluster.list_all_nodes() for process in self._workers_of(node)]

    @staticmethod
    def _workers_of(node: Any) -> list[psutil.Process]:
        found = []
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
        """End all of it, and remove what it has written."""
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _stop(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._cluster.shutdown()

"""The driver's executor for a Ray cluster."""

from __future__ import annotations

import importlib.util
import math
import queue
import sys
import time
from pathlib import Path
from typing import Any

from ....errors import SpecError, SweepError
from ....texts import count_text, duration_text
from ....training.workload import Workload
from ..handle import Worker
from ..local import START_SECONDS, LocalExecutor
from ..memory_mapping import write_workload
from ..retries import RETRIES, Death
from .messages import Connect
from .remote import GatewayProcess, RemoteWorker
from .shipping import by_value, copy_package

CONNECT_SECONDS = 60.0
SAY_SECONDS = 15.0
"""After so long without room for a single worker it is said that the sweep waits for it."""


class RayExecutor(LocalExecutor):
    """Workers on the machines of a cluster, as many as it has room for; one whose machine dies is replaced on another.

    Ray starts each where there is room, and an autoscaler makes room. A trial is handed to a worker when that is there, so
    that ``capacity`` changes with the cluster.
    """

    def __init__(
        self,
        workload: Workload,
        threads: int,
        workers: int | None,
        timeout: float | None = None,
        *,
        address: str = "auto",
        gpus: float = 0.0,
        retries: int = RETRIES,
        memory: float = math.inf,
    ) -> None:
        """Prepare to train.

        Args:
            workload: What is trained.
            threads: Cores of each worker.
            workers: How many are asked for; None for as many as the cluster has room for, at any time.
            timeout: Seconds without a sign of life after which a trial fails.
            address: Of the cluster, as ``ray.init`` takes it.
            gpus: Of each worker; less than 1 for a share.
            retries: How often a trial is trained again after it ended its worker.
            memory: Bytes that training may take in each, beside TensorFlow; nobody takes more than its machine has free.

        Raises:
            SpecError: Ray is not installed.
        """
        if importlib.util.find_spec("ray") is None:
            raise SpecError("--executor ray needs Ray, which is not installed: pip install 'kerasweep[ray]'.")
        super().__init__(workload, threads, workers or 1, timeout, retries=retries)
        self._grows = workers is None
        self._address = address
        self._gpus = gpus
        self._training_memory = memory
        self._gateway: GatewayProcess | None = None
        self._lonely_since = time.monotonic()
        """When it was last seen that there was a worker."""
        self._said = False

    @property
    def capacity(self) -> int:
        """The number of workers that are there; one trial may wait for the first."""
        return max(1, sum(worker.ready for worker in self._workers))

    def close(self) -> None:
        """End all workers, leave the cluster, and remove what was laid out."""
        self._workers.clear()
        if self._gateway is not None:
            self._gateway.close()
            self._gateway = None
        super().close()

    def _lay_out(self, folder: Path) -> None:
        with by_value(self._workload) as workload:
            write_workload(workload, folder)
        copy_package(folder)
        self._gateway = GatewayProcess(folder / "ray.log", self._inbox)
        self._gateway.connect(
            Connect(self._address, folder, self._threads, self._gpus, self._training_memory, CONNECT_SECONDS)
        )
        if self._grows:
            self._count = max(1, self._gateway.room)
        self._lonely_since = time.monotonic()

    def _next_message(self, timeout: float) -> tuple[Worker, Any]:
        try:
            return super()._next_message(timeout)
        except queue.Empty:
            assert self._gateway is not None  # noqa: S101 - start() made it
            self._gateway.check()
            raise

    def _note(self, worker: Worker, message: Any) -> None:
        was_ready = worker.ready
        super()._note(worker, message)
        if not was_ready:
            self._dispatch()

    def _reap_dead_workers(self) -> None:
        """Ask for more workers where the cluster has grown; Ray takes care of dead ones."""
        assert self._gateway is not None  # noqa: S101 - start() made it
        while self._grows and len(self._workers) < self._gateway.room:
            self._workers.append(self._spawn(len(self._workers)))

    def _may_be_replaced(self, death: Death) -> bool:
        """Tell whether a worker that died before it had a task is replaced: machines come and go while others train for hours.

        A cluster whose workers all die ends the sweep after a time (``_check_start``), not after so many deaths.
        """
        return death.from_outside

    def _check_start(self, worker: Worker) -> None:
        """Wait for a first worker, but not for ever; further ones come when they come."""
        if any(other.ready for other in self._workers):
            self._lonely_since, self._said = time.monotonic(), False
            return
        waited = time.monotonic() - self._lonely_since
        if waited > START_SECONDS:
            raise SweepError(
                f"The Ray cluster has had no room for a worker of {self._needs} for {duration_text(START_SECONDS)}."
            )
        if waited > SAY_SECONDS and not self._said and not self._any_placed:
            self._said = True
            sys.stderr.write(f"Waiting for the Ray cluster to have room for a worker of {self._needs}.\n")

    @property
    def _any_placed(self) -> bool:
        return any(isinstance(worker, RemoteWorker) and worker.placed for worker in self._workers)

    @property
    def _needs(self) -> str:
        cores = count_text(self._threads, "CPU")
        return f"{cores} and {self._gpus:g} GPU" if self._gpus else cores

    def _spawn(self, place: int) -> Worker:
        """Ask for a worker; Ray gives it the GPUs that are free, whatever its place."""
        assert self._gateway is not None  # noqa: S101 - start() made it
        return self._gateway.spawn()

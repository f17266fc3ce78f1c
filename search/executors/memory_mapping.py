"""The workload as files that workers map: every worker trains on the same pages of memory.

An object is pickled without the contents of its arrays, which lie beside it, each where TensorFlow can use it as it is
(``training/trainers/feeding.py``). The mapping is private: what a worker changes, no other one sees.
"""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ModelError, OutputError, one_line
from ...training.machine import ALIGNMENT
from ...training.workload import Workload

OBJECT, ARRAYS = "workload.pickle", "workload.arrays"


def write_mapped(value: Any, folder: Path) -> None:
    """Write an object and its arrays into a folder.

    Raises:
        OSError: There is no room.
    """
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    places: list[tuple[int, int]] = []
    written: dict[
        tuple[int, int], int
    ] = {}  # views of one array, such as pictures as rows of numbers, are stored once
    with (folder / ARRAYS).open("wb") as file:
        for buffer in buffers:
            with buffer.raw() as content:
                memory = np.frombuffer(content, np.uint8).ctypes.data, content.nbytes
                if memory not in written:
                    file.write(bytes(-file.tell() % ALIGNMENT))
                    written[memory] = file.tell()
                    file.write(content)
                places.append((written[memory], content.nbytes))
    (folder / OBJECT).write_bytes(pickle.dumps((pickled, places)))


def read_mapped(folder: Path) -> Any:
    """Return the object of a folder; its arrays are mapped, not read."""
    pickled, places = pickle.loads((folder / OBJECT).read_bytes())  # noqa: S301 - written by the driver
    if not any(size for _, size in places):
        return pickle.loads(pickled, buffers=[b""] * len(places))  # noqa: S301
    with (folder / ARRAYS).open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    return pickle.loads(pickled, buffers=[content[start : start + size] for start, size in places])  # noqa: S301


def write_workload(workload: Workload, folder: Path) -> None:
    """Lay a workload out for workers, which read it with ``read_mapped``.

    Raises:
        OutputError: There is no room.
        ModelError: The model cannot be pickled.
    """
    prepared = workload.prepared()
    try:
        write_mapped(prepared, folder)
    except OSError as error:
        raise OutputError(f"The data cannot be laid out for the workers: {error}.") from error
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The model '{workload.model.name}' cannot be handed to another process ({one_line(error, 200)}); name it as "
            "module:function, or have it trained in this process: workers='inline'."
        ) from error

"""Bases of the family ``transfer``: where their weights are, and what they read. Imports no Keras.

A base is named, one of ``keras.applications``, whose file of weights lies where Keras keeps what it downloads; or it is a
model of the user's own, a ``.keras`` file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ModelError, one_line

Pixels = tuple[float, float]
_SYMMETRIC: Pixels = (-1.0, 1.0)
_BYTES: Pixels = (0.0, 255.0)
UNIT: Pixels = (0.0, 1.0)
"""What a base of the user's own reads, unless it is one of ``keras.applications`` that was saved."""
_ADDRESS = "https://storage.googleapis.com/"
_SECONDS = 20
"""Without an answer, after which a download is given up."""
_CHUNK = 2**20
_CHANNELS = (1, 3)
"""Of pictures; where they come first, a shape begins with them."""


@dataclass(frozen=True)
class Base:
    """One of ``keras.applications``, without its last layers."""

    constructor: str
    """Its name in ``keras.applications``."""
    url: str
    """Of its weights on ImageNet; names the file, too."""
    md5: str | None
    """Of the file; None where Keras knows none."""
    pixels: Pixels
    """Between which it wants black and white; the layers that it begins with may do the rest."""

    @property
    def file(self) -> Path:
        """Where Keras keeps its weights."""
        return keras_models() / self.url.rpartition("/")[2]


BASES = {
    "mobilenet_v2": Base(
        "MobileNetV2",
        f"{_ADDRESS}tensorflow/keras-applications/mobilenet_v2/"
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        None,
        _SYMMETRIC,
    ),
    "mobilenet_v3_small": Base(
        "MobileNetV3Small",
        f"{_ADDRESS}tensorflow/keras-applications/mobilenet_v3/"
        "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
        _BYTES,
    ),
    "efficientnet_b0": Base(
        "EfficientNetB0",
        f"{_ADDRESS}keras-applications/efficientnetb0_notop.h5",
        "50bc09e76180e00e4465e1a485ddc09d",
        _BYTES,
    ),
    "resnet50_v2": Base(
        "ResNet50V2",
        f"{_ADDRESS}tensorflow/keras-applications/resnet/resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "fac2f116257151a9d068a22e544a4917",
        _SYMMETRIC,
    ),
    "xception": Base(
        "Xception",
        f"{_ADDRESS}tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "b0042744bf5b25fce3cb969f33bebb97",
        _SYMMETRIC,
    ),
}
"""Name in the catalogue -> base. Of MobileNetV2, which has weights for five sizes, those for 224 pixels serve all."""
_MOST_CONFIG = 64_000_000
"""Bytes of what a saved model says of itself."""
_SAVED: tuple[tuple[str, Pixels | None], ...] = (
    (r"mobilenetv2|mobilenet_\d|resnet\d+v2|xception|inception|nasnet", _SYMMETRIC),
    (r"mobilenetv3|efficientnet|convnext", _BYTES),
    (r"vgg\d|resnet\d+$|densenet", None),
)
"""How Keras names its applications, and what they read; None where two numbers do not say it."""
_OF_BYTES = 1 / 100
"""Below it, what multiplies pixels is meant for bytes: 1/255, 1/127.5; of pixels from 0 to 1 nothing would be left."""
_MOVE_PIXELS = ("InputLayer", "Resizing", "CenterCrop", "Cropping2D", "ZeroPadding2D", "Permute")
"""Layers that leave pixels as bright as they are; so do those called ``Random...``, when a model predicts."""


def keras_models() -> Path:
    """Return the folder of downloaded models, as Keras finds it."""
    home = os.environ.get("KERAS_HOME")
    user = Path.home() if os.access(Path.home(), os.W_OK) else Path(tempfile.gettempdir())
    return (Path(home) if home else user / ".keras") / "models"


def find_bases(names: Iterable[str]) -> dict[str, str]:
    """Return a digest of the content of each base's file; weights of ``keras.applications`` are downloaded if need be.

    Raises:
        ModelError: A file is not there, and cannot be downloaded, or holds no model.
    """
    names = list(dict.fromkeys(names))
    missing = [name for name in names if name in BASES and not BASES[name].file.is_file()]
    while missing:
        try:
            _download(BASES[missing[0]])
        except (OSError, ValueError) as error:
            raise ModelError(
                _why_missing(missing, [one for one in names if one not in missing], error)
            ) from error
        missing.pop(0)
    for name in names:
        if name not in BASES:
            read_saved(name)
    return {name: _digest(BASES[name].file if name in BASES else Path(name)) for name in names}


def _why_missing(missing: list[str], found: list[str], error: Exception) -> str:
    files = " and ".join(BASES[name].url for name in missing)
    here = f"--fix base={found[0]}" if len(found) == 1 else f"--set base={','.join(found)}"
    rest = f", search what is here with {here}" if found else ""
    reason = one_line(getattr(error, "reason", None) or error, 120)
    return (
        f"The weights of {', '.join(missing)} are not on this machine and cannot be downloaded ({reason}): "
        f"put {files} into {keras_models()}{rest}, or give a model of your own with --fix base=FILE.keras."
    )


def _download(base: Base) -> None:
    """Download the weights of a base; the file appears whole or not at all."""
    base.file.parent.mkdir(parents=True, exist_ok=True)
    part = base.file.with_suffix(f".{os.getpid()}.part")
    try:
        with urllib.request.urlopen(base.url, timeout=_SECONDS) as answer, part.open("wb") as target:  # noqa: S310 - our own addresses
            while chunk := answer.read(_CHUNK):
                target.write(chunk)
        with part.open("rb") as source:
            found = hashlib.file_digest(source, "md5").hexdigest()
        if base.md5 not in (None, found):
            raise ValueError("what arrived is not the file that Keras knows")
        part.replace(base.file)
    finally:
        part.unlink(missing_ok=True)


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()[:16]


@dataclass(frozen=True)
class SavedBase:
    """What a ``.keras`` file says of the model in it."""

    name: str
    shape: tuple[int | None, ...] | None
    """Of a picture that it reads, None where the size is open; None where the file does not say."""
    rescaling: float | None = None
    """What it multiplies pixels by before anything else; None where it does not begin so."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the pictures that it reads; None where they are open, or not known."""
        if self.shape is None or len(self.shape) != 3:
            return None
        height, width = self.shape[1:] if self.shape[0] in _CHANNELS else self.shape[:2]
        return None if height is None or width is None else (height, width)

    @property
    def pixels(self) -> Pixels:
        """Between which it wants black and white.

        Raises:
            ModelError: Two numbers do not say it.
        """
        if self.rescaling is not None:
            return _BYTES if abs(self.rescaling) < _OF_BYTES else UNIT
        for pattern, pixels in _SAVED:
            if re.match(pattern, self.name.lower()):
                if pixels is None:
                    raise ModelError(
                        f"The base is {self.name} of keras.applications, which wants other pixels than from one number to "
                        "another: save a model that begins with its preprocessing, and reads pixels from 0 to 1."
                    )
                return pixels
        return UNIT


def read_saved(path: str) -> SavedBase:
    """Return what a ``.keras`` file says of its model.

    Raises:
        ModelError: There is no such file, or Keras did not write it.
    """
    if not Path(path).is_file():
        raise ModelError(f"There is no file {path} for the base.")
    try:
        with zipfile.ZipFile(path) as saved, saved.open("config.json") as file:
            # A few bytes may unpack to gigabytes.
            config: dict[str, Any] = json.loads(file.read(_MOST_CONFIG))["config"]
        return SavedBase(str(config["name"]), _shape_of(config), _rescaling_of(config))
    except Exception as error:  # of a file that anybody may have made
        raise ModelError(
            f"{path} is no model that Keras saved; a base is a .keras file, as model.save(FILE) writes it."
        ) from error


def _shape_of(config: dict[str, Any]) -> tuple[int | None, ...] | None:
    """Return the shape of a row of a saved model's first input."""
    layers = config.get("layers") or [{}]
    shape = layers[0].get("config", {}).get("batch_shape")
    return None if shape is None else tuple(shape[1:])


def _rescaling_of(config: dict[str, Any]) -> float | None:
    """Return what a saved model multiplies pixels by before anything else; None where it does not."""
    for layer in config.get("layers") or []:
        kind = str(layer.get("class_name"))
        if kind == "Rescaling":
            scale = layer["config"]["scale"]
            return float(max(scale) if isinstance(scale, list) else scale)
        if kind not in _MOVE_PIXELS and not kind.startswith("Random"):
            return None
    return None

"""Rows of image data as small pictures: PNG files as text, for reports."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

import numpy as np


def value_span(parts: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return the values that are black and white: those of bytes, else the smallest and largest finite ones.

    Args:
        parts: The pictures, in arrays of some.
    """
    spans = []
    for images in parts:
        if images.dtype == np.uint8 and images.size and images.max() > 16:
            return 0.0, 255.0
        finite = images[np.isfinite(images)]
        spans += [(float(finite.min()), float(finite.max()))] if finite.size else []
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else (0.0, 1.0)


def png_text(image: np.ndarray, span: tuple[float, float], most: int) -> str:
    """Return a picture as a PNG file in base64.

    Args:
        image: ``(height, width, channels)``; one channel is grey, of more than three the first is shown.
        span: Values that are black and white.
        most: Pixels that the longer side has at most.
    """
    from PIL import Image

    low, high = span
    shares = (np.nan_to_num(image.astype(np.float64), nan=low) - low) / ((high - low) or 1.0)
    pixels = np.round(255 * np.clip(shares, 0, 1)).astype(np.uint8)
    picture = Image.fromarray(pixels if pixels.shape[-1] == 3 else pixels[..., 0])
    picture.thumbnail((most, most))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()

"""Layers put one after the other: ``keras.Sequential`` until something branches, a graph from there on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras


class Stack:
    """A model in the making."""

    def __init__(self, input_shape: tuple[int, ...]) -> None:
        self._input_shape = input_shape
        self._layers: list[keras.Layer] = []
        self._source: Any = None
        self._tensor: Any = None

    def add(self, made: Iterable[keras.Layer]) -> None:
        """Have rows pass further layers."""
        if self._source is None:
            self._layers += made
        else:
            self._tensor = through(made, self._tensor)

    def branch(self) -> Any:
        """Return what the layers so far give, as a tensor of a graph."""
        if self._source is None:
            self._source = keras.Input(self._input_shape)
            self._tensor = through(self._layers, self._source)
        return self._tensor

    def join(self, tensor: Any) -> None:
        """Go on from a tensor of the graph."""
        self._tensor = tensor

    def model(self) -> keras.Model:
        """Return the model, made at once: a layer that is added to a ``Sequential`` builds all of it anew."""
        if self._source is None:
            return keras.Sequential([keras.Input(self._input_shape), *self._layers])
        return keras.Model(self._source, self._tensor)


def through(made: Iterable[keras.Layer], tensor: Any) -> Any:
    """Return what a tensor becomes in layers."""
    for layer in made:
        tensor = layer(tensor)
    return tensor

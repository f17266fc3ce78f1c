"""Texts as numbers of tokens: Keras's ``TextVectorization``, adapted to a fold's training rows and to nothing else.

What is learned is a list of words, so that it can be stored, pickled and written anywhere; the layer is made of it where
texts are looked up. TensorFlow is imported there, and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import TrainingError
from ..machine import aligned_empty

if TYPE_CHECKING:
    from .free_text import TextRecipe


def adapt_vocabulary(texts: np.ndarray, recipe: TextRecipe) -> tuple[str, ...]:
    """Return the words of training texts, the most frequent ones first, without the tokens that Keras adds.

    Args:
        texts: As ``plain_texts`` gives them.
        recipe: Says how many words there may be, and what a word is.

    Raises:
        TrainingError: ``data``: there is no word in them.
    """
    from ..quiet import import_tensorflow

    import_tensorflow()
    import keras
    import tensorflow as tf

    layer = keras.layers.TextVectorization(**recipe.layer_arguments)
    layer.adapt(tf.data.Dataset.from_tensor_slices(texts).batch(1024))
    found = tuple(map(str, layer.get_vocabulary(include_special_tokens=False)))
    if not found:
        raise TrainingError("data", "the training rows of a fold hold no text")
    return found


def look_up(vocabulary: tuple[str, ...], texts: np.ndarray, recipe: TextRecipe) -> np.ndarray:
    """Return the numbers of texts' tokens as ``token_numbers`` does, of a vocabulary that was learned."""
    from ..quiet import import_tensorflow

    import_tensorflow()
    import keras

    layer = keras.layers.TextVectorization(vocabulary=list(vocabulary), **recipe.layer_arguments)
    found = token_numbers(layer, texts)
    shared = aligned_empty(found.shape).view(np.int32)  # which TensorFlow takes without a copy of its own
    shared[:] = found
    return shared


def token_numbers(layer: Any, texts: np.ndarray) -> np.ndarray:
    """Return the numbers of each text's tokens, int32, ``(rows, length)``; zeros fill short ones.

    A text without any word has one unknown one: means and states are of what a row has, which must not be
    nothing.
    """
    parts = (texts[first : first + 1024] for first in range(0, len(texts), 1024))
    numbers = np.concatenate([np.asarray(layer(part)) for part in parts]).astype("int32")
    numbers[~numbers.any(axis=1), 0] = 1
    return numbers

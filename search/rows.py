"""What a sweep's model reads: rows loaded and prepared for it, be it a family or a user's own.

A family says in what shape it reads rows. A user's model gets them as they were given, and is asked which of their
numbers it looks up in an embedding, which nothing may scale.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..spaces import Configuration
from ..training.data import (
    Channels,
    Dataset,
    Fold,
    GivenData,
    Layout,
    LoadOptions,
    Preparation,
    choose_preparation,
    gives_positions,
    holds_only_text,
    integer_columns,
    load_dataset,
    sample_rows,
    with_tokens,
)
from ..training.data.free_text import have_words
from ..training.data.source_data import FROM_PYTHON
from ..training.machine import cores
from ..training.models import ModelSource, Signature
from .spec import DataSpec, SweepSpec


def load_rows(
    spec: SweepSpec, limit: int | None, *, data_object: Any = None, cv: Any = None, keep_shape: bool = False
) -> Dataset:
    """Load the data of a specification.

    Args:
        spec: The specification.
        limit: Most training rows.
        data_object: The data, where they were given in Python.
        cv: What cuts the folds, where it was given in Python.
        keep_shape: Whether arrays keep their shape, however much they look like pictures: for a user's own model.

    Raises:
        DataError: They cannot be read, or were given in Python and are not given now.
    """
    data = spec.data
    if data_object is None and data.source.startswith(FROM_PYTHON):
        raise DataError("The data of this study were given in Python; pass them again as data=.")
    source = data.source if data_object is None else data_object
    if cv is not None and gives_positions(cv):
        source = GivenData(source, positions=cv)
    return load_dataset(source, load_options(spec, limit, keep_shape=keep_shape))


def load_options(spec: SweepSpec, limit: int | None, *, keep_shape: bool = False) -> LoadOptions:
    """Return what a specification says of how its data are loaded; the arguments are those of ``load_rows``."""
    cv = spec.cv
    asked = spec.data.model_dump(exclude={"source", "scaling", "limit", "test_split"})
    return LoadOptions(
        **asked,
        limit=limit,
        seed=spec.search.seed,
        test_split=spec.test_split,
        keep_shape=keep_shape,
        stratify=cv.stratify,
        fewest=2 if cv.method in ("holdout", "group") else cv.folds,
    )


def prepare_rows(
    dataset: Dataset, model: ModelSource, data: DataSpec, tokens: Collection[int] = ()
) -> Preparation:
    """Choose how rows become a model's input; ``tokens`` are numbers that it looks up."""
    layout: Layout = model.layout
    if layout == "natural" and dataset.kind == "image":
        layout = "image"
    if layout == "natural" and dataset.series is not None:
        layout = "sequence"
    if layout == "natural" and holds_only_text(dataset):
        layout = "text"
    # A function of the user's own may compile any loss and metrics, whose units no rule knows: it gets targets as they are.
    chosen = choose_preparation(
        dataset, layout, data.scaling, image_data_format(), scale_target=not model.open_space
    )
    return with_tokens(chosen, tokens)


def check_words(dataset: Dataset, preparation: Preparation, folds: Sequence[Fold]) -> None:
    """Refuse folds whose training rows have no word to learn.

    Raises:
        DataError: A fold has none.
    """
    if preparation.recipe.text is None:
        return
    found = have_words(dataset.x, preparation.texts)
    for number, fold in enumerate(folds):
        if not found[fold.train].any():
            raise DataError(
                f"{dataset.name}: the training rows of fold {number + 1} of {len(folds)} hold no word: "
                f"{int(found.sum()):,} of {len(found):,} rows have any"
            )


def find_tokens(
    dataset: Dataset,
    model: ModelSource,
    preparation: Preparation,
    configuration: Configuration,
    threads: int | None,
    guard: AbstractContextManager[None],
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the positions of whole numbers in a row that a user's model looks up, and notes on them; families look up nothing.

    The model is built, and TensorFlow imported, only where there are whole numbers. The guard ends a model that comes to
    no end while it is built; an import, which may take longer, is none of its business.
    """
    integers = integer_columns(dataset, preparation) if model.open_space else ()
    if not integers:
        return (), ()
    from ..training.trainers.runtime import prepare_tensorflow

    # TensorFlow's threads cannot be changed once it has built a model, and one worker trains in this process.
    prepare_tensorflow(threads or cores())
    from ..training.models.embedding_inputs import find_lookups

    signature = Signature(preparation.input_shape, dataset.outputs, dataset.task, dataset.rows, 1)
    build = model.load()
    with guard:
        found = find_lookups(build, configuration, signature, sample_rows(dataset, preparation, integers))
    note = (
        f"which whole numbers the model looks up is not known to the end, as it fails on a row of large ones ({found.fault}): "
        "those that were not seen to be looked up are prepared as numbers that measure"
    )
    looked_up = tuple(position for position in integers if position in set(found.positions))
    return looked_up, (note,) if found.fault and len(looked_up) < len(integers) else ()


def image_data_format() -> Channels:
    """Return Keras's ``image_data_format`` without importing Keras: its configuration file, else channels last."""
    keras = sys.modules.get("keras")
    if keras is not None:
        return keras.config.image_data_format()  # type: ignore[no-any-return]
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        format_ = json.loads((home / "keras.json").read_text()).get("image_data_format")
    except (OSError, ValueError):
        return "channels_last"
    return "channels_first" if format_ == "channels_first" else "channels_last"

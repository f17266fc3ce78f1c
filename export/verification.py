"""Runs an exported script up to training and compares its arrays with the refit's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..errors import one_line
from ..training.data.strata import row_strata
from ..training.data.trees import is_nest, leaves, named_leaves
from ..training.models.labels import encode_targets
from .preparing import prepare_arguments
from .reading import unchanged_path
from .winner import Winner

if TYPE_CHECKING:
    from ..training.models.labels import Labels


def compare_rows(winner: Winner, script: str) -> list[str]:
    """Return what differs between the arrays of a script and those that were trained on; empty if nothing does."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    try:
        with unchanged_path():
            exec(compile(script, "exported script", "exec", dont_inherit=True), namespace)  # noqa: S102 - what the user is about to run
            x_train, y_train, x_test, y_test, *weights = namespace["load_data"]()
            drawn = _compare_draw(winner, namespace, y_train)
            named = {"x_train": x_train, "y_train": y_train, "x_test": x_test}
            given = [named[name] for name in prepare_arguments(winner).split(", ")]
            x_train, x_test = namespace["prepare"](*given)
            if "prepare_targets" in namespace:
                y_train, y_test = namespace["prepare_targets"](y_train, y_test)[:2]
    except Exception as error:  # noqa: BLE001 - whatever it is, the script would raise it too
        return [f"its rows cannot be read here ({one_line(error, 120)})"]
    dataset, fitted = winner.dataset, winner.preparation
    parts = (
        ("training rows", x_train, y_train, fitted.transform_training(dataset.x), dataset.y),
        ("test rows", x_test, y_test, fitted.transform(dataset.x_test), dataset.y_test),
    )
    own = [weights for weights in (dataset.weights, dataset.weights_test) if weights is not None]
    same = all(_same(*pair) for pair in zip(weights, own, strict=False))
    return [
        *([] if same else ["its weights of rows are not the study's"]),
        *(
            f"its {what} are not the study's"
            for what, x, y, x_trained, y_stored in parts
            if not _same(x, x_trained) or not _same(y, _targets(winner, y_stored))
        ),
        *drawn,
    ]


def _compare_draw(winner: Winner, namespace: dict[str, Any], y: np.ndarray) -> list[str]:
    """Return what differs between a script's choice of training rows and the refit's; empty if nothing does."""
    if winner.draw is None:
        return []
    codes = row_strata(y, winner.dataset.task)
    drawn = namespace["draw_positions"](codes, **namespace["DRAWN"])
    same = np.array_equal(drawn, winner.draw.positions(codes))
    return [] if same else ["its choice of training rows is not the study's"]


def _same(left: Any, right: Any) -> bool:
    if is_nest(right):
        pairs = list(zip(named_leaves(left), named_leaves(right), strict=False))
        alike = all(name == other and _same(one, leaf) for (name, one), (other, leaf) in pairs)
        return alike and len(pairs) == len(leaves(left)) == len(leaves(right))
    array = np.asarray(left)
    return (
        array.dtype == right.dtype
        and array.shape == right.shape
        and np.array_equal(array, right, equal_nan=array.dtype.kind == "f")
    )


def _targets(winner: Winner, y: Any) -> Any:
    """Return targets in the form that the model's loss reads."""
    dataset, labels = winner.dataset, cast("Labels", winner.labels)
    return encode_targets(
        winner.preparation.transform_target(y), labels, dataset.outputs, dataset.target_format
    )

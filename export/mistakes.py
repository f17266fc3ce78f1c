"""What a refit's model makes of the test rows, as frames: a confusion matrix, and the worst mistakes with their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ..errors import StudyError

if TYPE_CHECKING:
    import pandas as pd

_LABEL_COLUMNS = ["label", "right", "false alarms", "missed", "rightly absent"]


def confusion_frame(kept: Mapping[str, Any] | None, trial: int) -> pd.DataFrame:
    """Return counts of test rows: truth by row, prediction by column; see ``RefitModel.confusion``.

    Raises:
        StudyError: There are no classes, or no test rows.
    """
    import pandas as pd

    kind = (kept or {}).get("kind")
    if kept is None or kind not in ("classes", "labels"):
        raise StudyError(f"The refit of trial {trial} has no classes to confuse, or no test rows.")
    if kind == "labels":
        return pd.DataFrame(kept["labels"], columns=_LABEL_COLUMNS).set_index("label")
    if "pairs" in kept:
        return pd.DataFrame(kept["pairs"], columns=["truth", "predicted", "rows"])
    names = pd.Index(kept["labels"], name="truth")
    return pd.DataFrame(kept["counts"], index=names, columns=pd.Index(kept["labels"], name="predicted"))


@dataclass(frozen=True, repr=False)
class Mistakes:
    """Some test rows and what was made of them; a notebook shows their pictures."""

    rows: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None, trial: int, count: int) -> Mistakes:
        """Return the worst mistakes that a refit has kept.

        Raises:
            StudyError: It has kept none, because nothing is known of single rows.
        """
        if kept is None or "worst" not in kept:
            raise StudyError(f"The refit of trial {trial} knows of no single mistakes.")
        return cls(tuple(kept["worst"][:count]))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a mistake: its place in the test split, truth and prediction, or the error."""
        import pandas as pd

        return pd.DataFrame([{key: value for key, value in one.items() if key != "png"} for one in self.rows])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def __repr__(self) -> str:
        return self.frame.to_string(index=False) if self.rows else "no mistakes"

    def _repr_html_(self) -> str:
        if not self.rows or "png" not in self.rows[0]:
            return (
                f"<div>{self.frame.to_html(index=False, escape=True) if self.rows else 'no mistakes'}</div>"
            )
        return (
            f'<div style="display: flex; flex-wrap: wrap; gap: 10px">{"".join(map(_figure, self.rows))}</div>'
        )


def _figure(one: Mapping[str, Any]) -> str:
    sure = f"<br>{one['confidence']:.0%} sure" if "confidence" in one else ""
    words = (
        f"{escape(str(one['predicted']))}<br>is {escape(str(one['truth']))}{sure}"
        if "predicted" in one
        else f"error {one['error']:.4g}"
    )
    picture = f'<img src="data:image/png;base64,{escape(str(one["png"]))}" width="56" style="image-rendering: pixelated">'
    return f'<div style="text-align: center; font-size: 85%">{picture}<br>{words}</div>'

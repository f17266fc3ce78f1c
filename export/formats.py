"""The formats of exports: one table, which the Python interface, the command line and the app read.

What writes a format is imported when it is used, so that the table costs nothing to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SpecError, StudyError, did_you_mean, one_line
from ..studies.records import StudyRecord

if TYPE_CHECKING:
    from .winner import Winner


@dataclass(frozen=True, kw_only=True)
class Format:
    """What a format is; how it is made says its kind, ``FromStudy`` or ``FromRefit``."""

    name: str
    meaning: str
    """What it holds, one sentence."""
    suffix: str
    """Of the file; empty where it is a folder."""

    @property
    def refits(self) -> bool:
        """Whether the trial is trained on all rows before it is written."""
        return isinstance(self, FromRefit)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, not a file."""
        return not self.suffix


@dataclass(frozen=True, kw_only=True)
class FromStudy(Format):
    """A file that is made of what a study holds, at once: it may be shown before it is written."""

    content: Callable[[StudyRecord, int | None], str | bytes]
    """Makes it of a study and the number of one of its trials, the best one where None."""
    is_text: bool = True
    all_trials: bool = False
    """Whether it holds all trials, so that none is chosen."""


@dataclass(frozen=True, kw_only=True)
class FromRefit(Format):
    """A file or folder that needs the trial to be trained on all rows."""

    write: Callable[[Winner, Path, Any], Path]
    """Writes a refit to a path; the third is the model, by its name or as the object that was given."""
    saves: bool = False
    """Whether the refit's model must be one that Keras can save."""
    scores: bool = False
    """Whether it scores test rows, so that there must be some."""

    def check_study(self, study: StudyRecord) -> None:
        """Refuse a study that this cannot be made of, before a model trains.

        Raises:
            StudyError: It holds no rows out.
        """
        if self.scores and study.data.get("test_rows") == 0:
            raise StudyError(
                f"'{study.name}' holds no rows out, and --format {self.name} scores what it trains on those: take keras."
            )

    def check_path(self, path: Path) -> None:
        """Refuse a path that holds something else, before a model trains.

        Raises:
            OutputError: There is a folder where a file should be, or the reverse, or a folder of something else.
        """
        from .files import check_file, check_folder

        if self.is_folder:
            check_folder(path, overwrite=False)
        else:
            check_file(path)


def find_format(name: str) -> FromStudy | FromRefit:
    """Return a format by name.

    Raises:
        SpecError: There is none; the message has the nearest one.
    """
    if not isinstance(name, str) or name not in FORMATS:
        shown = one_line(str(name), 60)
        raise SpecError(f"There is no format '{shown}'.{did_you_mean(shown, FORMATS)}")
    return FORMATS[name]


def format_for(name: str | None, path: Path | None) -> FromStudy | FromRefit:
    """Return a format by name; else by the ending of the file that it is written to, and YAML where neither says.

    Raises:
        SpecError: There is no such format.
    """
    if name is not None:
        return find_format(name)
    ending = "" if path is None else path.suffix.lower()
    of_endings = {one.suffix: one for one in FORMATS.values() if one.suffix}
    return of_endings.get(ending, FORMATS["yaml"])


def _yaml(study: StudyRecord, trial: int | None) -> str:
    from .text import to_yaml

    return _as_text(to_yaml, study, trial)


def _json(study: StudyRecord, trial: int | None) -> str:
    from .text import to_json

    return _as_text(to_json, study, trial)


def _as_text(make: Callable[..., str], study: StudyRecord, number: int | None) -> str:
    from ..studies import choose_trial
    from ..studies.comparison import optimism_of

    trial = choose_trial(study, number)
    return make(study, trial, optimism_of(study, trial))


def _keras_tuner(study: StudyRecord, trial: int | None) -> str:
    from ..studies import choose_trial
    from .other_tools import to_keras_tuner

    return to_keras_tuner(study, choose_trial(study, trial))


def _optuna(study: StudyRecord, trial: int | None) -> str:
    from ..studies import choose_trial
    from .other_tools import to_optuna

    return to_optuna(study, choose_trial(study, trial))


def _csv(study: StudyRecord, trial: int | None) -> str:
    from .trials import to_csv

    _refuse_trial("csv", trial)
    return to_csv(study)


def _parquet(study: StudyRecord, trial: int | None) -> bytes:
    from .trials import to_parquet

    _refuse_trial("parquet", trial)
    return to_parquet(study)


def _refuse_trial(name: str, trial: int | None) -> None:
    if trial is not None:
        raise SpecError(f"The format '{name}' holds all trials; leave out the trial {trial}.")


def _python(winner: Winner, path: Path, model: Any) -> Path:
    from ..training.models import find_model
    from .script import write_script

    return write_script(winner, path, build=find_model(model, winner.dataset.task).load())


def _keras(winner: Winner, path: Path, _: Any) -> Path:
    from .bundle import write_keras

    return write_keras(winner, path)


def _deploy(winner: Winner, path: Path, _: Any) -> Path:
    from .deploy import write_deploy

    return write_deploy(winner, path)


def _tflite(winner: Winner, path: Path, _: Any) -> Path:
    from .lite import write_lite

    return write_lite(winner, path)


FORMATS: dict[str, FromStudy | FromRefit] = {
    one.name: one
    for one in (
        FromStudy(
            name="yaml",
            meaning="The configuration with its provenance; kerasweep launch trains it again.",
            suffix=".yaml",
            content=_yaml,
        ),
        FromStudy(
            name="json",
            meaning="The configuration with its provenance as JSON, which kerasweep launch reads as well.",
            suffix=".json",
            content=_json,
        ),
        FromStudy(
            name="keras-tuner",
            meaning="The space with the trial's values, as JSON for keras_tuner.HyperParameters.from_config.",
            suffix=".keras-tuner.json",
            content=_keras_tuner,
        ),
        FromStudy(
            name="optuna",
            meaning="The trial as JSON, params for study.enqueue_trial and their distributions.",
            suffix=".optuna.json",
            content=_optuna,
        ),
        FromStudy(
            name="csv",
            meaning="All trials as a table, a row each: state, scores, folds, seconds, hyperparameters.",
            suffix=".csv",
            content=_csv,
            all_trials=True,
        ),
        FromStudy(
            name="parquet",
            meaning="All trials as Parquet, which keeps numbers and texts as they are.",
            suffix=".parquet",
            content=_parquet,
            is_text=False,
            all_trials=True,
        ),
        FromRefit(
            name="python",
            meaning="A training script of its own, without Kerasweep, that gives the refit's test score.",
            suffix=".py",
            write=_python,
            scores=True,
        ),
        FromRefit(
            name="keras",
            meaning="A folder with the trained model, its preprocessing and predict.py.",
            suffix="",
            write=_keras,
            saves=True,
        ),
        FromRefit(
            name="deploy",
            meaning="A zip with model, preprocessing, predict.py, scores and a sample, checked by running it.",
            suffix=".zip",
            write=_deploy,
            saves=True,
        ),
        FromRefit(
            name="tflite",
            meaning="The model alone for LiteRT, which reads rows that are prepared already.",
            suffix=".tflite",
            write=_tflite,
        ),
    )
}
"""Name -> format, in the order in which they are shown."""

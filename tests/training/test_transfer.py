"""Transfer: a base keeps the weights of its file in every fold, trial and trainer, until it is fine-tuned; and then moves alike."""

from __future__ import annotations

import io
import re
import urllib.error
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kerasweep.errors import DataError, KerasweepError, ModelError, SpecError, TrainingError
from kerasweep.search.executors.contract import run_task
from kerasweep.search.planning import make_plan, refit_workload
from kerasweep.search.spec import make_spec
from kerasweep.search.unchanged import check_unchanged
from kerasweep.training.events import Outcome, Task, TrialEnded
from kerasweep.training.models import bases
from kerasweep.training.models.bases import BASES, find_bases
from kerasweep.training.models.signature import Signature
from kerasweep.training.trainers import fit_trainer
from kerasweep.training.trainers.lockstep import NEVER_TUNED
from kerasweep.training.trainers.runtime import make_trainer
from tiny_bases import TINY, write_base, write_tiny_bases

pytestmark = pytest.mark.trains
EPOCHS = 4
USUAL: dict[str, Any] = {
    "base": TINY,
    "picture_size": 16,
    "optimizer": "adam",
    "learning_rate": 0.05,
    "batch_size": 16,
    "head": "global_average",
    "dropout": 0.2,
    "fine_tuning": False,
}
TUNED = {**USUAL, "fine_tuning": True, "frozen_share": 0.5, "unfrozen_share": 0.4, "fine_tuning_rate": 0.2}
"""Two epochs frozen; then the last four layers of ten train: a convolution and a frozen BatchNormalization."""


def pictures(channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    x = generator.integers(0, 256, (48, 8, 8, channels)).astype("uint8")
    return x, np.digitize(x[:, 2:6, 2:6].mean((1, 2, 3)), (122, 133))


def plan_of(fix: dict[str, Any] | None = None, *, data: Any = None, **more: Any) -> Any:
    write_tiny_bases()
    spec = {
        "data": "python:data",
        "model": "transfer",
        "space": {"fix": {"base": TINY, **(fix or {})}},
        "cv": {"folds": 2},
        "training": {"epochs": EPOCHS, "patience": None},
        **more,
    }
    return make_plan(make_spec(spec), data=pictures() if data is None else data)


@cache
def trainer_of(name: str) -> Any:
    return make_trainer(plan_of(execution={"trainer": name}).workload, 1)


def train(trainer: Any, configuration: dict[str, Any], seed: int = 11) -> Outcome:
    *_, last = run_task(trainer, Task(0, configuration, seed=seed))
    assert isinstance(last, TrialEnded), last
    return last.outcome


def file_weights() -> list[np.ndarray]:
    import keras

    return [np.asarray(one) for one in keras.saving.load_model(TINY, compile=False).weights]


def base_of(model: Any) -> Any:
    import keras

    return next(layer for layer in model.layers if isinstance(layer, keras.Model))


def assert_from_file(weights: Any) -> None:
    for found, expected in zip(weights, file_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_frozen_base_keeps_the_weights_of_its_file_in_every_fold_of_every_trial_of_a_program() -> None:
    trainer = trainer_of("auto")
    count = len(file_weights())
    before = len(trainer._programs.cache)
    for seed, rate in ((11, 0.05), (12, 0.02)):
        outcome = train(trainer, {**USUAL, "learning_rate": rate, "weight_decay": 0.1, "decay": True}, seed)
        assert (outcome.trainer, outcome.notes) == ("fused", ())
        program = list(trainer._programs.cache._programs.values())[-1]
        assert len(program.states) == 2
        for state in program.states:
            assert_from_file([one.numpy() for one in state[:count]])
    assert len(trainer._programs.cache) == before + 1, "the second trial used the first one's program"


def test_frozen_weights_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have no gradient and no optimizer's state, unless fine-tuning has them train later."""
    trainer = make_trainer(plan_of(execution={"trainer": "fit"}).workload, 1)
    frozen = sum(one.size for one in file_weights())
    sizes = [trainer.probe(Task(0, configuration, seed=11)) for configuration in (USUAL, TUNED)]
    assert sizes[0].parameters == sizes[1].parameters
    assert sizes[1].training_bytes - sizes[0].training_bytes == 4 * 2 * 4 * frozen
    model = trainer.build(Task(0, USUAL, seed=11), 0)
    monkeypatch.setattr(fit_trainer, "free_memory", lambda: sizes[0].parameters * 4 * 2 * 5)
    assert trainer.fits_in_memory(model, USUAL)
    assert not trainer.fits_in_memory(model, TUNED)


def test_a_frozen_base_keeps_the_weights_of_its_file_in_fit_and_refit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kerasweep.training.trainers.refit_run import start_refit

    trainer, models = trainer_of("fit"), []
    build = trainer.build

    def noting(*arguments: Any, **more: Any) -> Any:
        models.append(build(*arguments, **more))
        return models[-1]

    monkeypatch.setattr(trainer, "build", noting)
    for seed in (11, 12):
        train(trainer, USUAL, seed)
    assert len(models) == 4
    run = start_refit(refit_workload(plan_of(), data_object=pictures()), USUAL, 3)
    list(run.train(1))
    for model in (*models, run.model):
        assert not base_of(model).trainable_variables
        assert_from_file(base_of(model).weights)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"learning_rate_schedule": "cosine", "use_ema": True, "random_flip": "horizontal"},
        {
            "learning_rate_schedule": "plateau",
            "plateau_patience": 1,
            "plateau_min_delta": 9.0,
            "unfrozen_share": 1.0,
        },
    ],
    ids=["plain", "schedule", "plateau"],
)
def test_both_trainers_fine_tune_alike(more: dict[str, Any]) -> None:
    fused, fit = (train(trainer_of(name), {**TUNED, **more}) for name in ("auto", "fit"))
    assert (fused.trainer, fused.notes) == ("fused", ())
    assert fused.epochs_trained == fit.epochs_trained == EPOCHS
    for metric, folds in fit.curves.items():
        np.testing.assert_allclose(fused.curves[metric], folds, rtol=1e-4, atol=1e-5, err_msg=metric)


def test_a_fine_tuned_trial_on_used_programs_starts_from_the_file() -> None:
    trainer = trainer_of("auto")
    train(trainer, TUNED)
    before = len(trainer._programs.cache)
    other = {**TUNED, "learning_rate": 0.02, "fine_tuning_rate": 0.5}
    fused, fit = train(trainer, other, 12), train(trainer_of("fit"), other, 12)
    assert (fused.notes, len(trainer._programs.cache)) == ((), before), "both parts were traced before"
    for metric, folds in fit.curves.items():
        np.testing.assert_allclose(fused.curves[metric], folds, rtol=1e-4, atol=1e-5, err_msg=metric)


def test_fine_tuning_moves_the_last_layers_and_no_batch_normalization() -> None:
    from kerasweep.training.trainers.refit_run import start_refit

    run = start_refit(refit_workload(plan_of(), data_object=pictures()), TUNED, 3)
    run.train_epoch(0)
    run.train_epoch(1)
    assert_from_file(base_of(run.model).weights)
    assert float(run.model.optimizer.learning_rate) == pytest.approx(0.05)
    run.train_epoch(2)
    moved = [
        one.path.split("/")[-2]
        for one, before in zip(base_of(run.model).weights, file_weights(), strict=True)
        if not np.array_equal(one, before)
    ]
    assert float(run.model.optimizer.learning_rate) == pytest.approx(0.01)
    assert int(run.model.optimizer.iterations) == 3, "an optimizer of its own"
    assert len(moved) == 1
    assert moved[0].startswith("conv2d")


def of_ones_own(configuration: dict[str, Any], signature: Signature) -> Any:
    import keras
    from keras import layers

    base = keras.saving.load_model(TINY, compile=False)
    base.trainable = False
    inputs = keras.Input(signature.input_shape)
    row = layers.GlobalAveragePooling2D()(base(inputs, training=False))
    return keras.Model(inputs, layers.Dense(signature.outputs, signature.output_activation)(row))


SHARED: list[Any] = []


def on_a_shared_base(configuration: dict[str, Any], signature: Signature) -> Any:
    """A model function whose base was made once, outside of it."""
    import keras
    from keras import layers

    SHARED[0].trainable = configuration["trains"]
    inputs = keras.Input(signature.input_shape)
    row = layers.GlobalAveragePooling2D()(SHARED[0](inputs))
    return keras.Model(inputs, layers.Dense(signature.outputs, signature.output_activation)(row))


def own_trainer(model: Any, name: str) -> Any:
    spec = {
        "data": "python:data",
        "model": "python:build",
        "cv": {"folds": 2},
        "execution": {"trainer": name},
    }
    return make_trainer(
        make_plan(make_spec({**spec, "training": {"epochs": 1}}), data=pictures(), model=model).workload, 1
    )


@pytest.mark.parametrize("name", ["auto", "fit"])
def test_a_frozen_base_in_a_model_of_ones_own_keeps_its_weights(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_bases()
    trainer, models = own_trainer(of_ones_own, name), []
    inner = getattr(trainer, "_fit", trainer)
    build = inner.build
    monkeypatch.setattr(
        inner, "build", lambda *given, **more: models.append(build(*given, **more)) or models[-1]
    )
    for seed, rate in ((11, 0.05), (12, 0.02)):
        outcome = train(trainer, {"learning_rate": rate, "batch_size": 16}, seed)
        assert (outcome.trainer, outcome.notes) == ("fit" if name == "fit" else "fused", ())
    assert len(models) == 4
    for model in models:
        assert_from_file(base_of(model).weights)
    for program in trainer._programs.cache._programs.values() if name == "auto" else ():
        for state in program.states:
            assert_from_file([one.numpy() for one in state[: len(file_weights())]])


@pytest.mark.parametrize("name", ["auto", "fit"])
def test_a_base_that_all_models_share_may_be_used_but_not_trained(name: str) -> None:
    import keras

    write_tiny_bases()
    SHARED[:] = [keras.saving.load_model(TINY, compile=False)]
    trainer = own_trainer(on_a_shared_base, name)
    train(trainer, {"trains": False})
    train(trainer, {"trains": False}, seed=12)
    assert_from_file(SHARED[0].weights)
    *_, last = run_task(trainer, Task(0, {"trains": True}, seed=11))
    assert re.search(r"the same trainable weights \(conv2d(_\d+)?/kernel\)", last.message)


def test_fine_tuning_that_never_begins_is_said() -> None:
    workload = plan_of(training={"epochs": 1, "patience": None}).workload
    assert train(make_trainer(workload, 1), TUNED).notes == (NEVER_TUNED,)


def test_early_stopping_waits_for_fine_tuning() -> None:
    workload = plan_of(training={"epochs": 8, "patience": 1}).workload
    stalled = {**TUNED, "learning_rate": 1e-9, "frozen_share": 0.6, "min_delta": 10.0}
    assert train(make_trainer(workload, 1), stalled).epochs_trained == 7
    assert train(make_trainer(workload, 1), {**stalled, "fine_tuning": False}).epochs_trained == 2


@pytest.mark.parametrize(
    ("channels", "pixels"), [(3, (0.0, 1.0)), (1, (-1.0, 1.0)), (1, (0.0, 255.0)), (3, (-1.0, 1.0))]
)
def test_pictures_become_what_the_base_reads(
    channels: int, pixels: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras
    from kerasweep.training.models.transfer import TransferFactory

    write_tiny_bases()
    monkeypatch.setattr(bases.SavedBase, "pixels", pixels)
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        factory = TransferFactory(
            USUAL, Signature((8, 8, channels), 3, "classification", value_range=(low, high))
        )
        inputs = keras.Input((8, 8, channels))
        read = keras.Model(inputs, factory.as_wanted(inputs, factory.base()))
        for given, expected in ((low, pixels[0]), (high, pixels[1])):
            found = read(np.full((2, 8, 8, channels), given, np.float32))
            assert found.shape == (2, 16, 16, 3)
            np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_saved_application_is_known_by_its_name() -> None:
    assert bases.SavedBase("mobilenetv2_1.00_96", None).pixels == (-1.0, 1.0)
    assert bases.SavedBase("efficientnetb0", None).pixels == (0.0, 255.0)
    assert bases.SavedBase("resnet50v2", None).pixels == (-1.0, 1.0)
    assert bases.SavedBase("functional_3", None).pixels == (0.0, 1.0)
    with pytest.raises(ModelError, match="begins with its preprocessing"):
        _ = bases.SavedBase("resnet50", None).pixels


@pytest.mark.parametrize(
    ("scale", "pixels"),
    [
        (1 / 127.5, (0.0, 255.0)),
        (1 / 255, (0.0, 255.0)),
        ([1 / 255, 1 / 250, 1 / 255], (0.0, 255.0)),
        (2.0, (0.0, 1.0)),
    ],
    ids=str,
)
@pytest.mark.parametrize("functional", [True, False])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, which saves
def test_a_base_that_begins_by_rescaling_says_which_pixels_it_reads(
    tmp_path: Path, scale: float | list[float], pixels: tuple[float, float], *, functional: bool
) -> None:
    import keras
    from keras import layers

    parts = [layers.RandomFlip(), layers.Rescaling(scale, offset=-1.0), layers.Conv2D(2, 3)]
    model = keras.Sequential([keras.Input((12, 12, 3)), *parts])
    if functional:
        outputs = inputs = keras.Input((12, 12, 3))
        for part in parts:
            outputs = part(outputs)
        model = keras.Model(inputs, outputs)
    file = tmp_path / "base.keras"
    model.save(file)
    assert bases.read_saved(str(file)).pixels == pixels
    later = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(2, 3), layers.Rescaling(1 / 255)])
    later.save(file)
    assert bases.read_saved(str(file)).pixels == (0.0, 1.0)


def test_the_bases_are_those_that_keras_would_download(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras
    from keras.src.utils import file_utils

    asked: list[tuple[str, str, str | None]] = []

    def get_file(name: str, url: str, cache_subdir: str, file_hash: str | None = None) -> str:
        assert cache_subdir == "models"
        asked.append((name, url, file_hash))
        raise InterruptedError

    monkeypatch.setattr(file_utils, "get_file", get_file)
    for base in BASES.values():
        with pytest.raises(InterruptedError):
            getattr(keras.applications, base.constructor)(include_top=False, input_shape=(224, 224, 3))
    assert asked == [(base.file.name, base.url, base.md5) for base in BASES.values()]


def test_a_named_base_has_the_weights_of_the_file_where_keras_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py
    import keras
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
    from kerasweep.export.models import base_lines
    from kerasweep.training.models.building import build_model
    from kerasweep.training.models.families import build_transfer

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    file = BASES["mobilenet_v3_small"].file
    file.parent.mkdir()
    made = keras.applications.MobileNetV3Small(input_shape=(32, 32, 3), include_top=False, weights=None)
    with h5py.File(file, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Keras's own, of NumPy 2
        save_weights_to_hdf5_group(target, made)
    assert list(find_bases(["mobilenet_v3_small"])) == ["mobilenet_v3_small"]
    configuration = {**TUNED, "base": "mobilenet_v3_small", "picture_size": 32}
    model = build_model(build_transfer, configuration, Signature((8, 8, 1), 3, "classification", 48, 2), 7)
    monkeypatch.setattr(
        keras.utils, "get_file", lambda name, _, cache_subdir: str(tmp_path / cache_subdir / name)
    )
    script: dict[str, Any] = {"keras": keras}
    exec("\n".join(base_lines("mobilenet_v3_small", base_of(model), "float32")), script)
    for base in (base_of(model), script["base"]):
        assert not base.trainable_variables
        for found, expected in zip(base.weights, made.weights, strict=True):
            np.testing.assert_array_equal(found, expected)


def refused(_address: str, timeout: float) -> Any:
    raise urllib.error.URLError("no network")


def test_missing_weights_are_said_once_in_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", refused)
    with pytest.raises(ModelError) as caught:
        plan_of({"base": "mobilenet_v2"})
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(
        "The weights of mobilenet_v2 are not on this machine and cannot be downloaded (no network): put "
    )
    assert (
        f"1.0_224_no_top.h5 into {tmp_path / 'models'}, or give a model of your own with --fix base=FILE.keras."
        in text
    )
    file = BASES["efficientnet_b0"].file
    file.write_bytes(b"here")
    with pytest.raises(ModelError, match="search what is here with --fix base=efficientnet_b0"):
        find_bases(["efficientnet_b0", "xception"])


def test_a_table_is_refused_before_weights_are_looked_for() -> None:
    with pytest.raises(DataError, match=r"^wine is a table: a model that reads images"):
        make_plan(make_spec({"data": "wine", "model": "transfer"}))


def test_weights_are_downloaded_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", lambda _, timeout: io.BytesIO(b"weights"))
    assert list(find_bases(["mobilenet_v2"])) == ["mobilenet_v2"]
    assert BASES["mobilenet_v2"].file.read_bytes() == b"weights"
    with pytest.raises(ModelError, match="what arrived is not the file that Keras knows"):
        find_bases(["xception"])
    assert [path.name for path in (tmp_path / "models").iterdir()] == [BASES["mobilenet_v2"].file.name]


def test_a_base_says_which_pictures_it_reads(tmp_path: Path) -> None:
    write_base(tmp_path / "small.keras", (12, 12, 3))
    write_base(tmp_path / "grey.keras", (None, None, 1))
    (tmp_path / "text.keras").write_text("hello")
    own = {"base": str(tmp_path / "small.keras")}
    assert "picture_size" not in plan_of(own).space
    plan = plan_of({**own, "picture_size": 12})
    assert "picture_size" in plan.space
    assert plan.decisions == (f"{own['base']} is given pixels from 0 to 1",)
    faults: list[tuple[dict[str, Any], Any, type[KerasweepError], str]] = [
        ({**own, "picture_size": 32}, None, SpecError, "reads pictures of 12x12 and of no other size"),
        ({"base": str(tmp_path / "text.keras")}, None, ModelError, "is no model that Keras saved"),
        ({"base": str(tmp_path / "none.keras")}, None, ModelError, "There is no file"),
        (
            {"base": "mobilenet_v9"},
            None,
            KerasweepError,
            "must be one of mobilenet_v2,.*xception or a .keras file, got",
        ),
        ({}, (np.ones((40, 5)), np.arange(40) % 2), DataError, "a model that reads images"),
    ]
    for fix, data, kind, message in faults:
        with pytest.raises(kind, match=message):
            plan_of(fix, data=data)
    trainer = make_trainer(plan_of({"base": str(tmp_path / "grey.keras")}).workload, 1)
    with pytest.raises(TrainingError, match="reads 1 channels a picture, and these have 3"):
        trainer.probe(Task(0, {**USUAL, "base": str(tmp_path / "grey.keras")}, seed=1))


def test_a_study_does_not_go_on_with_another_file(tmp_path: Path) -> None:
    path = tmp_path / "base.keras"
    write_base(path)
    plan = plan_of({"base": str(path)})
    about = plan.about()
    check_unchanged(plan_of({"base": str(path)}), about)
    write_base(path, seed=9)
    with pytest.raises(ModelError, match="its file has changed"):
        check_unchanged(plan_of({"base": str(path)}), about)

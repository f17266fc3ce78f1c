"""Which space a sweep searches: a preset, a pick, a file or a definition, for a family or a model of one's own."""

from __future__ import annotations

from pathlib import Path

import kerasweep as ks
import pytest
from kerasweep.errors import SpaceError, SpecError
from kerasweep.search.spec import make_spec, space_part
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import (
    Categorical,
    Condition,
    Int,
    Space,
    pick,
    preset,
    read_space,
    space_to_dict,
)
from kerasweep.spaces.catalogue import CATALOGUE

FILE = "version: 2\nhyperparameters:\n  momentum: {low: 0.5, high: 0.9}\n  optimizer: sgd,adam\n"

ABSENT = "There is no hyperparameter '{}' here."
IN_PRESET = "--preset {} has it; or name it in --space, beside all others that shall vary."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "my-space.yaml"
    made.write_text(FILE)
    return made


def settled(model="dnn", data="digits", **choice) -> Space:
    return ks.plan_sweep(data, model, limit=100, **choice).space


def own(config, signature):
    raise NotImplementedError


def own_with_a_space(config, signature):
    raise NotImplementedError


own_with_a_space.space = Space((Int("width", 8, 64), Categorical("optimizer", ("adam",))))


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("a.yaml", {"file": "a.yaml"}),
        ("a.YML", {"file": "a.YML"}),
        (Path("b") / "a.json", {"file": str(Path("b") / "a.json")}),
        ("momentum", {"pick": "momentum"}),
        (["momentum", "nesterov"], {"pick": ["momentum", "nesterov"]}),
        (("momentum",), {"pick": ["momentum"]}),
    ],
)
def test_words(words, part: dict) -> None:
    assert space_part(words) == part


def test_a_pick_is_names_in_a_list_or_a_text() -> None:
    for names in ("momentum, nesterov", ["momentum", "nesterov"]):
        assert make_spec({"data": "d", "model": "m", "space": {"pick": names}}).space.pick == [
            "momentum",
            "nesterov",
        ]


@pytest.mark.parametrize("size", ["basic", "standard", "full"])
def test_presets(size: str) -> None:
    for model, family in (("dnn", "dnn"), (own, "own")):
        found, whole = settled(model, preset=size), preset(family, size, task="classification", kind="image")
        idle = set(whole.names) - set(found.names)
        assert found == whole.without(idle)
        assert {CATALOGUE[name].hyperparameter.group for name in idle} <= {"tabular", "data"}


def test_without_a_choice_it_is_the_basic_preset() -> None:
    assert settled() == preset("dnn", task="classification", kind="image")
    assert settled(own) == preset("own")
    assert settled(own_with_a_space) == own_with_a_space.space


def test_a_pick_has_what_it_needs_to_be_active() -> None:
    space = settled(space="nesterov,learning_rate")
    assert space == pick("dnn", ["nesterov", "learning_rate"], task="classification", kind="image")
    assert {"nesterov", "learning_rate", "optimizer"} <= set(space.recommended())
    assert settled(space=["nesterov", "learning_rate"]) == space


def test_a_models_own_hyperparameters_stand_beside_what_is_picked() -> None:
    space = settled(own_with_a_space, space=["learning_rate", "optimizer"])
    assert space.names[:2] == ("width", "optimizer")
    varied = [one.name for one in space if one.cardinality > 1]
    assert varied == ["width", "learning_rate"], "the rest of the preset is fixed"
    assert space["learning_rate"].recommended_when == ()
    assert space["optimizer"].choices == ("adam",), "the model's own definition counts"
    assert [one.name for one in settled(own, space=["momentum"]) if one.cardinality > 1] == ["momentum"]
    with pytest.raises(
        SpaceError, match=r"^momentum can never be active in the space that '.*own_with_a_space' brings"
    ):
        settled(own_with_a_space, space=["momentum"])


def test_a_file(file: Path) -> None:
    found, written, basic = settled(space=file), read_space(file), preset("dnn")
    assert found.names[: len(written)] == written.names
    assert all(found[name] == written[name] for name in written.names)
    rest = {name: value for name, value in basic.recommended().items() if name not in written}
    assert {one.name: one.recommended for one in found if one.name not in written} == rest
    assert all(found[name].cardinality == 1 for name in rest), "the family's models read it"
    assert settled(own, space=str(file)).names == ("optimizer", "momentum")
    fewer = settled(space=file, set={"momentum": "0.6..0.7"}, fix={"optimizer": "sgd"})
    assert (fewer["momentum"].low, fewer["optimizer"].choices) == (0.6, ("sgd",))


@pytest.mark.trains
@pytest.mark.usefixtures("forked_workers")
def test_the_example_of_a_file_is_searched(tmp_path: Path) -> None:
    """By the command that stands in it; it names fewer hyperparameters than the family reads."""
    example = Path(ks.__file__).parent / "examples" / "space.yaml"
    study = ks.launch("digits", "dnn", space=example, search="random", trials=2, limit=100, folds=2, epochs=1,
                      storage=tmp_path / "s.db", verbose=0)  # fmt: skip
    assert list(study.trials["state"]) == ["complete"] * 2


def test_the_study_holds_the_space_written_out(file: Path) -> None:
    planned = ks.plan_sweep("digits", "dnn", limit=100, space=file)
    spec = planned.spec
    assert spec.space.define == space_to_dict(planned.space)
    assert spec.space.define.items() >= space_to_dict(read_space(file)).items()
    assert (spec.space.file, spec.space.pick, spec.space.preset) == (None, None, None)
    assert make_spec(spec.as_dict()) == spec


def test_a_sweep_names_a_file_beside_it(file: Path) -> None:
    sweep = file.with_name("sweep.yaml")
    sweep.write_text(
        "data: {source: digits, limit: 100}\nmodel: dnn\nspace: {file: my-space.yaml, fix: {optimizer: sgd}}\n"
    )
    assert ks.plan_sweep(file=sweep).space["momentum"].conditions == (Condition("optimizer", ("sgd",)),)
    changed = read_spec(sweep, {"space": {"preset": "full"}})
    assert (changed.space.preset, changed.space.file) == ("full", None), (
        "the command line names another start"
    )
    assert changed.space.fix == {"optimizer": "sgd"}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"preset": "full", "pick": ["momentum"]}, "space: preset and pick exclude each other; keep one."),
        ({"file": "a.yaml", "define": {"a": 1}}, "space: file and define exclude each other; keep one."),
        ({"pick": []}, "space.pick: must name hyperparameters of the catalogue, for example learning_rate,momentum."),
        ({"pick": 3}, "space.pick: input should be a valid list, got 3."),
        ({"pick": [3]}, "space.pick.0: input should be a valid string, got 3."),
        ({"fiel": "a.yaml"}, "there is no key 'space.fiel'. Did you mean 'file'?"),
    ],
)  # fmt: skip
def test_choices_that_exclude_each_other_or_are_none(part: dict, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_spec({"data": "d", "model": "m", "space": part})
    assert str(caught.value) == message


def test_what_does_not_act_on_a_family(file: Path) -> None:
    file.write_text(
        "version: 2\nhyperparameters:\n  momentun: {type: int, low: 1, high: 2}\n  층: {type: int, low: 1, high: 2}\n"
    )
    with pytest.raises(SpaceError) as caught:
        settled(space=file)
    first, second = str(caught.value).splitlines()
    assert (
        first
        == f"{file}: momentun does not act on dnn for classification of image data. Did you mean 'momentum'?"
    )
    assert second.startswith(f"{file}: 층 does not act on dnn")
    assert settled(own, space=file).names == ("momentun", "층"), "a function reads what it likes"


@pytest.mark.parametrize(
    ("model", "data", "what", "message"),
    [
        (
            "ann",
            "iris",
            {"fix": {"momentum": 0.9}},
            f"{ABSENT.format('momentum')} {IN_PRESET.format('standard')}",
        ),
        (
            "ann",
            "iris",
            {"set": {"momentum": "0..1"}},
            f"{ABSENT.format('momentum')} {IN_PRESET.format('standard')}",
        ),
        ("ann", "iris", {"fix": {"beta_1": 0.9}}, f"{ABSENT.format('beta_1')} {IN_PRESET.format('full')}"),
        (
            "ann",
            "iris",
            {"fix": {"text_encoder": "gru"}},
            f"{ABSENT.format('text_encoder')} text_encoder does nothing for ann; it acts on text.",
        ),
        (
            "ann",
            "digits",
            {"fix": {"imputation": "mean"}},
            f"{ABSENT.format('imputation')} imputation has nothing to act on in digits.",
        ),
        (
            "ann",
            "iris",
            {"fix": {"optimizer": "adamw"}},
            "optimizer must be one of adam,sgd, got 'adamw'. --preset standard has it, too, and --set optimizer=adamw takes it.",
        ),
        ("ann", "iris", {"fix": {"optimizer": "admw"}}, "optimizer must be one of adam,sgd, got 'admw'."),
        (
            "ann",
            "iris",
            {"fix": {"momentum": 0.9}, "space": ["units"]},
            f"{ABSENT.format('momentum')} The catalogue has it: name it in --space, beside all others that shall vary.",
        ),
    ],
)
def test_what_only_the_catalogue_has_is_refused_with_what_helps(model, data, what, message) -> None:
    with pytest.raises(SpaceError) as caught:
        settled(model, data, **what)
    assert str(caught.value) == message


def test_what_is_said_to_help_does() -> None:
    for choice in ({"fix": {"momentum": 0.9}}, {"fix": {"optimizer": "adamw"}}):
        assert settled("ann", "iris", preset="standard", **choice)
    assert (
        settled("ann", "iris", fix={"momentum": 0.9}, space=["momentum", "units"])["momentum"].cardinality
        == 1
    )
    assert settled("ann", "iris", set={"optimizer": "adamw"})["optimizer"].values() == ("adamw",)


def test_a_grid_that_nobody_trains_is_refused_at_once() -> None:
    space = Space(tuple(Int(f"h{number}", 1, 5) for number in range(60)))
    with pytest.raises(
        SpecError, match=r"^The grid has more than 100,000 configurations; fix some hyperparameters"
    ):
        settled(own, space=space, search="grid")


@pytest.mark.parametrize(
    "choice",
    [
        {"fix": {"batch_size": -1}},
        {"set": {"batch_size": "-4..16"}},
        {"set": {"batch_size": [0, 16]}},
        {"space": Space((Int("batch_size", -1, 4),))},
        {"space": Space((Int("batch_size", 0, 4, recommended=2),))},
    ],
    ids=["fixed", "range", "choices", "Space", "Space with a possible recommended value"],
)
@pytest.mark.parametrize("model", ["dnn", own, own_with_a_space])
def test_what_cannot_be_is_refused_in_one_line_however_it_comes(model, choice) -> None:
    with pytest.raises(SpaceError) as caught:
        settled(model, **choice)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("batch_size must be a whole number of 1 or more, got ")
    assert line.endswith("rename yours.") == callable(model)


def test_what_a_function_of_keras_tuner_cannot_mean_is_refused() -> None:
    def build_model(hp):
        import keras

        return keras.Sequential([keras.layers.Dense(hp.Int("units", 0, 8, default=4) + 1)])

    with pytest.raises(SpaceError, match=r"^units must be a whole number of 1 or more, got 0\. A name"):
        settled(build_model)


def test_what_a_pick_changes_beside_itself_is_said() -> None:
    said = "optimizer is sgd, and not adam as in the preset, for momentum, nesterov"
    assert said in ks.plan_sweep("digits", "dnn", space="learning_rate,momentum,nesterov").decisions
    for space, fix in (("units", {}), ("momentum,optimizer", {}), ("momentum", {"optimizer": "sgd"})):
        assert not ks.plan_sweep("digits", "dnn", space=space, fix=fix).decisions

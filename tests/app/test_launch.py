"""The page that launches: what it shows of data and spaces, and which specification its form is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from app_pages import as_json, nodes, text_of
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.app.jobs import Job
from kerasweep.app.launch_callbacks import begin, gathered, how_far, looked_at
from kerasweep.app.launch_spec import (
    changed_ranges,
    read_lines,
    slider_places,
    spec_of,
    spec_text,
    suggested_name,
)
from kerasweep.app.launch_view import launch_page
from kerasweep.app.site import Site
from kerasweep.app.space_view import EXPLAINED, explanations, slider_ends, space_panel, unfolded
from kerasweep.errors import SpecError
from kerasweep.search.spec import make_spec
from kerasweep.spaces import PRESETS, Categorical, Float, Int, preset, value_text
from kerasweep.spaces.catalogue import GROUPS
from kerasweep.spaces.overrides import apply_overrides
from kerasweep.training.pictures import png_text, value_span

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = [name for name in PRESETS if name != "own"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(f"sqlite:///{tmp_path / 'studies.db'}")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [
        f"{number},{number % 7},{'red' if number % 2 else 'blue'},{'abc'[number % 3]}" for number in range(60)
    ]
    path = tmp_path / "flowers.csv"
    path.write_text("length,width,<b>colour</b>,kind\n" + "\n".join(rows))
    return path


def test_the_page_is_there_and_every_field_has_a_label() -> None:
    fields = [
        node["props"]
        for node in nodes(as_json(launch_page()))
        if str(node["props"].get("id", "")).startswith("launch-")
    ]
    named = [field for field in fields if "label" in field]
    assert len(named) > 12
    assert all(field["label"] for field in named)


def test_choosing_the_model_again_that_is_chosen_keeps_it() -> None:
    chosen = [
        node["props"] for node in nodes(as_json(launch_page())) if node["props"].get("id") == "launch-model"
    ]
    assert [one.get("allowDeselect") for one in chosen] == [False]


def test_a_table_is_shown_before_its_target_is_chosen(site: Site, table: Path) -> None:
    shown, columns, model = looked_at(site, gathered({"source": str(table)}))
    words = text_of(as_json(shown))
    assert "length" in words
    assert "<b>colour</b>" in words
    assert [one["value"] for one in columns] == ["length", "width", "<b>colour</b>", "kind"]
    assert model is None


def test_the_target_tells_what_will_be_prepared(site: Site, table: Path) -> None:
    shown, _, model = looked_at(site, gathered({"source": str(table), "target": ["kind"], "folds": 3}))
    words = text_of(as_json(shown))
    assert "one-hot" in words
    assert "a 15, b 15, c 15" in words
    assert "stratified, 3 folds" in words
    assert model == "dnn"
    _, _, kept = looked_at(site, gathered({"source": str(table), "target": ["length"], "model": "linear"}))
    assert type(kept).__name__ == "NoUpdate"
    assert looked_at(site, gathered({"source": str(table), "target": ["length"]}))[2] == "nn"


def test_a_table_of_sentences_is_for_the_family_of_texts(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    words = "a film that many people liked, and others did not like at all, number".split()
    rows = [f"{' '.join(words[place % 5 :])} {place},{'no yes'.split()[place % 2]}" for place in range(40)]
    path.write_text(
        "review;good\n"
        + "\n".join(row.replace(",", " ", row.count(",") - 1).replace(",", ";") for row in rows)
    )
    shown, _, model = looked_at(site, gathered({"source": str(path), "target": ["good"], "folds": 2}))
    assert "2 classes" in text_of(as_json(shown))
    assert model == "text"


def test_pictures_are_shown_by_class(site: Site) -> None:
    shown, _, model = looked_at(site, gathered({"source": "digits"}))
    images = [node["props"] for node in nodes(as_json(shown)) if node["type"] == "Img"]
    assert [image["alt"] for image in images] == [*map(str, range(10)), "0", "1"], (
        "the first of each class, then second ones"
    )
    assert all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert model == "cnn"
    assert "flattened" not in text_of(as_json(shown))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"source": ""}, "Choose the data"),
        ({"source": "no such file.csv"}, "no such file.csv"),
        ({"source": "iris", "target": ["nope"]}, "target"),
        ({"source": "iris", "more": "nonsense"}, "name=value"),
        ({"source": "iris", "more": "cv=nonsense"}, "nonsense"),
        ({"source": "\0"}, ""),
    ],
)
def test_what_cannot_be_looked_at_says_why(site: Site, form: dict[str, Any], words: str) -> None:
    shown, _, _ = looked_at(site, gathered(form))
    assert words in json.dumps(as_json(shown))


def test_code_that_a_source_names_is_not_run_to_look_at_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows_of_mine.py").write_text("raise SystemExit('was run')")
    monkeypatch.syspath_prepend(tmp_path)
    shown, _, _ = looked_at(site, gathered({"source": "rows_of_mine:load", "own": "rows_of_mine:build"}))
    assert "A function of your own" in text_of(as_json(shown))
    shown, _, _ = looked_at(site, gathered({"source": "iris", "own": "rows_of_mine:build"}))
    assert "3 classes" in text_of(as_json(shown))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((8, 8, 1)),
        np.full((4, 4, 3), 300.0),
        np.random.default_rng(0).normal(size=(9, 5, 1)),
        np.full((8, 8, 4), np.nan),
        np.ones((1, 1, 2), np.uint8),
    ],
)
def test_any_numbers_make_a_picture(pixels: np.ndarray) -> None:
    assert png_text(pixels, value_span([pixels]), 32).startswith("iVBOR")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", ["basic", "full"])
def test_every_space_is_explained_and_unchanged_sliders_change_nothing(family: str, size: str) -> None:
    space = preset(family, size)
    found = {"range": {}, "choices": {}, "open": {}, "inside": {}}
    shown = [as_json(space_panel(family, size))]
    shown += [as_json(unfolded(family, size, name)) for name in (*GROUPS, EXPLAINED)]
    for node in (node for part in shown for node in nodes(part)):
        if isinstance(key := node["props"].get("id"), dict):
            assert key["name"] not in found[key["type"]]
            found[key["type"]][key["name"]] = node["props"]
    controls = found["range"] | found["choices"]
    assert set(controls) == set(space.names)
    assert found["open"].keys() == found["inside"].keys()
    further = {one.group for one in space if one.name not in preset(family)}
    assert set(found["open"]) == {EXPLAINED, *further}
    ranges = {name: props["value"] for name, props in controls.items() if "min" in props}
    choices = {name: props["value"] for name, props in controls.items() if "min" not in props}
    assert changed_ranges(space, ranges, choices) == {}
    assert all(
        props["min"] <= props["value"][0] <= props["value"][1] <= props["max"]
        for name, props in controls.items()
        if name in ranges
    )
    words = text_of(as_json(explanations(space))).replace("\\", "")
    assert all(one.meaning in words and one.advice in words for one in space)
    assert space_panel("my:build", size) is None


@given(st.data())
def test_any_place_of_a_slider_is_a_range_that_a_sweep_takes(data: st.DataObject) -> None:
    space = preset(data.draw(st.sampled_from(FAMILIES)))
    numbers = [one for one in space if isinstance(one, Float | Int)]
    one = data.draw(st.sampled_from(numbers))
    low, high = slider_ends(one)
    places = sorted(data.draw(st.lists(st.floats(low, high), min_size=2, max_size=2)))
    if isinstance(one, Int) and not one.log:
        places = [round(place) for place in places]
    found = changed_ranges(space, {one.name: places}, {})
    varied = {name: text for name, text in found.items() if ".." in text}
    fixed = {name: text for name, text in found.items() if ".." not in text}
    apply_overrides(space, varied, fixed)
    assert changed_ranges(space, {one.name: slider_places(one)}, {}) == {}


def test_a_form_is_a_specification() -> None:
    space = preset("dnn")
    optimizer = next(one for one in space if one.name == "optimizer")
    assert isinstance(optimizer, Categorical)
    form = {
        "source": "digits", "model": "dnn", "trials": 5, "folds": 3, "time": " 10m ", "objective": "", "study": None,
        "preset": "basic", "search": "random", "workers": "auto", "target": [],
        "ranges": {"learning_rate": [-3.0, -2.0]}, "choices": {"optimizer": [value_text(optimizer.choices[0])]},
        "more": "patience = 4\nbatch_size=16,32\n\ngroup=site of\n",
    }  # fmt: skip
    nested = spec_of(form, space)
    assert nested["space"] == {
        "preset": "basic",
        "set": {"learning_rate": "0.001..0.01:log", "batch_size": "16,32"},
        "fix": {"optimizer": "adam"},
    }
    assert nested["training"] == {"patience": 4}
    assert nested["data"] == {"group": "site of", "source": "digits"}
    assert nested["search"] == {"method": "random", "trials": 5, "time": "10m"}
    spec = make_spec(yaml.safe_load(spec_text(nested)))
    assert spec.cv.folds == 3
    assert spec.search.time == 600


@pytest.mark.parametrize(
    "form",
    [
        {"source": "digits"},
        {"model": "dnn"},
        {"source": "digits", "model": "dnn", "more": "x"},
        {"source": "a", "model": "b", "more": "folds=[1"},
    ],
)
def test_a_form_that_says_too_little(form: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        spec_of(form, None)


def test_a_model_of_the_users_own_has_no_preset() -> None:
    nested = spec_of({"source": "digits", "model": "my:build", "preset": "basic", "trials": 2}, None)
    assert "space" not in nested


def test_lines_are_settings_or_ranges() -> None:
    assert read_lines("folds=3\nunits = 64,128\ndrop=[a, b]") == (
        {"folds": 3, "drop": ["a", "b"]},
        {"units": "64,128"},
    )


def test_no_choice_is_refused() -> None:
    with pytest.raises(SpecError, match="optimizer: keep one"):
        changed_ranges(preset("dnn"), {}, {"optimizer": []})


def test_names_are_free() -> None:
    nested = {
        "data": {"source": "/x/<my> data.csv.gz"},
        "model": "own.models:build",
        "search": {"method": "bayes"},
    }
    assert suggested_name(nested, []) == "my-data-build-bayes"
    assert suggested_name(nested, ["my-data-build-bayes", "my-data-build-bayes-2"]) == "my-data-build-bayes-3"


def test_a_launch_that_cannot_be_says_so_in_the_words_of_the_command(site: Site) -> None:
    kept = begin(site, gathered({"source": "iris", "model": "cnn", "trials": 2}), None, starts=False)
    job = site.jobs.find(kept["job"])
    assert isinstance(job, Job)
    job.process.wait(120)
    shown, _, polled, *_ = how_far(site, kept)
    assert polled is True
    assert "cannot be done" in json.dumps(as_json(shown))
    assert "Traceback" not in job.output
    assert how_far(site, {})[2] is True
    site.jobs.close()

"""The catalogue's entries that a trainer applies to any model: batches, mixing, the plateau."""

from __future__ import annotations

import pytest
from kerasweep.spaces.catalogue import FAMILIES, GROUPS, entry
from kerasweep.spaces.catalogue.entry import OF_NUMBERS
from kerasweep.spaces.catalogue.plateau import PLATEAU

ENTRIES = (*GROUPS["batch"], *GROUPS["mixing"], *PLATEAU)


@pytest.mark.parametrize("found", ENTRIES, ids=lambda found: found.hyperparameter.name)
def test_they_act_on_any_model_and_say_all_about_themselves(found) -> None:
    of_tokens = found in GROUPS["mixing"]  # which have no mean of two
    assert found.families == (*(OF_NUMBERS if of_tokens else FAMILIES), "own")
    known = found.hyperparameter
    assert all((known.meaning, known.advice, known.source))
    assert all("\n" not in text for text in (known.meaning, known.advice, known.source))


def test_recommended_values_follow_what_was_chosen_before() -> None:
    batch, alpha, probability = (
        entry(name).hyperparameter for name in ("batch_size", "mixing_alpha", "mixing_probability")
    )
    assert batch.recommended_for({"normalization": "batch"}) == 32
    assert batch.recommended_for({"normalization": "layer"}) == 100
    assert (alpha.recommended_for({"mixing": "mixup"}), alpha.recommended_for({"mixing": "cutmix"})) == (
        0.2,
        1.0,
    )
    assert probability.recommended_for({"mixing": "mixup"}) == 1.0
    assert probability.recommended_for({"mixing": "cutmix"}) == 0.5


def test_what_belongs_to_a_choice_is_active_with_it_alone() -> None:
    for name in ("mixing_alpha", "mixing_probability"):
        active = [
            entry(name).hyperparameter.is_active({"mixing": kind}) for kind in ("none", "mixup", "cutmix")
        ]
        assert active == [False, True, True]
    for found in PLATEAU:
        assert found.hyperparameter.is_active({"learning_rate_schedule": "plateau"})
        assert not found.hyperparameter.is_active({"learning_rate_schedule": "constant"})

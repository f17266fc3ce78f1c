"""Training batches whose rows are blended with each other, targets included."""

from __future__ import annotations

from ..kinds import Categorical, Float
from .entry import ALL_TASKS, OF_NUMBERS, ONE_ARRAY, Entry, advise, when

MIXUP = "Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization"
CUTMIX = "Yun et al. 2019, CutMix"

_ACTIVE = when(mixing=("mixup", "cutmix"))

_HYPERPARAMETERS = (
    Categorical(
        "mixing",
        ("none", "mixup", "cutmix"),
        recommended="none",
        meaning="whether rows of a batch are blended in pairs (mixup) or paste rectangles into each other (cutmix)",
        advice="Images overfit after many epochs: cutmix, and train longer. Tables overfit: mixup, with a small alpha.",
        source=f"{MIXUP}; {CUTMIX}",
    ),
    Float(
        "mixing_alpha",
        0.05,
        2.0,
        log=True,
        recommended=0.2,
        recommended_when=advise("mixing", {"cutmix": 1.0}),
        conditions=_ACTIVE,
        meaning="both parameters of the Beta distribution of a blend's shares: small leaves rows nearly whole",
        advice="The training loss stays high: 0.1. Overfitting goes on: 0.4 to 1.",
        source=f"{MIXUP}: 0.1 to 0.4 on ImageNet; {CUTMIX}: 1",
    ),
    Float(
        "mixing_probability",
        0.1,
        1.0,
        recommended=1.0,
        recommended_when=advise("mixing", {"cutmix": 0.5}),
        conditions=_ACTIVE,
        meaning="share of training batches that are mixed; the others are trained as they are",
        advice="The model never fits whole rows well: 0.5.",
        source=f"{MIXUP}: every batch; {CUTMIX}: every second one on CIFAR",
    ),
)

ENTRIES = tuple(
    Entry(hyperparameter, families=(*OF_NUMBERS, "own"), tasks=ALL_TASKS, kinds=ONE_ARRAY)
    for hyperparameter in _HYPERPARAMETERS
)

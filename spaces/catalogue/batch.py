"""How long and in which portions is trained: batches, epochs, when to stop early, the order of rows."""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import ANY, Entry, advise
from .sources import COURSE, GOODFELLOW, KERAS, PLAYBOOK

_STOPPING = f"{KERAS}/callbacks/early_stopping"
_FIT = f"{KERAS}/models/model_training_apis"

_HYPERPARAMETERS = (
    Int(
        "batch_size",
        8,
        512,
        log=True,
        recommended=100,
        recommended_when=advise("normalization", {"batch": 32}),
        meaning="rows that a step of training looks at",
        advice="Epochs are slow: double it, and the learning rate with it. Overfitting: 32 or 16.",
        source=f"{COURSE}: 100, with batch normalization 16-32 and more; "
        "Masters and Luschi 2018, Revisiting Small Batch Training",
    ),
    Int(
        "epochs",
        5,
        500,
        log=True,
        recommended=100,
        meaning="most passes over the training rows; the best number of them is chosen on the mean curve of all folds",
        advice="The curve still rises at the end: double it. It peaks early: fewer, or more regularization.",
        source=f"{COURSE}: 100; {PLAYBOOK}: deciding how long to train",
    ),
    Int(
        "patience",
        1,
        50,
        log=True,
        recommended=10,
        meaning="epochs after which training stops, if neither the objective nor the validation loss improves in them",
        advice="Training stops on a jagged curve: 20. It goes on long after the best epoch: 5.",
        source=f"Prechelt 1998, Early Stopping - But When?; {GOODFELLOW}, section 7.8",
    ),
    Float(
        "min_delta",
        0.0,
        0.1,
        recommended=0.0,
        meaning="improvement of the objective or the loss, in its own units, that is too small to go on for",
        advice="Training creeps on for gains that do not matter: half of the gain that would.",
        source=f"{_STOPPING}: 0",
    ),
    Int(
        "start_from_epoch",
        0,
        50,
        recommended=0,
        meaning="epochs at the start that early stopping does not look at",
        advice="Training stops before it has begun, in a warm-up for example: as many epochs as that takes.",
        source=f"{_STOPPING}: 0",
    ),
    Categorical(
        "shuffle",
        (True, False),
        recommended=True,
        confidence="high",
        meaning="whether rows come in a new order every epoch, rather than always as they are stored",
        advice="Keep it on, unless the order of rows means something, as it may in time.",
        source=f"Bengio 2012, Practical Recommendations for Gradient-Based Training, section 3.1; {_FIT}",
    ),
    Categorical(
        "drop_remainder",
        (False, True),
        recommended=False,
        meaning="whether an epoch leaves out its last batch where that is smaller than the others",
        advice="Batch normalization, and a last batch of a few rows: switch it on.",
        source=f"{GOODFELLOW}, section 8.7.1; www.tensorflow.org/api_docs/python/tf/data/Dataset#batch",
    ),
)

ENTRIES = tuple(Entry(hyperparameter, families=ANY) for hyperparameter in _HYPERPARAMETERS)

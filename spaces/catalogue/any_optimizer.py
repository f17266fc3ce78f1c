"""What is done beside any optimizer's rule: decay, clipped gradients, averaged weights, accumulated gradients."""

from __future__ import annotations

from ..kinds import Categorical, Float, Int
from .entry import ANY, Entry, advise, when
from .sources import PLAYBOOK, keras_optimizer

_HYPERPARAMETERS = (
    Categorical(
        "decay",
        (False, True),
        recommended=False,
        recommended_when=advise("optimizer", {"adamw": True, "muon": True, "lion": True}),
        meaning="whether weights shrink a little in every step, apart from the gradient",
        advice="Overfitting: switch it on, with AdamW rather than an L2 regularizer with Adam.",
        source="Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization",
    ),
    Float(
        "weight_decay",
        1e-6,
        0.5,
        log=True,
        recommended=0.004,
        recommended_when=advise("optimizer", {"sgd": 0.0005, "lion": 0.01, "lamb": 0.01}),
        conditions=when(decay=True),
        meaning="share of each weight, times the learning rate, that a step takes away",
        advice="Overfitting: times 3 to 10. The training loss stays high: divide by 10.",
        source="Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization; "
        + keras_optimizer("adamw"),
    ),
    Categorical(
        "decay_biases",
        (True, False),
        recommended=True,
        confidence="low",
        conditions=when(decay=True),
        meaning="whether biases and the scales of normalization decay as well",
        advice="With batch or layer normalization and strong decay: switch it off.",
        source="He et al. 2019, Bag of Tricks for Image Classification, section 3.1",
    ),
    Categorical(
        "clipping",
        ("none", "norm", "value", "global_norm"),
        recommended="none",
        meaning="whether gradients that are too long are shortened: each weight's, each number, or all together",
        advice="The loss jumps now and then although the rate is low: global_norm.",
        source=f"Pascanu et al. 2013, On the difficulty of training recurrent neural networks; {PLAYBOOK}: "
        "gradient clipping",
    ),
    Float(
        "clipnorm",
        0.01,
        10.0,
        log=True,
        recommended=1.0,
        conditions=when(clipping="norm"),
        meaning="greatest length of the gradient of one weight matrix",
        advice="Set it to about the 90th percentile of the norms that training shows.",
        source=f"{PLAYBOOK}: gradient clipping",
    ),
    Float(
        "clipvalue",
        0.001,
        1.0,
        log=True,
        recommended=0.5,
        confidence="low",
        conditions=when(clipping="value"),
        meaning="greatest size of each number of a gradient",
        advice="It bends the gradient's direction; prefer a norm.",
        source=keras_optimizer("sgd"),
    ),
    Float(
        "global_clipnorm",
        0.01,
        10.0,
        log=True,
        recommended=1.0,
        conditions=when(clipping="global_norm"),
        meaning="greatest length of all gradients together",
        advice="Set it to about the 90th percentile of the norms that training shows.",
        source=f"Pascanu et al. 2013; {PLAYBOOK}: gradient clipping",
    ),
    Categorical(
        "use_ema",
        (False, True),
        recommended=False,
        meaning="whether a moving average of the weights is what the model is used with",
        advice="The validation curve is jagged: switch it on.",
        source="Polyak and Juditsky 1992, Acceleration of Stochastic Approximation by Averaging; "
        + keras_optimizer("adam"),
    ),
    Float(
        "ema_momentum",
        0.5,
        0.9999,
        recommended=0.99,
        conditions=when(use_ema=True),
        meaning="how long the average of the weights remembers, in steps",
        advice="Few steps an epoch: 0.9. Long training: 0.999.",
        source=keras_optimizer("adam"),
    ),
    Int(
        "ema_overwrite_frequency",
        1,
        1000,
        log=True,
        recommended=100,
        confidence="low",
        conditions=when(use_ema=True),
        meaning="steps after which training goes on from the average",
        advice="Training and average drift apart: fewer.",
        source=keras_optimizer("adam"),
    ),
    Int(
        "gradient_accumulation_steps",
        1,
        16,
        log=True,
        recommended=1,
        meaning="batches whose gradients are averaged before a step is taken",
        advice="The batch that you want does not fit into memory: a smaller one, accumulated.",
        source=keras_optimizer("adam"),
    ),
)

ENTRIES = tuple(Entry(hyperparameter, families=ANY) for hyperparameter in _HYPERPARAMETERS)

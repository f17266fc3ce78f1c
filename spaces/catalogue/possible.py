"""The bounds of what makes sense at all for each number of the catalogue; the range worth searching is narrower.

Beyond it a value trains nothing or makes no sense: a batch of no rows, a rate that climbs the loss, a share above 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..values import is_finite, is_number, value_text


@dataclass(frozen=True)
class Possible:
    """Numbers between two bounds; a bound is possible itself unless it is said to be open."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    """Whether the lower bound itself is impossible."""
    below: bool = False
    """Whether the upper bound itself is impossible."""
    integer: bool = False

    def __contains__(self, value: object) -> bool:
        if not is_number(value) or not is_finite(value):
            return False
        if self.integer and not float(value).is_integer():
            return False
        over = value > self.low if self.above else value >= self.low
        return over and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        low, high = value_text(self.low), value_text(self.high)
        words = []
        if self.low > -math.inf:
            words.append(f"above {low}" if self.above else f"of {low} or more")
        if self.high < math.inf:
            words.append(f"below {high}" if self.below else f"of {high} or less")
        return f"{'a whole number' if self.integer else 'a number'} {' and '.join(words)}".strip()

    def schema(self) -> dict[str, Any]:
        """Return the words of a JSON Schema for it."""
        found: dict[str, Any] = {"type": "integer" if self.integer else "number"}
        if self.low > -math.inf:
            found["exclusiveMinimum" if self.above else "minimum"] = self.low
        if self.high < math.inf:
            found["exclusiveMaximum" if self.below else "maximum"] = self.high
        return found


_COUNT = Possible(1, integer=True)
_COUNT_OR_NONE = Possible(0, integer=True)
_POSITIVE = Possible(0, above=True)
_NOT_NEGATIVE = Possible(0)
_SHARE = Possible(0, 1)
_PART = Possible(0, 1, above=True)
"""Some of it, or all."""
_NOT_ALL = Possible(0, 1, below=True)
"""None of it, or some."""
_INSIDE = Possible(0, 1, above=True, below=True)

_NAMES: Mapping[Possible, tuple[str, ...]] = {
    _COUNT: (
        *("batch_size", "epochs", "patience", "gradient_accumulation_steps", "ema_overwrite_frequency"),
        *("ns_steps", "step_epochs", "decay_epochs", "first_decay_epochs", "plateau_patience"),
        *(
            "units",
            "recurrent_layers",
            "sequence_length",
            "ngrams",
            "embedding_dim",
            "blocks",
            "convolutions",
            "stages",
            "filters",
            "kernel_size",
            "first_kernel_size",
        ),
        *("dilation_rate", "depth_multiplier", "pool_size", "pool_strides", "groups", "min_frequency"),
        "picture_size",
    ),
    Possible(2, integer=True): ("bins", "n_quantiles"),
    Possible(3, integer=True): ("max_tokens",),
    _COUNT_OR_NONE: ("hidden_layers", "head_layers", "start_from_epoch", "plateau_cooldown"),
    _POSITIVE: (
        *("learning_rate", "epsilon", "epsilon_2", "clip_threshold", "adam_lr_ratio", "rms_rate"),
        *("clipnorm", "clipvalue", "global_clipnorm", "decay_rate", "decay_span", "m_mul", "step_factor"),
        *("power", "units_growth", "expansion", "filters_growth", "squeeze_ratio", "bottleneck_ratio"),
        *("normalization_epsilon", "initializer_gain", "initializer_stddev", "initializer_limit"),
        *("initializer_scale", "max_norm", "bias_max_norm", "huber_delta", "focal_alpha", "elu_alpha"),
        *("outlier_limit", "mixing_alpha", "cycle_start"),
    ),
    _NOT_NEGATIVE: (
        *("initial_accumulator_value", "adam_weight_decay", "weight_decay", "beta", "inverse_decay_rate"),
        *("l1_regularization_strength", "l2_regularization_strength"),
        *("l2_shrinkage_regularization_strength", "warmup_epochs", "warmup_start", "end_share", "cycle_end"),
        *("l1", "l2", "orthogonal_factor", "bias_l2", "activity_factor", "output_l2", "min_norm"),
        *("focal_gamma", "class_weight_power", "target_smoothing", "min_delta", "plateau_min_delta"),
        *("negative_slope", "relu_threshold", "input_noise", "activation_noise", "blur"),
    ),
    _SHARE: (
        *("balancing_strength", "cosine_floor", "plateau_minimum", "mixing_probability", "translation"),
        *("rotation", "zoom", "shear", "perspective", "brightness", "contrast", "sharpness", "invert"),
        *("solarize", "erasing", "saturation", "hue", "grayscale"),
    ),
    _PART: (
        "subset",
        "selected_share",
        "pca_share",
        "norm_rate",
        "erasing_size",
        "unfrozen_share",
        "fine_tuning_rate",
    ),
    _NOT_ALL: (
        *("momentum", "beta_1", "beta_2", "rho", "adam_beta_1", "adam_beta_2", "ema_momentum"),
        *("normalization_momentum", "dropout", "input_dropout", "convolution_dropout"),
        *(
            "recurrent_dropout",
            "embedding_dropout",
            "residual_dropout",
            "stochastic_depth",
            "label_smoothing",
        ),
        "frozen_share",
    ),
    _INSIDE: ("cycle_rise", "plateau_factor"),
    Possible(1): ("t_mul",),
    Possible(high=0, below=True): ("beta_2_decay",),
    Possible(high=0): ("learning_rate_power",),
    Possible(0, 50, below=True): ("robust_range",),
    Possible(): ("bias_initial", "prelu_initial"),
}

POSSIBLE: Mapping[str, Possible] = {name: one for one, names in _NAMES.items() for name in names}
"""Name -> its bounds, for every hyperparameter that is a number."""

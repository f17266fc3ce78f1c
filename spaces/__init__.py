"""What may vary: hyperparameters with know-how, spaces of them, presets, and their form as text."""

from .conditions import Between, Condition, Named, Recommendation, conditions_text, named_text
from .family_presets import PRESETS
from .hyperparameters import Hyperparameter
from .keras_tuner import space_from_keras_tuner
from .kinds import Categorical, Float, Int
from .optuna import space_from_optuna, space_to_optuna
from .overrides import apply_overrides, parse_range
from .positions import position_in_range
from .presets import SIZES, pick, preset
from .reading import read_space
from .serialization import space_from_dict, space_to_dict, stored_space
from .small_changes import SmallChange, changed_name, small_changes
from .space import Space, configuration_key, fixed
from .to_keras_tuner import space_to_keras_tuner
from .values import Configuration, Value, short_text, value_text
from .writing import space_text

__all__ = [
    "PRESETS",
    "SIZES",
    "Between",
    "Categorical",
    "Condition",
    "Configuration",
    "Float",
    "Hyperparameter",
    "Int",
    "Named",
    "Recommendation",
    "SmallChange",
    "Space",
    "Value",
    "apply_overrides",
    "changed_name",
    "conditions_text",
    "configuration_key",
    "fixed",
    "named_text",
    "parse_range",
    "pick",
    "position_in_range",
    "preset",
    "read_space",
    "short_text",
    "small_changes",
    "space_from_dict",
    "space_from_keras_tuner",
    "space_from_optuna",
    "space_text",
    "space_to_dict",
    "space_to_keras_tuner",
    "space_to_optuna",
    "stored_space",
    "value_text",
]

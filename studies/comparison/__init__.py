"""What the numbers allow to be said: the best trial against its runners-up and against know-how, studies side by
side, and what a search cost.

All of it works on frozen records with plain arithmetic, so that browsing stays instant: no pandas, SciPy or Optuna.
"""

from .baseline import against_baseline, baseline_sentence
from .cost import Cost, cost
from .front import front_sentence
from .informative import MAX_SHOWN, basic_names, common_names, informative_names, names_of, varying_first
from .nested import NestedScore, nested_score, nested_sentence, outer_fold_of, outer_name
from .optimism import Optimism, optimism_of, score_sentence
from .paired import critical_point, error_share, paired_difference
from .pairs import PairComparison, comparable_trial, compare_pair, compare_trials
from .recommended import RecommendedRow, against_recommended
from .recorded_plan import epochs_texts, lineages, most_epochs, study_space
from .rules import RULES, Choice, Rule, choose_by_rule, chosen_number
from .runners_up import RUNNERS_UP, compare_runners_up, ranked
from .sensitivity import Effect, is_sensitivity_study, sensitivity
from .side_by_side import StudyComparison, StudyRow, compare_studies, objective_of, refit_score

__all__ = [
    "MAX_SHOWN",
    "RULES",
    "RUNNERS_UP",
    "Choice",
    "Cost",
    "Effect",
    "NestedScore",
    "Optimism",
    "PairComparison",
    "RecommendedRow",
    "Rule",
    "StudyComparison",
    "StudyRow",
    "against_baseline",
    "against_recommended",
    "baseline_sentence",
    "basic_names",
    "choose_by_rule",
    "chosen_number",
    "common_names",
    "comparable_trial",
    "compare_pair",
    "compare_runners_up",
    "compare_studies",
    "compare_trials",
    "cost",
    "critical_point",
    "epochs_texts",
    "error_share",
    "front_sentence",
    "informative_names",
    "is_sensitivity_study",
    "lineages",
    "most_epochs",
    "names_of",
    "nested_score",
    "nested_sentence",
    "objective_of",
    "optimism_of",
    "outer_fold_of",
    "outer_name",
    "paired_difference",
    "ranked",
    "refit_score",
    "score_sentence",
    "sensitivity",
    "study_space",
    "varying_first",
]

"""Checks of the scores: can the trials be told apart, do the folds agree, is anything learned, did trials fail or repeat?"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence

from ...errors import one_line
from ...texts import count_text, number_text
from ..comparison import RUNNERS_UP, against_baseline, compare_runners_up, paired_difference
from ..convergence import has_converged
from .evidence import Evidence, Finding

_FEWEST = 5
"""Complete trials from which differences between trials are judged."""
_FOLDS = 4
"""Folds from which one is compared with the others, and the winner's noise with its lead over the baseline."""
_OUTLYING = 6.0
"""Standard deviations of the other folds by which one must differ: fewer come by chance, since the largest is looked at."""
_FAILED, _REPEATED = 0.1, 0.25
"""Shares of all trials from which failures of one kind, and repetitions, are worth a word."""
_REMEDIES = {
    "diverged": "Lower the upper end of the learning rate's range, or clip gradients.",
    "memory": "Lower the upper ends of what makes the model large, refuse it before it is trained (--max-memory), or train fewer at a time "
    "(--workers 1).",
    "model": "See the message: the model cannot be built or trained with these values; take them out of the space.",
    "data": "See the message: the data do not fit what these trials do with them.",
}


def nothing_learned(evidence: Evidence) -> Finding | None:
    """Find that the winner is no better than a constant prediction."""
    best = evidence.winner
    difference = None if best is None else against_baseline(evidence.study, best)
    baseline = evidence.study.baseline
    if best is None or difference is None or baseline is None:
        return None
    # Two or three folds cannot tell a good model from the baseline.
    in_doubt = difference.within_noise and len(best.fold_scores) >= _FOLDS
    if not math.isfinite(difference.mean) or (difference.mean > 0 and not in_doubt):
        return None
    better = "not more than noise" if difference.mean > 0 else "not"
    return Finding(
        "baseline",
        "Nothing learned",
        "warning",
        f"The best trial, {best.number}, is {better} better than always predicting {baseline.constant}: "
        f"{number_text(best.value)} against {number_text(baseline.value)}.",
        "See whether features and target belong together, whether the target is the right column, and whether rows are scaled.",
    )


def same_scores(evidence: Evidence) -> Finding | None:
    """Find that half of the trials have one and the same score on every fold, though their configurations differ."""
    trials = [trial for trial in evidence.scored if trial.fold_scores]
    if len(trials) < _FEWEST:
        return None
    (scores, count), *_ = Counter(trial.fold_scores for trial in trials).most_common(1)
    best = trials[0].fold_scores
    if count < max(_FEWEST, len(trials) / 2) or (scores == best and count < len(trials)):
        return None
    return Finding(
        "stuck",
        "Models that are stuck",
        "warning",
        f"{count} of {len(trials)} complete trials score the same on every fold, {number_text(statistics.fmean(scores))}: "
        "they put out the same whatever the row.",
        "Lower the learning rate's range, and see whether activation and loss fit the target.",
    )


def within_noise(evidence: Evidence) -> Finding | None:
    """Find that the folds cannot tell the best trials apart, or the best from the middle of all."""
    trials = evidence.scored
    if len(trials) < _FEWEST:
        return None
    middle = trials[len(trials) // 2]
    whole = paired_difference(trials[0], middle, evidence.study.direction)
    remedy = "Tell them apart by more folds (--cv repeated), or take the smallest of them"
    found = compare_runners_up(evidence.study, trials)
    if whole.within_noise:
        return Finding(
            "noise",
            "Noise larger than the differences",
            "warning",
            f"Half of the {len(trials)} complete trials are within noise of the winner: trial {middle.number}, in the middle, is "
            f"{whole.text()} behind.",
            f"{remedy}. More trials of this kind find luck.",
        )
    close = found.within_noise
    if len(close) < min(len(trials), RUNNERS_UP) - 1:
        return None
    last = found.differences[-1]
    return Finding(
        "noise",
        "Noise larger than the differences",
        "hint",
        f"The best {len(close) + 1} trials cannot be told apart: the last of them is {last.text()} behind the winner.",
        f"{remedy}{f', trial {found.cheaper}' if found.cheaper is not None else ''}.",
    )


def folds_disagree(evidence: Evidence) -> Finding | None:
    """Find a fold on which all trials score far from what they do on the others."""
    folds = len(evidence.scored[0].fold_scores) if evidence.scored else 0
    trials = [
        trial
        for trial in evidence.scored[:RUNNERS_UP]
        if len(trial.fold_scores) == folds and all(map(math.isfinite, trial.fold_scores))
    ]
    if folds < _FOLDS or len(trials) < 3:
        return None
    means = [statistics.fmean(trial.fold_scores[fold] for trial in trials) for fold in range(folds)]
    which, gap, spread = _outlying(means)
    if gap <= _OUTLYING * spread or gap <= 1e-9 * max(map(abs, means)):
        return None
    others = statistics.fmean(means[:which] + means[which + 1 :])
    easier = evidence.sign * (means[which] - others) > 0
    return Finding(
        "folds",
        "Folds that disagree",
        "warning",
        f"Fold {which + 1} is far {'easier' if easier else 'harder'} than the others: {number_text(means[which])} on average of the "
        f"best {len(trials)} trials, against {number_text(others)}.",
        "See which rows it holds: rows of one origin or time belong together (--group, --cv time), and repeated rows give the answer away.",
    )


def _outlying(means: Sequence[float]) -> tuple[int, float, float]:
    """Return which mean is farthest from the others', by how much, and how far these differ among themselves."""
    found = []
    for place, mean in enumerate(means):
        others = [*means[:place], *means[place + 1 :]]
        found.append((place, abs(mean - statistics.fmean(others)), statistics.stdev(others)))
    return max(found, key=lambda row: row[1])


def failures_of_a_kind(evidence: Evidence) -> Finding | None:
    """Find that many trials failed for the same reason."""
    failed = [trial for trial in evidence.ended if trial.failed]
    if len(failed) < 2:
        return None
    (kind, count), *_ = Counter(str(trial.failure.get("kind", "unknown")) for trial in failed).most_common(1)
    if count < max(2, _FAILED * len(evidence.ended)):
        return None
    message = next(
        str(trial.failure.get("message", ""))
        for trial in failed
        if str(trial.failure.get("kind", "unknown")) == kind
    )
    said = f": {one_line(message).rstrip('.')}" if message else ""
    return Finding(
        "failures",
        "Many failures of one kind",
        "warning",
        f"{count} of {count_text(len(evidence.ended), 'trial')} failed alike ({kind}){said}.",
        _REMEDIES.get(kind, f"See kerasweep show {evidence.study.name} for the message of each."),
    )


def repetitions(evidence: Evidence) -> Finding | None:
    """Find that the search mostly repeats itself."""
    repeated = sum(trial.duplicate_of is not None for trial in evidence.ended)
    if repeated < max(3, _REPEATED * len(evidence.ended)):
        return None
    return Finding(
        "repetitions",
        "A search that repeats itself",
        "hint",
        f"{repeated} of {count_text(len(evidence.ended), 'trial')} were configurations that had been trained before.",
        "The space has little left to try: widen it (--set), or let it be.",
    )


def converged(evidence: Evidence) -> Finding | None:
    """Find that twice the trials are not expected to gain more than the noise of the best."""
    counted = sorted(
        (trial for trial in evidence.ended if trial.duplicate_of is None), key=lambda trial: trial.number
    )
    whole = {trial.number for trial in evidence.scored if all(map(math.isfinite, trial.fold_scores))}
    scores = [evidence.sign * (trial.value or 0.0) if trial.number in whole else None for trial in counted]
    folds = {place: trial.fold_scores for place, trial in enumerate(counted) if trial.number in whole}
    best = evidence.winner
    if best is None or not has_converged(scores, folds):
        return None
    since = sum(trial.number > best.number for trial in counted)
    later = f"{count_text(since, 'trial')} since the winner did not beat it, and " if since else ""
    return Finding(
        "converged",
        "Converged",
        "good",
        f"{later[:1].upper()}{later[1:]}{'t' if later else 'T'}wice as many trials are not expected to gain more than the noise of the best score.",
        "",
    )

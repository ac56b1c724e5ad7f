"""Experiments: many trainings at once, on one Gram matrix."""

from typing import TYPE_CHECKING

from chainrule._lazy import lazily

if TYPE_CHECKING:
    from chainrule.experiments.cross_validation import CrossValidation, cross_validate
    from chainrule.experiments.ensemble import Ensemble, train_ensemble
    from chainrule.experiments.execute import Execution
    from chainrule.experiments.label_review import LabelReview, review_labels
    from chainrule.experiments.learning_rates import (
        RateComparison,
        RateSuggestion,
        compare_learning_rates,
        find_learning_rate,
    )
    from chainrule.experiments.leave_one_out import LeaveOneOut, leave_one_out
    from chainrule.experiments.measures import SCORES, Measures, Spread
    from chainrule.experiments.setting import Setting
    from chainrule.experiments.space import Between
    from chainrule.experiments.sweep import Sweep, Trial, sweep
    from chainrule.experiments.without_each import WithoutEach, without_each
else:
    lazily(
        __name__,
        {
            "cross_validation": "CrossValidation cross_validate",
            "ensemble": "Ensemble train_ensemble",
            "execute": "Execution",
            "label_review": "LabelReview review_labels",
            "learning_rates": "RateComparison RateSuggestion compare_learning_rates "
            "find_learning_rate",
            "leave_one_out": "LeaveOneOut leave_one_out",
            "measures": "SCORES Measures Spread",
            "setting": "Setting",
            "space": "Between",
            "sweep": "Sweep Trial sweep",
            "without_each": "WithoutEach without_each",
        },
    )

__all__ = [
    "SCORES",
    "Between",
    "CrossValidation",
    "Ensemble",
    "Execution",
    "LabelReview",
    "LeaveOneOut",
    "Measures",
    "RateComparison",
    "RateSuggestion",
    "Setting",
    "Spread",
    "Sweep",
    "Trial",
    "WithoutEach",
    "compare_learning_rates",
    "cross_validate",
    "find_learning_rate",
    "leave_one_out",
    "review_labels",
    "sweep",
    "train_ensemble",
    "without_each",
]

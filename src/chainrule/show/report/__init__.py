"""Reports: one HTML file that opens with the answer and needs nothing from elsewhere.

Each function describes what was found as a `Report`; its `html(title, settings)` is the page.
"""

from typing import Any

from chainrule import experiments
from chainrule.data import Splits
from chainrule.show.report.compared import learning_rates_report, sweep_report
from chainrule.show.report.held_out import (
    cross_validation_report,
    label_review_report,
    leave_one_out_report,
)
from chainrule.show.report.page import Report
from chainrule.show.report.training import training_report

__all__ = [
    "Report",
    "cross_validation_report",
    "label_review_report",
    "learning_rates_report",
    "leave_one_out_report",
    "report_of",
    "sweep_report",
    "training_report",
]


def report_of(found: Any, splits: Splits) -> Report:
    """The report of what an experiment found."""
    makers: dict[type, Any] = {
        experiments.CrossValidation: cross_validation_report,
        experiments.LeaveOneOut: leave_one_out_report,
        experiments.RateComparison: learning_rates_report,
        experiments.RateSuggestion: learning_rates_report,
        experiments.Sweep: sweep_report,
    }
    report: Report = makers[type(found)](found, splits)
    return report

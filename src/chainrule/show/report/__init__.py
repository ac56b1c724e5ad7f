"""Reports: one HTML file that opens with the answer and needs nothing from elsewhere.

Each function describes what was found as a `Report`; its `html(title, settings)` is the page.
"""

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
    "sweep_report",
    "training_report",
]

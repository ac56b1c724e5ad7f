"""A training's results as one HTML file that needs nothing else."""

from chainrule.inspection.report.report import training_report

__all__ = ["training_report"]

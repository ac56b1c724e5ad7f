"""A review of labels, as a job."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule import experiments
from chainrule.jobs.events import PictureReady
from chainrule.jobs.held_out import Folds, HeldOutJob, cross_validated

if TYPE_CHECKING:
    from chainrule.experiments import CrossValidation, Execution, LabelReview, LeaveOneOut

PICTURES = 24


@dataclass(frozen=True, kw_only=True)
class Review(Folds):
    """Where the probabilities come from.

    Parameters
    ----------
    leave_one_out
        Train without each single example instead of without each fold.
    """

    leave_one_out: bool = False


class LabelReviewJob(HeldOutJob[Review, "LeaveOneOut | CrossValidation"]):
    """Find examples whose labels look wrong, by networks trained without them."""

    command = "review-labels"
    reviewed: "LabelReview"  # once it is complete

    @property
    def labels(self) -> Path:
        """The file to decide in."""
        return self.folder.path / "labels.csv"

    def plan(self) -> dict[str, str]:
        left = "each example" if self.own.leave_one_out else f"each of {self.own.folds} folds"
        return {"Plan": f"leave out {left}, and look at what is said of it then"}

    def work(self, how: "Execution") -> "LeaveOneOut | CrossValidation":
        """Each example's probabilities by networks trained without it."""
        if self.own.leave_one_out:
            return experiments.leave_one_out(self.splits.train, self.setting, execution=how)
        return cross_validated(self, self.own, how)

    def write(self, found: "LeaveOneOut | CrossValidation") -> dict[str, Any]:
        from chainrule.show.report import label_review_report

        if not found.complete:  # decisions are made on a whole review
            return {"suspects": []}
        reviewed = experiments.review_labels(self.splits.train, found.probabilities)
        self.reviewed = reviewed
        if not self.labels.exists():  # somebody may have decided already
            reviewed.to_csv(self.labels)
        if self.splits.train.image_shape and reviewed.suspects:
            self._picture(reviewed)
        decide = (
            f"Decide in {self.labels.name} (keep, relabel or drop), then train with --labels. No "
            "file of the data is changed."
        )
        more: dict[str, Any] = {"decide": decide, "histories": found.histories}
        self.write_report(label_review_report(reviewed, self.splits, **more))
        return reviewed.facts()

    def _picture(self, reviewed: "LabelReview") -> None:
        from chainrule.show.picture_plots import gallery
        from chainrule.show.saving import save_figure

        shown = reviewed.suspects[:PICTURES]
        texts = [
            f"{s.name}\nlabeled {s.given} ({s.probability_of_given:.3f})\nsuggested: {s.suggested}"
            for s in shown
        ]
        index = [suspect.index for suspect in shown]
        figure = gallery(self.splits.train, index, texts, title="Labels to look at")
        path = self.folder.path / "suspects.png"
        save_figure(figure, path)
        self.tell(PictureReady(path))

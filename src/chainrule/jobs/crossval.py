"""Cross-validation, as a job."""

from typing import TYPE_CHECKING, Any

from chainrule.jobs.held_out import Folds, HeldOutJob, cross_validated, write_predictions

if TYPE_CHECKING:
    from chainrule.experiments import CrossValidation, Execution


class CrossValidationJob(HeldOutJob[Folds, "CrossValidation"]):
    """Train once for each fold without it, all together, and measure there."""

    command = "crossval"

    def plan(self) -> dict[str, str]:
        times = f", {self.own.repeats} times" if self.own.repeats > 1 else ""
        return {"Plan": f"hold out each of {self.own.folds} folds{times}"}

    def work(self, how: "Execution") -> "CrossValidation":
        return cross_validated(self, self.own, how)

    def write_more(self, found: "CrossValidation") -> dict[str, Any]:
        write_predictions(found.probabilities, self.splits.train, self.folder.path)
        return {}

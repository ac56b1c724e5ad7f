"""Leave-one-out, as a job."""

from typing import TYPE_CHECKING, Any

from chainrule import experiments
from chainrule.jobs.held_out import HeldOutJob, write_predictions
from chainrule.jobs.job import Nothing

if TYPE_CHECKING:
    from chainrule.experiments import Execution, LeaveOneOut


class LeaveOneOutJob(HeldOutJob[Nothing, "LeaveOneOut"]):
    """Train once without each example: its own prediction, and its influence on others."""

    command = "leave-one-out"

    def plan(self) -> dict[str, str]:
        return {"Plan": f"{len(self.splits.train) + 1} trainings: on all, and on all but one"}

    def work(self, how: "Execution") -> "LeaveOneOut":
        return experiments.leave_one_out(self.splits.train, self.setting, execution=how)

    def write_more(self, found: "LeaveOneOut") -> dict[str, Any]:
        from chainrule.files import tensor_file

        write_predictions(found.probabilities, self.splits.train, self.folder.path)
        tensor_file.write(
            self.folder.path / "influence.safetensors",
            {"full": found.full, "without": found.without, "outputs": found.outputs},
            {"format": "chainrule influence", "version": 1, "names": found.names},
        )
        return {}

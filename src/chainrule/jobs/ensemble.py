"""An ensemble, as a job: `train`, too, but of several networks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule import experiments
from chainrule.jobs.job import Job
from chainrule.jobs.options import written
from chainrule.jobs.run_folder import RunFolder

if TYPE_CHECKING:
    from chainrule.experiments import Ensemble, Execution


@dataclass(frozen=True, kw_only=True)
class Members:
    """runs : how many networks, which differ in their seed."""

    runs: int = 1


def is_ensemble(folder: Path) -> bool:
    """Whether a folder to go on in is of an ensemble."""
    return RunFolder(folder).read_settings().get("command") == EnsembleJob.command


class EnsembleJob(Job[Members, "Ensemble"]):
    """Train networks from several seeds, and use them as one model."""

    command = "train"

    def plan(self) -> dict[str, str]:
        first, runs = self.options.seed, self.own.runs
        return {"Plan": f"{runs} networks, seeds {first} to {first + runs - 1}"}

    def work(self, how: "Execution") -> "Ensemble":
        data, runs = self.splits.train, self.own.runs
        return experiments.train_ensemble(data, self.setting, runs, execution=how)

    def write(self, found: "Ensemble") -> dict[str, Any]:
        import numpy as np

        from chainrule.display import Table
        from chainrule.jobs.run_report import results
        from chainrule.jobs.sources import trained_on
        from chainrule.model.evaluation import evaluate
        from chainrule.model.model_file import Model, save
        from chainrule.show import tables

        if found.network is None:
            return {"members": 0}
        facts = {"members": len(found.seeds), "seeds": found.seeds, "diverged": found.diverged}
        how = {"options": written(self.options), **trained_on(self.splits.train)}
        model = Model.of(found.network, self.splits, facts | how)
        save(model, self.folder.model)
        reached = results(model, self.splits)
        rows: list[dict[str, Any]] = [{"seed": seed} for seed in found.seeds]
        for name, data in self.splits.sets.items():
            each = [evaluate(model.member(r), data) for r in range(len(rows))]
            mean = float(np.mean([one.accuracy for one in each]))
            reached[name]["mean_accuracy_of_members"] = mean
            for row, one in zip(rows, each, strict=True):
                row |= {f"{name}_accuracy": one.accuracy, f"{name}_cost": one.cost}
        tables.write(Table.of(rows), self.folder.table)
        self.write_figures(found)
        return facts | {"results": reached}

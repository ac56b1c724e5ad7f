"""The training of one network from several seeds, as a job."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule import experiments
from chainrule.jobs.job import Job
from chainrule.jobs.options import written
from chainrule.jobs.run_folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class Members:
    """runs : how many networks, which differ in their seed."""

    runs: int = 1


def is_ensemble(folder: Path) -> bool:
    """Whether a folder to go on in is of an ensemble."""
    return RunFolder(folder).read_settings().get("command") == EnsembleJob.command


class EnsembleJob(Job[Members, "experiments.Ensemble"]):
    """Train networks from several seeds, and use them as one model: `train`, too."""

    command = "train"

    def plan(self) -> str:
        first, runs = self.options.seed, self.own.runs
        return f"{runs} networks, seeds {first} to {first + runs - 1}"

    def work(self, how: "experiments.Execution") -> "experiments.Ensemble":
        data, runs = self.splits.train, self.own.runs
        return experiments.train_ensemble(data, self.setting, runs, execution=how)

    def write(self, found: "experiments.Ensemble") -> dict[str, Any]:
        import numpy as np

        from chainrule.display import Table
        from chainrule.jobs.results import results
        from chainrule.jobs.unseen import unseen_ensemble
        from chainrule.model.evaluation import evaluate
        from chainrule.show import tables

        if found.network is None:
            return {"members": 0}
        facts = {"members": len(found.seeds), "seeds": found.seeds, "diverged": found.diverged}
        model = self.write_model(found.network, facts | {"options": written(self.options)})
        reached, verdict = results(model, self.splits, unseen_ensemble(self.data, self.options))
        rows: list[dict[str, Any]] = [{"seed": seed} for seed in found.seeds]
        for name, data in self.splits.sets.items():
            each = [evaluate(model.member(r), data).scores for r in range(len(rows))]
            measure = experiments.SCORES[data.task][0]
            mean = float(np.mean([one[measure] for one in each]))
            reached[name][f"mean_{measure}_of_members"] = mean
            for row, one in zip(rows, each, strict=True):
                own = {k: v for k, v in one.items() if k in experiments.SCORES[data.task]}
                row |= {f"{name}_{k}": v for k, v in own.items()}
        tables.write(Table.of(rows), self.folder.table)
        self.write_figures(found)
        return facts | {"results": reached, "verdict": verdict}

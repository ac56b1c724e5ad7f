"""`chainrule evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.options import TABLES, USUAL, Tables, Usual
from chainrule.cli.progress import Screen
from chainrule.data.reading import listed
from chainrule.errors import InputError
from chainrule.jobs.grouping import ignored_groups
from chainrule.jobs.options import Options
from chainrule.jobs.sources import loaded
from chainrule.wording import counted, number, percent, setting_value

if TYPE_CHECKING:
    from chainrule.model.evaluation import Evaluation
    from chainrule.model.regression import Regression


UNSEEN = ", if it was trained on none of these"
WIDE = 12  # classes that a confusion matrix in a terminal has room for


def evaluate(
    model: Path,
    data: str,
    *,
    reading: Annotated[Tables, Parameter(name="*", group="Tables")] = TABLES,
    drop_class: str | None = None,
    labels: Path | None = None,
    seed: int = 0,
    strict: bool = False,
    mistakes: int = 10,
    usual: Usual = USUAL,
) -> int:
    """Measure a model on data: accuracy, cost, confusion matrix, the most confident mistakes; of a
    regression RMSE, MAE, R² and the largest errors.

    Where the data have a test set, it is the one that is used. A table is read as for the training,
    where nothing else is said.

    Parameters
    ----------
    model
        A model file or a run folder.
    data
        Data of any kind that `chainrule train` takes.
    drop_class
        Leave out the examples of this class; of several, with commas between them.
    labels
        A CSV file of decisions about doubtful labels, applied to data without a test set.
    seed
        Of generated data.
    strict
        Stop at unreadable files in a folder instead of skipping them.
    mistakes
        How many mistakes, or largest errors, to list.
    """
    if mistakes < 0:
        expected = "--mistakes to be a whole number of at least 0"
        raise InputError("evaluate", expected, str(mistakes))
    tried = loaded(model)
    from chainrule.data import apply_decisions, read_decisions
    from chainrule.model.evaluation import evaluate as evaluate_model
    from chainrule.model.new_data import open_for
    from chainrule.model.regression import Regression
    from chainrule.model.verdict import verdict_of

    with Screen("evaluate", "photos", quiet=usual.json) as screen:
        how = screen.update, usual.memory
        splits = open_for(tried, data, reading, strict, seed, usual.cache, *how)
    name, chosen = ("test", splits.test) if splits.test else ("", splits.train)
    chosen = chosen.without(listed(drop_class, chosen.classes))
    if labels is not None and not name:
        chosen = apply_decisions(tried.prepare(chosen), read_decisions(labels))
    torn = [one.found for one in ignored_groups(splits, Options())] if name else []
    found = evaluate_model(tried, chosen)
    verdict = verdict_of(found).facts()
    verdict["verdict"] += "" if name or verdict["kind"] == "unknown" else UNSEEN
    if usual.json:
        facts = {"model": str(model), "data": data, "set": name or "all", "verdict": verdict}
        more = {"members": tried.n_members, **found.facts(mistakes)}
        show.print_json(facts | more | {"notes": [*chosen.notes, *torn], "skipped": splits.skipped})
    else:
        show.print_model(tried)
        show.print_skipped(splits.skipped)
        out = show.console()
        examples = counted(found.m, f"{name} example".strip())
        out.print(f"{examples} from {show.safe(chosen.source)}")
        for note in (*chosen.notes, *torn):
            out.print(f"          {show.safe(note)}")
        show.print_verdict(verdict)
        if isinstance(found, Regression):
            _report_errors(found, mistakes)
        else:
            _report(found, mistakes)
    return 0


def _report_errors(found: "Regression", most: int) -> None:
    out = show.console()
    out.print(f"RMSE      {setting_value(found.rmse)} in the target's unit")
    out.print(f"          {setting_value(found.baseline)} by always saying their mean")
    out.print(f"MAE       {setting_value(found.mae)}")
    out.print(f"R²        {number(found.r2)}")
    shown = found.listed().only("name", "target", "predicted", "error").first(most)
    if most:
        show.print_table(shown.titled("The largest errors"))


def _report(found: "Evaluation", mistakes: int) -> None:
    out = show.console()
    out.print(f"Accuracy  {percent(found.accuracy)} ({found.right} of {found.m} right)")
    out.print(f"          {percent(found.baseline)} by always saying the commonest class")
    out.print(f"          {percent(found.balanced_accuracy)} in the mean of the classes' recalls")
    out.print(f"AUC       {number(found.auc)}")
    out.print(f"Cost      {found.cost:.6f} nats an example; Brier score {number(found.brier)}")
    show.print_table(found.rates())
    if len(found.classes) <= WIDE:
        show.print_table(found.table())
    if found.mistakes:
        shown = found.listed().only("name", "actual", "predicted", "probability")
        title = f"{len(found.mistakes)} mistakes, the most confident first"
        show.print_table(shown.first(mistakes).titled(title))

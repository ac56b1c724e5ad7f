"""How good a training is on examples that it has not seen, where the data hold none out: a
cross-validation by the way, if it takes seconds. It is the one of `chainrule crossval`."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.errors import InputError
from chainrule.jobs.events import Noted, Progressed, Tell
from chainrule.jobs.experiments import CrossValidationJob, Nested
from chainrule.jobs.grouping import kept_whole, most_folds
from chainrule.jobs.held_out import folds_of
from chainrule.jobs.options import Options, absolute, command_line
from chainrule.jobs.run_folder import RunFolder

if TYPE_CHECKING:
    from chainrule.data import Splits
    from chainrule.experiments.answers import Unseen

WITHIN = 20.0  # seconds
LONG, ANEW = 10.0, 5  # the same, and folds, where in each a setting is chosen
# Folds that train together take less than one after the other: by how much at most.
GAIN = 5
CHANGED = "its setting was chosen, and changed by hand while it trained."
MEMBERS = "it is an ensemble, of which only networks like its members can be."


def cross_validated(
    source: str,
    splits: "Splits",
    options: Options,
    folder: RunFolder,
    *,
    seconds: float = 0.0,
    slow: bool = False,
    tell: Tell | None = None,
    stop: threading.Event | None = None,
) -> "Unseen":
    """Of a training with these options on the data from `source`, in each fold of which is chosen
    what they leave to be chosen; folds that were trained before are in `folder`, and kept there.

    seconds : that the training took. slow : whether it took too long when it was asked for before:
    then it does so whatever else the machine does. stop : see `Execution`.
    """
    from chainrule.experiments import Execution
    from chainrule.experiments.answers import Unseen, held_out_answers
    from chainrule.experiments.budget import Budget

    options, tell = replace(options, patience=None), tell or (lambda event: None)
    options, together = kept_whole(splits.train, options)
    (most, _), chooses = most_folds(splits.train, options), options.planned(True).to_choose
    within = LONG if chooses else WITHIN
    if most < 2:
        why = "there are too few examples, groups or members of a class to hold any out."
        return Unseen(why)
    job = CrossValidationJob(source, options, Nested(folds=min(most, ANEW) if chooses else None))
    job.splits = splits
    folds, _ = folds_of(job)
    plain = command_line("crossval", absolute(source), job.own, options)
    what = "its setting was chosen by the same examples, and to choose anew in each fold"
    why = f"{what if chooses else 'to cross-validate'} takes more than {within:.0f} s here."
    too_long = Unseen(why, plain, slow=True)
    # In a file, folds that learn a scaling each have a Gram matrix, which is most of the time.
    gain = 1 if splits.train.in_file and splits.train.scaling.learned else GAIN
    if slow or seconds * folds > gain * within:
        return too_long
    anew = ", in each a setting is chosen anew" if chooses else ""
    tell(Noted(f"no examples are held out: measuring by cross-validation on {folds} folds{anew}"))

    def progressed(done: float, total: float) -> None:
        if stop is not None and stop.is_set() and budget.execution.stop is not None:
            budget.execution.stop.set()
        tell(Progressed(done, total))

    how = Execution(folder=folder.unseen, progress=progressed)
    budget = Budget(within, how, even=not chooses)
    try:
        found = job.work(budget.execution)
    except InputError as error:
        return Unseen(f"expected {error.expected}; got {error.got}.", plain)
    if not found.complete:
        return too_long if budget.over else Unseen("it was interrupted.", plain)
    answers = held_out_answers(found, splits.train)
    if answers is None:
        return Unseen("no fold ended with a result: each diverged.", plain)
    return Unseen("", plain, found, answers, together)


def unseen_ensemble(source: str, options: Options) -> "Unseen":
    """Of an ensemble, which is not cross-validated, with the command that measures a member."""
    from chainrule.experiments.answers import Unseen

    plain = replace(options, patience=None, hold_out=None)
    return Unseen(MEMBERS, command_line("crossval", absolute(source), plain))

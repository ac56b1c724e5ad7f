"""An ensemble: one setting trained from several seeds, together, and used as one model.

Averaging over random starts is the simplest of deep ensembles (Lakshminarayanan, Pritzel &
Blundell 2017): the mean of the probabilities is better calibrated than one network's, and their
spread says where the members disagree.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.runs import MOST, Run
from chainrule.experiments.setting import Setting, given
from chainrule.network import Network
from chainrule.training import History

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Ensemble:
    """network : of R runs, the members that did not diverge; `Model.of(network, data)` makes it
    one model. None if Ctrl-C came before the first was finished.
    seeds, histories : of these members. diverged : seeds of those that did.
    complete : whether all members were finished.
    """

    network: Network | None
    seeds: tuple[int, ...]
    histories: tuple[History, ...]
    diverged: tuple[int, ...]
    complete: bool = True

    def __repr__(self) -> str:
        return f"Ensemble({self.network}, seeds {', '.join(map(str, self.seeds))})"


def train_ensemble(
    data: Any,
    setting: Setting | None = None,
    runs: int = 16,
    *,
    execution: Execution | None = None,
) -> Ensemble:
    """Train `runs` networks that differ in their seed: the setting's, the next one, ...

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m). After Ctrl-C the finished members.
    InputError if all of them diverged.
    """
    setting = given("train_ensemble", Setting, setting)
    runs = checks.whole_number("train_ensemble", "runs", runs, least=1, most=MOST)
    members = [Run(replace(setting, seed=setting.seed + r)) for r in range(runs)]
    setting.check_prepared("train_ensemble", data)
    examples = Examples("train_ensemble", data)
    found = execute("train_ensemble", examples, members, execution, networks_too=True)
    good = [k for k in sorted(found) if found[k].diverged < 0]
    if found and not good:
        expected, got = "a member that does not diverge", f"{len(found)} that did"
        raise InputError("train_ensemble", expected, got, "Try a smaller learning rate.")
    networks = [network for k in good if (network := found[k].network)]
    return Ensemble(
        Network.stack(networks) if networks else None,
        tuple(members[k].setting.seed for k in good),
        tuple(found[k].history for k in good),
        tuple(members[k].setting.seed for k in sorted(found) if found[k].diverged >= 0),
        len(found) == runs,
    )

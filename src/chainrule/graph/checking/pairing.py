"""Which of the results of a backward is the gradient of which argument."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments, Leaf
from chainrule.graph.checking.forward import NOTHING
from chainrule.graph.checking.handwritten import WHERE

PARAMETERS = ("w", "W", "b")  # with or without a layer's number


def kind_of(name: str) -> str:
    """W of W1."""
    return name.rstrip("0123456789")


def paired(
    returned: Any, arguments: Arguments, wrt: Sequence[str] | None, *, is_cost: bool
) -> tuple[list[tuple[Leaf, Any]], list[str]]:
    """(argument, its gradient or NOTHING), and names that were returned beside them."""
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], Mapping):
        returned = returned[0]  # (grads, cost), as the course's propagate gives them
    if returned is None:
        raise InputError(WHERE, "gradients from backward", "None", "Does it end with return?")
    leaves = arguments.leaves
    if wrt is not None:
        leaves = chosen("wrt", wrt, leaves, lambda x: (x.name, x.argument, x.label))
    if isinstance(returned, Mapping):
        return _by_name(returned, leaves, all_wanted=wrt is not None)
    results = returned if isinstance(returned, (tuple, list)) else (returned,)
    groups = list(_ways_to_count(leaves, is_cost=is_cost and wrt is None))
    for group in groups:
        if len(group) == len(results):
            pairs = zip(group, results, strict=True)
            return [pair for unit, result in pairs for pair in _of_argument(unit, result)], []
    expected = ", ".join(f"d{unit[0].argument}" for unit in groups[0])
    raise InputError(
        WHERE,
        f"a backward that returns {len(groups[0])} gradients, {expected} in this order",
        f"{len(results)}",
        "Name the arguments that it differentiates, as wrt=('W', 'b'), or return a dictionary "
        "with the keys 'dW', 'db'.",
    )


def chosen(
    option: str,
    names: str | Sequence[str],
    leaves: list[Leaf],
    words: Callable[[Leaf], tuple[str, ...]],
) -> list[Leaf]:
    """The leaves that `names` names, by one of the words for each."""
    found = []
    for name in (names,) if isinstance(names, str) else names:
        these = [leaf for leaf in leaves if name in words(leaf)]
        if not these:
            known = checks.listed([leaf.name for leaf in leaves])
            raise InputError(WHERE, f"{option} to name arguments, of {known}", repr(name))
        found += these
    return found


def _ways_to_count(leaves: list[Leaf], *, is_cost: bool) -> Iterator[list[list[Leaf]]]:
    """What a tuple may be a tuple of: all arguments, those of floats, the parameters of a cost."""
    floats = [leaf for leaf in leaves if not leaf.whole]
    parameters = [leaf for leaf in leaves if kind_of(leaf.name) in PARAMETERS]
    for some in (leaves, floats, parameters if is_cost else floats):
        places = dict.fromkeys(leaf.place for leaf in some)
        yield [[leaf for leaf in some if leaf.place == place] for place in places]
        yield [[leaf] for leaf in some]


def _of_argument(unit: list[Leaf], result: Any) -> list[tuple[Leaf, Any]]:
    """The gradients with respect to one argument, which may be a list or dictionary."""
    if isinstance(result, Mapping):
        return _by_name(result, unit, all_wanted=True)[0]
    if len(unit) == 1:
        return [(unit[0], result)]
    if isinstance(result, (tuple, list)) and len(result) == len(unit):
        return list(zip(unit, result, strict=True))
    raise InputError(
        WHERE,
        f"the gradient of {unit[0].argument} with the names or the length of {unit[0].argument}",
        checks.describe(result),
    )


def _by_name(
    grads: Mapping[Any, Any], leaves: list[Leaf], *, all_wanted: bool
) -> tuple[list[tuple[Leaf, Any]], list[str]]:
    keys = {leaf.key: _key(leaf.name, grads) for leaf in leaves}
    wanted = [
        leaf
        for leaf in leaves
        if all_wanted
        or keys[leaf.key] is not None
        or (kind_of(leaf.name) in PARAMETERS and not leaf.whole)
        or any(keys[other.key] for other in leaves if other.place == leaf.place)
    ]
    if not any(key is not None for key in keys.values()):
        expected = checks.listed([f"'d{leaf.name}'" for leaf in leaves])
        got = checks.listed([repr(key) for key in grads]) or "none"
        raise InputError(WHERE, f"gradients under keys such as {expected}", got)
    pairs = [(leaf, grads.get(keys[leaf.key], NOTHING)) for leaf in wanted]
    used = set(keys.values())
    return pairs, [str(key) for key in grads if key not in used]


def _key(name: str, grads: Mapping[Any, Any]) -> str | None:
    """dA, or dA_prev, of the argument A; A itself where no name begins with d."""
    plain = not any(str(key).startswith("d") for key in grads)
    possible = (f"d{name}", f"d{name}_prev", name if plain else "")
    return next((key for key in possible if key in grads), None)

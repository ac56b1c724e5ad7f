"""Option values that are more than one number or name."""

from chainrule.errors import InputError

LARGEST = 10**6  # units: beyond this the weights fit into no machine


def layer_sizes(text: str) -> tuple[int, ...]:
    """Hidden units from "20,7,5"; () from "none"."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1 or max(sizes) > LARGEST:
        raise InputError(
            "--layers",
            f"hidden units as whole numbers up to {LARGEST} like 20,7,5, or none",
            repr(text),
        )
    return sizes


def names(text: str, n: int, option: str) -> tuple[str, ...]:
    """n names from "relu" (for all) or "relu,tanh,..." (one for each)."""
    found = tuple(part.strip() for part in text.split(","))
    if len(found) == 1:
        return found * n
    if len(found) != n:
        raise InputError(option, f"one name, or {n}, one per hidden layer", f"{len(found)}")
    return found

"""`chainrule undo`."""

from pathlib import Path

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.wording import counted_by_reason


def undo(*copies: Path, json: bool = False) -> int:
    """Remove the copies that `chainrule predict --sort-into` made.

    A copy that is not the same as its original any more, or has none any more, is left and named;
    the exit code is then 2.

    Parameters
    ----------
    copies
        Lists of copies: copies-1.csv and so on, in the folder into which pictures were sorted.
    json
        Print one JSON object instead of text.
    """
    from chainrule.errors import InputError
    from chainrule.jobs.sorting import undo as undone

    if not copies:
        raise InputError("undo", "a list of copies", "none", "It is in the folder: copies-1.csv.")
    with Screen("removing", "copies", quiet=json) as screen:
        found = undone(copies, screen)
    if json:
        kept = [{"copy": copy, "reason": reason} for copy, reason in found.kept]
        show.print_json({"removed": found.removed, "kept": kept, "complete": found.complete})
    else:
        noun = "copy" if found.removed == 1 else "copies"
        show.console().print(f"Removed {found.removed:,} {noun}.")
        for line in counted_by_reason([f"{copy}: {reason}" for copy, reason in found.kept]):
            show.console(error=True).print(f"left     {show.safe(line)}")
    return 1 if not found.complete else 2 if found.kept else 0

"""`chainrule cache`."""

from chainrule.cli import show
from chainrule.wording import counted


def cache(*, clear: bool = False, json: bool = False) -> int:
    """Say where features of photos are kept, so that they are encoded once, and how large that is.

    Parameters
    ----------
    clear
        Delete them.
    json
        Print one JSON object instead of text.
    """
    from chainrule.data.encoders import cache as kept

    path = kept.cache_path()
    removed = kept.clear(path) if clear else 0
    with kept.Cache(path, made=False) as found:
        photos, size = found.facts()
    if json:
        facts = {"path": str(path), "photos": photos, "bytes": size, "limit": kept.LIMIT}
        show.print_json(facts | {"removed_bytes": removed, "note": found.note or None})
        return 0
    out, place = show.console(), show.safe(str(path))
    if clear:
        out.print(f"Deleted {place} ({removed / 1e6:.1f} MB)." if removed else f"No {place}.")
        return 0
    if found.note:
        fix = " chainrule cache --clear begins anew." if path.is_file() else ""
        show.print_note(f"{found.note}.{fix}")
        return 0
    held = f"{size / 1e6:.1f} of at most {kept.LIMIT / 1e6:,.0f} MB"
    out.print(f"Features of {counted(photos, 'photo')} in {place}: {held}.")
    return 0

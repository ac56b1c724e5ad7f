"""Groups of options as the command line has them: what cyclopts must know beside their types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter, Token

from chainrule.data.reading import Reading
from chainrule.jobs import texts
from chainrule.jobs.options import Options, Running


def _text(read: Callable[[str], Any], *name: str) -> Parameter:
    """A value that is read from a text with commas."""

    def converter(kind: Any, tokens: Sequence[Token]) -> Any:
        return read(",".join(token.value for token in tokens))

    return Parameter(name or None, metavar="STR", show_default=texts.typed, converter=converter)


# Dataclasses by what they inherit: making them anew would take a tenth of the time of a help page.
class Tables(Reading):
    """How a table is read, on the command line."""

    header: Annotated[bool | None, Parameter(negative="--no-header")] = None


@Parameter(name="*", group="Training")
class Training(Tables, Options):
    """All of a training, on the command line."""

    cache: Annotated[bool, Parameter(negative="--no-cache")] = True
    hidden: Annotated[Any, _text(texts.layers, "--layers")] = Options.hidden
    activation: Annotated[str | tuple[str, ...], _text(texts.activation)] = Options.activation
    initializer: Annotated[str | float | None, _text(str)] = Options.initializer


@Parameter(name="*", group="Running")
@dataclass(frozen=True, kw_only=True)
class Common(Running):
    """How it is carried out, and what is printed of it.

    Parameters
    ----------
    json
        Print one JSON object instead of text.
    """

    json: bool = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Usual:
    """What commands take that read data for a model.

    Parameters
    ----------
    cache
        Keep features of photos for the next time.
    memory
        Gigabytes that may be counted on, by default what the machine has: features larger than a
        sixteenth of it stay in their file.
    json
        Print one JSON object instead of text.
    """

    cache: Annotated[bool, Parameter(negative="--no-cache")] = True
    memory: float | None = None
    json: bool = False


COMMON, TRAINING, TABLES, USUAL = Common(), Training(), Tables(), Usual()  # where nothing is given

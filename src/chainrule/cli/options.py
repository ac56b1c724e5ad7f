"""Groups of options as the command line has them: what cyclopts must know beside their types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter, Token

from chainrule.data.reading import Reading
from chainrule.jobs import texts
from chainrule.jobs.options import Options, Running


def _layers(kind: Any, tokens: Sequence[Token]) -> tuple[int, ...]:
    return texts.layer_sizes(",".join(token.value for token in tokens))


def _activation(kind: Any, tokens: Sequence[Token]) -> str | tuple[str, ...]:
    return texts.activation(",".join(token.value for token in tokens))


TEXT = Parameter(metavar="STR", show_default=texts.typed)


@dataclass(frozen=True, kw_only=True)
class Tables(Reading):
    """How a table is read, on the command line."""

    header: Annotated[bool | None, Parameter(negative="--no-header")] = None


@Parameter(name="*", group="Training")
@dataclass(frozen=True, kw_only=True)
class Training(Tables, Options):
    """All of a training, on the command line."""

    hidden: Annotated[tuple[int, ...], TEXT, Parameter("--layers", converter=_layers)] = (
        Options.hidden
    )
    activation: Annotated[str | tuple[str, ...], TEXT, Parameter(converter=_activation)] = (
        Options.activation
    )
    initializer: Annotated[str | float, TEXT] = Options.initializer


@Parameter(name="*", group="Running")
@dataclass(frozen=True, kw_only=True)
class Common(Running):
    """How an experiment is carried out, and what is printed of it.

    Parameters
    ----------
    json
        Print one JSON object instead of text.
    """

    json: bool = False


COMMON, TRAINING, TABLES = Common(), Training(), Tables()  # where nothing is given

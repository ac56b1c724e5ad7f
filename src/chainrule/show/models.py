"""Models in notebooks."""

from html import escape

from chainrule import checks
from chainrule.model.model_file import Model


def html(model: Model) -> str:
    """Its network, and what its inputs and outputs mean."""
    means = f"classes {checks.listed(model.classes)}; {model.scaling}"
    return f"{model.network._repr_html_()}<p>{escape(means)}</p>"

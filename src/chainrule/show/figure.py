"""matplotlib's figure, which also shows itself in a notebook that does not use pyplot."""

import matplotlib.figure

from chainrule.show.saving import as_bytes


class Figure(matplotlib.figure.Figure):
    """What the functions here return: a matplotlib figure like any other.

    Of figures that pyplot did not make, Jupyter would show nothing but their size.
    """

    def _repr_png_(self) -> bytes:
        return as_bytes(self)

"""Both assignments on deep networks at once, with starting weights from any seed.

The names of `step_by_step` and `application`. Here `initialize_parameters` and
`initialize_parameters_deep` draw from NumPy's global generator as it stands, and the latter divides
by sqrt(n), as the application does; the models seed themselves.
"""

from chainrule.course import application
from chainrule.course.application import *  # noqa: F403
from chainrule.course.starting_weights import (  # noqa: F401 (these go before the star)
    initialize_parameters,
    initialize_parameters_deep,
)

__all__ = [*application.__all__]

"""scikit-learn's callbacks (its ProgressBar, ScoringMonitor), told of every epoch or iteration."""

from collections.abc import Callable
from typing import Any


class Tasks:
    """The steps of one fit as tasks of its callback context.

    context : of the whole fit, or None for nobody to tell. name : of a step, such as "epoch".
    told : X, y and metadata as fit was given them.
    attributes : makes the fitted attributes reached by then; it is called only where a callback
        asks for a fitted estimator.
    """

    attributes: Callable[[], dict[str, Any]]

    def __init__(self, estimator: Any, context: Any, name: str, told: dict[str, Any]) -> None:
        heard = context is not None and hasattr(estimator, "_skl_callbacks")
        self._estimator, self._context = estimator, context if heard else None
        self._name, self._told = name, told
        self._step: Any = None

    @property
    def heard(self) -> bool:
        """Whether there is a callback to tell."""
        return self._context is not None

    def begin(self) -> None:
        """A step begins."""
        if self._context is not None:
            self._step = self._context.subcontext(task_name=self._name)
            self._step.call_on_fit_task_begin(estimator=self._estimator, **self._facts())

    def end(self) -> bool:
        """The step has ended; whether a callback wants training to end with it."""
        if self._step is None:
            return False
        step, self._step = self._step, None
        return bool(step.call_on_fit_task_end(estimator=self._estimator, **self._facts()))

    def leave(self) -> None:
        """End a step that was begun and never made, if there is one."""
        if self._step is not None:
            self._step.call_on_fit_task_end(estimator=self._estimator)
            self._step = None

    def _facts(self) -> dict[str, Any]:
        return {**self._told, "reconstruction_attributes": self.attributes}

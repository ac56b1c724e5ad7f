"""The computation graph: every value and every derivative, seen, stepped and checked."""

from chainrule._lazy import lazily

lazily(__name__)

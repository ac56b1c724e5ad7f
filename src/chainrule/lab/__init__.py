"""The vectorization lab: loops against matrix equations, and depth against width."""

from chainrule._lazy import lazily

lazily(__name__)

"""Training: one loop for one network or many, for both forms of the first layer."""

from chainrule._lazy import lazily

lazily(__name__)

"""Models: their answers, their files, how good they are, and the formats of other programs."""

from chainrule._lazy import lazily

lazily(__name__)

"""The equations: activations, losses, starting weights, and the network made of them."""

from chainrule._lazy import lazily

lazily(__name__)

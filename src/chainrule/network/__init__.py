"""The equations: activations, losses, starting weights, and the network made of them."""

from typing import TYPE_CHECKING

from chainrule._lazy import lazily

if TYPE_CHECKING:
    from chainrule.network.activations import ACTIVATIONS, Activation
    from chainrule.network.labels import check_labels, correct
    from chainrule.network.losses import LOSSES, Loss
    from chainrule.network.network import Cache, Gradients, Network, backward_from, forward_from
else:
    lazily(
        __name__,
        {
            "activations": "ACTIVATIONS Activation",
            "labels": "check_labels correct",
            "losses": "LOSSES Loss",
            "network": "Cache Gradients Network backward_from forward_from",
        },
    )

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "Cache",
    "Gradients",
    "Loss",
    "Network",
    "backward_from",
    "check_labels",
    "correct",
    "forward_from",
]

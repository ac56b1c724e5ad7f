"""Pretrained networks that turn photos into features, which ours are trained on."""

from chainrule.data.encoders.encoder import ENCODERS, Encoder, encoder

__all__ = ["ENCODERS", "Encoder", "encoder"]

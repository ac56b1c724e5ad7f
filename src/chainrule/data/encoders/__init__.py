"""Pretrained networks that turn photos into features, which ours are trained on."""

from chainrule.data.encoders.encoder import ENCODERS, Encoder, encoder, installed

__all__ = ["ENCODERS", "Encoder", "encoder", "installed"]

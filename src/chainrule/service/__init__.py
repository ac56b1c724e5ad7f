"""Trained models behind the Open Inference Protocol."""

"""Models in other programs' formats."""

from chainrule.model.onnx import Exported, export_onnx

__all__ = ["Exported", "export_onnx"]

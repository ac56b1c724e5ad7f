"""Models in other programs' formats."""

from chainrule.export.onnx import Exported, export_onnx

__all__ = ["Exported", "export_onnx"]

"""Models: their answers, their files, how good they are, and the formats of other programs."""

from typing import TYPE_CHECKING

from chainrule._lazy import lazily

if TYPE_CHECKING:
    from chainrule.model.onnx import Exported, export_onnx
else:
    lazily(__name__, {"onnx": "Exported export_onnx"})

__all__ = ["Exported", "export_onnx"]

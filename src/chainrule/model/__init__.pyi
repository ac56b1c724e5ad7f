from chainrule.model.onnx import Exported as Exported
from chainrule.model.onnx import export_onnx as export_onnx

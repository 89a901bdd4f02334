# Stands in for onnxruntime: it reads what a graph takes and gives, holds calls to that, and computes nothing.
from types import SimpleNamespace

import numpy as np
import onnx

TYPES = {onnx.TensorProto.INT32: ("tensor(int32)", np.int32), onnx.TensorProto.INT64: ("tensor(int64)", np.int64),
         onnx.TensorProto.FLOAT: ("tensor(float)", np.float32), onnx.TensorProto.BOOL: ("tensor(bool)", np.bool_)}


def port(p):
    t = p.type.tensor_type
    return SimpleNamespace(name=p.name, type=TYPES[t.elem_type][0], dtype=TYPES[t.elem_type][1],
                           shape=[d.dim_param or d.dim_value for d in t.shape.dim])


class InferenceSession:
    def __init__(self, path):
        self.model = onnx.load(path)

    def get_inputs(self):
        return [port(p) for p in self.model.graph.input]

    def get_outputs(self):
        return [port(p) for p in self.model.graph.output]

    def get_modelmeta(self):
        return SimpleNamespace(custom_metadata_map={p.key: p.value for p in self.model.metadata_props})

    def run(self, names, feeds):
        inputs = {p.name: p for p in self.get_inputs()}
        assert feeds.keys() == inputs.keys(), feeds.keys()
        for name, v in feeds.items():
            shape = [1 if d == "batch" else d for d in inputs[name].shape]
            assert v.dtype == inputs[name].dtype and list(v.shape) == shape, name
        return [np.zeros([1 if d == "batch" else d for d in p.shape], p.dtype) for p in self.get_outputs()]

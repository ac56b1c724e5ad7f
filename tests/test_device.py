"""Devices that do not exist, and a machine without PyTorch, are told from one another."""

import sys

import numpy as np
import pytest

from chainrule import InputError, Network, train
from chainrule.device import HOST, device_named
from chainrule.experiments import Execution, Setting, cross_validate

X, Y = np.random.default_rng(0).standard_normal((5, 8)), np.array([[0.0, 1] * 4])


@pytest.mark.parametrize(
    "name", ["gpu", "cuda:", "cuda:x", "CUDA", "", "torch", "cuda:-1", None, 3]
)
def test_unknown_devices(name):
    with pytest.raises(InputError, match="device: expected cpu, cuda, cuda:N, mps"):
        device_named(name)
    with pytest.raises(InputError, match="device: expected cpu"):
        train(Network.create((5, 1)), (X, Y), device=name)
    with pytest.raises(InputError, match="device: expected cpu"):
        cross_validate((X, Y), Setting(hidden=()), folds=2, execution=Execution(device=name))


def test_without_pytorch(monkeypatch):
    from chainrule import device

    monkeypatch.setitem(sys.modules, "torch", None)
    device._torch.cache_clear()
    device._named.cache_clear()
    with pytest.raises(InputError, match=r"got no torch. pip install 'chainrule\[device\]'"):
        train(Network.create((5, 1)), (X, Y), device="cuda:7")
    assert device_named("auto", 1e12) == (HOST, "cpu: no torch")


def test_the_cpu_is_numpy():
    assert device_named("cpu") == (HOST, "cpu: as asked")
    array = np.ones((2, 3))
    assert HOST.put(array) is array


def test_little_work_is_not_worth_a_device():
    reason = "cpu: 1.0e+06 operations a step, fewer than the 1e+08 that are worth a device"
    assert device_named("auto", 1e6) == (HOST, reason)

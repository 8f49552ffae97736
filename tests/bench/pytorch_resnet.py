"""The same network in PyTorch, eager or compiled, as its own users would train it."""

import platform
import time
from itertools import pairwise
from typing import Any

import torch
from contenders import PARAMETERS, Facts, Settings, UnavailableError, Workload
from torch import Tensor, nn
from torch.nn import functional

IMAGES, CLASSES, BATCH = 4096, 10, 128


def build(settings: Settings, compiled: bool = False) -> Workload:
    """A round is one step. Compiled, it uses bfloat16 where the hardware computes it natively."""
    torch.manual_seed(0)
    torch.set_num_threads(settings.threads)
    device = _device(settings)
    network = ResNet20().to(device, memory_format=torch.channels_last)
    assert sum(p.numel() for p in network.parameters()) + _statistics(network) == PARAMETERS
    precision = "bfloat16" if compiled and settings.bfloat16 else "float32"
    forward = torch.compile(network) if compiled else network
    step = _training_step(network, forward, device, precision)

    def run(rounds: int) -> float:
        started = time.perf_counter()
        for _ in range(rounds):
            step()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - started

    name = torch.cuda.get_device_name() if device == "cuda" else ""
    return Workload(run, Facts(BATCH, precision, {"torch": str(torch.__version__)}, BATCH, name))


def _training_step(network: nn.Module, forward: Any, device: str, precision: str) -> Any:
    """SGD with Nesterov momentum, the recipe fast's decay on kernels; images stay on the device."""
    images = torch.randn(IMAGES, 3, 32, 32, device=device)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(CLASSES, (IMAGES,), device=device)
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": kernels, "weight_decay": 2e-4}, {"params": others}]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True)
    network.train()

    def step() -> None:
        chosen = torch.randint(IMAGES, (BATCH,), device=device)
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
            logits = forward(images[chosen].contiguous(memory_format=torch.channels_last))
            loss = functional.cross_entropy(logits, labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


class ResNet20(nn.Module):
    """ResNet20v1 (He et al. 2015): biases in convolutions, projections without normalization."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(_convolution(3, 16), _normalization(16), nn.ReLU())
        widths = [16] * 4 + [32] * 3 + [64] * 3
        self.blocks = nn.Sequential(*(Block(i, o) for i, o in pairwise(widths)))
        self.logits = nn.Linear(64, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        pooled = functional.avg_pool2d(self.blocks(self.stem(images)), 8)
        return self.logits(pooled.flatten(1))


class Block(nn.Module):
    """Two convolutions and what passes them by; where the width changes, the size halves."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.residual = nn.Sequential(
            _convolution(inputs, outputs, stride=stride),
            _normalization(outputs),
            nn.ReLU(),
            _convolution(outputs, outputs),
            _normalization(outputs),
        )
        self.shortcut = (
            nn.Identity() if stride == 1 else _convolution(inputs, outputs, size=1, stride=stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.shortcut(x) + self.residual(x))


def _convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2)
    nn.init.kaiming_normal_(layer.weight)
    return layer


def _normalization(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3)


def _statistics(network: nn.Module) -> int:
    """Moving means and variances: Keras counts them as parameters."""
    return sum(b.numel() for name, b in network.named_buffers() if "running" in name)


def _device(settings: Settings) -> str:
    if settings.device == "cpu":
        return "cpu"
    if not torch.cuda.is_available():
        raise UnavailableError(f"PyTorch sees no CUDA GPU ({platform.system()})")
    torch.backends.cudnn.benchmark = True
    return "cuda"

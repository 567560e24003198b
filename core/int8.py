"""Weights of a language model as 8-bit integers: half the memory of bfloat16, a third of its time for a single token.

Each row of a weight matrix is 256 steps of one size; sums are made in the model's own number format. The integers and
step sizes are plain tensors in a safetensors file, which is mapped into memory: its pages are clean, shared between
processes, and read when they are first needed.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

_MOST = 127
_FEW_ROWS = 4  # for more, turning the weights into floats first is faster than the kernel for integers
_BLOCK = 1 << 22  # weights that are turned into floats at once: 8 MB, not a copy of the largest matrix
_SUFFIX = "_step"


class Linear(nn.Module):
    """A linear layer without bias, as integers and a step size for each output."""

    def __init__(self, weight: Tensor, step: Tensor) -> None:
        super().__init__()
        self.weight, self.step = weight, step
        self._rows = max(1, _BLOCK // weight.shape[1])

    def forward(self, x: Tensor) -> Tensor:
        """The outputs, in the number format of ``x``."""
        step = self.step.to(x.dtype)
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) <= _FEW_ROWS:
            found: Tensor = torch._weight_int8pack_mm(rows.contiguous(), self.weight, step)
            return found.view(*x.shape[:-1], -1)
        blocks = [nn.functional.linear(x, part.to(x.dtype)) for part in self.weight.split(self._rows)]
        return (blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=-1)).mul_(step)


class Embedding(nn.Module):
    """Rows of an integer matrix as floats; the matrix may be that of the output layer."""

    def __init__(self, weight: Tensor, step: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight, self.step, self._dtype = weight, step, dtype

    def forward(self, ids: Tensor) -> Tensor:
        """One row for each id."""
        return self.weight[ids].to(self._dtype) * self.step[ids].to(self._dtype).unsqueeze(-1)


def narrowed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a model, matrices as int8 with a bfloat16 step for each row beside them (``<name>_step``)."""
    found = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2:
            found[name], found[name + _SUFFIX] = _in_steps(tensor)
        else:
            found[name] = tensor.contiguous()
    return found


def load_into(model: Any, file: Path, dtype: torch.dtype) -> None:
    """Give a model without weights those that `narrowed` made, mapped from ``file``.

    A matrix that the file lacks is the input matrix (tied weights). Raises OSError, KeyError or safetensors' error
    when the file is damaged or belongs to another model.
    """
    from safetensors.torch import load_file

    tensors = load_file(file)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Embedding):
            weight = f"{name}.weight"
            _replace(model, name, Embedding(tensors.pop(weight), tensors.pop(weight + _SUFFIX), dtype))
    shared = model.get_input_embeddings()
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear):
            if module.bias is not None:
                raise KeyError(f"{name}.bias")
            weight = tensors.pop(f"{name}.weight", shared.weight)
            _replace(model, name, Linear(weight, tensors.pop(f"{name}.weight{_SUFFIX}", shared.step)))
    model.load_state_dict({name: tensor.to(dtype) for name, tensor in tensors.items()}, assign=True)


def _in_steps(matrix: Tensor) -> tuple[Tensor, Tensor]:
    wide = matrix.float()
    step = (wide.abs().amax(dim=1) / _MOST).clamp_min(torch.finfo(torch.bfloat16).tiny).to(torch.bfloat16)
    whole = (wide / step.float().unsqueeze(1)).round().clamp(-_MOST - 1, _MOST)
    return whole.to(torch.int8), step


def _replace(model: Any, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, module)

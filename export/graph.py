"""A built model as source code: the body of a function that builds it again, layer by layer."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

import keras
from keras.src.backend.common.masking import get_keras_mask

from ..training.models.optimizers import unscaled
from .code import CannotEmit, compile_code, layer_code, names_without_weight_decay, optimizer_code
from .expressions import bracketed, call, literal, quoted


def builder_code(model: keras.Model, base: Sequence[str] = ()) -> str:
    """Return the body of ``build_model()``, indented, which ends with ``return model``.

    Layers are made in the order of the model, so that a seed gives the same weights wherever the model's own code
    made them in that order as well; the caller compares.

    Args:
        model: The model.
        base: Statements that make the one model inside it, ``base``, before all else; none where it has none.

    Raises:
        CannotEmit: It is neither ``Sequential`` nor a graph of Keras's own layers.
    """
    if type(model) is keras.Sequential:
        lines = [_sequential(model)]
    elif type(model) in (keras.Model, keras.models.Model) or type(model).__name__ == "Functional":
        lines = _functional(model, has_base=bool(base))
    else:
        raise CannotEmit(f"a model of the class {type(model).__name__}")
    lines = [*(indent(line, "    ") for line in base), *lines]
    lines += [compile_lines(model), "    return model"]
    return "\n".join(lines)


def compile_lines(model: keras.Model) -> str:
    """Return the statements that compile a model as this one is, indented."""
    spared = names_without_weight_decay(model)
    if not spared:
        return _compile_call(compile_code(model))
    inner = "optimizer" if unscaled(model.optimizer) is model.optimizer else "optimizer.inner_optimizer"
    excluded = call(f"{inner}.exclude_from_weight_decay", var_names=literal(spared))
    lines = [f"optimizer = {optimizer_code(model)}", excluded]
    return "\n".join([indent("\n".join(lines), "    "), _compile_call(compile_code(model, "optimizer"))])


def _compile_call(code: str) -> str:
    return indent(code, "    ").replace(
        "jit_compile=False,\n", "jit_compile=False,  # XLA rounds differently\n"
    )


def _input(tensor: Any, *, is_named: bool = False) -> str:
    named: dict[str, str] = {"name": literal(tensor.name)} if is_named else {}
    if tensor.dtype != "float32":
        named["dtype"] = literal(str(tensor.dtype))
    return call("keras.Input", literal(tuple(tensor.shape[1:])), **named)


def _sequential(model: keras.Sequential) -> str:
    items = [_input(model.inputs[0]), *(layer_code(layer) for layer in model.layers)]
    listed = ["[", *(indent(f"{item},", "    ") for item in items), "]"]
    lines = ["model = keras.Sequential(", indent("\n".join(listed), "    "), ")"]
    return indent("\n".join(lines), "    ")


def _functional(model: keras.Model, *, has_base: bool) -> list[str]:
    layers = sorted(
        (layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)),
        key=lambda layer: _age(_output_of(model, layer)),
    )
    sources = [_inputs_of(model, layer) for layer in layers]
    masks = {id(get_keras_mask(_output_of(model, layer))) for layer in layers}
    operations = [one for one in model.operations if id(_output_of(model, one)) not in masks]  # Keras's own
    if len(layers) != len(operations) - len(model.inputs):
        raise CannotEmit("a graph with operations that are no layers")
    names, lines = _named_inputs(model)
    for position, (layer, (tensors, listed)) in enumerate(zip(layers, sources, strict=True)):
        output = _output_of(model, layer)
        name = _name(layer, output, sources, position, model.outputs)
        given = ", ".join(names[id(tensor)] for tensor in tensors)
        made = "base" if has_base and isinstance(layer, keras.Model) else layer_code(layer)
        lines.append(f"{name} = {made}" + (f"([{given}])" if listed else f"({given})"))
        names[id(output)] = name
    if any(id(output) not in names for output in model.outputs):
        raise CannotEmit("a graph whose output is not its last layer's")
    outputs = _nest_code(model.output, names)
    inputs = _nest_code(model.input, names)
    return [indent(line, "    ") for line in (*lines, f"model = keras.Model({inputs}, {outputs})")]


def _named_inputs(model: keras.Model) -> tuple[dict[int, str], list[str]]:
    """Return the names of a model's inputs in a script, by their ids, and the lines that make them."""
    if len(model.inputs) == 1 and model.input is model.inputs[0]:
        return {id(model.inputs[0]): "inputs"}, [f"inputs = {_input(model.inputs[0])}"]
    names = {id(one): "input_" + re.sub(r"\W", "_", one.name) for one in model.inputs}
    return names, [f"{names[id(one)]} = {_input(one, is_named=True)}" for one in model.inputs]


def _nest_code(nest: Any, names: Mapping[int, str]) -> str:
    """Return a nest of tensors by their names in a script."""
    if isinstance(nest, Mapping):
        pairs = [f"{quoted(str(key))}: {_nest_code(part, names)}" for key, part in nest.items()]
        return bracketed("{", pairs, "}")
    if isinstance(nest, list | tuple):
        opening, closing = "[]" if isinstance(nest, list) else "()"
        return bracketed(opening, [_nest_code(part, names) for part in nest], closing)
    return names[id(nest)]


def _output_of(model: keras.Model, layer: Any) -> Any:
    """Return what a layer, or another operation, gives in a model's graph; a model inside it has an output in a graph of its own."""
    return _node_of(model, layer).outputs[0] if isinstance(layer, keras.Model) else layer.output


def _node_of(model: keras.Model, layer: Any) -> Any:
    every = (node for nodes in model._nodes_by_depth.values() for node in nodes)  # no public way
    nodes = [node for node in every if node.operation is layer]
    if len(nodes) != 1:
        raise CannotEmit("a layer that is used more than once")
    return nodes[0]


def _age(tensor: Any) -> int:
    """Return when a tensor was made: Keras counts them. ``model.layers`` is sorted by depth instead."""
    number = str(getattr(tensor, "name", "")).rpartition("_")[2]
    return int(number) if number.isdigit() else 0


def _inputs_of(model: keras.Model, layer: Any) -> tuple[list[Any], bool]:
    """Return the tensors that a layer is called on, and whether they come as a list."""
    arguments = _node_of(model, layer).arguments
    usual = all(_is_usual(layer, name, value, arguments.args) for name, value in arguments.kwargs.items())
    if len(arguments.args) != 1 or not usual:
        raise CannotEmit(f"a call of {layer.name} with more than its input")
    given = arguments.args[0]
    return (list(given), True) if isinstance(given, list | tuple) else ([given], False)


def _is_usual(layer: Any, name: str, value: Any, inputs: tuple[Any, ...]) -> bool:
    """Tell whether a call that does not name an argument gives it this value.

    Keras writes ``training`` into every call of a layer that asks, False or the layer's own default; fit replaces it. It
    hands on the mask that comes with an input, too.
    """
    if value is None or value is False:
        return True
    if name == "mask":
        return len(inputs) == 1 and not isinstance(inputs[0], list) and value is get_keras_mask(inputs[0])
    parameter = inspect.signature(layer.call).parameters.get(name)
    return name == "training" and parameter is not None and value is parameter.default


def _name(
    layer: Any, output: Any, sources: list[tuple[list[Any], bool]], position: int, outputs: list[Any]
) -> str:
    """Return ``x`` for what only the next layer reads, else a name of its own."""
    is_output = any(output is one for one in outputs)
    if is_output and len(outputs) == 1:
        return "outputs"
    readers = [
        place for place, (tensors, _) in enumerate(sources) if any(tensor is output for tensor in tensors)
    ]
    if not is_output and readers == [position + 1] and len(sources[position + 1][0]) == 1:
        return "x"
    return re.sub(r"\W", "_", layer.name)

"""ItemBatcher for moto's Step Functions interpreter, which is LocalStack's and knows none.

From AWS's documentation of the field: items are selected, then batched; each child gets
`{"Items": [...]}`, with `BatchInput` beside it, which is read from the map's own input.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component as distributed,
)
from moto.stepfunctions.parser.asl.eval.states import ItemData, MapData
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

FIELDS = frozenset({"MaxItemsPerBatch", "BatchInput"})
own_parse: Any = AmazonStateLanguageParser.parse
own_map_run: Any = distributed.DistributedIterationComponent._map_run  # noqa: SLF001


class _Batcher(NamedTuple):
    size: int
    payload: Any
    """The interpreter's own evaluator of BatchInput."""


def parse(definition: str) -> tuple[Any, Any]:
    """What the interpreter's parser makes of it, with the batchers that it would not read."""
    machine = json.loads(definition)
    batchers = {name: _taken(state) for name, state in _batched(machine)}
    program, tree = own_parse(json.dumps(machine))
    for name, batcher in batchers.items():
        program.states.states[name].iteration_component.batcher = _read(batcher)
    return program, tree


def map_run(component: Any, env: Any, eval_input: Any) -> None:
    """A run over batches in the place of items, where the state has a batcher."""
    batcher: _Batcher | None = getattr(component, "batcher", None)
    if batcher is not None:
        items = [_selected(env, eval_input, *each) for each in enumerate(env.stack.pop())]
        batch_input = _value(env, batcher.payload)
        eval_input.item_selector = None  # it has selected
        env.stack.append(
            [
                {"BatchInput": batch_input, "Items": items[start : start + batcher.size]}
                for start in range(0, len(items), batcher.size)
            ]
        )
    own_map_run(component, env, eval_input)


def _batched(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, state) for name, state in machine["States"].items() if "ItemBatcher" in state)


def _taken(state: dict[str, Any]) -> dict[str, Any]:
    """The state's batcher, taken out of it with what else the parser does not read."""
    if state.pop("ToleratedFailurePercentage", None) != 100:
        raise ValueError("a failed batch never ends a run here: tolerate 100 % of them")
    state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "STANDARD"  # it has no EXPRESS
    batcher: dict[str, Any] = state.pop("ItemBatcher")
    return batcher


def _read(batcher: dict[str, Any]) -> _Batcher:
    if set(batcher) != FIELDS:
        raise ValueError(f"of an ItemBatcher, {sorted(FIELDS)} are played, and both are needed")
    state = {"Type": "Pass", "Parameters": batcher["BatchInput"], "End": True}
    program, _ = own_parse(json.dumps({"StartAt": "Batch", "States": {"Batch": state}}))
    return _Batcher(batcher["MaxItemsPerBatch"], program.states.states["Batch"].parameters)


def _selected(env: Any, eval_input: Any, index: int, item: Any) -> Any:
    """One item as ItemSelector has it, which may ask for `$$.Map.Item`."""
    if eval_input.item_selector is None:
        return item
    context = env.states.context_object.context_object_data
    context["Map"] = MapData(Item=ItemData(Index=index, Value=item))
    try:
        return _value(env, eval_input.item_selector)
    finally:
        del context["Map"]


def _value(env: Any, template: Any) -> Any:
    """A payload template's value for the input of the map."""
    env.stack.append(env.states.get_input())
    template.eval(env)
    value = env.stack.pop()
    env.stack.pop()
    return value

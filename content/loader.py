"""YAML files to checked models. Every scalar is read as a string; errors name file and line."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from content.errors import ContentError, Fault

M = TypeVar("M", bound=BaseModel)

BaseLoader: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's, ten times as fast


class _Loader(BaseLoader):  # type: ignore[misc]  # libyaml's loader is not typed
    """Plain YAML turns `yes`, `on` and `9:30` into something else, and lets a later key win; this does neither."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"{key.value!r} stands here twice; keep one", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return mapping


def read_yaml(path: Path) -> Any:
    """The file's data: strings, lists and mappings only."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - it builds strings only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContentError([Fault(path, mark.line + 1 if mark else 1, f"{error.problem or error}.")]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContentError([Fault(path, 1, f"this file cannot be read as YAML in UTF-8 ({error}).")]) from error


def read_mapping(path: Path) -> dict[str, Any]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise ContentError([Fault(path, 1, "this file is to hold names and what belongs to each.")])
    return data


def read_model(path: Path, model: type[M]) -> M:
    return validate(path, read_yaml(path), model)


def validate(path: Path, data: Any, model: type[M], within: Sequence[str | int] = ()) -> M:
    """`data` as `model`; `within` says where in the file it stands."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [
            Fault(path, line_of(path, [*within, *found["loc"]]), _sentence(found["loc"], found["msg"]))
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise ContentError(faults) from error


def line_of(path: Path, where: Sequence[str | int]) -> int:
    """The line of the nearest thing in the file to the path of keys and indexes `where`."""
    with path.open(encoding="utf-8") as file:
        node = yaml.compose(file, Loader=yaml.SafeLoader)
    line = node.start_mark.line if node else 0
    for part in where:
        child = _child(node, part)
        if child is None:
            break
        node = child
        line = node.start_mark.line
    return line + 1


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: yaml.Node = node.value[part]
        return found
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    return None


def _sentence(where: Sequence[str | int], message: str) -> str:
    return f"{'.'.join(map(str, where)) or 'the file'}: {message[:1].lower()}{message[1:]}."

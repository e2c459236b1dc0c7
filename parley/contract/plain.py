"""Typed values as plain data for JSON, and back: for files and other processes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


def to_plain(value: Any) -> Any:
    """Return a value as plain data. A class with its own form has the methods as_data and from_data.

    Bytes become base64, and times text. A float (seconds, or points) is rounded to three decimals.
    """
    if hasattr(value, "as_data"):
        return value.as_data()
    if is_dataclass(value):
        return fields_to_plain(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def fields_to_plain(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as plain data, by name, or by the `key` in their metadata."""
    return {field.metadata.get("key", field.name): to_plain(getattr(value, field.name)) for field in fields(value)}


def from_plain(kind: type[Made], data: object) -> Made:
    """Return the value of this type that to_plain turned into `data`. Raise ValueError with a sentence for anything
    else.
    """
    try:
        value: Made = _made(kind, data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no {kind.__name__}: {type(error).__name__}: {error}.") from None
    return value


def fields_from_plain(kind: Callable[..., Made], data: Mapping[str, Any]) -> Made:
    """Like from_plain for a dataclass, but ignore its from_data, and keys of `data` that aren't fields."""
    return kind(**{name: _made(hint, data[key]) for name, key, hint in _fields_of(kind) if key in data})


@cache
def _fields_of(kind: Any) -> list[tuple[str, str, Any]]:
    hints = get_type_hints(kind)
    return [(field.name, field.metadata.get("key", field.name), hints[field.name]) for field in fields(kind)]


def _made(kind: Any, data: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):  # only "or None" is known
        return None if data is None else _made(inner[0], data)
    if origin in (tuple, Sequence):
        values = [_made(inner[0], part) for part in _checked(data, list)]
        return tuple(values) if origin is tuple else values
    if origin is Mapping:
        return {_made(inner[0], key): _made(inner[1], part) for key, part in data.items()}
    if hasattr(kind, "from_data"):
        return kind.from_data(data)
    if type(data) is kind:
        return data
    if hasattr(kind, "__dataclass_fields__"):
        return fields_from_plain(kind, data)
    if issubclass(kind, Enum):
        return kind(data)
    if issubclass(kind, tuple):  # one with names
        return kind(*data)
    if kind is bytes:
        return _bytes(data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    return _checked(data, (int, float) if kind is float else kind)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise TypeError("its bytes aren't given in base64") from None


def _checked(data: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is of another type")
    return data

"""Batches whose items are read one by one, so that a bad item is an outcome and not an error."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from litestar.routes import HTTPRoute
from msgspec import Meta

from backend.domain.refusal import Refusal
from backend.problems import Problem


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=100)]
    device_time: Annotated[datetime, Meta(tz=True)] | None = None


_envelope = msgspec.json.Decoder(_Envelope)

Parsed = TypeVar("Parsed")
Made = TypeVar("Made")


def read_batch(body: bytes) -> tuple[datetime | None, Sequence[msgspec.Raw]]:
    """The device's time and the items, still unread. Problems: malformed, invalid."""
    try:
        envelope = _envelope.decode(body)
    except msgspec.ValidationError as error:
        raise Problem("invalid", faults=[{"field": "", "reason": str(error)}]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        apart = _taken_apart(body)
        if apart is None:
            raise Problem("malformed", field="", reason=str(error)) from None
        envelope = apart
    return envelope.device_time, envelope.items


def _taken_apart(body: bytes) -> _Envelope | None:
    """The batch when it is JSON but for half an emoji somewhere, else None.

    A browser writes a text cut in the middle of a surrogate pair as a lone escape. No text can
    hold it, so its item will be refused; the others must not wait for ever because of it.
    """
    try:
        raw = json.loads(body.decode(), parse_constant=_no_number)
        items = [msgspec.Raw(json.dumps(item).encode()) for item in raw["items"]]
        rest = {**raw, "items": [None] * len(items)}
        device_time = _envelope.decode(json.dumps(rest)).device_time
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return _Envelope(items, device_time)


def _no_number(name: str) -> None:
    raise ValueError(name)


def read_item(
    raw: msgspec.Raw, shape: type[Parsed], make: Callable[[Parsed], Made]
) -> Made | Refusal:
    """One item, or the refusal that says what is wrong with it."""
    try:
        return make(msgspec.json.decode(raw, type=shape))
    except Refusal as refusal:
        return refusal
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal("invalid", faults=[{"field": "", "reason": str(error)}])


# Bodies read in this way are unknown to the framework, so they are described here.
_described: list[type[msgspec.Struct]] = []


def batch_operation(shape: type[msgspec.Struct]) -> type[Operation]:
    """An OpenAPI operation whose body is `shape`."""
    _described.append(shape)
    reference = Reference(ref=f"#/components/schemas/{shape.__name__}")

    @dataclass
    class BatchOperation(Operation):
        def __post_init__(self) -> None:
            media = OpenAPIMediaType(schema=reference)
            self.request_body = RequestBody(content={"application/json": media}, required=True)

    return BatchOperation


def describe_bodies(app: Litestar) -> None:
    """Puts exact schemas of all bodies into the OpenAPI document: the framework's leave out that
    unknown fields are refused and what holds for the items of a list.
    """
    shapes = [handler.parsed_fn_signature.parameters.get("data") for handler in _handlers(app)]
    _, schemas = msgspec.json.schema_components(
        [*_described, *(shape.annotation for shape in shapes if shape is not None)],
        ref_template="#/components/schemas/{name}",
    )
    components = app.openapi_schema.components
    assert components is not None
    components.schemas = {**(components.schemas or {}), **schemas}


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from route.route_handlers

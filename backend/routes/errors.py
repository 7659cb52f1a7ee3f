"""Every failure as `application/problem+json`, in the asker's language."""

import logging
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from backend.domain.refusal import Refusal
from backend.problems import CATALOGUE, Problem, body, language_of

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("cunbao.errors")

_BY_STATUS = {
    400: "malformed",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
# A value the database itself can't take: past its range, or text it has no character for.
_UNSTORABLE = (
    asyncpg.exceptions.DataError,
    asyncpg.exceptions.UntranslatableCharacterError,
    asyncpg.exceptions.CharacterNotInRepertoireError,
)
_BUSY = (
    asyncpg.exceptions.TooManyConnectionsError,
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.DeadlockDetectedError,
    # Two wrote the same id at the same moment: asked again, the second is told what is there.
    asyncpg.exceptions.UniqueViolationError,
    asyncpg.exceptions.ConnectionDoesNotExistError,
    asyncpg.exceptions.QueryCanceledError,
    asyncpg.InterfaceError,
    # A connection asked just as the server was dying on it.
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
)


class ProblemBody(msgspec.Struct):
    """RFC 9457. Branch on `code`; `params` hold what the message speaks of."""

    type: str
    title: str
    status: int
    code: str
    params: dict[str, Any]


# What any route under /api can answer with.
_EVERYWHERE = (
    "malformed",
    "invalid",
    "not_signed_in",
    "token_expired",
    "token_invalid",
    "session_ended",
    "device_revoked",
    "account_disabled",
    "forbidden",
    "not_found",
    "too_large",
    "unsupported_media_type",
    "unavailable",
)


def documented(*codes: str) -> dict[int, ResponseSpec]:
    """The OpenAPI of a route's problems: its own, and those every route can answer with."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys((*_EVERYWHERE, *codes)):
        by_status.setdefault(CATALOGUE[code].status, []).append(code)
    return {
        status: ResponseSpec(
            ProblemBody,
            description=", ".join(found),
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status, found in by_status.items()
    }


def problem_response(
    request: Request[Any, Any, Any], code: str, params: Mapping[str, Any]
) -> Response[dict[str, Any]]:
    """The answer for a catalogue entry."""
    language = language_of(request.headers.get("accept-language"))
    content = body(code, dict(params), language)
    headers = {"content-language": language}
    if content["status"] == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(content, status_code=content["status"], media_type=MEDIA_TYPE, headers=headers)


def on_problem(request: Request[Any, Any, Any], error: Problem) -> Response[dict[str, Any]]:
    return problem_response(request, error.code, error.params)


def on_refusal(request: Request[Any, Any, Any], error: Refusal) -> Response[dict[str, Any]]:
    return problem_response(request, error.code, error.params)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Litestar's own refusals: paths, methods, sizes, and bodies that do not fit the schema."""
    if isinstance(error, ValidationException):
        faults = [
            {"field": str(e.get("key", "")), "reason": str(e.get("message", ""))}
            for e in (error.extra if isinstance(error.extra, list) else [])
            if isinstance(e, dict)
        ]
        return problem_response(request, "invalid", {"faults": faults or [_reason(error)]})
    if error.status_code >= 500:
        return on_crash(request, error)
    code = _BY_STATUS.get(error.status_code, "malformed")
    params = _reason(error) if error.status_code == 400 else {}
    answer = problem_response(request, code, params)
    if error.headers and "allow" in error.headers:  # of a 405 (RFC 9110 §15.5.6)
        answer.headers["allow"] = error.headers["allow"]
    return answer


def _reason(error: HTTPException) -> dict[str, str]:
    return {"field": "", "reason": str(error.detail)}


def on_crash(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """What nothing else caught. Values the database refused are the caller's, the rest is ours."""
    if isinstance(error, SerializationException | RecursionError | UnicodeDecodeError):
        return problem_response(request, "malformed", {"field": "", "reason": "can't be decoded"})
    if isinstance(error, _UNSTORABLE):
        log.warning("unstorable value", extra={"kind": type(error).__name__})
        return problem_response(request, "invalid", {"faults": []})
    if isinstance(error, _BUSY):
        log.warning("unavailable", extra={"kind": type(error).__name__})
        return problem_response(request, "unavailable", {})
    # The traceback names code, not data; the message of an exception might hold some.
    log.error("crash", extra={"kind": type(error).__name__, "trace": _frames(error)})
    return problem_response(request, "server_error", {})


def _frames(error: BaseException) -> list[str]:
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]


HANDLERS: dict[Any, Any] = {
    Problem: on_problem,
    Refusal: on_refusal,
    HTTPException: on_http,
    Exception: on_crash,
}

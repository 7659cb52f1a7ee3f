"""The environment, read once. Every setting is a `CUNBAO_*` variable; a bad one stops the start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class BadSetting(Exception):
    """A setting that can't be used: its name and why, in one line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process was told. `database_url` is None when the embedded PostgreSQL is wanted."""

    home: Path
    secret_key: str
    database_url: str | None
    pool_size: int
    objects: str
    s3_endpoint: str | None
    s3_access_key: str | None
    s3_secret_key: str | None
    s3_region: str | None
    access_minutes: int
    session_days: int
    max_body_bytes: int
    log_level: str
    log_format: str
    scheduler: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """One row of the README's table: name without prefix, default, meaning, and how it is read."""

    name: str
    default: str | None
    meaning: str
    read: Callable[[str], Any]

    @property
    def env(self) -> str:
        return f"CUNBAO_{self.name.upper()}"


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return text

    return read


def _switch(text: str) -> bool:
    return _one_of("on", "off")(text) == "on"


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters; make one with: openssl rand -hex 32")
    return text


def _address(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            scheme = urlsplit(text).scheme
        except ValueError:
            scheme = ""
        if scheme not in schemes:
            raise ValueError(f"must start with {' or '.join(f'{s}://' for s in schemes)}")
        return text

    return read


def _objects(text: str) -> str:
    if text != "folder" and not text.startswith("s3://"):
        raise ValueError("must be 'folder' or s3://BUCKET")
    return text


def _folder(text: str) -> Path:
    return Path(text).absolute()


VARIABLES = (
    Variable("home", "var", "folder for the embedded database, objects and demo secrets", _folder),
    Variable("secret_key", None, "signs tokens and seals phone numbers; 32+ characters", _secret),
    Variable(
        "database_url",
        "",
        "postgresql://… ; empty starts the embedded PostgreSQL",
        _address("postgresql", "postgres"),
    ),
    Variable("pool_size", "10", "database connections per process", _whole(2, 200)),
    Variable("objects", "folder", "where photos and papers go: folder, or s3://BUCKET", _objects),
    Variable("s3_endpoint", "", "address of the S3 service", _address("http", "https")),
    Variable("s3_access_key", "", "its access key", str),
    Variable("s3_secret_key", "", "its secret key", str),
    Variable("s3_region", "", "its region, where it has one", str),
    Variable("access_minutes", "15", "life of an access token", _whole(1, 120)),
    Variable("session_days", "90", "life of a session without use", _whole(1, 365)),
    Variable("max_body_bytes", "4194304", "largest request body", _whole(65_536, 67_108_864)),
    Variable(
        "log_level",
        "info",
        "debug, info, warning or error",
        _one_of("debug", "info", "warning", "error"),
    ),
    Variable("log_format", "json", "json, or text for people", _one_of("json", "text")),
    Variable("scheduler", "on", "off keeps this process from running background work", _switch),
)


def load(environ: Mapping[str, str]) -> Settings:
    """Reads all settings. Raises BadSetting naming the first bad or unknown variable."""
    known = {variable.env for variable in VARIABLES}
    for name in environ:
        if name.startswith("CUNBAO_") and name not in known:
            raise BadSetting(f"{name}: no such setting; the README lists them")
    settings = Settings(**{v.name: _value(v, environ) for v in VARIABLES})
    if settings.objects != "folder":
        for name in ("s3_endpoint", "s3_access_key", "s3_secret_key"):
            if getattr(settings, name) is None:
                raise BadSetting(f"CUNBAO_{name.upper()}: is needed when CUNBAO_OBJECTS is s3://…")
    return settings


def _value(variable: Variable, environ: Mapping[str, str]) -> Any:
    text = environ.get(variable.env) or variable.default
    if text is None:
        raise BadSetting(f"{variable.env}: is not set; {variable.meaning}")
    if text == "":
        return None
    try:
        return variable.read(text)
    except ValueError as error:
        raise BadSetting(f"{variable.env}: {error}") from None

"""The environment, read once. Every setting is a `CUNBAO_*` variable; a bad one stops the start."""

import re
from base64 import b64decode
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
    media_keys: tuple[tuple[int, str, bytes], ...] | None
    media_years: int
    clamd: str | None
    access_minutes: int
    session_days: int
    max_body_bytes: int
    log_level: str
    log_format: str
    scheduler: bool
    public_url: str | None
    vapid_private_key: str | None
    vapid_contact: str | None
    push_origins: tuple[str, ...]
    wecom_url: str | None
    wecom_app: str | None
    dingtalk_url: str | None
    feishu_url: str | None
    mail_server: str | None
    mail_from: str | None
    gateway_url: str | None
    gateway_secret: str | None
    gateway_channels: tuple[str, ...]


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


def _words(*choices: str) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        words = tuple(text.split())
        if choices and not set(words) <= set(choices):
            raise ValueError(f"must be one or more of: {', '.join(choices)}")
        return words

    return read


def _like(pattern: str, example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must look like {example}")
        return text

    return read


def _objects(text: str) -> str:
    if text != "folder" and not text.startswith("s3://"):
        raise ValueError("must be 'folder' or s3://BUCKET")
    return text


def _seal_keys(text: str) -> tuple[tuple[int, str, bytes], ...]:
    found = [re.fullmatch(r"([1-9][0-9]{0,8}):(aes|sm4):(\S+)", word) for word in text.split()]
    try:
        keys = tuple((int(m[1]), m[2], b64decode(m[3], validate=True)) for m in found if m)
    except ValueError:
        keys = ()
    if len(keys) < len(found):
        raise ValueError("must be NUMBER:aes:BASE64 or NUMBER:sm4:BASE64, separated by spaces")
    numbers = {number for number, _, _ in keys}
    if len(numbers) < len(keys) or 1 in numbers:
        raise ValueError("must have different numbers from 2 on; 1 is the key of the secret")
    for _, algorithm, secret in keys:
        if len(secret) != (32 if algorithm == "aes" else 16):
            raise ValueError("must have keys of 32 bytes for aes, of 16 for sm4")
    return keys


def _folder(text: str) -> Path:
    return Path(text).absolute()


_WEB = _address("http", "https")
_PUSH_ORIGINS = (
    "https://fcm.googleapis.com https://updates.push.services.mozilla.com "
    "https://web.push.apple.com https://*.notify.windows.com"
)

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
    Variable(
        "media_keys",
        "",
        "what photos are sealed with: NUMBER:aes:BASE64 or NUMBER:sm4:BASE64, the highest for new "
        "ones; empty: a key of CUNBAO_SECRET_KEY",
        _seal_keys,
    ),
    Variable("media_years", "3", "how long photos and papers are kept", _whole(1, 30)),
    Variable("clamd", "", "ClamAV's socket or HOST:PORT; then nothing unscanned is shown", str),
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
    Variable("public_url", "", "where people open Cunbao; the link in messages", _WEB),
    Variable(
        "vapid_private_key",
        "",
        "signs Web Push: 32 bytes, base64url; empty: none",
        _like(r"[A-Za-z0-9_-]{43}=?", "43 characters of base64url"),
    ),
    Variable(
        "vapid_contact",
        "",
        "whom a push service writes to: mailto:…",
        _like(r"mailto:[^\s@]+@[^\s@]+|https://\S+", "mailto:name@host"),
    ),
    Variable("push_origins", _PUSH_ORIGINS, "the push services phones may name", _words()),
    Variable("wecom_url", "", "WeCom: https://qyapi.weixin.qq.com; empty: none", _WEB),
    Variable(
        "wecom_app",
        "",
        "WeCom application: corpid:secret@agentid",
        _like(r"[^\s:@]+:[^\s:@]+@[0-9]+", "corpid:secret@agentid"),
    ),
    Variable("dingtalk_url", "", "DingTalk: https://oapi.dingtalk.com; empty: none", _WEB),
    Variable("feishu_url", "", "Feishu: https://open.feishu.cn; empty: none", _WEB),
    Variable(
        "mail_server",
        "",
        "smtps://user:password@host:465, smtp+starttls:// or smtp://; empty: none",
        _address("smtps", "smtp+starttls", "smtp"),
    ),
    Variable(
        "mail_from",
        "",
        "sender of mails",
        _like(r"[^\s@<>]+@[^\s@<>]+", "name@host"),
    ),
    Variable("gateway_url", "", "the county's SMS and voice gateway; empty: none", _WEB),
    Variable("gateway_secret", "", "signs what goes there and comes back", _secret),
    Variable("gateway_channels", "sms", "what it can do: sms, voice", _words("sms", "voice")),
)
_NEEDS = {
    "vapid_private_key": ("vapid_contact",),
    "wecom_app": ("wecom_url",),
    "mail_server": ("mail_from",),
    "gateway_url": ("gateway_secret",),
}


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
    _check_pairs(settings)
    return settings


def _check_pairs(settings: Settings) -> None:
    """BadSetting for a setting without the others it is of use with."""
    for name, others in _NEEDS.items():
        for other in others:
            if getattr(settings, name) is not None and getattr(settings, other) is None:
                raise BadSetting(
                    f"CUNBAO_{other.upper()}: is needed when CUNBAO_{name.upper()} is set"
                )


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

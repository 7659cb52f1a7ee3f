"""Objects in a bucket of any S3 service."""

import asyncio
import io
import os
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.error import MinioException, S3Error
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from media.objects import Entry, ObjectMissing, StoreUnavailable, checked, checked_prefix

P = ParamSpec("P")
T = TypeVar("T")
CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 30
_CONNECTIONS: Final = 10
_PAGE: Final = 1000
_SMALLEST_PART: Final = 5 * 1024 * 1024
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)


class S3Store:
    """Never creates the bucket. The client blocks, so each call of it has a thread."""

    def __init__(
        self, bucket: str, endpoint: str, access_key: str, secret_key: str, region: str | None
    ) -> None:
        if not _BUCKET.fullmatch(bucket):
            raise StoreUnavailable("s3://BUCKET needs the name of a bucket: 3 to 63 of a-z 0-9 . -")
        host, secure = _host(endpoint)
        self._bucket = bucket
        self._place = f"the bucket {bucket} at {host}"
        self._client = Minio(
            host, access_key, secret_key, secure=secure, region=region, http_client=_connections()
        )

    async def put(self, key: str, data: bytes) -> None:
        await self._ask(self._put, checked(key), data)

    async def get(self, key: str) -> bytes:
        return await self._ask(self._get, checked(key))

    async def size(self, key: str) -> int:
        return await self._ask(self._size, checked(key))

    async def delete(self, key: str) -> None:
        with suppress(ObjectMissing):
            await self._ask(self._client.remove_object, self._bucket, checked(key))

    async def keys(self, prefix: str = "") -> list[str]:
        return await self._ask(self._keys, checked_prefix(prefix))

    async def pages(self, prefix: str = "") -> AsyncIterator[list[Entry]]:
        found = self._client.list_objects(self._bucket, checked_prefix(prefix), recursive=True)
        while page := await self._ask(lambda: list(islice(found, _PAGE))):
            yield [
                Entry(each.object_name, each.last_modified)
                for each in page
                if each.object_name and each.last_modified
            ]

    async def tidy(self, before: datetime) -> int:
        return 0  # a put is one request, of which nothing stays when it breaks off

    async def check(self) -> None:
        probe, data = f"check/{uuid4()}", os.urandom(64)
        await self.put(probe, data)
        same = await self.get(probe) == data
        await self.delete(probe)
        if not same:
            raise StoreUnavailable(f"{self._place} gives back other bytes than it got")

    async def _ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a call of the client in a thread, and tells its failures apart."""
        try:
            return await asyncio.to_thread(call, *args, **kwargs)
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise ObjectMissing("no such object") from error
            if error.code == "NoSuchBucket":
                raise StoreUnavailable(f"{self._place} does not exist: create it first") from error
            raise StoreUnavailable(f"{self._place} refuses: {error.code}") from error
        except (MinioException, HTTPError, OSError, ParseError, ValueError) as error:
            kind = type(error).__name__
            raise StoreUnavailable(f"{self._place} does not answer as S3 does: {kind}") from error

    def _put(self, key: str, data: bytes) -> None:
        # In one part, whatever the size: parts of a broken upload would stay, unseen and paid for.
        part = max(len(data), _SMALLEST_PART)
        self._client.put_object(self._bucket, key, io.BytesIO(data), len(data), part_size=part)

    def _get(self, key: str) -> bytes:
        response = self._client.get_object(self._bucket, key)
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()

    def _size(self, key: str) -> int:
        return self._client.stat_object(self._bucket, key).size or 0

    def _keys(self, prefix: str) -> list[str]:
        found = self._client.list_objects(self._bucket, prefix, recursive=True)
        return sorted({each.object_name for each in found if each.object_name})


def _host(endpoint: str) -> tuple[str, bool]:
    """Host with port, and whether it is spoken to over TLS. Raises StoreUnavailable."""
    try:
        parts = urlsplit(endpoint)
        parts.port  # noqa: B018 - raises when it is no number
    except ValueError:
        parts = urlsplit("")
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        raise StoreUnavailable("the S3 address must be http(s)://host[:port] and nothing more")
    return parts.netloc, parts.scheme == "https"


class _Pool(PoolManager):
    def urlopen(self, *args: Any, **kwargs: Any) -> BaseHTTPResponse:
        """An answer in text/xml is one in XML (RFC 7303 §9.2), which the client does not know."""
        response = super().urlopen(*args, **kwargs)
        kind = response.headers.get("content-type", "")
        if kind.startswith("text/xml"):
            response.headers["content-type"] = kind.replace("text/xml", "application/xml", 1)
        return response


def _connections() -> PoolManager:
    """Trusts what the system trusts, so also a county's own certificate authority."""
    return _Pool(
        maxsize=_CONNECTIONS,
        timeout=Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        retries=Retry(total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
        ssl_context=ssl.create_default_context(),
    )

"""Photos and papers: where their bytes are kept. Knows nothing of `backend`."""

from pathlib import Path

from media.folder import FolderStore
from media.objects import BadKey, ObjectMissing, ObjectStore, StoreError, StoreUnavailable
from media.s3 import S3Store

__all__ = [
    "BadKey",
    "FolderStore",
    "ObjectMissing",
    "ObjectStore",
    "S3Store",
    "StoreError",
    "StoreUnavailable",
    "open_store",
]


def open_store(
    objects: str,
    home: Path,
    endpoint: str | None,
    access_key: str | None,
    secret_key: str | None,
    region: str | None,
) -> ObjectStore:
    """The store that `objects` names: `folder`, below `home`, or `s3://BUCKET` at the endpoint.

    Asks nothing of it yet; `check` does. Raises StoreUnavailable for an address that is none.
    """
    bucket = objects.removeprefix("s3://")
    if bucket == objects:
        return FolderStore(home / "objects")
    return S3Store(bucket, endpoint or "", access_key or "", secret_key or "", region)

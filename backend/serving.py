"""Running the server processes."""

import ctypes
import os
import signal
import socket
import threading
from pathlib import Path
from time import sleep

from granian import Granian
from granian.constants import Interfaces, Loops

from backend.settings import Settings

# malloc.h of glibc.
_M_ARENA_MAX = -8


def is_free(host: str, port: int) -> bool:
    """Whether the address can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def serve(config: Settings, host: str, port: int, workers: int) -> None:
    """Serves until a signal. The workers read their settings from the environment."""
    assert config.database_url is not None
    os.environ["CUNBAO_DATABASE_URL"] = config.database_url
    os.environ["CUNBAO_SECRET_KEY"] = config.secret_key
    limit_arenas()
    if workers > 1:
        _share_metrics(config.home / "metrics")
    Granian(
        "backend.main:from_environment",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        loop=Loops.uvloop,
        log_enabled=False,
        backlog=1024,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    ).serve()


def limit_arenas() -> None:
    """Has this process and those forked from it give memory back: with glibc's arena for each
    thread, photos of 20 MiB stay in many. The variable MALLOC_ARENA_MAX would come too late: glibc
    reads it at the start of a program, and workers are forked. Other C libraries have no arenas.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)


def end_with_parent() -> None:
    """Ends this worker when the process that started it is gone, so that the port is free again."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(5)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def _share_metrics(folder: Path) -> None:
    """Lets any worker answer for all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)

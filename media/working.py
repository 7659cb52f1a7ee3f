"""The worker: a process that does nothing but compute on pictures it is sent, one after another.

Requests come by standard input and answers leave by standard output, each as four bytes of length
(big-endian) and MessagePack. Answers are typed data and never pickles: the one who reads them must
not trust a process that has decoded an enemy's file.
"""

import ctypes
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from media.derivatives import watermarked
from media.examining import Examination, examine
from media.kinds import BadImage, Fault

# Address space and computing time for one picture. Measured with 50 million pixels: WebP 1.0 GiB
# and 1.8 s, HEIC 0.5 GiB and 2.1 s.
MEMORY = 1280 * 2**20
CPU_SECONDS = 20
_FILES = 16

# linux/prctl.h
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


class Examine(msgspec.Struct, frozen=True, tag=True):
    """Asks for an Examination."""

    data: bytes


class Watermark(msgspec.Struct, frozen=True, tag=True):
    """Asks for `picture` with `lines` on it."""

    picture: bytes
    lines: tuple[str, ...]


class Examined(msgspec.Struct, frozen=True, tag=True):
    """Answers Examine."""

    examination: Examination


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """Answers Watermark."""

    picture: bytes


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The file is bad."""

    fault: Fault


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The worker has met a fault of its own."""

    error: str


Request = Examine | Watermark
Answer = Examined | Drawn | Refused | Failed
_requests = msgspec.msgpack.Decoder[Request](Request)


def handle(request: Request) -> Answer:
    """The answer to a request."""
    match request:
        case Examine():
            return Examined(examine(request.data))
        case Watermark():
            return Drawn(watermarked(request.picture, request.lines))


def serve(handler: Callable[[Request], Answer], parent: int) -> None:
    """Confines the process, then answers until standard input ends."""
    source, sink = sys.stdin.buffer, _private_output()
    _confine(parent)
    while request := _next(source):
        _allow(CPU_SECONDS)
        answer = msgspec.msgpack.encode(_answer(handler, request))
        sink.write(len(answer).to_bytes(4) + answer)
        sink.flush()


def _answer(handler: Callable[[Request], Answer], request: bytes) -> Answer:
    try:
        return handler(_requests.decode(request))
    except BadImage as error:
        return Refused(error.fault)
    except MemoryError:
        return Refused(Fault.TOO_COSTLY)
    except Exception as error:
        return Failed(type(error).__name__)


def _next(source: BinaryIO) -> bytes:
    """The next request; empty at the end of input."""
    return source.read(int.from_bytes(source.read(4)))


def _private_output() -> BinaryIO:
    """Standard output for answers alone: what libraries print goes where errors go.

    Whatever else was open is closed here, because not every event loop does it for its children.
    """
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sink


def _confine(parent: int) -> None:
    """Little memory, no files written, no dumps of what was decoded, no life after the parent."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_NO_NEW_PRIVS, 1)):
            if libc.prctl(option, int(value), 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit(1)  # it died before it was watched


def _allow(seconds: int) -> None:
    """The system ends the process (SIGXCPU) when it computes longer than this from now on."""
    limit = math.ceil(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    serve(handle, int(sys.argv[1]))

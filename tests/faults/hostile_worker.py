"""A worker whose tasks misbehave as the bytes say. Run as a program by test_workers."""

import os
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile

import media.working
from media.kinds import BadImage, Fault
from media.working import Answer, Drawn, Examine, Request, serve


def handle(request: Request) -> Answer:
    """Does what `data` says; otherwise answers with what can be seen from inside."""
    task = request.data if isinstance(request, Examine) else request.picture
    match task:
        case b"memory":
            return Drawn(bytes(2**31)[:1])  # costs no time where it is allowed
        case b"compute":
            while True:
                pass
        case b"sleep":
            time.sleep(60)
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"bad":
            raise BadImage(Fault.BROKEN)
        case b"bug":
            raise KeyError("secret")
        case b"print":
            print("not an answer", flush=True)
        case b"write":
            with TemporaryFile() as file:
                file.write(b"x")
        case b"lie":
            os.write(_ANSWERS, (2**31).to_bytes(4) + b"x" * 100)
            time.sleep(60)
    seen = [
        sorted(os.environ),
        sorted(path.name for path in Path("/proc/self/fd").iterdir()),
        os.getpid(),
    ]
    return Drawn(repr(seen).encode())


_ANSWERS = 3  # where `serve` moves standard output

if __name__ == "__main__":
    media.working.CPU_SECONDS = 1
    serve(handle, int(sys.argv[1]))

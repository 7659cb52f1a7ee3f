"""Workers that run out of memory, hang, crash, are killed, lie or lose their parent."""

import ast
import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.kinds import BadImage, Fault
from media.workers import WorkerLost, Workers
from tests.pictures import saved, scene

HOSTILE = "tests.faults.hostile_worker"
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def hostile() -> AsyncIterator[Workers]:
    workers = Workers(1, HOSTILE, wall_seconds=5)
    yield workers
    await workers.close()


async def _seen(workers: Workers) -> tuple[list[str], list[str], int]:
    """Names in the environment, open files and process id, as seen by the worker."""
    environment, files, pid = ast.literal_eval((await workers.watermark(b"", [])).decode())
    return environment, files, pid


async def _fault(workers: Workers, task: bytes) -> Fault:
    with pytest.raises(BadImage) as caught:
        await workers.watermark(task, [])
    return caught.value.fault


async def test_a_photo_goes_through() -> None:
    workers = Workers(2)
    try:
        data = saved(scene())
        found = await asyncio.gather(*(workers.examine(data) for _ in range(3)))
        assert found[0] == found[1] == found[2]
        assert await workers.watermark(found[0].thumbnail, ["东王家庄村"])
        with pytest.raises(BadImage):
            await workers.examine(b"GIF89a")
    finally:
        await workers.close()


async def test_a_worker_knows_no_secret(
    hostile: Workers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUNBAO_SECRET_KEY", "x" * 32)
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        environment, files, _ = await _seen(hostile)
    assert environment == ["LC_ALL", "PYTHONPATH"]
    assert files == ["0", "1", "2", "3", "4"]  # the last lists the folder itself


async def test_too_much_memory_is_the_files_fault_and_ends_the_worker(hostile: Workers) -> None:
    *_, before = await _seen(hostile)
    assert await _fault(hostile, b"memory") is Fault.TOO_COSTLY
    *_, after = await _seen(hostile)
    assert before != after
    assert not _lives(before)


async def test_endless_computing_is_the_files_fault(hostile: Workers) -> None:
    assert await _fault(hostile, b"compute") is Fault.TOO_COSTLY
    assert await _seen(hostile)


async def test_a_hanging_worker_is_killed_and_replaced() -> None:
    workers = Workers(1, HOSTILE, wall_seconds=1)
    try:
        *_, before = await _seen(workers)
        with pytest.raises(WorkerLost, match="TimeoutError"):
            await workers.watermark(b"sleep", [])
        assert not _lives(before)
        assert await _seen(workers)
    finally:
        await workers.close()


@pytest.mark.parametrize("task", [b"crash", b"bug", b"lie", b"write"])
async def test_what_goes_wrong_inside_costs_only_that_item(hostile: Workers, task: bytes) -> None:
    with pytest.raises(WorkerLost) as caught:
        await hostile.watermark(task, [])
    assert "secret" not in str(caught.value)
    assert await _fault(hostile, b"bad") is Fault.BROKEN
    assert await _seen(hostile)


async def test_what_a_library_prints_is_no_answer(hostile: Workers) -> None:
    assert b"not an answer" not in await hostile.watermark(b"print", [])


async def test_another_answer_than_was_asked_for_is_not_believed(hostile: Workers) -> None:
    with pytest.raises(WorkerLost):
        await hostile.examine(b"")


async def test_killed_in_the_middle_of_a_picture(hostile: Workers) -> None:
    *_, pid = await _seen(hostile)
    asyncio.get_running_loop().call_later(0.2, os.kill, pid, signal.SIGKILL)
    with pytest.raises(WorkerLost):
        await hostile.watermark(b"sleep", [])
    assert await _seen(hostile)


async def test_killed_while_idle_nobody_notices(hostile: Workers) -> None:
    *_, pid = await _seen(hostile)
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert await _seen(hostile)


async def test_who_no_longer_waits_gets_no_answer_meant_for_another(hostile: Workers) -> None:
    await _seen(hostile)
    asked = asyncio.create_task(hostile.watermark(b"sleep", []))
    await asyncio.sleep(0.1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    started = time.monotonic()
    assert await _seen(hostile)
    assert time.monotonic() - started < 4


SERVER = """
import os, sys, uvloop
from media.workers import Workers
async def main():
    os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
    workers = Workers(1, {module!r})
    print((await workers.watermark(b"", [])).decode(), flush=True)
    await workers.close()
uvloop.run(main())
"""


async def test_under_the_servers_event_loop_nothing_is_inherited_either() -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER.format(module=HOSTILE)), stdout=PIPE, cwd=ROOT
    )
    printed, _ = await server.communicate()
    environment, files, _ = ast.literal_eval(printed.decode())
    assert environment == ["LC_ALL", "PYTHONPATH"]
    assert files == ["0", "1", "2", "3", "4"]


PARENT = """
import asyncio, sys
from media.workers import Workers
async def main():
    workers = Workers(1, {module!r})
    print((await workers.watermark(b"", [])).decode(), flush=True)
    await workers.watermark(b"sleep", [])
asyncio.run(main())
"""


async def test_a_worker_ends_with_its_parent() -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT.format(module=HOSTILE)), stdout=PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    pid = ast.literal_eval((await parent.stdout.readline()).decode())[2]
    await asyncio.sleep(0.2)
    assert _lives(pid)
    parent.kill()
    await parent.wait()
    for _ in range(50):
        if not _lives(pid):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the worker outlived its parent")


def _lives(pid: int) -> bool:
    """Whether the process runs; one that has ended but wasn't waited for doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

"""Sharing out memory."""

import asyncio

from media.budget import Budget


async def test_no_more_than_there_is_and_in_order() -> None:
    budget, inside, most, order = Budget(10), 0, 0, list[int]()

    async def use(number: int, wanted: int) -> None:
        nonlocal inside, most
        async with budget.of(wanted):
            inside += min(wanted, 10)
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(0)
            inside -= min(wanted, 10)

    await asyncio.gather(*(use(n, wanted) for n, wanted in enumerate([4, 6, 1, 99, 3, 10, 2])))
    assert most == 10
    assert order == sorted(order)


async def test_who_is_cancelled_gives_back_and_holds_up_nobody() -> None:
    budget, held = Budget(10), asyncio.Event()

    async def use(wanted: int) -> None:
        async with budget.of(wanted):
            await held.wait()

    holder, large, small = (asyncio.create_task(use(wanted)) for wanted in (6, 10, 4))
    await asyncio.sleep(0)
    large.cancel()
    await asyncio.sleep(0)
    holder.cancel()
    small.cancel()
    await asyncio.gather(holder, large, small, return_exceptions=True)
    async with asyncio.timeout(1), budget.of(10):
        pass


async def test_who_is_cancelled_in_the_moment_of_being_let_in_gives_back() -> None:
    budget, held = Budget(10), asyncio.Event()

    async def use() -> None:
        async with budget.of(10):
            await held.wait()

    first, second = asyncio.create_task(use()), asyncio.create_task(use())
    await asyncio.sleep(0)
    held.set()
    await asyncio.sleep(0)
    assert first.done()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert second.cancelled()
    async with asyncio.timeout(1):
        await use()

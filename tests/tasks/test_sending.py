"""Beyond the app: the order of channels, retries, limits, backlog."""

from datetime import timedelta

from backend.channels import Outgoing, TransportError
from backend.domain.channels import Kind
from backend.domain.sending import MOST_ATTEMPTS, SPREAD
from backend.store.database import fetch, fetch_value
from tests.tasks.sending import (
    BUSY,
    DEAD,
    LINK,
    backlog,
    begin,
    decide,
    on_call_list,
    reachable,
    robot,
    round_,
    send,
    services,
    states,
)
from tests.world import TOWN, VILLAGE, World

SMS, PUSH, APP, ROBOT = Kind.SMS, Kind.WEB_PUSH, Kind.WECOM_APP, Kind.WECOM_ROBOT


async def test_without_channels_there_is_the_app_alone(world: World) -> None:
    await begin(world)
    to = services(SMS)
    await round_(world, to)
    assert to[SMS].got == []
    assert len((await world.as_("liaison").get("/messages"))["items"]) == 1
    assert await on_call_list(TOWN) == []


async def test_a_channel_nobody_set_is_passed_over(world: World) -> None:
    await begin(world, "web_push", "wecom_app")
    await round_(world, {})
    assert await fetch_value("SELECT count(*) FROM delivery WHERE channel <> 'in_app'") == 0
    assert await on_call_list(TOWN) == []


async def test_counts_and_a_link_to_the_number_of_the_account(world: World) -> None:
    await begin(world, "sms")
    to = services(SMS)
    await round_(world, to)
    phones = {world.people[who].phone for who in ("liaison", "colleague", "elsewhere", "station")}
    assert phones <= {item.address for item in to[SMS].got}
    said = "".join(item.text for item in to[SMS].got)
    assert all(item.link == LINK for item in to[SMS].got)
    assert "1项待报" in said
    for person in world.people.values():
        assert person.name not in said
        assert person.phone not in said
    assert "王家庄" not in said
    assert await states(world, "liaison") == [("sms", "sent")]


async def test_the_first_channel_with_an_address_is_the_only_one(world: World) -> None:
    await begin(world, "wecom_app", "sms")
    await reachable(world, "liaison", APP, "wangfang")
    to = services(APP, SMS)
    await round_(world, to)
    assert [item.address for item in to[APP].got] == ["wangfang"]
    assert world.people["liaison"].phone not in [item.address for item in to[SMS].got]
    assert world.people["colleague"].phone in [item.address for item in to[SMS].got]


async def test_a_failure_is_tried_again_later_and_later_then_the_next_channel(
    world: World,
) -> None:
    await begin(world, "wecom_app", "sms")
    await reachable(world, "liaison", APP, "wangfang")
    to = services(APP, SMS)
    to[APP].say = lambda item: BUSY
    await decide(world, to)
    waits = []
    for count in range(1, MOST_ATTEMPTS + 1):
        await send(world, to)
        assert len(to[APP].got) == count
        at = await fetch_value("SELECT max(not_before) FROM delivery WHERE channel = 'wecom_app'")
        waits.append(at - world.clock.now)
        world.clock.now = max(at, world.clock.now)
    assert waits[:5] == sorted(waits[:5])
    assert timedelta(seconds=15) <= waits[0] <= timedelta(seconds=30)
    assert {item.key for item in to[APP].got} == {to[APP].got[0].key}
    assert await states(world, "liaison") == [("wecom_app", "failed"), ("sms", "sent")]
    assert await on_call_list(TOWN) == []


async def test_a_dead_address_is_never_used_again_and_stands_on_the_call_list(
    world: World,
) -> None:
    await begin(world, "sms")
    to = services(SMS)
    number = world.people["liaison"].phone
    to[SMS].say = lambda item: DEAD if item.address == number else None
    await round_(world, to)
    assert await states(world, "liaison") == [("sms", "failed")]
    assert await on_call_list(TOWN) == [("王芳", "no_such_number")]
    world.clock.set(2026, 11, 6, 9, 0)
    before = len(to[SMS].got)
    await round_(world, to)
    assert number not in [item.address for item in to[SMS].got[before:]]
    assert len(to[SMS].got) > before
    assert await on_call_list(TOWN) == [("王芳", "no_such_number")]


async def test_whom_no_channel_reached_is_to_be_called(world: World) -> None:
    await begin(world, "sms")
    to = services(SMS)
    number = world.people["liaison"].phone
    to[SMS].say = lambda item: BUSY if item.address == number else None
    await decide(world, to)
    for _ in range(MOST_ATTEMPTS):
        await send(world, to)
        world.clock.pass_(hours=0.5)
    assert await on_call_list(TOWN) == [("王芳", "unreachable")]


async def test_two_phones_count_as_one_channel(world: World) -> None:
    await begin(world, "web_push", "sms")
    for address in ("first", "second"):
        await reachable(world, "liaison", PUSH, address)
    to = services(PUSH, SMS)
    to[PUSH].say = lambda item: DEAD if item.address == "first" else None
    await round_(world, to)
    assert await states(world, "liaison") == [("web_push", "failed"), ("web_push", "sent")]


async def test_what_was_filed_meanwhile_is_dropped(world: World) -> None:
    await begin(world, "sms")
    to = services(SMS)
    await decide(world, to)
    duty = await world.duty()
    assert (await world.file("liaison", obligation=duty["id"]))["outcome"] == "created"
    await send(world, to)
    assert await states(world, "liaison") == [("sms", "dropped")]
    assert world.people["liaison"].phone not in [item.address for item in to[SMS].got]


async def test_nothing_goes_in_the_quiet_hours(world: World) -> None:
    await begin(world, "sms")
    to = services(SMS)
    await decide(world, to)
    world.clock.set(2026, 11, 5, 20, 30)
    await send(world, to)
    assert to[SMS].got == []
    world.clock.set(2026, 11, 6, 7, 59)
    await send(world, to)
    assert to[SMS].got == []
    world.clock.set(2026, 11, 6, 8, 0)
    for _ in range(2):  # in the morning it is spread as well
        await send(world, to)
        world.clock.now += SPREAD
    assert len(to[SMS].got) == await fetch_value(
        "SELECT count(*) FROM delivery WHERE channel = 'sms'"
    )
    waited = await fetch_value(
        "SELECT count(DISTINCT not_before) FROM delivery WHERE channel = 'sms'"
    )
    assert waited > 1


async def test_a_township_gets_one_digest_of_all_its_villages(world: World) -> None:
    await begin(world, "wecom_robot")
    await robot(world, TOWN, ROBOT, "robot-key-1")
    to = services(ROBOT)
    await round_(world, to)
    (item,) = to[ROBOT].got
    assert item.address == "robot-key-1"
    assert "3个村有3项待报" in item.text  # B角 and primary of one village are one duty


async def test_what_a_channel_no_longer_set_has_waiting_goes_the_next_way(world: World) -> None:
    await begin(world, "wecom_app", "sms")
    await reachable(world, "liaison", APP, "wangfang")
    both = services(APP, SMS)
    await decide(world, both)
    await send(world, {SMS: both[SMS]})
    assert await states(world, "liaison") == [("wecom_app", "failed"), ("sms", "sent")]


async def test_a_limit_queues_and_the_nearest_deadline_goes_first(world: World) -> None:
    await backlog(world, 40)
    to = services(APP)
    await send(world, to)
    assert len(to[APP].got) == 30
    sent_first = await fetch_value("SELECT max(deadline) FROM delivery WHERE sent_at IS NOT NULL")
    waiting = await fetch_value("SELECT min(deadline) FROM delivery WHERE sent_at IS NULL")
    assert sent_first <= waiting
    world.clock.pass_(seconds=59)
    await send(world, to)
    assert len(to[APP].got) == 30
    world.clock.pass_(seconds=11)  # the minute, and the time a message may be under way
    await send(world, to)
    assert len(to[APP].got) == 41
    assert len({item.key for item in to[APP].got}) == 41


async def test_a_service_that_asks_for_time_gets_it(world: World) -> None:
    await backlog(world, 3)
    to = services(APP)
    to[APP].say = lambda item: TransportError("code_45009", retry_after=600.0)
    await send(world, to)
    asked = len(to[APP].got)
    to[APP].say = lambda item: None
    world.clock.pass_(seconds=599)
    await send(world, to)
    assert len(to[APP].got) == asked
    world.clock.pass_(seconds=2)
    await send(world, to)
    assert len(to[APP].got) == asked + 4


async def test_nobody_is_told_about_a_village_that_is_no_longer_theirs(world: World) -> None:
    await begin(world, "sms")
    to = services(SMS)
    await decide(world, to)
    await fetch(
        "UPDATE post SET ends_at = $2 WHERE region = $1 AND NOT is_backup",
        VILLAGE,
        world.clock.now,
    )
    await send(world, to)
    assert await states(world, "liaison") == [("sms", "dropped")]


async def test_a_channel_that_breaks_in_its_own_way_has_not_sent(world: World) -> None:
    await begin(world, "sms")
    to = services(SMS)

    def breaks(item: Outgoing) -> None:
        raise ZeroDivisionError

    to[SMS].say = breaks
    await round_(world, to)
    failures = await fetch("SELECT DISTINCT failure FROM delivery WHERE channel = 'sms'")
    assert [row["failure"] for row in failures] == ["ZeroDivisionError"]
    assert await states(world, "liaison") == [("sms", "waiting")]

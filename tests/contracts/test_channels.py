"""The channels' contract, each over a real server that reads, refuses, waits and hangs up."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from apprise.plugins.wechat import NotifyWeChat
from apprise.plugins.wecombot import NotifyWeComBot

from backend.channels import Outgoing, TransportError, apprised, http, open_channels
from backend.channels.subscriptions import clean_subscription, public_key
from backend.channels.wecom_app import WeComApp
from backend.channels.wecom_robot import wecom_robot
from backend.domain.channels import OUTSIDE, Kind
from backend.domain.refusal import Refusal
from backend.settings import load
from tests.contracts.ways import PHONE_AUTH, PHONE_P256DH, VAPID, Way, way_of
from tests.receivers import Answer, Got, http_receiver
from tests.world import CHANNELS

NOW = datetime.now(UTC)
TEXT = "2个村有3项待报，其中1项已逾期，最近截止时间：11月6日12:00。"
LINK = "https://cunbao.test/"


@pytest.fixture(params=OUTSIDE, ids=str)
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    with way_of(request.param) as made:
        try:
            yield made
        finally:
            await made.channel.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprised, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(http, "SEND_SECONDS", 0.3)


def item(way: Way, key: str = "4711") -> Outgoing:
    return Outgoing(key, way.address, "村报", TEXT, LINK)


async def refused(way: Way) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await way.channel.send(item(way), NOW)
    return caught.value


async def test_the_text_arrives_whole_and_signed(way: Way) -> None:
    await way.channel.send(item(way), NOW)
    (text,) = way.texts()
    assert TEXT in text
    assert LINK in text


async def test_a_second_copy_carries_the_same_key(way: Way) -> None:
    for key in ("4711", "4711", "4712"):
        await way.channel.send(item(way, key), NOW)
    first, second, other = way.keys()
    assert first == second
    if way.kind in (Kind.WEB_PUSH, Kind.SMS, Kind.VOICE, Kind.MAIL):
        assert other != first


async def test_no_log_line_names_the_address(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await way.channel.send(item(way), NOW)
    way.refuse()
    await refused(way)
    secrets = [way.address, *way.address.split("@"), "/push/abc"]
    ours = [r.getMessage() for r in caplog.records if r.name != "mail.log"]  # the test's server
    assert not any(secret in line for secret in secrets for line in ours), ours


async def test_a_dead_address_is_known_as_such(way: Way) -> None:
    way.refuse()
    error = await refused(way)
    assert error.permanent, error.reason
    assert way.address not in error.reason


async def test_too_many_is_not_final_and_says_when(way: Way) -> None:
    way.busy()
    error = await refused(way)
    assert not error.permanent
    if way.kind is not Kind.MAIL:  # SMTP has no word for it
        assert error.retry_after in (60.0, 600.0)


async def test_a_fault_of_the_service_is_not_final(way: Way) -> None:
    way.fail()
    assert not (await refused(way)).permanent
    way.accept()
    await way.channel.send(item(way), NOW)


async def test_a_dropped_connection_is_not_final(way: Way) -> None:
    way.drop()
    error = await refused(way)
    assert not error.permanent
    way.accept()
    await way.channel.send(item(way), NOW)


@pytest.mark.usefixtures("impatient")
async def test_waiting_ends_and_does_not_stop_the_rest(way: Way) -> None:
    way.hang()
    began = time.monotonic()
    assert (await refused(way)).reason == "timeout"
    assert time.monotonic() - began < 3
    way.accept()
    await way.channel.send(item(way), NOW)


async def test_nobody_there_is_not_final(way: Way) -> None:
    with way_of(way.kind) as gone:
        pass
    assert not (await refused(gone)).permanent
    await gone.channel.close()


@pytest.mark.usefixtures("impatient")
async def test_a_hanging_channel_holds_up_no_other() -> None:
    with way_of(Kind.MAIL) as slow, way_of(Kind.FEISHU) as robot, way_of(Kind.SMS) as gateway:
        slow.hang()
        stuck = [asyncio.create_task(slow.channel.send(item(slow), NOW)) for _ in range(50)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await robot.channel.send(item(robot), NOW)
        await gateway.channel.send(item(gateway), NOW)
        assert time.monotonic() - began < 0.25
        results = await asyncio.gather(*stuck, return_exceptions=True)
        assert {type(each) for each in results} == {TransportError}
        for each in (slow, robot, gateway):
            await each.channel.close()


async def test_what_the_settings_name_is_opened() -> None:
    secret = {"CUNBAO_SECRET_KEY": "x" * 32}
    assert open_channels(load(secret)) == {}
    everything = {
        **secret,
        **CHANNELS,
        "CUNBAO_FEISHU_URL": "https://open.feishu.cn",
        "CUNBAO_GATEWAY_CHANNELS": "sms voice",
    }
    opened = open_channels(load(everything))
    assert set(opened) == set(OUTSIDE)
    for channel in opened.values():
        await channel.close()


def test_the_schema_of_wecom_is_not_that_of_a_relay() -> None:
    assert NotifyWeComBot.secure_protocol == "wecombot"
    assert NotifyWeChat.secure_protocol == "wechat"


def of_wecom(got: Got) -> Answer:
    if got.path == "/cgi-bin/gettoken":
        return Answer(200, {"errcode": 0, "access_token": "tok", "expires_in": 7200})
    return Answer(200, {"errcode": 0})


async def test_the_token_of_the_application_is_fetched_once() -> None:
    with http_receiver() as service:
        service.answer = of_wecom
        channel = WeComApp(service.address, "corp1:corp-secret@1000002")
        for key in ("1", "2", "3"):
            await channel.send(Outgoing(key, "lixiang", "村报", TEXT), NOW)
        paths = [got.path for got in service.got]
        assert paths == ["/cgi-bin/gettoken", *["/cgi-bin/message/send"] * 3]
        await channel.close()


async def test_a_service_that_talks_nonsense_has_not_taken_it() -> None:
    with http_receiver() as service:
        service.always(200, "login page of the hotel")
        channel = wecom_robot(service.address)
        with pytest.raises(TransportError, match="unreadable_answer"):
            await channel.send(Outgoing("1", "robot-key-1", "村报", TEXT), NOW)
        await channel.close()


ORIGINS = ("https://fcm.googleapis.com", "https://*.notify.windows.com")


@pytest.mark.parametrize(
    "endpoint",
    ["https://fcm.googleapis.com/fcm/send/abc", "https://wns2-by.notify.windows.com/w/?token=a"],
)
def test_a_subscription_at_a_push_service_is_kept(endpoint: str) -> None:
    assert endpoint in clean_subscription(endpoint, PHONE_P256DH, PHONE_AUTH, ORIGINS)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://127.0.0.1/fcm",
        "https://fcm.googleapis.com.evil.test/",
        "https://fcm.googleapis.com:8443/",
        "https://user@fcm.googleapis.com/",
        "https://evil.test#.notify.windows.com",
        "https://notify.windows.com.evil.test/",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_the_server_asks_no_other_host(endpoint: str) -> None:
    with pytest.raises(Refusal, match="bad_address"):
        clean_subscription(endpoint, PHONE_P256DH, PHONE_AUTH, ORIGINS)


@pytest.mark.parametrize(("p256dh", "auth"), [("AAAA", PHONE_AUTH), (PHONE_P256DH, "%"), ("", "")])
def test_keys_that_nothing_can_be_sealed_with_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(Refusal, match="bad_address"):
        clean_subscription(f"{ORIGINS[0]}/x", p256dh, auth, ORIGINS)


def test_the_browsers_half_of_the_key() -> None:
    assert len(public_key(VAPID)) == 87

"""Retries, slots, the order of channels, what an address is, what a receipt changes."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.channels.answers import check_code, check_status
from backend.channels.sending import TransportError
from backend.channels.signing import SIGNATURE, TIMESTAMP, is_signed, signed
from backend.domain.calendar import WorkCalendar
from backend.domain.channels import LIMITS, OUTSIDE, Kind, clean_address, masked_address
from backend.domain.ladder import parse_ladder
from backend.domain.pacing import SEND_SECONDS, Limit, earliest, with_slot
from backend.domain.refusal import Refusal
from backend.domain.sending import (
    MOST_ATTEMPTS,
    SPREAD,
    Receipt,
    ReceiptOutcome,
    allowed_from,
    in_order,
    next_channel,
    receipt_outcome,
    retry_at,
    spread,
)

NOW = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)


def wait(attempts: int, key: str = "k", retry_after: float | None = None) -> timedelta:
    at = retry_at(attempts, NOW, permanent=False, retry_after=retry_after, key=key)
    assert at is not None
    return at - NOW


@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS))
def test_each_wait_doubles_within_its_half(attempts: int) -> None:
    longest = timedelta(seconds=30 * 2 ** (attempts - 1))
    waits = [wait(attempts, f"key {n}") for n in range(50)]
    assert all(longest / 2 <= each <= longest for each in waits)
    assert len(set(waits)) == 50
    assert wait(attempts, "key 7") == wait(attempts, "key 7")


def test_the_end_of_trying() -> None:
    last = retry_at(MOST_ATTEMPTS, NOW, permanent=False, retry_after=None, key="k")
    dead = retry_at(1, NOW, permanent=True, retry_after=5.0, key="k")
    assert (last, dead) == (None, None)


def test_a_time_asked_for_is_kept_but_not_forever() -> None:
    assert wait(1, retry_after=600.0) == timedelta(seconds=600)
    assert wait(1, retry_after=0.5) >= timedelta(seconds=15)
    assert wait(1, retry_after=1e9) == timedelta(hours=1)


@given(
    st.lists(st.integers(0, 20_000), min_size=1, max_size=80),
    st.sampled_from([kind for kind in OUTSIDE if kind in LIMITS]),
)
@settings(max_examples=60, deadline=None)
def test_no_window_ever_holds_more_than_its_limit(gaps: list[int], kind: Kind) -> None:
    """Whoever sends as soon as a slot is free never breaks a limit, even with slow messages."""
    now, taken, sent = NOW, list[datetime](), list[datetime]()
    for gap in gaps:
        now = earliest(taken, LIMITS[kind], None, now + timedelta(milliseconds=gap))
        taken = with_slot(taken, LIMITS[kind], now)
        sent.append(now)
    for limit in LIMITS[kind]:
        window = timedelta(seconds=limit.seconds + SEND_SECONDS)
        assert all(sum(at <= other < at + window for other in sent) <= limit.count for at in sent)
        assert len(taken) <= max(each.count for each in LIMITS[kind])


def test_a_limit_is_used_to_the_full() -> None:
    limits, taken = (Limit(20, 60),), list[datetime]()
    for _ in range(20):
        assert earliest(taken, limits, None, NOW) == NOW
        taken = with_slot(taken, limits, NOW)
    assert earliest(taken, limits, None, NOW) == NOW + timedelta(seconds=60 + SEND_SECONDS)


def test_a_service_that_wants_to_be_left_alone_is() -> None:
    held = NOW + timedelta(minutes=10)
    assert earliest([], (), held, NOW) == held
    assert earliest([], (), NOW - timedelta(minutes=10), NOW) == NOW


def test_without_limits_nothing_is_kept() -> None:
    assert with_slot([NOW], (), NOW) == []


def test_the_order_of_several_steps_is_one_order() -> None:
    order = in_order([("web_push", "sms"), (), ("wecom_app", "sms")])
    assert order == ("web_push", "sms", "wecom_app")
    assert next_channel(order, (), {"sms", "wecom_app"}) == "sms"
    assert next_channel(order, ("sms",), {"sms", "wecom_app"}) == "wecom_app"
    assert next_channel(order, ("sms", "wecom_app"), {"sms", "wecom_app"}) is None


def test_a_day_off_is_quiet_unless_something_is_due_on_it() -> None:
    days = WorkCalendar({}, frozenset({2026}))
    saturday = datetime(2026, 11, 7, 2, 0, tzinfo=UTC)
    monday_8 = datetime(2026, 11, 9, 0, 0, tzinfo=UTC)
    friday = saturday - timedelta(days=1)
    assert not days.is_workday(date(2026, 11, 7))
    assert allowed_from(saturday, [friday], days) == monday_8
    assert allowed_from(saturday, [], days) == monday_8
    assert allowed_from(saturday, [friday, saturday + timedelta(hours=4)], days) == saturday


@pytest.mark.parametrize(
    ("said", "attempts", "is_out", "is_settled", "outcome"),
    [
        ("delivered", 1, True, False, "noted"),
        ("failed", 1, True, False, "noted"),
        ("delivered", 2, False, False, "noted"),
        ("failed", 1, False, False, "repeated"),
        ("delivered", 1, True, True, "repeated"),
        ("failed", 1, True, True, "repeated"),
        ("delivered", 0, False, False, "unknown"),
        ("failed", 0, False, False, "unknown"),
    ],
)
def test_what_a_receipt_changes(
    said: str, attempts: int, is_out: bool, is_settled: bool, outcome: str
) -> None:
    found = receipt_outcome(Receipt(said), attempts=attempts, is_out=is_out, is_settled=is_settled)
    assert found is ReceiptOutcome(outcome)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (Kind.SMS, "13912345678", "139****5678"),
        (Kind.MAIL, "wang@village.test", "w***@village.test"),
        (Kind.WECOM_APP, "wangfang", "wa****ng"),
        (Kind.WECOM_APP, "wang", "w****"),
        (Kind.WECOM_ROBOT, "693a91f6-7xxx-4bc4", "69****c4"),
        (Kind.WEB_PUSH, "{}", "…"),
    ],
)
def test_an_address_is_shown_masked(kind: Kind, text: str, shown: str) -> None:
    assert masked_address(kind, text) == shown


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.SMS, "12345678901"),
        (Kind.MAIL, "a@b"),
        (Kind.MAIL, "a@b.test\r\nBcc: c@d.test"),
        (Kind.WECOM_APP, "@all"),
        (Kind.WECOM_ROBOT, "https://evil.test/?key=693a91f6-7xxx-4bc4"),
        (Kind.FEISHU, "../../x"),
        (Kind.WEB_PUSH, "{}"),
        (Kind.IN_APP, "me"),
    ],
)
def test_what_is_no_address(kind: Kind, text: str) -> None:
    with pytest.raises(Refusal, match="bad_address"):
        clean_address(kind, text)


def test_a_step_names_its_channels_in_order() -> None:
    step = {"key": "late", "offset_hours": 2, "audience": ["liaison"]}
    (plain,) = parse_ladder([step])
    (more,) = parse_ladder([{**step, "channels": ["sms", "web_push"]}])
    assert plain.channels == ()
    assert more.channels == (Kind.SMS, Kind.WEB_PUSH)
    assert plain.to_dict() == step
    assert parse_ladder([more.to_dict()]) == (more,)


@pytest.mark.parametrize("channels", ["sms", None, ["in_app"], ["pigeon"], ["sms", "sms"], [1]])
def test_channels_that_are_none(channels: object) -> None:
    step = {"key": "late", "offset_hours": 2, "audience": ["liaison"], "channels": channels}
    with pytest.raises(Refusal) as caught:
        parse_ladder([step])
    assert caught.value.params == {"reason": "channels", "index": 0}


SECRET = "a gateway secret of thirty-two or more"


def test_a_signature_is_for_one_body_one_secret_and_five_minutes() -> None:
    headers = signed(SECRET, b"{}", NOW)
    at, mac = headers[TIMESTAMP], headers[SIGNATURE]
    assert is_signed(SECRET, b"{}", at, mac, NOW + timedelta(minutes=5))
    assert is_signed(SECRET, b"{}", at, mac, NOW - timedelta(minutes=5))
    assert not is_signed(SECRET, b"{}", at, mac, NOW + timedelta(seconds=301))
    assert not is_signed(SECRET, b"{ }", at, mac, NOW)
    assert not is_signed(SECRET[:-1], b"{}", at, mac, NOW)
    assert not is_signed(SECRET, b"{}", str(int(at) + 1), mac, NOW)
    for bad_at, bad_mac in ((None, mac), (at, None), ("", mac), ("٣", mac), (at, "签名"), (at, "")):
        assert not is_signed(SECRET, b"{}", bad_at, bad_mac, NOW)


@pytest.mark.parametrize(
    ("status", "header", "permanent", "seconds"),
    [
        (410, None, True, None),
        (404, None, False, None),
        (401, None, False, None),
        (302, None, False, None),
        (429, "60", False, 60.0),
        (503, "Fri, 06 Nov 2026 04:00:00 GMT", False, None),
        (503, "9999999999999", False, 86_400.0),
    ],
)
def test_what_a_status_means(
    status: int, header: str | None, permanent: bool, seconds: float | None
) -> None:
    with pytest.raises(TransportError) as caught:
        check_status(status, {"retry-after": header} if header else {}, (410,))
    assert (caught.value.permanent, caught.value.retry_after) == (permanent, seconds)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"ok"', b"{}", b'{"errcode": "0"}'])
def test_an_answer_without_a_code_is_no_yes(content: bytes) -> None:
    with pytest.raises(TransportError, match="unreadable_answer"):
        check_code(content, "errcode")


def test_what_is_decided_in_one_second_goes_over_five_minutes() -> None:
    now = datetime(2026, 11, 5, 1, tzinfo=UTC)
    deadline = now + timedelta(days=1)
    waits = [spread(address, now, deadline) - now for address in range(1000)]
    assert timedelta() <= min(waits) < SPREAD * 0.02
    assert SPREAD * 0.98 < max(waits) <= SPREAD
    # No tenth of the time takes more than its share and a half.
    tenths = Counter(int(wait / SPREAD * 10) for wait in waits)
    assert max(tenths.values()) < 150
    assert spread(7, now, deadline) == spread(7, now, deadline)
    soon = now + timedelta(seconds=30)
    assert max(spread(address, now, soon) for address in range(100)) <= now + (soon - now) / 2
    past = now - timedelta(days=1)
    assert max(spread(address, now, past) for address in range(100)) > now + SPREAD / 2

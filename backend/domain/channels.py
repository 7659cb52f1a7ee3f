"""The ways to reach people, their limits, and what counts as an address on each."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from backend.domain.pacing import Limit
from backend.domain.phones import is_mobile
from backend.domain.phones import masked as masked_phone
from backend.domain.refusal import Refusal


class Kind(StrEnum):
    """A channel, named by what the person has at the other end."""

    IN_APP = "in_app"
    WEB_PUSH = "web_push"
    WECOM_APP = "wecom_app"
    WECOM_ROBOT = "wecom_robot"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    MAIL = "mail"
    SMS = "sms"
    VOICE = "voice"


# A robot speaks to a group: its address belongs to a township, not to a person.
GROUPS: Final = frozenset({Kind.WECOM_ROBOT, Kind.DINGTALK, Kind.FEISHU})
# Reached at the number the account signs in with, unless another is given.
BY_PHONE: Final = frozenset({Kind.SMS, Kind.VOICE})
OUTSIDE: Final[tuple[Kind, ...]] = tuple(kind for kind in Kind if kind is not Kind.IN_APP)
PERSONAL: Final[tuple[Kind, ...]] = tuple(kind for kind in OUTSIDE if kind not in GROUPS)

# The services' own rules, per address: WeCom robot 20/min, WeCom application 30/min a member,
# DingTalk 20/min, Feishu 100/min and 5/s, notice SMS 50/day a number.
LIMITS: Final[Mapping[Kind, tuple[Limit, ...]]] = {
    Kind.WECOM_ROBOT: (Limit(20, 60),),
    Kind.WECOM_APP: (Limit(30, 60),),
    Kind.DINGTALK: (Limit(20, 60),),
    Kind.FEISHU: (Limit(100, 60), Limit(5, 1)),
    Kind.SMS: (Limit(50, 86_400),),
    Kind.VOICE: (Limit(50, 86_400),),
}

_KEY = r"([A-Za-z0-9_-]{8,128})"
_WORD = r"([A-Za-z0-9]{8,128})"
# What is shown when a robot is made is its whole address: both that and the key in it are taken.
_SHAPES: Final[Mapping[Kind, str]] = {
    Kind.WECOM_ROBOT: rf"(?:https://[^\s?]+/cgi-bin/webhook/send\?key=)?{_KEY}",
    Kind.DINGTALK: rf"(?:https://[^\s?]+/robot/send\?access_token=)?{_WORD}",
    Kind.FEISHU: rf"(?:https://[^\s?]+/open-apis/bot/v2/hook/)?{_KEY}",
    Kind.WECOM_APP: r"([A-Za-z0-9][A-Za-z0-9_.-]{0,63})",
    Kind.MAIL: r"([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})",
}


def clean_address(kind: Kind, text: str, secret: str | None = None) -> str:
    """The address as it is kept. Refusal("bad_address") when it can't be one of this channel.

    `secret` is the signing secret of a DingTalk robot; no other channel takes one.
    """
    if kind in BY_PHONE:
        found = text if is_mobile(text) else None
    else:
        match = re.fullmatch(_SHAPES[kind], text, re.ASCII) if kind in _SHAPES else None
        found = match[1] if match else None
    if found is None or (secret is not None and not _takes(kind, secret)):
        raise Refusal("bad_address", channel=kind.value)
    return found if secret is None else f"{secret}@{found}"


def _takes(kind: Kind, secret: str) -> bool:
    return kind is Kind.DINGTALK and re.fullmatch(_WORD, secret, re.ASCII) is not None


def masked_address(kind: Kind, text: str) -> str:
    """What a list shows of it: enough to know it again, too little to use it."""
    if kind in BY_PHONE:
        return masked_phone(text)
    if kind is Kind.MAIL:
        name, _, host = text.partition("@")
        return f"{name[:1]}***@{host}"
    if kind is Kind.WEB_PUSH:
        return "…"
    return f"{text[:2]}****{text[-2:]}" if len(text) > 6 else f"{text[:1]}****"

"""Each channel with a real service at its other end, and what that service reads of a message."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from backend.channels import Channel
from backend.channels.dingtalk import dingtalk
from backend.channels.feishu import feishu
from backend.channels.gateway import Gateway
from backend.channels.mail import Mail
from backend.channels.signing import SIGNATURE, TIMESTAMP
from backend.channels.web_push import WebPush
from backend.channels.wecom_app import WeComApp
from backend.channels.wecom_robot import wecom_robot
from backend.domain.channels import Kind
from tests.receivers import Answer, Got, HttpReceiver, http_receiver, mail_receiver

SECRET = "a gateway secret of thirty-two or more"
VAPID = "3s2dMcVbOoTdCXLSbUPPSuVnKbTUL9Ko0n8jLsWl0yw"
CONTACT = "mailto:county@cunbao.test"
DING_SECRET = "SEC0123456789abcdef"
_PHONE_KEY = ec.derive_private_key(4711, ec.SECP256R1())
_PHONE_AUTH = b"sixteen bytes ok"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


PHONE_P256DH = _b64(
    _PHONE_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)
PHONE_AUTH = _b64(_PHONE_AUTH)


@dataclass
class Way:
    """A channel, its service, and how the service is told to behave.

    `texts` is what the service could read of the messages it accepted so far, checked for their
    signature and shape on the way.
    """

    kind: Kind
    channel: Channel
    address: str
    texts: Callable[[], list[str]]
    keys: Callable[[], list[str]]
    accept: Callable[[], None]
    refuse: Callable[[], None]
    busy: Callable[[], None]
    fail: Callable[[], None]
    hang: Callable[[], None]
    drop: Callable[[], None]
    arrived: Callable[[], int]


def _over_http(
    kind: Kind,
    channel: Channel,
    address: str,
    service: HttpReceiver,
    read: Callable[[Got], str],
    *,
    key: Callable[[Got], str] = lambda got: "",
    ok: Any = None,
    refused: Answer,
    busy: Answer,
    before: Callable[[Got], Answer | None] = lambda got: None,
) -> Way:
    def mine() -> list[Got]:
        return [got for got in service.got if before(got) is None]

    def says(answer: Answer) -> Callable[[], None]:
        def set_() -> None:
            service.answer = lambda got: before(got) or answer

        return set_

    accept = says(Answer(200, ok))
    accept()
    return Way(
        kind,
        channel,
        address,
        lambda: [read(got) for got in mine()],
        lambda: [key(got) for got in mine()],
        accept,
        says(refused),
        says(busy),
        says(Answer(503)),
        says(Answer(hang=True)),
        says(Answer(drop=True)),
        lambda: len(mine()),
    )


def _read_push(got: Got) -> str:
    assert got.path == "/push/abc"
    assert got.headers["content-encoding"] == "aes128gcm"
    assert int(got.headers["ttl"]) > 0
    assert len(got.headers["topic"]) == 32
    assert Vapid02.verify(got.headers["authorization"])
    claims = got.headers["authorization"].split("t=")[1].split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert said["aud"].startswith("http://127.0.0.1:")
    assert said["sub"] == CONTACT
    plain = http_ece.decrypt(
        got.body, private_key=_PHONE_KEY, auth_secret=_PHONE_AUTH, version="aes128gcm"
    )
    found = json.loads(plain)
    assert found["key"]
    return f"{found['title']} {found['body']} {found['link']}"


def _web_push(service: HttpReceiver) -> Way:
    address = json.dumps(
        {
            "endpoint": f"{service.address}/push/abc",
            "keys": {"p256dh": PHONE_P256DH, "auth": PHONE_AUTH},
        }
    )
    return _over_http(
        Kind.WEB_PUSH,
        WebPush(VAPID, CONTACT),
        address,
        service,
        _read_push,
        key=lambda got: got.headers["topic"],
        refused=Answer(410),
        busy=Answer(429, headers={"retry-after": "60"}),
    )


def _wecom_robot(service: HttpReceiver) -> Way:
    def read(got: Got) -> str:
        assert (got.path, got.query) == ("/cgi-bin/webhook/send", {"key": ["robot-key-1"]})
        assert got.json["msgtype"] == "text"
        return str(got.json["text"]["content"])

    return _over_http(
        Kind.WECOM_ROBOT,
        wecom_robot(service.address),
        "robot-key-1",
        service,
        read,
        ok={"errcode": 0, "errmsg": "ok"},
        refused=Answer(200, {"errcode": 93000, "errmsg": "invalid webhook url"}),
        busy=Answer(200, {"errcode": 45009, "errmsg": "api freq out of limit"}),
    )


def _wecom_app(service: HttpReceiver) -> Way:
    def token(got: Got) -> Answer | None:
        if got.path != "/cgi-bin/gettoken":
            return None
        assert got.query == {"corpid": ["corp1"], "corpsecret": ["corp-secret"]}
        return Answer(200, {"errcode": 0, "access_token": "tok", "expires_in": 7200})

    def read(got: Got) -> str:
        assert (got.path, got.query) == ("/cgi-bin/message/send", {"access_token": ["tok"]})
        assert (got.json["touser"], got.json["agentid"]) == ("lixiang", 1000002)
        return str(got.json["text"]["content"])

    return _over_http(
        Kind.WECOM_APP,
        WeComApp(service.address, "corp1:corp-secret@1000002"),
        "lixiang",
        service,
        read,
        ok={"errcode": 0, "errmsg": "ok"},
        refused=Answer(200, {"errcode": 0, "errmsg": "ok", "invaliduser": "lixiang"}),
        busy=Answer(200, {"errcode": 45009, "errmsg": "reach max api daily quota limit"}),
        before=token,
    )


def _dingtalk(service: HttpReceiver) -> Way:
    def read(got: Got) -> str:
        assert got.path == "/robot/send"
        assert got.query["access_token"] == ["token12345"]
        at = got.query["timestamp"][0]
        wanted = hmac.digest(DING_SECRET.encode(), f"{at}\n{DING_SECRET}".encode(), "sha256")
        assert got.query["sign"] == [base64.b64encode(wanted).decode()]
        return str(got.json["text"]["content"])

    return _over_http(
        Kind.DINGTALK,
        dingtalk(service.address),
        f"{DING_SECRET}@token12345",
        service,
        read,
        ok={"errcode": 0, "errmsg": "ok"},
        refused=Answer(200, {"errcode": 300001, "errmsg": "token is not exist"}),
        busy=Answer(200, {"errcode": 130101, "errmsg": "send too fast"}),
    )


def _feishu(service: HttpReceiver) -> Way:
    def read(got: Got) -> str:
        assert got.path == "/open-apis/bot/v2/hook/hook-token-1/"
        return str(got.json["content"]["text"])

    return _over_http(
        Kind.FEISHU,
        feishu(service.address),
        "hook-token-1",
        service,
        read,
        ok={"code": 0, "msg": "success"},
        refused=Answer(200, {"code": 19001, "msg": "access token invalid"}),
        busy=Answer(200, {"code": 11232, "msg": "frequency limited"}),
    )


def _gateway(kind: Kind) -> Callable[[HttpReceiver], Way]:
    def read(got: Got) -> str:
        at, signature = got.headers[TIMESTAMP], got.headers[SIGNATURE]
        mac = hmac.new(SECRET.encode(), at.encode() + b"." + got.body, hashlib.sha256)
        assert signature == f"v1={mac.hexdigest()}"
        assert (got.json["channel"], got.json["to"]) == (kind.value, "13900001234")
        assert got.headers["idempotency-key"] == got.json["delivery"]
        return f"{got.json['text']} {got.json['link']}"

    def make(service: HttpReceiver) -> Way:
        return _over_http(
            kind,
            Gateway(kind, f"{service.address}/send?county={quote_plus('示范县')}", SECRET),
            "13900001234",
            service,
            read,
            key=lambda got: got.headers["idempotency-key"],
            refused=Answer(422),
            busy=Answer(429, headers={"retry-after": "60"}),
        )

    return make


@contextmanager
def _mail() -> Iterator[Way]:
    with mail_receiver() as server:

        def texts() -> list[str]:
            found = []
            for got in server.got:
                assert (got.sender, got.to) == ("county@cunbao.test", ["li@village.test"])
                mail = email.message_from_bytes(got.content, policy=email.policy.default)
                body = mail.get_body(("plain",))
                assert body is not None
                assert mail.get_body(("html",)) is None
                found.append(f"{mail['subject']} {body.get_content()}")
            return found

        def keys() -> list[str]:
            mails = [email.message_from_bytes(got.content) for got in server.got]
            return [str(mail["x-cunbao-delivery"]) for mail in mails]

        def says(**state: Any) -> Callable[[], None]:
            return lambda: vars(server).update(state)

        yield Way(
            Kind.MAIL,
            Mail(server.address, "county@cunbao.test"),
            "li@village.test",
            texts,
            keys,
            says(reply="250 OK", hang=False, drop=False),
            says(reply="550 no such mailbox"),
            says(reply="451 too many, later"),
            says(reply="451 local error"),
            says(hang=True),
            says(drop=True),
            lambda: len(server.got),
        )


_OVER_HTTP: dict[Kind, Callable[[HttpReceiver], Way]] = {
    Kind.WEB_PUSH: _web_push,
    Kind.WECOM_ROBOT: _wecom_robot,
    Kind.WECOM_APP: _wecom_app,
    Kind.DINGTALK: _dingtalk,
    Kind.FEISHU: _feishu,
    Kind.SMS: _gateway(Kind.SMS),
    Kind.VOICE: _gateway(Kind.VOICE),
}


@contextmanager
def way_of(kind: Kind) -> Iterator[Way]:
    """The channel of this kind with its service running."""
    with ExitStack() as stack:
        if kind is Kind.MAIL:
            yield stack.enter_context(_mail())
        else:
            yield _OVER_HTTP[kind](stack.enter_context(http_receiver()))

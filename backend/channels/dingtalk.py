"""The robot of a DingTalk 钉钉 group: `dingtalk://` in apprise."""

from typing import Any, Final
from urllib.parse import unquote

from apprise.plugins.dingtalk import NotifyDingTalk

from backend.channels.apprised import OPTIONS, Codes
from backend.channels.robots import Robot
from backend.domain.channels import Kind
from backend.settings import Settings

# No such token, group gone, robot stopped; too many: it then refuses for ten minutes.
_CODES: Final = Codes(
    "errcode", frozenset({300001, 400101, 400013, 400102}), {130101: 600.0, 410100: 600.0}
)


def dingtalk(base: str) -> Robot:
    """Speaks to the DingTalk API at `base`. An address is `token` or `secret@token`."""

    class DingTalk(NotifyDingTalk):  # type: ignore[misc]
        notify_url = f"{base.rstrip('/')}/robot/send?access_token={{token}}"

        def get_signature(self) -> tuple[str, str]:
            """Not escaped: the plugin does it here and `requests` once more."""
            timestamp, signature = super().get_signature()
            return timestamp, unquote(signature)

    def made(address: str) -> Any:
        secret, _, token = address.rpartition("@")
        return DingTalk(token=token, secret=secret or None, **OPTIONS)

    return Robot(Kind.DINGTALK.value, made, _CODES)


def open_channel(kind: Kind, config: Settings) -> Robot:
    """As the settings say."""
    return dingtalk(config.dingtalk_url or "")

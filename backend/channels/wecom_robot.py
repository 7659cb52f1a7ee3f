"""The robot of a WeCom 企业微信 group: `wecombot://` in apprise, where `wecom://` is PushPlus."""

from typing import Any, Final

from apprise.plugins.wecombot import NotifyWeComBot

from backend.channels.apprised import OPTIONS, Codes
from backend.channels.robots import Robot
from backend.domain.channels import Kind
from backend.settings import Settings

# developer.work.weixin.qq.com/document/path/90313: no such key; too many.
_CODES: Final = Codes("errcode", frozenset({93000}), {45009: 60.0})


def wecom_robot(base: str) -> Robot:
    """Speaks to the WeCom API at `base`: the public one, or that of a private deployment."""
    where = f"{base.rstrip('/')}/cgi-bin/webhook/send?key={{key}}"
    plugin = type("WeComRobot", (NotifyWeComBot,), {"notify_url": where})

    def made(address: str) -> Any:
        return plugin(key=address, **OPTIONS)

    return Robot(Kind.WECOM_ROBOT.value, made, _CODES)


def open_channel(kind: Kind, config: Settings) -> Robot:
    """As the settings say."""
    return wecom_robot(config.wecom_url or "")

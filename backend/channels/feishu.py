"""The robot of a Feishu 飞书 group: `feishu://` in apprise.

It knows no signing secret: secure such a robot by its list of addresses or a keyword (村报).
"""

from typing import Any, Final

from apprise.plugins.feishu import NotifyFeishu

from backend.channels.apprised import OPTIONS, Codes
from backend.channels.robots import Robot
from backend.domain.channels import Kind
from backend.settings import Settings

# No such token; too many.
_CODES: Final = Codes("code", frozenset({19001}), {11232: 60.0, 99991400: 60.0})


def feishu(base: str) -> Robot:
    """Speaks to the Feishu API at `base`."""
    where = f"{base.rstrip('/')}/open-apis/bot/v2/hook/{{token}}/"
    plugin = type("Feishu", (NotifyFeishu,), {"notify_url": where})

    def made(address: str) -> Any:
        return plugin(token=address, **OPTIONS)

    return Robot(Kind.FEISHU.value, made, _CODES)


def open_channel(kind: Kind, config: Settings) -> Robot:
    """As the settings say."""
    return feishu(config.feishu_url or "")

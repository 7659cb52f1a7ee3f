"""From the county's own WeCom 企业微信 application to one member: `wechat://` in apprise."""

import copy
from datetime import datetime
from typing import Final

from apprise.plugins.wechat import NotifyWeChat

from backend.channels.apprised import OPTIONS, Codes, Threads, notify
from backend.channels.sending import Outgoing, TransportError
from backend.domain.channels import Kind
from backend.settings import Settings

# developer.work.weixin.qq.com/document/path/90313: no such member; too many.
_CODES: Final = Codes("errcode", frozenset({40003, 60111, 81013}), {45009: 60.0, 45033: 60.0})


class WeComApp:
    """`app` is corpid:secret@agentid, `base` the address of the WeCom API."""

    def __init__(self, base: str, app: str) -> None:
        who, _, agent = app.rpartition("@")
        corp, _, secret = who.partition(":")
        root = base.rstrip("/")
        where = {
            "token_url": f"{root}/cgi-bin/gettoken",
            "notify_url": f"{root}/cgi-bin/message/send",
        }
        plugin = type("WeComApp", (NotifyWeChat,), where)
        self._plugin = plugin(corpid=corp, corpsecret=secret, agentid=agent, **OPTIONS)
        self._plugin.store.get("access_token")  # made now, so that all copies share it
        self._threads = Threads(Kind.WECOM_APP.value)

    async def send(self, item: Outgoing, now: datetime) -> None:
        """The address is the member's user id."""

        def send() -> None:
            plugin = copy.copy(self._plugin)
            plugin.users = [item.address]
            answer = notify(plugin, item, _CODES)
            # Taken for nobody is "ok" to WeCom: the only member named is not one.
            if answer.get("invaliduser"):
                raise TransportError("invaliduser", permanent=True)

        await self._threads.run(send)

    async def close(self) -> None:
        self._threads.close()


def open_channel(kind: Kind, config: Settings) -> WeComApp:
    """As the settings say."""
    return WeComApp(config.wecom_url or "", config.wecom_app or "")

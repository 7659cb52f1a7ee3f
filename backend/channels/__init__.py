"""Ways to reach people outside the app. The list in the app is the store's own and needs none."""

from backend.channels.dingtalk import dingtalk
from backend.channels.feishu import feishu
from backend.channels.gateway import Gateway
from backend.channels.mail import Mail
from backend.channels.sending import Channel, Channels, Outgoing, TransportError
from backend.channels.web_push import WebPush
from backend.channels.wecom_app import WeComApp
from backend.channels.wecom_robot import wecom_robot
from backend.domain.channels import Kind
from backend.settings import Settings

__all__ = [
    "Channel",
    "Channels",
    "Gateway",
    "Mail",
    "Outgoing",
    "TransportError",
    "WeComApp",
    "WebPush",
    "configured",
    "dingtalk",
    "feishu",
    "open_channels",
    "wecom_robot",
]


def configured(config: Settings) -> frozenset[Kind]:
    """The channels the settings name; in-app is always there and not among them."""
    wanted = {
        Kind.WEB_PUSH: config.vapid_private_key,
        Kind.WECOM_ROBOT: config.wecom_url,
        Kind.WECOM_APP: config.wecom_url and config.wecom_app,
        Kind.DINGTALK: config.dingtalk_url,
        Kind.FEISHU: config.feishu_url,
        Kind.MAIL: config.mail_server,
        Kind.SMS: config.gateway_url and "sms" in config.gateway_channels,
        Kind.VOICE: config.gateway_url and "voice" in config.gateway_channels,
    }
    return frozenset(kind for kind, setting in wanted.items() if setting)


def open_channels(config: Settings) -> Channels:
    """Those channels, ready to send."""
    return {kind: _open(kind, config) for kind in sorted(configured(config))}


def _open(kind: Kind, config: Settings) -> Channel:
    match kind:
        case Kind.WEB_PUSH:
            return WebPush(config.vapid_private_key or "", config.vapid_contact or "")
        case Kind.WECOM_ROBOT:
            return wecom_robot(config.wecom_url or "")
        case Kind.WECOM_APP:
            return WeComApp(config.wecom_url or "", config.wecom_app or "")
        case Kind.DINGTALK:
            return dingtalk(config.dingtalk_url or "")
        case Kind.FEISHU:
            return feishu(config.feishu_url or "")
        case Kind.MAIL:
            return Mail(config.mail_server or "", config.mail_from or "")
    return Gateway(kind, config.gateway_url or "", config.gateway_secret or "")

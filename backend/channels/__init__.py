"""Ways to reach people outside the app. The list in the app is the store's own and needs none."""

from importlib import import_module
from typing import Final

from backend.channels.sending import Channel, Channels, Outgoing, TransportError
from backend.domain.channels import Kind
from backend.settings import Settings

__all__ = ["Channel", "Channels", "Outgoing", "TransportError", "configured", "open_channels"]


_MODULES: Final = {Kind.SMS: "gateway", Kind.VOICE: "gateway"}


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
    """Loads what is set and no more: the libraries behind take half a second and much memory."""
    module = import_module(f"backend.channels.{_MODULES.get(kind, kind)}")
    made: Channel = module.open_channel(kind, config)
    return made

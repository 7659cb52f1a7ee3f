"""Mail through the county's server: `mailto://` and `mailtos://` in apprise."""

import smtplib
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from apprise import NotifyFormat
from apprise.plugins.email import base
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.email.smtp import AppriseSMTPController, SMTPSecureMode

from backend.channels.apprised import OPTIONS, Threads, begin, seen
from backend.channels.sending import Outgoing, TransportError
from backend.domain.channels import Kind
from backend.settings import Settings

_MODES: Final = {
    "smtp": SMTPSecureMode.INSECURE,
    "smtp+starttls": SMTPSecureMode.STARTTLS,
    "smtps": SMTPSecureMode.SSL,
}
# No such mailbox, moved, not allowed, takes no mail (RFC 5321 §4.2.3, RFC 7504).
_NO_MAILBOX: Final = (550, 551, 553, 556)


class _Watched(AppriseSMTPController):  # type: ignore[misc]
    """Keeps the code of a refusal, which apprise reduces to "failed"."""

    def sendmail(self, from_addr: str, to_addrs: list[str], message: str) -> bool:
        try:
            refused = self._socket.sendmail(from_addr, to_addrs, message)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPResponseException as error:
            seen().refusals["server"] = error.smtp_code
            return False
        except (OSError, smtplib.SMTPException):
            return False
        seen().refusals.update({who: code for who, (code, _) in refused.items()})
        return not refused


vars(base)["AppriseSMTPController"] = _Watched


class Mail:
    """`server` is smtps://user:password@host:465, smtp+starttls://… or smtp://…"""

    def __init__(self, server: str, sender: str) -> None:
        where = urlsplit(server)
        self._options: dict[str, Any] = {
            "smtp_host": where.hostname,
            "host": where.hostname,
            "port": where.port,
            "user": unquote(where.username) if where.username else None,
            "password": unquote(where.password) if where.password else None,
            "secure_mode": _MODES[where.scheme],
            "from_addr": sender,
            "format": "text",
            **OPTIONS,
        }
        self._threads = Threads(Kind.MAIL.value)

    async def send(self, item: Outgoing, now: datetime) -> None:
        """One mail in plain text; the key stands in X-Cunbao-Delivery."""
        await self._threads.run(lambda: self._send(item))

    def _send(self, item: Outgoing) -> None:
        begin()
        headers = {"X-Cunbao-Delivery": item.key}
        plugin = NotifyEmail(targets=[item.address], headers=headers, **self._options)
        if plugin.notify(body=item.body, title=item.title, body_format=NotifyFormat.TEXT):
            return
        codes = list(seen().refusals.items())
        who, code = codes[0] if codes else ("", 0)
        # 550 of the server about the whole mail may be its content, not this mailbox.
        raise TransportError(
            f"smtp_{code}" if code else "no_answer",
            permanent=code in _NO_MAILBOX and who != "server",
        )

    async def close(self) -> None:
        self._threads.close()


def open_channel(kind: Kind, config: Settings) -> Mail:
    """As the settings say."""
    return Mail(config.mail_server or "", config.mail_from or "")

"""Mobile numbers: 11 digits from 13 to 19 (工信部 numbering plan), shown masked."""

import re

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def is_mobile(text: str) -> bool:
    """True for a mainland mobile number without spaces or prefix."""
    return _MOBILE.fullmatch(text) is not None


def masked(phone: str) -> str:
    """138****0000."""
    return f"{phone[:3]}****{phone[-4:]}"

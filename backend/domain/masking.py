"""How a person is shown in lists: enough to recognise, too little to misuse.

No single norm says how; this is what public offices do (PIPL art. 51 asks for de-identification).
"""

from backend.domain import phones

_STARS = "*"


def masked_name(name: str) -> str:
    """张* for two characters, 李*明 for three and more; a name of one is hidden whole."""
    if len(name) < 3:
        return name[: len(name) - 1] + _STARS
    return name[0] + _STARS * (len(name) - 2) + name[-1]


def masked_id_number(number: str) -> str:
    """3707**********0024: the first four characters and the last four."""
    return number[:4] + _STARS * (len(number) - 8) + number[-4:]


def masked_phone(phone: str) -> str:
    """138****0000; of a landline only the last two digits, for it is short."""
    if phones.is_mobile(phone):
        return phones.masked(phone)
    return _STARS * (len(phone) - 2) + phone[-2:]


def masked_account(tail: str) -> str:
    """****1234, of the last four digits: no more of a bank account is ever kept."""
    return _STARS * 4 + tail

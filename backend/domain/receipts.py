"""Receipt numbers: what a liaison reads out on the phone.

Groups of four digits, "1000 0001", of which the last digit is the check digit of H. M. Damm
("Total anti-symmetrische Quasigruppen", Marburg 2004). It catches every single wrong digit and
every swap of two neighbours; the weighted sum of ISO/IEC 7812 misses the swap of 0 and 9.
"""

_GROUP = 4
_SHORTEST = 8
_LARGEST = 2**63 - 1  # a PostgreSQL bigint, of 19 digits
_LONGEST_TEXT = 64

# A weakly totally anti-symmetric quasigroup of order 10 with zeros on the diagonal.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
# Hyphen, hyphens and dashes of typography, minus, full-width hyphen.
_DASHES = dict.fromkeys((0x2D, *range(0x2010, 0x2016), 0x2212, 0xFF0D))


def receipt_number(sequence: int) -> str:
    """The receipt number of a sequence number from 1 to 2**63 - 1, else ValueError.

    A sequence that starts at 1_000_000 gives numbers of two groups without leading zeros.
    """
    if not 1 <= sequence <= _LARGEST:
        raise ValueError(sequence)
    plain = f"{sequence}{_damm(str(sequence))}"
    width = max(_SHORTEST, -(-len(plain) // _GROUP) * _GROUP)
    digits = plain.zfill(width)  # zeros in front leave the check digit as it is
    return " ".join(digits[i : i + _GROUP] for i in range(0, width, _GROUP))


def parse_receipt(text: str) -> int | None:
    """The sequence number behind a receipt number as typed, or None when it can't be one.

    Spaces and dashes may stand anywhere, digits may be full-width; none may be left out.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    digits = "".join(text.split()).translate(_FULL_WIDTH | _DASHES)
    if not (digits.isascii() and digits.isdigit()):
        return None
    sequence = int(digits[:-1] or "0")
    if not 1 <= sequence <= _LARGEST:
        return None
    return sequence if receipt_number(sequence).replace(" ", "") == digits else None


def _damm(digits: str) -> int:
    """The check digit of the digits."""
    check = 0
    for digit in digits:
        check = _DAMM[check][int(digit)]
    return check

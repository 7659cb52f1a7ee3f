"""How a photo used before is found: what each alteration does to four prints, and the look-up.

The pictures are generated: crowded scenes, and portraits of nobody before a wall, which are as
like each other as the photos of one village are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from itertools import combinations
from random import Random
from time import perf_counter
from typing import Final

from PIL import Image, ImageEnhance, ImageFilter

from backend.clock import system_clock
from backend.demo import pictures
from backend.store import reuse
from backend.store.database import fetch
from media.derivatives import watermarked
from media.likeness import NEAR_KEY, Likeness, compare, likeness_of, near_blocks
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.pictures import saved, scene

HASHES: Final = 1_000_000
_EACH: Final = 60
_LOOK_UPS: Final = 200

Alteration = Callable[[Image.Image], Image.Image]
Print = Callable[[Image.Image], int]


async def bench(url: str) -> list[Figure]:
    """Parts found by alteration, and the milliseconds of a look-up."""
    photos = [scene(seed, (800, 600)) for seed in range(_EACH)]
    photos += [Image.open(BytesIO(pictures.portrait(Random(seed)))) for seed in range(_EACH)]
    for line in table(photos):
        print(line, flush=True)
    async with databases.copy(url) as here, databases.connected(here):
        await _county()
        taken = await _look_ups()
    return [Figure(f"look-up among {HASHES:,} photos", taken, "ms", at_most=20)]


def table(photos: Sequence[Image.Image]) -> Iterator[str]:
    """For each alteration the per cent found: by the two prints of ours together, and by four
    single ones at the widest distance at which no two different pictures pass for one."""
    limits = {name: _widest(photos, made) for name, made in PRINTS.items()}
    originals = [likeness_of(photo) for photo in photos]
    mistaken = sum(1 for a, b in combinations(originals, 2) if compare(a, b))
    pairs = len(photos) * (len(photos) - 1) // 2
    within = "".join(f"  {name} ≤ {limit}" for name, limit in limits.items())
    yield f"{len(photos)} pictures, {mistaken} of {pairs} pairs mistaken by ours;{within}"
    for name, alter in ALTERATIONS.items():
        altered = [alter(photo) for photo in photos]
        ours = sum(1 for a, b in zip(originals, altered, strict=True) if compare(a, likeness_of(b)))
        shares = [ours, *(_found(photos, altered, PRINTS[each], limits[each]) for each in limits)]
        yield f"{name:28}" + "".join(f"{round(100 * share / len(photos)):6} %" for share in shares)


def _widest(photos: Sequence[Image.Image], made: Print) -> int:
    prints = [made(photo) for photo in photos]
    return min((a ^ b).bit_count() for a, b in combinations(prints, 2)) - 1


def _found(
    photos: Sequence[Image.Image], altered: Sequence[Image.Image], made: Print, limit: int
) -> int:
    pairs = zip(photos, altered, strict=True)
    return sum(1 for a, b in pairs if (made(a) ^ made(b)).bit_count() <= limit)


def _mean_print(image: Image.Image) -> int:
    """aHash: is a cell of 8 × 8 brighter than all of them are together?"""
    cells = image.convert("L").resize((8, 8), Image.Resampling.BOX).tobytes()
    middle = sum(cells) / len(cells)
    return _bits(cell > middle for cell in cells)


def _step_print(image: Image.Image) -> int:
    """dHash: is a cell brighter than its neighbour on the right?"""
    cells = image.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    return _bits(cells[at] > cells[at + 1] for at in range(71) if at % 9 != 8)


def _bits(bits: Iterator[bool]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)


async def _county() -> None:
    """A quarter of a million pensioners certified once, four photos each."""
    now = system_clock()
    await bulk.add_regions([("99", "province"), (_COUNTY, "county"), (_VILLAGE, "village")])
    schedule = await bulk.add_schedule(_COUNTY, "RETURN_WEEKLY", now)
    await bulk.add_months(schedule, now, [1])
    await fetch(_DUTIES, schedule, _VILLAGE, HASHES // _PHOTOS)
    await fetch(_FILINGS)
    await fetch(_ATTACHMENTS, _PHOTOS)
    await fetch(_CONTENTS)
    for name in ("obligation", "submission", "attachment", "media_object"):
        await fetch(f"VACUUM ANALYZE {name}")  # as PostgreSQL does by itself


async def _look_ups() -> list[float]:
    """Milliseconds of looking for one more photo each time, as the task does it."""
    chosen = await fetch(
        """SELECT a.id, a.county, s.obligation, m.like_key, m.like_full
        FROM attachment a JOIN submission s ON s.id = a.submission
            JOIN media_object m ON m.sha256 = a.sha256
        WHERE a.id % $1 = 0""",
        HASHES // _LOOK_UPS,
    )
    taken = []
    for row in chosen:
        own = Likeness(row["like_key"], row["like_full"])
        started = perf_counter()
        where = row["county"], row["id"], row["obligation"]
        found = await reuse.near(*where, own.key, NEAR_KEY, near_blocks(own.key))
        for other in found:
            compare(own, Likeness(other["like_key"], other["like_full"]))
        taken.append(1000 * (perf_counter() - started))
    return taken


_COUNTY, _VILLAGE, _PHOTOS = "990101", "990101100200", 4
_DUTIES: Final = """INSERT INTO obligation (period, schedule, region, holder, beneficiary, opens_at,
        due_at, closes_at, original_due_at, original_closes_at)
    SELECT p.id, p.schedule, $2, $2, gen_random_uuid(), p.opens_at, p.due_at, p.closes_at,
        p.due_at, p.closes_at
    FROM period p, generate_series(1, $3::int) WHERE p.schedule = $1"""
_FILINGS: Final = """INSERT INTO submission (id, obligation, revision, kind, answers, reasons,
        remark, attachments, received_at, counted_at, counted_by, filed_by, digest)
    SELECT gen_random_uuid(), o.id, 1, 'report', '{}', '{}', '', '[]', o.due_at, o.due_at,
        'received', gen_random_uuid(), '\\x00' FROM obligation o"""
_ATTACHMENTS: Final = """INSERT INTO attachment (submission, position, county, region, beneficiary,
        account, sha256, name, size, evidence, filed_at, arrived_at, compared_at)
    SELECT s.id, n, left(o.region, 6), o.region, o.beneficiary, s.filed_by,
        encode(sha256((s.id::text || n)::bytea), 'hex'), 'photo.jpg', 300000, 'face_photo',
        s.received_at, s.received_at, s.received_at
    FROM submission s JOIN obligation o ON o.id = s.obligation, generate_series(1, $1::int) n"""
# Of a print of noise half the bits are set; of real ones, too.
_CONTENTS: Final = """INSERT INTO media_object (sha256, bytes, stored_at, examined_at, kind, advice,
        like_key, like_full)
    SELECT a.sha256, a.size, a.arrived_at, a.arrived_at, 'jpeg', '{}',
        ('x' || left(a.sha256, 16))::bit(64)::bigint & 9223372036854775807, decode(a.sha256, 'hex')
    FROM attachment a"""

PRINTS: Final[Mapping[str, Print]] = {
    "aHash 64": _mean_print,
    "dHash 64": _step_print,
    "DCT 63": lambda image: likeness_of(image).key,
    "DCT 255": lambda image: int.from_bytes(likeness_of(image).full),
}


def _again(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(BytesIO(saved(image.convert("RGB"), quality=quality)))


def _sized(image: Image.Image, width: int) -> Image.Image:
    return image.resize((width, width * image.height // image.width))


def _cut(image: Image.Image, part: float) -> Image.Image:
    """Without `part` of the length and height, equally on both sides."""
    x, y = image.width * part / 2, image.height * part / 2
    return image.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


def _lit(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image.convert("RGB")).enhance(factor)


def _marked(image: Image.Image) -> Image.Image:
    lines = ["2026-11-20 10:30 · 370785 · CB-0001", "演示村 · 仅供核对"]
    return Image.open(BytesIO(watermarked(saved(image.convert("RGB")), lines)))


def _photographed(image: Image.Image, off: float) -> Image.Image:
    """A print or screen photographed: the corners `off` from where they should be, softened, with
    the camera's own contrast, and compressed."""
    width, height = image.size
    x, y = width * off, height * off
    corners = (x, y / 2, x / 2, height - y, width - x, height - y / 2, width - x / 2, y)
    bent = image.convert("RGB").transform(
        (width, height), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC
    )
    soft = bent.filter(ImageFilter.GaussianBlur(1.5))
    return _again(ImageEnhance.Contrast(soft).enhance(1.2), 70)


ALTERATIONS: Final[Mapping[str, Alteration]] = {
    "JPEG quality 75": partial(_again, quality=75),
    "JPEG quality 25": partial(_again, quality=25),
    "320 pixels wide": partial(_sized, width=320),
    "1,600 pixels wide": partial(_sized, width=1600),
    "darker by 30 %": partial(_lit, factor=0.7),
    "brighter by 30 %": partial(_lit, factor=1.3),
    "watermarked": _marked,
    "2 % cropped": partial(_cut, part=0.02),
    "5 % cropped": partial(_cut, part=0.05),
    "10 % cropped": partial(_cut, part=0.1),
    "photographed, 1 % off": partial(_photographed, off=0.01),
    "photographed, 2.5 % off": partial(_photographed, off=0.025),
    "photographed, 5 % off": partial(_photographed, off=0.05),
}

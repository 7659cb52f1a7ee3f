"""Pictures of nobody: a shape before a wall, and a card with lines on it."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter

_SIZE = (640, 480)


def portrait(rng: Random) -> bytes:
    """Head and shoulders without a face, as JPEG; each unlike the others."""
    image = _wall(rng)
    draw = ImageDraw.Draw(image)
    x, y, head = rng.randint(220, 420), rng.randint(130, 210), rng.randint(55, 95)
    coat, skin = _colour(rng, 30, 160), (rng.randint(190, 225), rng.randint(150, 185), 140)
    draw.ellipse((x - 2 * head, y + head, x + 2 * head, y + 6 * head), fill=coat)
    draw.ellipse((x - head, y - head, x + head, y + head * 1.3), fill=skin)
    draw.pieslice((x - head, y - 1.2 * head, x + head, y + 0.4 * head), 180, 360,
                  fill=_colour(rng, 60, 220))  # fmt: skip
    return _file(image, rng)


def card(rng: Random) -> bytes:
    """Something like a card on a table, with nothing written on it, as JPEG."""
    image = _wall(rng)
    draw = ImageDraw.Draw(image)
    left, top = rng.randint(60, 140), rng.randint(60, 120)
    draw.rounded_rectangle((left, top, left + 430, top + 270), 18, fill=(226, 232, 238))
    for line in range(5):
        y = top + 40 + 42 * line
        draw.rectangle(
            (left + 30, y, left + rng.randint(120, 270), y + 14), fill=_colour(rng, 60, 140)
        )
    draw.rectangle((left + 300, top + 50, left + 400, top + 180), fill=_colour(rng, 120, 190))
    return _file(image, rng)


def taken_again(picture: bytes) -> bytes:
    """The same picture, smaller and compressed once more."""
    image = Image.open(BytesIO(picture)).resize((560, 420))
    made = BytesIO()
    image.save(made, "JPEG", quality=60)
    return made.getvalue()


def _wall(rng: Random) -> Image.Image:
    image = Image.new("RGB", _SIZE, _colour(rng, 120, 210))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = rng.randint(-60, 600), rng.randint(-60, 440)
        corner = (x + rng.randint(40, 300), y + rng.randint(40, 220))
        draw.rectangle((x, y, *corner), fill=_colour(rng, 90, 220))
    return image


def _colour(rng: Random, low: int, high: int) -> tuple[int, int, int]:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _file(image: Image.Image, rng: Random) -> bytes:
    noise = Image.frombytes("L", _SIZE, rng.randbytes(_SIZE[0] * _SIZE[1]))
    grained = Image.blend(image.filter(ImageFilter.GaussianBlur(0.7)), noise.convert("RGB"), 0.05)
    made = BytesIO()
    grained.save(made, "JPEG", quality=82)
    return made.getvalue()

"""The regions of the demo county: 15 townships, 900 villages, and the cases that go wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Final

from backend.domain.regions import Level, code_of, parent_key

COUNTY: Final = "990101"
_ABOVE: Final = (("99", "示范省"), ("9901", "示范市"), (COUNTY, "示范县"))
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁"
    "魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤"
)
_ENDINGS: Final = ("家庄", "家屯", "家营", "店", "集", "桥", "沟", "岭")
_DIRECTIONS: Final = ("", "东", "西", "南", "北", "前", "后")
_COMMITTEE: Final = "村民委员会"
_FIRST_VILLAGE: Final = 200  # codes 200 to 399 are village committees
_SAME_NAMES: Final = 5


@dataclass(frozen=True, slots=True)
class Township:
    """A township and its habits: shares filed on time and late (the rest never), its pace.

    `pace` are the odds that a review waits for 0, 1, 2, … more of the office's sittings.
    """

    key: str
    name: str
    size: int
    on_time: float
    late: float
    pace: tuple[int, ...]


_QUICK, _STEADY, _SLOW = (95, 5), (80, 15, 5), (45, 35, 15, 5)

TOWNSHIPS: Final = tuple(
    Township(COUNTY + number, name, size, on_time, late, pace)
    for number, name, size, on_time, late, pace in (
        ("001", "城关街道", 58, 0.97, 0.02, _QUICK),
        ("002", "东关街道", 61, 0.96, 0.03, _QUICK),
        ("003", "新区街道", 0, 0.96, 0.03, _QUICK),
        ("100", "青石镇", 72, 0.92, 0.06, _STEADY),
        ("101", "柳河镇", 66, 0.95, 0.04, _QUICK),
        ("102", "白马镇", 80, 0.88, 0.09, _STEADY),
        ("103", "双桥镇", 64, 0.93, 0.05, _STEADY),
        ("104", "龙泉镇", 70, 0.90, 0.07, _STEADY),
        ("105", "大河镇", 63, 0.96, 0.03, _QUICK),
        ("106", "平安镇", 68, 0.86, 0.10, _SLOW),
        ("107", "新集镇", 62, 0.94, 0.04, _STEADY),
        ("108", "红旗镇", 75, 0.91, 0.06, _STEADY),
        ("109", "黄土镇", 69, 0.80, 0.13, _SLOW),
        ("200", "云山乡", 52, 0.78, 0.15, _SLOW),
        ("201", "石门乡", 40, 0.72, 0.18, _SLOW),
    )
)


def village_key(township: str, number: int) -> str:
    """The key of a township's village, counted from 0."""
    return f"{COUNTY}{township}{_FIRST_VILLAGE + number}"


# The township of the demo people, and the villages with a part of their own.
TOWN: Final = COUNTY + "100"
VILLAGE: Final = village_key("100", 0)
BUSY: Final = tuple(village_key("100", n) for n in (1, 2, 3, 4))
STATION: Final = tuple(village_key("100", n) for n in (10, 11, 12))
VACANT: Final = village_key("100", 7)
SHARED: Final = tuple(village_key("105", n) for n in (0, 1, 2))
MERGED, MERGED_INTO = village_key("104", 10), village_key("104", 11)
# A village that went over to the next township, and so got a new code.
RECODED, RECODED_AS = village_key("200", 51), village_key("109", 69)


def villages(rng: Random) -> dict[str, str]:
    """Names by key. Five names belong to two villages of different townships each."""
    keys = [
        village_key(t.key[len(COUNTY) :], number) for t in TOWNSHIPS for number in range(t.size)
    ]
    parts = product(_DIRECTIONS, _SURNAMES, _ENDINGS)
    names = rng.sample(["".join(each) + _COMMITTEE for each in parts], len(keys))
    found = dict(zip(keys, names, strict=True))
    for number in range(_SAME_NAMES):
        found[village_key("108", 5 + number)] = found[village_key("102", 5 + number)]
    return found


def rows(named: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """What `store.regions.upsert` takes: (key, code, name, level, parent)."""
    levels = (Level.PROVINCE, Level.CITY, Level.COUNTY)
    for (key, name), level in zip(_ABOVE, levels, strict=True):
        yield key, code_of(key), name, level.value, parent_key(key)
    for township in TOWNSHIPS:
        yield township.key, code_of(township.key), township.name, Level.TOWNSHIP.value, COUNTY
    for key, name in named.items():
        yield key, code_of(key), name, Level.VILLAGE.value, parent_key(key)

"""Every list as a file: the rows of the list, masked, marked with who and when, and audited."""

import asyncio
import io
import re
from typing import Any

import pytest
from openpyxl import load_workbook

from backend.domain.roles import ALLOWED, Role
from backend.routes import EXPORTS, exports
from backend.routes.exports import LISTS
from backend.store.database import fetch, from_json
from tests.http.examples import EXAMPLES, TWINS, Stage, exported, set_up
from tests.http.tools import done
from tests.world import OTHER_VILLAGE, VILLAGE, World

# The upper authority sees rates only; others first.
_ASKING = (Role.COUNTY_OPS, Role.OFFICE_LEAD, Role.FUND_AUDIT, Role.REVIEWER)
_PHONE, _NUMBER = re.compile(r"1[3-9]\d{9}"), re.compile(r"\d{17}[\dX]")


@pytest.fixture
async def stage(world: World) -> Stage:
    return await set_up(world)


def sheet(content: bytes) -> tuple[list[list[Any]], str]:
    """The rows below the header, and who took them out."""
    book = load_workbook(io.BytesIO(content))
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert all(isinstance(cell, str) for cell in rows[0])
    return rows[1:], str(book["导出说明"]["A1"].value)


def test_each_list_has_its_two_files() -> None:
    assert len(EXPORTS) == 2 * len(LISTS)


@pytest.mark.parametrize("name", LISTS)
async def test_a_file_has_what_the_list_shows(
    stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 2)  # so that there are several pages
    method = "POST" if name == "audit" else "GET"
    [own, *_], [file, *_] = (
        EXAMPLES[method, path]
        for path in (exported(name), f"/exports/{name.replace(':uuid', '')}.xlsx")
    )
    action = LISTS[name].handler.opt["access"]
    who = TWINS[next(role for role in _ASKING if role in ALLOWED[action])][0]
    client, person = stage.world.as_(who), stage.world.people[who]
    listed, asked = own.make(stage, person), file.make(stage, person)
    page: Any = await done(client, method, listed.path, 200, json=listed.json, params=listed.params)
    shown = page if isinstance(page, list) else page[LISTS[name].rows]
    response = await client.ask(method, asked.path, json=asked.json, params=asked.params)
    assert response.status_code == 200, response.text
    rows, mark = sheet(response.content)
    # Looking into the audit leaves a trace of its own there.
    assert len(rows) == len(shown) or name == "audit"
    assert rows or name in ("calls", "deaths"), "something to compare"
    assert person.name in mark
    text = "\n".join(str(cell) for row in rows for cell in row)
    assert not _PHONE.search(text)
    assert not _NUMBER.search(text)
    [told] = await fetch(
        "SELECT account, detail::text FROM audit_entry WHERE action = 'list.export'"
    )
    assert told["account"] == person.account
    assert from_json(told["detail"])["rows"] == len(rows)


async def test_filters_hold_and_figures_are_figures(stage: Stage) -> None:
    county = stage.world.as_("county")
    [area] = (await county.get("/rates", region=VILLAGE, level="village"))["areas"]
    params = {"region": VILLAGE, "level": "village"}
    response = await county.ask("GET", "/exports/rates.xlsx", params=params)
    [[region, name, *counts]], _ = sheet(response.content)
    assert (region, name) == (area["region"], area["name"])
    assert counts[0] == area["counts"]["expected"]
    one = await county.ask("GET", "/exports/obligations.csv", params={"region": VILLAGE})
    assert VILLAGE in one.text
    assert OTHER_VILLAGE not in one.text
    assert one.text.startswith("\ufeff地区代码,地区,标题")
    english = await county.ask("GET", "/exports/obligations.csv", headers={"accept-language": "en"})
    assert english.text.startswith("\ufeffRegion code,Region,Title")


async def test_what_was_typed_is_not_in_the_audit(stage: Stage) -> None:
    county = stage.world.as_("county")
    await county.ask("GET", "/exports/villages.csv", params={"words": "王家"})
    [told] = await fetch("SELECT detail::text FROM audit_entry WHERE action = 'list.export'")
    assert from_json(told["detail"])["by"]["words"] == "…"
    assert "王家" not in told["detail"]


async def test_a_village_name_is_no_formula(stage: Stage) -> None:
    await fetch("UPDATE region SET name = '=1+1' WHERE key = $1", VILLAGE)
    county = stage.world.as_("county")
    asked = {"params": {"words": "=1"}}
    text = (await county.ask("GET", "/exports/villages.csv", **asked)).text
    assert "'=1+1" in text
    book = await county.ask("GET", "/exports/villages.xlsx", **asked)
    [[_, _, name, *_]], _ = await asyncio.to_thread(sheet, book.content)
    assert name == "=1+1"
    assert b"<f>" not in book.content

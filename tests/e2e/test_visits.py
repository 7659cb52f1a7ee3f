"""A day of certifications without a signal, and what the server holds of it afterwards."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from backend.clock import system_clock
from backend.photos import open_photos
from backend.settings import load
from backend.store.database import fetch
from backend.vault import Vault
from media.uploads import content_key
from tests.e2e.browser import faults, kept_offline, phone, sign_in
from tests.e2e.conftest import Village
from tests.e2e.cutting import line_to
from tests.e2e.killing import mortal
from tests.e2e.test_screens import _SMALL, _overflow
from tests.faults.serving import Server, killed_at_last
from tests.pictures import exif, pdf, saved, scene
from tests.tasks.certified import pensioner, roster, set_cycle
from tests.world import PASSWORD, SECRET, World

PEOPLE = 6


@pytest.fixture
async def round_of(real_world: World, tmp_path: Path) -> AsyncIterator[tuple[Village, Path]]:
    """Six pensioners of 王家庄 to certify, the first three of one house; the server's home."""
    world = real_world
    world.clock.now = system_clock()
    await set_cycle(world)
    house = [{"household_no": "H7"}] * 3 + [{}] * (PEOPLE - 3)
    await roster(world, [pensioner(n + 1, **more) for n, more in enumerate(house)])
    await fetch("UPDATE session SET expires_at = '2200-01-01'")
    home = tmp_path / "server"
    server = Server(
        {
            "CUNBAO_DATABASE_URL": world.url,
            "CUNBAO_SCHEDULER": "off",
            "CUNBAO_HOME": str(home),
        }
    )
    with killed_at_last(server):
        await server.start()
        yield Village(world, server, world.people["liaison"].phone), home


def photo(seed: int, **changes: object) -> FilePayload:
    """What a camera gives: large, with its orientation beside it."""
    picture = saved(scene(seed, (2400, 1800)), quality=95, exif=exif(6))
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture, **changes}  # type: ignore[typeddict-item]


async def certify(page: Page, name: str, seed: int) -> None:
    """From the list: visits somebody and photographs face and card."""
    await page.get_by_role("link", name=name).first.click()
    await page.get_by_role("link", name="开始认证").click()
    await page.get_by_role("button", name="通过").click()
    await page.get_by_role("button", name="下一步").click()
    await photograph(page, seed)
    await page.get_by_role("button", name="上报", exact=True).click()
    await expect(page.locator("section.done")).to_be_visible()


async def photograph(page: Page, seed: int) -> None:
    """The two photos that the default table asks for."""
    cards = page.locator("main > section.paper")
    for order in (0, 1):
        picker = cards.nth(order).locator("input[capture]").last
        await picker.set_input_files(photo(2 * seed + order))
        await expect(cards.nth(order).locator(".photo img")).to_be_visible()


KEPT = """async () => {
  const { name } = (await indexedDB.databases()).find((each) => each.name.startsWith('cunbao-'));
  const db = await new Promise((resolve) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => resolve(asked.result);
  });
  const all = (table) => new Promise((resolve) => {
    const asked = db.transaction(table).objectStore(table).getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  const [photos, contents, outbox] = [
    await all('photos'), await all('contents'), await all('outbox')];
  db.close();
  const hashes = {};
  for (const { id, bytes } of contents) {
    const digest = await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer());
    hashes[id] = [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join('');
  }
  return { photos, hashes, outbox };
}"""


# The browser's answer when the flash is full, which can't be filled in a test.
FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === 'contents') throw new DOMException('full', 'QuotaExceededError');
    return put.apply(this, given);
  };
}"""


async def stored(home: Path, hashes: list[str]) -> dict[str, str]:
    """The hash of what the server can read back, by the hash it is known by."""
    config = load({"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_HOME": str(home)})
    photos = open_photos(config, Vault(SECRET))
    return {
        each: hashlib.sha256(await photos.store.get(content_key(each))).hexdigest()
        for each in hashes
    }


async def test_a_day_without_signal_killed_and_cut_arrives_byte_for_byte(
    round_of: tuple[Village, Path], tmp_path: Path
) -> None:
    village, home = round_of
    disk = tmp_path / "phone"
    disk.mkdir()
    async with line_to(village.server.port) as line, async_playwright() as playwright:
        async with mortal(playwright, disk) as first:
            page = first.page
            await page.goto(line.address)
            await page.fill("#phone", village.phone)
            await page.fill("#password", PASSWORD)
            await page.click("button.main")
            await page.get_by_role("link", name="去认证").wait_for()
            await kept_offline(page)
            await page.context.set_offline(True)
            for order in range(1, PEOPLE):
                await page.goto(f"{line.address}/#/visits")
                await certify(page, f"张桂{order}", order)
            await page.goto(f"{line.address}/#/visits")
            await expect(page.get_by_role("link", name="张桂")).to_have_count(1)
            kept = await page.evaluate(KEPT)
            first.kill()
        assert await village.submissions() == []
        assert len(kept["photos"]) == 2 * (PEOPLE - 1)
        assert all(each["size"] <= 300_000 for each in kept["photos"])
        declared = {each["sha256"] for each in kept["photos"]}
        assert declared == set(kept["hashes"].values())

        line.cuts = 3
        async with mortal(playwright, disk) as second:
            page = second.page
            await page.goto(f"{line.address}/#/outbox")
            await expect(page.get_by_text("已送达", exact=True)).to_have_count(PEOPLE - 1)
            while line.done < line.cuts:
                before = line.done
                await page.evaluate("dispatchEvent(new Event('online'))")
                await page.wait_for_timeout(1000 if line.done == before else 100)
            assert len([e for e in (await page.evaluate(KEPT))["photos"] if e.get("upload")]) > 0
            second.kill()  # in the middle of it all
        async with mortal(playwright, disk) as third:
            page = third.page
            await page.goto(f"{line.address}/#/outbox")
            await expect(page.get_by_text("2 张照片都送到了")).to_have_count(PEOPLE - 1)
            left = await page.evaluate(KEPT)
            assert line.resumed, "nothing went on where it was cut"
            assert left["hashes"] == {}, "what the server has stays no longer on the phone"
    rows = await fetch(
        "SELECT a.sha256, a.size, a.evidence, a.from_gallery, a.arrived_at, s.id::text AS id,"
        " s.answers::text AS answers FROM attachment a JOIN submission s ON s.id = a.submission"
    )
    assert len(rows) == 2 * (PEOPLE - 1)
    assert {row["sha256"] for row in rows} == declared
    assert all(row["arrived_at"] is not None for row in rows)
    assert await stored(home, [*declared]) == {each: each for each in declared}
    typed = {each["id"]: each["body"]["answers"] for each in kept["outbox"]}
    assert {row["id"]: json.loads(row["answers"]) for row in rows} == typed


async def test_poor_photos_are_told_and_the_next_of_the_house_follows(
    round_of: tuple[Village, Path], browser: Browser
) -> None:
    village, _ = round_of
    dark = saved(scene(3).point(lambda value: value // 6))
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await page.get_by_role("link", name="去认证").tap()
        await page.get_by_role("button", name="按户").tap()
        await page.get_by_role("link", name="张桂1").tap()
        await page.get_by_role("link", name="开始认证").tap()
        await page.get_by_role("button", name="下一步").tap()
        await expect(page.get_by_text("请先选择认证结果")).to_be_visible()
        await page.get_by_role("button", name="通过").tap()
        await page.get_by_role("button", name="下一步").tap()
        face, card = (page.locator("main > section.paper").nth(n) for n in (0, 1))
        await face.locator("input[capture]").set_input_files(photo(1, buffer=dark))
        await expect(page.get_by_text("太暗，请到亮处再拍")).to_be_visible()
        await face.locator(".photo input[capture]").set_input_files(photo(1))
        await expect(page.get_by_text("太暗，请到亮处再拍")).to_have_count(0)
        await page.get_by_role("button", name="上报", exact=True).tap()
        await expect(page.get_by_text("还缺：身份证人像面")).to_be_visible()
        letter = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": pdf()}
        await card.locator("input:not([capture])").set_input_files(letter)  # type: ignore[arg-type]
        await expect(card.get_by_text("来自相册")).to_be_visible()
        await page.reload()  # nothing of the draft is lost
        await expect(page.locator(".photo img")).to_have_count(1)
        await page.get_by_role("button", name="上报", exact=True).tap()
        await expect(page.get_by_text("2 张照片都送到了")).to_be_visible()
        await page.get_by_role("link", name="同户下一位").tap()
        await expect(page.get_by_role("link", name="开始认证")).to_be_visible()
    rows = await fetch("SELECT evidence, from_gallery FROM attachment ORDER BY position")
    assert [tuple(row) for row in rows] == [("face_photo", False), ("id_card", True)]


async def test_a_full_phone_says_so_and_keeps_what_it_has(
    round_of: tuple[Village, Path], browser: Browser
) -> None:
    village, _ = round_of
    async with phone(browser, village.server.address) as context:
        page = await context.new_page()
        await sign_in(page, village.phone, PASSWORD)
        await kept_offline(page)
        await context.set_offline(True)
        await page.goto("/#/visits")
        await certify(page, "张桂1", 1)
        await page.goto("/#/visits")
        await page.get_by_role("link", name="张桂4").click()
        await page.get_by_role("link", name="开始认证").click()
        await page.get_by_role("button", name="通过").click()
        await page.get_by_role("button", name="下一步").click()
        await page.evaluate(FULL)
        await page.locator("section.paper input[capture]").first.set_input_files(photo(9))
        await expect(page.get_by_text("手机存储空间不够")).to_be_visible()
        kept = await page.evaluate(KEPT)
        assert len(kept["hashes"]) == 2
        await context.set_offline(False)
        await page.goto("/#/outbox")
        await expect(page.get_by_text("2 张照片都送到了")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("large", "width"), [(False, 390), (True, 390)], ids=["normal", "large"])
async def test_axe_finds_nothing_while_certifying(
    round_of: tuple[Village, Path], browser: Browser, language: str, large: bool, width: int
) -> None:
    village, _ = round_of
    size = {"width": width, "height": 844}
    async with phone(browser, village.server.address, viewport=size) as context:
        page = await context.new_page()
        await page.add_init_script(
            f"localStorage['cunbao.language'] = '{language}';"
            f"localStorage['cunbao.large'] = '{int(large)}'"
        )
        await sign_in(page, village.phone, PASSWORD)
        found: dict[str, list[str]] = {}

        async def look(screen: str) -> None:
            found[screen] = await faults(page)
            assert await _overflow(page) <= 0, f"{screen} is wider than the phone"
            assert await page.evaluate(_SMALL) == [], screen

        await look("home")
        await page.locator("article .button.main").tap()
        await page.wait_for_selector(".person")
        await look("visits")
        await page.locator(".choice button").last.tap()
        await look("houses")
        await page.locator(".person").first.tap()
        await page.wait_for_selector("main a.main")
        await look("person")
        await page.locator("main a.main").tap()
        await page.wait_for_selector(".results")
        await page.locator(".results button").last.tap()
        await page.locator(".results button").nth(3).tap()
        await look("finding")
        await page.locator(".results button").first.tap()
        await page.locator("button.main").last.tap()
        await page.wait_for_selector("section.paper")
        dark = saved(scene(3).point(lambda value: value // 6))
        await page.locator("input[capture]").first.set_input_files(photo(1, buffer=dark))
        await page.wait_for_selector(".photo strong")
        await page.locator("summary").tap()
        await look("papers")
        await page.locator(".photo button").tap()
        await page.locator("main > section.paper input[capture]").last.set_input_files(photo(2))
        await page.wait_for_selector(".photo:nth-of-type(1) img >> nth=1")
        await page.locator("main > button.main").tap()
        await page.wait_for_selector("section.done.sent")
        await look("visited")
        await page.goto("/#/outbox")
        await page.wait_for_selector("article.card")
        await look("outbox")
        assert {screen: wrong for screen, wrong in found.items() if wrong} == {}

"""`cunbao roster import` and `cunbao match import`, as an operator types them."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.cli import main
from tests import databases
from tests.rosters import id_number, pensioner, roster_file
from tests.world import COUNTY, NEIGHBOUR, SECRET, VILLAGE

_REGIONS = f"""code,name,level,parent_code
990000000000,测试省,province,
{COUNTY}000000,示范县,county,990000000000
{VILLAGE[:9]}000,城关镇,township,{COUNTY}000000
{VILLAGE},王家庄,village,{VILLAGE[:9]}000
{NEIGHBOUR},李家屯,village,{VILLAGE[:9]}000
"""


def run(url: str, home: Path, *words: str) -> Result:
    """The command in a process of its own, as far as its settings go."""
    environment = {
        "CUNBAO_DATABASE_URL": url,
        "CUNBAO_SECRET_KEY": SECRET,
        "CUNBAO_HOME": str(home),
    }
    return CliRunner().invoke(main, words, env=environment)


@pytest.mark.usefixtures("template")
async def test_lists_from_the_command_line(template: str, tmp_path: Path) -> None:
    async with databases.copy(template) as url:
        await asyncio.to_thread(_story, url, tmp_path)


def _story(url: str, folder: Path) -> None:
    regions = folder / "regions.csv"
    regions.write_text(_REGIONS, encoding="utf-8")
    assert run(url, folder, "regions", "import", str(regions)).exit_code == 0

    listed = [pensioner(1), pensioner(2, phone="1")]
    faulty = run(url, folder, "roster", "import", str(roster_file(folder, listed)))
    assert faulty.exit_code == 1
    assert "1 rows with faults" in faulty.output
    assert (folder / "roster-faulty.xlsx").exists()

    good = str(roster_file(folder, [pensioner(1), pensioner(2)]))
    assert "2 new, 0 changed" in run(url, folder, "roster", "import", good).output

    moved = str(roster_file(folder, [pensioner(1, region_code=NEIGHBOUR), pensioner(2)]))
    shown = run(url, folder, "roster", "import", moved, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert f"moved    张*1  {VILLAGE} → {NEIGHBOUR}" in shown.output
    assert "nothing was changed" in shown.output
    assert id_number(1) not in shown.output

    dead = str(roster_file(folder, [pensioner(1)], ("id_no",)))
    words = ("match", "import", dead, "--source", "民政火化", "--county", COUNTY)
    assert "1 suspect" in run(url, folder, *words, "--kind", "deceased").output
    again = run(url, folder, *words, "--kind", "deceased")
    assert "1 known" in again.output
    unsaid = run(url, folder, *words)
    assert unsaid.exit_code == 1
    assert "rows with faults" in unsaid.output
    gone = run(url, folder, "roster", "import", str(folder / "regions.csv"))
    said = "The list lacks columns that it needs: id_no, insurance_type, region_code, benefit_start"
    assert (gone.exit_code, gone.output) == (1, f"cunbao: {said}\n")

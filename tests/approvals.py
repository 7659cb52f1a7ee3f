"""Plain text by two people: what tests that export need."""

from typing import Any
from uuid import uuid4

from tests.world import COUNTY, World

WHY = "导入居保系统"


def wanted(kind: str = "results", **more: Any) -> dict[str, Any]:
    """孙丽's wish."""
    return {"id": str(uuid4()), "kind": kind, "region": COUNTY, "purpose": WHY, **more}


async def approval(world: World, kind: str = "results", **more: Any) -> dict[str, Any]:
    """What the county passes to an export once the auditor has approved it."""
    asked = await world.as_("county").post("/export-requests", wanted(kind, **more))
    body = {"approve": True}
    path = f"/export-requests/{asked['id']}/decision"
    await world.as_("auditor").post(path, body, 200)
    return {"approval": asked["id"], "region": asked["region"]}

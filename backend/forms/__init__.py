"""The forms that every county starts with, as JSON beside this module."""

import json
from importlib.resources import files
from typing import Any


def shipped() -> list[dict[str, Any]]:
    """The shipped definitions, by file name; parse them with `forms.parse_definition`."""
    folder = files(__name__)
    found = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".json")),
        key=lambda each: each.name,
    )
    return [json.loads(each.read_text("utf-8")) for each in found]

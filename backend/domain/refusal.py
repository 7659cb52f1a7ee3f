"""How a rule says no: by the name of a problem, never by a sentence."""

from typing import Any


class Refusal(Exception):
    """A rule's refusal. `code` names an entry of the catalogue in `backend.problems`."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

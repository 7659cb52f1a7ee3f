"""Parts of a workbook as XML, whole or in pieces."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_PART = 256 * 1024
_LONGEST = 8 * 1024 * 1024  # more than a row or a beginning of a document ever takes
_DOCTYPE = b"<!DOCTYPE"
# Tags as they open, close, or do both; declarations and comments are none.
_TAGS = re.compile(rb"<(/?)([A-Za-z_][\w:.-]*)(?:\s[^<>]*?)?(/?)>")


class Damaged(Exception):
    """The workbook is not what it should be."""


def elements(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """All elements of a small part, without their namespaces, with their attributes."""
    try:
        content = archive.read(name)
        if _DOCTYPE in content:
            raise Damaged
        for element in ElementTree.fromstring(content).iter():
            yield local(element.tag), element.attrib
    except (KeyError, IndexError, ElementTree.ParseError, zipfile.BadZipFile) as error:
        raise Damaged from error


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole items, such as rows, and what makes a document of them."""

    head: bytes
    content: bytes
    end: bytes

    def items(self, holder: str) -> Iterator[Element]:
        """The items, parsed."""
        try:
            root = ElementTree.fromstring(self.head + self.content + self.end)
        except ElementTree.ParseError as error:
            raise Damaged from error
        yield from root if local(root.tag) == holder else root[-1]


def pieces(archive: zipfile.ZipFile, part: str, holder: str, item: str) -> Iterator[Piece]:
    """The items in a holder, such as rows in sheetData, some at a time.

    The part is cut behind items; each piece comes with the beginning of the document and the end
    that belongs to it.
    """
    opening = re.compile(rb"<((?:\w+:)?%s)(?:\s[^>]*)?(/?)>" % holder.encode())
    closing = re.compile(rb"</(?:\w+:)?%s>" % item.encode())
    try:
        with archive.open(part) as file:
            head, rest = _head(file, opening)
            if rest is None:
                return
            end = _ends(head)
            for content in chain(iter(lambda: file.read(_PART), b""), [b""]):
                rest += content
                cut = max((found.end() for found in closing.finditer(rest)), default=0)
                if cut:
                    yield Piece(head, rest[:cut], end)
                rest = rest[cut:]
                if len(rest) > _LONGEST:
                    raise Damaged
    except (KeyError, IndexError, zipfile.BadZipFile) as error:
        raise Damaged from error


def _head(file: IO[bytes], opening: re.Pattern[bytes]) -> tuple[bytes, bytes | None]:
    """The document up to its holder, and what comes behind; None when that is empty."""
    content = b""
    while len(content) < _LONGEST:
        more = file.read(_PART)
        content += more
        found = opening.search(content)
        if found and found[2]:
            return content, None
        if found:
            if _DOCTYPE in content[: found.end()]:
                raise Damaged  # its entities could fill any memory
            return content[: found.end()], content[found.end() :]
        if not more:
            break
    raise Damaged


def _ends(head: bytes) -> bytes:
    """The tags that end what the beginning of a document leaves open."""
    stack: list[str] = []
    for mark, name, alone in _TAGS.findall(head):
        if mark:
            stack.pop()
        elif not alone:
            stack.append(name.decode())
    return "".join(f"</{name}>" for name in reversed(stack)).encode()


def local(name: str) -> str:
    """Without the namespace, as `{uri}name` or `prefix:name`."""
    return name.rpartition("}")[2].rpartition(":")[2]

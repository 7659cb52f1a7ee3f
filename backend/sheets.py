"""Rows of a CSV file or an Excel workbook as text, whatever the bytes.

CSV may be UTF-8, with or without a byte order mark, or GB18030, as Excel saves it in China.

A workbook is read by a process of its own with little memory: one kilobyte of XLSX can claim a
cell in the last corner of the sheet, and the reader ends its process when asked for that much.
That process is this file run as a program: it takes the workbook and gives CSV.
"""

import codecs
import csv
import io
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_UNPACKED: Final = 512 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
LONG: Final = 96 * 1024 * 1024
_PART: Final = 1024 * 1024
_MEMORY: Final = 2 * 1024 * 1024 * 1024
_CPU_SECONDS: Final = 120

# Begins a line that is about the file and is no row of it.
REMARK: Final = "##"
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCODINGS = ("utf-8-sig", "gb18030")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What people's programs leave around a value; other control characters are a fault of the row.
_AROUND = " \t\r\n\u00a0\u3000\ufeff"

# Exit codes of the reading process.
_TOO_BIG, _NO_SHEET = 3, 4
_EXITS = {
    _TOO_BIG: "the workbook unpacks to more than 512 MiB",
    _NO_SHEET: "the workbook has no visible sheet",
}


class BadSheet(Exception):
    """Why the file can't be read as a table, and in which line (0: the file as a whole)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Row(NamedTuple):
    """The line of the file, from 1, and its cells without the space around them."""

    line: int
    cells: list[str]


def read(path: Path, max_bytes: int | None = None) -> Iterator[Row]:
    """The rows that are not empty, of a file of 64 MiB unless told. Raises BadSheet, also late.

    Rows are read as they are asked for, so a long CSV file takes no more memory than a short one.
    """
    with tempfile.TemporaryFile() as spool:
        head = _spooled(path, spool, max_bytes or MAX_BYTES)
        if head.startswith(_OLD_OFFICE):
            raise BadSheet("an old .xls file or one with a password: save it as .xlsx or CSV")
        found = _of_workbook(spool) if head.startswith(_ZIP) else _of_csv(spool)
        kept = (row for row in found if any(row.cells) and not row.cells[0].startswith(REMARK))
        yield from islice(kept, MAX_ROWS)
        if next(kept, None) is not None:
            raise BadSheet(f"more than {MAX_ROWS:,} rows")


def _spooled(path: Path, spool: IO[bytes], max_bytes: int) -> bytes:
    """Copies the file, which may be changed or be a pipe; gives its first bytes."""
    try:
        with path.open("rb") as file:
            for part in iter(lambda: file.read(_PART), b""):
                spool.write(part)
                if spool.tell() > max_bytes:
                    raise BadSheet(f"the file is larger than {max_bytes >> 20} MiB")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BadSheet(f"the file can't be read: {reason or 'not a file name'}") from None
    spool.seek(0)
    head = spool.read(8)
    spool.seek(0)
    return head


def _encoding(spool: IO[bytes]) -> str:
    if spool.read(2) in _UTF16:
        raise BadSheet("the file is in UTF-16: save it as CSV UTF-8 or .xlsx")
    decoders = {name: codecs.getincrementaldecoder(name)() for name in _ENCODINGS}
    spool.seek(0)
    for part in iter(lambda: spool.read(_PART), b""):
        if b"\x00" in part:
            raise BadSheet("neither CSV nor an .xlsx workbook: it holds zero bytes")
        decoders = {n: d for n, d in decoders.items() if _decodes(d, part)}
    spool.seek(0)
    for name, decoder in decoders.items():
        if _decodes(decoder, b"", final=True):
            return name
    raise BadSheet("neither UTF-8 nor GB18030 text: save it as CSV UTF-8 or .xlsx")


def _decodes(decoder: codecs.IncrementalDecoder, part: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(part, final)
    except UnicodeDecodeError:
        return False
    return True


def _of_csv(spool: IO[bytes]) -> Iterator[Row]:
    with io.TextIOWrapper(spool, _encoding(spool), newline="") as text:
        reader = csv.reader(text, strict=True)
        line = 1
        try:
            for cells in reader:
                yield Row(line, _trimmed(cells))
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadSheet(f"not well-formed CSV: {error}", line) from None


def _of_workbook(spool: IO[bytes]) -> Iterator[Row]:
    with _reading_process(spool) as (process, output):
        try:
            for line, *cells in csv.reader(output):
                yield Row(int(line), _trimmed(cells))
        except (csv.Error, ValueError):
            raise BadSheet("a cell of the workbook can't be read") from None
        code = process.wait()
    if code:
        raise BadSheet(_EXITS.get(code, "the workbook is damaged, or far too wide or long"))


def _trimmed(cells: list[str]) -> list[str]:
    return [cell.strip(_AROUND) for cell in cells]


@contextmanager
def _reading_process(spool: IO[bytes]) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    spool.flush()
    os.lseek(spool.fileno(), 0, os.SEEK_SET)  # the process shares our place in the file
    process = subprocess.Popen(
        [sys.executable, "-P", __file__],  # this folder on the path would hide `operator`
        stdin=spool,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout
        finally:
            process.kill()


def _main() -> None:
    """Reads a workbook from standard input, writes `line, cell, …` as CSV."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with zipfile.ZipFile(sys.stdin.buffer) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MAX_UNPACKED:
            sys.exit(_TOO_BIG)
        if unpacked > LONG:
            _write_long(archive)
            return
    sys.stdin.buffer.seek(0)
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(sys.stdin.buffer)
    for number, sheet in enumerate(book.sheets_metadata):
        if (sheet.typ, sheet.visible) == (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible):
            _write(book.get_sheet_by_index(number))
            return
    sys.exit(_NO_SHEET)


def _write(sheet: Any) -> None:
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    writer = csv.writer(sys.stdout)
    for line, cells in enumerate(sheet.iter_rows(), 1):
        writer.writerow([line, *map(_text, cells)])


def _write_long(archive: zipfile.ZipFile) -> None:
    """The same from a workbook that would take the library several times its size."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from backend import long_workbook

    sys.path.pop(0)
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    writer = csv.writer(sys.stdout)
    try:
        for line, cells in long_workbook.rows(archive):
            writer.writerow([line, *cells])
    except long_workbook.NoSheet:
        sys.exit(_NO_SHEET)


def _text(value: object) -> str:
    """A cell as a person reads it: a code kept as a number has no decimal point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


if __name__ == "__main__":
    _main()

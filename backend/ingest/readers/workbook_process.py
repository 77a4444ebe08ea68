"""Write the rows of a workbook as lines of JSON: a program of its own, see `workbook_rows`.

It imports nothing of Kindred, so that it starts at once and holds nothing worth having.
"""

import errno
import io
import json
import resource
import signal
import sys
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

ROW_BYTES = 16 * 2**20  # of one row as JSON


def main() -> None:
    """Read a workbook from the standard input.

    Arguments: seconds of a core, bytes of memory beyond what the start takes, bytes of output,
    columns and cells of a sheet that is still written.
    """
    seconds, memory, output, columns, cells = map(float, sys.argv[1:])
    _set_limits(seconds, int(memory), int(output))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            height, width = (last + 1 for last in sheet.end or (-1, -1))
            _write({"sheet": name, "height": height, "width": width})
            if width <= columns and height * width <= cells:
                _write_rows(sheet)
        _write({"end": True})
    except PasswordError:
        _write({"error": "encrypted"})
    except (CalamineError, ValueError) as error:
        _write({"error": "damaged", "why": str(error)[:120]})
    except OSError as error:
        sys.exit(errno.ENOSPC if error.errno in (errno.ENOSPC, errno.EDQUOT) else 1)


def _set_limits(seconds: float, memory: int, output: int) -> None:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process


def _write_rows(sheet: CalamineSheet) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, default=_as_json).encode
    write = sys.stdout.buffer.write
    for row in sheet.iter_rows():
        line = encode(row).encode("utf-8", "replace")
        if len(line) > ROW_BYTES:
            raise ValueError("a row is too long")
        write(line + b"\n")


def _as_json(value: object) -> object:
    """A date with its time as a list of one, which no cell is; durations as text."""
    if isinstance(value, datetime):
        return [value.isoformat()]
    if isinstance(value, date):
        return [f"{value.isoformat()}T00:00:00"]
    return str(value)


def _write(line: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

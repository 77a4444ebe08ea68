"""Do in another process first what may end the process that does it.

Libraries in C++ and Rust end the whole process at some files: with an exception that their
Python layer does not catch, or where memory does not suffice. Here that ends a helper instead.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections import deque
from threading import Lock
from typing import IO

from backend.core.helper_process import HelperEnded, HelperProcess

_KEPT = 16  # digests of files that passed
_HELPER = """
import resource, sys
{imports}
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() + {memory}
resource.setrlimit(resource.RLIMIT_AS, (size, size))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for line in sys.stdin.buffer:
    file = sys.stdin.buffer.read(int(line))
    try:
{work}
    except MemoryError:
        raise
    except Exception:
        pass  # whoever reads the file meets it, too, and says so
    print(flush=True)
"""


class Trial:
    """A helper process that tries something with files.

    Parameters
    ----------
    imports, work : str
        Python; `work` finds the bytes in ``file``.
    seconds : float
        For one file.
    memory : int
        Bytes beyond what the helper has at its start.
    """

    def __init__(self, imports: str, work: str, seconds: float, memory: int = 2**30) -> None:
        work = textwrap.indent(textwrap.dedent(work), 8 * " ")
        code = _HELPER.format(imports=imports, work=work, memory=memory)
        self._helper = HelperProcess(["-I", "-c", code])
        self._lock = Lock()
        self._passed: deque[bytes] = deque(maxlen=_KEPT)
        self.seconds = seconds

    def passes(self, data: bytes) -> bool:
        """Whether a process lives after it; one that ends is started again for the next file."""
        digest = hashlib.sha256(data).digest()
        if digest in self._passed:
            return True

        def talk(to: IO[bytes], from_: IO[bytes]) -> None:
            to.write(b"%d\n" % len(data))
            to.write(data)
            to.flush()
            if not from_.readline():
                raise EOFError

        try:
            with self._lock:
                self._helper.ask(talk, self.seconds)
        except HelperEnded:
            return False
        self._passed.append(digest)
        return True

"""On hosts of a test session: what Python compiles out of zip archives is kept, by its text's hash.

Each module call brings its archive anew, and Python compiles what is in it: a third of what a call
costs a host.  A session makes thousands of calls with the same texts.
"""

from __future__ import annotations

import _imp
import contextlib
import marshal
import os
import sys
import zipimport
from importlib.util import source_hash

PLACE = f"/var/cache/quadlet-fleet-tests/{sys.implementation.cache_tag}"
_compile = zipimport._compile_source


def _kept(pathname, source):
    """The code of a text; only root keeps what it has compiled."""
    path = f"{PLACE}/{source_hash(source).hex()}"
    with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
        with open(path, "rb") as stream:
            code = marshal.load(stream)
        _imp._fix_co_filename(code, pathname)
        return code
    code = _compile(pathname, source)
    if os.getuid() == 0:
        with contextlib.suppress(OSError):
            os.makedirs(PLACE, exist_ok=True)
            with open(f"{path}.{os.getpid()}", "wb") as stream:
                marshal.dump(code, stream)
            os.rename(f"{path}.{os.getpid()}", path)
    return code


zipimport._compile_source = _kept

"""shotpilot: YAML shot lists in, pictures out; planned, priced, rehearsed for nothing, paid once."""

import os
from functools import cache

__version__ = "0.1.0"


@cache
def build_id() -> str:
    """The version, and when its newest file changed: whatever another build kept for speed is not trusted."""
    newest = 0
    for folder, _, names in os.walk(os.path.dirname(__file__)):
        for name in names:
            if name.endswith((".py", ".json", ".txt")):
                newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime_ns)
    return f"{__version__}+{newest}"

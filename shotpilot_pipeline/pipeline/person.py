"""Who sits at this machine, by the name the system has for them. Asks nobody, and never fails."""

from __future__ import annotations

import getpass

NOBODY = "somebody"  # a container without a user's name


def person() -> str:
    """The user's name; NOBODY where the system knows none."""
    try:
        return getpass.getuser() or NOBODY
    except (KeyError, OSError, ImportError):
        return NOBODY

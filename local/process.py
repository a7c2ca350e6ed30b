"""Child processes that never outlive the one that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
_PARENT = os.getpid()


def die_with_parent() -> None:
    """Run in a child before exec: the kernel ends it when its parent ends, however that ends.

    Strictly, when the thread that started it ends: children are started in the main thread.

    Linux alone can do this; elsewhere a demo that is killed outright leaves its children.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != _PARENT:  # it was gone before the kernel was told
            os.kill(os.getpid(), signal.SIGTERM)

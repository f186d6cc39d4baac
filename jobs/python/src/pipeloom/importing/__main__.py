"""``python -m pipeloom.importing marvelo CONFIG.py``."""

from __future__ import annotations

import sys

from pipeloom.importing.command import main

if __name__ == "__main__":
    sys.exit(main())

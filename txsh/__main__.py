"""``python -m txsh`` is ``txsh``."""

from __future__ import annotations

import sys

from txsh.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

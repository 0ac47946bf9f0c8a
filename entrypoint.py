"""The container's entry point: everything is in the package `rollback`."""

import sys

from rollback.__main__ import main

if __name__ == "__main__":
    sys.exit(main())

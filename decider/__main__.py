"""python -m decider COMMAND."""

import sys

from decider.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

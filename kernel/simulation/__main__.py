"""`python -m kernel.simulation`: one back-test of files, as fast as possible from a cold start."""

import sys

from kernel.simulation.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "python -m kernel.simulation", plain_up_to=300_000))

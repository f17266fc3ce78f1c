"""``python -m kerasweep`` is ``kerasweep``."""

from .cli import main

if __name__ == "__main__":
    main()

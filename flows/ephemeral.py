"""The Prefect server of one command, a process of its own: it ends when that command does, however the command ended."""

from __future__ import annotations

import os
import sys
from threading import Thread


def end_with_the_command() -> None:
    """Wait for the end of standard input, whose other end the command holds: it closes when the command is killed as well."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve Prefect's API on this machine at the port of the first argument."""
    Thread(target=end_with_the_command, daemon=True).start()
    import uvicorn

    application = "prefect.server.api.server:create_app"
    uvicorn.run(application, factory=True, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")


if __name__ == "__main__":
    main()

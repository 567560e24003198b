"""`python -m core.mlops.serving`: the service on one address, ending with its parent when asked to."""

import argparse
import os
import signal
import sys
import threading

from core.runtime import prepare


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m core.mlops.serving", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument(
        "--end-with-parent", action="store_true", help="stop when standard input closes (the parent has died)"
    )
    options = parser.parse_args()
    prepare()
    if options.end_with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn

    from core.mlops.serving import app

    uvicorn.run(app, host=options.host, port=options.port, access_log=False, timeout_graceful_shutdown=5)


def _end_with_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()

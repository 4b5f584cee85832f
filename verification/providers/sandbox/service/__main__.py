"""Start the sandbox provider: `python -m verification.providers.sandbox.service`. SIGTERM and Ctrl-C end it cleanly."""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from verification.providers.sandbox.service.app import create_app
from verification.providers.sandbox.service.serving import Config


def read_config(environment: Mapping[str, str]) -> Config:
    """Read the configuration. Raises SystemExit naming what is missing or wrong."""
    missing = [
        name
        for name in ("SANDBOX_PROVIDER_API_KEY", "SANDBOX_PROVIDER_CALLBACK_SECRET", "SANDBOX_PROVIDER_STATE")
        if not environment.get(name)
    ]
    if missing:
        raise SystemExit(f"set {', '.join(missing)}")
    try:
        delay_seconds = float(environment.get("SANDBOX_PROVIDER_DELAY_SECONDS", "1"))
    except ValueError:
        raise SystemExit("SANDBOX_PROVIDER_DELAY_SECONDS must be a number of seconds") from None
    return Config(
        api_key=environment["SANDBOX_PROVIDER_API_KEY"],
        callback_secret=environment["SANDBOX_PROVIDER_CALLBACK_SECRET"],
        state=Path(environment["SANDBOX_PROVIDER_STATE"]),
        delay_seconds=max(delay_seconds, 0.0),
    )


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    config = read_config(os.environ)
    host = os.environ.get("SANDBOX_PROVIDER_HOST", "127.0.0.1")
    port = int(os.environ.get("SANDBOX_PROVIDER_PORT", "8090"))
    logging.getLogger("sandbox_provider").info("serving on http://%s:%s, its page is /docs", host, port)
    web.run_app(create_app(config), host=host, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()

"""The web process, put together: configuration, sockets, rights given up, uvicorn.

In:    the file of the configuration, and places that replace its own.
Fails: ConfigError at the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence

import uvicorn

from mdafilter_policyd import config as configuration
from mdafilter_policyd import listen
from mdafilter_policyd.config import Config, placed
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.log import Log, bridge
from mdafilter_policyd.serve import as_owner, rooms
from mdafilter_policyd.web.app import app
from mdafilter_policyd.web.connection import Connection
from mdafilter_policyd.web.options import Options
from mdafilter_policyd.web.signed import secret
from mdafilter_policyd.web.site import Site

HEAD_OCTETS = 16 * 1024  # of a request's head


def run(file: str, places: Sequence[str]) -> None:
    """Until TERM or INT."""
    config = configuration.load(file)
    options = config.web or Options()
    log = Log(errors=sys.stderr.isatty())
    bridge(log)
    sockets = [bound(text, config) for text in places or options.listen]
    if config.user and os.geteuid() == 0:
        listen.drop(config.user)
    as_owner(config)  # root that was told of no user
    if config.store_url.startswith("memory:"):
        log.warn('web: a store of "memory:" is not shared: what is approved here is not seen by the daemon')
    site = build(config, options, log)
    log.say(f"web: ready on {', '.join(places or options.listen)}")
    asyncio.run(serve(site, sockets))


def build(config: Config, options: Options, log: Log) -> Site:
    """What the pages need."""
    house = rooms(config, log)
    try:
        key = secret(options.secret, config.state_dir)
    except OSError as failed:
        hint = "make the folder, or say secret"
        text = f"no secret can be kept in {config.state_dir}: {failed.strerror}"
        raise placed(ConfigError([Fault("secret", 0, 0, text, hint)]), config.file, "web") from failed
    return Site(config, options, house, key, log)


def bound(text: str, config: Config) -> socket.socket:
    """A socket that listens there. Whom a file lets in is what socket_mode and socket_group say."""
    try:
        return listen.listen(listen.Place.parse(text), int(config.socket_mode, 8), config.socket_group)
    except ValueError as failed:
        raise placed(ConfigError([Fault("listen", 0, 0, str(failed))]), config.file, "web") from failed


class Server(uvicorn.Server):
    """That of uvicorn would raise the signal once more after it has ended, and the exit code would not be 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.end)
        yield

    def end(self) -> None:
        """What has been asked is answered before."""
        self.should_exit = True


async def serve(site: Site, sockets: Sequence[socket.socket]) -> None:
    """uvicorn on these sockets. X-Forwarded-For is site.py's, which knows whom to believe."""
    server = Server(
        uvicorn.Config(
            app(site),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            ws="none",
            http=Connection,
            loop="asyncio",
            h11_max_incomplete_event_size=HEAD_OCTETS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
        )
    )
    try:
        await server.serve(sockets=list(sockets))
    finally:
        await site.close()

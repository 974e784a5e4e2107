"""The native client, before a service that is slow to say that it does not take the message."""

from __future__ import annotations

import time

import pytest

from tests.support import client
from tests.support.client import end


@pytest.mark.skipif(not client.compiler(), reason="there is no C compiler")
@pytest.mark.parametrize("packets", [(), (b"N",)], ids=["hung up", "not taken"])
def test_a_service_that_declines_late_is_try_again(packets: tuple[bytes, ...]) -> None:
    """postconf(5), command_time_limit: the one-shot needs its time within it as well, or Postfix bounces."""
    with client.stage() as stage, stage.listening() as service:
        program = stage.folder / "punctual"
        stage.build(program, "-DPATIENCE=4")
        started = stage.start(program=program)
        connection = service.accept()
        time.sleep(3)  # more than half of it
        connection.send(*packets)
        connection.close()
        code, output = end(started)
        assert (code, output[:17]) == (75, b"4.3.0 mdafilter: ")

"""What ``minutes edit`` does: the desk on 127.0.0.1, its address as the result, until Ctrl-C.

The port is the same every time, because to a browser another port is another place: keys that were bound, and what a crash
left unsaved, would not be found again.
"""

from __future__ import annotations

import os
import socket
import webbrowser
from collections.abc import Callable

from pipeline import runlog
from pipeline.editor.meetings import Meetings
from pipeline.editor.safety import Guard
from pipeline.errors import SettingsError
from pipeline.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PASSWORD = "MINUTES_EDIT_PASSWORD"
_SHORTEST = 8


def serve(
    settings: Settings,
    meeting_id: str | None,
    host: str,
    port: int,
    browser: bool,
    show: Callable[[str], None],
    password: str | None,
) -> None:
    """Returns when somebody has pressed Ctrl-C and everything is saved. Raises MinutesError."""
    import uvicorn

    from pipeline.editor import api

    meetings = Meetings(settings.outputs_folder)
    if meeting_id is not None:
        meetings.desk(meeting_id)
    guard = Guard(frozenset({*LOOPBACK} if host in LOOPBACK else {host}), password)
    runlog.open_log(settings.outputs_folder)
    listening = _listen(host, port)
    path = f"/m/{meeting_id}" if meeting_id else "/"
    address = f"http://{host}:{listening.getsockname()[1]}{path}"
    if password is None:
        address += f"?token={guard.token}"
    show(address)
    if browser:
        webbrowser.open(address)
    config = uvicorn.Config(
        api.make(meetings, guard, settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        meetings.close()


def password_for(host: str, ask: Callable[[], str]) -> str | None:
    """Beyond this machine a password is needed: from the environment, or asked for. Raises SettingsError for a short one."""
    if host in LOOPBACK:
        return None
    given = os.environ.get(PASSWORD) or ask()
    if len(given) < _SHORTEST:
        raise SettingsError(
            "合い言葉が短すぎます。",
            f"この機械の外から開けるようにするには、{_SHORTEST}文字以上を環境変数 {PASSWORD} に入れてください。",
        )
    return given


def _listen(host: str, port: int) -> socket.socket:
    """Raises SettingsError where the place is taken or not ours."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen()  # before the address is shown: whoever opens it at once waits instead of being refused
    except OSError as error:
        made.close()
        raise SettingsError(
            f"{host} の {port} 番で待ち受けられません({error.strerror})",
            "--port で別の番号を指定してください(0 は空いている番号)。",
        ) from error
    return made

"""A model hub on the loopback, as far as fetching weights needs one: the model's page, its files, the redirect to where large files lie.

Speaks the protocol of huggingface.co (``/api/models``, ``resolve``, ETag, Range) and can be told to misbehave.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHA = "0123456789abcdef0123456789abcdef01234567"
LARGE = "model.bin"  # kept by digest, and served from elsewhere


@dataclass
class Asked:
    """One request. ``sent`` is the number of bytes of content that went out."""

    method: str
    path: str
    range: str
    token: str
    at_store: bool
    sent: int = 0


@dataclass
class Hub:
    """``answers`` says what to do instead of answering well; it is asked first, with the handler, and says whether it did it."""

    files: dict[str, bytes]
    asked: list[Asked] = field(default_factory=list)
    answers: Callable[[Hub, Handler, Asked], bool] = lambda hub, handler, asked: False
    promised: dict[str, bytes] = field(default_factory=dict)  # what the page says of a file, where it is not the truth
    more_names: tuple[str, ...] = ()  # files that the page names besides
    address: str = ""
    store: str = ""

    def page(self, repository: str) -> bytes:
        siblings = []
        for name in (*self.files, *self.more_names):
            data = self.promised.get(name, self.files.get(name, b""))
            large = {"lfs": {"sha256": digest(data), "size": len(data), "pointerSize": 130}} if name == LARGE else {}
            siblings.append({"rfilename": name, "size": len(data), "blobId": "0" * 40, **large})
        page = {"id": repository, "modelId": repository, "sha": SHA, "private": False, "siblings": siblings, "tags": []}
        return json.dumps(page).encode()

    def tree(self) -> bytes:
        entries = []
        for name in (*self.files, *self.more_names):
            data = self.promised.get(name, self.files.get(name, b""))
            large = {"lfs": {"oid": digest(data), "size": len(data), "pointerSize": 130}} if name == LARGE else {}
            entries.append({"type": "file", "path": name, "size": len(data), "oid": "0" * 40, **large})
        return json.dumps(entries).encode()

    def ranges(self, name: str) -> list[str]:
        """Of every download of a file, from which byte on."""
        return [one.range for one in self.asked if one.method == "GET" and one.path.endswith("/" + name) and one.at_store]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Both servers: the hub itself, and the store that it sends large files' readers to."""

    protocol_version = "HTTP/1.1"
    hub: Hub
    at_store = False

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.asked = Asked(
            self.command, self.path, self.headers.get("Range", ""), self.headers.get("Authorization", ""), self.at_store
        )
        self.hub.asked.append(self.asked)
        if self.hub.answers(self.hub, self, self.asked):
            return
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"] and "tree" in parts:
            self.send("application/json", self.hub.tree())
        elif parts[:2] == ["api", "models"]:
            self.send("application/json", self.hub.page("/".join(parts[2:4])))
        elif "resolve" in parts:
            self._file("/".join(parts[parts.index("resolve") + 2 :]))
        else:
            self.fail(404)

    def _file(self, name: str) -> None:
        data = self.hub.files.get(name)
        if data is None:
            self.fail(404, "EntryNotFound")
        elif name == LARGE and not self.at_store:
            about = self.hub.promised.get(name, data)
            self.fail(302, Location=f"{self.hub.store}{self.path}", **self._about(about, linked=True))
        else:
            self.content(data, **self._about(data, linked=False))

    def _about(self, data: bytes, linked: bool) -> dict[str, str]:
        plain = {"ETag": f'"{digest(data)}"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
        return {**plain, "X-Linked-Size": str(len(data)), "X-Linked-ETag": plain["ETag"]} if linked else plain

    def content(self, data: bytes, cut: int | None = None, **headers: str) -> None:
        """A file or the range of it that was asked for; ``cut``: so many bytes, then the line goes dead."""
        first = int(self.asked.range.removeprefix("bytes=").rstrip("-")) if self.asked.range else 0
        rest = data[first:]
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(rest)))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            sent = rest[:cut]
            self.wfile.write(sent)
            self.asked.sent = len(sent)
            if cut is not None and len(sent) < len(rest):
                self.wfile.flush()
                self.close_connection = True

    def send(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def fail(self, status: int, code: str = "", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if code:
            self.send_header("X-Error-Code", code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def served(hub: Hub) -> Iterator[Hub]:
    """The hub and its store on two ports of the loopback."""
    servers = []
    for at_store in (False, True):
        handler = type("Bound", (Handler,), {"hub": hub, "at_store": at_store})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
    hub.address, hub.store = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()

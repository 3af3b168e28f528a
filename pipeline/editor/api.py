"""The desk's addresses: pages, the proof, edits, audio, documents.

In: requests that ``safety`` let pass. Out: JSON, files and three pages. What an edit does is in ``desk`` and below; here is only how
it is asked for, and which status says what: 409 somebody changed the same thing, 422 it makes no sense, 404 no such meeting.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import Field

from pipeline import documents
from pipeline.editor import retention, view
from pipeline.editor.applying import Refused
from pipeline.editor.desk import Stale
from pipeline.editor.edits import AnyEdit, Promote
from pipeline.editor.meetings import Meetings
from pipeline.editor.safety import COOKIE, Guard
from pipeline.errors import MinutesError, OutputError, RecordingError
from pipeline.export import EXPORTERS
from pipeline.proof import Proof, State
from pipeline.schema import Record
from pipeline.settings import Settings

STATIC = resources.files("pipeline.editor").joinpath("static")


class Asked(Record):
    """An edit, the revision that its author saw, and who that is."""

    base: int = Field(ge=0)
    edit: AnyEdit
    who: str = ""


class Step(Record):
    """Back, or forth ``again``."""

    base: int = Field(ge=0)
    again: bool = False
    who: str = ""


def make(meetings: Meetings, guard: Guard, settings: Settings) -> FastAPI:
    """The application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(guard)
    app.mount("/static", StaticFiles(directory=str(STATIC)), name="static")
    _pages(app, guard)
    _proofs(app, meetings, settings)
    _files(app, meetings)
    return app


def _pages(app: FastAPI, guard: Guard) -> None:
    @app.get("/")
    def start() -> Response:
        return _page("list.html")

    @app.get("/m/{meeting_id}")
    def meeting(meeting_id: str) -> Response:
        return _page("edit.html")

    @app.get("/enter")
    def door() -> Response:
        return _page("enter.html")

    @app.post("/enter")
    async def enter(request: Request) -> Response:
        given = parse_qs((await request.body())[:1000].decode("utf-8", "replace")).get("password", [""])[0]
        if not guard.is_password(given):
            return _page("enter.html", 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, guard.token, httponly=True, samesite="strict", path="/")
        return answer


def _proofs(app: FastAPI, meetings: Meetings, settings: Settings) -> None:
    @app.get("/api/meetings")
    def listed() -> list[dict[str, Any]]:
        return [summary.model_dump() for summary in meetings.list()]

    @app.get("/api/m/{meeting_id}")
    def whole(meeting_id: str) -> dict[str, Any]:
        with _said():
            return view.whole(meetings.desk(meeting_id).proof)

    @app.get("/api/m/{meeting_id}/since/{revision}")
    def since(meeting_id: str, revision: int) -> dict[str, Any]:
        with _said():
            desk = meetings.desk(meeting_id)
            return view.since(desk.state(revision), desk.proof)

    @app.post("/api/m/{meeting_id}/edits")
    def edit(meeting_id: str, asked: Asked) -> dict[str, Any]:
        with _said():
            desk = meetings.desk(meeting_id)
            before = desk.state(asked.base)
            after = desk.edit(asked.base, asked.edit, asked.who)
            deleted: tuple[str, ...] = ()
            if isinstance(asked.edit, Promote) and after.state is State.FINAL:
                deleted = retention.carry_out(desk.folder, settings)
            return {**view.since(before, after), "deleted": list(deleted)}

    @app.post("/api/m/{meeting_id}/step")
    def step(meeting_id: str, asked: Step) -> dict[str, Any]:
        with _said():
            desk = meetings.desk(meeting_id)
            before = desk.state(asked.base)
            return view.since(before, desk.undo(asked.base, asked.who, asked.again))

    @app.get("/api/m/{meeting_id}/history")
    def history(meeting_id: str) -> list[dict[str, Any]]:
        with _said():
            return [entry.model_dump(mode="json") for entry in reversed(meetings.desk(meeting_id).entries)]

    @app.get("/api/m/{meeting_id}/remarks")
    def remarks(meeting_id: str) -> list[dict[str, Any]]:
        with _said():
            return view.remarks(meetings.desk(meeting_id).proof)


def _files(app: FastAPI, meetings: Meetings) -> None:
    @app.get("/api/m/{meeting_id}/audio")
    def audio(meeting_id: str) -> Response:
        with _said():
            desk = meetings.desk(meeting_id)
        name = desk.proof.recording.audio
        path = desk.folder / name
        if not name or path.parent != desk.folder or not path.is_file():
            raise HTTPException(404, "音声がありません。")
        return FileResponse(path, media_type="audio/wav")  # answers Range: a long recording starts at once

    @app.get("/api/m/{meeting_id}/export/{name}")
    def export(meeting_id: str, name: str, public: bool = False) -> Response:
        with _said():
            proof = meetings.desk(meeting_id).proof
            data = documents.render(documents.public(proof) if public else proof, name)
        stem = f"{meeting_id}-公開用" if public else meeting_id
        return _download(data, f"{stem}.{EXPORTERS[name].extension}")

    @app.get("/api/m/{meeting_id}/members/{speaker}")
    def member(meeting_id: str, speaker: str, reply: dt.date | None = None) -> Response:
        from pipeline.export import extract

        with _said():
            proof: Proof = meetings.desk(meeting_id).proof
        if speaker not in {one.label for one in proof.speakers}:
            raise HTTPException(404, "その話者はいません。")
        return _download(extract.render(proof, speaker, reply), f"{meeting_id}-{speaker}.docx")


@contextmanager
def _said() -> Iterator[None]:
    """Errors as statuses with a sentence."""
    try:
        yield
    except Stale as stale:
        entries = [entry.model_dump(mode="json") for entry in stale.entries]
        raise HTTPException(409, {"message": "ほかの画面で同じ所が直されています。", "entries": entries}) from stale
    except Refused as refused:
        raise HTTPException(422, str(refused)) from refused
    except RecordingError as error:
        raise HTTPException(404, error.message) from error
    except OutputError as error:
        raise HTTPException(507, f"{error.message} {error.advice}") from error
    except MinutesError as error:
        raise HTTPException(400, f"{error.message} {error.advice}") from error


def _page(name: str, status: int = 200) -> Response:
    return Response(STATIC.joinpath(name).read_bytes(), status, media_type="text/html; charset=utf-8")


def _download(data: bytes, name: str) -> Response:
    kept = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(data, media_type="application/octet-stream", headers=kept)

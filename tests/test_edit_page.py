"""The desk in a real browser: a clerk's hour, a crash, a conflict, hostile words, and no mouse at all.

Needs Debian's chromium; where it is not, these tests are skipped by name, unless ``REQUIRE_BROWSER`` says that they must not be.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from pipeline import documents
from pipeline.proof import Proof, State
from pipeline.schema import Draft
from pipeline.terms import Role
from tests.drafts import tone, write_wav
from tests.test_desk import a_draft

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"), reason="chromium is not here")


class Desk:
    """``minutes edit`` as a process of its own, as a clerk starts it; it can be killed and started again on its port."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "pipeline",
            "edit",
            "--no-browser",
            "--port",
            str(self.port),
            "--home",
            str(self.home),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith(f"http://127.0.0.1:{self.port}/?token=")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def folder(self) -> Path:
        return self.home / "outputs" / "m1"

    def proof(self) -> Proof:
        found = documents.read(self.folder / "proof.json")
        assert isinstance(found, Proof)
        return found

    def saved(self, happened: Callable[[Proof], bool]) -> Proof:
        """Waits until it is on the disk."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if (self.folder / "proof.json").exists() and happened(self.proof()):
                return self.proof()
            time.sleep(0.1)
        raise AssertionError("it was never saved")


def put(home: Path, draft: Draft) -> None:
    documents.write(draft, home / "outputs" / "m1", ())
    write_wav(home / "outputs" / "m1" / "audio.wav", tone(40))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = a_draft()
    doubtful = made.turns[2].model_copy(
        update={
            "words": tuple(w.model_copy(update={"confidence": 0.1}) if w.text in "200" else w for w in made.turns[2].words)
        }
    )
    put(tmp_path, made.model_copy(update={"turns": (*made.turns[:2], doubtful, *made.turns[3:])}))
    started = Desk(tmp_path)
    yield started
    started.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    made.set_default_timeout(10_000)
    yield made
    made.close()


def opened(context: BrowserContext, desk: Desk) -> Page:
    """The meeting, by the list. What goes wrong in the page fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"error in the page: {error}"))
    page.goto(desk.url)
    page.get_by_role("link", name="令和8年度第1回 試験市審議会").click()
    expect(page.locator("article.turn")).to_have_count(6)
    return page


def type_over(page: Page, turn: str, text: str) -> None:
    page.locator(f"#{turn} .written").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def test_a_clerks_hour(context: BrowserContext, desk: Desk) -> None:
    page = opened(context, desk)
    # listen: a sentence is pressed and heard, the text follows
    page.locator("#t0003 .written [data-start]").last.click()
    page.wait_for_function("!document.getElementById('audio').paused")
    page.wait_for_function("document.getElementById('audio').currentTime > 15")
    expect(page.locator("article.playing")).to_have_id("t0003")
    page.keyboard.press("Escape")
    page.wait_for_function("document.getElementById('audio').paused")
    stopped = page.evaluate("document.getElementById('audio').currentTime")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.getElementById('audio').paused")
    assert page.evaluate("document.getElementById('audio').currentTime") < stopped - 1  # a little back on resume
    page.keyboard.press("Escape")
    page.keyboard.press("F4")
    assert page.evaluate("document.getElementById('audio').playbackRate") > 1
    # correct
    type_over(page, "t0002", "費用はおいくらか。")
    desk.saved(lambda p: p.turns[1].written == "費用はおいくらか。")
    expect(page.locator("#saved")).to_have_text("保存済み")
    # one change of 整文 is taken back
    page.locator("#t0003 .change", has_text="でございます").click()
    expect(page.locator("#t0003 .written")).to_contain_text("200万円でございます。")
    # who is who
    page.get_by_role("tab", name="話者").click()
    voice = page.locator("#panel fieldset").nth(1)
    voice.get_by_label("役割").select_option("事務局")
    voice.get_by_label("名前").fill("森 一郎")
    voice.get_by_role("button", name="確かめた").click()
    expect(page.locator("#t0002 .who")).to_have_text("事務局 森 一郎")
    # a boundary is moved
    page.locator("#t0004").get_by_role("button", name="区分").click()
    page.get_by_label("区分", exact=True).select_option("質疑")
    page.get_by_label("範囲").select_option("one")
    page.get_by_role("button", name="変える", exact=True).click()
    proof = desk.saved(
        lambda p: [s.turn_ids for s in p.sections] == [("t0001", "t0002", "t0003", "t0004"), ("t0005", "t0006")]
    )
    assert proof.speakers[1].role is Role.SECRETARIAT
    # decide
    page.get_by_role("tab", name="結果").click()
    page.get_by_label("諮問第2号 の結果").fill("継続審議とされた")
    page.locator("#panel fieldset").nth(1).get_by_role("button", name="決める").click()
    # split and join, and back
    page.locator("#t0003 .written").click()
    page.keyboard.press("Control+Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.locator("#t0003").get_by_role("button", name="分ける").click()
    expect(page.locator("article.turn")).to_have_count(7)
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator("article.turn")).to_have_count(6)
    # keep back, tick, find and replace
    page.locator("#t0003 .written").click()
    page.keyboard.press("Control+Home")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.locator("#t0003").get_by_role("button", name="伏せる").click()
    expect(page.locator("#t0003 .secret")).to_have_text("年間")
    page.get_by_role("tab", name="置換").click()
    page.get_by_label("探す言葉").fill("研修")
    page.get_by_label("置きかえる言葉").fill("講習")
    page.get_by_role("button", name="探す").click()
    expect(page.locator("#panel ins")).to_have_text("講習")
    page.get_by_role("button", name="選んだ所を置きかえる").click()
    expect(page.locator("#t0006 .written")).to_contain_text("講習")
    for tick in page.locator(".tick input").all():
        tick.check()
    expect(page.locator("#share-text")).to_contain_text(re.compile(r"校正済み (\d+) / \1"))
    # export, both copies
    page.get_by_role("tab", name="書き出し").click()
    for link, secret in ((0, True), (1, False)):
        with page.expect_download() as download:
            page.get_by_role("link", name="Word").nth(link).click()
        with zipfile.ZipFile(download.value.path()) as package:
            everything = b"".join(package.read(name) for name in package.namelist()).decode("utf-8", "replace")
        assert ("年間" in everything) is secret
    # confirm, and find it all again
    page.get_by_label("状態").select_option("確定")
    desk.saved(lambda p: p.state is State.FINAL)
    page.reload()
    expect(page.locator("#t0002 .written")).to_have_text("費用はおいくらか。")
    expect(page.get_by_label("状態")).to_have_value("確定")
    type_over(page, "t0002", "確定の後。")
    expect(page.locator("#saved")).to_contain_text("確定した会議録は直せません")
    page.get_by_role("link", name="一覧").click()
    expect(page.locator("tbody")).to_contain_text("確定")


def test_a_killed_server_loses_nothing_that_was_typed(context: BrowserContext, desk: Desk) -> None:
    page = opened(context, desk)
    type_over(page, "t0002", "はじめの文。")
    desk.saved(lambda p: p.turns[1].written == "はじめの文。")
    desk.process.send_signal(signal.SIGKILL)
    desk.process.wait()
    type_over(page, "t0004", "止まっている間の文。")
    page.locator("#name").click()
    expect(page.locator("#saved")).to_contain_text("つながりません")
    page.close(run_before_unload=False)  # and the browser dies too
    desk.start()
    again = opened(context, desk)
    expect(again.locator("#t0004 .written")).to_have_text("止まっている間の文。")
    assert desk.saved(lambda p: p.turns[3].written == "止まっている間の文。").turns[1].written == "はじめの文。"


def test_two_windows_on_one_turn_are_asked_and_on_two_turns_are_not(context: BrowserContext, desk: Desk) -> None:
    one, other = opened(context, desk), opened(context, desk)
    type_over(one, "t0002", "左の窓の文。")
    type_over(other, "t0004", "右の窓の文。")
    desk.saved(lambda p: (p.turns[1].written, p.turns[3].written) == ("左の窓の文。", "右の窓の文。"))
    other.route("**/since/*", lambda route: route.abort())  # the other window has not heard of it yet
    type_over(one, "t0006", "左が先。")
    desk.saved(lambda p: p.turns[5].written == "左が先。")
    type_over(other, "t0006", "右が後。")
    dialog = other.locator("dialog")
    expect(dialog).to_contain_text("左が先。")
    expect(dialog).to_contain_text("右が後。")
    other.unroute("**/since/*")
    dialog.get_by_role("button", name="こちらの内容にする").click()
    desk.saved(lambda p: p.turns[5].written == "右が後。")
    expect(one.locator("#t0006 .written")).to_have_text("右が後。")


def test_hostile_words_stay_words(context: BrowserContext, tmp_path: Path) -> None:
    evil = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    made = a_draft()
    turns = tuple(t.model_copy(update={"written": evil, "changes": (), "spoken": evil, "words": ()}) for t in made.turns)
    agenda = (made.meeting.agenda[0].model_copy(update={"title": evil, "label": evil}), *made.meeting.agenda[1:])
    speakers = tuple(s.model_copy(update={"name": evil, "reasons": (evil,), "confidence": 0.3}) for s in made.speakers)
    meeting = made.meeting.model_copy(update={"name": evil, "agenda": agenda})
    put(tmp_path, made.model_copy(update={"turns": turns, "meeting": meeting, "speakers": speakers}))
    desk = Desk(tmp_path)
    try:
        page = context.new_page()
        page.goto(desk.url)
        page.locator("td a").click()
        expect(page.locator("article.turn")).to_have_count(6)
        expect(page.locator("#t0001 .written")).to_have_text(evil)
        for tab in page.get_by_role("tab").all():
            tab.click()
        page.locator("#t0001 .who").click()
        assert page.locator("main img, dialog img, main script").count() == 0
        assert page.title() != "taken" and evil in page.title()
    finally:
        desk.kill()


def test_everything_without_a_mouse(context: BrowserContext, desk: Desk) -> None:
    page = opened(context, desk)
    page.keyboard.press("F8")  # the doubtful word
    expect(page.locator("#t0003 .written")).to_be_focused()
    page.keyboard.press("Control+Enter")  # read; on to the next
    expect(page.locator("#t0003")).to_have_class(re.compile("done"))
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowUp")
    focused = page.evaluate("document.activeElement.closest('article')?.id")
    assert focused and focused != "t0003"
    page.keyboard.insert_text("鍵だけで。")
    desk.saved(lambda p: any("鍵だけで。" in t.written for t in p.turns) and p.checked == ("t0003",))
    page.locator("body").press("Escape")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.tagName")
        )
    assert {"written", "time", "who"} <= reached


def test_a_key_can_be_bound_anew(context: BrowserContext, desk: Desk) -> None:
    page = opened(context, desk)
    page.get_by_role("button", name="キー").click()
    page.get_by_role("textbox", name="再生と一時停止").press("F9")
    page.get_by_role("button", name="閉じる").click()
    page.keyboard.press("F9")
    page.wait_for_function("!document.getElementById('audio').paused")
    page.reload()
    page.wait_for_selector("article.turn")
    page.keyboard.press("F9")
    page.wait_for_function("!document.getElementById('audio').paused")


def test_history_brings_back_any_state(context: BrowserContext, desk: Desk) -> None:
    page = opened(context, desk)
    first = page.locator("#t0002 .written").text_content()
    for text in ("一。", "二。", "三。"):
        type_over(page, "t0002", text)
        page.locator("#name").click()
        desk.saved(lambda p, text=text: p.turns[1].written == text)  # type: ignore[misc]
    page.get_by_role("tab", name="履歴").click()
    page.locator(".entry").filter(has_text="一。").get_by_role("button").last.click()
    page.get_by_role("button", name="戻す", exact=True).click()
    expect(page.locator("#t0002 .written")).to_have_text("一。")
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator("#t0002 .written")).to_have_text("三。")
    for _ in range(3):
        page.get_by_role("button", name="元に戻す").click()
    expect(page.locator("#t0002 .written")).to_have_text(str(first))
    page.get_by_role("button", name="やり直す").click()
    expect(page.locator("#t0002 .written")).to_have_text("一。")

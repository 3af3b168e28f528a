"""How the desk feels on a long meeting: first sight, typing, sound, a hundred edits at once, and what axe-core says of it.

    python tests/benchmarks/desk.py [--turns 1500] [--axe axe.min.js] [--hours 3]

A draft of so many turns (sentences of the rehearsal meetings, words with times) and a silent wav of three hours are served as a
clerk would have them, and looked at in Debian's Chromium. First sight: from the click to turns on the screen. Typing: from a key to
the next painted frame, median and worst of sixty. Sound: from a click on a sentence late in the recording until it plays.
axe-core is not bundled (``npm pack axe-core``).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx
from playwright.sync_api import Page, sync_playwright

from pipeline import documents, style
from pipeline.schema import Recording, Section
from pipeline.terms import Phase
from tests import rehearsal
from tests.drafts import draft, turn
from tests.test_edit_page import CHROMIUM, Desk

LATENCY = """async () => {
  const found = [];
  const field = document.activeElement;
  for (let i = 0; i < 60; i += 1) {
    const begun = performance.now();
    document.execCommand("insertText", false, "字");
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    found.push(performance.now() - begun);
  }
  return found;
}"""

LISTEN = """() => {
  let clicked;
  addEventListener("click", () => { clicked = performance.now(); }, true);
  document.getElementById("audio").addEventListener("playing", () => { window.sounded = performance.now() - clicked; });
}"""


def put(home: Path, turns: int, hours: float) -> None:
    said = [one.text for path in sorted(rehearsal.FOLDER.glob("*.txt")) for one in rehearsal.load(path).turns]
    made = []
    step_ms = int(hours * 3_600_000 / turns)
    for n in range(turns):
        spoken = said[n % len(said)]
        changes, _ = style.changed(spoken, style.PLAIN.values())
        one = turn(n + 1, f"SPEAKER_{n % 3:02}", spoken, n * step_ms)
        made.append(one.model_copy(update={"written": style.applied(spoken, changes), "changes": tuple(changes)}))
    parts = tuple(
        Section(
            item=i % 2,
            phase=Phase.QUESTIONS if i < 2 else Phase.DELIBERATION,
            heading="",
            turn_ids=tuple(t.id for t in made[i::4]),
        )
        for i in range(4)
    )
    recorded = Recording(
        id="m1", source="m.wav", audio="audio.wav", sha256="0" * 64, duration_ms=int(hours * 3_600_000), channels=1
    )
    folder = home / "outputs" / "m1"
    documents.write(draft(tuple(made), parts, (), recorded=recorded), folder, ())
    with wave.open(str(folder / "audio.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        for _ in range(int(hours * 60)):
            out.writeframes(bytes(16_000 * 2 * 60))


def first_sight(page: Page, url: str) -> tuple[float, float]:
    """Seconds until the first turns are on the screen, and until all are in the page."""
    page.goto(url)
    page.wait_for_selector("td a")
    begun = time.perf_counter()
    page.click("td a")
    page.wait_for_selector("#t0005 .written")
    seen = time.perf_counter() - begun
    return seen, begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=1500)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--axe", type=Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder), a.turns, a.hours)
        desk = Desk(Path(folder))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM,
                    args=["--no-sandbox", "--mute-audio", "--autoplay-policy=no-user-gesture-required"],
                )
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                seen, begun = first_sight(page, desk.url)
                page.wait_for_selector(f"#t{a.turns:04}", state="attached")
                print(f"{a.turns} turns: first sight {seen:.2f} s, all in the page {time.perf_counter() - begun:.2f} s")
                page.locator("#t0005 .written").click()
                page.keyboard.press("End")
                taken = page.evaluate(LATENCY)
                print(f"typing: median {statistics.median(taken):.0f} ms, worst {max(taken):.0f} ms")
                late = f"#t{a.turns - 5:04}"
                page.locator(late).scroll_into_view_if_needed()
                page.evaluate(LISTEN)
                page.locator(f"{late} .written [data-start]").first.click()
                while not (taken_ms := page.evaluate("window.sounded")):
                    time.sleep(0.005)
                print(f"sound at the end of {a.hours:.0f} h: {taken_ms / 1000:.2f} s after the click")
                if a.axe:
                    report(page, a.axe)
                browser.close()
            hundred(desk)
        finally:
            desk.kill()


def report(page: Page, axe: Path) -> None:
    page.context.set_offline(False)
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(200)
        page.evaluate(axe.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations', 'passes']})")
        named = {one["id"]: len(one["nodes"]) for one in found["violations"]}
        print(
            f"axe-core, {tab.text_content()}: {json.dumps(named) if named else 'nothing'} (rules passed: {len(found['passes'])})"
        )


def hundred(desk: Desk) -> None:
    """By the door that the page uses."""
    with httpx.Client(base_url=f"http://127.0.0.1:{desk.port}", follow_redirects=True, timeout=60) as client:
        client.get(desk.url)
        turns = [one["id"] for one in client.get("/api/m/m1").json()["turns"]]
        refused: list[int] = []

        def one(n: int) -> None:
            edit = {"kind": "rewrite", "turn": turns[n], "written": f"{n}番目の文。"}
            answer = client.post("/api/m/m1/edits", json={"base": 0, "edit": edit, "who": str(n)})
            if answer.status_code != 200:
                refused.append(answer.status_code)

        base = client.get("/api/m/m1").json()["revision"]
        begun = time.perf_counter()
        threads = [threading.Thread(target=one, args=(n,)) for n in range(200, 300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
        after = client.get("/api/m/m1").json()
        kept = sum(turn["written"] == f"{n}番目の文。" for n, turn in enumerate(after["turns"]))
        print(
            f"100 edits at once: {kept} there, {len(refused)} refused, revision +{after['revision'] - base}, {seconds:.1f} s"
        )


if __name__ == "__main__":
    main()

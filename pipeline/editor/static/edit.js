// The desk: the head of the page, and everything set in motion.

import { by, el } from "./dom.js";
import * as keys from "./keys.js";
import * as panels from "./panels.js";
import * as player from "./player.js";
import { isSaved, load, onChange, proof, send, step, who } from "./store.js";
import * as turns from "./turns.js";

const STATES = ["下書き", "校正中", "委員確認中", "確定"];

function head(changed, failed) {
  const printed = proof.turns.filter((turn) => turn.printed);
  const checked = new Set(proof.checked);
  const done = printed.filter((turn) => checked.has(turn.id)).length;
  by("share").value = printed.length ? done / printed.length : 0;
  by("share-text").textContent = `校正済み ${done} / ${printed.length}`;
  by("state").value = proof.state;
  by("saved").textContent = failed || (isSaved() ? "保存済み" : "保存しています…");
  by("saved").classList.toggle("bad", Boolean(failed));
}

try {
  await load();
  by("name").textContent = proof.name;
  document.title = `${proof.name} — 校正`;
  by("state").replaceChildren(...STATES.map((state) => el("option", { value: state }, state)));
  by("state").onchange = () => send({ kind: "promote", state: by("state").value });
  by("undo").onclick = () => step(false);
  by("redo").onclick = () => step(true);
  by("who").value = who();
  by("who").onchange = () => localStorage.setItem("minutes:who", by("who").value);
  onChange(head);
  head(null);
  player.begin();
  turns.begin();
  panels.begin();
  keys.action("play", "再生と一時停止", "Escape", player.toggle);
  keys.action("back", "3秒もどる", "F1", () => player.jump(-3));
  keys.action("forward", "3秒すすむ", "F2", () => player.jump(3));
  keys.action("slower", "遅く", "F3", () => player.faster(-1));
  keys.action("faster", "速く", "F4", () => player.faster(1));
  keys.action("doubt", "次の確かでない言葉", "F8", turns.nextDoubt);
  keys.action("next", "次の発言", "Alt+ArrowDown", () => turns.next(1));
  keys.action("previous", "前の発言", "Alt+ArrowUp", () => turns.next(-1));
  keys.action("tick", "校正済みにして次へ", "Ctrl+Enter", turns.tick);
  keys.action("redact", "選んだ文字を伏せる", "Ctrl+Alt+H", () => turns.redact(turns.here()));
  keys.action("undo", "元に戻す(画面全体)", "Ctrl+Alt+Z", () => step(false));
  keys.action("redo", "やり直す(画面全体)", "Ctrl+Alt+Y", () => step(true));
  keys.begin();
  performance.mark("ready");
} catch (error) {
  by("name").textContent = error.message;
}

addEventListener("beforeunload", (event) => { if (!isSaved()) event.preventDefault(); });

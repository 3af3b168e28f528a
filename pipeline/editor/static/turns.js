// The meeting as text: headings where a part begins, a turn each with what is written and what was said beside it.

import { ask, by, clock, el, point, select, selected } from "./dom.js";
import * as player from "./player.js";
import { isSaved, label, onChange, proof, send, speaker } from "./store.js";

const SAVE_AFTER_MS = 400;
const FIRST = 40; // turns that are there at the first look; the rest follows without stopping the page
const rows = new Map(); // turn id -> element
const typing = new Map(); // turn id -> timer
let current = null;

export function begin() {
  fill(proof.turns.slice(0, FIRST));
  const rest = proof.turns.slice(FIRST);
  const more = () => {
    fill(rest.splice(0, 120));
    if (rest.length) setTimeout(more);
    else headings();
  };
  if (rest.length) setTimeout(more);
  headings();
  onChange(refresh);
  player.onTime(mark);
}

function fill(turns) {
  by("turns").append(...turns.map(row));
}

function row(turn) {
  const made = el("article", { class: "turn", id: turn.id, tabindex: "-1" });
  rows.set(turn.id, made);
  draw(turn, made);
  return made;
}

function draw(turn, made) {
  const done = proof.checked.includes(turn.id);
  made.className = `turn${turn.printed ? "" : " unprinted"}${done ? " done" : ""}${turn.flags.length && !done ? " doubt" : ""}`;
  const written = el("div", { class: "written", contenteditable: "plaintext-only", role: "textbox", "aria-multiline": "true", "aria-label": `${label(speaker(turn.speaker))} ${clock(turn.start_ms)} の本文`, spellcheck: "false" }, ...pieces(turn));
  written.oninput = () => later(turn.id, written);
  written.onblur = () => { commit(turn.id, written); current = current === turn.id ? null : current; redraw(turn.id); };
  written.onfocus = () => { current = turn.id; };
  written.onclick = (event) => {
    const sentence = event.target.closest("[data-start]");
    if (sentence && by("click-plays").checked) player.play(Number(sentence.dataset.start), Number(sentence.dataset.end));
  };
  made.replaceChildren(
    el("div", { class: "head" },
      el("button", { class: "time", title: "ここから再生", onclick: () => player.play(turn.start_ms) }, clock(turn.start_ms)),
      el("button", { class: "who", title: "話者を変える", onclick: () => changeSpeaker(turn.id) }, label(speaker(turn.speaker))),
      el("span", { class: "tools" },
        el("button", { title: "カーソルの所で2つに分ける", onmousedown: (e) => e.preventDefault(), onclick: () => split(turn.id) }, "分ける"),
        el("button", { title: "次の発言とつなげる", onclick: () => merge(turn.id) }, "つなげる"),
        el("button", { title: "ここからの区分を変える", onclick: () => place(turn.id) }, "区分"),
        el("button", { title: "選んだ文字を公開しない", onmousedown: (e) => e.preventDefault(), onclick: () => redact(turn.id) }, "伏せる"),
        el("button", { "aria-pressed": String(!turn.printed), onclick: () => send({ kind: "show", turn: turn.id, printed: !turn.printed }) }, turn.printed ? "載せない" : "載せる")),
      el("label", { class: "tick" }, el("input", { type: "checkbox", checked: done, onchange: (e) => send({ kind: "tick", turns: [turn.id], done: e.target.checked }) }), " 校正済み")),
    written,
    el("div", { class: "spoken", "aria-label": "聞き取ったまま" }, ...said(turn)),
    turn.flags.length && !done ? el("p", { class: "flags" }, turn.flags.join(" ")) : "");
}

// Sentences that can be played, with doubtful words shaded and what is kept back struck.
function pieces(turn) {
  const cuts = new Set([0, turn.written.length]);
  for (const [a, b] of [...turn.sentences, ...turn.doubts, ...turn.redactions]) cuts.add(a).add(b);
  const places = [...cuts].sort((a, b) => a - b);
  const inside = (ranges, at) => ranges.find(([a, b]) => a <= at && at < b);
  const made = [];
  for (let i = 0; i + 1 < places.length; i += 1) {
    const at = places[i];
    const sentence = inside(turn.sentences, at);
    const kind = `${inside(turn.doubts, at) ? " unsure" : ""}${inside(turn.redactions, at) ? " secret" : ""}`.trim();
    made.push(el("span", { class: kind || null, "data-start": sentence?.[2], "data-end": sentence?.[3] }, turn.written.slice(at, places[i + 1])));
  }
  return made;
}

function said(turn) {
  const made = [];
  let at = 0;
  for (const change of turn.changes) {
    made.push(turn.spoken.slice(at, change.start));
    made.push(el("button", { class: "change", title: `${change.rule}: 「${change.before}」→「${change.after}」 押すと戻す`, onclick: () => send({ kind: "revert", turn: turn.id, rule: change.rule, start: change.start, end: change.end }) }, change.before ? el("del", {}, change.before) : "", el("ins", {}, change.after)));
    at = change.end;
  }
  made.push(turn.spoken.slice(at));
  return made;
}

function later(id, written) {
  clearTimeout(typing.get(id));
  typing.set(id, setTimeout(() => commit(id, written), SAVE_AFTER_MS));
}

function commit(id, written) {
  clearTimeout(typing.get(id));
  typing.delete(id);
  const turn = proof.byId.get(id);
  const text = written.textContent.replaceAll("\n", " ");
  if (turn && text !== turn.written) send({ kind: "rewrite", turn: id, written: text });
}

function redraw(id) {
  const turn = proof.byId.get(id);
  if (turn && rows.has(id) && !typing.has(id)) draw(turn, rows.get(id));
}

function refresh(changed) {
  if (changed === null) return;
  const order = proof.turns.map((turn) => turn.id);
  const known = new Set(order);
  for (const [id, made] of rows) if (!known.has(id)) { made.remove(); rows.delete(id); }
  let before = null;
  for (const turn of proof.turns) {
    if (!rows.has(turn.id)) {
      const made = row(turn);
      if (before) before.after(made);
      else by("turns").prepend(made);
    }
    before = rows.get(turn.id);
  }
  const drawn = new Set(changed);
  for (const turn of proof.turns) {
    const made = rows.get(turn.id);
    const stale = made.classList.contains("done") !== proof.checked.includes(turn.id) || made.querySelector(".who").textContent !== label(speaker(turn.speaker));
    if (turn.id === current) follow(turn, made);
    else if (drawn.has(turn.id) || stale) draw(turn, made);
  }
  headings();
}

// The turn that the caret is in: left alone while it says what is saved; what others wrote comes in under the caret.
function follow(turn, made) {
  const written = made.querySelector(".written");
  if (typing.has(turn.id) || !isSaved() || written.textContent === turn.written) return;
  const caret = selected(written)?.[0] ?? 0;
  written.replaceChildren(...pieces(turn));
  const [node, at] = point(written, Math.min(caret, turn.written.length));
  getSelection().collapse(node, at);
}

function headings() {
  for (const old of by("turns").querySelectorAll(".part")) old.remove();
  for (const [item, phase, ids] of proof.sections) {
    const first = rows.get(ids[0]);
    const title = item === null ? "" : `${proof.agenda[item].label} ${proof.agenda[item].title} `;
    first?.before(el("h2", { class: "part" }, title ? el("span", {}, title) : "", el("b", {}, `【${phase}】`)));
  }
}

let playing = null;
function mark(ms) {
  let low = 0;
  let high = proof.turns.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (proof.turns[middle].start_ms <= ms) low = middle;
    else high = middle - 1;
  }
  const made = rows.get(proof.turns[low]?.id);
  if (!made) return;
  if (playing !== made) {
    playing?.classList.remove("playing");
    made.classList.add("playing");
    playing = made;
    if (by("follow").checked && !current) made.scrollIntoView({ block: "center" });
  }
  for (const piece of made.querySelectorAll("[data-start]")) piece.classList.toggle("now", piece.dataset.start <= ms && ms < piece.dataset.end);
}

export function goTo(id, play = false) {
  const made = rows.get(id);
  if (!made) return;
  made.scrollIntoView({ block: "center" });
  made.querySelector(".written").focus({ preventScroll: true });
  if (play) player.play(proof.byId.get(id).start_ms);
}

export function here() {
  return current ?? playing?.id ?? proof.turns[0]?.id;
}

export function next(steps) {
  const shown = proof.turns.filter((turn) => turn.printed);
  const at = shown.findIndex((turn) => turn.id === here());
  const found = shown[Math.max(0, Math.min(shown.length - 1, at + steps))];
  if (found) goTo(found.id);
}

// The next doubtful word after here, with the caret before it and its sound.
export function nextDoubt() {
  const ids = proof.turns.map((turn) => turn.id);
  const from = Math.max(0, ids.indexOf(here()));
  const caret = current ? (selected(rows.get(current).querySelector(".written"))?.[1] ?? -1) : -1;
  for (let i = 0; i <= ids.length; i += 1) {
    const turn = proof.turns[(from + i) % ids.length];
    const found = turn.printed && !proof.checked.includes(turn.id) && turn.doubts.find(([a]) => i > 0 || a > caret);
    if (!found) continue;
    goTo(turn.id);
    const [node, at] = point(rows.get(turn.id).querySelector(".written"), found[0]);
    getSelection().collapse(node, at);
    const sentence = turn.sentences.find(([a, b]) => a <= found[0] && found[0] < b);
    if (sentence) player.play(sentence[2], sentence[3]);
    return;
  }
}

export function tick() {
  const id = here();
  const made = rows.get(id)?.querySelector(".written");
  if (!made) return;
  commit(id, made);
  send({ kind: "tick", turns: [id], done: true });
  next(1);
}

function split(id) {
  const written = rows.get(id).querySelector(".written");
  const range = selected(written);
  commit(id, written);
  if (range) send({ kind: "split", turn: id, at: range[0] });
  else ask("発言を分ける", [el("p", {}, "本文の中で、分けたい所にカーソルを置いてから押してください。")], [["閉じる", null]]);
  written.blur();
}

function merge(id) {
  const at = proof.turns.findIndex((turn) => turn.id === id);
  if (proof.turns[at + 1]) send({ kind: "merge", turn: id, other: proof.turns[at + 1].id });
}

export function redact(id) {
  const written = rows.get(id).querySelector(".written");
  const range = selected(written);
  commit(id, written);
  if (!range || range[0] === range[1]) {
    ask("公開しない所", [el("p", {}, "伏せたい文字を選んでから押してください。伏せた所を選んで押すと、元に戻ります。")], [["閉じる", null]]);
    return;
  }
  const turn = proof.byId.get(id);
  const marked = !turn.redactions.some(([a, b]) => a < range[1] && range[0] < b);
  send({ kind: "redact", turn: id, start: range[0], end: range[1], marked });
  written.blur();
}

async function changeSpeaker(id) {
  const turn = proof.byId.get(id);
  const options = [...proof.speakers.map((one) => [one.label, label(one)]), ["", "新しい話者"]];
  const field = select(options, turn.speaker, { "aria-label": "話者" });
  if ((await ask("この発言の話者", [field], [["変える", "yes"], ["やめる", null]])) === "yes") send({ kind: "speak", turn: id, speaker: field.value || null });
}

async function place(id) {
  const section = proof.sections.find(([, , ids]) => ids.includes(id));
  const [item, phase, ids] = section;
  const items = [["", "議題の外"], ...proof.agenda.map((one, n) => [String(n), `${one.label} ${one.title}`])];
  const chosenItem = select(items, item === null ? "" : String(item), { "aria-label": "議題" });
  const chosenPhase = select(proof.phases.map((name) => [name, name]), phase, { "aria-label": "区分" });
  const reach = select([["end", "ここから、この区分の終わりまで"], ["one", "この発言だけ"], ["start", "この区分の始めから、ここまで"]], "end", { "aria-label": "範囲" });
  const body = [el("label", {}, "議題 ", chosenItem), el("label", {}, "区分 ", chosenPhase), el("label", {}, "範囲 ", reach)];
  if ((await ask("区分を変える", body, [["変える", "yes"], ["やめる", null]])) !== "yes") return;
  const turn = reach.value === "start" ? ids[0] : id;
  const through = reach.value === "end" ? ids[ids.length - 1] : id;
  send({ kind: "place", turn, through, item: chosenItem.value === "" ? null : Number(chosenItem.value), phase: chosenPhase.value });
}

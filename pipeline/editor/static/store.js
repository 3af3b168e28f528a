// The proof in the page, and its way to the server: edits go out one after the other and are kept until they are answered for.

import { ask, el } from "./dom.js";

const id = decodeURIComponent(location.pathname.split("/").pop());
const base = `/api/m/${encodeURIComponent(id)}`;
const KEPT = `minutes:${id}:unsaved`;
const RETRY_MS = 1500;
const LOOK_MS = 4000;

export const proof = { turns: [], byId: new Map(), revision: 0 };
export const address = base;
const listeners = [];
const queue = [];
let sending = false;

export const who = () => localStorage.getItem("minutes:who") || "";
export const onChange = (listener) => listeners.push(listener);
export const isSaved = () => queue.length === 0;

function tell(changed, failed = "") {
  for (const listener of listeners) listener(changed, failed);
}

export async function load() {
  const answer = await fetch(base);
  if (!answer.ok) throw new Error((await answer.json()).detail || "開けません。");
  Object.assign(proof, await answer.json());
  proof.byId = new Map(proof.turns.map((turn) => [turn.id, turn]));
  for (const edit of JSON.parse(localStorage.getItem(KEPT) || "[]")) send(edit); // what a crash left unsaved
  setInterval(look, LOOK_MS);
}

export function send(edit) {
  const last = queue[queue.length - 1];
  const replaces = last && last.edit.kind === "rewrite" && edit.kind === "rewrite" && last.edit.turn === edit.turn;
  if (replaces && !(sending && queue.length === 1)) last.edit = edit;
  else queue.push({ edit, path: "edits" });
  keep();
  pump();
}

export function step(again) {
  queue.push({ again, path: "step" });
  pump();
}

function keep() {
  const edits = queue.filter((one) => one.edit).map((one) => one.edit);
  if (edits.length) localStorage.setItem(KEPT, JSON.stringify(edits));
  else localStorage.removeItem(KEPT);
  tell(null);
}

async function pump() {
  if (sending || !queue.length) return;
  sending = true;
  const one = queue[0];
  const body = one.edit ? { base: proof.revision, edit: one.edit, who: who() } : { base: proof.revision, again: one.again, who: who() };
  let wait = 0;
  try {
    const answer = await fetch(`${base}/${one.path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const told = await answer.json();
    if (answer.ok) { queue.shift(); keep(); take(told); }
    else if (answer.status === 409) await settle(one, told.detail);
    else if (answer.status === 401) { wait = RETRY_MS; tell(null, "minutes edit が始め直されました。新しい番地から開くと、続きが保存されます。"); }
    else if (answer.status >= 500) { wait = RETRY_MS; tell(null, told.detail || "保存できません。"); }
    else { queue.shift(); keep(); await look(true); tell(null, typeof told.detail === "string" ? told.detail : "できません。"); }
  } catch {
    wait = RETRY_MS;
    tell(null, "minutes edit につながりません。つながり次第、保存します。");
  }
  sending = false;
  if (wait) setTimeout(pump, wait);
  else pump();
}

// Somebody else has changed the same thing: both are shown, and a person chooses.
async function settle(one, detail) {
  const theirs = detail.entries.flatMap((entry) => entry.differences.map((d) => [entry.who || "ほかの画面", d]));
  const rows = theirs.slice(-20).map(([name, d]) => el("tr", {}, el("td", {}, name), el("td", {}, d.what), el("td", {}, el("del", {}, d.before), el("br"), el("ins", {}, d.after))));
  const mine = one.edit && one.edit.kind === "rewrite" ? el("p", { class: "mine" }, one.edit.written) : el("p", {}, "この操作");
  const body = [el("p", {}, detail.message), el("table", {}, ...rows), el("h3", {}, "こちらの内容"), mine];
  const choice = await ask("同じ所が直されています", body, [["こちらの内容にする", "mine"], ["相手のままにする", "theirs"]]);
  await look(true);
  if (choice !== "mine" || !one.edit) queue.shift();
  keep();
}

async function look(always = false) {
  if (!always && (sending || queue.length || document.hidden)) return;
  try {
    const answer = await fetch(`${base}/since/${proof.revision}`);
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.revision !== proof.revision) take(told);
  } catch { /* the next edit tells that the server is gone */ }
}

function take(told) {
  for (const turn of told.changed) proof.byId.set(turn.id, turn);
  proof.turns = told.order.map((turnId) => proof.byId.get(turnId));
  const known = new Set(told.order);
  for (const turnId of [...proof.byId.keys()]) if (!known.has(turnId)) proof.byId.delete(turnId);
  const { changed, order, ...around } = told;
  Object.assign(proof, around);
  tell(changed.map((turn) => turn.id));
}

export const speaker = (label) => proof.speakers.find((one) => one.label === label);
// Voices without a name are told apart by their number.
export const label = (one) => (one ? `${one.role} ${one.name || one.label.replace("SPEAKER_", "")}` : "?");

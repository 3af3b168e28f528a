// The tools beside the text, one tab each.

import { ask, by, clock, el, select } from "./dom.js";
import * as player from "./player.js";
import { address, label, onChange, proof, send } from "./store.js";
import { goTo } from "./turns.js";

const tabs = { 要確認: doubts, 話者: speakers, 結果: decisions, 表記: remarks, 置換: replace, 履歴: history, 書き出し: exports };
let open = "要確認";

export function begin() {
  by("tabs").replaceChildren(...Object.keys(tabs).map((name) => el("button", { role: "tab", id: `tab-${name}`, "aria-controls": "panel", "aria-selected": String(name === open), onclick: () => show(name) }, name)));
  show(open);
  onChange((changed) => { if (changed !== null && ["要確認", "話者", "結果"].includes(open) && !by("panel").contains(document.activeElement)) show(open); });
}

async function show(name) {
  open = name;
  for (const tab of by("tabs").children) tab.setAttribute("aria-selected", String(tab.textContent === name));
  by("panel").setAttribute("aria-labelledby", `tab-${name}`);
  by("panel").replaceChildren(...(await tabs[name]()));
}

const jump = (turn, ...children) => el("button", { class: "row", onclick: () => goTo(turn.id, true) }, el("span", { class: "at" }, clock(turn.start_ms)), ...children);

function doubts() {
  const left = proof.turns.filter((turn) => turn.printed && !proof.checked.includes(turn.id));
  const flagged = left.filter((turn) => turn.flags.length);
  const unsure = left.filter((turn) => turn.doubts.length);
  const words = (turn) => turn.doubts.map(([a, b]) => turn.written.slice(a, b)).join("、");
  return [
    ...proof.warnings.map((message) => el("p", { class: "warning" }, message)),
    el("h3", {}, `確かめる発言 ${flagged.length} 件`), ...flagged.slice(0, 300).map((turn) => jump(turn, turn.flags.join(" "))),
    el("h3", {}, `聞き取りの確かでない言葉 ${unsure.length} 発言`), ...unsure.slice(0, 300).map((turn) => jump(turn, words(turn)))];
}

function speakers() {
  const others = (one) => proof.speakers.filter((other) => other.label !== one.label).map((other) => [other.label, label(other)]);
  return proof.speakers.map((one) => {
    const turns = proof.turns.filter((turn) => turn.speaker === one.label);
    const longest = turns.reduce((best, turn) => (!best || turn.end_ms - turn.start_ms > best.end_ms - best.start_ms ? turn : best), null);
    const role = select(proof.roles.map((name) => [name, name]), one.role, { "aria-label": "役割" });
    const name = el("input", { value: one.name || "", "aria-label": "名前", placeholder: "名前" });
    const into = select([["", "ほかの話者とまとめる…"], ...others(one)], "", { "aria-label": "まとめる相手" });
    into.onchange = () => into.value && send({ kind: "unite", speaker: one.label, into: into.value });
    return el("fieldset", {}, el("legend", {}, `${one.label} ${clock(one.talk_ms)} ${turns.length}発言`),
      longest ? el("button", { onclick: () => player.play(longest.start_ms, Math.min(longest.end_ms, longest.start_ms + 8000)) }, "声を聞く") : "",
      role, name,
      el("button", { onclick: () => send({ kind: "person", speaker: one.label, role: role.value, name: name.value || null }) }, "確かめた"),
      into, one.confidence < 1 ? el("p", { class: "small" }, one.reasons.slice(0, 3).join(" ")) : "");
  });
}

function decisions() {
  return proof.decisions.map((one) => {
    const item = proof.agenda[one.item];
    const evidence = one.turn_id && proof.byId.get(one.turn_id);
    const result = el("input", { value: one.result || "", "aria-label": `${item.label} の結果`, placeholder: "〔要確認〕" });
    return el("fieldset", {}, el("legend", {}, `${item.label} ${item.title}`), result,
      el("button", { onclick: () => send({ kind: "decide", item: one.item, result: result.value || null }) }, "決める"),
      evidence ? jump(evidence, "根拠の発言") : el("p", { class: "small" }, "根拠の発言は見つかっていません。"));
  });
}

async function remarks() {
  const found = await (await fetch(`${address}/remarks`)).json();
  if (!found.length) return [el("p", {}, "直す候補は見つかりませんでした。")];
  return found.slice(0, 500).map((one) => {
    const turn = proof.byId.get(one.turn);
    const accept = () => {
      const now = proof.byId.get(one.turn);
      if (now.written.slice(one.start, one.end) !== one.before) return show("表記");
      if (one.kind === "伏せるか確認") send({ kind: "redact", turn: one.turn, start: one.start, end: one.end, marked: true });
      else send({ kind: "rewrite", turn: one.turn, written: now.written.slice(0, one.start) + one.after + now.written.slice(one.end) });
      return row.remove();
    };
    const can = one.after !== null || one.kind === "伏せるか確認";
    const row = el("div", { class: "remark" }, jump(turn, el("b", {}, one.kind), ` ${one.before}${one.after !== null ? ` → ${one.after || "(削除)"}` : ""} `, el("span", { class: "small" }, one.reason)),
      can ? el("button", { onclick: accept }, one.kind === "伏せるか確認" ? "伏せる" : "直す") : "");
    return row;
  });
}

function replace() {
  const find = el("input", { "aria-label": "探す言葉", placeholder: "探す言葉" });
  const by_ = el("input", { "aria-label": "置きかえる言葉", placeholder: "置きかえる言葉" });
  const list = el("div", { "aria-live": "polite" });
  const look = () => {
    const hits = find.value ? proof.turns.filter((turn) => turn.written.includes(find.value)) : [];
    const boxes = hits.map((turn) => [turn, el("input", { type: "checkbox", checked: true, "aria-label": clock(turn.start_ms) })]);
    const preview = (turn) => turn.written.split(find.value).flatMap((part, n) => (n ? [el("del", {}, find.value), el("ins", {}, by_.value), part.slice(0, 14)] : [part.slice(-14)]));
    const go = el("button", { disabled: !hits.length, onclick: () => { send({ kind: "replace", find: find.value, by: by_.value, turns: boxes.filter(([, box]) => box.checked).map(([turn]) => turn.id) }); list.replaceChildren("置きかえました。"); } }, "選んだ所を置きかえる");
    list.replaceChildren(el("p", {}, `${hits.length} 発言`), ...boxes.slice(0, 300).map(([turn, box]) => el("div", { class: "remark" }, box, jump(turn, ...preview(turn)))), go);
  };
  return [find, by_, el("button", { onclick: look }, "探す"), list];
}

async function history() {
  const entries = await (await fetch(`${address}/history`)).json();
  const back = async (entry) => {
    if ((await ask("この時に戻す", [el("p", {}, `${entry.at} の状態に戻します。今の状態も履歴に残ります。`)], [["戻す", "yes"], ["やめる", null]])) === "yes") send({ kind: "restore", revision: entry.revision });
  };
  return entries.slice(0, 300).map((entry) => el("div", { class: "entry" },
    el("p", { class: "small" }, `${entry.revision} ${entry.at.slice(0, 19).replace("T", " ")} ${entry.who}`),
    ...entry.differences.slice(0, 6).map((d) => el("p", {}, `${d.what} `, el("del", {}, d.before.slice(0, 80)), el("ins", {}, d.after.slice(0, 80)))),
    el("button", { onclick: () => back(entry) }, "この時に戻す")));
}

function exports() {
  const names = [["docx", "Word"], ["text", "テキスト"], ["markdown", "Markdown"], ["srt", "SRT 字幕"], ["vtt", "WebVTT 字幕"], ["rttm", "RTTM"], ["json", "JSON"]];
  const link = (name, text, more = "") => el("a", { class: "button", href: `${address}/export/${name}${more}`, download: true }, text);
  const reply = el("input", { type: "date", "aria-label": "返事の期日" });
  const members = proof.speakers.map((one) => el("button", { onclick: () => { location.href = `${address}/members/${encodeURIComponent(one.label)}${reply.value ? `?reply=${reply.value}` : ""}`; } }, label(one)));
  return [el("h3", {}, "会議録"), ...names.map(([name, text]) => link(name, text)),
    el("h3", {}, "公開用(伏せた所を除く)"), link("docx", "Word", "?public=true"), link("text", "テキスト", "?public=true"),
    el("h3", {}, "発言の確認(1人分の Word)"), el("label", {}, "返事の期日 ", reply), ...members];
}

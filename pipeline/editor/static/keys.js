// Keys, each of which an office may bind anew: foot pedals send keys too. They work while typing, so the defaults type nothing.

import { ask, by, el } from "./dom.js";

const KEPT = "minutes:keys";
const actions = new Map(); // name -> { label, key, run }
let bound = JSON.parse(localStorage.getItem(KEPT) || "{}");

export function action(name, label, key, run) {
  actions.set(name, { label, key, run });
}

export function pressed(event) {
  const parts = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.metaKey && "Meta", event.key.length === 1 ? event.key.toUpperCase() : event.key];
  return parts.filter(Boolean).join("+");
}

export function begin() {
  addEventListener("keydown", (event) => {
    if (by("dialog").open || event.isComposing) return;
    const key = pressed(event);
    for (const [name, one] of actions) {
      if ((bound[name] ?? one.key) === key) {
        event.preventDefault();
        one.run();
        return;
      }
    }
  });
  by("keys").onclick = show;
}

async function show() {
  const row = ([name, one]) => {
    const field = el("input", { value: bound[name] ?? one.key, "aria-label": one.label, readonly: true });
    field.onkeydown = (event) => {
      if (["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      field.value = pressed(event);
      bound[name] = field.value;
      localStorage.setItem(KEPT, JSON.stringify(bound));
    };
    return el("tr", {}, el("td", {}, one.label), el("td", {}, field));
  };
  const body = [el("p", {}, "欄を選んで、使いたいキー(フットペダルでもよい)を押してください。"), el("table", {}, ...[...actions].map(row))];
  if ((await ask("キーの割り当て", body, [["はじめに戻す", "reset"], ["閉じる", null]])) === "reset") {
    bound = {};
    localStorage.removeItem(KEPT);
  }
}

// Small helpers: elements are made with text only, never from markup, so nothing that was said can become a page.

export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const by = (id) => document.getElementById(id);

export function clock(ms) {
  const s = Math.floor(ms / 1000);
  return `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}

// A dialog with buttons; resolves to the value of the one that was pressed, or null.
export function ask(title, body, buttons) {
  const dialog = by("dialog");
  return new Promise((resolve) => {
    const close = (value) => { dialog.close(); resolve(value); };
    const row = el("div", { class: "buttons" }, ...buttons.map(([label, value]) => el("button", { onclick: () => close(value) }, label)));
    dialog.replaceChildren(el("h2", { id: "dialog-title" }, title), ...body, row);
    dialog.oncancel = () => resolve(null);
    dialog.showModal();
  });
}

export function select(options, chosen, props = {}) {
  return el("select", props, ...options.map(([value, label]) => el("option", { value, selected: value === chosen }, label)));
}

// Where an offset lies in an element's text: [node, offset].
export function point(root, offset) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let left = offset;
  let last = root;
  while (walker.nextNode()) {
    last = walker.currentNode;
    if (left <= last.length) return [last, left];
    left -= last.length;
  }
  return [last, last.nodeType === Node.TEXT_NODE ? last.length : 0];
}

// The selection inside an element as [start, end] of its text, or null.
export function selected(root) {
  const selection = getSelection();
  if (!selection.rangeCount || !root.contains(selection.anchorNode)) return null;
  const range = selection.getRangeAt(0);
  const before = document.createRange();
  before.selectNodeContents(root);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  return [start, start + range.toString().length];
}

// The list of meetings: state, share proofread, what is open.

import { by, el } from "./dom.js";

const rows = await (await fetch("/api/meetings")).json();
const made = rows.map((one) => el("tr", {},
  el("td", {}, one.problem ? el("span", { class: "bad" }, `${one.name}: ${one.problem}`) : el("a", { href: `/m/${encodeURIComponent(one.id)}` }, one.name)),
  el("td", {}, one.date), el("td", {}, one.state),
  el("td", {}, el("progress", { max: "1", value: String(one.share), "aria-label": "校正済みの割合" }), ` ${Math.round(one.share * 100)} %`),
  el("td", {}, one.left ? String(one.left) : "—")));
by("meetings").replaceChildren(...(made.length ? made : [el("tr", {}, el("td", { colspan: "5" }, "下書きがまだありません。minutes transcribe で作ると、ここに並びます。"))]));

// Listening: one audio element, stepping back a little on resume, and the sentence that is being said.

import { by, clock } from "./dom.js";
import { address, proof } from "./store.js";

const audio = by("audio");
const BACK_ON_RESUME_S = 2.5;
const RATES = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
let until = null; // end of the sentence that was asked for
let listeners = [];

export const onTime = (listener) => listeners.push(listener);
export const nowMs = () => audio.currentTime * 1000;

export function begin() {
  audio.preservesPitch = true;
  const rate = by("rate");
  rate.replaceChildren(...RATES.map((value) => new Option(`${value}倍`, value, value === 1, value === 1)));
  rate.onchange = () => { audio.playbackRate = Number(rate.value); };
  by("play").onclick = toggle;
  by("back").onclick = () => jump(-3);
  by("forward").onclick = () => jump(3);
  by("seek").oninput = () => { audio.currentTime = (by("seek").value / 1000) * (proof.duration_ms / 1000); };
  audio.ontimeupdate = () => {
    if (until !== null && nowMs() >= until) { audio.pause(); until = null; }
    by("clock").textContent = clock(nowMs());
    if (document.activeElement !== by("seek")) by("seek").value = String(Math.round((1000 * nowMs()) / (proof.duration_ms || 1)));
    for (const listener of listeners) listener(nowMs());
  };
  audio.onplay = () => { by("play").textContent = "❚❚"; };
  audio.onpause = () => { by("play").textContent = "▶"; };
  audio.onerror = () => { by("clock").textContent = "音声なし"; };
  if (proof.audio) audio.src = `${address}/audio`;
  else for (const name of ["play", "back", "forward", "seek"]) by(name).disabled = true;
}

export function toggle() {
  if (!proof.audio) return;
  until = null;
  if (!audio.paused) { audio.pause(); return; }
  if (audio.currentTime > 0) audio.currentTime = Math.max(0, audio.currentTime - BACK_ON_RESUME_S);
  audio.play().catch(() => {});
}

export function jump(seconds) {
  until = null;
  audio.currentTime = Math.max(0, audio.currentTime + seconds);
}

// Plays from start to end (ms), or on and on without an end.
export function play(startMs, endMs = null) {
  if (!proof.audio) return;
  until = endMs;
  audio.currentTime = startMs / 1000;
  audio.play().catch(() => {});
}

export function faster(steps) {
  const rate = by("rate");
  rate.selectedIndex = Math.min(RATES.length - 1, Math.max(0, rate.selectedIndex + steps));
  rate.onchange();
}

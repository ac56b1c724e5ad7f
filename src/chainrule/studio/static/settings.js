// Settings of a training: a rate on a log scale, and how settings are said.
import { html, short } from "./parts.js";

const [LOW, HIGH] = [-5, 1]; // powers of ten
export const rounded = (power) => Number((10 ** power).toPrecision(2));

export const Rate = ({ words = "Learning rate", value, onChange, disabled }) => html`<div class="field" role="group" aria-label=${words}>
  <span>${words}</span><div class="rate"><input type="range" min=${LOW} max=${HIGH} step="0.05" value=${Math.log10(value)} disabled=${disabled}
      aria-label=${`${words}, on a log scale`} aria-valuetext=${short(value)} onInput=${(e) => onChange(rounded(e.target.valueAsNumber))} />
    <input type="number" min="0" step="any" value=${value} disabled=${disabled} aria-label=${words}
      onChange=${(e) => e.target.valueAsNumber > 0 && onChange(e.target.valueAsNumber)} /></div></div>`;

const WORDS = { l2: "L2 penalty", batch_size: "batch size", learning_rate: "learning rate", hold_out: "held out" };
export const named = (name) => WORDS[name] ?? name.replaceAll("_", " ");
export const valued = (value) => (value === null || value === undefined || value === "" ? "–" : Array.isArray(value) ? value.join(", ") : String(value));

// What was changed on the way, from "400:learning_rate=0.00225,600:l2=0.1": [{x, name, value, words}].
export const changesOf = (options) =>
  (options.changes ?? "").split(",").filter(Boolean).map((one) => {
    const [, x, name, value] = one.match(/^(\d+):(\w+)=(.*)$/) ?? [];
    return { x: Number(x), name, value: Number(value), words: `${name === "l2" ? "penalty" : "rate"} ${value}` };
  }).filter(({ x }) => Number.isFinite(x));

// The rate and the penalty of a run at an iteration. records : its columns.
export const valuesAt = ({ options }, { iteration, learning_rate: rates }, k) => {
  const last = iteration.findLastIndex((one) => one <= k);
  const found = { learning_rate: rates[last] ?? Number(options.learning_rate), l2: Number(options.l2 ?? 0) };
  for (const { x, name, value } of changesOf(options)) if (x <= k && (name === "l2" || x >= iteration[last])) found[name] = value;
  return found;
};

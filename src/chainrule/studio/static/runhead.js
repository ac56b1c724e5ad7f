// What stands above all screens of a run: which one, how far, and the one slider of time.
import { useEffect } from "./vendor/hooks.js";
import { at, here, moveTo } from "./router.js";
import { details, load, progress, records, state } from "./store.js";
import { Button, Slider, Wrong, html, short, useAsked, whole } from "./parts.js";

const PARTS = [[[], "Training"], [["mistakes"], "Mistakes"], [["ship"], "Try and ship"]];
export const STATES = {
  waiting: "Waiting",
  training: "Training",
  paused: "Paused",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Failed",
  killed: "Its process was ended",
};

const Time = ({ id, run }) => {
  const kept = details(id).value?.moments ?? [];
  const { iteration: known, cost } = records(id).value;
  const reached = progress(id).value?.iteration ?? run.iteration ?? 0;
  // Past the kept moments comes what is now.
  const values = [...kept.filter((k) => k < reached), Infinity];
  const k = at.value;
  const place = k === null ? known.length - 1 : known.findLastIndex((one) => one <= k);
  const costs = place >= 0 ? `, cost ${short(cost[place], 4)}` : "";
  const said = k === null ? `now, iteration ${whole(reached)}` : `iteration ${whole(k)}`;
  const more = () => load(id).catch(() => {});
  return html`<div class="time">
    <${Slider} words="Moment that is shown" values=${values} value=${k ?? Infinity} said=${said}
      onFocus=${more} onPointerEnter=${more} onInput=${(one) => moveTo(one === Infinity ? null : one)} />
    <span class="when">${k === null ? "Now: " : "Then: "}iteration <b>${whole(k ?? reached)}</b> of ${whole(run.iterations)}${costs}</span>
    <${Button} disabled=${k === null} onClick=${() => moveTo(null)}>Now</${Button}>
  </div>`;
};

export const RunHead = ({ id, part }) => {
  const run = state.value.runs[id];
  const { error } = useAsked(() => load(id), [id]);
  useEffect(() => void (document.title = `${run?.title ?? "A run"} – chainrule studio`), [run?.title]);
  if (!run) return html`<h1>No such run</h1><${Wrong} words=${error} />`;
  return html`<div class="runhead">
    <div class="row"><p class="of"><a href="#/runs">Runs</a> / <bdi>${run.title}</bdi></p>
      <span class=${`state ${run.state}`}>${STATES[run.state] ?? run.state}</span></div>
    <nav class="tabs" aria-label="Of this run">${PARTS.map(([parts, words]) =>
      html`<a href=${here("run", id, ...parts)} aria-current=${part === parts[0] ? "page" : undefined}>${words}</a>`)}</nav>
    <${Time} id=${id} run=${run} />
    <${Wrong} words=${run.error} />
  </div>`;
};

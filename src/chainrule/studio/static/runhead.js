// What stands above all screens of a run: which one, how far, and the one slider of time.
import { useEffect, useMemo } from "./vendor/hooks.js";
import { at, here, moveTo } from "./router.js";
import { details, load, progress, reachedOf, records, state } from "./store.js";
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
  const kept = details(id).value?.moments;
  const { iteration: known, cost } = records(id).value;
  const reached = reachedOf(run);
  // What is kept, and past it what is now.
  const values = useMemo(() => [...(kept ?? []), Infinity], [kept]);
  const k = at.value;
  const place = k === null ? known.length - 1 : known.findLastIndex((one) => one <= k);
  const costs = place >= 0 ? `, cost ${short(cost[place], 4)}` : "";
  const said = k === null ? `now, iteration ${whole(reached)}` : `iteration ${whole(k)}`;
  const of = run.iterations || progress(id).value?.iterations;
  const over = kept && run.state !== "waiting" && run.state !== "training";
  const more = () => load(id).catch(() => {});
  return html`<div class="time" onPointerEnter=${more}>
    ${over && values.length < 2 ? html`<span class="note slider">Of this run only the end is kept.</span>` : html`<${Slider} words="Moment that is shown" values=${values} value=${k ?? Infinity} said=${said}
      onFocus=${more} onInput=${(one) => moveTo(one === Infinity ? null : one)} />`}
    <span class="when">${k === null ? "Now: " : "Then: "}iteration <b>${whole(k ?? reached)}</b> ${of ? `of ${whole(of)}` : ""}${costs}</span>
    <${Button} disabled=${k === null} onClick=${() => moveTo(null)}>Now</${Button}>
  </div>`;
};

export const RunHead = ({ id, part }) => {
  const run = state.value.runs[id];
  const { error } = useAsked(() => load(id), [id]);
  useEffect(() => void (document.title = `${run?.id ?? "A run"} – chainrule studio`), [run?.id]);
  if (!run) return html`<h1>No such run</h1><${Wrong} words=${error} />`;
  return html`<div class="runhead">
    <div class="row"><p class="of"><a href="#/runs">Runs</a> / <bdi>${run.id}</bdi></p>
      <span class=${`state ${run.state}`}>${STATES[run.state] ?? run.state}</span></div>
    <nav class="tabs" aria-label="Of this run">${PARTS.map(([parts, words]) =>
      html`<a href=${here("run", id, ...parts)} aria-current=${part === parts[0] ? "page" : undefined}>${words}</a>`)}</nav>
    <${Time} id=${id} run=${run} />
    <${Wrong} words=${run.error} />
  </div>`;
};

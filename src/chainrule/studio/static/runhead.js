// What stands above all screens of a run: which one, how far, and the one slider of time.
import { useEffect, useMemo } from "./vendor/hooks.js";
import { signal } from "./vendor/signals.js";
import { at, here, moveTo } from "./router.js";
import { api, details, frames, load, ofRun, progress, reachedOf, state } from "./store.js";
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

// Before its first moment a training gets ready, which may take seconds.
export const wordOf = (run) =>
  run.state === "training" && !reachedOf(run) && !frames(run.id).value ? "Starting" : STATES[run.state] ?? run.state;

// What is drawn of the run, live or at the moment that the slider says: {id, frame, error}.
export const seen = signal({});
const newer = (a, b) => ((a?.iteration ?? -1) > (b?.iteration ?? -1) ? a : b);
const useFrame = (id) => {
  const k = at.value;
  const then = useAsked(async () => (k === null ? null : api.get(`${ofRun(id, "frame")}?at=${k}`)), [id, k]);
  const quiet = state.value.runs[id].state !== "waiting" && state.value.runs[id].state !== "training";
  const first = useAsked(async () => (quiet ? api.get(ofRun(id, "frame")).catch(() => null) : null), [id, quiet]);
  const frame = (k === null ? newer(first.value, frames(id).value) : then.value) ?? null;
  const error = k === null ? "" : then.error;
  useEffect(() => void (seen.value = { id, frame, error }), [id, frame, error]);
  return frame;
};

const Time = ({ id, run }) => {
  const kept = details(id).value?.moments;
  const reached = reachedOf(run);
  const frame = useFrame(id);
  // What is kept, and past it what is now.
  const values = useMemo(() => [...(kept ?? []), Infinity], [kept]);
  const k = at.value;
  // The cost of this very moment, where it is known.
  const known = frame?.iteration === (k ?? reached) && Number.isFinite(frame.cost) && !(k === null && run.state === "training");
  const costs = known ? `, cost ${short(frame.cost, 4)}` : "";
  const said = k === null ? `now, iteration ${whole(reached)}` : `iteration ${whole(k)}`;
  const of = progress(id).value?.iterations || run.iterations;
  const over = kept && run.state !== "waiting" && run.state !== "training";
  const more = () => load(id).catch(() => {});
  return html`<div class="time" onPointerEnter=${more}>
    ${over && values.length < 2 ? html`<span class="note slider">Of this run only the end is kept.</span>` : html`<${Slider} words="Moment that is shown" values=${values} value=${k ?? Infinity} top=${Math.max(reached, kept?.at(-1) ?? 0)} said=${said}
      onFocus=${more} onInput=${(one) => moveTo(one === Infinity ? null : one)} />`}
    <span class="when">${k === null ? "Now: " : "Then: "}iteration <b>${whole(k ?? reached)}</b> ${of ? `of ${whole(of)}` : ""}${costs}</span>
    <${Button} disabled=${k === null} onClick=${() => moveTo(null)}>Now</${Button}>
  </div>`;
};

export const RunHead = ({ id, part }) => {
  const run = state.value.runs[id];
  const { error } = useAsked(() => load(id), [id]);
  useEffect(() => void (document.title = `${run?.name ?? "A run"} – chainrule studio`), [run?.name]);
  if (!run) return html`<h1>No such run</h1><${Wrong} words=${error} />`;
  return html`<div class="runhead">
    <div class="row"><p class="of"><a href="#/runs">Runs</a> / <bdi>${run.name}</bdi></p>
      <span class=${`state ${run.state}`}>${wordOf(run)}</span></div>
    <nav class="tabs" aria-label="Of this run">${PARTS.map(([parts, words]) =>
      html`<a href=${here("run", id, ...parts)} aria-current=${part === parts[0] ? "page" : undefined}>${words}</a>`)}</nav>
    <${Time} id=${id} run=${run} />
    <${Wrong} words=${run.error} />
  </div>`;
};

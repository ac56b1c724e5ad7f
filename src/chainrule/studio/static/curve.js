// Curves over iterations, by uPlot.
import { useEffect, useRef, useState } from "./vendor/hooks.js";
import { html } from "./html.js";
import uPlot from "./vendor/uplot.js";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plain = (x) => (Number.isFinite(x) ? Number(x.toPrecision(4)).toString() : "–");
const night = matchMedia("(prefers-color-scheme: dark)");
const DASHES = [[], [7, 4], [2, 3]];

// data : [x, y1, y2, ...], columns of one length, null where there is nothing.
// series : [{words, color: "--accent", dash: 0, 1 or 2}]. markers : [{x, words}]. at : an x, or null.
// log : whether it begins on a log scale. onAt(x) : what a click on it chooses.
export const Curve = ({ data, series, words, markers = [], at = null, log: asLog = false, onAt, height = 260 }) => {
  const root = useRef();
  const plot = useRef();
  const now = useRef({});
  now.current = { markers, at, onAt };
  const [pointed, point] = useState(null);
  const [log, scale] = useState(asLog);
  const key = JSON.stringify([series, log, height]);
  useEffect(() => {
    const lines = (u) => {
      const { ctx } = u;
      const { left, top, width, height } = u.bbox;
      const line = (x, stroke, dash, said, row) => {
        const place = Math.round(u.valToPos(x, "x", true));
        if (place < left - 1 || place > left + width + 1) return;
        ctx.strokeStyle = ctx.fillStyle = stroke;
        ctx.setLineDash(dash);
        ctx.beginPath();
        ctx.moveTo(place, top);
        ctx.lineTo(place, top + height);
        ctx.stroke();
        if (!said) return;
        const right = place > left + width / 2;
        ctx.textAlign = right ? "right" : "left";
        ctx.fillText(said, place + (right ? -5 : 5) * devicePixelRatio, top + (13 + 15 * row) * devicePixelRatio);
      };
      ctx.save();
      ctx.lineWidth = devicePixelRatio;
      ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
      now.current.markers.forEach((one, k) => line(one.x, color("--soft"), [3, 3], one.words, k % 3));
      if (now.current.at !== null) line(now.current.at, color("--ink"), []);
      ctx.restore();
    };
    const box = root.current;
    const make = () => {
      plot.current?.destroy();
      const axis = { stroke: color("--soft"), font: "12px system-ui, sans-serif", grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
      plot.current = new uPlot(
        {
          width: box.clientWidth || 300,
          height,
          legend: { show: false },
          cursor: { drag: { x: false, y: false }, points: { size: 7 }, y: false },
          scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
          axes: [axis, { ...axis, size: 56, values: (_, all) => all.map((v) => (v === null ? "" : plain(v))) }],
          series: [{}, ...series.map((one) => ({ label: one.words, stroke: color(one.color), width: 2, dash: DASHES[one.dash ?? 0], points: { show: false }, spanGaps: true }))],
          hooks: { draw: [lines], setCursor: [(u) => point(u.cursor.idx)] },
        },
        now.current.data ?? data,
        box,
      );
    };
    make();
    night.addEventListener("change", make);
    const size = new ResizeObserver(() => {
      const width = box.clientWidth;
      if (plot.current && width && width !== plot.current.width) plot.current.setSize({ width, height });
    });
    size.observe(box);
    return () => {
      night.removeEventListener("change", make);
      size.disconnect();
      plot.current.destroy();
      plot.current = null;
    };
  }, [key]);
  now.current.data = data;
  useEffect(() => plot.current.setData(data), [data]);
  useEffect(() => data[0].length && plot.current.redraw(false), [at, JSON.stringify(markers)]);
  const click = () => {
    const { idx } = plot.current.cursor;
    if (onAt && idx !== null && idx !== undefined) onAt(plot.current.data[0][idx]);
  };
  const nearest = at === null ? -1 : data[0].findLastIndex((x) => x <= at);
  const k = pointed ?? (nearest >= 0 ? nearest : data[0].length - 1);
  const given = (y) => y !== null && y !== undefined;
  const reading = (column) => column.slice(0, k + 1).findLast(given);
  // Of a curve that has ended before, where.
  const end = (column) => {
    const last = column.findLastIndex(given);
    return last >= 0 && last < k ? ` at ${data[0][last].toLocaleString("en-US")}` : "";
  };
  return html`<figure class="curve">
    <div ref=${root} role="img" aria-label=${words} onClick=${click} />
    <figcaption>${series.map((one, s) => html`<span class=${`key key-${one.dash ?? 0}`}><svg viewBox="0 0 24 8" aria-hidden="true"><path
      d="M0 4H24" stroke=${`var(${one.color})`} /></svg><bdi>${one.words}</bdi> <b>${plain(reading(data[s + 1] ?? []))}</b>${end(data[s + 1] ?? [])}</span>`)}
      <span class="note">${data[0].length ? `at iteration ${(data[0][k] ?? 0).toLocaleString("en-US")}` : "no record yet"}
        <label><input type="checkbox" checked=${log} onChange=${() => scale(!log)} /> log scale</label></span></figcaption>
  </figure>`;
};

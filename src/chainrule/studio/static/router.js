// The address of what is shown: #/run/ID/example/test/3?at=400.
import { signal } from "./vendor/signals.js";

export const at = signal(null); // the iteration that everything shows; null: what is now
export const address = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
export const go = (where) => (location.hash = where);

const plain = (part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
const read = () => {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return {
    parts: path.split("/").filter(Boolean).map(plain),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
};
export const place = signal(read());

const moved = () => {
  place.value = read();
  const { parts, query } = place.peek();
  at.value = parts[0] === "run" && /^\d+$/.test(query.at ?? "") ? Number(query.at) : null;
};

// This address with another query: no screen is left, and no step back is added.
export const ask = (changed) => {
  const { parts, query } = place.peek();
  const kept = Object.entries({ ...query, ...changed }).filter(([, value]) => value !== null);
  const asked = new URLSearchParams(kept).toString();
  history.replaceState(null, "", `${address(...parts)}${asked && `?${asked}`}`);
  moved();
};
// Everything at a moment, or live (null).
export const moveTo = (k) => ask({ at: k });
// The same moment elsewhere.
export const here = (...parts) => `${address(...parts)}${at.value === null ? "" : `?at=${at.value}`}`;

addEventListener("hashchange", moved);
moved();

// Elements as templates: names and numbers in them are text, never HTML.
import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);

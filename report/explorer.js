"use strict";

// What the address says behind its #, and what holds where it says nothing.
const DEFAULTS = { run: "", true: "", predicted: "", correct: "", from: "0", to: "100", candidates: "",
  sort: "number", choice: "predicted", image: "" };

function fromFragment(fragment) {
  const said = new URLSearchParams(fragment.replace(/^#/, ""));
  return Object.fromEntries(Object.entries(DEFAULTS).map(([key, usual]) => [key, said.get(key) || usual]));
}

function toFragment(state) {
  return "#" + new URLSearchParams(Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]));
}

// Numbers packed as text: scripts/resnetcam/explorer/packing.py.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function classOf(data, run, choice, image) {
  if (choice === "predicted") return run.predicted[image];
  return choice === "true" ? data.labels[image] : data.classes.indexOf(choice);
}

// The classes of which an image has maps: choices of the same class share one.
function explainedClasses(data, run, group, image) {
  return [...new Set(group.choices.map((choice) => classOf(data, run, choice, image)))];
}

// A map's cells, in steps, and its peak; null if it is not on this page.
async function mapOf(data, run, group, choice, image) {
  if (image >= group.images || (group.knowsClass && !group.choices.includes(choice))) return null;
  if (!group.starts) {
    group.starts = [0]; // the first map of each image, and how many there are in all
    for (let i = 0; i < group.images; i++) {
      group.starts.push(group.starts[i] + explainedClasses(data, run, group, i).length);
    }
    group.buffer = unpacked(group.data);
  }
  const buffer = await group.buffer, count = group.height * group.width;
  const place = explainedClasses(data, run, group, image).indexOf(classOf(data, run, choice, image));
  const row = group.starts[image] + (group.knowsClass ? place : 0);
  const length = Math.ceil((count * group.bits) / 8);
  const bytes = new Uint8Array(buffer, 4 * group.starts[group.images] + row * length, length);
  const half = (i) => (i % 2 ? bytes[i >> 1] & 15 : bytes[i >> 1] >> 4);
  const cells = group.bits === 8 ? bytes : Uint8Array.from({ length: count }, (_, i) => half(i));
  return { cells, peak: new DataView(buffer).getFloat32(4 * row, true) };
}

// Of each of `wanted` pixels the two cells that it lies between, and the share of the second one.
function between(cells, wanted) {
  return Array.from({ length: wanted }, (_, i) => {
    const place = Math.min(Math.max(((i + 0.5) * cells) / wanted - 0.5, 0), cells - 1);
    const left = Math.min(Math.floor(place), Math.max(cells - 2, 0));
    return [left, Math.min(left + 1, cells - 1), place - left];
  });
}

// Bilinear with half-pixel centres, then stretched to 0..1, as in explain/display.py; a flat map becomes 0.
function heatOf(cells, h, w, height, width) {
  const columns = between(w, width), heat = new Float64Array(height * width);
  between(h, height).forEach(([top, bottom, down], y) => columns.forEach(([left, right, along], x) => {
    const upper = cells[top * w + left] * (1 - along) + cells[top * w + right] * along;
    const lower = cells[bottom * w + left] * (1 - along) + cells[bottom * w + right] * along;
    heat[y * width + x] = upper * (1 - down) + lower * down;
  }));
  const low = heat.reduce((a, b) => Math.min(a, b)), high = heat.reduce((a, b) => Math.max(a, b));
  return heat.map((value) => (high > low ? (value - low) / (high - low) : 0));
}

// A faint grey picture of an image, as in report/figures/overlays.py.
function greyOf(rgba) {
  const luma = (i) => (0.299 * rgba[i] + 0.587 * rgba[i + 1] + 0.114 * rgba[i + 2]) / 255;
  const grey = Float64Array.from({ length: rgba.length / 4 }, (_, i) => luma(4 * i));
  const mean = grey.reduce((a, b) => a + b) / grey.length;
  return grey.map((value) => 0.5 + 0.3 * (value - mean));
}

// RGBA of a map over the grey picture, whose pixels, `width` a row, are repeated `times`.
function overlay(heat, grey, width, times, alpha, colors) {
  const rgba = new Uint8ClampedArray(4 * heat.length).fill(255), wide = width * times;
  heat.forEach((value, i) => {
    const below = grey[Math.floor(i / wide / times) * width + Math.floor((i % wide) / times)];
    const color = 3 * Math.min(255, Math.floor(256 * value));
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = (1 - alpha) * 255 * below + alpha * colors[color + c];
  });
  return rgba;
}

// Which images are shown, in their order.
function chosen(data, state) {
  const run = data.runs.find((one) => one.name === state.run);
  const seeds = data.runs.filter((one) => one.experiment === run.experiment);
  const doubted = data.candidates[run.experiment] ?? {};
  const isWrong = (one, i) => one.predicted[i] !== data.labels[i];
  const kinds = {
    right: (i) => !isWrong(run, i),
    wrong: (i) => isWrong(run, i),
    "all-wrong": (i) => seeds.every((one) => isWrong(one, i)),
    disagree: (i) => seeds.some((one) => one.predicted[i] !== run.predicted[i]),
    "every-wrong": (i) => data.runs.every((one) => isWrong(one, i)),
  };
  const keys = { surest: (i) => -run.confidence[i], unsurest: (i) => run.confidence[i],
    closest: (i) => run.margin[i], clearest: (i) => -run.margin[i] };
  const isOf = (name, index) => name === "" || data.classes[index] === name;
  const found = [...data.labels.keys()].filter((i) =>
    isOf(state.true, data.labels[i]) && isOf(state.predicted, run.predicted[i])
    && (state.correct === "" || kinds[state.correct](i)) && (state.candidates === "" || i in doubted)
    && 100 * run.confidence[i] >= Number(state.from) && 100 * run.confidence[i] <= Number(state.to));
  const key = keys[state.sort];
  return key ? found.sort((a, b) => key(a) - key(b)) : found;
}

// As prediction/table.py writes shares.
function percent(share) {
  if (share < 0.0005) return "<0.1%";
  return share >= 0.9995 ? ">99.9%" : `${(100 * share).toFixed(1)}%`;
}

function percentOf(count, all) {
  return count === 0 || count === all ? `${count && 100}%` : percent(count / all);
}

// The page itself.
const at = (id) => document.getElementById(id);
const named = (name) => element("bdi", {}, name);
const CONTROLS = ["run", "true", "predicted", "correct", "from", "to", "candidates", "sort", "choice"];

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && key !== "role") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function warn(text) {
  at("trouble").hidden = text === "";
  at("trouble").textContent = text;
}

async function start() {
  const data = JSON.parse(at("data").textContent), sprite = at("sprite");
  DEFAULTS.run = data.runs[0].name;
  data.masks = new Uint8Array(await unpacked(data.regions));
  for (const run of data.runs) {
    const values = new Uint16Array(await unpacked(run.probabilities)), count = data.classes.length;
    run.of = (i) => Array.from(values.subarray(i * count, (i + 1) * count), (value) => value / 65535);
    run.confidence = run.predicted.map((k, i) => run.of(i)[k]);
    run.margin = run.predicted.map((k, i) => run.of(i)[k] - Math.max(0, ...run.of(i).filter((_, other) => other !== k)));
  }
  await sprite.decode();
  for (const id of ["true", "predicted"]) {
    at(id).append(...data.classes.map((name) => element("option", { value: name, dir: "auto" }, name)));
  }
  at("choice").append(...data.runs[0].groups[0].choices.slice(2).map((name) => element("option", { value: name }, name)));
  at("opacity").value = 100 * data.alpha;
  const page = { data, sprite, tiles: makeTiles(data, sprite.src), shown: [], current: -1, reopened: 0 };
  listen(page);
  at("explorer").hidden = false;
  follow(page);
}

function makeTiles(data, picture) {
  const times = Math.max(1, Math.floor(96 / Math.max(data.height, data.width)));
  const width = times * data.width, height = times * data.height;
  document.styleSheets[0].insertRule(`.thumb { width: ${width}px; height: ${height}px;
    background-size: ${width * data.columns}px auto; background-image: url(${picture}); }`);
  return data.numbers.map((_, i) => {
    const thumb = element("span", { className: "thumb" });
    thumb.style.backgroundPosition = `-${(i % data.columns) * width}px -${Math.floor(i / data.columns) * height}px`;
    const said = element("span", { className: "said" });
    return element("li", {}, element("button", { type: "button", tabIndex: -1 }, thumb, said));
  });
}

function listen(page) {
  for (const key of CONTROLS) {
    const value = ({ type, checked, value }) => (type !== "checkbox" ? value : checked ? "yes" : "");
    at(key).onchange = (event) => change(page, { [key]: value(event.target) });
  }
  at("run-of-image").onchange = (event) => change(page, { run: event.target.value });
  at("number").onchange = (event) => change(page, { image: event.target.value });
  at("reset").onclick = () => change(page, { ...DEFAULTS, run: page.state.run });
  at("opacity").oninput = () => page.paint();
  at("outlined")?.addEventListener("change", () => page.paint());
  at("previous").onclick = () => step(page, -1);
  at("next").onclick = () => step(page, 1);
  at("close").onclick = () => at("dialog").close();
  at("dialog").onclose = () => closed(page);
  at("dialog").onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && !event.target.matches("input, select")) step(page, by);
  };
  at("grid").onclick = (event) => {
    const image = page.tiles.indexOf(event.target.closest("li"));
    if (image >= 0) change(page, { image: `${page.data.numbers[image]}` });
  };
  at("grid").onkeydown = (event) => moveInGrid(page, event);
  window.onhashchange = () => follow(page);
  // On paper a modal dialog would stand on every sheet, cut off.
  window.onbeforeprint = () => reopen(page, "show");
  window.onafterprint = () => reopen(page, "showModal");
}

function change(page, some) {
  history.replaceState(null, "", toFragment({ ...page.state, ...some }));
  follow(page);
}

// Do what the address says, and say what of it is not here.
function follow(page) {
  const { data } = page, state = page.state = fromFragment(location.hash), unknown = [];
  for (const key of CONTROLS) {
    const control = at(key);
    if (control.type === "checkbox") control.checked = state[key] !== "";
    else if ((control.value = state[key]) !== control.value || (state[key] && !control.value)) {
      unknown.push(`${key}=${state[key]}`);
      control.value = state[key] = DEFAULTS[key];
    }
  }
  page.current = data.numbers.findIndex((number) => `${number}` === state.image);
  if (state.image !== "" && page.current < 0) unknown.push(`image ${state.image}`);
  warn(unknown.length ? `Not on this page: ${unknown.join(", ")}.` : "");
  page.run = data.runs.find((one) => one.name === state.run);
  showGrid(page);
  if (page.current >= 0) openImage(page);
  else if (at("dialog").open) at("dialog").close();
}

function showGrid(page) {
  const { data, run, tiles } = page, shown = page.shown = chosen(data, page.state);
  for (const i of shown) {
    const button = tiles[i].firstChild, isWrong = run.predicted[i] !== data.labels[i];
    const said = data.classes[run.predicted[i]], truth = data.classes[data.labels[i]];
    button.className = isWrong ? "wrong" : "";
    button.lastChild.replaceChildren(named(truth), ...(isWrong ? [element("em", {}, "✗ ", named(said))] : []));
    const answer = `${truth}${isWrong ? `, taken for ${said}` : ""}`;
    button.setAttribute("aria-label", `Image ${data.numbers[i]}: ${answer}, ${percent(run.confidence[i])}`);
  }
  at("grid").replaceChildren(...shown.map((i) => tiles[i]));
  setTabStop(page, shown.includes(page.current) ? page.current : shown[0]);
  const right = shown.filter((i) => run.predicted[i] === data.labels[i]).length;
  const count = `${shown.length.toLocaleString("en")} of ${data.labels.length.toLocaleString("en")} images`;
  const { from, to } = page.state, why = Number(from) > Number(to) ? `from ${from} to ${to} % is no range` : "none is as the filters ask";
  at("count").textContent = !shown.length ? `${count}: ${why}.`
    : `${count}. ${run.title} is right on ${right ? `${right.toLocaleString("en")} (${percentOf(right, shown.length)})` : "none"}.`;
  showClasses(page);
}

function setTabStop(page, image) {
  page.tiles.forEach((tile, i) => { tile.firstChild.tabIndex = i === image ? 0 : -1; });
  page.stop = image;
}

function showClasses(page) {
  const { data, run } = page, counts = data.classes.map((name) => ({ name, images: 0, right: 0, taken: {} }));
  data.labels.forEach((label, i) => {
    const one = counts[label], said = run.predicted[i];
    one.images += 1;
    if (said === label) one.right += 1;
    else one.taken[said] = (one.taken[said] ?? 0) + 1;
  });
  const present = counts.filter((one) => one.images);
  present.sort((a, b) => a.right / a.images - b.right / b.images);
  at("classes").replaceChildren(...present.map(({ name, images, right, taken }) => {
    const others = Object.entries(taken).sort((a, b) => b[1] - a[1]).slice(0, 3);
    const show = (shown, predicted) => element("button", { type: "button", className: "link",
      onclick: () => change(page, { true: name, correct: "wrong", predicted }) }, named(shown));
    const link = (k) => show(data.classes[k], data.classes[k]);
    const words = others.flatMap(([said, n], i) => [i ? ", " : "", link(said), ` ${n}`]);
    return element("tr", {}, element("th", { scope: "row" }, show(name, "")), element("td", {}, `${images}`),
      element("td", {}, `${right} (${percentOf(right, images)})`), element("td", {}, ...words));
  }));
}

function moveInGrid(page, event) {
  const lefts = page.shown.map((i) => page.tiles[i].offsetLeft), last = page.shown.length - 1;
  const columns = lefts.indexOf(lefts[0], 1), wide = columns < 0 ? last : columns;
  const place = page.shown.indexOf(page.stop);
  const wanted = { ArrowLeft: place - 1, ArrowRight: place + 1, ArrowUp: place - wide, ArrowDown: place + wide,
    Home: 0, End: last }[event.key];
  if (wanted === undefined) return;
  event.preventDefault();
  setTabStop(page, page.shown[Math.min(Math.max(wanted, 0), last)]);
  page.tiles[page.stop].firstChild.focus();
}

// To the next image among those shown; nothing at the end.
function step(page, by) {
  const next = page.shown[page.shown.indexOf(page.current) + by];
  if (next !== undefined) change(page, { image: `${page.data.numbers[next]}` });
}

function reopen(page, how) {
  if (!at("dialog").open) return;
  page.reopened += 1;
  at("dialog").close();
  at("dialog")[how]();
}

function closed(page) {
  if (page.reopened > 0) {
    page.reopened -= 1;
    return;
  }
  const left = page.current;
  change(page, { image: "" });
  if (page.shown.includes(left)) setTabStop(page, left);
  (page.tiles[page.stop]?.firstChild ?? at("reset")).focus();
}

async function openImage(page) {
  const { data, run, current: i, state } = page, first = run.groups[0], place = page.shown.indexOf(i);
  const truth = data.classes[data.labels[i]], said = data.classes[run.predicted[i]];
  const mistake = said === truth ? [] : [", taken for ", named(said)];
  at("title").replaceChildren(`Image ${data.numbers[i]}: `, named(truth), ...mistake);
  at("facts").replaceChildren(...factsOf(page));
  at("run-of-image").value = run.name;
  at("previous").setAttribute("aria-disabled", place <= 0);
  at("next").setAttribute("aria-disabled", place < 0 || place === page.shown.length - 1);
  showProbabilities(page);
  if (!at("dialog").open) at("dialog").showModal();

  const shown = { ...page }, tile = (...of) => mapTile(shown, ...of);
  const layers = run.groups.filter((group) => group.method === first.method);
  const rows = {
    pictures: [imageTile(shown), tile(run, first, first.method, 288)],
    methods: run.groups.filter((group) => group.layer === first.layer).map((one) => tile(run, one, one.method)),
    layers: layers.sort((a, b) => b.cells[0] - a.cells[0]).map((one) => tile(run, one, one.layer)),
    networks: data.runs.map((one) => tile(one, one.groups[0], one.title)),
  };
  const made = await Promise.all(Object.values(rows).map((row) => Promise.all(row)));
  if (page.state !== state) return; // another image was chosen meanwhile
  Object.keys(rows).forEach((id, k) => at(id).replaceChildren(...made[k].map((one) => one.figure)));
  at("methods-title").textContent = `Every method, at ${first.layer} (${run.title})`;
  at("layers-title").textContent = `${first.method} at every layer (${run.title})`;
  at("networks-title").textContent = `${first.method} of every network`;
  page.paint = () => {
    const alpha = at("opacity").value / 100, heat = Float64Array.from({ length: 256 }, (_, k) => k / 255);
    at("percent").textContent = `${at("opacity").value}%`;
    for (const one of made.flat()) one.paint(alpha);
    const scale = overlay(heat, new Float64Array(256).fill(0.5), 256, 1, alpha, data.colors);
    at("scale").getContext("2d").putImageData(new ImageData(scale, 256), 0, 0);
  };
  page.paint();
}

function factsOf({ data, run, shown, current: i }) {
  const points = (100 * run.margin[i]).toFixed(1), suggested = data.candidates[run.experiment]?.[i];
  const facts = [`${run.title} says `, named(data.classes[run.predicted[i]]), ` with a probability of `
    + `${percent(run.confidence[i])}, ${points} points before the next class. `];
  if (suggested === undefined) facts.push("The label is not among the label candidates.");
  else facts.push(element("strong", {}, "Label candidate: "), "the label looks wrong to the seeds of "
    + `${run.experiment}, which together suggest `, named(data.classes[suggested]), ".");
  if (!shown.includes(i)) facts.push(" The filters do not show this image.");
  if (data.files.length) facts.push(" File: ", element("code", {}, named(data.files[i])));
  return facts;
}

function showProbabilities({ data, run, current: i }) {
  const shares = run.of(i), label = data.labels[i], isFirst = (k) => k === run.predicted[i];
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a] || isFirst(b) - isFirst(a));
  const listed = [...new Set([...order.slice(0, 10), label])], left = order.length - listed.length;
  const table = at("probabilities"), others = left ? `; of ${left} more classes each is lower` : "";
  table.caption.textContent = `Probabilities by ${run.title} (softmax of its logits)${others}`;
  table.tBodies[0].replaceChildren(...listed.map((k) => {
    const bar = element("span");
    bar.style.width = `${100 * shares[k]}%`;
    return element("tr", { className: k === label ? "label" : "" },
      element("th", { scope: "row" }, named(data.classes[k])), element("td", { className: "bar" }, bar),
      element("td", { className: "number" }, percent(shares[k])));
  }));
}

// A canvas with an image on it, enlarged to about `side` pixels by repeating its own.
function canvasOf({ data, sprite, current: i }, side, label) {
  const { width, height, columns } = data, times = Math.max(1, Math.round(side / Math.max(height, width)));
  const canvas = element("canvas", { width: times * width, height: times * height, role: "img", "aria-label": label });
  const draw = (context, wide, high) => {
    context.imageSmoothingEnabled = false;
    context.drawImage(sprite, (i % columns) * width, Math.floor(i / columns) * height, width, height, 0, 0, wide, high);
    return context;
  };
  return { canvas, times, draw };
}

function imageTile(page) {
  const { canvas, times, draw } = canvasOf(page, 288, `Image ${page.data.numbers[page.current]}, enlarged`);
  const paint = () => outline(page, draw(canvas.getContext("2d"), canvas.width, canvas.height), times);
  return { figure: element("figure", {}, canvas, element("figcaption", {}, "The image")), paint };
}

async function mapTile(page, run, group, title, side = 128) {
  const { data, current: i, state: { choice } } = page, { width, height } = data;
  const explained = data.classes[classOf(data, run, choice, i)];
  const words = element("figcaption", {}, title), add = (...some) => words.append(element("span", {}, ...some));
  const share = run.of(i)[classOf(data, run, choice, i)];
  if (group.knowsClass) add("for ", named(explained), run === page.run ? "" : `, ${percent(share)}`);
  else add("of no class");
  const map = await mapOf(data, run, group, choice, i);
  if (!map) {
    const absent = element("div", { className: "absent" }, "No room for this map on this page");
    return { figure: element("figure", {}, absent, words), paint: () => {} };
  }
  add(`peak ${Number(map.peak.toPrecision(3))}`, title === group.layer ? `, ${group.cells.join(" × ")} cells` : "");
  if (!map.cells.some((value) => value)) {
    words.append(element("span", { className: "flat" }, map.peak ? "flat map" : "no positive evidence"));
  }
  const { canvas, times, draw } = canvasOf(page, side, `${title}: map for ${explained}`);
  const small = draw(element("canvas", { width, height }).getContext("2d"), width, height);
  const grey = greyOf(small.getImageData(0, 0, width, height).data);
  const heat = heatOf(map.cells, group.height, group.width, canvas.height, canvas.width);
  const paint = (alpha) => {
    const rgba = overlay(heat, grey, width, times, alpha, data.colors), context = canvas.getContext("2d");
    context.putImageData(new ImageData(rgba, canvas.width), 0, 0);
    outline(page, context, times);
  };
  return { figure: element("figure", {}, canvas, words), paint };
}

// The border of the known region, white on black.
function outline({ data, current: i }, context, times) {
  const { width, height } = data, place = data.regionOf.indexOf(i), path = new Path2D();
  if (place < 0 || !at("outlined").checked) return;
  const bits = data.masks.subarray(place * Math.ceil((width * height) / 8)), wide = width * times;
  const isSet = (p) => (bits[p >> 3] >> (7 - (p & 7))) & 1;
  const isIn = (x, y) => x >= 0 && y >= 0 && x < width && y < height && isSet(y * width + x) === 1;
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      for (const [left, up] of [[1, 0], [0, 1]]) {
        if (isIn(x, y) === isIn(x - left, y - up)) continue;
        path.moveTo(x * times, y * times);
        path.lineTo((x + up) * times, (y + left) * times);
      }
    }
  }
  for (const [color, pixels] of [["black", 2], ["white", 1]]) {
    context.strokeStyle = color;
    context.lineWidth = pixels * Math.max(2, wide / 120);
    context.stroke(path);
  }
}

if (typeof document !== "undefined") {
  if ("DecompressionStream" in window) start().catch((error) => warn(`The page cannot be shown: ${error.message}.`));
  else warn("This browser is too old to unpack what the page holds: one of the year 2023 or later can.");
}

// SPDX-License-Identifier: Apache-2.0
"use strict";
// What all pages share: elements made of text alone (nothing from a record is ever markup), two languages, two themes.

let language = (navigator.languages ?? [navigator.language]).some((one, i) => i === 0 && one.toLowerCase().startsWith("zh")) ? "zh" : "en";
const charts = []; // functions that draw a chart anew
let pageTitle; // { zh, en }

/** An element; `attributes` may hold listeners (onclick) and `class`. Children are nodes or texts. */
function el(tag, attributes = {}, ...children) {
  const out = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) out.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) out.setAttribute(name, value === true ? "" : value);
  }
  out.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return out;
}

/** A text in both languages; `into` takes it in place of a new span. */
function say(zh, en, into = el("span")) {
  into.texts = { zh, en };
  into.dataset.said = "";
  into.textContent = into.texts[language];
  return into;
}

/** A message of a record. The page's data has its Chinese beside its English. */
const read = (message, into) => say(message.zh, message.en, into);

const titles = [];
/** The same for an attribute. */
function sayAttribute(node, name, zh, en) {
  titles.push({ node, name, zh, en });
  node.setAttribute(name, language === "zh" ? zh : en);
  return node;
}

function setLanguage(to) {
  language = to;
  document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
  document.title = pageTitle[to];
  for (const node of document.querySelectorAll("[data-said]")) node.textContent = node.texts[to];
  for (const one of titles) one.node.setAttribute(one.name, to === "zh" ? one.zh : one.en);
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === to));
  for (const draw of charts) draw();
  remember("language", to);
}

function setTheme(to) {
  document.documentElement.dataset.theme = to;
  for (const draw of charts) draw();
}

function remember(name, value) {
  try {
    localStorage.setItem(`meterproof-${name}`, value);
  } catch {} // a page opened from a file may not
}

function recall(name) {
  try {
    return localStorage.getItem(`meterproof-${name}`);
  } catch {
    return null;
  }
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const number = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits }));
const facts = (pairs) => el("dl", { class: "facts" }, pairs.filter(([, value]) => value !== "" && value !== undefined).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

/** A table that scrolls by itself; cells that are numbers stand right. */
function table(caption, heads, rows, kind) {
  const cell = (value, tag) => el(tag, { class: typeof value === "string" && /^[-–+0-9.,% ]+$/.test(value) ? "n" : undefined, scope: tag === "th" ? "col" : undefined }, value);
  return sayAttribute(
    el("div", { class: "scroll", tabindex: 0, role: "region" }, el("table", { class: kind }, el("thead", {}, el("tr", {}, heads.map((head) => cell(head, "th")))), el("tbody", {}, rows.map((row) => el("tr", {}, row.map((value) => cell(value, "td"))))))),
    "aria-label", caption[0], caption[1]);
}

/** A cell that names itself where a narrow screen shows each row as a card. */
const labelled = (zh, en, ...content) => el("span", {}, el("span", { class: "card-label quiet" }, say(zh, en), ": "), content);

/** A button that copies; it says whether that worked. */
function copyButton(text) {
  const label = say("复制", "copy");
  const copied = async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", { "aria-hidden": "true" }); // a page from a file may have no clipboard
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    say(...(done ? ["已复制", "copied"] : ["无法复制", "not copied"]), label);
    setTimeout(() => say("复制", "copy", label), 1500);
  };
  return el("button", { type: "button", class: "copy", onclick: copied, "aria-live": "polite" }, label);
}

/** A uPlot chart that follows theme, language and width. `make` returns { title: [zh, en], summary: [zh, en], data, series, scales, axes, hooks }. */
function chart(make) {
  const holder = el("figure", { class: "chart", style: "margin:0 0 1.2em" });
  let plot;
  const draw = () => {
    const wanted = make();
    plot?.destroy();
    holder.replaceChildren(say(...wanted.title, el("figcaption", { style: "font-weight:600" })));
    sayAttribute(holder, "aria-label", ...wanted.summary);
    const grid = { stroke: colour("line"), width: 1 };
    // As wide as the longest label: 8 px for each of its characters of 12 px.
    const size = (_, labels, axis) => (axis === 0 ? 44 : 18 + 8 * Math.max(3, ...(labels ?? []).map((label) => String(label ?? "").length)));
    const axes = wanted.axes.map((axis) => ({ stroke: colour("quiet"), grid, ticks: grid, size, ...axis }));
    plot = new uPlot({ width: Math.max(280, holder.clientWidth || 900), height: 260, series: wanted.series, scales: wanted.scales, axes, hooks: Object.fromEntries(Object.entries(wanted.hooks ?? {}).map(([name, hook]) => [name, [hook]])), cursor: { drag: { x: true, y: false } } }, wanted.data, holder);
  };
  charts.push(() => holder.isConnected && draw());
  new ResizeObserver(() => plot && plot.setSize({ width: Math.max(280, holder.clientWidth), height: 260 })).observe(holder);
  return holder;
}

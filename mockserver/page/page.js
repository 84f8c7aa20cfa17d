// SPDX-License-Identifier: Apache-2.0
// The page of the mock's admin API. It asks nobody but the mock, and keeps nothing but the language and, for this tab, the control token.
"use strict";
const texts = {
  wall: ["实际时间", "wall clock"], business: ["业务时间", "business time"], world: ["环境", "world"],
  "token-needed": ["此 mock 需要控制令牌。", "This mock wants its control token."], token: ["控制令牌", "control token"], go: ["继续", "Go on"],
  traffic: ["实时请求", "Traffic as it happens"], pause: ["暂停", "Pause"], filter: ["筛选", "filter"], total: ["总数", "in all"],
  time: ["时间", "time"], call: ["接口", "call"], answer: ["响应", "answer"], why: ["原因", "reason"],
  act: ["代对方调用", "What the other side would do"],
  "act-note": ["由 mock 以该应用的身份执行一次调用：充值、上报、换表等，无需签名。", "The mock carries out a call as if that app had signed it: a top-up, a report, an exchange of meters."],
  interface: ["接口", "interface"], app: ["应用", "app"], example: ["重新填写示例", "New example"], body: ["请求体", "body"], send: ["发送", "Send"],
  copy: ["复制签名 curl 命令", "Copy the curl line that signs it"], curl: ["签名 curl 命令", "curl line that signs it"], copied: ["已复制", "copied"],
  clock: ["业务时间", "Business time"], hour: ["前进 1 小时", "1 hour on"], day: ["前进 1 天", "1 day on"], month: ["前进 31 天", "31 days on"],
  rate: ["速度（倍）", "times as fast"], set: ["设置", "Set"], freeze: ["冻结", "Freeze"], "wall-clock": ["回到实际时间", "Back to the wall clock"], "begin-at": ["从此时间开始或前进到", "begin at, or go on to"],
  "clock-own": ["业务时间 {business}，速度 {rate} 倍；表具通信 {contacts} 次，{waiting} 个请求等待中。", "{business}, {rate} times as fast as the wall clock; {contacts} contacts of meters, {waiting} requests wait."],
  "clock-wall": ["业务时间即实际时间；移动后，表具按其行为文件上报、结算。", "It is the wall clock. Once it is moved, meters report and settle as their file says."],
  data: ["数据", "Data"], table: ["表", "table"], search: ["查找", "search"], find: ["查找", "Find"], reset: ["恢复启动时的数据", "Back to the rows of the start"],
  "really-reset": ["将丢弃此环境的全部改动。确定？", "All changes of this world are lost. Go on?"],
  "rows-state": ["显示 {shown} 行，共 {size} 行，查找了 {searched} 行", "{shown} rows shown, of {size}; {searched} were searched"], edit: ["编辑", "Edit"], save: ["保存", "Save"], cancel: ["取消", "Cancel"],
  snapshots: ["快照", "Snapshots"], name: ["名称", "name"], keep: ["保存快照", "Keep it as it is now"], restore: ["恢复", "Restore"], remove: ["删除", "Remove"], none: ["无", "none"],
  faults: ["故障", "Faults"], kind: ["种类", "kind"], times: ["次数", "times"], value: ["数值（毫秒、状态码或响应码）", "value (ms, status or code)"], inject: ["注入", "Inject"], every: ["全部接口", "every interface"],
  hits: ["已发生 {hits} 次", "hit {hits} times"],
  readings: ["未定问题的解释", "How open questions are read"], "readings-note": ["文档未说明之处，mock 取以下解释；立即生效。", "Where the paper leaves something open the mock reads it so. A switch takes effect at once."],
  files: ["启动时的文件", "The files it was started with"],
  "files-note": ["接口规范、appId、故障与证书。数据与连接保持不变；有错误时，一切照旧。", "Specs, apps, faults, certificate. Rows and connections stay; with a mistake in one of them all stays as it is."],
  reload: ["重新读取", "Read them anew"], reloaded: ["已读取：{interfaces} 个接口、{apps} 个应用、{faults} 个故障", "Read: {interfaces} interfaces, {apps} apps, {faults} faults"],
  "not-reloaded": ["未能读取；一切照旧。", "Not read; everything stays as it was."],
  lost: ["与 mock 的连接已断开，正在重试…", "The mock does not answer; trying again…"], skipped: ["（另有 {count} 条未显示）", "({count} more not shown)"], show: ["展开", "Show"], hide: ["收起", "Hide"],
  "traffic-table": ["请求列表", "exchanges"], "rows-table": ["数据行", "rows"],
  request: ["请求", "request"], reply: ["响应", "reply"], changed: ["已保存", "saved"], done: ["完成", "done"], row: ["{table} {key}", "{table} {key}"],
};
const id = (name) => document.getElementById(name);
const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* a private window */ } };
const session = { get: () => { try { return sessionStorage.getItem("meterproof-token") ?? ""; } catch { return ""; } }, set: (value) => { try { sessionStorage.setItem("meterproof-token", value); } catch { /* a private window */ } } };
let language = stored("meterproof-language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
let token = session.get(), world = "", paused = false, seen = [], interfaces = [], skipped = 0;

function t(key, values = {}) {
  return (texts[key] ?? [key, key])[language === "zh" ? 0 : 1].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
function element(name, attributes = {}, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) key.startsWith("on") ? out.addEventListener(key.slice(2), value) : out.setAttribute(key, value);
  out.append(...children);
  return out;
}
function say(text, bad = false) {
  id("status").textContent = text;
  id("status").className = bad ? "bad" : "";
}
async function ask(method, path, body) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const reply = await fetch(`/_mock${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  showTimes(reply);
  const value = await reply.json();
  if (reply.ok) return value;
  if (reply.status === 401) id("token-form").hidden = false;
  throw new Error(language === "zh" ? value.error_zh : value.error);
}
/** Shows what goes wrong where everybody looks, and does not go on then. */
async function trying(action) {
  try {
    await action();
  } catch (error) {
    say(error instanceof TypeError ? t("lost") : error.message, true);
  }
}
function showTimes(reply) {
  const wall = reply.headers.get("Mock-Wall-Time"), business = reply.headers.get("Mock-Business-Time");
  if (wall) id("wall").textContent = wall;
  if (business) id("business").textContent = business;
}
const of_world = (more = "") => `?world=${encodeURIComponent(world)}${more}`;

// Traffic.
function entryRow(entry) {
  const code = entry.interface ? entry.code : entry.status;
  const why = [language === "zh" ? entry.why_zh : entry.why_en, language === "zh" ? entry.hint_zh : entry.hint_en, entry.fault].filter(Boolean).join("; ");
  const toggle = element("button", { type: "button", "aria-expanded": "false", "aria-label": `${t("show")} ${entry.number}` }, "▸");
  const row = element("tr", {}, element("td", {}, toggle, ` ${entry.at}`), element("td", {}, entry.interface || `${entry.method} ${entry.target}`, element("div", { class: "quiet" }, `${entry.app_id} ${entry.peer}`)),
    element("td", { class: code === 1 ? "good" : "bad" }, String(code), element("span", { class: "quiet" }, entry.took_us === undefined ? "" : ` ${(entry.took_us / 1000).toFixed(2)} ms`)), element("td", { class: "why" }, why));
  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-expanded") === "true";
    toggle.setAttribute("aria-expanded", String(!open));
    toggle.textContent = open ? "▸" : "▾";
    if (open) return row.nextSibling.remove();
    row.after(element("tr", {}, element("td", { colspan: "4", class: "why" }, element("strong", {}, t("request")), element("pre", { tabindex: "0" }, pretty(entry.request)), element("strong", {}, t("reply")), element("pre", { tabindex: "0" }, pretty(entry.reply)))));
  });
  return row;
}
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}
const matches = (entry) => JSON.stringify(entry).toLowerCase().includes(id("filter").value.toLowerCase());
function drawTraffic() {
  id("traffic").tBodies[0].replaceChildren(...seen.filter(matches).map(entryRow));
}
function onExchanges({ total, entries }) {
  const before = Number(id("total").textContent);
  id("total").textContent = total;
  if (total < before) seen = [], skipped = 0;
  if (before > 0 && total - before > entries.length) skipped += total - before - entries.length;
  id("skipped").textContent = skipped > 0 ? t("skipped", { count: skipped }) : "";
  seen = [...entries.reverse(), ...seen].slice(0, 200);
  if (paused) return;
  const body = id("traffic").tBodies[0];
  body.prepend(...entries.filter(matches).map(entryRow));
  while (body.rows.length > 400) body.lastChild.remove();
}
/** Server-sent events by fetch, because an EventSource sends no token. */
async function listen() {
  for (;;) {
    try {
      const reply = await fetch("/_mock/events", { headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: "no-store" });
      if (reply.status === 401) return void (id("token-form").hidden = false);
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      seen = [];
      id("traffic").tBodies[0].replaceChildren();
      id("total").textContent = "0";
      say("");
      for (let text = "";;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
        const events = text.split("\n\n");
        text = events.pop();
        for (const event of events) onExchanges(JSON.parse(event.slice(event.indexOf("data: ") + 6)));
      }
    } catch { /* it is tried again */ }
    say(t("lost"), true);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// Calls that the other side would make.
async function loadInterfaces() {
  const { interfaces: list, apps } = await ask("GET", `/interfaces${of_world()}`);
  interfaces = list;
  const chosen = id("interface").value;
  id("interface").replaceChildren(...list.map((one) => element("option", { value: one.name }, `${one.section} ${language === "zh" ? one.title_zh : one.title_en}`)));
  if (list.some((one) => one.name === chosen)) id("interface").value = chosen;
  const app = id("app").value;
  id("app").replaceChildren(...apps.map((one) => element("option", { value: one }, one)));
  if (apps.includes(app)) id("app").value = app;
  const kind = id("fault-interface").value || "*";
  id("fault-interface").replaceChildren(element("option", { value: "*" }, t("every")), ...list.map((one) => element("option", { value: one.name }, one.name)));
  id("fault-interface").value = kind;
}
function fillExample() {
  const one = interfaces.find(({ name }) => name === id("interface").value);
  if (!one) return;
  id("body").value = pretty(one.example);
  id("curl").textContent = one.curl;
}
async function sendCall() {
  let body;
  try {
    body = JSON.parse(id("body").value);
  } catch (error) {
    return say(error.message, true);
  }
  const done = await ask("POST", "/exchange", { interface: id("interface").value, app: id("app").value, body });
  id("reply").hidden = false;
  id("reply").textContent = `HTTP ${done.status}\n${pretty(done.reply)}`;
  say(t("done"));
  await loadInterfaces();
  await Promise.all([drawRows(), drawClock()]);
}

// Business time.
async function drawClock() {
  const now = await ask("GET", `/clock${of_world()}`);
  id("clock-state").textContent = now.own ? t("clock-own", { ...now, business: now.business_time }) : t("clock-wall");
}
async function moveClock(move) {
  let now = await ask("POST", "/clock", { world, ...move });
  const aim = now.target_time;
  while (now.own && (now.outgoing > 0 || (now.business_time < aim && now.business_time < now.target_time))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    now = await ask("POST", "/clock", { world });
  }
  say(t("done"));
  await Promise.all([drawClock(), drawRows()]);
}

// Rows.
async function drawRows() {
  const table = id("table").value;
  if (!table) return;
  const found = await ask("GET", `/rows${of_world(`&table=${encodeURIComponent(table)}&search=${encodeURIComponent(id("text").value)}`)}`);
  const columns = [found.key, ...found.columns.filter((one) => one !== found.key)];
  id("rows").tHead.replaceChildren(element("tr", {}, ...columns.map((one) => element("th", { scope: "col" }, one)), element("th", { scope: "col" }, t("edit"))));
  id("rows").tBodies[0].replaceChildren(...found.rows.map((row) => element("tr", {}, ...columns.map((one) => element("td", {}, row[one] ?? "")), element("td", {}, element("button", { type: "button", "aria-label": `${t("edit")} ${row[found.key]}`, onclick: () => editRow(found, row) }, t("edit"))))));
  id("rows-state").textContent = t("rows-state", { shown: found.rows.length, size: found.size, searched: found.searched });
}
function editRow(found, row) {
  id("edit").hidden = false;
  id("edit-title").textContent = t("row", { table: found.table, key: row[found.key] });
  id("edit").querySelector(".fields").replaceChildren(...found.columns.filter((one) => one !== found.key).map((one) => element("label", {}, one, element("input", { name: one, value: row[one] ?? "" }))));
  id("edit").onsubmit = (event) => {
    event.preventDefault();
    trying(async () => {
      const changed = { [found.key]: row[found.key] };
      for (const input of id("edit").querySelectorAll("input")) if (input.value !== (row[input.name] ?? "")) changed[input.name] = input.value === "" ? null : input.value;
      await ask("PATCH", `/data${of_world()}`, { [found.table]: [changed] });
      id("edit").hidden = true;
      say(t("changed"));
      await drawRows();
      id("text").focus();
    });
  };
  id("edit").querySelector("input")?.focus();
}

// Worlds and snapshots.
async function drawWorlds() {
  const { worlds, snapshots } = await ask("GET", "/worlds");
  if (!worlds.some((one) => one.name === world)) world = worlds[0].name;
  id("world").replaceChildren(...worlds.map((one) => element("option", { value: one.name }, one.name)));
  id("world").value = world;
  const tables = Object.keys(worlds[0].rows), table = id("table").value || (tables.includes("meter") ? "meter" : tables[0]);
  id("table").replaceChildren(...tables.map((one) => element("option", { value: one }, one)));
  id("table").value = table;
  id("snapshot-list").replaceChildren(...(snapshots.length === 0 ? [element("li", { class: "quiet" }, t("none"))] : snapshots.map((one) => element("li", {}, element("b", {}, one.name), element("span", { class: "quiet" }, `${one.world}, ${one.taken}`),
    element("button", { type: "button", "aria-label": `${t("restore")} ${one.name}`, onclick: () => trying(async () => { await ask("POST", "/worlds/restore", { world, from: one.name }); say(t("done")); await Promise.all([drawRows(), drawClock()]); }) }, t("restore")),
    element("button", { type: "button", "aria-label": `${t("remove")} ${one.name}`, onclick: () => trying(async () => { await ask("DELETE", `/worlds/snapshots/${encodeURIComponent(one.name)}`); await drawWorlds(); }) }, t("remove"))))));
}

// Faults and readings.
async function drawFaults() {
  const { faults, kinds } = await ask("GET", "/faults");
  const kind = id("kind").value;
  id("kind").replaceChildren(...kinds.map((one) => element("option", { value: one }, one)));
  if (kinds.includes(kind)) id("kind").value = kind;
  id("fault-list").replaceChildren(...(faults.length === 0 ? [element("li", { class: "quiet" }, t("none"))] : faults.map((one) => element("li", {}, element("b", {}, one.kind), one.interface, element("span", { class: "quiet" }, t("hits", one)),
    element("button", { type: "button", "aria-label": `${t("remove")} ${one.kind} ${one.id}`, onclick: () => trying(async () => { await ask("DELETE", `/faults/${one.id}`); await drawFaults(); }) }, t("remove"))))));
}
function injectFault() {
  const kind = id("kind").value, fault = { kind, interface: id("fault-interface").value }, value = id("fault-value").value;
  if (id("times").value) fault.times = Number(id("times").value);
  const member = { delay: "delay_ms", reset: "delay_ms", close: "delay_ms", garbage: "delay_ms", truncated: "delay_ms", drip: "delay_ms", status: "status", wrong_code: "code" }[kind];
  if (member && value !== "") fault[member] = Number(value);
  return trying(async () => { await ask("POST", "/faults", fault); say(t("done")); await drawFaults(); });
}
async function reload() {
  id("mistakes").hidden = true;
  try {
    const read = await ask("POST", "/reload");
    await draw();
    say(t("reloaded", read));
  } catch (error) {
    if (error instanceof TypeError) throw error;
    id("mistakes").textContent = error.message;
    id("mistakes").hidden = false;
    say(t("not-reloaded"), true);
  }
}
async function drawQuestions() {
  const { questions } = await ask("GET", "/interpretations");
  id("questions").replaceChildren(...questions.map((one) => {
    const choice = element("select", { "aria-label": one.name }, ...one.answers.map((answer) => element("option", { value: answer }, answer)));
    choice.value = one.answer;
    choice.addEventListener("change", () => trying(async () => {
      try {
        await ask("PATCH", "/interpretations", { [one.name]: choice.value });
        one.answer = choice.value;
        say(t("done"));
      } finally {
        choice.value = one.answer;
      }
    }));
    return element("div", { class: "question" }, element("div", {}, language === "zh" ? one.ask_zh : one.ask_en, element("div", {}, element("code", {}, one.name))), choice);
  }));
}

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const one of document.querySelectorAll("[data-t-label]")) one.setAttribute("aria-label", t(one.dataset.tLabel));
  for (const one of document.querySelectorAll("[data-language]")) one.setAttribute("aria-pressed", String(one.dataset.language === language));
}
async function draw() {
  await trying(async () => {
    await drawWorlds();
    await loadInterfaces();
    fillExample();
    await Promise.all([drawClock(), drawRows(), drawFaults(), drawQuestions()]);
  });
  document.body.dataset.ready = "yes";
}

for (const one of document.querySelectorAll("[data-language]"))
  one.addEventListener("click", () => { language = one.dataset.language; store("meterproof-language", language); translate(); drawTraffic(); draw(); });
for (const one of document.querySelectorAll("[data-advance]")) one.addEventListener("click", () => trying(() => moveClock({ advance: one.dataset.advance })));
const on = (name, event, action) => id(name).addEventListener(event, (what) => { if (event === "submit") what.preventDefault(); return action(what); });
on("pause", "click", () => { paused = !paused; id("pause").setAttribute("aria-pressed", String(paused)); if (!paused) drawTraffic(); });
on("filter", "input", drawTraffic);
on("world", "change", () => { world = id("world").value; draw(); });
on("interface", "change", fillExample);
on("example", "click", () => trying(async () => { await loadInterfaces(); fillExample(); }));
on("act", "submit", () => trying(sendCall));
on("copy", "click", () => trying(async () => { await navigator.clipboard.writeText(id("curl").textContent); say(t("copied")); }));
on("set-rate", "click", () => trying(() => moveClock({ rate: Number(id("rate").value) })));
on("freeze", "click", () => trying(() => moveClock({ rate: 0 })));
on("wall-clock", "click", () => trying(() => moveClock({ wall: true })));
on("set-time", "submit", () => trying(() => moveClock({ set: id("time").value })));
on("search", "submit", () => trying(drawRows));
on("table", "change", () => trying(drawRows));
on("reset", "click", () => confirm(t("really-reset")) && trying(async () => { await ask("POST", `/data/reset${of_world()}`, {}); say(t("done")); await Promise.all([drawRows(), drawClock()]); }));
on("cancel", "click", () => { id("edit").hidden = true; });
on("save-snapshot", "submit", () => trying(async () => { await ask("POST", "/worlds/save", { world, as: id("snapshot").value }); say(t("done")); await drawWorlds(); }));
on("add-fault", "submit", injectFault);
on("reload", "click", () => trying(reload));
on("token-form", "submit", () => { token = id("token").value; session.set(token); id("token-form").hidden = true; draw(); listen(); });
translate();
draw();
listen();
setInterval(() => document.visibilityState === "visible" && id("token-form").hidden && ask("GET", `/clock${of_world()}`).catch(() => {}), 5000);

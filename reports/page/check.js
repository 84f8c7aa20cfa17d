// SPDX-License-Identifier: Apache-2.0
"use strict";
// A check of a target or of a client: verdict and counts, findings first, every case, the open questions, the calibration.

const verdicts = {
  failed: ["不符合", "failed", "bad"], broken: ["工具出错", "broken", "bad"], warned: ["提醒", "warned", "warn"], inconclusive: ["无法判断", "inconclusive", "warn"],
  waived: ["已豁免", "waived", "warn"], not_applicable: ["不适用", "not applicable", "warn"], passed: ["通过", "passed", "good"],
};
const outcomes = {
  "conforms": ["符合", "conforms", "good"], "does-not-conform": ["不符合", "does not conform", "bad"], "not-judged": ["未作判断", "not judged", "warn"], "unreachable": ["无法连接", "unreachable", "bad"],
};

const badge = (verdict) => say(verdicts[verdict][0], verdicts[verdict][1], el("span", { class: `badge is-${verdicts[verdict][2]}` }));

/** JSON laid out, a member a line; those of `marked` stand out. Anything else as it is. */
function laidOut(text, marked) {
  const out = el("pre", { tabindex: 0 });
  let lines;
  try {
    // Numbers keep their spelling: only the layout is made here.
    JSON.parse(text);
    lines = layout(text);
  } catch {
    lines = [text];
  }
  for (const line of lines) {
    const name = /^\s*"((?:[^"\\]|\\.)*)":/.exec(line)?.[1];
    out.append(name !== undefined && marked.has(name) ? el("mark", {}, line) : line, "\n");
  }
  return out;
}

function layout(text) {
  const lines = [];
  let line = "", depth = 0, quoted = false;
  const end = () => { if (line.trim()) lines.push(line); line = "  ".repeat(depth); };
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (quoted) {
      line += c;
      if (c === "\\") line += text[++i];
      else if (c === '"') quoted = false;
    } else if (c === '"') { quoted = true; line += c;
    } else if (c === "{" || c === "[") { line += c; ++depth; end();
    } else if (c === "}" || c === "]") { --depth; end(); line += c;
    } else if (c === ",") { line += c; end();
    } else if (c === ":") line += ": ";
    else if (!/\s/.test(c)) line += c;
  }
  end();
  return lines;
}

/** The members that a text speaks of. */
const spokenOf = (...texts) => new Set(texts.join(" ").match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []);

const roles = { both: ["双方接口", "both"], platform: ["表厂家平台", "platform"], billing: ["第三方营收平台", "billing"], "billing client": ["第三方营收平台的客户端", "billing client"], "platform client": ["表厂家平台的客户端", "platform client"] };
const roleOf = (role) => (roles[role] ? say(...roles[role]) : role);

/** Ids of cases as links; those behind the first few are shown when they are asked for. */
function caseLinks(items) {
  const few = 5;
  const links = (some) => some.map(({ one, id }, i) => [i > 0 ? ", " : "", el("a", { href: `#${id}` }, one.id)]);
  const rest = items.slice(few);
  return el("div", { class: "ids" }, links(items.slice(0, few)), rest.length > 0 ? el("details", {}, el("summary", {}, say(`另有 ${rest.length} 个`, `${rest.length} more`)), links(rest)) : null);
}

/** How many of each interface: "GetData 22, RemotePay 4". */
function countByInterface(items) {
  const counts = new Map();
  for (const { one } of items) counts.set(one.interface, (counts.get(one.interface) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`.trim()).join(", ");
}

/** What all cases of a group are about: the sentence that they have in common, otherwise their clauses. */
function titleOf(items) {
  const [{ one: first }] = items;
  const shared = (member) => items.every(({ one }) => one[member].en === first[member].en && one[member].zh === first[member].zh);
  if (shared("title")) return say(first.title.zh, first.title.en);
  if (shared("requirement")) return say(first.requirement.zh, first.requirement.en);
  const most = 3, clauses = [...new Set(items.flatMap(({ one }) => one.clauses ?? []))];
  return clauses.length > 0 ? el("code", {}, clauses.slice(0, most).join(", ") + (clauses.length > most ? ", …" : "")) : say("多项要求", "several requirements");
}

/** Findings of one cause are one, in whichever interface: a wrong envelope in all ten is one thing to know. Without causes, those that were observed alike are. */
function findingList(findings, causes) {
  const alike = new Map(), places = new Map(causes.map((cause, i) => [cause.id, i]));
  for (const item of findings) {
    const key = places.has(item.one.cause) ? item.one.cause : JSON.stringify([item.one.verdict, item.one.observed.en, item.one.reason.en]);
    if (!alike.has(key)) alike.set(key, []);
    alike.get(key).push(item);
  }
  // The most telling first: of causes and of their cases, as the record has them.
  const placeOf = (items) => places.get(items[0].one.cause) ?? (items[0].one.verdict === "broken" ? -1 : causes.length);
  for (const [key, items] of alike) {
    const ids = new Map((causes[places.get(key)]?.cases ?? []).map((id, i) => [id, i]));
    if (ids.size > 0) items.sort((a, b) => (ids.get(a.one.id) ?? ids.size) - (ids.get(b.one.id) ?? ids.size));
  }
  const text = (zh, en, message) => (message.en ? el("div", {}, el("span", { class: "quiet" }, say(zh, en), ": "), read(message)) : null);
  const groups = [...alike.values()].sort((a, b) => placeOf(a) - placeOf(b) || b.length - a.length);
  return el("ul", { class: "findings" }, groups.map((items) => {
    const [{ one }] = items, sections = [...new Set(items.map(({ one: each }) => each.section).filter((section) => section))];
    const sameExpected = items.every(({ one: each }) => each.expected.en === one.expected.en), cause = causes[places.get(one.cause)];
    return el("li", {},
      el("div", {}, badge(one.verdict), " ", cause ? read(cause.what) : titleOf(items), sections.length === 1 ? ` (${sections[0]})` : ""),
      cause && items.length > 1 ? el("div", {}, el("span", { class: "quiet" }, say("最能说明问题的", "the most telling"), ": "), el("a", { href: `#${items[0].id}` }, one.id), " ", titleOf(items.slice(0, 1))) : null,
      items.length > 1 ? el("div", { class: "quiet" }, say(`${items.length} 个用例`, `${items.length} cases`), `: ${countByInterface(items)}`) : null,
      sameExpected || cause ? text("应为", "expected", one.expected) : null, text("实际", "observed", one.observed), text("原因", "reason", one.reason), caseLinks(items));
  }));
}

/** What a run came to, never without the part that it is about. */
function verdictOf(record) {
  const [zh, en, tone] = outcomes[record.verdict] ?? [record.verdict, record.verdict, "warn"];
  const into = el("span", { class: `verdict is-${tone}` });
  return record.headline ? read(record.headline, into) : say(zh, en, into);
}

const caseKinds = {
  code: ["响应码", "codes"], signature: ["签名", "signature"], reply: ["应答", "reply"], effect: ["效果与取值", "effects, values"], sequence: ["序列", "sequences"], concurrent: ["并发", "concurrency"],
  transport: ["传输", "transport"], open: ["未明确之处", "open questions"], control: ["基准", "control"],
};
const kindName = (kind) => (caseKinds[kind] ? say(...caseKinds[kind]) : kind);

/** What a case is about. Older records do not say: a code that is no interface's own is the signature's. */
function kindOf(one) {
  if (one.kind) return one.kind;
  const second = one.id.split("/")[1] ?? "";
  if (/^-?\d+$/.test(second)) return one.section.includes(".") ? "code" : "signature";
  return { http: "transport", random: "sequence" }[second] ?? second;
}

const signs = { failed: "✕", broken: "✕", warned: "!", inconclusive: "?", waived: "!", not_applicable: "–", passed: "✓" };

/** Interfaces by kinds of case, in the colour of the worst verdict. A cell is a button: `pick` is called with its interface and kind, or with nothing. */
function picture(items, pick) {
  const order = Object.keys(verdicts), cells = new Map(), interfaces = new Set(), found = new Set();
  for (const { one } of items) {
    if (!one.interface) continue;
    const kind = kindOf(one), key = `${one.interface}\n${kind}`;
    interfaces.add(one.interface);
    found.add(kind);
    if (!cells.has(key)) cells.set(key, new Map());
    cells.get(key).set(one.verdict, (cells.get(key).get(one.verdict) ?? 0) + 1);
  }
  const kinds = [...Object.keys(caseKinds).filter((kind) => found.has(kind)), ...[...found].filter((kind) => !caseKinds[kind])];
  const buttons = [];
  const cellOf = (name, kind) => {
    const counts = cells.get(`${name}\n${kind}`);
    if (!counts) return el("td");
    const worst = order.find((verdict) => verdict !== "not_applicable" && counts.has(verdict)) ?? "not_applicable";
    const told = (place) => order.filter((verdict) => counts.has(verdict)).map((verdict) => `${counts.get(verdict)} ${verdicts[verdict][place]}`);
    const button = el("button", { type: "button", class: `is-${verdicts[worst][2]}`, "aria-pressed": "false", onclick: () => {
      const picks = button.getAttribute("aria-pressed") !== "true";
      for (const other of buttons) other.setAttribute("aria-pressed", String(picks && other === button));
      pick(picks ? { interface: name, kind } : undefined);
    } }, `${signs[worst]} ${counts.get(worst)}`);
    const [zh, en] = caseKinds[kind] ?? [kind, kind];
    for (const attribute of ["aria-label", "title"]) sayAttribute(button, attribute, `${name}，${zh}：${told(0).join("，")}`, `${name}, ${en}: ${told(1).join(", ")}`);
    buttons.push(button);
    return el("td", {}, button);
  };
  const head = el("tr", {}, el("td"), kinds.map((kind) => el("th", { scope: "col" }, kindName(kind))));
  const rows = [...interfaces].map((name) => el("tr", {}, el("th", { scope: "row" }, name), kinds.map((kind) => cellOf(name, kind))));
  const caption = say("各接口、各类用例中最差的结论及其个数（✕ 不符合，! 提醒，? 无法判断，– 不适用，✓ 通过）；点击一格只看其中的用例", "the worst verdict of each interface and kind of case, and how often (✕ failed, ! warned, ? inconclusive, – not applicable, ✓ passed); a cell shows its cases alone", el("p", { class: "quiet" }));
  const grid = sayAttribute(el("div", { class: "scroll", tabindex: 0, role: "region" }, el("table", { class: "picture" }, el("thead", {}, head), el("tbody", {}, rows))), "aria-label", "概览", "overview");
  const node = el("div", { class: "overview" }, caption, grid);
  return { node, clear: () => { for (const button of buttons) button.setAttribute("aria-pressed", "false"); } };
}

/** How many of the stated clauses were judged, by interface; why the others were not, and what would have them judged. */
function reachTable(reach) {
  const gaps = (one, of) => el("div", {}, one.not_judged.map((gap) => el("div", {}, of(gap))));
  return table(["判定范围", "reach"], [say("接口", "interface"), say("已判定条款", "clauses judged"), say("未判定的原因", "why not the others"), say("可用以下做法判定", "would be judged with")],
    reach.interfaces.map((one) => [el("div", {}, `${one.section} ${one.interface}`.trim()), labelled("已判定条款", "clauses judged", `${one.judged} / ${one.clauses}`),
      one.not_judged.length ? labelled("未判定的原因", "why not the others", gaps(one, (gap) => [`${gap.clauses.length}: `, read(gap.why)])) : "",
      one.not_judged.some((gap) => gap.raised_by.length) ? labelled("可用以下做法判定", "would be judged with", gaps(one, (gap) => gap.raised_by.map((way, i) => [i > 0 ? "; " : "", read(way)]))) : ""]), "cards");
}

/** Well-signed requests, by interface and kind of case. */
function requestTable(record) {
  const all = record.requests_by.reduce((sum, one) => sum + one.requests, 0), clauses = record.reach?.clauses;
  const kinds = [...new Set(record.requests_by.map((one) => one.kind))], names = [...new Set(record.requests_by.map((one) => one.interface))];
  kinds.sort((a, b) => Object.keys(caseKinds).indexOf(a) - Object.keys(caseKinds).indexOf(b));
  const of = (name, kind) => record.requests_by.filter((one) => one.interface === name && one.kind === kind).reduce((sum, one) => sum + one.requests, 0);
  const each = clauses ? number(all / clauses, 1) : "";
  return el("details", {}, el("summary", {}, clauses ? say(`${all} 个正确签名的请求，每条规范条款 ${each} 个`, `${all} well-signed requests, ${each} for each stated clause`) : say(`${all} 个正确签名的请求`, `${all} well-signed requests`)),
    table(["请求数", "requests"], [say("接口", "interface"), ...kinds.map(kindName)], names.map((name) => [name || "–", ...kinds.map((kind) => { const count = of(name, kind); return count ? String(count) : ""; })])));
}

/** What became of a client's calls, by interface. */
const callTable = (calls) => table(["调用", "calls"], [say("接口", "interface"), say("调用", "calls"), say("成功", "accepted"), say("被拒绝", "refused"), say("注入故障", "with a fault")],
  calls.map((one) => [one.interface, String(one.calls), String(one.accepted), String(one.refused), String(one.faults)]));

const leftBehind = (record) => record.left_behind.map((one) => `${one.count} ${one.table}`).join(", ");

const calibrated = (calibration) => facts(calibration.map(({ label, value }) => [read(label), read(value)]));

/** A command that repeats the case, for that shell. */
const commandBlock = (shell, command) => el("div", {}, el("h3", {}, say("重现", "repeat"), ` (${shell}) `, copyButton(command)), el("pre", { tabindex: 0, class: "curl" }, command));

function caseBody(one) {
  const differs = one.verdict === "passed" ? new Set() : spokenOf(one.expected.en, one.observed.en);
  const about = spokenOf(one.id.split("/").slice(1).join(" "));
  const text = (zh, en, message) => message.en ? [say(zh, en), read(message)] : ["", ""];
  const headers = one.request.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const received = one.reply.transport === "replied" ? `HTTP ${one.reply.status}${one.reply.took_ms === undefined ? "" : ` · ${number(one.reply.took_ms, 1)} ms`}` : one.reply.transport_text ? read(one.reply.transport_text) : one.reply.transport;
  return el("div", { class: "body" },
    el("blockquote", {}, el("span", { lang: "zh-CN" }, one.requirement.zh), el("br"), el("span", { class: "quiet", lang: "en" }, one.requirement.en), " ", el("span", { class: "quiet" }, `(${one.section})`)),
    facts([text("应为", "expected", one.expected), text("实际", "observed", one.observed), text("原因", "reason", one.reason), [say("条款", "clauses"), (one.clauses ?? []).join(", ")]]),
    one.reply.transport || one.request.body
      ? el("div", { class: "pair" },
          el("div", {}, el("h3", {}, say("发送", "sent"), ` ${one.request.method} ${one.request.url}`), el("details", {}, el("summary", {}, say("请求头", "headers")), el("pre", { tabindex: 0 }, headers)), laidOut(one.request.body, about)),
          el("div", {}, el("h3", {}, say("收到", "received"), " ", received), laidOut(one.reply.body, differs)))
      : null,
    one.curl ? commandBlock("sh", one.curl) : null,
    one.powershell ? commandBlock("PowerShell", one.powershell) : null,
    one.steps ? stepList(one.steps) : null);
}

/** Every request of a case that rests on several, with its reply and the rows that were due. */
function stepList(steps) {
  return el("div", {}, el("h3", {}, say("各步请求", "Every step"), ` (${steps.length})`), el("ol", { class: "steps" }, steps.map((step) =>
    el("li", {}, el("code", {}, `${step.request.method} ${step.request.url}`),
      el("details", {}, el("summary", {}, say("请求、应答和应有的数据行", "request, reply and the rows that were due")),
        laidOut(step.request.body, new Set()),
        el("h4", {}, say("收到", "received"), step.reply.transport === "replied" ? ` HTTP ${step.reply.status}` : ` ${step.reply.transport}`), laidOut(step.reply.body, new Set()),
        step.expected ? [el("h4", {}, say("应返回的数据行", "rows that were due")), laidOut(step.expected, new Set())] : null)))));
}

function caseItem(one, id) {
  const body = el("div");
  const item = el("details", { class: "case", id },
    el("summary", {}, badge(one.verdict), el("code", { class: "id" }, one.id), el("span", { class: "quiet" }, say(one.title.zh, one.title.en))), body);
  const link = () => sayAttribute(el("a", { href: `#${id}` }, "#"), "aria-label", "此用例的链接", "link to this case");
  // The attribute changes at once, the event comes later: too late for a printer.
  new MutationObserver(() => {
    if (item.open && !body.hasChildNodes()) body.append(caseBody(one), el("p", { class: "body" }, link()));
  }).observe(item, { attributes: true, attributeFilter: ["open"] });
  return item;
}

/** Notes on the whole run; those behind the first few are shown when they are asked for. */
function noteList(notes) {
  const few = 20, rest = notes.slice(few);
  const shown = (some) => some.map((note) => el("p", { class: "is-warn verdict" }, read(note)));
  return [shown(notes.slice(0, few)), rest.length > 0 ? el("details", {}, el("summary", {}, say(`另有 ${rest.length} 条说明`, `${rest.length} more notes`)), shown(rest)) : null];
}

function checkPage(record, key) {
  const client = record.role.endsWith("client");
  const order = Object.keys(verdicts);
  const shown = new Set(order);
  let query = "", chosen = "", picked;
  const items = record.cases.map((one, i) => ({ one, node: undefined, id: `${key}-${one.id.replace(/[^\w./=-]+/g, "_")}`, text: [one.id, ...[one.title, one.requirement, one.reason, one.observed].flatMap(({ zh, en }) => [zh, en])].join(" ").toLowerCase(), i }));
  // Names are unique in a record; two that only differ in their signs get a number.
  const seen = new Map();
  for (const item of items) {
    const times = (seen.get(item.id) ?? 0) + 1;
    seen.set(item.id, times);
    if (times > 1) item.id += `-${times}`;
  }
  const list = el("div"), count = el("p", { class: "quiet", role: "status" });
  const nodeOf = (item) => (item.node ??= caseItem(item.one, item.id));

  const groups = new Map();
  for (const item of items) {
    const name = `${item.one.interface}`;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }
  const sections = [...groups].map(([name, all]) => {
    const holder = el("div");
    const heading = el("h3", {}, `${name} `, el("span", { class: "quiet" }));
    return { name, all: [...all].sort((a, b) => order.indexOf(a.one.verdict) - order.indexOf(b.one.verdict) || a.i - b.i), holder, heading, node: el("div", {}, heading, holder) };
  });
  const isPicked = (one) => !picked || (one.interface === picked.interface && kindOf(one) === picked.kind);
  const fill = () => {
    let total = 0;
    for (const section of sections) {
      const visible = section.all.filter(({ one, text }) => shown.has(one.verdict) && (!chosen || one.interface === chosen) && isPicked(one) && (!query || text.includes(query)));
      section.holder.replaceChildren(...visible.map(nodeOf));
      section.heading.lastChild.textContent = `${visible.length}/${section.all.length}`;
      section.node.hidden = visible.length === 0;
      total += visible.length;
    }
    say(`显示 ${total} 个，共 ${items.length} 个用例`, `${total} of ${items.length} cases shown`, count);
  };

  const search = el("input", { type: "search", oninput: () => { query = search.value.trim().toLowerCase(); fill(); } });
  const choice = el("select", { onchange: () => { chosen = choice.value; fill(); } }, say("全部", "all", el("option", { value: "" })), [...groups.keys()].map((name) => el("option", { value: name }, name)));
  const chips = order.map((verdict) => {
    const of = record.summary[verdict] ?? 0;
    const chip = el("button", { type: "button", "aria-pressed": "true", "data-verdict": verdict, onclick: () => {
      // The first click shows that verdict alone; another shows all again.
      const alone = shown.size === 1 && shown.has(verdict);
      shown.clear();
      for (const one of alone ? order : [verdict]) shown.add(one);
      for (const other of chips) other.setAttribute("aria-pressed", String(shown.has(other.dataset.verdict)));
      fill();
    } }, badge(verdict), ` ${of}`);
    return chip;
  });

  const findings = items.filter(({ one }) => one.verdict === "failed" || one.verdict === "broken"), causes = record.causes ?? [];
  const found = el("div");
  const showFindings = () => {
    const some = findings.filter(({ one }) => isPicked(one));
    found.replaceChildren(
      ...(picked ? [el("p", {}, el("button", { type: "button", onclick: () => showAll() }, say("显示全部", "show all")), ` ${picked.interface}, `, kindName(picked.kind))] : []),
      findings.length === 0 ? say("没有与规范相矛盾之处。", "Nothing contradicts the specification.", el("p", { class: "nothing" }))
        : some.length === 0 ? say("此处没有问题。", "No findings here.", el("p", { class: "nothing" })) : findingList(some, causes));
  };
  const pick = (cell) => { picked = cell; showFindings(); fill(); };
  const overview = client ? undefined : picture(items, pick);
  const showAll = () => { overview?.clear(); pick(undefined); };
  const asked = record.questions.filter((one) => one.observed.length > 0), unseen = record.questions.filter((one) => one.observed.length === 0);
  const page = el("section", { class: "record", id: key },
    el("h1", {}, say(client ? "客户端检查" : "符合性检查", client ? "Client check" : "Conformance check"), `: ${record.target}`),
    el("p", {}, verdictOf(record), " ", record.interrupted ? say("（中途停止）", "(interrupted)") : ""),
    sayAttribute(el("nav", { class: "contents" }, [["findings", say("问题", "findings"), findings.length], ["reach", say("判定范围", "reach"), record.reach?.interfaces?.length ?? 0], ["questions", say("未明确之处", "open questions"), asked.length], ["calibration", say("校准", "calibration"), record.calibration.length], ["cases", say("全部用例", "all cases"), record.cases.length]]
      .filter(([part, , of]) => of > 0 || (part !== "calibration" && part !== "reach")).map(([part, name, of]) => el("a", { href: `#${key}.${part}` }, name, ` (${of})`))), "aria-label", "本页内容", "contents"),
    overview?.node,
    noteList(record.notes),
    el("p", {}, say(`结论依据：${record.cases.length} 个用例，${record.requests} 个请求。`, `What the verdict rests on: ${record.cases.length} cases, ${record.requests} requests.`)),
    record.left_behind ? el("p", {}, say(`在目标系统新建且未删除：${leftBehind(record)}`, `Made at the target and left there: ${leftBehind(record)}`)) : null,
    el("div", { class: "chips", role: "group" }, chips),
    facts([[say("角色", "role"), roleOf(record.role)], [say("开始", "started"), record.started], [say("历时", "took"), record.duration_s === undefined ? undefined : `${number(record.duration_s, 2)} s`], [say("工具", "tool"), record.suite.version ? say(`${record.suite.name} ${record.suite.version}（规范 ${record.suite.spec_version}）`, `${record.suite.name} ${record.suite.version} (spec ${record.suite.spec_version})`) : record.tool]]),
    record.requests_by ? requestTable(record) : null,
    record.calls_by ? callTable(record.calls_by) : null,
    el("h2", { id: `${key}.findings` }, say("问题", "Findings"), ` (${findings.length})`, causes.length ? say(`，${causes.length} 个原因`, `, ${causes.length} causes`) : null),
    found,
    record.reach?.interfaces?.length ? [el("h2", { id: `${key}.reach` }, say("判定范围", "Reach"), ` (${record.reach.judged} / ${record.reach.clauses})`), reachTable(record.reach)] : null,
    el("h2", { id: `${key}.questions` }, say("规范未明确之处", "What the specification leaves open")),
    table(["规范未明确之处", "open questions"], [say("问题", "question"), say("可接受", "accepted"), say("此系统的做法", "this target")],
      asked.map((one) => [el("div", {}, say(one.zh, one.en), el("br"), el("code", { class: "quiet" }, one.id)), labelled("可接受", "accepted", one.accepted.join(", ")), labelled("此系统的做法", "this target", one.observed.join(", "), one.inconsistent ? say("（不一致）", " (not consistent)") : "")]), "cards"),
    unseen.length ? el("p", { class: "quiet" }, say("未见到：", "not seen: "), unseen.map((one) => one.id).join(", ")) : null,
    record.calibration.length ? [el("h2", { id: `${key}.calibration` }, say("校准", "Calibration")), calibrated(record.calibration)] : null,
    el("h2", { id: `${key}.cases` }, say("全部用例", "All cases")),
    el("div", { class: "filters" }, el("label", {}, say("搜索", "search"), search), el("label", {}, say("接口", "interface"), choice)),
    count, list);
  list.append(...sections.map((section) => section.node));
  showFindings();
  fill();
  const open = () => {
    const item = items.find(({ id }) => `#${id}` === decodeURIComponent(location.hash));
    if (!item) return;
    if (!nodeOf(item).isConnected) { // a filter hides it
      search.value = query = choice.value = chosen = "";
      for (const verdict of order) shown.add(verdict);
      for (const chip of chips) chip.setAttribute("aria-pressed", "true");
      showAll();
    }
    item.node.open = true;
    item.node.scrollIntoView();
  };
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () => { // in print nothing can be opened
    for (const item of findings) nodeOf(item).open = true;
    for (const more of page.querySelectorAll(".findings details")) more.open = true;
  });
  queueMicrotask(() => setTimeout(open));
  return page;
}

// SPDX-License-Identifier: Apache-2.0
// The HTML reports in a real browser: every button, both languages, both themes, a phone, print, a screen reader's view, hostile replies, great size.
import { chromium } from "playwright-core";
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, expect, finish, program, requireTools, run, source, startMock } from "./support.mjs";

// Now and then, on a loaded machine, Chromium does not come back from a script: then the whole is tried once more, and it is said.
if (!process.env.METERPROOF_BROWSER_TRY) {
  for (const attempt of ["1", "2"]) {
    const done = spawnSync(process.execPath, process.argv.slice(1), { env: { ...process.env, METERPROOF_BROWSER_TRY: attempt }, stdio: "inherit", timeout: 240_000, killSignal: "SIGKILL" });
    if (done.error?.code !== "ETIMEDOUT") process.exit(done.status ?? 1);
    console.log(`try ${attempt}: no end after four minutes; the last line above says where`);
  }
  process.exit(1);
}

const chrome = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
if (!chrome) {
  console.log("skipped: no Chromium (set CHROMIUM)");
  process.exit(requireTools ? 1 : 77);
}
const folder = mkdtempSync(join(tmpdir(), "meterproof-browser-"));
const file = (name) => join(folder, name);

// The records that are shown.
let mock = await startMock("--mutant", "GetData/Remnant/wrong-value");
run("check", mock.url, "--role", "both", "--app", "a:s", "--app", "b:t", "--effect-timeout", "0s", "--transcript", "--json", file("check.json"), "--html", file("check.html"));
await mock.stop();
mock = await startMock("--replay-protection", "off", "--port", new URL(mock.url).port); // a certificate holds loads of the target that was checked
const load = ["load", mock.url, "--app", "a:s", "--timestamps", "shared", "--rate", "300", "--duration", "7s", "--warm-up", "0", "--max-generator-lag", "1m", "--connections", "4"];
run(...load, "--threshold", "p99<10s", "--json", file("base.json"));
run(...load, "--threshold", "p99<10s", "--compare", file("base.json"), "--json", file("load.json"), "--html", file("load.html"));
mock.stop();
expect(readFileSync(file("check.html"), "utf8").split(/src=|href="http/).length === 1, "the report asks for nothing from elsewhere");

// The page's scripts are one: of two functions with one name, the later would stand for both.
const named = ["base", "check", "load", "certificate", "start"].flatMap((part) => [...readFileSync(join(source, `reports/page/${part}.js`), "utf8").matchAll(/^function (\w+)/gm)].map((match) => match[1]));
expect(named.length > 10 && new Set(named).size === named.length, "no two functions of the page have one name", named.sort().join(" "));

const browser = await chromium.launch({ executablePath: chrome, args: ["--no-sandbox"] });
const troubles = [];
const open = async (name, options = {}) => {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && troubles.push(`${name}: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`${name}: ${error.message}`));
  page.on("dialog", (dialog) => (troubles.push(`${name}: a dialog`), dialog.dismiss()));
  page.on("request", (request) => /^https?:/.test(request.url()) && troubles.push(`${name}: asked for ${request.url()}`));
  await page.addInitScript(() => {
    globalThis.cutLabels = []; // texts of charts that begin left of the chart
    globalThis.drawnTexts = new Set();
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, ...rest) {
      const width = this.measureText(text).width;
      const left = this.textAlign === "right" || this.textAlign === "end" ? x - width : this.textAlign === "center" ? x - width / 2 : x;
      if (this.getTransform().b === 0 && left < 0) globalThis.cutLabels.push(text);
      globalThis.drawnTexts.add(text);
      return draw.call(this, text, x, ...rest);
    };
  });
  await page.goto(`file://${file(name)}`);
  return page;
};
const readable = async (page, what) => expect(!(await page.textContent("main")).includes("[object "), `no object stands in place of a text on ${what}`);
const wide = (page) => page.evaluate("document.documentElement.scrollWidth > innerWidth");

const record = JSON.parse(readFileSync(file("check.json"), "utf8"));
let page = await open("check.html");
let cases = page.locator("details.case");
expect((await cases.count()) === record.cases.length, `every case is there (${record.cases.length})`);
const text = await page.textContent("main");
expect(text.includes("does not conform"), "the verdict is told");
for (const [verdict, count] of Object.entries(record.summary))
  expect((await page.textContent(`button[data-verdict="${verdict}"]`)).trim().endsWith(` ${count}`), `${count} ${verdict} are counted`);
await page.click('button[data-verdict="failed"]');
expect((await cases.count()) === record.summary.failed, "the counts are filters");
await readable(page, "a check");
await accessible(page, "a check"); // of 20 cases: it looks at every element anew
await page.click('button[data-verdict="failed"]');
await page.fill('input[type="search"]', "money-zero");
const found = record.cases.filter((one) => JSON.stringify(one).includes("money-zero")).length;
expect((await cases.count()) > 0 && (await cases.count()) <= found, `the search finds ${await cases.count()}`);
await page.fill('input[type="search"]', "");
await page.selectOption("select", "GetData");
expect((await cases.count()) === record.cases.filter((one) => one.interface === "GetData").length, "the interface can be chosen");
await page.selectOption("select", "");
const failed = record.cases.find((one) => one.id === record.causes[0].cases[0]);
expect((await page.locator("ul.findings").first().textContent()).includes(failed.observed.en), "a finding shows what was observed");
expect((await page.locator("ul.findings > li").count()) === record.causes.length, `findings of one cause are one (${record.causes.length})`);
expect(record.causes.length < record.summary.failed && text.includes(`${record.causes.length} causes`), "causes are counted beside the cases");
// The picture: a cell for each interface and kind of case, by its worst verdict; each is a filter of what stands below, with the keyboard as well.
const cellKeys = new Set(record.cases.map((one) => `${one.interface} ${one.kind}`));
const cells = page.locator("table.picture td button");
expect((await cells.count()) === cellKeys.size, `the picture has ${cellKeys.size} cells`);
expect((await page.locator("table.picture").boundingBox()).y < 300, "the page opens with it");
const worst = page.locator("table.picture button.is-bad").first();
const label = await worst.getAttribute("aria-label");
expect(/^\w+, .+: \d+ failed/.test(label), "a cell names its interface, its kind and its counts", label);
const [, cellInterface] = /^(\w+), /.exec(label);
await worst.focus();
await page.keyboard.press("Enter");
expect((await worst.getAttribute("aria-pressed")) === "true", "the keyboard presses it");
const shownCases = await page.locator("details.case code.id").allTextContents();
expect(shownCases.length > 0 && shownCases.length < record.cases.length && shownCases.every((id) => id.startsWith(`${cellInterface}/`)), `a cell shows its ${shownCases.length} cases alone`);
const foundThere = record.cases.filter((one) => one.verdict === "failed" && shownCases.includes(one.id)).map((one) => one.cause);
expect((await page.locator("ul.findings > li").count()) === new Set(foundThere).size, "and their findings");
await worst.click();
expect((await cases.count()) === record.cases.length && (await page.locator("ul.findings > li").count()) === record.causes.length, "pressed again, it shows all");
for (const one of record.reach.interfaces) expect((await page.textContent("main")).includes(`${one.judged} / ${one.clauses}`), `the reach of ${one.section} is told`);
for (const part of ["findings", "reach", "questions", "calibration", "cases"]) {
  const link = page.locator(`.contents a[href$=".${part}"]`);
  expect((await link.boundingBox()).y < 900, `the first screen leads to the ${part}`);
  await link.click();
  expect((await page.locator(`h2[id$=".${part}"]`).boundingBox()).y < 900, `the ${part} are there`);
}
await page.click(`main ul a:has-text("${failed.id}") >> nth=0`);
const opened = page.locator("details.case[open]");
await opened.waitFor();
const shown = await opened.textContent();
for (const part of [failed.requirement.zh, failed.expected.en, failed.reason.en, failed.curl]) expect(shown.includes(part), `an open case shows "${part.slice(0, 40)}"`);
expect((await opened.locator("mark").count()) > 0, "what differs is marked");
for (const [place, shell] of ["curl", "powershell"].entries()) {
  await opened.locator("button.copy").nth(place).click();
  expect((await page.evaluate("navigator.clipboard.readText()")) === failed[shell], `the ${shell} line can be copied`);
}
await page.fill('input[type="search"]', failed.id.toLowerCase());
await accessible(page, "an open case");
await page.click('[data-language="zh"]');
expect(/[\u4e00-\u9fff]/.test(await opened.locator("dl.facts").first().textContent()), "reasons are Chinese then");
expect((await page.title()).startsWith("meterproof：不符合"), "its title is Chinese then", await page.title());
expect(/不符合/.test(await page.locator("table.picture button.is-bad").first().getAttribute("aria-label")), "so are the cells of the picture");
await readable(page, "a Chinese check");
expect((await page.textContent("main")).includes("不符合") && (await page.getAttribute("html", "lang")) === "zh-CN", "the page can be switched to Chinese");
const link = await page.evaluate("location.href");
await page.goto("about:blank");
await page.goto(link);
await opened.waitFor();
expect((await opened.count()) === 1, "a link leads to one case");
await page.keyboard.press("Tab");
expect(await page.evaluate("document.activeElement !== document.body"), "the keyboard reaches something");
const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
const before = await background();
await page.click('button[data-verdict="failed"]');
await page.click("#theme");
expect((await background()) !== before, "light and dark can be switched");
await accessible(page, "the other theme");
await page.emulateMedia({ media: "print" });
expect(!(await page.isVisible("header.bar")), "in print there are no buttons");
await page.evaluate(() => void dispatchEvent(new Event("beforeprint")));
expect((await page.locator("details.case[open] .pair").count()) === record.summary.failed, "in print every finding is open, with what was sent and received");
await page.context().close();

// Of a case that rests on several requests, each stands there with its reply and the rows that were due.
const stepped = record.cases.find((one) => one.verdict === "failed" && one.steps?.some((step) => step.expected?.length > 2));
page = await open("check.html");
await page.fill('input[type="search"]', stepped.id.toLowerCase());
const several = page.locator("details.case", { has: page.locator(`code.id:text-is("${stepped.id}")`) });
await several.evaluate((node) => { node.open = true; });
await several.locator("ol.steps").waitFor();
const bare = (text) => text.replace(/\s/g, "");
const steps = (await several.locator("ol.steps > li").allTextContents()).map(bare);
const lost = stepped.steps.flatMap((step, i) => [step.request.body, step.reply.body, step.expected ?? ""].filter((part) => !steps[i]?.includes(bare(part))));
expect(steps.length === stepped.steps.length && lost.length === 0, `every step is there with its reply and the rows that were due (${steps.length})`, lost.join("\n"));
await page.context().close();

page = await open("check.html", { locale: "zh-CN", colorScheme: "dark", viewport: { width: 360, height: 740 } });
expect((await page.getAttribute("html", "lang")) === "zh-CN", "the browser's language comes first");
expect((await page.getAttribute("html", "data-theme")) === "dark", "so does its theme");
cases = page.locator("details.case");
await cases.first().waitFor();
expect(!(await wide(page)), "on a phone nothing is cut off");
expect(await page.locator("table.picture button").first().isVisible(), "the picture is there on a phone");
await page.click('button[data-verdict="failed"]');
await accessible(page, "a phone");
await page.context().close();

page = await open("load.html");
expect((await page.locator(".uplot").count()) === 5, "a load has its five charts");
expect((await page.textContent("main")).includes("Against the base"), "and its comparison");
for (const part of ["mean of the seconds' p95", "p95 of each second", "p95 of the second"]) expect((await page.textContent("main")).includes(part), `p95 stands beside the other percentiles: ${part}`);
expect((await page.locator(".u-legend").nth(0).textContent()).includes("base's rate"), "both runs are on one chart");
const percentiles = await page.evaluate("[...document.querySelectorAll('main :is(th, td, .u-label)')].map((one) => one.textContent.trim()).filter((text) => text.startsWith('p99') || text.endsWith('p99'))");
expect(percentiles.filter((text) => text === "p99").length === 1 && percentiles.some((text) => text.includes("second")), "one number of a load's page is called p99", percentiles.join(", "));
await readable(page, "a load");
await accessible(page, "a load");
await page.setViewportSize({ width: 380, height: 800 });
await page.waitForFunction("document.querySelector('.uplot').clientWidth < 400");
expect(!(await wide(page)), "charts shrink with the screen");
await page.click('[data-language="zh"]');
const chinese = await page.textContent("main");
expect(chinese.includes("延迟百分位"), "charts speak Chinese too");
expect(chinese.includes("（计划 ") && chinese.includes("（预热 ") && !/intended|warm-up/.test(chinese), "so do the facts, after the switch");
await page.context().close();

// A hundred and fifty thousand replies a second, and half a second at the end.
const large = JSON.parse(readFileSync(file("load.json"), "utf8"));
for (const one of large.series) one.good *= 500, one.requests *= 500;
large.series.at(-1).length_s = 0.25;
large.series.at(-1).good = 1;
large.series[1].errors = large.series[2].errors = 3; // two seconds of one event
large.series[3].good = 0; // whose replies may have come in the next second
large.series[5].good = 0;
large.series[5].errors = large.series[5].requests;
large.warm_up_s = 1;
large.stages = ["4", "3"].map((length) => ({ ...large.stages[0], args: { ...large.stages[0].args, seconds: length }, en: `300/s for ${length} s` }));
writeFileSync(file("large.json"), JSON.stringify(large));
run("report", file("large.json"), "--html", file("large.html"));
page = await open("large.html", { locale: "zh-CN", viewport: { width: 360, height: 740 } });
await page.locator(".uplot").first().waitFor();
expect((await page.evaluate("cutLabels.length")) === 0, "the labels of the axes are whole", await page.evaluate("cutLabels.join(' ')"));
const narrow = await page.evaluate("[...document.querySelectorAll('main table:not(.u-legend) :is(th, td:first-child)')].filter((one) => one.textContent.length > 1 && one.getBoundingClientRect().width < 28).map((one) => one.textContent)");
expect(narrow.length === 0, "no column of a table is one character wide", narrow.join(" "));
const marks = await page.evaluate("marksOf(records[0])");
expect(JSON.stringify(marks) === JSON.stringify([[1, "预热结束"], [large.series[1].begin_s, "出现错误"], [4, "阶段 2"], [large.series[5].begin_s, "无正确应答"]].sort(([one], [other]) => one - other)), "the end of the warm-up, stages and events are marked, each once", JSON.stringify(marks));
expect(await page.evaluate("['预热结束', '阶段 2', '出现错误', '无正确应答'].every((one) => drawnTexts.has(one))"), "and their names are drawn");
expect((await page.evaluate("perSecond((one) => one.good)(records[0].series.at(-1))")) === null, "a quarter of a second is no rate");
await page.context().close();

run("keygen", "--out", file("key"));
run("certify", file("check.json"), file("base.json"), "--key", file("key"), "--out", file("certificate.json"), "--html", file("certificate.html"));
page = await open("certificate.html");
const certified = JSON.parse(readFileSync(file("certificate.json"), "utf8"));
const certificateText = await page.textContent("main");
for (const part of [certified.statement.chain, certified.statement.spec_sha256, certified.statement.suite.rules_digest, certified.key, "does not conform", "Nothing was declared", `${certified.statement.subject.exchanges} exchanges`])
  expect(certificateText.includes(part), `a certificate's page shows "${part.slice(0, 40)}"`);
expect(certificateText.indexOf(certified.statement.vouched.serial) < certificateText.indexOf(certified.statement.suite.rules_digest), "a certificate's serial stands above its digests");
expect((await page.locator("details[id='r1.check'][open]").count()) === 1, "of a target that does not conform, a certificate's page shows the findings");
await readable(page, "a certificate");
expect((await page.title()).startsWith("meterproof: does not conform"), "the title tells its verdict", await page.title());
await page.click('button[data-verdict="failed"]');
await accessible(page, "a certificate");
await page.setViewportSize({ width: 360, height: 740 });
await page.waitForFunction("document.querySelector('.uplot').clientWidth < 400");
expect(!(await wide(page)), "it fits a phone");
await page.context().close();

// Replies that attack the reader.
const hostile = [`<script>alert(1)</script></script><img src=x onerror=alert(2)>`, `"</pre><svg onload=alert(3)>`, "\u0007\u001b[31m\u202e\u0000", "x".repeat(2_000_000), "<!--<script>"];
let turn = 0;
const server = createServer((request, response) => {
  request.resume();
  const body = hostile[turn++ % hostile.length];
  response.setHeader("X-Hostile", "<script>alert(4)</script>");
  if (turn % 7 === 0) response.end(Buffer.from([0xff, 0xfe, 0x80, 0x3c, 0x73]));
  else response.end(JSON.stringify({ ResultCode: 1, Message: body, DataList: [{ UserCode: body, MeterAddr: body }] }));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
await new Promise((ready) => spawn(program, ["check", `http://127.0.0.1:${server.address().port}`, "--app", "a:s", "--filter", "GetUserInfo/*", "--effect-timeout", "0s", "--html", file("hostile.html")]).on("exit", ready));
server.close();
expect(readFileSync(file("hostile.html")).length < 10_000_000, "of megabytes a part is kept");
page = await open("hostile.html");
cases = page.locator("details.case");
for (const one of await cases.all()) if (await one.isVisible()) await one.evaluate((node) => { node.open = true; });
await page.waitForFunction("document.querySelector('.case pre') !== null");
expect((await page.locator("main script, main img, main svg").count()) === 0, "hostile replies are text");
await page.context().close();

// Names without a blank, longer than a phone is wide.
const endless = JSON.parse(readFileSync(file("check.json"), "utf8"));
const name = "x".repeat(200);
const said = { id: "", args: {}, en: name };
Object.assign(endless, { target: `http://${name}`, notes: [said], filter: name, calibration: [{ id: name, value: said }] });
endless.cases = endless.cases.slice(0, 3).map((one) => ({ ...one, id: `${name}/${one.id}`, interface: name, verdict: "failed", expected: said, observed: said, reason: said, clauses: [name] }));
endless.questions = endless.questions.slice(0, 2).map((one) => ({ ...one, id: name, observed: [name] }));
writeFileSync(file("endless.json"), JSON.stringify(endless));
run("report", file("endless.json"), "--html", file("endless.html"));
page = await open("endless.html", { viewport: { width: 360, height: 740 } });
for (const one of await page.locator("details.case").all()) await one.evaluate((node) => { node.open = true; });
await page.waitForFunction("document.querySelector('.case pre') !== null");
expect(!(await wide(page)), "endless names do not widen a phone's page");
await page.context().close();

// Great size.
const many = JSON.parse(readFileSync(file("check.json"), "utf8"));
const originals = many.cases;
many.cases = Array.from({ length: 5000 }, (_, i) => ({ ...originals[i % originals.length], id: `${originals[i % originals.length].id}/${i}` }));
writeFileSync(file("many.json"), JSON.stringify(many));
const long = JSON.parse(readFileSync(file("load.json"), "utf8"));
long.series = Array.from({ length: 36_000 }, (_, i) => ({ ...long.series[i % long.series.length], begin_s: i }));
writeFileSync(file("long.json"), JSON.stringify(long));
for (const [name, ready] of [["many", "document.querySelectorAll('details.case').length === 5000"], ["long", "document.querySelectorAll('.uplot').length === 5"]]) {
  run("report", file(`${name}.json`), "--html", file(`${name}.html`));
  const start = Date.now();
  page = await open(`${name}.html`);
  const there = await page.waitForFunction(ready).then(() => true, () => false);
  expect(there, `${name}: 5,000 cases, or ten hours, are shown (after ${Date.now() - start} ms)`);
  const typed = name === "many" ? await page.evaluate(`(() => { const box = document.querySelector('input[type="search"]'); box.value = "Money"; const start = performance.now(); box.dispatchEvent(new Event("input")); document.body.offsetHeight; return performance.now() - start; })()`) : 0;
  if (typed) console.log(`    ${name}: a search takes ${Math.round(typed)} ms`);
  await page.context().close();
}
// The difference of two records, and the history of a folder of them: pages that C++ makes whole.
const runs = file("runs");
mkdirSync(runs);
const checked = JSON.parse(readFileSync(file("check.json"), "utf8"));
delete checked.transcript;
checked.cases = checked.cases.filter((one) => one.interface === "GetData");
checked.subject = { vendor: "<b>气</b>", product: "& \"平台\"", version: "1.0", contact: "" };
const good = { ...structuredClone(checked), verdict: "conforms", exit_code: 0, started: "2026-10-31 08:00:00 UTC" };
for (const one of good.cases) if (one.verdict === "failed") one.verdict = "passed";
writeFileSync(join(runs, "good.json"), JSON.stringify(good));
writeFileSync(join(runs, "bad.json"), JSON.stringify({ ...checked, started: "2026-11-30 08:00:00 UTC" }));
for (let i = 0; i < 16; ++i) {
  const one = JSON.parse(readFileSync(file("load.json"), "utf8"));
  one.started = `2026-11-${10 + i} 08:00:00 UTC`;
  one.response_time_ms.p99 = i < 8 ? 5 : 50;
  writeFileSync(join(runs, `load-${i}.json`), JSON.stringify(one));
}
writeFileSync(join(runs, "cut.json"), JSON.stringify(good).slice(0, 3000));
run("diff", join(runs, "good.json"), join(runs, "bad.json"), "--html", file("diff.html"));
run("history", runs, "--html", file("history.html"));
for (const [name, what] of [["diff", "a difference"], ["history", "a history"]])
  for (const options of [{}, { colorScheme: "dark" }, { viewport: { width: 360, height: 740 } }]) {
    page = await open(`${name}.html`, options);
    const shown = async () => (await page.locator("main").innerText()).replaceAll("\n", " ");
    await page.click('button[data-set="zh-CN"]');
    const chinese = await shown();
    await page.click('button[data-set="en"]');
    const english = await shown();
    expect(/[\u4e00-\u9fff]{4}/.test(chinese) && !english.includes("失败") && /fail/.test(english), `${what} is in both languages, one at a time`, english.slice(0, 500));
    expect(!(await wide(page)), `${what} is no wider than its screen ${JSON.stringify(options)}`);
    for (const one of await page.locator("details").all()) await one.evaluate((node) => { node.open = true; });
    await accessible(page, `${what} ${JSON.stringify(options)}`);
    expect((await page.locator("main b").count()) === 0, `${what}: what others wrote is no markup`);
    await page.context().close();
  }
page = await open("history.html");
expect((await page.locator("svg.series .change").count()) >= 1 && (await page.locator("svg.series circle").count()) >= 32, "a history draws its series, and where they changed");
expect((await page.locator(".state.failed").count()) >= 1, "and in which runs clauses failed");
const linked = await page.locator("main a").evaluateAll((all) => all.map((one) => one.href));
expect(linked.length > 0 && linked.every((one) => existsSync(new URL(one))), "its links lead to records", linked.join("\n"));
await page.context().close();

expect(troubles.length === 0, "no error, no dialog, no request", troubles.join("\n"));
const ours = (name) => readFileSync(join(source, "third_party/uplot", name), "utf8");
const theirs = (name) => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), "utf8");
for (const name of ["uPlot.iife.min.js", "uPlot.min.css"]) expect(ours(name) === theirs(name), `${name} is npm's, to the letter`);

await browser.close();
rmSync(folder, { recursive: true });
finish();

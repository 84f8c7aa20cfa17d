// SPDX-License-Identifier: Apache-2.0
// The page of the mock's admin API in a real browser: traffic as it happens, calls, business time, rows, snapshots, faults, readings, a control token.
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, expect, finish, program, requireTools, startMock } from "./support.mjs";

const chrome = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
if (!chrome) {
  console.log("skipped: no Chromium (set CHROMIUM)");
  process.exit(requireTools ? 1 : 77);
}
const browser = await chromium.launch({ executablePath: chrome, args: ["--no-sandbox"] });
const troubles = [];
const open = async (url, options = {}) => {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && !message.text().includes("status of 4") && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("dialog", (dialog) => dialog.accept());
  page.on("request", (request) => !request.url().startsWith(url) && troubles.push(`asked for ${request.url()}`));
  await page.goto(`${url}/_mock/`);
  await page.waitForSelector("body[data-ready]");
  return page;
};
const shows = async (page, selector, text) => {
  try {
    await page.locator(selector, { hasText: text }).first().waitFor({ timeout: 10_000 });
    expect(true, `${selector} shows "${text}"`);
  } catch {
    expect(false, `${selector} shows "${text}"`, await page.locator(selector).first().textContent());
  }
};
const get = async (url, path, options) => (await fetch(url + path, options)).json();

let mock = await startMock();
let page = await open(mock.url);

// Traffic: a stranger's call, with its reason, and what it sent and got.
await fetch(`${mock.url}/api/Users/GetUserInfo`, { method: "POST", body: "{}" });
await shows(page, "#traffic tbody tr", "GetUserInfo");
await shows(page, "#traffic td.why", "header");
await page.click("#traffic tbody button");
await shows(page, "#traffic pre", "-202");
await page.fill("#filter", "nothing like that");
expect((await page.locator("#traffic tbody tr").count()) === 0, "traffic can be filtered");
await page.fill("#filter", "");
await page.click("#pause");
const total = Number(await page.textContent("#total"));
await fetch(`${mock.url}/api/Users/GetUserInfo`, { method: "POST", body: "{}" });
await page.waitForFunction((before) => Number(document.getElementById("total").textContent) > before, total);
expect((await page.locator("#traffic tbody tr").count()) === 1, "paused, the list stands still");
await page.click("#pause");
expect((await page.locator("#traffic tbody tr").count()) === 2, "and catches up");

// What the other side would do, in business time: the top-up waits for the meter.
await page.fill("#time", "2026-02-10 12:00:00");
await page.click("#set-time button");
await page.click("#freeze");
await shows(page, "#clock-state", ", 0 times as fast");
await shows(page, "#clock-state", "2026-02-10 12:"); // a second may pass between the two
await page.selectOption("#interface", "RemotePay");
const example = JSON.parse(await page.inputValue("#body"));
expect(example.TransId && example.MeterAddr, "an example is filled in", JSON.stringify(example));
await page.click('#act button:not([type="button"])');
await shows(page, "#reply", '"ResultCode": 1');
await shows(page, "#clock-state", "1 requests wait");
await page.selectOption("#table", "payment");
await page.fill("#text", example.TransId);
await page.click("#search button");
await shows(page, "#rows tbody tr", example.TransId);
const cell = async (name) => {
  const columns = await page.locator("#rows thead th").allTextContents();
  return (await page.locator("#rows tbody tr").first().locator("td").allTextContents())[columns.indexOf(name)];
};
expect((await cell("PayResult")) === "0", "the payment waits", await cell("PayResult"));
await page.click('[data-advance="1d"]');
await shows(page, "#clock-state", "2026-02-11 12:");
await page.waitForFunction(() => document.querySelector("#rows tbody").textContent.includes("1"));
expect((await cell("PayResult")) === "1", "a day later it has arrived", await cell("PayResult"));
await page.selectOption("#interface", "ReportData");
await page.click('#act button:not([type="button"])');
await shows(page, "#reply", "UnitPrice");
await page.click("#copy");
expect((await page.evaluate("navigator.clipboard.readText()")).includes("openssl"), "the signed curl line is copied");

// Rows: search, edit, reset. A snapshot between.
await page.selectOption("#table", "meter");
await page.fill("#text", "860000000002");
await page.click("#search button");
await shows(page, "#rows tbody tr", "860000000002");
await page.fill("#snapshot", "before");
await page.click("#save-snapshot button");
await shows(page, "#snapshot-list li", "before");
await page.click('#rows button:has-text("Edit")');
await page.fill('#edit input[name="Remark"]', "seen");
await page.fill('#edit input[name="ReadNumber"]', "many");
await page.click('#edit button:not([type="button"])');
await shows(page, "#status", "ReadNumber");
await page.fill('#edit input[name="ReadNumber"]', "77.5");
await page.click('#edit button:not([type="button"])');
await shows(page, "#rows tbody tr", "77.5");
expect((await cell("Remark")) === "seen", "a row can be edited");
await page.click('button[aria-label="Restore before"]');
await page.waitForFunction(() => !document.querySelector("#rows tbody").textContent.includes("77.5"));
await page.click('button[aria-label="Remove before"]');
await shows(page, "#snapshot-list li", "none");
await page.click("#reset");
await page.waitForFunction(() => document.querySelector("#rows tbody").textContent.includes("28.60"));

// Faults and readings as switches.
await page.selectOption("#kind", "status");
await page.fill("#fault-value", "503");
await page.click("#add-fault button");
await shows(page, "#fault-list li", "status");
await page.click('#act button:not([type="button"])');
await shows(page, "#reply", "HTTP 503");
await page.click("#reload");
await shows(page, "#status", "Read: 10 interfaces, ");
await page.locator('#questions select[aria-label="refusal-status"]').selectOption("401");
await shows(page, "#status", "done");
expect((await fetch(`${mock.url}/api/Users/GetUserInfo`, { method: "POST", body: "{}" })).status === 401, "a reading takes effect at once");
await page.locator('#questions select[aria-label="clock"]').selectOption("+00:00");
await shows(page, "#status", "time zone");
expect((await page.inputValue('#questions select[aria-label="clock"]')) === "+08:00", "what cannot be switched stays");
await page.click('[data-language="zh"]');
await shows(page, "h2", "实时请求");
expect((await page.getAttribute("html", "lang")) === "zh-CN", "it speaks Chinese");
await page.focus("#pause");
await page.keyboard.press("Enter");
expect((await page.getAttribute("#pause", "aria-pressed")) === "true", "the keyboard presses a button");
await page.context().close();

for (const [what, options] of [["the page", {}], ["a dark page", { colorScheme: "dark", locale: "zh-CN" }], ["a phone", { viewport: { width: 360, height: 740 } }]]) {
  page = await open(mock.url, { bypassCSP: true, ...options });
  expect(!(await page.evaluate("document.documentElement.scrollWidth > innerWidth")), `nothing is cut off on ${what}`);
  await accessible(page, what);
  await page.context().close();
}

// Ten thousand exchanges a second, as far as this machine makes them: the page follows.
page = await open(mock.url);
const load = spawn(program, ["load", mock.url, "--app", "a:s", "--app", "b:t", "--timestamps", "shared", "--rate", "10000", "--duration", "4s", "--warm-up", "0", "--max-generator-lag", "1m"], { stdio: "ignore" });
await page.waitForFunction(() => Number(document.getElementById("total").textContent) > 2000);
expect((await page.locator("#traffic tbody tr").count()) <= 400, "it keeps no more than it can show");
await fetch(`${mock.url}/under/load`);
const begun = Date.now();
const numbered = (await get(mock.url, "/_mock/requests?limit=1")).total;
await page.waitForFunction((wanted) => Number(document.getElementById("total").textContent) >= wanted, numbered);
console.log(`an exchange was on the page after ${Date.now() - begun} ms`);
load.kill();
await page.context().close();
const ended = Date.now();
page = await open(mock.url);
await mock.stop();
console.log(`the mock ended ${Date.now() - ended} ms after the page was opened`);
await shows(page, "#status", "does not answer");
await page.context().close();

// A control token: the page asks for it, and nothing is shown without it.
const folder = mkdtempSync(join(tmpdir(), "meterproof-page-"));
writeFileSync(join(folder, "token"), "open-sesame-0123456789\n");
mock = await startMock("--control-token", join(folder, "token"), "--worlds", "per-app");
page = await open(mock.url);
expect(await page.isVisible("#token-form"), "it asks for the token");
expect((await page.locator("#rows tbody tr").count()) === 0, "without it nothing is shown");
await page.fill("#token", "open-sesame-0123456789");
await page.click("#token-form button");
await page.waitForFunction(() => document.querySelectorAll("#rows tbody tr").length > 0);
await page.selectOption("#world", "b");
await shows(page, "#clock-state", "wall clock");
expect((await fetch(`${mock.url}/_mock/events`)).status === 401, "a stranger sees no traffic");
await page.context().close();
await mock.stop();
expect(troubles.length === 0, "no error, and nothing asked of anybody else", troubles.join("\n"));
await browser.close();
finish();

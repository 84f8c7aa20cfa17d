// SPDX-License-Identifier: Apache-2.0
// docs/other-tools.md, tried: its scripts are cut out of the page, and the tools that are there run them against a mock. Under ci/test all must be there.
//   node other_tools.mjs PROGRAM SOURCE
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, finish, missing, run, source, startMock } from "./support.mjs";

const folder = mkdtempSync(join(tmpdir(), "meterproof-tools-"));
const page = readFileSync(join(source, "docs/other-tools.md"), "utf8");
/** The blocks of a language under a heading. */
const blocks = (heading, language) => {
  const part = page.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
  return [...part.matchAll(new RegExp("```" + language + "\\n([\\s\\S]*?)```", "g"))].map((match) => match[1]);
};
/** What of a page is run: its blocks, without comments, which are in the page's language. */
const codeOf = (text) => [...text.matchAll(/```\w+\n([\s\S]*?)```/g)].map((match) => match[1].replace(/ \/\/ .*$/gm, "")).join("\n");
const chinese = readFileSync(join(source, "docs/zh/other-tools.md"), "utf8");
expect(codeOf(chinese) === codeOf(page) && codeOf(page).length > 1000, "the Chinese page has the same scripts", codeOf(chinese));

const there = (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
const bin = (name) => join(source, "tests/npm/node_modules/.bin", name);
const mock = await startMock();
const counters = async () => (await fetch(`${mock.url}/_mock/counters`)).json();
const refusedBySignature = async () => JSON.stringify(await counters()).match(/"-20[12]"/) !== null;

const collection = join(folder, "collection.json");
writeFileSync(collection, run("spec", "export", "postman"));
if (existsSync(bin("newman"))) {
  const result = join(folder, "newman.json");
  spawnSync(bin("newman"), ["run", collection, "--env-var", `url=${mock.url}`, "--env-var", "appId=a", "--env-var", "secret=s", "--reporters", "json", "--reporter-json-export", result], { stdio: "ignore" });
  const { executions } = JSON.parse(readFileSync(result, "utf8")).run;
  const codes = executions.map(({ response }) => JSON.parse(Buffer.from(response.stream.data ?? response.stream).toString("utf8")).ResultCode);
  expect(codes.length >= 9 && codes.every((code) => ![-201, -202].includes(code)), `newman: each of the ${codes.length} requests is signed well`, String(codes));
  expect(codes.filter((code) => code === 1).length * 2 > codes.length, "newman: most of them succeed", String(codes));
} else missing("newman");

const http = join(folder, "gas-meter.http");
writeFileSync(http, run("spec", "export", "http").replace("http://127.0.0.1:8080", mock.url));
if (existsSync(bin("httpyac"))) {
  const out = spawnSync(bin("httpyac"), ["send", "gas-meter.http", "--all", "--json"], { cwd: folder, maxBuffer: 64 << 20, env: { ...process.env, APP_ID: "b", APP_SECRET: "t" }, encoding: "utf8" }).stdout;
  const codes = [...out.matchAll(/\\"ResultCode\\":\s*(-?\d+)/g)].map((match) => Number(match[1]));
  expect(codes.length >= 9 && codes.every((code) => ![-201, -202].includes(code)), `httpyac: each of the ${codes.length} requests is signed well`, out.slice(0, 2000));
} else missing("httpyac");

// k6 comes as a program of its own: its script runs here on stubs of its modules, and what it posts is sent.
const posted = [];
const stubs = {
  "k6/http": { default: { post: (url, body, { headers }) => (posted.push({ url, body, headers }), { body: "", json: () => 1 }) } },
  "k6/crypto": { default: { md5: (text, encoding) => createHash("md5").update(text).digest(encoding) } },
  "k6/encoding": { default: { b64encode: (text) => Buffer.from(text).toString("base64") } },
  "k6/execution": { default: { scenario: { iterationInTest: 0 } } },
};
globalThis.__ENV = { URL: mock.url, APP_ID: "a", APP_SECRET: "s" };
globalThis.k6 = stubs;
const script = join(folder, "script.mjs");
writeFileSync(script, blocks("k6", "js")[0].replace(/import (\w+) from "(k6\/\w+)";/g, 'const $1 = globalThis.k6["$2"].default;'));
const { default: iteration } = await import(script);
for (let n = 0; n < 5; ++n) {
  stubs["k6/execution"].default.scenario.iterationInTest = n + 20;
  iteration();
}
const seen = new Set();
for (const { url, body, headers } of posted) {
  seen.add(headers.Authorization);
  const reply = await (await fetch(url, { method: "POST", body, headers })).json();
  expect(reply.ResultCode === 1, "k6: a request of its script succeeds", JSON.stringify(reply));
}
expect(seen.size === posted.length, "k6: no two requests have the same timestamp");

if (there("wrk")) {
  const [made] = blocks("wrk", "sh"), [lua] = blocks("wrk", "lua");
  execFileSync("bash", ["-c", made.replace("299", "9").replace("- 300", "- 700")], { cwd: folder, env: { ...process.env, APP_ID: "b", APP_SECRET: "t" } });
  writeFileSync(join(folder, "report.lua"), lua);
  const out = execFileSync("wrk", ["-t1", "-c1", "-d1s", "-s", "report.lua", `${mock.url}/api/Users/GetUserInfo`], { cwd: folder, encoding: "utf8" });
  expect(!out.includes("refused:") && /[1-9]\d* requests in/.test(out), "wrk: what was signed before is accepted", out);
} else missing("wrk");

if (there("jmeter") && there("groovy")) {
  const jars = ["bin", "lib", "lib/ext"].flatMap((part) => readdirSync(join("/usr/share/jmeter", part)).filter((name) => name.endsWith(".jar")).map((name) => join("/usr/share/jmeter", part, name)));
  writeFileSync(join(folder, "sign.groovy"), blocks("JMeter", "groovy")[0].replace("- 600", "- 800"));
  const out = execFileSync("groovy", ["-cp", jars.join(":"), join(source, "tests/npm/jmeter.groovy"), join(folder, "sign.groovy"), new URL(mock.url).port, "a", "s"], { cwd: folder, encoding: "utf8" });
  expect((out.match(/"ResultCode":1,/g) ?? []).length === 20, "JMeter: twenty requests of four threads, signed by its script, succeed", out);
} else missing("jmeter and groovy");

expect(Object.keys(await counters()).length > 0 && !(await refusedBySignature()), "no signature was refused", JSON.stringify(await counters()));
mock.stop();
finish();

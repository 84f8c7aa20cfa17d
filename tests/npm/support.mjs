// SPDX-License-Identifier: Apache-2.0
// What the tests in JavaScript share: the program, mocks, and expectations that are counted.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const [program, source] = process.argv.slice(2);

let failures = 0;
export const expect = (holds, what, details = "") => {
  console.log(`${holds ? "ok" : "FAILED"}  ${what}`);
  if (!holds) {
    failures += 1;
    console.log(details);
  }
};
/** Set by ci/test, which has installed every tool: that one is missing is a failure then. */
export const requireTools = process.env.METERPROOF_REQUIRE_TOOLS === "1";
export const missing = (tool) => {
  if (requireTools) expect(false, `${tool} is there`, "install it: ci/setup tests, npm ci --prefix tests/npm");
  else console.log(`skipped  ${tool} is not there`);
};
export const finish = () => process.exit(failures === 0 ? 0 : 1);

/** What the program prints, whatever it ends with. */
export const run = (...args) => {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return String(error.stdout);
  }
};

/** What another tool complains of; "" where it is content. */
export const complaint = (tool, args, input) => {
  try {
    execFileSync(tool, args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
    return "";
  } catch (error) {
    return String(error.stderr);
  }
};

export const startMock = (...args) =>
  new Promise((resolve) => {
    const port = args.includes("--port") ? [] : ["--port", "0"];
    const mock = spawn(program, ["mock", ...port, "--app", "a:s", "--app", "b:t", ...args]);
    let out = "";
    mock.stdout.on("data", (chunk) => {
      out += chunk;
      const url = /listening on (\S+)\n/.exec(out)?.[1];
      if (url) resolve({ url, stop: () => new Promise((ended) => mock.once("exit", ended).kill()) });
    });
  });

/** What axe-core finds on a page of a browser, which must be nothing. */
export const accessible = async (page, what) => {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate("axe.run({ resultTypes: ['violations'] })");
  expect(violations.length === 0, `axe-core finds nothing on ${what}`, JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html + " " + node.failureSummary)]), null, 1));
};

// SPDX-License-Identifier: Apache-2.0
// The template for GitLab, run by gitlab-ci-local (npm): a release that conforms, one that is worse, and the history of both. Only its image, the commands that
// install the package, and the load are others here: the program that is tested stands in their place, and a machine that does much else may be late.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, finish, program, run, source, startMock } from "./support.mjs";

const folder = mkdtempSync(join(tmpdir(), "meterproof-gitlab-"));
const bin = join(folder, "bin"), project = join(folder, "project");
for (const path of [bin, project]) mkdirSync(path);
symlinkSync(program, join(bin, "meterproof"));
for (const name of ["apt-get", "curl"]) {
  writeFileSync(join(bin, name), "#!/bin/sh\nexit 0\n");
  chmodSync(join(bin, name), 0o755);
}
const template = readFileSync(join(source, "ci/templates/gitlab-ci.yml"), "utf8");
expect(template.includes("\n  image: debian:12\n"), "the template names its image");
writeFileSync(join(project, ".gitlab-ci.yml"), template.replace("\n  image: debian:12\n", "\n").replace("--duration 60s", "--duration 4s --max-generator-lag 1m"));
const git = (...args) => execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], { cwd: project, stdio: "ignore" });
git("init", "-q", "-b", "main");
git("add", "-A");
git("commit", "-qm", "first");
git("remote", "add", "origin", "git@example.com:group/project.git");
run("keygen", "--out", join(folder, "issuer"));

const runner = createRequire(import.meta.url).resolve("gitlab-ci-local/package.json");
const pipeline = (mock, tag) => {
  const variables = { TARGET: mock.url, RATE: "10", THRESHOLD: "p50<30s", CI_COMMIT_TAG: tag, METERPROOF_APPS: "a:s,b:t", METERPROOF_LOAD_APPS: "c:u,d:v,e:w,f:x,g:y,h:z,i:a,j:b,k:c,l:d,m:e,n:f",
    METERPROOF_KEY: join(folder, "issuer"), METERPROOF_STATE: "off", METERPROOF_SPEC: join(source, "spec") };
  const words = [join(dirname(runner), "src/index.js"), "meterproof", "--home", folder, "--no-color", ...Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`])];
  const done = spawnSync(process.execPath, words, { cwd: project, encoding: "utf8", timeout: 240_000, env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: folder } });
  return { status: done.status, said: `${done.stdout}${done.stderr}` };
};
const apps = "cdefghijklmn".split("").flatMap((app, i) => ["--app", `${app}:${"uvwxyzabcdef"[i]}`]); // beside the two of every mock
const served = (...more) => startMock(...apps, ...more);
const at = (name) => join(project, name);

let mock = await served();
const first = pipeline(mock, "v1.0");
await mock.stop();
expect(first.status === 0, "a release that conforms passes", first.said.split("\n").slice(-60).join("\n"));
for (const name of ["check.html", "check.xml", "load.json", "certificate.json", "history.html", "meterproof.svg", "kept/baseline.json"]) expect(existsSync(at(name)), `it leaves ${name}`);

mock = await served("--mutant", "GetData/Remnant/wrong-value");
const second = pipeline(mock, "v1.1");
await mock.stop();
expect(second.status !== 0, "one that is worse does not", second.said);
expect(JSON.parse(readFileSync(at("kept/baseline.json"), "utf8")).subject.version === "v1.0", "and is not what the next one is held against");
run("history", at("kept/runs"), "--json", join(folder, "history.json"));
const history = JSON.parse(readFileSync(join(folder, "history.json"), "utf8"));
const target = history.targets.find((one) => one.name === "Example Billing");
expect(JSON.stringify(target?.checks.map((one) => [one.release, one.verdict])) === '[["v1.0","conforms"],["v1.1","does-not-conform"]]', "the history has both", JSON.stringify(target?.checks));

rmSync(folder, { recursive: true });
finish();

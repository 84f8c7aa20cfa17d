// SPDX-License-Identifier: Apache-2.0
"use strict";
// A certificate: its subject, what is only the issuer's word, and how to check it.

function certificatePage(certificate, key) {
  const { suite, subject, record, loads, vouched } = certificate.statement;
  const order = Object.keys(verdicts);
  const { vendor, product, version, contact } = vouched.check.subject ?? {};
  const loadKey = (i) => `${key}-load-${i + 1}`;
  const word = () => say("签发方的声明（未核验）", "the issuer's word (not checked)");
  const cases = Object.values(subject.counts).reduce((sum, one) => sum + one, 0), bad = (subject.counts.failed ?? 0) + (subject.counts.broken ?? 0);
  const checkKey = `${key}-check`;
  // Closed where there is nothing to mend; a link into it opens it.
  const check = el("details", { id: `${key}.check`, open: bad > 0 }, el("summary", {}, say(`检查：问题、未明确之处、全部 ${cases} 个用例`, `The check: findings, open questions, all ${cases} cases`)));
  const reveal = () => { if (location.hash.startsWith(`#${checkKey}`) || location.hash === `#${key}.check`) check.open = true; };
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => { check.open = true; });
  reveal();
  check.append(checkPage({ ...record, notes: [] }, checkKey)); // after the listener: what a link opens must be visible first
  return el("section", { class: "record", id: key },
    el("h1", {}, say("符合性证书", "Certificate of conformance")),
    el("p", {}, verdictOf(record), " ", el("strong", {}, subject.target)),
    el("p", { class: "quiet" }, say("本页仅供阅读；证书是否有效，须以 meterproof verify 和签发方的公钥核验。", "This page is for reading. Whether the certificate holds is told by `meterproof verify`, with the issuer's public key.")),
    el("div", { class: "chips" }, order.map((verdict) => el("span", {}, badge(verdict), ` ${subject.counts[verdict] ?? 0}`))),
    el("p", {}, el("a", { href: `#${key}.check` }, say("检查详情", "The check in detail"))),
    loads.map((load, i) => el("p", {}, el("a", { href: `#${loadKey(i)}` }, say(`压测 ${i + 1}`, `Load ${i + 1}`)), " ", read(load.verdict, el("span", { class: `verdict is-${load.exit_code === 0 ? "good" : "bad"}` })))),
    el("h2", {}, word()),
    facts([[say("厂家", "vendor"), vendor], [say("产品", "product"), product], [say("产品版本", "product version"), version], [say("联系方式", "contact"), contact],
      [say("序列号", "serial"), vouched.serial], [say("签发时间", "issued"), vouched.issued], [say("有效期至", "valid until"), vouched.valid.until],
      [say("检查历时", "the check took"), `${number(vouched.check.duration_s, 1)} s`], [say("程序摘要", "digest of the program"), vouched.tool_sha256]]),
    el("p", { class: "quiet" }, say("由签发方保证、无法核验的还有：目标系统确实给出了交换记录中的应答；运行时给定的地址、appId 和选项。", "Also vouched for by the issuer and not proved: that the target gave the replies of the transcript; the address, appIds and options that the run was told.")),
    el("h2", {}, say("核验依据", "What it rests on")),
    facts([[say("角色", "role"), roleOf(subject.role)], [say("检查时间", "checked"), subject.started], [say("测试套件", "suite"), `${suite.name} ${suite.version}`],
      [say("接口规范版本", "spec version"), suite.spec_version], [say("交换记录", "transcript"), say(`${subject.exchanges} 次交换，链尾 ${certificate.statement.chain}`, `${subject.exchanges} exchanges, chain ends in ${certificate.statement.chain}`)],
      [say("判定规则摘要", "digest of the rules"), suite.rules_digest], [say("接口规范摘要", "digest of the spec files"), certificate.statement.spec_sha256], [say("公钥指纹", "key"), certificate.key]]),
    el("h2", {}, say("声明", "Declared")),
    subject.declarations.length ? table(["声明", "declared"], [say("类别", "kind"), say("用例", "cases"), say("理由", "reason"), say("到期", "until")], subject.declarations.map((one) => [one.kind === "unsupported" ? say("不支持", "unsupported") : say("豁免", "waived"), el("code", {}, one.cases), one.reason, one.expires])) : say("没有声明不支持或豁免的用例。", "Nothing was declared unsupported or waived.", el("p", { class: "nothing" })),
    el("h2", {}, say("校准", "Calibration")), calibrated(subject.calibration),
    check,
    loads.map((load, i) => [
      el("p", { class: "quiet" }, say("请求数、响应码、延迟、是否满足阈值和结论由逐秒数据和直方图得出；其余各项（所设的阈值、负载、方式、速率、历时、连接、表具、对账、逐秒延迟、发生器数据）为签发方的声明（未核验）。", "Counts, codes, latencies, whether the thresholds are met, and the verdict follow from the seconds and histograms. All else (which thresholds were set, workload, mode, rate, time, connections, meters, reconciliation, latencies by second, the generator's figures) is the issuer's word (not checked).")),
      loadPage(load, loadKey(i))]));
}

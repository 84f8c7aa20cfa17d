// SPDX-License-Identifier: Apache-2.0
"use strict";
// A certificate: its subject, and how to check it.

function certificatePage(certificate, key) {
  const { suite, subject, record, loads } = certificate.statement;
  const [zh, en, tone] = outcomes[subject.verdict] ?? [subject.verdict, subject.verdict, "warn"];
  const order = Object.keys(verdicts);
  return el("section", { class: "record", id: key },
    el("h1", {}, say("符合性证书", "Certificate of conformance")),
    el("p", {}, say(zh, en, el("span", { class: `verdict is-${tone}` })), " ", el("strong", {}, subject.target)),
    subject.filter ? el("p", { class: "verdict is-warn" }, say("仅检查了匹配的用例：", "only the cases that match "), subject.filter) : null,
    el("p", { class: "quiet" }, say("本页仅供阅读；证书是否有效，须以 meterproof verify 和签发方的公钥核验。", "This page is for reading. Whether the certificate holds is told by `meterproof verify`, with the issuer's public key.")),
    el("div", { class: "chips" }, order.map((verdict) => el("span", {}, badge(verdict), ` ${subject.counts[verdict] ?? 0}`))),
    facts([[say("角色", "role"), subject.role], [say("检查时间", "checked"), subject.started], [say("签发时间", "issued"), certificate.statement.issued], [say("测试套件", "suite"), `${suite.name} ${suite.version}`],
      [say("判定规则摘要", "digest of the rules"), suite.rules_digest], [say("程序摘要", "digest of the program"), certificate.statement.tool_sha256], [say("接口规范版本", "spec version"), suite.spec_version],
      [say("接口规范摘要", "digest of the spec files"), certificate.statement.spec_sha256], [say("交换记录", "transcript"), say(`${subject.exchanges} 次交换，链尾 ${certificate.statement.chain}`, `${subject.exchanges} exchanges, chain ends in ${certificate.statement.chain}`)], [say("公钥指纹", "key"), certificate.key]]),
    el("h2", {}, say("声明", "Declared")),
    subject.declarations.length ? table(["声明", "declared"], [say("类别", "kind"), say("用例", "cases"), say("理由", "reason"), say("到期", "until")], subject.declarations.map((one) => [one.kind === "unsupported" ? say("不支持", "unsupported") : say("豁免", "waived"), el("code", {}, one.cases), one.reason, one.expires])) : say("没有声明不支持或豁免的用例。", "Nothing was declared unsupported or waived.", el("p", { class: "nothing" })),
    el("h2", {}, say("校准", "Calibration")), calibrated(subject.calibration),
    checkPage({ ...record, notes: [] }, `${key}-check`), loads.map((load, i) => loadPage(load, `${key}-load-${i + 1}`)));
}

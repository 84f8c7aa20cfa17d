// SPDX-License-Identifier: Apache-2.0
"use strict";
// A load: rate and latency over time, percentiles on a logarithmic axis, outcomes, late sends, stages, thresholds; beside a base where there is one.

const outcomesOfLoad = { 0: "good", 1: "bad", 3: "bad", 4: "warn" };
const seconds = (record) => record.series.map((one) => one.begin_s);

/** Series of both runs on the time of the longer one. */
function together(record, base, columns) {
  const longer = base && base.series.length > record.series.length ? base : record;
  const x = seconds(longer);
  const column = (of, get) => x.map((_, i) => (i < of.series.length ? get(of.series[i]) : null));
  return [x, ...columns.map((get) => column(record, get)), ...(base ? columns.map((get) => column(base, get)) : [])];
}

/** A count of a second as a rate. A part of a second has none: the load ends somewhere in it, and that is no fall of the rate. */
const perSecond = (get) => (one) => ((one.length_s ?? 1) < 0.999 ? null : get(one) / (one.length_s ?? 1));
/** The percentile of fewer replies is their largest. */
const enoughForP95 = 20;
const enoughForP99 = 100;
/** Earlier releases did not record it. */
const p95OfSecond = (one) => (one.good + one.errors < enoughForP95 ? null : one.p95 ?? null);
const p99OfSecond = (one) => (one.good + one.errors < enoughForP99 ? null : one.p99);

const line = (label, stroke, more = {}) => ({ label, stroke: colour(stroke), width: 1.5, points: { show: false }, value: (_, value) => (value === null || value === undefined ? "–" : number(value, 3)), ...more });
/** Where errors begin, and where no good reply comes any more: of a run's first few such spans the first second each. */
function eventsOf(record) {
  const most = 4;
  const isSilent = (one) => one !== undefined && one.requests > 0 && one.good === 0;
  // Of one second alone the replies may have come in the next one.
  const isNone = (one, i) => isSilent(one) && (one.errors > 0 || isSilent(record.series[i - 1]) || isSilent(record.series[i + 1]));
  const kinds = [[isNone, ["无正确应答", "no good replies"]], [(one) => one.errors > 0, ["出现错误", "errors"]]];
  const events = [];
  let before = null;
  for (const [i, one] of record.series.entries()) {
    const now = kinds.find(([is]) => is(one, i))?.[1] ?? null;
    if (now && now !== before) events.push([one.begin_s, pick(...now)]);
    before = now;
  }
  return events.slice(0, most);
}

/** What divides a run: the end of the warm-up, where a stage begins, and events; [second, text] of each. */
function marksOf(record) {
  const marks = record.warm_up_s > 0 ? [[record.warm_up_s, pick("预热结束", "warm-up ends")]] : [];
  let at = 0;
  if (!record.runs.length && record.stages.length > 1)
    record.stages.forEach((stage, i) => {
      if (i > 0) marks.push([at, pick(`阶段 ${i + 1}`, `stage ${i + 1}`)]);
      at += Number(/([\d.]+) s$/.exec(stage.en)?.[1] ?? NaN); // pages have messages as texts
    });
  return [...marks, ...eventsOf(record)].filter(([second]) => Number.isFinite(second)).sort(([one], [other]) => one - other);
}

/** Draws them as lines from top to bottom, each with its text. */
const marked = (record) => ({
  draw: (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("quiet");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textBaseline = "top";
    for (const [i, [second, text]] of marksOf(record).entries()) {
      const x = Math.round(plot.valToPos(second, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const wide = ctx.measureText(text).width + 6 * devicePixelRatio;
      ctx.fillText(text, x + wide > bbox.left + bbox.width ? x - wide : x + 4 * devicePixelRatio, bbox.top + (2 + (i % 3) * 14) * devicePixelRatio); // of neighbours, each on a line of its own
    }
    ctx.restore();
  },
});

const timeAxis = () => ({ label: language === "zh" ? "秒" : "seconds", labelSize: 20 });
const pick = (zh, en) => (language === "zh" ? zh : en);

function rateChart(record, base) {
  return chart(() => ({
    title: ["每秒成功应答数", "Good replies per second"],
    summary: [`速率随时间变化，平均 ${number(record.rate, 1)}/s`, `rate over time, on the average ${number(record.rate, 1)}/s`],
    data: together(record, base, [perSecond((one) => one.good)]),
    series: [{ label: "s" }, line(pick("速率", "rate"), "s1"), ...(base ? [line(pick("基准速率", "base's rate"), "s7", { dash: [5, 4] })] : [])],
    scales: { x: { time: false }, y: { range: (_, __, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [timeAxis(), {}],
    hooks: marked(record),
  }));
}

function latencyChart(record, base) {
  const floor = 0.001;
  const of = (get) => (one) => (get(one) === null ? null : Math.max(floor, get(one)));
  return chart(() => ({
    title: ["响应时间（毫秒，从计划发送时刻算起，对数轴）", "Response time (ms from the intended send time, logarithmic)"],
    summary: [`延迟随时间变化，p95 ${number(record.response_time_ms.p95, 3)}，p99 ${number(record.response_time_ms.p99, 3)} 毫秒`, `latency over time, p95 ${number(record.response_time_ms.p95, 3)}, p99 ${number(record.response_time_ms.p99, 3)} ms`],
    data: together(record, base, base ? [of((one) => one.p50), of(p95OfSecond), of(p99OfSecond)] : [of((one) => one.p50), of(p95OfSecond), of(p99OfSecond), of((one) => one.max)]),
    series: base
      ? [{ label: "s" }, line(pick("每秒 p50", "p50 of each second"), "s3"), line(pick("每秒 p95", "p95 of each second"), "s1"), line(pick("每秒 p99", "p99 of each second"), "s2"), line(pick("基准每秒 p50", "base, p50 of each second"), "s3", { dash: [5, 4] }), line(pick("基准每秒 p95", "base, p95 of each second"), "s1", { dash: [5, 4] }), line(pick("基准每秒 p99", "base, p99 of each second"), "s2", { dash: [5, 4] })]
      : [{ label: "s" }, line(pick("每秒 p50", "p50 of each second"), "s3"), line(pick("每秒 p95", "p95 of each second"), "s1"), line(pick("每秒 p99", "p99 of each second"), "s2"), line("max", "s7", { dash: [2, 3] })],
    scales: { x: { time: false }, y: { distr: 3 } },
    axes: [timeAxis(), { values: (_, all) => all.map((value) => (Math.log10(value) % 1 === 0 ? String(value) : "")) }],
    hooks: marked(record),
  }));
}

function percentileChart(record, base) {
  const names = [["response_time", ["响应时间", "response time"], "s1"], ["service_time", ["服务时间", "service time"], "s3"]];
  const curves = names.flatMap(([name, label, stroke]) => (record.curves[name] ? [{ label, stroke, points: record.curves[name] }] : []));
  if (base?.curves.response_time) curves.push({ label: ["基准", "base"], stroke: "s7", dash: [5, 4], points: base.curves.response_time });
  // x is how many "nines": 1 / (1 - quantile), logarithmic, as HdrHistogram's plotter has it.
  const xs = [...new Set(curves.flatMap((curve) => curve.points.map(([quantile]) => quantile)))].sort((a, b) => a - b);
  const column = (points) => {
    const at = new Map(points.map(([quantile, value]) => [quantile, value]));
    return xs.map((quantile) => at.get(quantile) ?? null);
  };
  const percent = (x) => `${Number((100 * (1 - 1 / x)).toPrecision(6))}%`;
  return chart(() => ({
    title: ["延迟百分位（毫秒）", "Latency by percentile (ms)"],
    summary: [`延迟百分位，p50 ${number(record.response_time_ms.p50, 3)}，p95 ${number(record.response_time_ms.p95, 3)}，p99 ${number(record.response_time_ms.p99, 3)} 毫秒`, `latency percentiles, p50 ${number(record.response_time_ms.p50, 3)}, p95 ${number(record.response_time_ms.p95, 3)}, p99 ${number(record.response_time_ms.p99, 3)} ms`],
    data: [xs.map((quantile) => 1 / (1 - quantile)), ...curves.map((curve) => column(curve.points))],
    series: [{ label: "%", value: (_, x) => (x ? percent(x) : "–") }, ...curves.map((curve) => line(pick(...curve.label), curve.stroke, { dash: curve.dash, spanGaps: true }))],
    scales: { x: { time: false, distr: 3 }, y: {} },
    axes: [{ values: (_, all) => all.map((x) => (x === 2 || Math.log10(x) % 1 === 0 ? percent(x) : "")), label: pick("百分位", "percentile"), labelSize: 20 }, {}],
  }));
}

function outcomeChart(record) {
  const codes = [...new Set(record.series.flatMap((one) => Object.keys(one.result_codes)))].sort((a, b) => Number(b) - Number(a));
  const strokes = ["s3", "s2", "s4", "s5", "s6", "s1", "s7"];
  const noReply = (one) => Math.max(0, one.errors + one.good - Object.values(one.result_codes).reduce((sum, count) => sum + count, 0));
  return chart(() => ({
    title: ["响应码与错误（每秒）", "Result codes and errors per second"],
    summary: [`响应码随时间变化：${codes.join("、")}`, `result codes over time: ${codes.join(", ")}`],
    data: together(record, null, [...codes.map((code) => perSecond((one) => one.result_codes[code] ?? 0)), perSecond(noReply)]),
    series: [{ label: "s" }, ...codes.map((code, i) => line(code, strokes[i % strokes.length])), line(pick("其他错误", "other errors"), "s2", { dash: [2, 3] })],
    scales: { x: { time: false }, y: { range: (_, __, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [timeAxis(), {}],
    hooks: marked(record),
  }));
}

function lateChart(record) {
  return chart(() => ({
    title: ["滞后发送（每秒，超过 1 毫秒）", "Late sends a second (over a millisecond)"],
    summary: [`滞后发送共 ${record.late_sends} 次`, `${record.late_sends} late sends in all`],
    data: together(record, null, [perSecond((one) => one.late_sends)]),
    series: [{ label: "s" }, line(pick("滞后", "late"), "s5")],
    scales: { x: { time: false }, y: { range: (_, __, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [timeAxis(), {}],
    hooks: marked(record),
  }));
}

/** What the target itself took, where it was watched. */
function targetChart(record) {
  const all = record.target_series ?? [];
  if (all.length < 2) return null;
  const column = (name) => all.map((one) => one[name] ?? null);
  return chart(() => ({
    title: ["目标系统的处理器（核）与内存（MiB，右轴）", "The target's CPU (cores) and memory (MiB, right axis)"],
    summary: [`目标系统的处理器与内存，来源 ${record.target_source}`, `the target's CPU and memory, by ${record.target_source}`],
    data: [column("begin_s"), column("cores"), column("memory_mib")],
    series: [{ label: "s" }, line(pick("处理器", "CPU"), "s1", { scale: "y" }), line(pick("内存", "memory"), "s7", { scale: "memory", dash: [5, 4] })],
    scales: { x: { time: false, range: () => [0, record.duration_s] }, y: { range: (_, __, high) => [0, Math.max(0.1, high * 1.1)] }, memory: { range: (_, __, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [timeAxis(), {}, { scale: "memory", side: 1, grid: { show: false } }],
    hooks: marked(record),
  }));
}

function loadPage(record, key, base) {
  const tone = outcomesOfLoad[record.exit_code] ?? "warn";
  const clocks = [[["响应时间", "response time"], "response_time_ms"], [["服务时间", "service time"], "service_time_ms"], [["排队延迟", "queueing delay"], "queueing_delay_ms"], [["其中发生器滞后", "of that, generator lag"], "generator_lag_ms"]];
  const columns = ["p50", "p90", "p95", "p99", "p999", "p9999", "max", "mean"];
  const enough = 600; // rows of a table that stands in for a chart
  const step = Math.max(1, Math.ceil(record.series.length / enough));
  // Its 95 % confidence interval stands below a percentile.
  const withInterval = (value, interval) => (interval ? el("span", {}, number(value, 3), el("div", { class: "quiet" }, `${number(interval.low, 3)} – ${number(interval.high, 3)}`)) : number(value, 3));
  const percentile = (name, column) => withInterval(record[name][column], (record.intervals ?? []).find((one) => `${one.clock}_ms` === name && one.percentile === column));
  const percentileOfRun = (run, column) => withInterval(run[column], (run.intervals ?? []).find((one) => one.percentile === column));
  const counts = (all) => Object.entries(all).map(([name, count]) => `${name}: ${number(count)}`).join(", ") || "–";
  const causes = (all) => (all.length ? all.map(({ cause, count }, i) => [i > 0 ? ", " : "", read(cause), `: ${number(count)}`]) : "–");
  // Its p99 is no percentile of the run.
  const metricOf = { p50: ["每秒 p50 的平均", "mean of the seconds' p50"], p95: ["每秒 p95 的平均", "mean of the seconds' p95"], p99: ["每秒 p99 的平均", "mean of the seconds' p99"], p50_of_blocks: ["各段 p50 的平均", "mean of the blocks' p50"], p95_of_blocks: ["各段 p95 的平均", "mean of the blocks' p95"], p99_of_blocks: ["各段 p99 的平均", "mean of the blocks' p99"], rate: ["速率", "rate"], errors: ["错误占比", "share of errors"] };
  const namesOf = [["lost_names", "丢失：", "lost: "], ["duplicated_names", "重复：", "duplicated: "], ["differing_names", "值不符：", "with another value: "], ["phantom_names", "无人发送：", "sent by nobody: "], ["refused_stored_names", "被拒绝却已存：", "refused and stored: "]];
  const verdictOf = { worse: ["变差", "worse"], better: ["变好", "better"], same: ["无显著差别", "no significant difference"], unsure: ["样本不足", "too few seconds"] };
  return el("section", { class: "record", id: key },
    el("h1", {}, say("压测", "Load"), `: ${record.target}`),
    el("p", {}, read(record.verdict, el("span", { class: `verdict is-${tone}` }))),
    facts([
      [say("负载", "workload"), record.workload], [say("方式", "mode"), record.mode === "open" ? say("开环", "open loop") : say("闭环", "closed loop")],
      [say("速率", "rate"), record.intended_rate ? say(`${number(record.rate, 1)}/s（计划 ${number(record.intended_rate, 1)}/s）`, `${number(record.rate, 1)}/s (intended ${number(record.intended_rate, 1)}/s)`) : `${number(record.rate, 1)}/s`],
      [say("请求", "requests"), say(`${number(record.requests)} 个，正确应答 ${number(record.good)} 个`, `${number(record.requests)}, of which ${number(record.good)} got the right reply`)],
      [say("历时", "took"), say(`${number(record.duration_s, 1)} 秒（预热 ${number(record.warm_up_s, 1)} 秒）`, `${number(record.duration_s, 1)} s (warm-up ${number(record.warm_up_s, 1)} s)`)],
      [say("连接", "connections"), record.connections_opened > record.connections ? say(`${number(record.connections)} 个（共建立 ${number(record.connections_opened)} 次）`, `${number(record.connections)} (${number(record.connections_opened)} opened in all)`) : number(record.connections)], [say("表具", "meters"), number(record.meters)], [say("appId", "appIds"), number(record.apps)],
      ...((record.threads ?? 1) > 1 ? [[say("发送线程", "threads"), number(record.threads)]] : []),
      ...(record.class ? [[say("等级", "class"), say(`${record.class.text}：${number(record.class.meters)} 只表具`, `${record.class.text}: ${number(record.class.meters)} meters`)]] : []),
      [say("响应码", "codes"), counts(record.result_codes)], [say("错误", "errors"), causes(record.errors)],
      [say("滞后发送", "late sends"), say(`${number(record.late_sends)}（发生器自身 ${number(record.generator_late_sends)}）`, `${number(record.late_sends)} (${number(record.generator_late_sends)} by the generator)`)],
      [say("发生器 CPU", "generator CPU"), say(`每个请求 ${number(record.cpu_us_per_request, 1)} µs，${number(record.cpu_share * 100)} %`, `${number(record.cpu_us_per_request, 1)} µs/request, ${number(record.cpu_share * 100)} %`)],
      [say("开始", "started"), record.started], [say("分片", "shard"), record.shard], [say("工具", "tool"), record.tool],
    ]),
    record.notes.length ? el("ul", {}, record.notes.map((note) => read(note, el("li", { class: "quiet" })))) : null,
    el("h2", {}, say("延迟（毫秒）", "Latency (ms)")),
    table(["延迟", "latency"], [say("时钟", "clock"), "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max", say("平均", "mean")], clocks.map(([label, name]) => [say(...label), ...columns.map((column) => percentile(name, column))]), "latency"),
    record.intervals?.length ? el("p", { class: "quiet" }, say("百分位下方为其 95 % 置信区间：一百次这样的运行所得的区间中，约九十五个包含真值。", "Below a percentile stands its 95 % confidence interval: of a hundred runs' intervals some 95 hold the true value.")) : null,
    record.goals?.length ? [el("h2", {}, say("搜索目标", "Goals")), table(["搜索目标", "goals"], [say("搜索目标", "goal"), say("可持续", "sustained"), say("失败于", "failed at"), say("结论", "verdict")], record.goals.map((one) => [el("code", {}, one.text), one.sustained ? `${number(one.sustained, 1)}/s` : "–", one.failed_at ? `${number(one.failed_at, 1)}/s` : "–", read(one.verdict)]))] : null,
    record.thresholds.length ? [el("h2", {}, say("阈值", "Thresholds")), table(["阈值", "thresholds"], [say("阈值", "threshold"), say("结果", "result"), say("实测", "found")], record.thresholds.map((one) => [el("code", {}, one.threshold), say(...(one.met ? ["满足", "met"] : one.unknown ? ["无法判断", "not judged"] : ["不满足", "not met"]), el("span", { class: `badge is-${one.met ? "good" : one.unknown ? "warn" : "bad"}` })), read(one.found)]))] : null,
    record.differences.length ? [el("h2", {}, say("与基准比较", "Against the base")), table(["与基准比较", "comparison"], [say("指标", "metric"), say("现在", "now"), say("基准", "base"), say("变化", "change"), "95 %", say("结论", "verdict")],
      record.differences.map((one) => [say(...(metricOf[one.metric] ?? [one.metric, one.metric])), number(one.current, 3), number(one.base, 3), number(one.change, 3), `${number(one.low, 3)} – ${number(one.high, 3)}`, say(...(verdictOf[one.verdict] ?? [one.verdict, one.verdict]))]))] : null,
    record.stages.length ? [el("h2", {}, say("阶段", "Stages")), el("ol", {}, record.stages.map((stage) => read(stage, el("li"))))] : null,
    record.runs.length ? [el("h2", {}, say("各次运行", "Runs")), table(["各次运行", "runs"], [say("计划", "intended"), say("实际", "achieved"), "p50", "p95", "p99", "p99.9", say("错误 %", "errors %"), say("结论", "verdict")], record.runs.map((one) => [number(one.intended_rate, 1), number(one.rate, 1), ...["p50", "p95", "p99", "p999"].map((column) => percentileOfRun(one, column)), number(one.errors * 100, 3), read(one.verdict)]))] : null,
    record.reconciliation.length ? [el("h2", {}, say("对账", "Reconciliation")), table(["对账", "reconciliation"], [say("核对项", "what"), say("已确认写入", "acknowledged"), say("存在", "confirmed"), say("丢失", "lost"), say("重复", "duplicated"), say("值不符", "another value"), say("无人发送", "sent by nobody"), say("被拒绝却已存", "refused, stored"), say("未知", "not queried"), say("未确认", "unacknowledged")],
      record.reconciliation.map((one) => [el("div", {}, one.name, namesOf.map(([list, zh, en]) => (one[list]?.length ? el("div", { class: "quiet" }, say(zh, en), one[list].slice(0, 10).join(", ")) : null))), number(one.acknowledged), number(one.confirmed), number(one.lost), number(one.duplicated), number(one.differing ?? 0), number(one.phantom ?? 0), number(one.refused_stored ?? 0), number(one.not_queried), number(one.unacknowledged)]))] : null,
    record.series.length > 1 ? [el("h2", {}, say("随时间变化", "Over time")), rateChart(record, base), latencyChart(record, base), targetChart(record), outcomeChart(record), lateChart(record)] : null,
    Object.keys(record.curves).length ? percentileChart(record, base) : null,
    record.series.length ? el("details", {}, el("summary", {}, say("图表数据", "the charts as a table")), table(["图表数据", "the charts as a table"], ["s", say("请求", "requests"), say("成功", "good"), say("错误", "errors"), say("滞后", "late"), say("每秒 p50", "p50 of the second"), say("每秒 p95", "p95 of the second"), say("每秒 p99", "p99 of the second"), "max"],
      record.series.filter((_, i) => i % step === 0).map((one) => [number(one.begin_s, 1), number(one.requests), number(one.good), number(one.errors), number(one.late_sends), number(one.p50, 3), number(p95OfSecond(one), 3), number(p99OfSecond(one), 3), number(one.max, 3)]))) : null);
}

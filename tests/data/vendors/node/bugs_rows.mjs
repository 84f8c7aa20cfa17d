// SPDX-License-Identifier: Apache-2.0
// Bugs in what is shown: fields, replies, values, rows that stand there from the start.

import { gzipSync } from 'node:zlib';
import { cents, dateTime, refuse } from './format.mjs';
import { all, at, body, input, json, onRefusal, reply, round, row } from './hooks.mjs';

const text = (o, key, f) => { o[key] = f(o[key]); };
const rowText = (name, key, f) => row(name, (r) => text(r, key, f));
const renamed = (r, from, to) => Object.fromEntries(Object.entries(r).map(([k, v]) => [k === from ? to : k, v]));
const without = (r, key) => { delete r[key]; };
const created = (key, f) => at('newMeter', (shop, next, i) => { const m = next(i); text(m, key, f); return m; });

const FIELD = {
  'doorplate-casing': row('GetUserInfo', (r) => renamed(r, 'Doorplate', 'DoorPlate')),
  'phone-as-number': row('GetUserInfo', (r) => { if (/^\d+$/.test(r.Phone)) r.Phone = Number(r.Phone); }),
  'money-text': rowText('GetPayList', 'Money', (v) => v.toFixed(2)),
  'paydate-with-t': rowText('GetPayList', 'PayDate', (v) => v.replace(' ', 'T')),
  'debt-as-text': row('GetData', (r) => { if (r.Remnant < 0) r.Remnant = r.Remnant.toFixed(2); }),
  'readdate-whole-hour-short': rowText('GetData', 'ReadDate', (v) => v.replace(/:00$/, '')),
  'paytype-of-archive': row('GetUserInfo', (r, m) => { if (m.PayType !== '6') r.PayType = Number(m.PayType); }),
  'snr-zero-null': row('GetData', (r) => { r.SNR ||= null; }),
  'waiting-payid-text': row('GetPayList', (r) => { if (r.PayResult === 0) r.PayID = String(r.PayID); }),
  'valve-closed-zero': row('GetData', (r) => { if (r.ValveState === 2) r.ValveState = 0; }),
  'paylist-meteraddr-left-out': row('GetPayList', (r, p, i) => { if (!i.UserCode && !i.TransId) without(r, 'MeterAddr'); }),
  'low-battery-text': row('GetData', (r) => { if (r.BatteryState === 1) r.BatteryState = '欠压'; }),
  'status-digits-number': row('GetData', (r) => { if (/^\d+$/.test(r.MeterStatus)) r.MeterStatus = Number(r.MeterStatus); }),
  'remnanttime-date-only': rowText('Report', 'RemnantTime', (v) => v.slice(0, 10)),
  'never-paid-zero-date': row('Report', (r) => { r.LastPayTime ??= '0000-00-00 00:00:00'; }),
  'unitprice-text': rowText('Report', 'UnitPrice', String),
  'csq-fraction': row('GetData', (r) => { if (r.MeterCSQ > 25) r.MeterCSQ += 0.5; }),
};

/** UTF-8 of the surrogates, one by one. */
function cesu8(s) {
  const bytes = [];
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c >= 0xd800 && c <= 0xdfff) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else bytes.push(...Buffer.from(s[i]));
  }
  return Buffer.from(bytes);
}

const bytes = (f) => at('render', (shop, next, r, req) => { const out = next(r, req); return f(out, r, req) ?? out; });
const listed = (r, f) => { if (Array.isArray(r.DataList)) r.DataList = f(r.DataList); };

const REPLY = {
  'message-null': reply((r) => { if (r.ResultCode === 1) r.Message = null; }),
  'message-absent-when-empty': reply((r) => { if (r.DataList?.length === 0) delete r.Message; }),
  'single-row-object': reply((r, req) => { if (req.name === 'GetUserInfo') listed(r, (l) => (l.length === 1 ? l[0] : l)); }),
  'rows-keyed-by-number': reply((r) => listed(r, (l) => (l.length > 1 ? { ...l } : l))),
  'content-type-html': bytes((out) => { out.headers['Content-Type'] = 'text/html; charset=utf-8'; }),
  cesu8: bytes((out) => { out.bytes = cesu8(out.bytes.toString()); }),
  'bom-first': json((s) => `\ufeff${s}`),
  'length-in-characters': bytes((out) => { out.bytes = out.bytes.subarray(0, out.bytes.toString().length); }),
  'code-404': onRefusal('GetUserInfo', [-1], () => 404),
  'code-minus-8': onRefusal('SetPrice', [-999], () => -8),
  'nan-price': all(
    row('GetData', (r, m) => { if (!m.price) r.CurPrice = NaN; }),
    json((s, r, req) => (req.name === 'GetData' ? s.replaceAll('"CurPrice":null', '"CurPrice":NaN') : s)),
  ),
  'trailing-comma': json((s, r) => (r.DataList?.length > 2 ? s.replace(/\]\}$/, ',]}') : s)),
  'unparsed-plain-text': bytes((out, r) => {
    if (r.ResultCode === -200) { out.bytes = Buffer.from(r.Message); out.headers['Content-Type'] = 'text/plain;charset=utf-8'; }
  }),
  'resultcode-text-refusal': reply((r, req) => { if (req.name === 'RemotePay' && r.ResultCode !== 1) r.ResultCode = String(r.ResultCode); }),
  'replay-message-object': reply((r) => { if (r.ResultCode === -201) r.Message = { text: r.Message }; }),
  'validation-message-list': reply((r, req) => { if (req.name === 'CreateMeter' && r.ResultCode === -200) r.Message = [r.Message]; }),
  'raw-control-characters': json((s) => s.replace(/(?<!\\)\\t/g, '\t')),
  'gzip-unasked': bytes((out) => {
    if (out.bytes.length > 1000) { out.bytes = gzipSync(out.bytes); out.headers['Content-Encoding'] = 'gzip'; }
  }),
  'unescaped-quote': json((s, r) => (r.DataList ?? []).reduce(
    (t, { Address }) => (Address?.includes('"') ? t.replace(JSON.stringify(Address), `"${Address}"`) : t), s)),
  'two-documents': json((s, r, req) => (req.name === 'ControlValve' && r.ResultCode !== 1 ? s + s : s)),
};

/** The members of a list of names, in the order in which the body has them. */
const inOrder = (b, names) => Object.keys(b).filter((k) => names.includes(k));

function byPosition(i, b, names, targets = names) {
  const order = inOrder(b, names);
  if (order.length !== names.length) return;
  const values = order.map((k) => i[k]);
  targets.forEach((k, n) => { i[k] = values[n]; });
}

const PRICES = [1, 2, 3, 4, 5, 6].map((n) => `Price${n}`);

const VALUE = {
  'html-escape': rowText('GetUserInfo', 'UserName', (v) => v.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])),
  'blanks-collapsed': rowText('GetUserInfo', 'UserName', (v) => v.replace(/ {2,}/g, ' ')),
  'address-cut-32': rowText('GetUserInfo', 'Address', (v) => [...v].slice(0, 32).join('')),
  'beyond-bmp-question-mark': json((s) => s.replace(/[\u{10000}-\u{10ffff}]/gu, '?')),
  'address-doorplate-swapped': row('GetUserInfo', (r) => { [r.Address, r.Doorplate] = [r.Doorplate, r.Address]; }),
  'plus-becomes-blank': rowText('GetUserInfo', 'Phone', (v) => v.replaceAll('+', ' ')),
  'percent-decoded': rowText('GetUserInfo', 'Address', (v) => v.replace(/%([2-7][0-9a-f])/gi, (x, h) => String.fromCharCode(parseInt(h, 16)))),
  'dollar-template': created('UserName', (v) => v.replaceAll('$$', () => '$')),
  'backslash-lost': rowText('GetUserInfo', 'Address', (v) => v.replaceAll('\\', '')),
  'transid-lower-case': rowText('GetPayList', 'TransId', (v) => v.toLowerCase()),
  'transid-number': rowText('GetPayList', 'TransId', (v) => (/^\d+$/.test(v) ? v.replace(/^0+(?=\d)/, '') : v)),
  'transid-cut-20': rowText('GetPayList', 'TransId', (v) => v.slice(0, 20)),
  'no-phone-undefined': row('GetUserInfo', (r) => { if (r.Phone === '') r.Phone = 'undefined'; }),
  'prices-by-position': input('CreatePrice', (i, b) => byPosition(i, b, PRICES)),
  'archive-by-position': input('CreateMeter', (i, b) => byPosition(i, b, ['UserName', 'Address'])),
  'meterbase-whole': input('CreateMeter', (i) => { i.MeterBase = Math.trunc(i.MeterBase); }),
  'meterbase-ignored': input('CreateMeter', (i) => { i.MeterBase = 0; }),
  'prices-sorted': input('CreatePrice', (i) => {
    const sorted = PRICES.map((k) => i[k]).sort();
    PRICES.forEach((k, n) => { i[k] = sorted[n]; });
  }),
  'apostrophe-doubled': rowText('GetUserInfo', 'UserName', (v) => v.replaceAll("'", "''")),
  'newline-blank': rowText('GetUserInfo', 'Address', (v) => v.replaceAll('\n', ' ')),
  'name-null-missing': body('CreateMeter', (b) => { if (b.UserName === 'null') refuse(-200, 'UserName is required'); }),
  'new-address-upper-case': input('ChangeMeter', (i) => { i.NewMeterAddr = i.NewMeterAddr.toUpperCase(); }),
  'zero-width-stripped': rowText('GetUserInfo', 'UserName', (v) => v.replaceAll('\u200d', '')),
};

const select = (f) => at('selectPayments', (shop, next, i) => f(next(i), i, shop));

const KNOWN = {
  'rsrp-without-sign': rowText('GetData', 'RSRP', Math.abs),
  'snr-whole': rowText('GetData', 'SNR', (v) => Math.trunc(v) + 0),
  'csq-99-zero': rowText('GetData', 'MeterCSQ', (v) => (v === 99 ? 0 : v)),
  'cc-two-as-one': rowText('GetData', 'CC', (v) => Math.min(v, 1)),
  'failed-hidden': select((l, i) => (i.TransId ? l : l.filter((p) => p.PayResult !== 2))),
  'waiting-as-done': rowText('GetPayList', 'PayResult', (v) => v || 1),
  'getdata-one-meter': at('actGetData', (shop, next, t, req) => (t.MeterAddr ? next(t, req) : next(t, req).slice(0, 1))),
  'first-alarm-only': rowText('GetData', 'MeterStatus', (v) => v.split(',')[0]),
  'battery-always-good': rowText('GetData', 'BatteryState', () => 0),
  'abnormal-valve-closed': rowText('GetData', 'ValveState', (v) => (v === 3 ? 2 : v)),
  'debt-zero': rowText('GetData', 'Remnant', (v) => Math.max(v, 0)),
  'voltage-whole': rowText('GetData', 'Voltage', Math.trunc),
  'period-as-reading': row('GetData', (r) => { r.PeriodDosage = r.ReadNumber; }),
  'reading-four-digits': rowText('GetData', 'ReadNumber', (v) => round(v % 10000, 3)),
  'old-payments-hidden': select((l, i) => (i.UserCode && !i.TransId ? l.filter((p) => p.PayDate >= '2023') : l)),
  'second-row-same-meter': at('actGetUserInfo', (shop, next, t, req) => {
    const rows = next(t, req);
    for (const r of rows) r.MeterAddr = rows[0].MeterAddr;
    return rows;
  }),
  'reading-two-decimals': rowText('GetData', 'ReadNumber', (v) => round(v, 2)),
  'name-first-word': rowText('GetData', 'UserName', (v) => v.split(' ')[0]),
  'third-party-as-meter-side': rowText('GetUserInfo', 'PayType', () => 1),
  'rsrp-snr-swapped': row('GetData', (r) => { if (r.SNR < 0 && r.RSRP < 0) [r.RSRP, r.SNR] = [r.SNR, r.RSRP]; }),
  'same-second-merged': select((l, i) => (i.TransId ? l : l.filter((p, n) => !l.slice(0, n).some(
    (q) => q.PayDate === p.PayDate && q.MeterAddr === p.MeterAddr)))),
  'cancelled-payments-hidden': select((l, i, shop) => (i.MeterAddr || i.TransId ? l : l.filter((p) => !shop.meters.get(p.MeterAddr)?.cancelled))),
};

const record = (f) => at('recordPayment', (shop, next, m, i) => next(m, f({ ...i }, m) ?? i));
const money = (f) => record((i) => ({ ...i, Money: f(i.Money, i) }));

const MONEY = {
  'thousand-fraction-lost': money((v) => (v > 1000 ? Math.floor(v) : v)),
  'cents-floored': money((v) => Math.floor(v * 100) / 100),
  'modulo-ten-thousand': money((v) => (v >= 10000 ? (cents(v) % 1000000) / 100 : v)),
  'remnant-not-raised': at('credit', () => {}),
  'debt-forgiven': at('credit', (shop, next, m, fen, p) => { if (m.fen < 0) m.fen = 0; next(m, fen, p); }),
  'list-one-decimal': rowText('GetPayList', 'Money', (v) => round(v, 1)),
  'exponent-cut': at('parse', (shop, next, raw, req) => {
    const b = next(raw, req);
    const m = /"Money"\s*:\s*"?(-?\d+(?:\.\d+)?)e/i.exec(String(raw));
    return m ? { ...b, Money: Number(m[1]) } : b;
  }),
  'small-change-hundredfold': rowText('GetPayList', 'Money', (v) => (v < 1 ? round(v * 100, 0) : v)),
  'wallet-fee': at('credit', (shop, next, m, fen, p) => next(m, p.PayWay >= 4 ? Math.round(fen * 0.994) : fen, p)),
  'bank-not-credited': at('credit', (shop, next, m, fen, p) => next(m, p.PayWay === 2 ? 0 : fen, p)),
  'curprice-one-decimal': rowText('GetData', 'CurPrice', (v) => round(v, 1)),
  'single-precision': money(Math.fround),
  'remnant-whole-yuan': rowText('GetData', 'Remnant', Math.trunc),
  'cents-added-as-whole': at('credit', (shop, next, m, fen, p) => {
    const carry = m.fen >= 0 && (m.fen % 100) + (fen % 100) > 99 ? 100 : 0;
    next(m, fen - carry, p);
  }),
  'charged-by-rounded-price': at('charge', (shop, next, a, usage, i) => {
    const { UnitPrice } = a;
    a.UnitPrice = round(UnitPrice, 1);
    next(a, usage, i);
    a.UnitPrice = UnitPrice;
  }),
};

const paid = (f) => record((i) => ({ ...i, PayDate: f(i.PayDate) }));
const utc = (s) => Date.parse(`${s.replace(' ', 'T')}+08:00`);
const inRange = (f) => at('inRange', (shop, next, p, i) => f(next, p, i));
const payBody = (f) => body('RemotePay', (b) => (typeof b.PayDate === 'string' ? f(b) : b));
const listDates = (f) => body('GetPayList', (b) => {
  const dates = [b.BeginDate, b.EndDate].filter((d) => typeof d === 'string' && d);
  return dates.length ? f(b, dates) : b;
});

/** The year that the week of a day belongs to (weeks begin on Monday, the first one holds 4 January). */
function weekYear(day) {
  const t = new Date(`${day}T00:00:00Z`);
  t.setUTCDate(t.getUTCDate() + 4 - (t.getUTCDay() || 7));
  return t.getUTCFullYear();
}

const DATE = {
  'paydate-utc': paid((d) => dateTime(utc(d) - 8 * 3600e3)),
  'enddate-exclusive': inRange((next, p, i) => next(p, i) && !(i.EndDate && p.PayDate.startsWith(i.EndDate))),
  'begin-midnight-lost': inRange((next, p, i) => next(p, i) && p.PayDate !== `${i.BeginDate} 00:00:00`),
  'last-second-lost': inRange((next, p, i) => next(p, i) && p.PayDate !== `${i.EndDate} 23:59:59`),
  'leap-day-refused': payBody((b) => (/-02-29 /.test(b.PayDate) ? refuse(-200) : b)),
  'day-overflow-rolls': payBody((b) => {
    const m = /^(\d{4})-02-30 (.*)$/.exec(b.PayDate);
    return m ? { ...b, PayDate: `${new Date(Date.UTC(m[1], 1, 30)).toISOString().slice(0, 10)} ${m[2]}` } : b;
  }),
  'hour-24-ok': payBody((b) => (/ 24:00:00$/.test(b.PayDate) ? { ...b, PayDate: dateTime(utc(b.PayDate.replace(' 24', ' 00')) + 86400e3) } : b)),
  'short-date-ok': listDates((b) => {
    const pad = (d) => (typeof d === 'string' ? d.replace(/-(\d)(?!\d)/g, '-0$1') : d);
    return { ...b, BeginDate: pad(b.BeginDate), EndDate: pad(b.EndDate) };
  }),
  'twelve-hour-clock': rowText('GetPayList', 'PayDate', (d) => d.replace(/ (\d\d):/, (x, h) => ` ${String(h % 12 || 12).padStart(2, '0')}:`)),
  'range-without-year': inRange((next, p, i) => {
    const day = p.PayDate.slice(5, 10);
    return (!i.BeginDate || day >= i.BeginDate.slice(5)) && (!i.EndDate || day <= i.EndDate.slice(5));
  }),
  'paydate-now': paid(() => dateTime(Date.now())),
  'old-paydate-today': paid((d) => (utc(d) < Date.now() - 365 * 86400e3 ? dateTime(Date.now()) : d)),
  'minutes-as-month': rowText('GetPayList', 'PayDate', (d) => `${d.slice(0, 14)}${d.slice(5, 7)}${d.slice(16)}`),
  'exedate-ignored': at('forceTime', (shop) => shop.now()),
  'exedate-past-never': at('storePrice', (shop, next, i) => {
    if (shop.prices.has(i.PriceTypeCode) && i.ExeDate.slice(0, 4) < dateTime(shop.now()).slice(0, 4)) return;
    next(i);
  }),
  'midnight-as-24': rowText('GetData', 'ReadDate', (d) => d.replace(' 00:00:00', ' 24:00:00')),
  'range-31-refused': listDates((b, dates) => (dates.some((d) => d.endsWith('-31')) ? refuse(-200) : b)),
  'week-year': rowText('GetPayList', 'PayDate', (d) => (/-12-(29|30|31) /.test(d) ? weekYear(d.slice(0, 10)) + d.slice(4) : d)),
  'one-day-range-refused': input('GetPayList', (i) => { if (i.BeginDate && i.BeginDate === i.EndDate) refuse(-6); }),
  'range-by-record-time': all(
    at('addPayment', (shop, next, p) => next({ ...p, received: dateTime(shop.now()) })),
    inRange((next, p, i) => next({ ...p, PayDate: p.received ?? p.PayDate }, i)),
  ),
  'install-feb-30-ok': body('CreateMeter', (b) => (/-02-30$/.test(b.InstallDate) ? { ...b, InstallDate: '2025-03-01' } : b)),
};

export const ROW_BUGS = { ...FIELD, ...REPLY, ...VALUE, ...KNOWN, ...MONEY, ...DATE };

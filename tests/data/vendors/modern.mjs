// SPDX-License-Identifier: Apache-2.0
// modern.mjs - a small vendor server for the ten gas-meter interfaces, written from the specification alone.
//
// Test data for the conformance suite: an honest, in-memory implementation with MODERN, STRICT readings.
// It is the platform in 3.1-3.5 and 3.7-3.10 and the billing side in 3.6. 3.5 and 3.6 share a path: a body
// that has any field only 3.6 knows (ReadNumber, ReadDate, ...) is a report.
//
//   node modern.mjs [--port N] [--app ID:SECRET]...        (port 0 = any; default app demo:demo-secret)
//
// Readings taken where the specification is silent:
// - HTTP status is always 200. DataList is absent on refusals and [] where there are no rows.
// - Field names are case-sensitive, extra fields are ignored, null and blank text count as "not given".
//   Wrong JSON types are -200, before any code of the field's own. Ints are written as plain integers.
// - Authentication comes first: no/foreign/wrong credentials -202 (the token is lower-case hex, Base64 is
//   padded and has no scheme word), then a malformed, late, early (+-600 s) or repeated timestamp -201.
//   Any refused token of a known appId uses its timestamp up (inside the window; outside it is no use
//   anyway). Accept and Content-Type are not looked at. Unknown paths and methods but POST are -200.
// - User and meter that do not belong together: 0 in 3.1 and 3.5, -1 in 3.2, 3.3 and 3.4.
//   A user with several meters and no MeterAddr is -1 in 3.2 and 3.4: nobody guesses whose money it is.
// - A cancelled meter is -7 in 3.2, keeps its history in 3.3, is 0 in 3.6 and "no such meter" elsewhere.
// - A repeated TransId answers 1 and is recorded once. A top-up waits 300 ms (PayResult 0) before it counts,
//   a valve order takes 300 ms to show. ValveMode 3 ends as ValveState 2.
// - 3.6 knows only 1 and 0 after authentication, so whatever is wrong with a report's fields is 0.
//   Readings not newer than the stored one are answered 1 and change nothing; a newer reading with a
//   smaller number is 0. Consumption belongs to the settlement period of its ReadDate, periods begin at
//   00:00 of the settlement day; tier bounds belong to the lower tier. Negative balance: ValveMode 2.
// - A repeated create in 3.7 updates the archive (another user's or a cancelled meter: -999), an existing
//   new meter in 3.9 or new price in 3.10 is -999. Unknown prices are -200. PeriodDosage of 3.9 is carried
//   over for the tiers and not charged. A meter without a price (PayType 6) is settled at the house tariff.
// - Divid1..5 must not fall; trailing zeros mean "tier not used". A modified price counts from its ExeDate.
//
// Exact numbers: every Decimal is a BigInt of 10^-8 units, read from the digits as they stand in the JSON
// source (see parseBody and decimal) and never passed through a double. Inputs have at most 6 decimals
// and prices at most 2, so dosage * price always fits the 8 decimals and nothing is ever rounded.

import http from 'node:http';
import { createHash, timingSafeEqual } from 'node:crypto';

const WINDOW = 600, DELAY = 300, MAX_BODY = 1 << 20, MAX_DEPTH = 32;
const PLACES = 8, UNIT = 10n ** 8n;

class Refusal extends Error {
  constructor(code) { super(`refused ${code}`); this.code = code; }
}
const refuse = (code) => { throw new Refusal(code); };

const TEXT = {
  1: '请求成功', 0: '用户编号不存在', '-1': '表号不存在', '-2': '用户编号和表号不能同时为空',
  '-200': '数据格式错误，无法正确解析', '-201': '时间戳重复或错误', '-202': '鉴权信息验证错误',
  '-203': '数据库操作错误', '-999': '未知异常',
};
const TEXT_PAY = { '-3': '充值流水号不能为空', '-4': '充值金额必须大于0', '-5': '充值日期不能为空',
  '-6': '支付方式不正确', '-7': '表具状态为已销表' };
const TEXT_LIST = { '-4': '开始日期不能为空', '-5': '结束日期不能为空', '-6': '开始日期不能大于结束日期' };
const TEXT_VALVE = { '-3': '控阀类型不能为空', '-4': '控阀类型参数错误' };
const TEXT_REPORT = { 0: '请求失败' };

// ---- reading values ----------------------------------------------------------------------------------

// JSON.parse checks the grammar; then every string token gets the prefix "s" and every number token becomes
// a string with the prefix "n", so that the second parse keeps the digits of numbers as they were sent.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[[\]{}]/g;
function parseBody(bytes) {
  let body;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    JSON.parse(text);
    let depth = 0;
    body = JSON.parse(text.replace(TOKEN, (t) => {
      if (t[0] === '"') return `"s${t.slice(1)}`;
      if (t === '{' || t === '[') { if (++depth > MAX_DEPTH) refuse(-200); return t; }
      if (t === '}' || t === ']') { depth--; return t; }
      return `"n${t}"`;
    }));
  } catch { refuse(-200); }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse(-200);
  return body;
}

const has = (b, key) => Object.hasOwn(b, `s${key}`);

function tagged(b, key, tag) {
  const v = has(b, key) ? b[`s${key}`] : null;
  if (v === null) return null;
  if (typeof v !== 'string' || v[0] !== tag) refuse(-200);
  return v.slice(1);
}

// A text field; '' when it is not given or blank. Lone surrogates cannot be UTF-8 and are refused.
function str(b, key) {
  const v = tagged(b, key, 's');
  if (v === null || v.trim() === '') return '';
  if (/\p{Surrogate}/u.test(v)) refuse(-200);
  return v;
}

function int(b, key) {
  const v = tagged(b, key, 'n');
  if (v === null) return null;
  return /^-?\d{1,15}$/.test(v) ? Number(v) + 0 : refuse(-200);
}

// Digits (with optional exponent) to a BigInt of 10^-8 units; more places or more than 12 digits are refused.
function decimal(text, places = 6) {
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/.exec(text) ?? refuse(-200);
  let digits = (m[2] + (m[3] ?? '')).replace(/^0+/, '');
  let exponent = Number(m[4] ?? 0) - (m[3] ?? '').length;
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  exponent += digits.length - end;
  digits = digits.slice(0, end);
  if (digits === '') return 0n;
  if (exponent < -places || digits.length + exponent > 12) refuse(-200);
  const value = BigInt(digits) * 10n ** BigInt(exponent + PLACES);
  return m[1] ? -value : value;
}

function dec(b, key, places) {
  const v = tagged(b, key, 'n');
  return v === null ? null : decimal(v, places);
}

const given = (v) => (v === null || v === '' ? refuse(-200) : v);
const among = (v, ...allowed) => (allowed.includes(v) ? v : refuse(-200));

function realTime(text) { // yyyy-MM-dd HH:mm:ss of the calendar
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return false;
  const t = Date.parse(`${text.replace(' ', 'T')}Z`);
  return !Number.isNaN(t) && new Date(t).toISOString().slice(0, 19).replace('T', ' ') === text;
}
const time = (text) => (realTime(text) ? text : refuse(-200));
const day = (text) => (realTime(`${text} 00:00:00`) ? text : refuse(-200));
const chinaNow = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 19).replace('T', ' ');

// ---- writing values ----------------------------------------------------------------------------------

function decimalText(v) {
  const digits = (v < 0n ? -v : v).toString().padStart(PLACES + 1, '0');
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return (v < 0n ? '-' : '') + digits.slice(0, -PLACES) + (fraction && `.${fraction}`);
}

function json(v) { // as JSON.stringify, with BigInt written as an exact decimal number
  if (typeof v === 'bigint') return decimalText(v);
  if (Array.isArray(v)) return `[${v.map(json).join(',')}]`;
  if (v && typeof v === 'object') return `{${Object.entries(v).map(([k, x]) => `${JSON.stringify(k)}:${json(x)}`).join(',')}}`;
  return JSON.stringify(v ?? null);
}

// ---- authentication (section 2) ----------------------------------------------------------------------

const apps = new Map(); // appId -> { secret, used: Map(timestamp -> its second) }

function authenticate(headers) { // 0 or the code of the refusal
  const encoded = headers.authorization ?? '';
  const bytes = Buffer.from(encoded, 'base64');
  if (!encoded || bytes.toString('base64') !== encoded) return -202;
  let plain;
  try { plain = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes); } catch { return -202; }
  const colon = plain.indexOf(':');
  const id = plain.slice(0, Math.max(colon, 0));
  const stamp = plain.slice(colon + 1);
  const app = colon < 0 ? undefined : apps.get(id);
  if (!app) return -202;

  const expected = createHash('md5').update(id + app.secret + stamp, 'utf8').digest('hex');
  const token = Buffer.from(headers.accesstoken ?? '', 'utf8');
  const genuine = token.length === 32 && timingSafeEqual(token, Buffer.from(expected));

  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp);
  const text = m && `${m[1]}-${m[2]}-${m[3]} ${m[4]}:${m[5]}:${m[6]}`;
  let fresh = false;
  if (m && realTime(text)) {
    const now = Math.floor(Date.now() / 1000);
    const second = Date.parse(`${text.replace(' ', 'T')}+08:00`) / 1000;
    if (Math.abs(now - second) <= WINDOW) {
      // Only seconds inside the window are kept, so there are never more than 2 * WINDOW + 1 of them.
      for (const [old, at] of app.used) if (at < now - WINDOW) app.used.delete(old);
      fresh = !app.used.has(stamp);
      app.used.set(stamp, second);
    }
  }
  if (!genuine) return -202;
  return fresh ? 0 : -201;
}

// ---- tables ------------------------------------------------------------------------------------------

const users = new Map();    // UserCode -> { UserCode, UserName, Phone, meters: [meters in use] }
const meters = new Map();   // MeterAddr -> meter
const payments = new Map(); // TransId -> payment
const prices = new Map();   // PriceTypeCode -> { name, remark, versions: [oldest first] }
const pending = [];         // { due, apply } of things on their way to a meter, first due first
const HOUSE = 'JM-01';

const later = (apply) => pending.push({ due: performance.now() + DELAY, apply });
function ripen() {
  while (pending.length && pending[0].due <= performance.now()) pending.shift().apply();
}

function newMeter(user, columns) {
  const m = { user, price: null, cancelled: false, remnant: 0n, lastPay: null, valve: null, base: 0n,
    report: null, dosage: null, dosageAt: null, settledAt: null, ...columns };
  meters.set(m.MeterAddr, m);
  user.meters.push(m);
  return m;
}

function newPayment(user, meter, row) {
  const p = { user, meter, PayID: 10001 + payments.size, PayResult: 0, ...row };
  payments.set(p.TransId, p);
  return p;
}

function credit(p, meter = p.meter) {
  while (meter.successor) meter = meter.successor; // the meter may have been exchanged meanwhile
  p.PayResult = 1;
  meter.remnant += p.Money;
  if (!meter.lastPay || meter.lastPay.PayDate <= p.PayDate) meter.lastPay = p;
}

function tariffOf(meter, at) { // the version in force; before the first one there is only the first
  const { versions } = prices.get(meter.price ?? HOUSE);
  return versions.findLast((v) => v.from <= at) ?? versions[0];
}

function unitPrice(meter) {
  const now = chinaNow(), read = meter.report?.ReadDate ?? '';
  const tariff = tariffOf(meter, read > now ? read : now);
  const tier = tariff.bounds.findIndex((bound) => (meter.dosage ?? 0n) <= bound);
  return tariff.rates[tier < 0 ? tariff.bounds.length : tier];
}

function period(at, tariff) { // number of the month in which the settlement period of that time began
  let month = Number(at.slice(0, 4)) * 12 + Number(at.slice(5, 7)) - 1;
  if (Number(at.slice(8, 10)) < tariff.day) month--;
  const anchor = (tariff.month - 1) % tariff.months;
  return month - (month - anchor) % tariff.months;
}

function cost(from, to, tariff) {
  let sum = 0n, low = 0n;
  tariff.rates.slice(0, tariff.bounds.length + 1).forEach((rate, i) => {
    const high = tariff.bounds[i] ?? to;
    const part = (to < high ? to : high) - (from > low ? from : low);
    if (part > 0n) sum += part * rate / UNIT;
    low = high;
  });
  return sum;
}

function settle(meter, number, at) {
  const tariff = tariffOf(meter, at);
  const start = meter.dosageAt && period(at, tariff) <= period(meter.dosageAt, tariff) ? meter.dosage : 0n;
  const end = start + number - (meter.report?.ReadNumber ?? meter.base);
  meter.remnant -= cost(start, end, tariff);
  meter.dosage = end;
  meter.dosageAt = at;
  meter.settledAt = chinaNow();
}

// ---- interfaces --------------------------------------------------------------------------------------

const keys = (b) => ({ user: str(b, 'UserCode'), meter: str(b, 'MeterAddr') });

// The meters a request speaks of. `mismatch` is the code for a pair that does not belong together.
function locate(k, mismatch, cancelledToo = false) {
  if (!k.user && !k.meter) refuse(-2);
  const user = k.user ? users.get(k.user) ?? refuse(0) : null;
  if (!k.meter) return user.meters;
  const meter = meters.get(k.meter);
  if (!meter || (meter.cancelled && !cancelledToo)) refuse(-1);
  if (user && meter.user !== user) refuse(mismatch);
  return [meter];
}
const only = (list) => (list.length === 1 ? list[0] : refuse(-1));

function getUserInfo(b) { // 3.1
  return locate(keys(b), 0).map((m) => ({
    UserCode: m.user.UserCode, UserName: m.user.UserName, Doorplate: m.DoorPlate, Address: m.Address,
    Phone: m.user.Phone, MeterAddr: m.MeterAddr, PayType: m.PayType === '6' ? 2 : 1,
  }));
}

function remotePay(b) { // 3.2
  const k = keys(b), TransId = str(b, 'TransId'), Money = dec(b, 'Money');
  const PayDate = str(b, 'PayDate'), PayWay = int(b, 'PayWay');
  if (PayDate) time(PayDate);
  if (!k.user && !k.meter) refuse(-2);
  if (!TransId) refuse(-3);
  if (Money === null || Money <= 0n) refuse(-4);
  if (!PayDate) refuse(-5);
  if (![1, 2, 3, 4, 5].includes(PayWay)) refuse(-6);
  const meter = only(locate(k, -1, true));
  if (payments.has(TransId)) return;
  if (meter.cancelled) refuse(-7);
  const payment = newPayment(meter.user, meter, { TransId, Money, PayDate, PayWay });
  later(() => credit(payment));
}

function getPayList(b) { // 3.3
  const k = keys(b), TransId = str(b, 'TransId'), begin = str(b, 'BeginDate'), end = str(b, 'EndDate');
  if (begin) day(begin);
  if (end) day(end);
  if (!TransId) {
    if (!k.user && !k.meter) refuse(-2);
    if (!begin) refuse(-4);
    if (!end) refuse(-5);
  }
  if (begin && end && begin > end) refuse(-6);
  if (k.user || k.meter) locate(k, -1, true);
  const found = TransId ? [payments.get(TransId)].filter(Boolean) : [...payments.values()];
  return found.filter((p) => (!k.user || p.user.UserCode === k.user) && (!k.meter || p.meter.MeterAddr === k.meter)
    && (!begin || p.PayDate.slice(0, 10) >= begin) && (!end || p.PayDate.slice(0, 10) <= end)).map((p) => ({
    UserCode: p.user.UserCode, MeterAddr: p.meter.MeterAddr, PayDate: p.PayDate, Money: p.Money,
    PayID: p.PayID, PayResult: p.PayResult, TransId: p.TransId,
  }));
}

function controlValve(b) { // 3.4
  const k = keys(b), mode = int(b, 'ValveMode');
  if (!k.user && !k.meter) refuse(-2);
  if (mode === null) refuse(-3);
  if (![1, 2, 3].includes(mode)) refuse(-4);
  const meter = only(locate(k, -1));
  later(() => { meter.valve = mode === 1 ? 1 : 2; });
}

function getData(b) { // 3.5
  return locate(keys(b), 0).map((m) => {
    const r = m.report ?? {};
    return {
      UserCode: m.user.UserCode, UserName: m.user.UserName, MeterAddr: m.MeterAddr, ReadNumber: r.ReadNumber,
      Voltage: r.Voltage, ValveState: m.valve, MeterCSQ: r.MeterCSQ, RSRP: r.RSRP, SNR: r.SNR, CC: r.CC,
      MeterStatus: r.MeterStatus, BatteryState: r.BatteryState, Remnant: m.remnant, ReadDate: r.ReadDate,
      PeriodDosage: r.PeriodDosage ?? m.dosage, CurPrice: unitPrice(m),
    };
  });
}

const REPORT_FIELDS = ['UserName', 'ReadNumber', 'Voltage', 'ValveState', 'MeterCSQ', 'RSRP', 'SNR', 'CC',
  'MeterStatus', 'BatteryState', 'ReadDate', 'PeriodDosage', 'Reserve'];

function report(b) { // 3.6
  const r = { ReadNumber: given(dec(b, 'ReadNumber')), ReadDate: time(given(str(b, 'ReadDate'))),
    MeterStatus: str(b, 'MeterStatus') || null };
  for (const key of ['Voltage', 'RSRP', 'SNR', 'PeriodDosage', 'Reserve']) r[key] = dec(b, key);
  for (const key of ['MeterCSQ', 'CC', 'ValveState', 'BatteryState']) r[key] = int(b, key);
  str(b, 'UserName');
  among(r.ValveState, 1, 2, 3, null);
  among(r.BatteryState, 0, 1, null);
  if (r.ReadNumber < 0n || r.PeriodDosage < 0n) refuse(-200);
  const m = only(locate(keys(b), 0));

  const last = m.report;
  const repeated = last && (r.ReadDate < last.ReadDate || (r.ReadDate === last.ReadDate && r.ReadNumber <= last.ReadNumber));
  if (!repeated) {
    if (r.ReadNumber < (last?.ReadNumber ?? m.base)) refuse(0);
    settle(m, r.ReadNumber, r.ReadDate);
    m.report = r;
    m.valve = r.ValveState ?? m.valve;
  }
  return [{ MeterAddr: m.MeterAddr, UnitPrice: unitPrice(m), Remnant: m.remnant, RemnantTime: m.settledAt,
    ValveMode: m.remnant < 0n ? 2 : 1, LastPayMoney: m.lastPay?.Money, LastPayTime: m.lastPay?.PayDate }];
}

function createMeter(b) { // 3.7
  const need = (key) => given(str(b, key));
  const UserCode = need('UserCode'), UserName = need('UserName'), Phone = str(b, 'Phone');
  const archive = { MeterAddr: need('MeterAddr') };
  for (const key of ['DeptId', 'DeptName', 'DoorPlate', 'Address']) archive[key] = need(key);
  archive.PayType = among(need('PayType'), '1', '3', '5', '6');
  archive.MeterTypeID = among(need('MeterTypeID'), '51', '178');
  for (const key of ['IMEI', 'InstallDate', 'InstallAddr', 'CommProviderId', 'Remark']) if (str(b, key)) archive[key] = str(b, key);
  if (archive.InstallDate) day(archive.InstallDate);
  if (archive.CommProviderId) among(archive.CommProviderId, '1', '2', '3');
  const base = str(b, 'MeterBase');
  if (base) archive.base = /^\d+(\.\d+)?$/.test(base) ? decimal(base) : refuse(-200);
  const price = str(b, 'PriceTypeCode');
  if (price ? !prices.has(price) : archive.PayType !== '6') refuse(-200);
  if (price) archive.price = price;

  const old = meters.get(archive.MeterAddr);
  if (old && (old.cancelled || old.user.UserCode !== UserCode)) refuse(-999);
  const user = users.get(UserCode) ?? { UserCode, Phone: '', meters: [] };
  users.set(UserCode, Object.assign(user, { UserName }, Phone && { Phone }));
  if (old) Object.assign(old, archive);
  else newMeter(user, { InstallDate: chinaNow().slice(0, 10), ...archive });
}

function setPrice(b) { // 3.8
  const addr = given(str(b, 'MeterAddr')), price = given(str(b, 'PriceTypeCode'));
  const meter = only(locate({ meter: addr }, -1));
  meter.price = prices.has(price) ? price : refuse(-200);
}

function changeMeter(b) { // 3.9
  const addr = given(str(b, 'MeterAddr')), newAddr = given(str(b, 'NewMeterAddr')), IMEI = str(b, 'NewIMEI');
  const provider = among(str(b, 'NewCommProviderId'), '', '1', '2', '3'), dosage = given(dec(b, 'PeriodDosage'));
  if (dosage < 0n) refuse(-200);
  const old = only(locate({ meter: addr }, -1));
  if (meters.has(newAddr)) refuse(-999);
  old.successor = newMeter(old.user, { ...old, MeterAddr: newAddr, IMEI, CommProviderId: provider,
    InstallDate: chinaNow().slice(0, 10), base: 0n, valve: null, report: null, dosage, dosageAt: chinaNow(), settledAt: null });
  Object.assign(old, { cancelled: true, remnant: 0n });
  old.user.meters.splice(old.user.meters.indexOf(old), 1);
}

function createPrice(b) { // 3.10
  const operation = among(int(b, 'OperationType'), 1, 2), code = given(str(b, 'PriceTypeCode'));
  const name = given(str(b, 'PriceTypeName')), remark = str(b, 'Remark');
  const divid = [1, 2, 3, 4, 5].map((i) => given(dec(b, `Divid${i}`, 1)));
  const rates = [1, 2, 3, 4, 5, 6].map((i) => given(dec(b, `Price${i}`, 2)));
  const months = { 1: 1, 2: 3, 3: 12 }[among(int(b, 'StairType'), 1, 2, 3)];
  const month = given(int(b, 'FreezeMonth')), freezeDay = given(int(b, 'FreezeDay'));
  const from = time(given(str(b, 'ExeDate')));
  if (month < 1 || month > 12 || freezeDay < 1 || freezeDay > 28 || rates.some((p) => p < 0n)) refuse(-200);
  const unused = divid.indexOf(0n);
  const bounds = unused < 0 ? divid : divid.slice(0, unused);
  if (unused >= 0 && divid.slice(unused).some((d) => d !== 0n)) refuse(-200);
  if (bounds.some((d, i) => d < (bounds[i - 1] ?? 0n))) refuse(-200);

  if (operation === 1 && prices.has(code)) refuse(-999);
  if (operation === 2 && !prices.has(code)) refuse(-200);
  const kept = (prices.get(code)?.versions ?? []).filter((v) => v.from < from);
  prices.set(code, { name, remark, versions: [...kept, { from, bounds, rates, months, month, day: freezeDay }] });
}

const ROUTES = {
  '/api/Users/GetUserInfo': [getUserInfo], '/api/Pay/RemotePay': [remotePay, TEXT_PAY],
  '/api/Users/GetPayList': [getPayList, TEXT_LIST], '/api/Meters/ControlValve': [controlValve, TEXT_VALVE],
  '/api/Meters/GetData': [getData], '/api/Meters/CreateMeter': [createMeter], '/api/Meters/SetPrice': [setPrice],
  '/api/Meters/ChangeMeter': [changeMeter], '/api/Meters/CreatePrice': [createPrice],
};

// ---- other people's data -----------------------------------------------------------------------------

function seed() {
  const tariff = (rates, bounds, months) => [{ from: '2023-01-01 00:00:00', months, month: 1, day: 1,
    bounds: bounds.map((t) => decimal(t)), rates: rates.map((t) => decimal(t)) }];
  prices.set(HOUSE, { name: '居民用气', remark: '', versions: tariff(['2.63', '3.16', '3.95'], ['360', '600'], 12) });
  prices.set('GS-01', { name: '工商业用气', remark: '', versions: tariff(['4.28'], [], 1) });
  for (let i = 1; i <= 200; i++) {
    const n = String(i).padStart(4, '0'), two = (v) => String(v).padStart(2, '0');
    const user = { UserCode: `320${two(i % 7)}${n}`, UserName: `住户${n}`, Phone: `1390000${n}`, meters: [] };
    users.set(user.UserCode, user);
    for (let k = 0; k < (i === 42 ? 2 : 1); k++) {
      const m = newMeter(user, { MeterAddr: `5124${k}0${two(i % 12 + 1)}${n}`, DoorPlate: `${i % 20 + 1}-${i % 6 + 1}0${k + 1}`,
        Address: `和平路${i}号`, DeptId: '01', DeptName: '城区', MeterTypeID: '51', PayType: ['1', '3', '5', '6'][i % 4],
        price: i % 9 ? HOUSE : 'GS-01', InstallDate: '2023-05-10' });
      const date = `2024-${two(i % 12 + 1)}-${two(i % 28 + 1)}`;
      credit(newPayment(user, m, { TransId: `WX2024${two(i % 12 + 1)}${n}${k}`, Money: BigInt(50 + i) * UNIT,
        PayDate: `${date} 09:${two(i % 60)}:00`, PayWay: i % 5 + 1 }));
      if (i % 3 === 0) continue; // some have never reported
      m.report = { ReadNumber: decimal(`${i}.${i % 10}`), Voltage: decimal('3.6'), MeterCSQ: 20 + i % 11, RSRP: decimal('-92.5'),
        SNR: decimal('8'), CC: 0, MeterStatus: '正常', BatteryState: 0, ReadDate: `${date} 23:10:05` };
      Object.assign(m, { valve: 1, dosage: decimal('7.5'), dosageAt: m.report.ReadDate, settledAt: m.report.ReadDate });
    }
  }
}

// ---- HTTP --------------------------------------------------------------------------------------------

function reply(code, rows, special) {
  const answer = { ResultCode: code, Message: special?.[code] ?? TEXT[code] };
  return Buffer.from(json(rows ? { ...answer, DataList: rows } : answer), 'utf8');
}

function business(method, path, bytes) {
  const [run, special] = (Object.hasOwn(ROUTES, path) && ROUTES[path]) || [];
  try {
    if (!run || method !== 'POST' || !bytes) refuse(-200);
    const body = parseBody(bytes);
    ripen();
    if (run !== getData || !REPORT_FIELDS.some((key) => has(body, key))) return reply(1, run(body), special);
    try { return reply(1, report(body)); } catch (e) { return e instanceof Refusal ? reply(0, null, TEXT_REPORT) : reply(-999); }
  } catch (e) {
    return reply(e instanceof Refusal ? e.code : -999, null, special);
  }
}

const HEADERS = { 'Content-Type': 'application/json;charset=utf-8' };

function serve(req, res) {
  const denied = authenticate(req.headers);
  req.socket.denied = denied;
  let chunks = [], size = 0;
  req.on('error', () => {});
  res.on('error', () => {});
  req.on('data', (chunk) => { // too much is read to its end but not kept
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk); else chunks = [];
  });
  req.on('end', () => {
    const bytes = size <= MAX_BODY ? Buffer.concat(chunks) : null;
    const answer = denied ? reply(denied) : business(req.method, req.url.split('?')[0], bytes);
    req.socket.denied = 0;
    res.writeHead(200, { ...HEADERS, 'Content-Length': answer.length }).end(answer);
  });
}

function main(args) {
  let port = 0;
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1] ?? '', colon = value.indexOf(':');
    if (args[i] === '--port' && /^\d{1,5}$/.test(value) && value < 65536) port = Number(value);
    else if (args[i] === '--app' && colon > 0) apps.set(value.slice(0, colon), { secret: value.slice(colon + 1), used: new Map() });
    else { console.error('usage: modern.mjs [--port N] [--app ID:SECRET]...'); process.exit(2); }
  }
  if (!apps.size) apps.set('demo', { secret: 'demo-secret', used: new Map() });
  seed();
  const server = http.createServer({ requireHostHeader: false }, serve);
  server.on('checkExpectation', serve);
  server.on('clientError', (error, socket) => { // not HTTP, or a body that ended early
    socket.on('error', () => {});
    if (!socket.writable || error.code === 'ECONNRESET') { socket.destroy(); return; }
    socket.pause(); // nothing behind the error is read
    setImmediate(() => { // after the answers to the requests before it
      const answer = reply(socket.denied || -200);
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: ${HEADERS['Content-Type']}\r\nContent-Length: ${answer.length}\r\n`
        + `Connection: close\r\n\r\n${answer}`, () => socket.destroy());
    });
  });
  server.on('error', (error) => { console.error(error.message); process.exit(1); });
  server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
  const stop = () => { server.close(() => process.exit(0)); server.closeAllConnections?.(); };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main(process.argv.slice(2));

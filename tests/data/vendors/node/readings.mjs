// SPDX-License-Identifier: Apache-2.0
// Other readings that the paper leaves room for; readings.toml tells what each is.

import { Refusal, dateTime, parseDate, parseDateTime, rawText, refuse } from './format.mjs';
import { all, at, blank, body, input, isReport, json, pause, quietly, reply, row, wrap } from './hooks.mjs';

const status = (code, when) => at('render', (shop, next, r, req) => {
  if (when(r)) req.status ??= code;
  return next(r, req);
});
const refusedWith = (...codes) => (r) => codes.includes(r.ResultCode);
/** A refusal is told by another code. */
const recoded = (f) => at('refusalReply', (shop, next, e, req) => {
  const code = e instanceof Refusal ? f(req, e.code, shop) : undefined;
  return next(code === undefined || code === e.code ? e : new Refusal(code), req);
});
const headers = (f) => at('render', (shop, next, r, req) => { const out = next(r, req); f(out, r, req); return out; });

const SECURITY = {
  'utc-clock': at('stampTime', (shop, next, ts) => next(ts) + 8 * 3600e3),
  'md5-upper-only': at('tokenFits', (shop, next, t, ...rest) => t === t.toUpperCase() && next(t, ...rest)),
  'md5-lower-only': at('tokenFits', (shop, next, t, ...rest) => t === t.toLowerCase() && next(t, ...rest)),
  'two-stamps-201': at('tokenFits', (shop, next, t, appId, secret, stamp, req) => {
    if (next(t, appId, secret, stamp, req)) return true;
    const reach = Math.min(shop.tolerance, 900e3);
    for (let ms = shop.now() - reach; ms <= shop.now() + reach; ms += 1000) {
      if (next(t, appId, secret, dateTime(ms).replace(/\D/g, ''), req)) refuse(-201);
    }
    return false;
  }),
  'replay-before-token': at('tokenFits', (shop, next, t, appId, secret, stamp, req) => {
    if (shop.spent.get(appId)?.has(stamp)) refuse(-201);
    return next(t, appId, secret, stamp, req);
  }),
  'refused-keeps-stamp': (shop) => {
    wrap(shop, 'spend', (next, appId, stamp, req) => { next(appId, stamp, req); req.stamp = stamp; });
    wrap(shop, 'refusalReply', (next, e, req) => { shop.spent.get(req.appId)?.delete(req.stamp); return next(e, req); });
  },
  'wrong-token-uses-stamp': at('tokenFits', (shop, next, t, appId, secret, stamp, req) => {
    const fits = next(t, appId, secret, stamp, req);
    if (!fits) quietly(() => { shop.checkStamp(stamp); shop.spend(appId, stamp, req); });
    return fits;
  }),
  'body-before-token': at('authenticate', (shop, next, req) => { shop.parse(req.raw, req); next(req); }),
  'accept-required': at('parse', (shop, next, raw, req) => (
    /application\/json|\*\/\*/i.test(req.headers.accept ?? '') ? next(raw, req) : refuse(-200, 'Accept'))),
  'content-type-required': at('parse', (shop, next, raw, req) => (
    /^application\/json\s*;\s*charset\s*=\s*"?utf-8"?\s*$/i.test(req.headers['content-type'] ?? '') ? next(raw, req) : refuse(-200, 'Content-Type'))),
};

/** One connection is served until it is gone or quiet for a moment; the others wait. */
function oneConnection(shop) {
  const QUIET = 150;
  let owner;
  let timer;
  let waiting = [];
  const release = (link) => {
    if (link !== owner) return;
    clearTimeout(timer);
    owner = undefined;
    const wake = waiting;
    waiting = [];
    wake.forEach((go) => go());
  };
  wrap(shop, 'serve', async (next, req) => {
    while (owner && owner !== req.link) await new Promise((go) => { waiting.push(go); });
    owner = req.link;
    clearTimeout(timer);
    owner.gone = () => release(req.link);
    const out = await next(req);
    timer = setTimeout(release, QUIET, req.link);
    return out;
  });
}

/** At most so many requests in any second. */
const rate = (most, over) => (shop) => {
  let times = [];
  wrap(shop, 'answer', async (next, req) => {
    const now = Date.now();
    times = times.filter((t) => now - t < 1000);
    if (times.length >= most) { over(req); refuse(-999, 'too many requests'); }
    times.push(now);
    return next(req);
  });
};

const HTTP = {
  'http-401': status(401, refusedWith(-201, -202)),
  'http-400': status(400, (r) => ![1, -201, -202].includes(r.ResultCode)),
  'http-422': status(422, (r) => ![1, -201, -202].includes(r.ResultCode)),
  'http-404-unknown': status(404, refusedWith(0, -1)),
  'http-500-unknown-error': status(500, refusedWith(-999)),
  'close-each': headers((out) => { out.headers.Connection = 'close'; }),
  'close-when-refused': headers((out, r) => { if (r.ResultCode !== 1) out.headers.Connection = 'close'; }),
  'five-per-connection': headers((out, r, req) => { if (req.index >= 5) out.headers.Connection = 'close'; }),
  'one-connection': oneConnection,
  'rate-429': rate(20, (req) => { req.status = 429; }),
  'rate-999': rate(25, () => {}),
  'slow-replies': at('serve', async (shop, next, req) => { const out = await next(req); await pause(120); return out; }),
  'chunked-replies': headers((out) => { out.chunked = true; }),
  'no-charset': headers((out) => { out.headers['Content-Type'] = 'application/json'; }),
  'charset-upper-case': headers((out) => { out.headers['Content-Type'] = 'Application/JSON; Charset=UTF-8'; }),
  'more-headers': headers((out, r, req) => { Object.assign(out.headers, { 'X-Request-Id': `r-${req.index}`, 'Cache-Control': 'no-store', 'Set-Cookie': 'shop=1; Path=/' }); }),
};

const DECIMALS = /"(Money|ReadNumber|Voltage|RSRP|SNR|Remnant|PeriodDosage|CurPrice|UnitPrice|LastPayMoney)":(-?\d+(?:\.\d+)?)(?=[,}])/g;
const decimals = (f) => json((s) => s.replace(DECIMALS, (x, name, digits) => `"${name}":${f(Number(digits), digits)}`));
const sorted = (o) => Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));
const STRUCTURE = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

const PRINT = {
  'pretty-json': json((s) => `${s.replace(STRUCTURE, (t) => (t.length > 1 || t === ':' ? t.replace(/^:$/, ' : ') : t === ',' ? ',\r\n  ' : '{['.includes(t) ? `${t}\r\n  ` : `\r\n${t}`))}\r\n`),
  'ascii-json': json((s) => s.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)),
  'slashes-escaped': json((s) => s.replaceAll('/', '\\/')),
  'more-members': reply((r) => { Object.assign(r, { Success: r.ResultCode === 1, TraceId: 'a1b2', ServerTime: dateTime(Date.now()) }); }),
  'more-row-members': reply((r) => { r.DataList?.forEach?.((o, i) => { o.RowNo = i + 1; o.Currency = 'CNY'; }); }),
  'empty-list-null': reply((r) => { if (r.DataList?.length === 0) r.DataList = null; }),
  'empty-list-absent': reply((r) => { if (r.DataList?.length === 0) delete r.DataList; }),
  'list-in-every-reply': reply((r) => { r.DataList ??= []; }),
  'two-decimals': decimals((n, digits) => (/\.\d{3,}/.test(digits) ? digits : n.toFixed(2))),
  'exponents': decimals((n) => n.toExponential().replace('e', 'E')),
  'phone-null': row('GetUserInfo', (r) => { r.Phone ||= null; }),
  'phone-absent': row('GetUserInfo', (r) => { if (!r.Phone) delete r.Phone; }),
  'messages-english': at('message', (shop, next, code) => (code === 1 ? 'OK' : `Error ${code}`)),
  'messages-empty': all(at('message', () => ''), reply((r) => { r.Message = ''; })),
  'members-sorted': reply((r) => sorted({ ...r, ...(Array.isArray(r.DataList) ? { DataList: r.DataList.map(sorted) } : {}) })),
};

const NUMBERS = {
  RemotePay: ['Money', 'PayWay'], ControlValve: ['ValveMode'], ChangeMeter: ['PeriodDosage'],
  CreatePrice: ['OperationType', 'StairType', 'FreezeMonth', 'FreezeDay', ...[1, 2, 3, 4, 5].map((n) => `Divid${n}`), ...[1, 2, 3, 4, 5, 6].map((n) => `Price${n}`)],
  Report: ['ReadNumber', 'Voltage', 'ValveState', 'MeterCSQ', 'RSRP', 'SNR', 'CC', 'BatteryState', 'PeriodDosage', 'Reserve'],
};
const KEYS = ['UserCode', 'MeterAddr', 'TransId', 'NewMeterAddr', 'PriceTypeCode'];
const TARGETS = ['UserCode', 'MeterAddr'];
const FIELDS = {
  GetUserInfo: TARGETS, GetData: TARGETS,
  RemotePay: [...TARGETS, ...NUMBERS.RemotePay, 'PayDate', 'TransId'],
  GetPayList: [...TARGETS, 'TransId', 'BeginDate', 'EndDate'],
  ControlValve: [...TARGETS, 'ValveMode'],
  CreateMeter: [...TARGETS, 'UserName', 'Phone', 'DeptId', 'DeptName', 'DoorPlate', 'Address', 'IMEI', 'MeterBase', 'InstallDate', 'InstallAddr', 'PayType',
    'CommProviderId', 'Remark', 'PriceTypeCode', 'MeterTypeID'],
  SetPrice: ['MeterAddr', 'PriceTypeCode'],
  ChangeMeter: ['MeterAddr', 'NewMeterAddr', 'NewIMEI', 'NewCommProviderId', 'PeriodDosage'],
  CreatePrice: [...NUMBERS.CreatePrice, 'PriceTypeCode', 'PriceTypeName', 'ExeDate', 'Remark'],
};
const NAMES = new Map([...Object.values(FIELDS).flat(), ...NUMBERS.Report, 'MeterStatus', 'ReadDate'].map((n) => [n.toLowerCase(), n]));
const each = (names, make) => all(...names.map(make));
const needMeter = (name) => body(name, (b) => { if (blank(b.MeterAddr) && !blank(b.UserCode)) refuse(-200, 'MeterAddr is required'); });
const limit = (name, keys, most) => body(name, (b) => {
  for (const key of keys) if ([...rawText(b, key)].length > most) refuse(-200, `${key} is too long`);
});

const REQUEST = {
  'names-any-case': at('parse', (shop, next, raw, req) => Object.fromEntries(
    Object.entries(next(raw, req)).map(([k, v]) => [NAMES.get(k.toLowerCase()) ?? k, v]))),
  'numbers-strict': each(Object.keys(NUMBERS), (name) => body(name, (b) => {
    for (const key of NUMBERS[name]) if (typeof b[key] === 'string') refuse(name === 'Report' ? 0 : -200, `${key} must be a number`);
  })),
  'blanks-kept': each([...Object.keys(FIELDS), 'Report'], (name) => input(name, (i, b) => {
    for (const key of KEYS) if (i[key]) i[key] = b[key];
  })),
  'unknown-members-refused': each(Object.keys(FIELDS), (name) => body(name, (b) => {
    for (const key of Object.keys(b)) if (!FIELDS[name].includes(key)) refuse(-200, 'unknown member');
  })),
  'codes-as-numbers': body('CreateMeter', (b) => {
    const codes = ['PayType', 'MeterTypeID', 'CommProviderId', 'MeterBase'].filter((k) => typeof b[k] === 'number');
    return { ...b, ...Object.fromEntries(codes.map((k) => [k, String(b[k])])) };
  }),
  'orders-need-meter': each(['RemotePay', 'ControlValve'], needMeter),
  'queries-need-meter': each(['GetUserInfo', 'GetData'], needMeter),
  'long-names-refused': limit('CreateMeter', ['UserName', 'DoorPlate', 'Address', 'DeptName', 'Remark'], 50),
  'long-keys-refused': limit('CreateMeter', ['UserCode', 'MeterAddr'], 32),
  'long-transid-refused': limit('RemotePay', ['TransId'], 36),
  'range-of-a-year': input('GetPayList', (i) => {
    if (i.BeginDate && i.EndDate && parseDate(i.EndDate) - parseDate(i.BeginDate) > 366 * 86400e3) refuse(-999, 'range too long');
  }),
  'money-limit': input('RemotePay', (i) => { if (i.Money > 20000) refuse(-999, 'Money above the limit'); }),
  'third-decimal-rounded': body('RemotePay', (b) => {
    const n = typeof b.Money === 'number' ? Math.round(b.Money * 100) / 100 : 0;
    return n > 0 ? { ...b, Money: n } : b;
  }),
  'future-paydate-refused': input('RemotePay', (i, b, shop) => { if (parseDateTime(i.PayDate) > shop.now() + 86400e3) refuse(-200, 'PayDate lies ahead'); }),
  'steps-must-rise': input('CreatePrice', (i) => {
    for (let n = 2; n <= 5; n++) if (i[`Divid${n}`] <= i[`Divid${n - 1}`]) refuse(-200, 'the steps do not rise');
  }),
  'existence-first': at('run', async (shop, next, name, b, req) => {
    if (name === 'RemotePay' || name === 'ControlValve') shop.findOne(shop.readTarget(b), name === 'RemotePay' ? -7 : -1);
    return next(name, b, req);
  }),
  'checks-backwards': body('RemotePay', (b) => {
    if (blank(b.PayWay)) refuse(-6);
    if (blank(b.PayDate)) refuse(-5);
    if (blank(b.Money) || Number(b.Money) <= 0) refuse(-4);
    if (blank(b.TransId)) refuse(-3);
  }),
  'unlisted-is-200': recoded((req, code) => {
    if (req.name === 'RemotePay') return code === -6 || (code === -4 && blank(req.body?.Money)) ? -200 : code;
    return req.name === 'ControlValve' && code === -4 ? -200 : code;
  }),
  'sole-blank-transid-3': body('GetPayList', (b) => { if (typeof b.TransId === 'string' && b.TransId.trim() === '' && Object.keys(b).length === 1) refuse(-3); }),
};

const delayed = (kind) => at('effect', (shop, next, k, apply) => {
  if (k === kind) setTimeout(() => next(k, apply), 2000).unref();
  else next(k, apply);
});
const exchanged = (f) => at('exchange', (shop, next, old, i) => { const before = { ...old }; const fresh = next(old, i); f(fresh, before); return fresh; });

const BUSINESS = {
  'mismatch-zero': at('mismatch', () => refuse(0)),
  'mismatch-meter-wins': at('mismatch', () => {}),
  'order-first-meter': at('pick', (shop, next, meters) => meters[0]),
  'valve-all-meters': at('actControlValve', (shop, next, i, req) => {
    const meters = i.MeterAddr ? [] : (shop.userOf(i.UserCode) ?? []).filter((m) => !m.cancelled);
    if (meters.length < 2) return next(i, req);
    for (const m of meters) next({ ...i, MeterAddr: m.MeterAddr }, req);
    return undefined;
  }),
  'repeated-transid-1': at('actRemotePay', (shop, next, i, req) => {
    const p = shop.byTrans.get(i.TransId);
    const same = p && p.MeterAddr === shop.findOne(i, -7).MeterAddr && p.fen === Math.round(i.Money * 100);
    try {
      return next(i, req);
    } catch (e) {
      if (!same || e.code !== -999) throw e;
      return undefined;
    }
  }),
  'topup-after-seconds': delayed('pay'),
  'valve-after-seconds': delayed('valve'),
  'price-after-seconds': delayed('price'),
  'first-reading-later': all(
    at('newMeter', (shop, next, i) => ({ ...next(i), silentUntil: shop.now() + 2500 })),
    at('actGetData', (shop, next, t, req) => next(t, req).filter((r) => !(shop.meters.get(r.MeterAddr).silentUntil > shop.now()))),
  ),
  'third-party-topup-refused': at('recordPayment', (shop, next, m, i) => (m.PayType === '6' ? refuse(-999, 'third-party billing') : next(m, i))),
  'third-party-not-in-data': at('actGetData', (shop, next, t, req) => next(t, req).filter((r) => shop.meters.get(r.MeterAddr).PayType !== '6')),
  'create-again-updates': at('createAgain', (shop, next, i) => {
    const m = shop.meterOf(i.MeterAddr);
    if (m.cancelled || m.UserCode !== i.UserCode) return next(i);
    Object.assign(m, { UserName: i.UserName, Doorplate: i.DoorPlate, Address: i.Address, Phone: i.Phone, PayType: i.PayType, price: i.PriceTypeCode });
    return undefined;
  }),
  'unknown-price-stored': at('checkPrice', () => {}),
  'new-price-updates': at('priceExists', (shop, next, i) => shop.storePrice(i)),
  'modify-creates': at('priceUnknown', (shop, next, i) => shop.storePrice(i)),
  'old-meter-minus-one': recoded((req, code, shop) => (
    req.name === 'RemotePay' && code === -7 && shop.meters.get(String(req.body.MeterAddr).trim())?.exchanged ? -1 : code)),
  'old-meter-stays-by-address': at('findMeters', (shop, next, t, req) => {
    const m = t.MeterAddr && !t.UserCode ? shop.meterOf(t.MeterAddr) : undefined;
    return m?.exchanged && m.cancelled ? [m] : next(t, req);
  }),
  'valve-carried': exchanged((fresh, before) => { fresh.ValveState = before.ValveState; }),
  'period-added': exchanged((fresh, before) => { fresh.PeriodDosage = Math.round((fresh.PeriodDosage + before.PeriodDosage) * 1000) / 1000; }),
  'warn-close-keeps-state': at('turnValve', (shop, next, m, mode, req) => { if (mode !== 3) next(m, mode, req); }),
  'curprice-first-step': at('stepPrice', (shop, next, p) => p.Price1),
  'newest-first': at('sortPayments', (shop, next, list) => next(list).reverse()),
  'transid-without-dates': input('GetPayList', (i) => { if (i.TransId) { i.BeginDate = ''; i.EndDate = ''; } }),
  'big-payid': (shop) => { shop.nextPayId = 202500000000001; },
  'payid-by-hundreds': (shop) => wrap(shop, 'addPayment', (next, p) => { shop.nextPayId += 99; return next(p); }),
};

const BILLING = {
  'report-zero-only': at('refusalReply', (shop, next, e, req) => next(isReport(req) && e.code <= -200 ? new Refusal(0) : e, req)),
  'falling-report-1': at('falling', () => {}),
  'falling-report-rolls': at('falling', (shop, next, a, i) => {
    shop.charge(a, 100000 - a.ReadNumber + i.ReadNumber, i);
    a.ReadNumber = i.ReadNumber;
    a.ReadDate = i.ReadDate;
  }),
  'late-report-refused': at('settle', (shop, next, a, i) => (i.ReadDate < a.ReadDate ? refuse(0, 'late') : next(a, i))),
  'report-ahead-ok': at('checkReportDate', () => {}),
  'remnanttime-of-report': row('Report', (r, a, i) => { r.RemnantTime = i?.ReadDate ?? r.RemnantTime; }),
  'remnanttime-now': row('Report', (r) => { r.RemnantTime = dateTime(Date.now()); }),
  'debt-warns-only': at('valveFor', (shop, next, a) => (a.fen <= 0 ? 3 : 1)),
  'never-closes': at('valveFor', () => 1),
  'never-paid-null': row('Report', (r) => { r.LastPayMoney ??= 0; r.LastPayTime ??= null; }),
  'report-needs-usercode': body('Report', (b) => { if (blank(b.UserCode)) refuse(0, 'UserCode is required'); }),
};

export const READINGS = { ...SECURITY, ...HTTP, ...PRINT, ...REQUEST, ...BUSINESS, ...BILLING };

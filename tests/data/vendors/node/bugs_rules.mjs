// SPDX-License-Identifier: Apache-2.0
// Bugs in what is refused and what is done: codes, partly done refusals, the n-th time, neighbours, agreement, constancy, billing.

import { cents, dateTime, parseDateTime, refuse } from './format.mjs';
import { all, at, blank, body, counter, onRefusal, quietly, round, row } from './hooks.mjs';

const given = (b, key) => !blank(b[key]);
/** A value is taken as if another one had been sent. */
const taken = (name, key, when, as) => body(name, (b) => (when(b[key], b) ? { ...b, [key]: as(b[key], b) } : undefined));
const missing = (v) => v === undefined;
const need = (name, key) => body(name, (b) => { if (!given(b, key)) refuse(-200, `${key} is required`); });
let made = 0;
const invented = () => `auto-${Date.now()}-${++made}`;

const parsing = (f) => at('parse', (shop, next, raw, req) => {
  try {
    return next(raw, req);
  } catch (e) {
    return f(String(raw), e, raw);
  }
});

function firstObject(s) {
  for (let end = s.indexOf('}'); end >= 0; end = s.indexOf('}', end + 1)) {
    const o = quietly(() => JSON.parse(s.slice(0, end + 1)));
    if (o) return o;
  }
  return undefined;
}

const REFUSAL = {
  'unknown-user-minus-one': onRefusal('GetUserInfo', [0], () => -1),
  'both-empty-zero': onRefusal('GetData', [-2], () => 0),
  'blank-keys-looked-up': body('ControlValve', (b) => { if (/^ +$/.test(b.UserCode ?? '') && /^ *$/.test(b.MeterAddr ?? '')) refuse(0); }),
  'null-keys-as-text': body('GetData', (b) => (b.UserCode === null && b.MeterAddr === null ? { UserCode: 'null' } : b)),
  'transid-missing-ok': taken('RemotePay', 'TransId', missing, invented),
  'transid-blank-ok': taken('RemotePay', 'TransId', (v) => /^ +$/.test(v), invented),
  'money-small-negative-ok': taken('RemotePay', 'Money', (v) => v > -1 && v < 0, (v) => -v),
  'money-missing-one': taken('RemotePay', 'Money', missing, () => 1),
  'paydate-missing-now': taken('RemotePay', 'PayDate', missing, () => dateTime(Date.now())),
  'payway-six-ok': taken('RemotePay', 'PayWay', (v) => Number(v) === 6, () => 5),
  'payway-zero-ok': taken('RemotePay', 'PayWay', (v) => v === 0, () => 1),
  'payway-fraction-ok': taken('RemotePay', 'PayWay', (v) => v > 1 && v < 6, Math.floor),
  'begin-after-end-same-month': (shop) => at('readGetPayList', (_, next, b) => {
    const { BeginDate: begin, EndDate: end } = b;
    if (!(begin > end) || String(begin).slice(0, 7) !== String(end).slice(0, 7)) return next(b);
    return { ...next({ ...b, EndDate: begin }), EndDate: end };
  })(shop),
  'enddate-missing-today': taken('GetPayList', 'EndDate', (v, b) => missing(v) && !given(b, 'TransId'), () => dateTime(Date.now()).slice(0, 10)),
  'date-codes-swapped': onRefusal('GetPayList', [-4, -5], (shop, b, code) => -9 - code),
  'empty-range-user-zero': at('actGetPayList', (shop, next, i, req) => {
    const rows = next(i, req);
    return rows.length || i.TransId || !i.UserCode ? rows : refuse(0);
  }),
  'warn-close-refused': body('ControlValve', (b) => { if (Number(b.ValveMode) === 3) refuse(-4); }),
  'valve-mode-zero-ok': taken('ControlValve', 'ValveMode', (v) => v === 0, () => 2),
  'paytype-two-ok': taken('CreateMeter', 'PayType', (v) => v === '2', () => '6'),
  'metertype-any': taken('CreateMeter', 'MeterTypeID', (v) => /^\d+$/.test(v), () => '51'),
  'provider-four-ok': taken('CreateMeter', 'CommProviderId', (v) => v === '4', () => '1'),
  'price-missing-ok': taken('CreateMeter', 'PriceTypeCode', (v, b) => missing(v) && b.PayType === '3', () => 'A1'),
  'price-asked-of-third-party': need('CreateMeter', 'PriceTypeCode'),
  'imei-required': need('CreateMeter', 'IMEI'),
  'doorplate-missing-ok': taken('CreateMeter', 'DoorPlate', missing, () => '-'),
  'deptname-missing-ok': taken('CreateMeter', 'DeptName', missing, () => '-'),
  'remark-required': need('CreatePrice', 'Remark'),
  'freezeday-31-ok': taken('CreatePrice', 'FreezeDay', (v) => v > 28 && v < 32, () => 28),
  'stairtype-four-ok': taken('CreatePrice', 'StairType', (v) => v === 4, () => 3),
  'operation-three-ok': taken('CreatePrice', 'OperationType', (v) => v !== 1 && v !== 2 && !missing(v), () => 1),
  'price6-missing-ok': taken('CreatePrice', 'Price6', missing, (v, b) => b.Price5),
  'setprice-unknown-meter-ok': onRefusal('SetPrice', [-1], () => 1),
  'exchange-period-missing-ok': taken('ChangeMeter', 'PeriodDosage', missing, () => 0),
  'new-provider-zero-ok': taken('ChangeMeter', 'NewCommProviderId', (v) => v === '0', () => '1'),
  'malformed-999': parsing((s, e) => { if (s.trim().startsWith('[')) throw e; return refuse(-999); }),
  'trailing-garbage-ok': parsing((s, e) => { const o = firstObject(s); if (o) return o; throw e; }),
  'array-body-ok': parsing((s, e) => {
    const o = quietly(() => JSON.parse(s));
    if (Array.isArray(o) && o.length === 1 && o[0] && typeof o[0] === 'object') return o[0];
    throw e;
  }),
  'bad-utf8-ok': at('decode', (shop, next, raw) => raw.toString('utf8')),
  'cancelled-minus-one': onRefusal('RemotePay', [-7], () => -1),
  'paylist-transid-needs-dates': body('GetPayList', (b) => { if (given(b, 'TransId') && !given(b, 'BeginDate')) refuse(-4); }),
};

const target = (shop, b) => quietly(() => shop.findOne(shop.readTarget(b), 0));
const payable = (b, changes) => ({ ...b, ...changes });
/** Does a refused request after all, with a body that passes. */
const doneAnyway = (name, codes, mend) => onRefusal(name, codes, (shop, b) => {
  quietly(() => shop[`act${name}`](shop[`read${name}`](mend(b)), {}));
});

/** Parses and does the request although it was refused before. */
const doRaw = (shop, req) => quietly(() => shop[`act${req.name}`](shop[`read${req.name}`](shop.parse(req.raw, req)), req));

const REFUSED = {
  'payway-wrong-recorded': doneAnyway('RemotePay', [-6], (b) => payable(b, { PayWay: 1 })),
  'negative-money-deducted': onRefusal('RemotePay', [-4], (shop, b) => {
    const m = target(shop, b);
    if (m && b.Money < 0) m.fen += cents(Number(b.Money));
  }),
  'cancelled-topup-recorded': onRefusal('RemotePay', [-7], (shop, b) => {
    const i = shop.readRemotePay(b);
    const m = shop.meters.get(i.MeterAddr);
    if (m && !shop.byTrans.has(i.TransId)) {
      shop.addPayment({ UserCode: m.UserCode, MeterAddr: m.MeterAddr, PayDate: i.PayDate, fen: cents(i.Money), PayID: shop.nextPayId++, PayResult: 1, TransId: i.TransId, PayWay: i.PayWay });
    }
  }),
  'replayed-valve-done': at('spend', (shop, next, appId, stamp, req) => {
    try {
      next(appId, stamp, req);
    } catch (e) {
      if (req.name === 'ControlValve') doRaw(shop, req);
      throw e;
    }
  }),
  'bad-token-topup-done': at('tokenFits', (shop, next, token, appId, secret, stamp, req) => {
    const fits = next(token, appId, secret, stamp, req);
    if (!fits && req.name === 'RemotePay') doRaw(shop, req);
    return fits;
  }),
  'valve-mode-wrong-closes': onRefusal('ControlValve', [-4], (shop, b) => { const m = target(shop, b); if (m) m.ValveState = 2; }),
  'create-refused-user-left': at('actCreateMeter', (shop, next, i, req) => {
    if (!shop.users.has(i.UserCode)) shop.users.set(i.UserCode, []);
    return next(i, req);
  }),
  'duplicate-create-renames': at('createAgain', (shop, next, i) => { shop.meterOf(i.MeterAddr).UserName = i.UserName; next(i); }),
  'duplicate-create-resets-money': at('createAgain', (shop, next, i) => { shop.meterOf(i.MeterAddr).fen = 0; next(i); }),
  'exchange-taken-cancels-old': onRefusal('ChangeMeter', [-999], (shop, b) => { const m = target(shop, b); if (m) m.cancelled = true; }),
  'exchange-refused-period-kept': onRefusal('ChangeMeter', [-200], (shop, b) => {
    const m = target(shop, b);
    if (m && given(b, 'NewCommProviderId') && typeof b.PeriodDosage === 'number') m.PeriodDosage = b.PeriodDosage;
  }),
  'modify-refused-price1-kept': onRefusal('CreatePrice', [-200], (shop, b) => {
    const p = shop.priceInForce(b.PriceTypeCode);
    if (p && Number(b.OperationType) === 2 && ![1, 2, 3].includes(b.StairType) && typeof b.Price1 === 'number') p.Price1 = b.Price1;
  }),
  'price-refused-stored': onRefusal('CreatePrice', [-200], (shop, b) => {
    if (b.FreezeDay > 28 && !shop.prices.has(b.PriceTypeCode)) quietly(() => shop.storePrice(shop.readCreatePrice({ ...b, FreezeDay: 1 })));
  }),
  'setprice-refused-takes-price': onRefusal('SetPrice', [-999], (shop, b) => { const m = target(shop, b); if (m) m.price = ''; }),
  'refused-transid-burnt': (shop) => {
    const burnt = new Set();
    at('checkTrans', (_, next, i, m) => { if (burnt.has(i.TransId)) refuse(-999, 'TransId exists'); next(i, m); })(shop);
    onRefusal('RemotePay', [0, -1], (_, b) => { burnt.add(String(b.TransId).trim()); })(shop);
  },
  'repeated-transid-credited': at('checkTrans', (shop, next, i, m) => {
    if (shop.byTrans.has(i.TransId)) m.fen += cents(i.Money);
    next(i, m);
  }),
  'bad-paydate-credited': onRefusal('RemotePay', [-200], (shop, b) => {
    const m = target(shop, b);
    if (m && b.Money > 0 && given(b, 'PayDate') && Number.isNaN(parseDateTime(String(b.PayDate).trim()))) m.fen += cents(Number(b.Money));
  }),
  'report-refused-charged': onRefusal('Report', [0], (shop, b) => {
    if (Number(b.BatteryState) === 2) quietly(() => shop.actReport(shop.readReport({ ...b, BatteryState: 0 }), {}));
  }),
};

/** f(next, n, ...arguments) with n counting the calls for a key. */
const nth = (name, key, f) => (shop) => {
  const count = counter();
  at(name, (_, next, ...a) => f(next, count(key(...a)), ...a))(shop);
};
const ofMeter = (m) => m.MeterAddr;
const ofAll = () => '';

const NTH = {
  'third-topup-lost': nth('recordPayment', ofMeter, (next, n, ...a) => (n % 3 ? next(...a) : undefined)),
  'first-topup-twice': nth('recordPayment', ofMeter, (next, n, m, i) => { if (n === 1 && !m.given) m.fen += cents(i.Money); return next(m, i); }),
  'fifth-valve-order-ignored': nth('turnValve', ofAll, (next, n, ...a) => { if (n % 5) next(...a); }),
  'third-meter-of-user-lost': at('actGetUserInfo', (shop, next, t, req) => (t.MeterAddr ? next(t, req) : next(t, req).slice(0, 2))),
  'tenth-reply-unknown-error': nth('run', ofAll, (next, n, ...a) => (n % 10 ? next(...a) : refuse(-999))),
  'after-fifty-always-201': nth('spend', (appId) => appId, (next, n, ...a) => (n > 50 ? refuse(-201) : next(...a))),
  'third-modification-ignored': at('storePrice', (shop, next, i) => { if (!(shop.prices.get(i.PriceTypeCode)?.length >= 3)) next(i); }),
  'second-exchange-money-lost': nth('exchange', (old) => old.UserCode, (next, n, old, i) => { if (n > 1) old.fen = 0; return next(old, i); }),
  'paylist-first-twenty': at('actGetPayList', (shop, next, i, req) => next(i, req).slice(0, 20)),
  'every-other-date-refused': (shop) => {
    const count = counter();
    body('GetPayList', (b) => { if (given(b, 'BeginDate') && count() % 2 === 0) refuse(-200); })(shop);
  },
  'third-report-not-charged': nth('charge', ofAll, (next, n, ...a) => { if (n % 3) next(...a); }),
  'second-setprice-ignored': nth('givePrice', ofMeter, (next, n, ...a) => { if (n === 1) next(...a); }),
  'eighth-connection-refused': at('authenticate', (shop, next, req) => { if (req.link.number % 8 === 0 && req.index === 1) refuse(-202); next(req); }),
  'sixteenth-on-connection-stale': at('actGetData', (shop, next, t, req) => {
    const seen = (req.link.shown ??= new Map());
    const key = `${t.UserCode}\n${t.MeterAddr}`;
    if (req.index >= 16 && seen.has(key)) return seen.get(key);
    const rows = next(t, req);
    if (!seen.has(key)) seen.set(key, rows);
    return rows;
  }),
  'fourth-create-no-phone': nth('newMeter', ofAll, (next, n, i) => next(n % 4 ? i : { ...i, Phone: '' })),
};

const live = (shop, f) => [...shop.meters.values()].filter((m) => !m.cancelled && f(m));
/** 3.1 by UserCode also lists the meters whose user fits. */
const alsoUsers = (fits, name = 'GetUserInfo') => at(`act${name}`, (shop, next, t, req) => {
  if (t.MeterAddr) return next(t, req);
  const found = live(shop, (m) => m.UserCode === t.UserCode || fits(m.UserCode, t.UserCode));
  return found.length ? found.map((m) => shop[`row${name}`](m, t)) : next(t, req);
});
const pattern = (like, sign, re) => new RegExp(`^${like.split(sign).map((s) => s.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join(re)}$`, 'su');

const NEIGHBOUR = {
  'userinfo-prefix': alsoUsers((code, asked) => code.startsWith(asked)),
  'usercode-any-case': all(...['GetUserInfo', 'GetData'].map((name) => alsoUsers((code, asked) => code.toLowerCase() === asked.toLowerCase(), name))),
  'percent-wildcard': alsoUsers((code, asked) => asked.includes('%') && pattern(asked, '%', '.*').test(code)),
  'underscore-wildcard': at('actGetData', (shop, next, t, req) => {
    if (!t.MeterAddr.includes('_') || t.UserCode) return next(t, req);
    const found = live(shop, (m) => pattern(t.MeterAddr, '_', '.').test(m.MeterAddr));
    return found.length ? found.map((m) => shop.rowGetData(m, t)) : next(t, req);
  }),
  'long-number-compare': at('meterOf', (shop, next, addr) => {
    if (!/^\d{17,}$/.test(addr)) return next(addr);
    return [...shop.meters.values()].find((m) => /^\d{17,}$/.test(m.MeterAddr) && Number(m.MeterAddr) === Number(addr));
  }),
  'leading-zero-user': at('userOf', (shop, next, code) => {
    const bare = (s) => s.replace(/^0+(?=.)/, '');
    for (const [key, meters] of shop.users) if (bare(key) === bare(code)) return meters;
    return undefined;
  }),
  'valve-all-of-user': at('turnValve', (shop, next, m, mode) => { for (const each of shop.users.get(m.UserCode)) next(each, mode); }),
  'topup-first-meter': at('actRemotePay', (shop, next, i, req) => {
    if (!i.UserCode || !i.MeterAddr) return next(i, req);
    shop.findOne(i, -7);
    return next({ ...i, MeterAddr: shop.users.get(i.UserCode).find((m) => !m.cancelled).MeterAddr }, req);
  }),
  'paylist-whole-user': at('selectPayments', (shop, next, i) => {
    const list = next(i);
    return i.UserCode && i.MeterAddr && !i.TransId ? next({ ...i, MeterAddr: '' }) : list;
  }),
  'setprice-whole-tariff': at('givePrice', (shop, next, m, code) => { for (const each of live(shop, (x) => x.price === m.price)) next(each, code); }),
  'pricecode-any-case': at('actCreatePrice', (shop, next, i, req) => {
    const twin = [...shop.prices.keys()].find((k) => k.toLowerCase() === i.PriceTypeCode.toLowerCase());
    return next(i.OperationType === 2 && twin ? { ...i, PriceTypeCode: twin } : i, req);
  }),
  'prototype-user-known': at('userOf', (shop, next, code) => next(code) ?? (code in {} ? [] : undefined)),
  'transid-prefix-query': at('selectPayments', (shop, next, i) => {
    const list = next(i);
    return i.TransId && !i.UserCode && !i.MeterAddr ? shop.sortPayments(shop.payments.filter((p) => p.TransId.startsWith(i.TransId))) : list;
  }),
  'exchange-cancels-siblings': at('exchange', (shop, next, old, i) => { for (const m of shop.users.get(old.UserCode)) m.cancelled = true; return next({ ...old, cancelled: undefined }, i); }),
  'unicode-forms-equal': alsoUsers((code, asked) => code.normalize('NFC') === asked.normalize('NFC')),
  'last-eight-digits': at('findMeters', (shop, next, t, req) => {
    const tail = t.MeterAddr.length >= 8 && t.MeterAddr.slice(-8);
    if (req?.name !== 'GetData' || !tail || shop.meters.has(t.MeterAddr)) return next(t, req);
    const found = live(shop, (m) => m.MeterAddr.endsWith(tail));
    return found.length ? found.slice(0, 1) : next(t, req);
  }),
  'transid-per-meter': at('checkTrans', (shop, next, i, m) => {
    if (shop.payments.some((p) => p.TransId === i.TransId && p.MeterAddr === m.MeterAddr)) next(i, m);
  }),
  'transid-any-case': at('checkTrans', (shop, next, i, m) => {
    if (shop.payments.some((p) => p.TransId.toLowerCase() === i.TransId.toLowerCase())) refuse(-999, 'TransId exists');
    next(i, m);
  }),
  'valve-next-address': at('actControlValve', (shop, next, i, req) => {
    next(i, req);
    if (i.UserCode) return;
    const longer = live(shop, (m) => m.MeterAddr.startsWith(i.MeterAddr) && m.MeterAddr.length === i.MeterAddr.length + 1);
    for (const m of longer) shop.turnValve(m, i.ValveMode);
  }),
  'space-inside-ignored': alsoUsers((code, asked) => code.replaceAll(' ', '') === asked.replaceAll(' ', '')),
};

const afterExchange = (f) => at('exchange', (shop, next, old, i) => { const before = { ...old }; const fresh = next(old, i); f(fresh, before, shop, old); return fresh; });

const BETWEEN = {
  'exchange-money-lost': afterExchange((fresh) => { fresh.fen = 0; }),
  'exchange-price-lost': afterExchange((fresh) => { fresh.price = ''; }),
  'valve-not-in-data': at('turnValve', () => {}),
  'name-masked-in-data': row('GetData', (r) => { const [first, ...rest] = r.UserName; r.UserName = first + rest.map(() => '*').join(''); }),
  'exchange-period-lost': afterExchange((fresh) => { fresh.PeriodDosage = 0; }),
  'exchange-reading-carried': afterExchange((fresh, before) => { fresh.ReadNumber = before.ReadNumber; }),
  'exchange-payments-lost': afterExchange((fresh, before, shop) => { shop.paymentsOfUser.set(fresh.UserCode, []); }),
  'exchange-old-takes-money': onRefusal('RemotePay', [-7], (shop, b) => {
    const i = shop.readRemotePay(b);
    const m = shop.meters.get(i.MeterAddr);
    if (!m?.exchanged) return undefined;
    shop.checkTrans(i, m);
    shop.recordPayment(m, i);
    return 1;
  }),
  'exchange-phone-lost': afterExchange((fresh) => { fresh.Phone = ''; }),
  'exchange-paytype-one': afterExchange((fresh) => { fresh.PayType = '1'; }),
  'setprice-not-in-data': at('givePrice', () => {}),
  'modify-not-for-meters': all(
    at('storePrice', (shop, next, i) => {
      const before = shop.priceInForce(i.PriceTypeCode);
      if (before) for (const m of shop.meters.values()) if (m.price === i.PriceTypeCode) m.bound ??= before;
      next(i);
    }),
    at('givePrice', (shop, next, m, code) => { m.bound = undefined; next(m, code); }),
    at('currentPrice', (shop, next, m) => (m.bound ? shop.stepPrice(m.bound, m.PeriodDosage) : next(m))),
  ),
  'new-meter-not-in-data': at('findMeters', (shop, next, t, req) => {
    const found = next(t, req);
    if (req?.name !== 'GetData') return found;
    return found.some((m) => m.given) ? found.filter((m) => m.given) : refuse(-1);
  }),
  'create-third-party-as-one': at('newMeter', (shop, next, i) => next(i.PayType === '6' ? { ...i, PayType: '1' } : i)),
  'transid-row-without-user': row('GetPayList', (r, p, i) => { if (i.TransId && !i.UserCode && !i.MeterAddr) r.UserCode = ''; }),
  'exchange-fields-swapped': afterExchange((fresh) => { [fresh.Address, fresh.Doorplate] = [fresh.Doorplate, fresh.Address]; }),
  'topup-by-user-no-meter': at('recordPayment', (shop, next, m, i) => { const p = next(m, i); if (p && !i.MeterAddr) p.MeterAddr = ''; return p; }),
  'price-new-not-for-create': (shop) => {
    const stored = new Map();
    at('storePrice', (_, next, i) => { stored.set(i.PriceTypeCode, Date.now()); next(i); })(shop);
    at('newMeter', (_, next, i) => next(Date.now() - stored.get(i.PriceTypeCode) < 5000 ? { ...i, PriceTypeCode: '' } : i))(shop);
  },
  'paylist-new-user-zero': at('selectPayments', (shop, next, i) => (i.UserCode && !shop.paymentsOfUser.has(i.UserCode) ? refuse(0) : next(i))),
  'exchange-old-in-user-list': all(
    at('exchange', (shop, next, old, i) => { const shown = shop.rowGetData(old); const fresh = next(old, i); fresh.oldRow = shown; return fresh; }),
    at('actGetData', (shop, next, t, req) => (t.MeterAddr ? next(t, req) : next(t, req).map((r) => shop.meters.get(r.MeterAddr)?.oldRow ?? r))),
  ),
};

const CONSTANT = {
  'payid-by-row': at('actGetPayList', (shop, next, i, req) => next(i, req).map((r, n) => ({ ...r, PayID: n + 1 }))),
  'result-flips': at('recordPayment', (shop, next, m, i) => {
    const before = shop.payments.findLast((p) => p.MeterAddr === m.MeterAddr);
    if (before) before.PayResult = 2;
    return next(m, i);
  }),
  'topup-opens-valve': at('recordPayment', (shop, next, m, i) => { m.ValveState = 1; return next(m, i); }),
  'same-order-toggles': at('turnValve', (shop, next, m, mode) => { const before = m.ValveState; next(m, mode); if (m.ValveState === before) m.ValveState = 3 - before; }),
  'query-clears-status': row('GetData', (r, m) => { m.MeterStatus = '正常'; }),
  'same-amount-replaces': at('recordPayment', (shop, next, m, i) => {
    const keep = (p) => p.MeterAddr !== m.MeterAddr || p.fen !== cents(i.Money);
    shop.payments = shop.payments.filter(keep);
    shop.paymentsOfUser.set(m.UserCode, (shop.paymentsOfUser.get(m.UserCode) ?? []).filter(keep));
    return next(m, i);
  }),
  'setprice-twice-back': at('givePrice', (shop, next, m, code) => {
    if (m.price === code && m.priceBefore) next(m, m.priceBefore);
    else { m.priceBefore = m.price; next(m, code); }
  }),
  'query-costs-a-cent': row('GetData', (r, m) => { m.fen -= 1; }),
  'second-meter-resets-first': at('newMeter', (shop, next, i) => { const first = shop.users.get(i.UserCode)?.[0]; if (first) first.fen = 0; return next(i); }),
  'setprice-clears-phone': at('givePrice', (shop, next, m, code) => { m.Phone = ''; next(m, code); }),
  'repeated-transid-changes-money': at('checkTrans', (shop, next, i, m) => {
    const p = shop.byTrans.get(i.TransId);
    if (p) p.fen = cents(i.Money);
    next(i, m);
  }),
  'voltage-jitters': (shop) => {
    const count = counter();
    row('GetData', (r) => { r.Voltage = round(r.Voltage + (count(r.MeterAddr) % 3) / 100, 2); })(shop);
  },
  'topup-clears-period': at('recordPayment', (shop, next, m, i) => { m.PeriodDosage = 0; return next(m, i); }),
  'setprice-clears-money': at('givePrice', (shop, next, m, code) => { m.fen = 0; next(m, code); }),
  'valve-order-clears-signal': at('turnValve', (shop, next, m, mode) => { m.MeterCSQ = 0; next(m, mode); }),
  'modify-clears-money': at('storePrice', (shop, next, i) => {
    if (shop.prices.has(i.PriceTypeCode)) for (const m of shop.meters.values()) if (m.price === i.PriceTypeCode) m.fen = 0;
    next(i);
  }),
};

const siblings = (shop, a) => [...shop.accounts.values()].filter((x) => x.UserCode === a.UserCode);
const other = (shop, a) => siblings(shop, a).find((x) => x !== a) ?? a;

const BILLING = {
  'price-of-first-meter': row('Report', (r, a, i, shop) => { r.UnitPrice = siblings(shop, a)[0].UnitPrice; }),
  'charge-at-sibling': at('charge', (shop, next, a, usage, i) => {
    const first = siblings(shop, a)[0];
    const before = a.fen;
    next(a, usage, i);
    if (first !== a) { first.fen += a.fen - before; a.fen = before; }
  }),
  'repeat-charged': at('settle', (shop, next, a, i) => {
    const again = i.ReadDate === a.ReadDate && i.ReadNumber === a.ReadNumber;
    const before = a.ReadNumber;
    next(a, i);
    if (again) shop.charge(a, a.lastUsage ?? 0, i);
    else if (a.ReadNumber > before) a.lastUsage = a.ReadNumber - before;
  }),
  'billing-debt-zero': row('Report', (r) => { r.Remnant = Math.max(0, r.Remnant); }),
  'report-meteraddr-left-out': row('Report', (r) => { delete r.MeterAddr; }),
  'report-meteraddr-of-first': row('Report', (r, a, i, shop) => { r.MeterAddr = siblings(shop, a)[0].MeterAddr; }),
  'reserve-trusted': row('Report', (r, a, i) => { r.Remnant = i?.Reserve ?? r.Remnant; }),
  'report-unknown-ok': at('actReport', (shop, next, i, req) => {
    if (shop.accountOf(i.MeterAddr)) return next(i, req);
    return [{ MeterAddr: i.MeterAddr, UnitPrice: 0, Remnant: 0, RemnantTime: i.ReadDate, ValveMode: 1, LastPayMoney: 0, LastPayTime: i.ReadDate }];
  }),
  'unitprice-one-decimal': row('Report', (r) => { r.UnitPrice = round(r.UnitPrice, 1); }),
  'period-charged': at('charge', (shop, next, a, usage, i) => next(a, i.PeriodDosage ?? usage, i)),
  'late-report-rewinds': at('settle', (shop, next, a, i) => {
    next(a, i);
    if (i.ReadDate < a.ReadDate && i.ReadNumber <= a.ReadNumber) { a.ReadNumber = i.ReadNumber; a.ReadDate = i.ReadDate; }
  }),
  'debt-mode-zero': row('Report', (r, a) => { if (a.fen < 0) r.ValveMode = 0; }),
  'lastpay-of-sibling': row('Report', (r, a, i, shop) => { const o = other(shop, a); r.LastPayMoney = o.LastPayMoney; r.LastPayTime = o.LastPayTime; }),
  'fraction-not-charged': at('charge', (shop, next, a, usage, i) => next(a, Math.floor(usage + 1e-9), i)),
  'report-code-minus-one': at('actReport', (shop, next, i, req) => { if (!shop.accountOf(i.MeterAddr)) refuse(-1); return next(i, req); }),
  'report-taken-for-query': at('dispatch', (shop, next, req) => { if (!given(req.body, 'Reserve')) return; next(req); }),
  'report-number-compare': at('accountOf', (shop, next, addr) => {
    if (!/^\d+$/.test(addr)) return next(addr);
    return [...shop.accounts.values()].find((a) => Number(a.MeterAddr) === Number(addr));
  }),
  'lastpay-raised-by-charge': at('charge', (shop, next, a, usage, i) => { const before = a.fen; next(a, usage, i); a.LastPayMoney = (before - a.fen) / 100; }),
  'report-user-prefix': row('Report', (r, a, i, shop) => {
    r.Remnant = [...shop.accounts.values()].filter((x) => x.UserCode.startsWith(a.UserCode)).reduce((sum, x) => sum + x.fen, 0) / 100;
  }),
};

export const RULE_BUGS = { ...REFUSAL, ...REFUSED, ...NTH, ...NEIGHBOUR, ...BETWEEN, ...CONSTANT, ...BILLING };

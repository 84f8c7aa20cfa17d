// SPDX-License-Identifier: Apache-2.0
// Shows every bug and every reading by requests of its own: the clean server does it right, the other one as its title says.
//   node self_test.mjs [id ...]

import { Vendor, tables, md5, sleep, day, SECRETS } from './testkit.mjs';
import { stampOf } from './format.mjs';

const CASES = new Map();
/** What a scenario gives on the clean server and on the one with the bug or reading: a value, or a function that tells. */
const show = (id, scenario, clean, faulty) => {
  if (CASES.has(id)) throw new Error(`twice: ${id}`);
  CASES.set(id, { scenario, clean, faulty });
};

const A = '869012345678901';
const B = '8690123456789012';
const C = '869012345678902';
const at = (MeterAddr) => ({ MeterAddr });
const of = (UserCode) => ({ UserCode });
const column = (r, key) => r.rows?.map?.((x) => x[key]) ?? r.rows;
const not = (v) => (got) => JSON.stringify(got) !== JSON.stringify(v);
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
const whenPaid = '2026-01-15 10:20:30';
const key3 = (r) => (r.json ? Object.keys(r.json) : undefined);

/** One value of the first row. */
const field = (id, call, q, key, clean, faulty) => show(id, async (s) => (await s[call](q)).rows[0][key], clean, faulty);
/** The code of one request. */
const code = (id, f, clean, faulty) => show(id, async (s) => (await f(s)).code, clean, faulty);
/** The code of a top-up (a meter, an exchange ...) with some fields changed. */
const pay = (id, over, clean, faulty) => code(id, async (s) => s.pay(await s.meter(), over), clean, faulty);
const create = (id, over, clean, faulty) => code(id, (s) => s.createWith(s.meterBody(over)), clean, faulty);
const price = (id, over, clean, faulty) => code(id, (s) => s.storePrice(s.priceBody(over)), clean, faulty);
/** A value of 3.1 for a meter created with some fields. */
const archive = (id, over, key, clean, faulty) => show(id, async (s) => (await s.info(at((await s.meter(over)).MeterAddr))).rows[0][key], clean, faulty);
const amounts = (id, over, clean, faulty, ...more) => show(id, async (s) => {
  const m = await s.meter();
  for (const o of [over, ...more]) await s.pay(m, o);
  return [await s.paid(m), await s.remnant(m)];
}, clean, faulty);

// ---------------------------------------------------------------- field
show('doorplate-casing', async (s) => 'Doorplate' in (await s.info(at(A))).rows[0], true, false);
field('phone-as-number', 'info', at(A), 'Phone', '13800138000', 13800138000);
field('money-text', 'list', at(A), 'Money', 100, '100.00');
field('paydate-with-t', 'list', at(A), 'PayDate', '2023-12-31 23:59:59', '2023-12-31T23:59:59');
field('debt-as-text', 'data', at(B), 'Remnant', -12.3, '-12.30');
field('readdate-whole-hour-short', 'data', at(A), 'ReadDate', '2025-03-01 00:00:00', '2025-03-01 00:00');
field('paytype-of-archive', 'info', at(B), 'PayType', 1, 3);
field('snr-zero-null', 'data', at('12345678901'), 'SNR', 0, null);
field('waiting-payid-text', 'list', { TransId: 't20240131' }, 'PayID', 1005, '1005');
field('valve-closed-zero', 'data', at(B), 'ValveState', 2, 0);
field('paylist-meteraddr-left-out', 'list', at(A), 'MeterAddr', A, undefined);
field('low-battery-text', 'data', at(C), 'BatteryState', 1, '欠压');
field('status-digits-number', 'data', at('00000001'), 'MeterStatus', '0', 0);
field('remnanttime-date-only', 'report', {}, 'RemnantTime', '2025-05-01 00:00:00', '2025-05-01');
field('never-paid-zero-date', 'report', { UserCode: 'SF-70012', MeterAddr: 'NB1780000012', ReadNumber: 0, ReadDate: '2025-01-01 00:00:00' }, 'LastPayTime', undefined, '0000-00-00 00:00:00');
field('unitprice-text', 'report', {}, 'UnitPrice', 2.75, '2.75');
field('csq-fraction', 'data', at(C), 'MeterCSQ', 31, 31.5);

// ---------------------------------------------------------------- reply
show('message-null', async (s) => (await s.info(at(A))).json.Message, '请求成功', null);
show('message-absent-when-empty', async (s) => key3(await s.list({ TransId: 'none' })), ['ResultCode', 'Message', 'DataList'], ['ResultCode', 'DataList']);
show('single-row-object', async (s) => isObject((await s.info(at(A))).rows), false, true);
show('rows-keyed-by-number', async (s) => Object.keys((await s.info(of('W0012'))).rows).concat(isObject((await s.info(of('W0012'))).rows)), ['0', '1', '2', false], ['0', '1', '2', true]);
show('content-type-html', async (s) => (await s.info(at(A))).headers['content-type'], 'application/json;charset=utf-8', 'text/html; charset=utf-8');
show('cesu8', async (s) => (await s.info(of('0012'))).text.includes('𠮷'), true, false);
show('bom-first', async (s) => (await s.info(at(A))).bytes[0], 0x7b, 0xef);
show('length-in-characters', async (s) => (await s.info(at(A))).json !== undefined, true, false);
code('code-404', (s) => s.info(at('nope')), -1, 404);
code('code-minus-8', async (s) => s.setPrice(await s.meter(), 'nope'), -999, -8);
show('nan-price', async (s) => (await s.data(at((await s.meter({ PayType: '6', PriceTypeCode: undefined })).MeterAddr))).text.includes('"CurPrice":NaN'), false, true);
show('trailing-comma', async (s) => (await s.info(of('W0012'))).text.endsWith(',]}'), false, true);
show('unparsed-plain-text', async (s) => (await s.info('{')).code, -200, undefined);
code('resultcode-text-refusal', (s) => s.pay({}), -2, '-2');
show('replay-message-object', async (s) => typeof (await s.info(at(A), { stamp: '20000101000000' })).json.Message, 'string', 'object');
show('validation-message-list', async (s) => Array.isArray((await s.createWith({})).json.Message), false, true);
show('raw-control-characters', async (s) => (await s.info(at((await s.meter({ UserName: 'a\tb' })).MeterAddr))).text.includes('\t'), false, true);
show('gzip-unasked', async (s) => (await s.list(of('W0012'))).headers['content-encoding'], undefined, 'gzip');
show('unescaped-quote', async (s) => (await s.info(of('W001'))).code, 1, undefined);
code('two-documents', (s) => s.valve(at(A), 9), -4, undefined);

// ---------------------------------------------------------------- refusal
code('unknown-user-minus-one', (s) => s.info(of('nope')), 0, -1);
code('both-empty-zero', (s) => s.data({}), -2, 0);
code('blank-keys-looked-up', (s) => s.valve({ UserCode: '  ', MeterAddr: ' ' }, 1), -2, 0);
code('null-keys-as-text', (s) => s.data({ UserCode: null, MeterAddr: null }), -2, 0);
pay('transid-missing-ok', { TransId: undefined }, -3, 1);
pay('transid-blank-ok', { TransId: '   ' }, -3, 1);
pay('money-small-negative-ok', { Money: -0.5 }, -4, 1);
pay('money-missing-one', { Money: undefined }, -4, 1);
pay('paydate-missing-now', { PayDate: undefined }, -5, 1);
pay('payway-six-ok', { PayWay: 6 }, -6, 1);
pay('payway-zero-ok', { PayWay: 0 }, -6, 1);
pay('payway-fraction-ok', { PayWay: 1.5 }, -6, 1);
code('begin-after-end-same-month', (s) => s.list({ ...at(A), BeginDate: '2024-01-20', EndDate: '2024-01-10' }), -6, 1);
code('enddate-missing-today', (s) => s.list({ ...at(A), EndDate: undefined }), -5, 1);
code('date-codes-swapped', (s) => s.list({ ...at(A), BeginDate: undefined }), -4, -5);
code('empty-range-user-zero', (s) => s.list({ ...of('W0012'), BeginDate: '2001-01-01', EndDate: '2001-01-02' }), 1, 0);
code('warn-close-refused', async (s) => s.valve(await s.meter(), 3), 1, -4);
code('valve-mode-zero-ok', async (s) => s.valve(await s.meter(), 0), -4, 1);
create('paytype-two-ok', { PayType: '2' }, -200, 1);
create('metertype-any', { MeterTypeID: '52' }, -200, 1);
create('provider-four-ok', { CommProviderId: '4' }, -200, 1);
create('price-missing-ok', { PayType: '3', PriceTypeCode: undefined }, -200, 1);
create('price-asked-of-third-party', { PayType: '6', PriceTypeCode: undefined }, 1, -200);
create('imei-required', {}, 1, -200);
create('doorplate-missing-ok', { DoorPlate: undefined }, -200, 1);
create('deptname-missing-ok', { DeptName: undefined }, -200, 1);
price('remark-required', {}, 1, -200);
price('freezeday-31-ok', { FreezeDay: 31 }, -200, 1);
price('stairtype-four-ok', { StairType: 4 }, -200, 1);
price('operation-three-ok', { OperationType: 3 }, -200, 1);
price('price6-missing-ok', { Price6: undefined }, -200, 1);
code('setprice-unknown-meter-ok', (s) => s.setPrice(at('nope'), 'A1'), -1, 1);
code('exchange-period-missing-ok', async (s) => s.change(await s.meter(), { PeriodDosage: undefined }), -200, 1);
code('new-provider-zero-ok', async (s) => s.change(await s.meter(), { NewCommProviderId: '0' }), -200, 1);
code('malformed-999', (s) => s.info('{"UserCode":'), -200, -999);
code('trailing-garbage-ok', (s) => s.info('{"UserCode":"W0012"}xyz'), -200, 1);
code('array-body-ok', (s) => s.info('[{"UserCode":"W0012"}]'), -200, 1);
code('bad-utf8-ok', (s) => s.info(Buffer.from('{"UserCode":"W0012","x":"\xff"}', 'latin1')), -200, 1);
code('cancelled-minus-one', (s) => s.pay({ UserCode: 'OLD-2', MeterAddr: 'OLD-2-A' }), -7, -1);
code('paylist-transid-needs-dates', (s) => s.list({ TransId: 'T2024', BeginDate: undefined, EndDate: undefined }), 1, -4);

// ---------------------------------------------------------------- refused
/** The code of a refused request, and what is to be seen after it. */
const refused = (id, make, after, clean, faulty) => show(id, async (s) => {
  const m = await s.meter();
  await s.pay(m, { Money: 50 });
  return [(await make(s, m)).code, await after(s, m)];
}, clean, faulty);
const listed = (s, m) => s.paid(m);
const money = (s, m) => s.remnant(m);
const state = (s, m) => s.shown(at(m.MeterAddr), 'ValveState');
const curPrice = (s, m) => s.price1(m);
refused('payway-wrong-recorded', (s, m) => s.pay(m, { PayWay: 9 }), listed, [-6, [50]], [-6, [50, 10]]);
refused('negative-money-deducted', (s, m) => s.pay(m, { Money: -5 }), money, [-4, 50], [-4, 45]);
show('cancelled-topup-recorded', async (s) => {
  const r = await s.pay({ UserCode: 'OLD-1', MeterAddr: 'OLD-1-OLD' }, { TransId: 'x' });
  return [r.code, (await s.list({ TransId: 'x' })).rows.length];
}, [-7, 0], [-7, 1]);
show('replayed-valve-done', async (s) => {
  const m = await s.meter();
  const stamp = s.stamp();
  await s.info(m, { stamp });
  return [(await s.valve(m, 2, { stamp })).code, await state(s, m)];
}, [-201, 1], [-201, 2]);
refused('bad-token-topup-done', (s, m) => s.pay(m, {}, { token: md5('x') }), listed, [-202, [50]], [-202, [50, 10]]);
refused('valve-mode-wrong-closes', (s, m) => s.valve(m, 5), state, [-4, 1], [-4, 2]);
show('create-refused-user-left', async (s) => [(await s.createWith(s.meterBody({ UserCode: 'ghost', PriceTypeCode: 'nope' }))).code, (await s.info(of('ghost'))).code], [-999, 0], [-999, 1]);
refused('duplicate-create-renames', (s, m) => s.createWith({ ...m, UserName: 'other' }), async (s, m) => (await s.info(m)).rows[0].UserName, [-999, '用户 1'], [-999, 'other']);
refused('duplicate-create-resets-money', (s, m) => s.createWith(m), money, [-999, 50], [-999, 0]);
refused('exchange-taken-cancels-old', (s, m) => s.change(m, { NewMeterAddr: A }), async (s, m) => (await s.info(m)).code, [-999, 1], [-999, -1]);
refused('exchange-refused-period-kept', (s, m) => s.change(m, { NewCommProviderId: '9', PeriodDosage: 77 }), (s, m) => s.shown(at(m.MeterAddr), 'PeriodDosage'), [-200, 0], [-200, 77]);
refused('modify-refused-price1-kept', (s) => s.storePrice(s.priceBody({ OperationType: 2, PriceTypeCode: 'A1', StairType: 4, Price1: 9.5 })), curPrice, [-200, 2.5], [-200, 9.5]);
show('price-refused-stored', async (s) => {
  const p = s.priceBody({ FreezeDay: 31 });
  return [(await s.storePrice(p)).code, (await s.createWith(s.meterBody({ PriceTypeCode: p.PriceTypeCode }))).code];
}, [-200, -999], [-200, 1]);
refused('setprice-refused-takes-price', (s, m) => s.setPrice(m, 'nope'), curPrice, [-999, 2.5], [-999, 0]);
refused('refused-transid-burnt', (s) => s.pay(at('nope'), { TransId: 'burn' }), async (s, m) => (await s.pay(m, { TransId: 'burn' })).code, [-1, 1], [-1, -999]);
refused('repeated-transid-credited', async (s, m) => { await s.pay(m, { TransId: 'x' }); return s.pay(m, { TransId: 'x' }); }, money, [-999, 60], [-999, 70]);
refused('bad-paydate-credited', (s, m) => s.pay(m, { PayDate: '15.01.2026' }), money, [-200, 50], [-200, 60]);
show('report-refused-charged', async (s) => [(await s.report({ ReadNumber: 510.25, ReadDate: '2025-05-02 00:00:00', BatteryState: 2 })).code, (await s.report({})).rows?.[0]?.Remnant], [0, 320.75], (v) => v[0] === 0 && v[1] !== 320.75);

// ---------------------------------------------------------------- nth
show('third-topup-lost', async (s) => { const m = await s.meter(); for (let i = 0; i < 4; i++) await s.pay(m); return (await s.paid(m)).length; }, 4, 3);
show('first-topup-twice', async (s) => { const m = await s.meter(); await s.pay(m); const one = await s.remnant(m); await s.pay(m); return [one, await s.remnant(m)]; }, [10, 20], [20, 30]);
show('fifth-valve-order-ignored', async (s) => { const m = await s.meter(); const got = []; for (let i = 0; i < 5; i++) { await s.valve(m, 1 + (i + 1) % 2); got.push(await state(s, m)); } return got; }, [2, 1, 2, 1, 2], [2, 1, 2, 1, 1]);
show('third-meter-of-user-lost', async (s) => (await s.info(of('W0012'))).rows.length, 3, 2);
show('tenth-reply-unknown-error', async (s) => { const got = []; for (let i = 0; i < 11; i++) got.push((await s.info(at(A))).code); return got.filter((c) => c !== 1); }, [], [-999]);
show('after-fifty-always-201', async (s) => { const got = []; for (let i = 0; i < 53; i++) got.push((await s.info(at(A))).code); return got.filter((c) => c !== 1); }, [], [-201, -201, -201]);
show('third-modification-ignored', async (s) => {
  const p = await s.price();
  const m = await s.meter({ PriceTypeCode: p.PriceTypeCode });
  const got = [];
  for (const Price1 of [2, 3, 4]) { await s.storePrice({ ...p, OperationType: 2, Price1 }); got.push(await curPrice(s, m)); }
  return got;
}, [2, 3, 4], [2, 3, 3]);
show('second-exchange-money-lost', async (s) => { const m = await s.meter(); await s.pay(m); const n = await s.exchange(m); const one = await s.remnant(n); return [one, await s.remnant(await s.exchange(n))]; }, [10, 10], [10, 0]);
show('paylist-first-twenty', async (s) => { const m = await s.meter(); for (let i = 0; i < 22; i++) await s.pay(m); return (await s.paid(m)).length; }, 22, 20);
show('every-other-date-refused', async (s) => [(await s.list(at(A))).code, (await s.list(at(A))).code, (await s.list(at(A))).code], [1, 1, 1], [1, -200, 1]);
show('third-report-not-charged', async (s) => {
  const got = [];
  for (let i = 1; i < 4; i++) got.push((await s.report({ ReadNumber: 500.25 + i, ReadDate: `2025-05-0${i + 1} 00:00:00` })).rows[0].Remnant);
  return got;
}, [318, 315.25, 312.5], [318, 315.25, 315.25]);
show('second-setprice-ignored', async (s) => { const m = await s.meter(); await s.setPrice(m, 'a1'); const one = await curPrice(s, m); await s.setPrice(m, '0007'); return [one, await curPrice(s, m)]; }, [3.15, 4.08], [3.15, 3.15]);
show('eighth-connection-refused', async (s) => { const got = []; for (let i = 0; i < 9; i++) got.push((await s.info(at(A), { agent: s.newAgent() })).code); return got.filter((c) => c !== 1); }, [], [-202]);
show('sixteenth-on-connection-stale', async (s) => {
  const m = await s.meter();
  await s.data(at(m.MeterAddr));
  await s.valve(m, 2);
  const soon = await state(s, m);
  for (let i = 0; i < 14; i++) await s.info(m);
  return [soon, await state(s, m)];
}, [2, 2], [2, 1]);
show('fourth-create-no-phone', async (s) => { const got = []; for (let i = 0; i < 5; i++) got.push((await s.info(await s.meter())).rows[0].Phone); return got.filter((p) => p !== '010-1'); }, [], ['']);

// ---------------------------------------------------------------- neighbour
const codes = (id, q, clean, faulty, call = 'info', key = 'UserCode') => show(id, async (s) => column(await s[call](q), key), clean, faulty);
codes('userinfo-prefix', of('SF-7001'), ['SF-7001', 'SF-7001'], ['SF-7001', 'SF-7001', 'SF-70012']);
codes('usercode-any-case', of('w0012'), ['w0012'], (v) => v.includes('W0012'), 'data');
codes('percent-wildcard', of('OLD-%'), undefined, ['OLD-1', 'OLD-2']);
codes('underscore-wildcard', at('m_1'), ['m_1'], ['m_1', 'mX1'], 'data', 'MeterAddr');
codes('long-number-compare', at('99999999999999999998'), ['99999999999999999999'], ['99999999999999999998']);
codes('leading-zero-user', of('12'), ['12'], ['0012', '0012']);
const twoMeters = async (s) => {
  const m = await s.meter();
  return [m, await s.meter({ UserCode: m.UserCode })];
};
show('valve-all-of-user', async (s) => { const [m, n] = await twoMeters(s); await s.valve(n, 2); return [await state(s, m), await state(s, n)]; }, [1, 2], [2, 2]);
show('topup-first-meter', async (s) => { const [m, n] = await twoMeters(s); await s.pay(n); return [await s.remnant(m), await s.remnant(n)]; }, [0, 10], [10, 0]);
show('paylist-whole-user', async (s) => (await s.list({ UserCode: 'W0012', MeterAddr: B })).rows.length, 2, 9);
show('setprice-whole-tariff', async (s) => { const [m, n] = [await s.meter(), await s.meter()]; await s.setPrice(n, 'a1'); return [await curPrice(s, m), await curPrice(s, n)]; }, [2.5, 3.15], [3.15, 3.15]);
show('pricecode-any-case', async (s) => { const m = await s.meter(); await s.storePrice(s.priceBody({ OperationType: 2, PriceTypeCode: 'a1', Price1: 8 })); return curPrice(s, m); }, 2.5, 8);
code('prototype-user-known', (s) => s.info(of('constructor')), 0, 1);
codes('transid-prefix-query', { TransId: 'T2024' }, ['T2024'], (v) => v.length > 3, 'list', 'TransId');
show('exchange-cancels-siblings', async (s) => { const [m, n] = await twoMeters(s); await s.exchange(m); return (await s.info(at(n.MeterAddr))).code; }, 1, -1);
show('unicode-forms-equal', async (s) => { await s.meter({ UserCode: 'caf\u00e9' }); await s.meter({ UserCode: 'cafe\u0301' }); return (await s.info(of('caf\u00e9'))).rows.length; }, 1, 2);
code('last-eight-digits', (s) => s.data(at(`000${A}`)), -1, 1);
show('transid-per-meter', async (s) => { const [m, n] = await twoMeters(s); await s.pay(m, { TransId: 'x' }); return [(await s.pay(n, { TransId: 'x' })).code, (await s.pay(m, { TransId: 'x' })).code]; }, [-999, -999], [1, -999]);
show('transid-any-case', async (s) => { const m = await s.meter(); await s.pay(m, { TransId: 'abc' }); return (await s.pay(m, { TransId: 'ABC' })).code; }, 1, -999);
show('valve-next-address', async (s) => { const m = await s.meter({ MeterAddr: 'v-1' }); const n = await s.meter({ MeterAddr: 'v-12' }); await s.valve(at(m.MeterAddr), 2); return [await state(s, m), await state(s, n)]; }, [2, 1], [2, 2]);
show('space-inside-ignored', async (s) => { await s.meter({ UserCode: 'a b' }); return (await s.info(of('ab'))).code; }, 0, 1);

// ---------------------------------------------------------------- money
amounts('thousand-fraction-lost', { Money: 1234.56 }, [[1234.56], 1234.56], [[1234], 1234]);
amounts('cents-floored', { Money: 0.29 }, [[0.29], 0.29], [[0.28], 0.28]);
amounts('modulo-ten-thousand', { Money: 12345.67 }, [[12345.67], 12345.67], [[2345.67], 2345.67]);
amounts('remnant-not-raised', {}, [[10], 10], [[10], 0]);
show('debt-forgiven', async (s) => { await s.pay(at(B), { Money: 20 }); return s.remnant(at(B)); }, 7.7, 20);
amounts('list-one-decimal', { Money: 1.26 }, [[1.26], 1.26], [[1.3], 1.26]);
show('exponent-cut', async (s) => { const m = await s.meter(); await s.pay(m, {}, {}); await s.call('RemotePay', JSON.stringify(s.payBody(m)).replace('"Money":10', '"Money":1e2')); return s.paid(m); }, [10, 100], [10, 1]);
amounts('small-change-hundredfold', { Money: 0.5 }, [[0.5], 0.5], [[50], 0.5]);
amounts('wallet-fee', { PayWay: 4 }, [[10], 10], [[10], 9.94]);
amounts('bank-not-credited', { PayWay: 2 }, [[10], 10], [[10], 0]);
show('curprice-one-decimal', async (s) => curPrice(s, await s.meter({ PriceTypeCode: 'A10' })), 1.95, 2);
amounts('single-precision', { Money: 200000.01 }, [[200000.01], 200000.01], [[200000.02], 200000.02]);
amounts('remnant-whole-yuan', { Money: 1.99 }, [[1.99], 1.99], [[1.99], 1]);
amounts('cents-added-as-whole', { Money: 0.6 }, [[0.6, 0.7], 1.3], [[0.6, 0.7], 0.3], { Money: 0.7 });
show('charged-by-rounded-price', async (s) => (await s.report({ ReadNumber: 510.25, ReadDate: '2025-05-02 00:00:00' })).rows[0].Remnant, 293.25, 292.75);

// ---------------------------------------------------------------- date
const payDate = (id, PayDate, clean, faulty) => show(id, async (s) => { const m = await s.meter(); const r = await s.pay(m, { PayDate }); return r.code === 1 ? (await s.paid(m, 'PayDate'))[0] : r.code; }, clean, faulty);
const range = (id, q, BeginDate, EndDate, clean, faulty) => show(id, async (s) => { const r = await s.list({ ...q, BeginDate, EndDate }); return r.code === 1 ? r.rows.length : r.code; }, clean, faulty);
payDate('paydate-utc', whenPaid, whenPaid, '2026-01-15 02:20:30');
range('enddate-exclusive', at(A), '2024-02-01', '2024-02-29', 2, 1);
range('begin-midnight-lost', at(A), '2024-02-01', '2024-02-29', 2, 1);
range('last-second-lost', at(A), '2023-12-01', '2023-12-31', 1, 0);
payDate('leap-day-refused', '2024-02-29 10:00:00', '2024-02-29 10:00:00', -200);
payDate('day-overflow-rolls', '2025-02-30 10:00:00', -200, '2025-03-02 10:00:00');
payDate('hour-24-ok', '2025-02-10 24:00:00', -200, '2025-02-11 00:00:00');
range('short-date-ok', at(A), '2024-1-1', '2024-2-9', -200, 3);
payDate('twelve-hour-clock', '2026-01-15 13:20:30', '2026-01-15 13:20:30', '2026-01-15 01:20:30');
range('range-without-year', at(A), '2025-01-01', '2025-01-31', 0, 2);
payDate('paydate-now', whenPaid, whenPaid, not(whenPaid));
payDate('old-paydate-today', '2020-01-01 00:00:00', '2020-01-01 00:00:00', (v) => v > '2026');
payDate('minutes-as-month', whenPaid, whenPaid, '2026-01-15 10:01:30');
const modified = (id, ExeDate, clean, faulty) => show(id, async (s) => {
  const p = await s.price();
  const m = await s.meter({ PriceTypeCode: p.PriceTypeCode });
  await s.storePrice({ ...p, OperationType: 2, Price1: 7, ExeDate });
  return curPrice(s, m);
}, clean, faulty);
modified('exedate-ignored', day(2), 1.25, 7);
modified('exedate-past-never', '2020-01-01 00:00:00', 7, 1.25);
field('midnight-as-24', 'data', at(A), 'ReadDate', '2025-03-01 00:00:00', '2025-03-01 24:00:00');
range('range-31-refused', at(A), '2024-01-01', '2024-01-31', 2, -200);
field('week-year', 'list', at(C), 'PayDate', '2024-12-30 08:00:00', '2025-12-30 08:00:00');
range('one-day-range-refused', at(A), '2024-01-31', '2024-01-31', 1, -6);
show('range-by-record-time', async (s) => { const m = await s.meter(); await s.pay(m); return (await s.list({ ...at(m.MeterAddr), BeginDate: '2026-01-15', EndDate: '2026-01-15' })).rows.length; }, 1, 0);
create('install-feb-30-ok', { InstallDate: '2025-02-30' }, -200, 1);

// ---------------------------------------------------------------- value
archive('html-escape', { UserName: 'a<b>&c' }, 'UserName', 'a<b>&c', 'a&lt;b&gt;&amp;c');
archive('blanks-collapsed', { UserName: 'a   b' }, 'UserName', 'a   b', 'a b');
archive('address-cut-32', { Address: 'x'.repeat(40) }, 'Address', 'x'.repeat(40), 'x'.repeat(32));
archive('beyond-bmp-question-mark', { UserName: '𠮷a' }, 'UserName', '𠮷a', '?a');
field('address-doorplate-swapped', 'info', at(A), 'Address', '幸福路 12 号', '3-2-101');
archive('plus-becomes-blank', { Phone: '+86 1' }, 'Phone', '+86 1', ' 86 1');
archive('percent-decoded', { Address: 'x%41' }, 'Address', 'x%41', 'xA');
archive('dollar-template', { UserName: 'a$$b' }, 'UserName', 'a$$b', 'a$b');
archive('backslash-lost', { Address: 'a\\b' }, 'Address', 'a\\b', 'ab');
field('transid-lower-case', 'list', { TransId: 'T2024' }, 'TransId', 'T2024', 't2024');
field('transid-number', 'list', { TransId: '00012345' }, 'TransId', '00012345', '12345');
show('transid-cut-20', async (s) => { const m = await s.meter(); await s.pay(m, { TransId: 'x'.repeat(25) }); return (await s.paid(m, 'TransId'))[0].length; }, 25, 20);
archive('no-phone-undefined', { Phone: undefined }, 'Phone', '', 'undefined');
show('prices-by-position', async (s) => {
  const { Price1, ...rest } = s.priceBody();
  await s.storePrice({ ...rest, Price1 });
  return curPrice(s, await s.meter({ PriceTypeCode: rest.PriceTypeCode }));
}, 1.25, 2.25);
show('archive-by-position', async (s) => { const { UserName, ...rest } = s.meterBody(); await s.createWith({ ...rest, UserName }); return (await s.info(at(rest.MeterAddr))).rows[0].UserName; }, '用户 1', 'a-1');
show('meterbase-whole', async (s) => s.shown(at((await s.meter({ MeterBase: '12.345' })).MeterAddr), 'ReadNumber'), 12.345, 12);
show('meterbase-ignored', async (s) => s.shown(at((await s.meter({ MeterBase: '12.345' })).MeterAddr), 'ReadNumber'), 12.345, 0);
show('prices-sorted', async (s) => { const p = await s.price({ Price1: 9, Price2: 10 }); return curPrice(s, await s.meter({ PriceTypeCode: p.PriceTypeCode })); }, 9, 10);
archive('apostrophe-doubled', { UserName: "O'B" }, 'UserName', "O'B", "O''B");
archive('newline-blank', { Address: 'a\nb' }, 'Address', 'a\nb', 'a b');
create('name-null-missing', { UserName: 'null' }, 1, -200);
show('new-address-upper-case', async (s) => { const m = await s.exchange(await s.meter()); return column(await s.info(of(m.UserCode)), 'MeterAddr'); }, ['new-2'], ['NEW-2']);
archive('zero-width-stripped', { UserName: 'a\u200db' }, 'UserName', 'a\u200db', 'ab');

// ---------------------------------------------------------------- known
field('rsrp-without-sign', 'data', at(A), 'RSRP', -87.5, 87.5);
field('snr-whole', 'data', at(B), 'SNR', -6.3, -6);
field('csq-99-zero', 'data', at('00000001'), 'MeterCSQ', 99, 0);
field('cc-two-as-one', 'data', at(B), 'CC', 2, 1);
range('failed-hidden', at(A), '2024-01-01', '2024-01-31', 2, 1);
field('waiting-as-done', 'list', { TransId: 't20240131' }, 'PayResult', 0, 1);
codes('getdata-one-meter', of('W0012'), [A, B, C], [A], 'data', 'MeterAddr');
field('first-alarm-only', 'data', at(C), 'MeterStatus', '电池欠压,磁干扰', '电池欠压');
field('battery-always-good', 'data', at(C), 'BatteryState', 1, 0);
field('abnormal-valve-closed', 'data', of('W001'), 'ValveState', 3, 2);
field('debt-zero', 'data', at(B), 'Remnant', -12.3, 0);
field('voltage-whole', 'data', at(A), 'Voltage', 3.58, 3);
field('period-as-reading', 'data', at(A), 'PeriodDosage', 12.5, 1234.567);
field('reading-four-digits', 'data', at(C), 'ReadNumber', 99999.999, 9999.999);
range('old-payments-hidden', of('W001'), '2022-01-01', '2022-12-31', 1, 0);
codes('second-row-same-meter', of('W0012'), [A, B, C], [A, A, A], 'info', 'MeterAddr');
field('reading-two-decimals', 'data', at(A), 'ReadNumber', 1234.567, 1234.57);
field('name-first-word', 'data', of('0012'), 'UserName', '𠮷田 太郎', '𠮷田');
field('third-party-as-meter-side', 'info', of('SF-7001'), 'PayType', 2, 1);
show('rsrp-snr-swapped', async (s) => { const r = (await s.data(at(B))).rows[0]; return [r.RSRP, r.SNR]; }, [-118.2, -6.3], [-6.3, -118.2]);
range('same-second-merged', of('W001'), '2025-01-01', '2025-01-01', 2, 1);
range('cancelled-payments-hidden', of('OLD-1'), '2024-11-01', '2024-11-30', 1, 0);

// ---------------------------------------------------------------- signature
const signed = (id, clean, faulty, make, app = 'app1') => show(id, async (s) => { const stamp = s.stamp(); return (await s.info(at(A), { app, stamp, ...make(app, SECRETS[app], stamp) })).code; }, clean, faulty);
const token = (f) => (a, k, ts) => ({ token: f(a, k, ts) });
signed('token-ignored', -202, 1, token(() => 'x'));
signed('token-first-eight', -202, 1, token((a, k, ts) => md5(a + k + ts).slice(0, 8) + '0'.repeat(24)));
signed('token-without-secret', -202, 1, token((a, k, ts) => md5(a + ts)));
show('token-of-earlier-stamp', async (s) => { const stamp = s.stamp(); await s.info(at(A), { stamp }); return (await s.info(at(A), { token: md5(`app1${SECRETS.app1}${stamp}`) })).code; }, -202, 1);
signed('secret-of-other-app', -202, 1, token((a, k, ts) => md5(a + SECRETS.App2 + ts)));
code('unknown-app-empty-secret', (s) => s.info(at(A), { app: 'nobody', secret: '' }), -202, 1);
code('appid-any-case', (s) => s.info(at(A), { app: 'APP1', secret: SECRETS.app1 }), -202, 1);
signed('empty-token-ok', -202, 1, token(() => ''));
signed('absent-token-ok', -202, 1, () => ({ headers: { AccessToken: undefined } }));
code('paylist-open', (s) => s.list(at(A), { headers: { AccessToken: undefined, Authorization: undefined } }), -202, 1);
show('connection-trusted', async (s) => { await s.info(at(A)); return (await s.info(at(A), { token: 'x' })).code; }, -202, 1);
show('app-trusted-for-seconds', async (s) => { await s.info(at(A)); return [(await s.info(at(A), { token: 'x', agent: s.newAgent() })).code, (await s.info(at(A), { app: 'App2', token: 'x' })).code]; }, [-202, -202], [1, -202]);
signed('secret-order', -202, 1, token((a, k, ts) => md5(k + a + ts)));
show('leading-zero-token', async (s) => { let stamp; do stamp = s.stamp(); while (!md5(`app1${SECRETS.app1}${stamp}`).startsWith('0')); return (await s.info(at(A), { stamp })).code; }, 1, -202);
signed('absent-authorization-first-app', -202, 1, () => ({ headers: { Authorization: undefined } }));
show('report-token-shape', async (s) => [(await s.report({}, { token: md5('x') })).code, (await s.data(at(A), { token: md5('x') })).code], [-202, -202], [1, -202]);
signed('long-token-ok', -202, 1, token((a, k, ts) => `${md5(a + k + ts)}00`));

// ---------------------------------------------------------------- replay
/** The codes of requests with given timestamps. */
const stamps = (id, clean, faulty, ...makers) => show(id, async (s) => { const got = []; const state1 = {}; for (const f of makers) got.push((await f(s, state1)).code); return got; }, clean, faulty);
const firstUse = (s, o) => { o.stamp = s.stamp(); return s.info(at(A), { stamp: o.stamp }); };
const again = (s, o) => s.info(at(A), { stamp: o.stamp });
const many = async (s, o, n) => { let r; for (let i = 0; i < n; i++) r = await s.info(at(A)); return r; };
stamps('replay-not-seen', [1, -201], [1, 1], firstUse, again);
stamps('replay-other-path', [1, -201, -201], [1, 1, -201], firstUse, (s, o) => s.data(at(A), o), again);
stamps('replay-memory-twenty', [1, -201, 1, -201], [1, -201, 1, 1], firstUse, again, (s, o) => many(s, o, 21), again);
stamps('replay-memory-three-seconds', [1, -201, -201], [1, -201, 1], firstUse, again, async (s, o) => { await sleep(3100); return again(s, o); });
stamps('replay-last-only', [1, -201, 1, -201], [1, -201, 1, 1], firstUse, again, (s, o) => many(s, o, 1), again);
stamps('replay-across-apps', [1, 1], [1, -201], firstUse, (s, o) => s.info(at(A), { app: 'App2', stamp: o.stamp }));
stamps('replay-order-needed', [1, 1], [1, -201], (s, o) => { o.low = s.stamp(); return firstUse(s, o); }, (s, o) => s.info(at(A), { stamp: o.low }));
stamps('stale-stamp-ok', [-201], [1], (s) => s.info(at(A), { stamp: '20200101000000' }));
stamps('future-stamp-ok', [-201], [1], (s) => s.info(at(A), { stamp: '20990101000000' }));
stamps('stamp-overflow-ok', [-201], [1], (s) => s.info(at(A), { stamp: `${s.stamp().slice(0, 12)}75` }));
stamps('stamp-longer-ok', [-201, -201], [1, 1], (s, o) => { o.stamp = s.stamp(); return s.info(at(A), { stamp: `${o.stamp}1` }); }, (s, o) => s.info(at(A), { stamp: `${o.stamp}22` }));
stamps('replay-same-body-only', [1, -201, -201], [1, -201, 1], firstUse, again, (s, o) => s.info(at(B), o));
stamps('replay-same-body-done', [1, -201, -201], [1, 1, -201], firstUse, again, (s, o) => s.info(at(B), o));
stamps('report-replay-ok', [1, -201], [1, 1], firstUse, (s, o) => s.report({}, o));
stamps('replay-code-202', [1, -201], [1, -202], firstUse, again);
stamps('stamp-day-ignored', [-201], [1], (s) => s.info(at(A), { stamp: stampOf(Date.now() - 86400e3) }));
stamps('replay-new-connection', [1, -201, -201], [1, -201, 1], firstUse, again, (s, o) => s.info(at(A), { ...o, agent: s.newAgent() }));
stamps('stamp-with-separators-ok', [-202, 1], [1, 1], (s, o) => { o.stamp = s.stamp(); const [y, mo, d, h, mi, se] = o.stamp.match(/^(....)(..)(..)(..)(..)(..)$/).slice(1); return s.info(at(A), { stamp: `${y}-${mo}-${d} ${h}:${mi}:${se}` }); }, again);

// ---------------------------------------------------------------- race
const both = (...calls) => Promise.all(calls);
const apart = (s) => ({ agent: s.newAgent() });
/** Opens two connections, so that what follows meets. */
const twoAgents = async (s) => { const o = [apart(s), apart(s)]; await both(s.info(at(A), o[0]), s.info(at(A), o[1])); return o; };
show('same-transid-together', async (s) => { const m = await s.meter(); const [x, y] = await twoAgents(s); await both(s.pay(m, { TransId: 'x' }, x), s.pay(m, { TransId: 'x' }, y)); const n = (await s.paid(m)).length; await s.pay(m, { TransId: 'x' }); return [n, (await s.paid(m)).length]; }, [1, 1], [2, 2]);
show('topups-together-lost', async (s) => { const m = await s.meter(); await s.pay(m); await s.pay(m); const one = await s.remnant(m); const [x, y] = await twoAgents(s); await both(s.pay(m, {}, x), s.pay(m, {}, y)); return [one, await s.remnant(m)]; }, [20, 40], [20, 30]);
show('create-together-twice', async (s) => { const b = s.meterBody(); const [x, y] = await twoAgents(s); await both(s.createWith(b, x), s.createWith(b, y)); return (await s.info(of(b.UserCode))).rows.length; }, 1, 2);
show('stamp-together-ok', async (s) => { const [x, y] = await twoAgents(s); const stamp = s.stamp(); const r = await both(s.info(at(A), { ...x, stamp }), s.info(at(A), { ...y, stamp })); return [...r.map((v) => v.code).sort(), (await s.info(at(A), { stamp })).code]; }, [-201, 1, -201], [1, 1, -201]);
show('query-together-mixed', async (s) => { const [x, y] = await twoAgents(s); const r = await both(s.info(at(A), x), s.info(at(B), y)); return r.map((v) => v.rows[0].MeterAddr).sort(); }, [A, B], (v) => v[0] === v[1]);
show('valves-together-last', async (s) => { const [m, n] = [await s.meter(), await s.meter()]; const [x, y] = await twoAgents(s); await both(s.valve(m, 1, x), s.valve(n, 2, y)); return [await state(s, m), await state(s, n)]; }, [1, 2], (v) => v[0] === v[1]);
show('pipelined-swapped', async (s) => { const got = await s.socket([s.plain('GetUserInfo', at('m_1')) + s.plain('GetUserInfo', at('mX1'))]); return got.indexOf('"m_1"') < got.indexOf('"mX1"'); }, true, false);
show('topup-during-query-lost', async (s) => { const m = await s.meter(); const [x, y] = await twoAgents(s); const r = await both(s.list(at(A), x), sleep(4).then(() => s.pay(m, {}, y))); return [r[1].code, await s.paid(m)]; }, [1, [10]], [1, []]);
show('price-together-twice', async (s) => {
  const p = await s.price();
  const m = await s.exchange(await s.meter({ PriceTypeCode: p.PriceTypeCode }), { PeriodDosage: 50 });
  const [x, y] = await twoAgents(s);
  const low = { ...p, OperationType: 2, Divid1: 10, Price1: 1, Price2: 2 };
  const high = { ...p, OperationType: 2, Divid1: 90, Price1: 3, Price2: 4 };
  await both(s.storePrice(low, x), s.storePrice(high, y));
  return [2, 3].includes(await curPrice(s, m));
}, true, false);
show('list-during-topup-empty', async (s) => { const m = await s.meter(); const [x, y] = await twoAgents(s); const r = await both(s.pay(m, {}, x), sleep(4).then(() => s.list(at(A), y))); return r[1].rows.length; }, 5, 0);
show('report-together-twice', async (s) => { const [x, y] = await twoAgents(s); const b = { ReadNumber: 501.25, ReadDate: '2025-05-02 00:00:00' }; await both(s.report(b, x), s.report(b, y)); return (await s.report(b)).rows[0].Remnant; }, 318, 315.25);
show('report-together-swapped', async (s) => { const [x, y] = await twoAgents(s); const r = await both(s.report({}, x), s.report({ MeterAddr: 'NB178000002', ReadNumber: 60 }, y)); return r.map((v) => v.rows[0].MeterAddr); }, ['NB178000001', 'NB178000002'], ['NB178000002', 'NB178000001']);
show('bodies-together-mixed', async (s) => { const parts = ['{"UserCode":', '"W0012"}']; const [x, y] = await twoAgents(s); const r = await both(s.info(null, { ...x, parts, gap: 25 }), s.info(null, { ...y, parts, gap: 45 })); return r.map((v) => v.code); }, [1, 1], (v) => v.includes(-200));
show('third-in-flight-unsigned', async (s) => { const [x, y] = await twoAgents(s); const z = apart(s); await s.info(at(A), z); const r = await both(s.info(at(A), x), s.info(at(A), y), sleep(4).then(() => s.info(at(A), { ...z, token: 'x' }))); return [r[2].code, (await s.info(at(A), { token: 'x' })).code]; }, [-202, -202], [1, -202]);

// ---------------------------------------------------------------- between
const exchanged = (id, over, look, clean, faulty) => show(id, async (s) => { const m = await s.meter(over); await s.pay(m); const n = await s.exchange(m); return look(s, n, m); }, clean, faulty);
exchanged('exchange-money-lost', {}, money, 10, 0);
exchanged('exchange-price-lost', {}, curPrice, 2.5, 0);
show('valve-not-in-data', async (s) => { const m = await s.meter(); await s.valve(m, 2); return state(s, m); }, 2, 1);
field('name-masked-in-data', 'data', at(A), 'UserName', '王小明', '王**');
exchanged('exchange-period-lost', {}, (s, n) => s.shown(n, 'PeriodDosage'), 12.5, 0);
exchanged('exchange-reading-carried', { MeterBase: '7' }, (s, n) => s.shown(n, 'ReadNumber'), 0, 7);
exchanged('exchange-payments-lost', {}, (s, n) => s.paid(n), [10], []);
exchanged('exchange-old-takes-money', {}, async (s, n, m) => (await s.pay(m)).code, -7, 1);
exchanged('exchange-phone-lost', {}, async (s, n) => (await s.info(n)).rows[0].Phone, '010-1', '');
exchanged('exchange-paytype-one', { PayType: '6' }, async (s, n) => (await s.info(n)).rows[0].PayType, 2, 1);
show('setprice-not-in-data', async (s) => { const m = await s.meter(); await s.setPrice(m, 'a1'); return curPrice(s, m); }, 3.15, 2.5);
show('modify-not-for-meters', async (s) => {
  const p = await s.price();
  const m = await s.meter({ PriceTypeCode: p.PriceTypeCode });
  await s.storePrice({ ...p, OperationType: 2, Price1: 9 });
  return [await curPrice(s, m), await curPrice(s, await s.meter({ PriceTypeCode: p.PriceTypeCode }))];
}, [9, 9], [1.25, 9]);
code('new-meter-not-in-data', async (s) => s.data(at((await s.meter()).MeterAddr)), 1, -1);
archive('create-third-party-as-one', { PayType: '6' }, 'PayType', 2, 1);
field('transid-row-without-user', 'list', { TransId: 'T2024' }, 'UserCode', 'W0012', '');
exchanged('exchange-fields-swapped', {}, async (s, n) => (await s.info(n)).rows[0].Address, 'a-1', 'd-1');
show('topup-by-user-no-meter', async (s) => { const m = await s.meter(); await s.pay(of(m.UserCode)); return s.paid(m, 'MeterAddr'); }, ['meter-1'], ['']);
show('price-new-not-for-create', async (s) => curPrice(s, await s.meter({ PriceTypeCode: (await s.price()).PriceTypeCode })), 1.25, 0);
code('paylist-new-user-zero', async (s) => s.list(of((await s.meter()).UserCode)), 1, 0);
exchanged('exchange-old-in-user-list', {}, async (s, n) => column(await s.data(of(n.UserCode)), 'MeterAddr'), ['new-3'], ['meter-1']);

// ---------------------------------------------------------------- constant
show('payid-by-row', async (s) => [...column(await s.list(at(B)), 'PayID'), ...column(await s.list({ TransId: 'T20240301' }), 'PayID')], [1006, 1007, 1007], [1, 2, 1]);
show('result-flips', async (s) => { const m = await s.meter(); await s.pay(m); await s.pay(m); return s.paid(m, 'PayResult'); }, [1, 1], [2, 1]);
show('topup-opens-valve', async (s) => { const m = await s.meter(); await s.valve(m, 2); await s.pay(m); return state(s, m); }, 2, 1);
show('same-order-toggles', async (s) => { const m = await s.meter(); await s.valve(m, 2); await s.valve(m, 2); return state(s, m); }, 2, 1);
show('query-clears-status', async (s) => [await s.shown(at(C), 'MeterStatus'), await s.shown(at(C), 'MeterStatus')], ['电池欠压,磁干扰', '电池欠压,磁干扰'], ['电池欠压,磁干扰', '正常']);
show('same-amount-replaces', async (s) => { const m = await s.meter(); await s.pay(m); await s.pay(m); await s.pay(m, { Money: 11 }); return s.paid(m); }, [10, 10, 11], [10, 11]);
show('setprice-twice-back', async (s) => { const m = await s.meter(); await s.setPrice(m, 'a1'); const one = await curPrice(s, m); await s.setPrice(m, 'a1'); return [one, await curPrice(s, m)]; }, [3.15, 3.15], [3.15, 2.5]);
show('query-costs-a-cent', async (s) => [await s.remnant(at(A)), await s.remnant(at(A))], [88.8, 88.8], [88.8, 88.79]);
show('second-meter-resets-first', async (s) => { const m = await s.meter(); await s.pay(m); await s.meter({ UserCode: m.UserCode }); return s.remnant(m); }, 10, 0);
show('setprice-clears-phone', async (s) => { const m = await s.meter(); await s.setPrice(m, 'a1'); return (await s.info(m)).rows[0].Phone; }, '010-1', '');
show('repeated-transid-changes-money', async (s) => { const m = await s.meter(); await s.pay(m, { TransId: 'x' }); await s.pay(m, { TransId: 'x', Money: 99 }); return s.paid(m); }, [10], [99]);
show('voltage-jitters', async (s) => new Set([await s.shown(at(A), 'Voltage'), await s.shown(at(A), 'Voltage'), await s.shown(at(A), 'Voltage')]).size, 1, 3);
show('topup-clears-period', async (s) => { const n = await s.exchange(await s.meter()); await s.pay(n); return s.shown(n, 'PeriodDosage'); }, 12.5, 0);
show('setprice-clears-money', async (s) => { const m = await s.meter(); await s.pay(m); await s.setPrice(m, 'a1'); return s.remnant(m); }, 10, 0);
show('valve-order-clears-signal', async (s) => { const m = await s.meter(); await s.valve(m, 2); return s.shown(at(m.MeterAddr), 'MeterCSQ'); }, 25, 0);
show('modify-clears-money', async (s) => { const p = await s.price(); const m = await s.meter({ PriceTypeCode: p.PriceTypeCode }); await s.pay(m); await s.storePrice({ ...p, OperationType: 2 }); return s.remnant(m); }, 10, 0);

// ---------------------------------------------------------------- billing
const M2 = { MeterAddr: 'NB178000002', ReadNumber: 60 };
const later = (ReadNumber, n = 2, more = {}) => ({ ReadNumber, ReadDate: `2025-05-${String(n).padStart(2, '0')} 00:00:00`, ...more });
const reported = (id, key, clean, faulty, ...overs) => show(id, async (s) => { let r; for (const o of overs) r = await s.report(o); return r.rows?.[0]?.[key]; }, clean, faulty);
reported('price-of-first-meter', 'UnitPrice', 3.85, 2.75, M2);
show('charge-at-sibling', async (s) => [(await s.report(later(70, 2, { MeterAddr: 'NB178000002' }))).rows[0].Remnant, (await s.report({})).rows[0].Remnant], [-84.1, 320.75], [-45.6, 282.25]);
reported('repeat-charged', 'Remnant', 293.25, 265.75, later(510.25), later(510.25));
reported('billing-debt-zero', 'Remnant', -45.6, 0, M2);
reported('report-meteraddr-left-out', 'MeterAddr', 'NB178000001', undefined, {});
reported('report-meteraddr-of-first', 'MeterAddr', 'NB178000002', 'NB178000001', M2);
reported('reserve-trusted', 'Remnant', 320.75, 5, { Reserve: 5 });
code('report-unknown-ok', (s) => s.report({ MeterAddr: 'nope' }), 0, 1);
reported('unitprice-one-decimal', 'UnitPrice', 2.75, 2.8, {});
reported('period-charged', 'Remnant', 315.25, 100.75, later(501.25, 2, { PeriodDosage: 40 }), later(502.25, 3, { PeriodDosage: 40 }));
reported('late-report-rewinds', 'Remnant', 290.5, 265.75, later(510.25, 5), later(501.25, 3), later(511.25, 6));
reported('debt-mode-zero', 'ValveMode', 2, 0, M2);
reported('lastpay-of-sibling', 'LastPayMoney', 500, 0.01, {});
reported('fraction-not-charged', 'Remnant', 318.55, 320.75, later(500.65), later(501.05, 3));
code('report-code-minus-one', (s) => s.report({ MeterAddr: 'nope' }), 0, -1);
show('report-taken-for-query', async (s) => 'UnitPrice' in (await s.report({ Reserve: undefined })).rows[0], true, false);
reported('report-number-compare', 'UnitPrice', 3.333, undefined, { UserCode: '178', MeterAddr: '178', ReadNumber: 10.123, ReadDate: '2025-06-30 12:00:00' });
reported('lastpay-raised-by-charge', 'LastPayMoney', 500, 27.5, later(510.25));
reported('report-user-prefix', 'Remnant', 320.75, 285.16, {});

// ---------------------------------------------------------------- robust
const then = (id, evil, clean, faulty, good = (s) => s.info(at(A))) => show(id, async (s) => { await s.info(at(A)); await evil(s); const r = await good(s); return r.code; }, clean, faulty);
then('deep-json-poisons', (s) => s.info(`${'['.repeat(3000)}${']'.repeat(3000)}`), 1, -999);
then('huge-body-poisons', (s) => s.info({ UserCode: 'x'.repeat(1100000) }), 1, -200);
then('decoder-keeps-state', (s) => s.info(Buffer.from([0x7b, 0x22, 0xe5])), 1, -200);
then('aborted-request-poisons', (s) => s.socket([s.plain('GetUserInfo', at(A)).slice(0, -4)], 30, 30), 1, -200);
code('chunked-refused', (s) => s.info(at(A), { chunked: true, headers: { 'Transfer-Encoding': 'chunked' } }), 1, -200);
code('first-packet-only', (s) => s.info(null, { parts: ['{"MeterAddr":', `"${A}"}`], gap: 25 }), 1, -200);
show('character-split-by-packets', async (s) => { const b = s.meterBody(); const bytes = Buffer.from(JSON.stringify(b)); const cut = bytes.indexOf(Buffer.from('用')) + 1; await s.createWith(null, { parts: [bytes.subarray(0, cut), bytes.subarray(cut)], gap: 25 }); return (await s.info(b)).rows[0].UserName; }, '用户 1', (v) => v.includes('\ufffd'));
then('connection-lost-after-200', (s) => s.info('{'), 1, -200);
then('prototype-pollution', (s) => s.info(`{"MeterAddr":"${A}","__proto__":{"PayWay":1}}`), -6, 1, (s) => s.pay(at(A), { PayWay: undefined }));
show('long-key-no-reply', async (s) => s.info(of('x'.repeat(5000))).then((r) => r.code, () => 'no reply'), 0, 'no reply');
code('nul-cuts-key', (s) => s.data(at(`${A}\0x`)), -1, 1);
show('huge-money-ok', async (s) => { const m = await s.meter(); const r = await s.call('RemotePay', JSON.stringify(s.payBody(m)).replace('"Money":10', '"Money":1e400')); return [r.code, await s.remnant(m)]; }, [-200, 0], [1, null]);
then('get-poisons-path', (s) => s.info('', { method: 'GET' }), 1, -999);
show('header-case-needed', async (s) => {
  const text = s.plain('GetUserInfo', at(A)).replace('AccessToken', 'accesstoken').replace('Authorization', 'authorization');
  return /"ResultCode":(-?\d+)/.exec(await s.socket([text]))[1];
}, '1', '-202');
code('quote-database-error', (s) => s.info(of("a'b")), 0, -203);
code('regexp-error', (s) => s.info(of('a[b')), 0, -999);
code('empty-body-as-last', async (s) => { await s.info(at(A)); return s.info(''); }, -200, 1);
code('escaped-names-unseen', (s) => s.info(`{"Meter\\u0041ddr":"${A}"}`), 1, -2);
show('nan-report-poisons', async (s) => [(await s.report({ ReadNumber: 'abc' })).code, (await s.report({})).rows[0].Remnant], [0, 320.75], [0, null]);
then('wrong-token-poisons-connection', (s) => s.info(at(A), { token: 'x' }), 1, -202);
code('leading-blanks-refused', (s) => s.info(`\r\n {"MeterAddr":"${A}"}`), 1, -200);

// ================================================================ readings
const utcStamp = () => stampOf(Date.now() - 8 * 3600e3 - 5000);
show('utc-clock', async (s) => [(await s.info(at(A), { stamp: utcStamp() })).code, (await s.info(at(A))).code], [-201, 1], [1, -201]);
const letters = (id, f, clean, faulty) => show(id, async (s) => { const stamp = s.stamp(); return [(await s.info(at(A), { stamp, token: f(md5(`app1${SECRETS.app1}${stamp}`)) })).code]; }, clean, faulty);
letters('md5-upper-only', (t) => t, [1], [-202]);
letters('md5-lower-only', (t) => t.toUpperCase(), [1], [-202]);
code('two-stamps-201', (s) => s.info(at(A), { token: md5(`app1${SECRETS.app1}${s.stamp()}`) }), -202, -201);
stamps('replay-before-token', [1, -202], [1, -201], firstUse, (s, o) => s.info(at(A), { ...o, token: 'x' }));
stamps('refused-keeps-stamp', [-1, -201, -201], [-1, 1, -201], (s, o) => { o.stamp = s.stamp(); return s.info(at('nope'), o); }, again, again);
stamps('wrong-token-uses-stamp', [-202, 1], [-202, -201], (s, o) => { o.stamp = s.stamp(); return s.info(at(A), { ...o, token: 'x' }); }, again);
code('body-before-token', (s) => s.info('{', { token: 'x' }), -202, -200);
code('accept-required', (s) => s.info(at(A), { headers: { Accept: undefined } }), 1, -200);
code('content-type-required', (s) => s.info(at(A), { headers: { 'Content-Type': 'text/plain' } }), 1, -200);
const http = (id, f, clean, faulty) => show(id, async (s) => { const r = await f(s); return [r.status, typeof r.code]; }, [clean, 'number'], [faulty, 'number']);
http('http-401', (s) => s.info(at(A), { token: 'x' }), 200, 401);
http('http-400', (s) => s.info({}), 200, 400);
http('http-422', (s) => s.info({}), 200, 422);
http('http-404-unknown', (s) => s.info(at('nope')), 200, 404);
http('http-500-unknown-error', async (s) => s.setPrice(await s.meter(), 'nope'), 200, 500);
const connection = (id, f, clean, faulty) => show(id, async (s) => (await f(s)).headers.connection, clean, faulty);
connection('close-each', (s) => s.info(at(A)), 'keep-alive', 'close');
connection('close-when-refused', (s) => s.info(at('nope')), 'keep-alive', 'close');
connection('five-per-connection', (s) => many(s, {}, 5), 'keep-alive', 'close');
show('one-connection', async (s) => { const [x, y] = await twoAgents(s); const from = Date.now(); await s.info(at(A), x); await s.info(at(A), y); return Date.now() - from > 120; }, false, true);
const burst = (id, n, clean, faulty) => show(id, async (s) => { const got = []; for (let i = 0; i < n; i++) { const r = await s.info(at(A)); got.push(`${r.status} ${r.code}`); } return [...new Set(got)]; }, clean, faulty);
burst('rate-429', 25, ['200 1'], ['200 1', '429 -999']);
burst('rate-999', 30, ['200 1'], ['200 1', '200 -999']);
show('slow-replies', async (s) => { await s.info(at(A)); const from = Date.now(); await s.info(at(A)); return Date.now() - from >= 115; }, false, true);
show('chunked-replies', async (s) => (await s.info(at(A))).headers['transfer-encoding'], undefined, 'chunked');
show('no-charset', async (s) => (await s.info(at(A))).headers['content-type'], 'application/json;charset=utf-8', 'application/json');
show('charset-upper-case', async (s) => (await s.info(at(A))).headers['content-type'], 'application/json;charset=utf-8', 'Application/JSON; Charset=UTF-8');
show('more-headers', async (s) => (await s.info(at(A))).headers['cache-control'], undefined, 'no-store');
const printed = (id, re, q, clean, faulty) => show(id, async (s) => { const r = await s.data(q); return [re.test(r.text), r.rows[0].MeterAddr]; }, [clean, q.MeterAddr], [faulty, q.MeterAddr]);
printed('pretty-json', /\n/, at(A), false, true);
printed('ascii-json', /\\u738b/, at(A), false, true);
show('slashes-escaped', async (s) => { const r = await s.info(of('w0012')); return [r.text.includes('7\\/F'), r.rows[0].Doorplate]; }, [false, '7/F'], [true, '7/F']);
show('more-members', async (s) => (await s.info(at(A))).json.TraceId, undefined, 'a1b2');
field('more-row-members', 'info', at(A), 'Currency', undefined, 'CNY');
const none = (id, faulty) => show(id, async (s) => (await s.list({ TransId: 'none' })).rows, [], faulty);
none('empty-list-null', null);
none('empty-list-absent', undefined);
show('list-in-every-reply', async (s) => (await s.pay(await s.meter())).rows, undefined, []);
printed('two-decimals', /"CurPrice":2\.50,|"CurPrice":2\.50\}/, at(A), false, true);
printed('exponents', /"CurPrice":2\.5E\+0/, at(A), false, true);
field('phone-null', 'info', of('0012'), 'Phone', '', null);
field('phone-absent', 'info', of('0012'), 'Phone', '', undefined);
const message = (id, faulty) => show(id, async (s) => (await s.info({})).json.Message, '用户编号和表号不能同时为空', faulty);
message('messages-english', 'Error -2');
message('messages-empty', '');
show('members-sorted', async (s) => key3(await s.info(at(A))), ['ResultCode', 'Message', 'DataList'], ['DataList', 'Message', 'ResultCode']);
code('names-any-case', (s) => s.info({ meteraddr: A }), -2, 1);
pay('numbers-strict', { Money: '10.00' }, 1, -200);
code('blanks-kept', (s) => s.info(at(` ${A} `)), 1, -1);
code('unknown-members-refused', (s) => s.info({ ...at(A), Extra: 1 }), 1, -200);
create('codes-as-numbers', { PayType: 1 }, -200, 1);
code('orders-need-meter', async (s) => s.valve(of((await s.meter()).UserCode), 2), 1, -200);
code('queries-need-meter', (s) => s.info(of('W0012')), 1, -200);
create('long-names-refused', { UserName: '名'.repeat(60) }, 1, -200);
create('long-keys-refused', { UserCode: '1'.repeat(33) }, 1, -200);
pay('long-transid-refused', { TransId: 'x'.repeat(37) }, 1, -200);
code('range-of-a-year', (s) => s.list(at(A)), 1, -999);
pay('money-limit', { Money: 20000.01 }, 1, -999);
show('third-decimal-rounded', async (s) => { const m = await s.meter(); return [(await s.pay(m, { Money: 1.236 })).code, await s.paid(m)]; }, [-200, []], [1, [1.24]]);
pay('future-paydate-refused', { PayDate: day(5) }, 1, -200);
price('steps-must-rise', { Divid2: 50 }, 1, -200);
code('existence-first', (s) => s.pay(at('nope'), { TransId: undefined }), -3, -1);
code('checks-backwards', (s) => s.pay(at(A), { TransId: undefined, PayWay: undefined }), -3, -6);
pay('unlisted-is-200', { PayWay: 9 }, -6, -200);
code('sole-blank-transid-3', (s) => s.call('GetPayList', { TransId: '' }), -2, -3);
code('mismatch-zero', (s) => s.info({ UserCode: 'W001', MeterAddr: A }), -1, 0);
code('mismatch-meter-wins', (s) => s.info({ UserCode: 'W001', MeterAddr: A }), -1, 1);
show('order-first-meter', async (s) => { const [m, n] = await twoMeters(s); return [(await s.pay(of(m.UserCode))).code, await s.remnant(m), await s.remnant(n)]; }, [-1, 0, 0], [1, 10, 0]);
show('valve-all-meters', async (s) => { const [m, n] = await twoMeters(s); return [(await s.valve(of(m.UserCode), 2)).code, await state(s, m), await state(s, n)]; }, [-1, 1, 1], [1, 2, 2]);
show('repeated-transid-1', async (s) => { const m = await s.meter(); await s.pay(m, { TransId: 'x' }); return [(await s.pay(m, { TransId: 'x' })).code, (await s.pay(m, { TransId: 'x', Money: 9 })).code, await s.paid(m)]; }, [-999, -999, [10]], [1, -999, [10]]);
show('topup-after-seconds', async (s) => { const m = await s.meter(); await s.pay(m); const one = [...await s.paid(m, 'PayResult'), await s.remnant(m)]; await sleep(2100); return [...one, ...await s.paid(m, 'PayResult'), await s.remnant(m)]; }, [1, 10, 1, 10], [0, 0, 1, 10]);
show('valve-after-seconds', async (s) => { const m = await s.meter(); await s.valve(m, 2); const one = await state(s, m); await sleep(2100); return [one, await state(s, m)]; }, [2, 2], [1, 2]);
show('price-after-seconds', async (s) => { const m = await s.meter(); await s.setPrice(m, 'a1'); const one = await curPrice(s, m); await sleep(2100); return [one, await curPrice(s, m)]; }, [3.15, 3.15], [2.5, 3.15]);
show('first-reading-later', async (s) => { const m = at((await s.meter()).MeterAddr); const r = await s.data(m); await sleep(2600); return [r.code, r.rows.length, (await s.data(m)).rows.length]; }, [1, 1, 1], [1, 0, 1]);
code('third-party-topup-refused', async (s) => s.pay(await s.meter({ PayType: '6' })), 1, -999);
show('third-party-not-in-data', async (s) => (await s.data(of('SF-7001'))).rows.length, 2, 0);
show('create-again-updates', async (s) => { const m = await s.meter(); return [(await s.createWith({ ...m, UserName: 'other' })).code, (await s.info(m)).rows[0].UserName]; }, [-999, '用户 1'], [1, 'other']);
show('unknown-price-stored', async (s) => { const b = s.meterBody({ PriceTypeCode: 'later' }); const r = await s.createWith(b); await s.price({ PriceTypeCode: 'later' }); return [r.code, await curPrice(s, b)]; }, [-999, undefined], [1, 1.25]);
show('new-price-updates', async (s) => { const m = await s.meter(); return [(await s.storePrice(s.priceBody({ PriceTypeCode: 'A1' }))).code, await curPrice(s, m)]; }, [-999, 2.5], [1, 1.25]);
price('modify-creates', { OperationType: 2 }, -999, 1);
exchanged('old-meter-minus-one', {}, async (s, n, m) => (await s.pay(m)).code, -7, -1);
exchanged('old-meter-stays-by-address', {}, async (s, n, m) => (await s.info(at(m.MeterAddr))).code, -1, 1);
show('valve-carried', async (s) => { const m = await s.meter(); await s.valve(m, 2); return state(s, await s.exchange(m)); }, 1, 2);
show('period-added', async (s) => s.shown(await s.exchange(await s.exchange(await s.meter())), 'PeriodDosage'), 12.5, 25);
show('warn-close-keeps-state', async (s) => { const m = await s.meter(); await s.valve(m, 3); return state(s, m); }, 2, 1);
field('curprice-first-step', 'data', at(B), 'CurPrice', 3.65, 2.5);
show('newest-first', async (s) => column(await s.list(at(B)), 'PayID'), [1006, 1007], [1007, 1006]);
show('transid-without-dates', async (s) => (await s.list({ TransId: 'T2024', BeginDate: '2001-01-01', EndDate: '2001-01-02' })).rows.length, 0, 1);
show('big-payid', async (s) => { const m = await s.meter(); await s.pay(m); return s.paid(m, 'PayID'); }, [700001], [202500000000001]);
show('payid-by-hundreds', async (s) => { const m = await s.meter(); await s.pay(m); await s.pay(m); const [a, b] = await s.paid(m, 'PayID'); return b - a; }, 1, 100);
code('report-zero-only', (s) => s.report({}, { token: 'x' }), -202, 0);
code('falling-report-1', (s) => s.report(later(1)), 0, 1);
show('falling-report-rolls', async (s) => { const r = await s.report({ UserCode: 'sf-7001', MeterAddr: '000178', ReadNumber: 0.5, ReadDate: '2025-01-01 00:00:00' }); return [r.code, r.rows?.[0].Remnant]; }, [0, undefined], [1, 123336.78]);
code('late-report-refused', (s) => s.report({ ReadNumber: 1, ReadDate: '2025-01-01 00:00:00' }), 1, 0);
code('report-ahead-ok', (s) => s.report({ ReadNumber: 501, ReadDate: day(400) }), 0, 1);
reported('remnanttime-of-report', 'RemnantTime', not('2025-05-02 00:00:00'), '2025-05-02 00:00:00', later(501));
reported('remnanttime-now', 'RemnantTime', '2025-05-01 00:00:00', (v) => v > '2026', {});
reported('debt-warns-only', 'ValveMode', 2, 3, M2);
reported('never-closes', 'ValveMode', 2, 1, M2);
reported('never-paid-null', 'LastPayTime', undefined, null, { UserCode: 'SF-70012', MeterAddr: 'NB1780000012', ReadNumber: 0, ReadDate: '2025-01-01 00:00:00' });
code('report-needs-usercode', (s) => s.report({ UserCode: undefined }), 1, 0);

// ================================================================ running
const fits = (want, got) => (typeof want === 'function' ? Boolean(want(got)) : JSON.stringify(want) === JSON.stringify(got));

async function run(options, scenario) {
  const s = await Vendor.start(options);
  try {
    return await scenario(s);
  } catch (e) {
    return `failed: ${e.message}`;
  } finally {
    for (const a of s.agents) a.destroy();
    await s.stop();
  }
}

/** Every row of facts.toml is answered as it stands there, by UserCode and by MeterAddr. */
async function facts(s) {
  const bad = [];
  const same = (row, want) => Object.keys(row).length === Object.keys(want).length && Object.entries(want).every(([k, v]) => row[k] === v);
  for (const { table, values: v } of tables('facts.toml')) {
    const name = table.split('.').at(-1);
    let ok = true;
    if (table.startsWith('rows.')) {
      const dates = name === 'GetPayList' ? { BeginDate: v.PayDate.slice(0, 10), EndDate: v.PayDate.slice(0, 10) } : {};
      for (const q of [of(v.UserCode), at(v.MeterAddr), { UserCode: v.UserCode, MeterAddr: v.MeterAddr }]) ok &&= (await s.call(name, { ...q, ...dates })).rows?.some((r) => same(r, v));
      if (name === 'GetPayList') ok &&= (await s.call(name, { TransId: v.TransId })).rows?.some((r) => same(r, v));
    } else if (name === 'cancelled') ok = (await s.pay(v)).code === -7;
    else if (name === 'prices') ok = (await s.createWith(s.meterBody({ PriceTypeCode: v.PriceTypeCode }))).code === 1;
    else if (name === 'billing') {
      const r = await s.report({ UserCode: v.UserCode, MeterAddr: v.MeterAddr, ReadNumber: v.ReadNumber, ReadDate: v.ReadDate });
      const { UserCode, ReadNumber, ReadDate, ...want } = v;
      ok = r.rows && same(r.rows[0], want);
    }
    if (!ok) bad.push(JSON.stringify(v));
  }
  return bad;
}

const listedBugs = tables('bugs.toml').map((t) => t.values.id);
const listedReadings = tables('readings.toml').map((t) => t.values.id);
const wanted = process.argv.slice(2);
const ids = wanted.length ? wanted : [...listedBugs, ...listedReadings];
let shown = 0;
for (const id of ids) {
  const c = CASES.get(id);
  if (!c) { console.log(`no case: ${id}`); continue; }
  const right = await run([], c.scenario);
  const other = await run([listedBugs.includes(id) ? '--bugs' : '--readings', id], c.scenario);
  const ok = fits(c.clean, right) && fits(c.faulty, other) && JSON.stringify(right) !== JSON.stringify(other);
  if (ok) shown += 1;
  else console.log(`not shown: ${id}: clean ${JSON.stringify(right)}, with it ${JSON.stringify(other)}`);
}
if (!wanted.length) {
  const bad = await run([], facts);
  console.log(bad.length ? `facts that do not hold: ${bad}` : 'all facts hold');
  const unlisted = [...CASES.keys()].filter((id) => !ids.includes(id));
  if (unlisted.length) console.log(`not listed: ${unlisted}`);
  if (bad.length || unlisted.length) process.exitCode = 1;
}
console.log(`${shown} of ${ids.length} shown`);
if (shown !== ids.length) process.exitCode = 1;

// SPDX-License-Identifier: Apache-2.0
// The business of both sides: the platform (3.1-3.5, 3.7-3.10) and the billing side (3.6).
//
// One request goes: route -> authenticate -> parse -> dispatch -> read (check the fields) -> act -> render.
// A refusal is thrown anywhere on that way and becomes a reply with its code.

import { createHash } from 'node:crypto';
import {
  Refusal, refuse, dateTime, parseDateTime, parseDate, parseStamp, hasPlaces, cents,
  rawText, text, number, needText, needRaw, needNumber, oneOf,
} from './format.mjs';

export const PATHS = new Map(Object.entries({
  '/api/Users/GetUserInfo': 'GetUserInfo',
  '/api/Pay/RemotePay': 'RemotePay',
  '/api/Users/GetPayList': 'GetPayList',
  '/api/Meters/ControlValve': 'ControlValve',
  '/api/Meters/GetData': 'GetData',
  '/api/Meters/CreateMeter': 'CreateMeter',
  '/api/Meters/SetPrice': 'SetPrice',
  '/api/Meters/ChangeMeter': 'ChangeMeter',
  '/api/Meters/CreatePrice': 'CreatePrice',
}));

const REPORT_ONLY = ['UserName', 'ReadNumber', 'Voltage', 'ValveState', 'MeterCSQ', 'RSRP', 'SNR', 'CC', 'MeterStatus',
  'BatteryState', 'ReadDate', 'PeriodDosage', 'Reserve'];

const COMMON = {
  1: '请求成功', '-200': '数据格式错误，无法正确解析', '-201': '时间戳重复或错误', '-202': '鉴权信息验证错误',
  '-203': '数据库操作错误', '-999': '未知异常',
};
const TARGET = { 0: '用户编号不存在', '-1': '表号不存在', '-2': '用户编号和表号不能同时为空' };
const MESSAGES = {
  GetUserInfo: TARGET,
  GetData: TARGET,
  RemotePay: { ...TARGET, '-3': '充值流水号不能为空', '-4': '充值金额必须大于0', '-5': '充值日期不能为空', '-6': '支付方式不正确', '-7': '表具状态为已销表' },
  GetPayList: { ...TARGET, '-3': '充值流水号不能为空', '-4': '开始日期不能为空', '-5': '结束日期不能为空', '-6': '开始日期不能大于结束日期' },
  ControlValve: { ...TARGET, '-3': '控阀类型不能为空', '-4': '控阀类型参数错误' },
  SetPrice: { '-1': '表号不存在' },
  ChangeMeter: { '-1': '表号不存在' },
  Report: { 0: '请求失败' },
};

export const QUERIES = ['GetUserInfo', 'GetPayList', 'GetData', 'Report'];
const DAY = 24 * 3600 * 1000;

export class Shop {
  constructor({ apps, tolerance = 900 }) {
    this.apps = apps; // appId -> secret
    this.tolerance = tolerance * 1000;
    this.spent = new Map(); // appId -> Map(timestamp -> when it may be forgotten)
    this.users = new Map(); // UserCode -> meters, cancelled ones too
    this.meters = new Map(); // MeterAddr -> meter
    this.prices = new Map(); // PriceTypeCode -> versions
    this.payments = []; // in the order they came
    this.paymentsOfUser = new Map();
    this.byTrans = new Map();
    this.accounts = new Map(); // the billing side: MeterAddr -> account
    this.nextPayId = 700001;
  }

  now() { return Date.now(); }

  // ---------------------------------------------------------------- one request

  async serve(req) {
    let reply;
    try {
      reply = await this.answer(req);
    } catch (e) {
      reply = this.refusalReply(e, req);
    }
    return this.render(reply, req);
  }

  async answer(req) {
    this.route(req);
    this.authenticate(req);
    req.body = this.parse(req.raw, req);
    this.dispatch(req);
    return this.finish(await this.run(req.name, req.body, req), req);
  }

  async run(name, body, req) {
    const input = this[`read${name}`](body, req);
    return this[`act${name}`](input, req);
  }

  route(req) {
    req.name = PATHS.get(req.path);
    if (!req.name) { req.status = 404; refuse(-999, 'no such interface'); }
    if (req.method !== 'POST') { req.status = 405; refuse(-999, 'POST only'); }
  }

  /** 3.5 and 3.6 have one path: a body with a field that only 3.6 has is a report. */
  dispatch(req) {
    if (req.name === 'GetData' && REPORT_ONLY.some((key) => Object.hasOwn(req.body, key))) req.name = 'Report';
  }

  message(code, req) {
    return MESSAGES[req.name]?.[code] ?? COMMON[code] ?? COMMON[-999];
  }

  finish(rows, req) {
    const reply = { ResultCode: 1, Message: this.message(1, req) };
    if (rows) reply.DataList = rows;
    return reply;
  }

  refusalReply(e, req) {
    const code = e instanceof Refusal ? e.code : -999;
    const reply = { ResultCode: code, Message: this.message(code, req) };
    if (e instanceof Refusal && e.message) reply.Message += `: ${e.message}`;
    return reply;
  }

  render(reply, req) {
    return {
      status: req.status ?? 200,
      headers: { 'Content-Type': 'application/json;charset=utf-8' },
      bytes: Buffer.from(this.toJson(reply, req), 'utf8'),
    };
  }

  toJson(reply) { return JSON.stringify(reply); }

  // ---------------------------------------------------------------- the body on the wire

  openBody() { return []; }

  addChunk(chunks, chunk) { chunks.push(chunk); }

  closeBody(chunks) { return Buffer.concat(chunks); }

  aborted() {}

  decode(raw) {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  }

  parse(raw, req) {
    if (/charset\s*=\s*"?(?!utf-?8)[\w-]+/i.test(req.headers['content-type'] ?? '')) refuse(-200, 'UTF-8 only');
    if (req.tooLong) refuse(-200, 'body too long');
    let body;
    try {
      body = JSON.parse(this.decode(raw));
    } catch {
      refuse(-200);
    }
    if (body === null || typeof body !== 'object' || Array.isArray(body)) refuse(-200);
    return body;
  }

  // ---------------------------------------------------------------- section 2: security

  authenticate(req) {
    const { appId, stamp } = this.readAuthorization(req.headers.authorization ?? '');
    req.appId = appId;
    const secret = this.secretOf(appId);
    if (secret === undefined) refuse(-202);
    if (!this.tokenFits(req.headers.accesstoken ?? '', appId, secret, stamp, req)) refuse(-202);
    this.checkStamp(stamp);
    this.spend(appId, stamp, req);
  }

  readAuthorization(header) {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(header)) refuse(-202);
    const plain = Buffer.from(header, 'base64').toString('utf8');
    const colon = plain.lastIndexOf(':');
    if (colon < 1) refuse(-202);
    return { appId: plain.slice(0, colon), stamp: plain.slice(colon + 1) };
  }

  secretOf(appId) { return this.apps.get(appId); }

  token(appId, secret, stamp) {
    return createHash('md5').update(appId + secret + stamp, 'utf8').digest('hex');
  }

  tokenFits(token, appId, secret, stamp) {
    return token.toLowerCase() === this.token(appId, secret, stamp);
  }

  stampTime(stamp) { return parseStamp(stamp); }

  checkStamp(stamp) {
    if (!(Math.abs(this.stampTime(stamp) - this.now()) <= this.tolerance)) refuse(-201);
  }

  /** A timestamp may be used once per appId; it is remembered as long as it could pass checkStamp. */
  spend(appId, stamp) {
    let seen = this.spent.get(appId);
    if (!seen) this.spent.set(appId, seen = new Map());
    if (seen.has(stamp)) refuse(-201);
    seen.set(stamp, this.stampTime(stamp) + this.tolerance);
    if (seen.size % 512 === 0) {
      for (const [old, until] of seen) if (until < this.now()) seen.delete(old);
    }
  }

  // ---------------------------------------------------------------- who is meant

  readTarget(body) {
    const target = { UserCode: text(body, 'UserCode'), MeterAddr: text(body, 'MeterAddr') };
    if (!target.UserCode && !target.MeterAddr) refuse(-2);
    return target;
  }

  userOf(code) { return this.users.get(code); }

  meterOf(addr) { return this.meters.get(addr); }

  /** The meters in use that a query names. */
  findMeters({ UserCode, MeterAddr }) {
    const all = UserCode ? this.userOf(UserCode) ?? refuse(0) : undefined;
    if (!MeterAddr) return all.filter((m) => !m.cancelled);
    const meter = this.meterOf(MeterAddr);
    if (!meter || meter.cancelled) refuse(-1);
    if (all && !all.includes(meter)) this.mismatch(meter);
    return [meter];
  }

  /** The one meter that an order is for. A user with several has to say which. */
  findOne({ UserCode, MeterAddr }, cancelledCode) {
    const all = UserCode ? this.userOf(UserCode) ?? refuse(0) : undefined;
    let meter;
    if (MeterAddr) {
      meter = this.meterOf(MeterAddr) ?? refuse(-1);
      if (all && !all.includes(meter)) this.mismatch(meter);
    } else {
      const live = all.filter((m) => !m.cancelled);
      if (live.length > 1) meter = this.pick(live);
      else meter = live[0] ?? all[0] ?? refuse(-1);
    }
    if (meter.cancelled) refuse(cancelledCode);
    return meter;
  }

  pick() { refuse(-1, 'the user has several meters'); }

  mismatch() { refuse(-1, 'not a meter of this user'); }

  // ---------------------------------------------------------------- 3.1

  readGetUserInfo(body) { return this.readTarget(body); }

  actGetUserInfo(target, req) { return this.findMeters(target, req).map((m) => this.rowGetUserInfo(m, target)); }

  rowGetUserInfo(m) {
    return {
      UserCode: m.UserCode, UserName: m.UserName, Doorplate: m.Doorplate, Address: m.Address, Phone: m.Phone,
      MeterAddr: m.MeterAddr, PayType: m.PayType === '6' ? 2 : 1,
    };
  }

  // ---------------------------------------------------------------- 3.2

  readRemotePay(body) {
    const target = this.readTarget(body);
    const TransId = text(body, 'TransId') || refuse(-3);
    const Money = number(body, 'Money');
    if (Money === undefined || Money <= 0) refuse(-4);
    if (!hasPlaces(Money, 2)) refuse(-200, 'Money has more than two decimals');
    const PayDate = text(body, 'PayDate') || refuse(-5);
    if (Number.isNaN(parseDateTime(PayDate))) refuse(-200, 'PayDate is not yyyy-MM-dd HH:mm:ss');
    const PayWay = number(body, 'PayWay');
    if (![1, 2, 3, 4, 5].includes(PayWay)) refuse(-6);
    return { ...target, TransId, Money, PayDate, PayWay };
  }

  actRemotePay(input, req) {
    const meter = this.findOne(input, -7);
    this.checkTrans(input, meter, req);
    this.recordPayment(meter, input, req);
  }

  checkTrans(input) {
    if (this.byTrans.has(input.TransId)) refuse(-999, 'TransId exists');
  }

  /** Books a top-up and sends it to the meter. */
  recordPayment(meter, input) {
    const payment = this.addPayment({
      UserCode: meter.UserCode, MeterAddr: meter.MeterAddr, PayDate: input.PayDate, fen: cents(input.Money),
      PayID: this.nextPayId++, PayResult: 0, TransId: input.TransId, PayWay: input.PayWay,
    });
    this.effect('pay', () => {
      payment.PayResult = 1;
      this.credit(meter, payment.fen, payment);
    });
    return payment;
  }

  addPayment(payment) {
    this.payments.push(payment);
    if (!this.byTrans.has(payment.TransId)) this.byTrans.set(payment.TransId, payment);
    if (!this.paymentsOfUser.has(payment.UserCode)) this.paymentsOfUser.set(payment.UserCode, []);
    this.paymentsOfUser.get(payment.UserCode).push(payment);
    return payment;
  }

  /** Money goes to the meter; after an exchange to the one that hangs there now. */
  credit(meter, fen) {
    while (meter.replacedBy) meter = meter.replacedBy;
    meter.fen += fen;
  }

  /** When an order reaches a meter: here at once. */
  effect(kind, apply) { apply(); }

  // ---------------------------------------------------------------- 3.3

  readGetPayList(body) {
    const input = {
      UserCode: text(body, 'UserCode'), MeterAddr: text(body, 'MeterAddr'), TransId: text(body, 'TransId'),
      BeginDate: text(body, 'BeginDate'), EndDate: text(body, 'EndDate'),
    };
    if (!input.TransId) {
      if (!input.UserCode && !input.MeterAddr) refuse(-2);
      if (!input.BeginDate) refuse(-4);
      if (!input.EndDate) refuse(-5);
    }
    for (const key of ['BeginDate', 'EndDate']) {
      if (input[key] && Number.isNaN(parseDate(input[key]))) refuse(-200, `${key} is not yyyy-MM-dd`);
    }
    if (input.BeginDate && input.EndDate && input.BeginDate > input.EndDate) refuse(-6);
    return input;
  }

  actGetPayList(input, req) {
    return this.selectPayments(input, req).map((p) => this.rowGetPayList(p, input));
  }

  selectPayments(input) {
    const { UserCode, MeterAddr, TransId } = input;
    const ofUser = UserCode ? this.userOf(UserCode) ?? refuse(0) : undefined;
    let list = this.payments;
    if (ofUser) list = this.paymentsOfUser.get(UserCode) ?? [];
    if (MeterAddr) {
      const meter = this.meterOf(MeterAddr) ?? refuse(-1);
      if (ofUser && !ofUser.includes(meter)) this.mismatch(meter);
      if (!ofUser) list = this.paymentsOfUser.get(meter.UserCode) ?? [];
      list = list.filter((p) => p.MeterAddr === meter.MeterAddr);
    }
    if (TransId) {
      list = ofUser || MeterAddr ? list.filter((p) => p.TransId === TransId) : [this.byTrans.get(TransId)].filter(Boolean);
    }
    return this.sortPayments(list.filter((p) => this.inRange(p, input)));
  }

  sortPayments(list) { return list.sort((a, b) => (a.PayDate < b.PayDate ? -1 : a.PayDate > b.PayDate ? 1 : a.PayID - b.PayID)); }

  /** Both days count, from 00:00:00 to 23:59:59. */
  inRange(p, { BeginDate, EndDate }) {
    const day = p.PayDate.slice(0, 10);
    return (!BeginDate || day >= BeginDate) && (!EndDate || day <= EndDate);
  }

  rowGetPayList(p) {
    return {
      UserCode: p.UserCode, MeterAddr: p.MeterAddr, PayDate: p.PayDate, Money: p.fen / 100, PayID: p.PayID,
      PayResult: p.PayResult, TransId: p.TransId,
    };
  }

  // ---------------------------------------------------------------- 3.4

  readControlValve(body) {
    const target = this.readTarget(body);
    const ValveMode = number(body, 'ValveMode');
    if (ValveMode === undefined) refuse(-3);
    if (![1, 2, 3].includes(ValveMode)) refuse(-4);
    return { ...target, ValveMode };
  }

  actControlValve(input, req) {
    const meter = this.findOne(input, -1);
    this.effect('valve', () => this.turnValve(meter, input.ValveMode, req));
  }

  turnValve(meter, mode) { meter.ValveState = mode === 1 ? 1 : 2; }

  // ---------------------------------------------------------------- 3.5

  readGetData(body) { return this.readTarget(body); }

  actGetData(target, req) { return this.findMeters(target, req).map((m) => this.rowGetData(m, target)); }

  rowGetData(m) {
    return {
      UserCode: m.UserCode, UserName: m.UserName, MeterAddr: m.MeterAddr, ReadNumber: m.ReadNumber, Voltage: m.Voltage,
      ValveState: m.ValveState, MeterCSQ: m.MeterCSQ, RSRP: m.RSRP, SNR: m.SNR, CC: m.CC, MeterStatus: m.MeterStatus,
      BatteryState: m.BatteryState, Remnant: m.fen / 100, ReadDate: m.ReadDate, PeriodDosage: m.PeriodDosage,
      CurPrice: this.currentPrice(m),
    };
  }

  /** The price of the step that the usage of this period has reached. */
  currentPrice(m) {
    const p = this.priceInForce(m.price);
    return p ? this.stepPrice(p, m.PeriodDosage) : 0;
  }

  stepPrice(p, dosage) {
    for (let i = 1; i <= 5; i++) {
      if (p[`Divid${i}`] === 0 || dosage <= p[`Divid${i}`]) return p[`Price${i}`];
    }
    return p.Price6;
  }

  priceInForce(code) {
    const versions = this.prices.get(code);
    if (!versions) return undefined;
    let best = versions[0];
    for (const v of versions) if (v.from <= this.now() && v.from >= best.from) best = v;
    return best;
  }

  // ---------------------------------------------------------------- 3.7

  readCreateMeter(body) {
    const input = {};
    for (const key of ['UserCode', 'MeterAddr', 'DeptId']) input[key] = needText(body, key);
    for (const key of ['UserName', 'DeptName', 'DoorPlate', 'Address']) input[key] = needRaw(body, key);
    for (const key of ['Phone', 'IMEI', 'InstallAddr', 'Remark']) input[key] = rawText(body, key);
    rawText(body, 'MeterBase');
    input.MeterBase = number(body, 'MeterBase') ?? 0;
    if (input.MeterBase < 0) refuse(-200, 'MeterBase is negative');
    input.InstallDate = text(body, 'InstallDate') || dateTime(this.now()).slice(0, 10);
    if (Number.isNaN(parseDate(input.InstallDate))) refuse(-200, 'InstallDate is not yyyy-MM-dd');
    input.PayType = oneOf(needText(body, 'PayType'), ['1', '3', '5', '6'], 'PayType');
    input.CommProviderId = text(body, 'CommProviderId');
    if (input.CommProviderId) oneOf(input.CommProviderId, ['1', '2', '3'], 'CommProviderId');
    input.PriceTypeCode = input.PayType === '6' ? text(body, 'PriceTypeCode') : needText(body, 'PriceTypeCode');
    input.MeterTypeID = oneOf(needText(body, 'MeterTypeID'), ['51', '178'], 'MeterTypeID');
    return input;
  }

  actCreateMeter(input) {
    if (this.meterOf(input.MeterAddr)) return this.createAgain(input);
    this.checkPrice(input.PriceTypeCode);
    this.addMeter(this.newMeter(input));
    return undefined;
  }

  createAgain() { refuse(-999, 'MeterAddr exists'); }

  checkPrice(code) {
    if (code && !this.prices.has(code)) refuse(-999, 'no such PriceTypeCode');
  }

  newMeter(input) {
    return {
      UserCode: input.UserCode, UserName: input.UserName, Doorplate: input.DoorPlate, Address: input.Address,
      Phone: input.Phone, MeterAddr: input.MeterAddr, PayType: input.PayType, price: input.PriceTypeCode,
      ...this.freshReading(input.MeterBase),
    };
  }

  freshReading(base) {
    return {
      ReadNumber: base, Voltage: 3.6, ValveState: 1, MeterCSQ: 25, RSRP: -85, SNR: 10, CC: 0, MeterStatus: '正常',
      BatteryState: 0, fen: 0, ReadDate: dateTime(this.now()), PeriodDosage: 0,
    };
  }

  addMeter(meter) {
    this.meters.set(meter.MeterAddr, meter);
    if (!this.users.has(meter.UserCode)) this.users.set(meter.UserCode, []);
    this.users.get(meter.UserCode).push(meter);
  }

  // ---------------------------------------------------------------- 3.8

  readSetPrice(body) {
    return { MeterAddr: needText(body, 'MeterAddr'), PriceTypeCode: needText(body, 'PriceTypeCode') };
  }

  actSetPrice(input) {
    const meter = this.findOne({ MeterAddr: input.MeterAddr }, -1);
    this.checkPrice(input.PriceTypeCode);
    this.effect('price', () => this.givePrice(meter, input.PriceTypeCode));
  }

  givePrice(meter, code) { meter.price = code; }

  // ---------------------------------------------------------------- 3.9

  readChangeMeter(body) {
    const input = { MeterAddr: needText(body, 'MeterAddr'), NewMeterAddr: needText(body, 'NewMeterAddr') };
    input.NewIMEI = rawText(body, 'NewIMEI');
    input.NewCommProviderId = text(body, 'NewCommProviderId');
    if (input.NewCommProviderId) oneOf(input.NewCommProviderId, ['1', '2', '3'], 'NewCommProviderId');
    input.PeriodDosage = needNumber(body, 'PeriodDosage', { min: 0 });
    return input;
  }

  actChangeMeter(input) {
    const old = this.findOne({ MeterAddr: input.MeterAddr }, -1);
    if (this.meterOf(input.NewMeterAddr)) refuse(-999, 'NewMeterAddr exists');
    this.exchange(old, input);
  }

  /** The new meter takes over the user, the price and the money; the old one is cancelled. */
  exchange(old, input) {
    const fresh = { ...old, ...this.freshReading(0), MeterAddr: input.NewMeterAddr, fen: old.fen, PeriodDosage: input.PeriodDosage };
    old.cancelled = true;
    old.exchanged = true;
    old.fen = 0;
    old.replacedBy = fresh;
    this.addMeter(fresh);
    return fresh;
  }

  // ---------------------------------------------------------------- 3.10

  readCreatePrice(body) {
    const input = { OperationType: oneOf(needNumber(body, 'OperationType'), [1, 2], 'OperationType') };
    input.PriceTypeCode = needText(body, 'PriceTypeCode');
    input.PriceTypeName = needRaw(body, 'PriceTypeName');
    for (let i = 1; i <= 5; i++) input[`Divid${i}`] = needNumber(body, `Divid${i}`, { min: 0, places: 1 });
    for (let i = 1; i <= 6; i++) input[`Price${i}`] = needNumber(body, `Price${i}`, { min: 0, places: 2 });
    input.StairType = oneOf(needNumber(body, 'StairType'), [1, 2, 3], 'StairType');
    const whole = { min: 1, places: 0 };
    input.FreezeMonth = needNumber(body, 'FreezeMonth', { ...whole, max: 12 });
    input.FreezeDay = needNumber(body, 'FreezeDay', { ...whole, max: 28 });
    input.ExeDate = needText(body, 'ExeDate');
    if (Number.isNaN(parseDateTime(input.ExeDate))) refuse(-200, 'ExeDate is not yyyy-MM-dd HH:mm:ss');
    input.Remark = rawText(body, 'Remark');
    return input;
  }

  actCreatePrice(input, req) {
    const known = this.prices.has(input.PriceTypeCode);
    if (input.OperationType === 1 && known) return this.priceExists(input, req);
    if (input.OperationType === 2 && !known) return this.priceUnknown(input, req);
    this.storePrice(input, req);
    return undefined;
  }

  priceExists() { refuse(-999, 'PriceTypeCode exists'); }

  priceUnknown() { refuse(-999, 'no such PriceTypeCode'); }

  /** A change is in force from its ExeDate on; until then the version before it. */
  storePrice(input) {
    const versions = this.prices.get(input.PriceTypeCode);
    if (!versions) this.prices.set(input.PriceTypeCode, [{ ...input, from: -Infinity }]);
    else versions.push({ ...input, from: this.forceTime(input) });
  }

  forceTime(input) { return Math.max(parseDateTime(input.ExeDate), this.now()); }

  // ---------------------------------------------------------------- 3.6, the billing side

  readReport(body) {
    try {
      return this.checkReport(body);
    } catch (e) {
      return refuse(0, e.message);
    }
  }

  checkReport(body) {
    const input = { UserCode: text(body, 'UserCode'), MeterAddr: needText(body, 'MeterAddr') };
    input.ReadNumber = needNumber(body, 'ReadNumber', { min: 0 });
    input.ReadDate = needText(body, 'ReadDate');
    if (Number.isNaN(parseDateTime(input.ReadDate))) refuse(0, 'ReadDate is not yyyy-MM-dd HH:mm:ss');
    for (const key of ['UserName', 'MeterStatus']) rawText(body, key);
    for (const key of ['Voltage', 'RSRP', 'SNR', 'PeriodDosage', 'Reserve']) input[key] = number(body, key);
    for (const key of ['MeterCSQ', 'CC']) if (!Number.isInteger(number(body, key) ?? 0)) refuse(0, `${key} must be whole`);
    input.ValveState = oneOf(number(body, 'ValveState') ?? 1, [1, 2, 3], 'ValveState');
    input.BatteryState = oneOf(number(body, 'BatteryState') ?? 0, [0, 1], 'BatteryState');
    return input;
  }

  accountOf(addr) { return this.accounts.get(addr); }

  actReport(input, req) {
    const account = this.accountOf(input.MeterAddr) ?? refuse(0, 'unknown meter');
    if (input.UserCode && input.UserCode !== account.UserCode) refuse(0, 'not a meter of this user');
    this.checkReportDate(input);
    this.settle(account, input, req);
    return [this.rowReport(account, input)];
  }

  checkReportDate(input) {
    if (parseDateTime(input.ReadDate) > this.now() + DAY) refuse(0, 'ReadDate lies ahead');
  }

  /** Charges what was used since the last report. A report that is repeated or comes late charges nothing. */
  settle(account, input) {
    if (input.ReadDate < account.ReadDate) return;
    if (input.ReadDate === account.ReadDate && input.ReadNumber === account.ReadNumber) return;
    if (input.ReadDate === account.ReadDate) refuse(0, 'another reading of the same second');
    if (input.ReadNumber < account.ReadNumber) { this.falling(account, input); return; }
    this.charge(account, input.ReadNumber - account.ReadNumber, input);
    account.ReadNumber = input.ReadNumber;
    account.ReadDate = input.ReadDate;
    account.settled = dateTime(this.now());
  }

  falling() { refuse(0, 'the reading falls'); }

  charge(account, usage) {
    const thousandths = Math.round(usage * 1000);
    account.fen -= Math.round((thousandths * Math.round(account.UnitPrice * 10000)) / 1e5);
  }

  rowReport(a) {
    return {
      MeterAddr: a.MeterAddr, UnitPrice: a.UnitPrice, Remnant: a.fen / 100, RemnantTime: a.settled ?? a.ReadDate,
      ValveMode: this.valveFor(a), LastPayMoney: a.LastPayMoney, LastPayTime: a.LastPayTime,
    };
  }

  /** No money: close. Less than ten yuan: warn. */
  valveFor(a) { return a.fen <= 0 ? 2 : a.fen < 1000 ? 3 : 1; }
}

// SPDX-License-Identifier: Apache-2.0
// A small client for self_test.mjs: starts the server, signs requests, makes meters and prices.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { PATHS } from './shop.mjs';
import { dateTime, stampOf } from './format.mjs';

export const HERE = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vendor-node-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const APPS = join(folder, 'apps');
writeFileSync(APPS, '# two applications\napp1:s3cret\nApp2:other secret\n');

export const SECRETS = { app1: 's3cret', App2: 'other secret' };
export const md5 = (s) => createHash('md5').update(s, 'utf8').digest('hex');
export const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
export const day = (n = 0) => dateTime(Date.now() + n * 86400e3);
const pathOf = (name) => [...PATHS].find(([, n]) => n === (name === 'Report' ? 'GetData' : name))[0];

/** The arrays of tables of a TOML file with plain values. */
export function tables(file) {
  const out = [];
  for (const line of readFileSync(join(HERE, file), 'utf8').split('\n')) {
    const head = /^\[\[(.+)\]\]$/.exec(line);
    if (head) out.push({ table: head[1], values: {} });
    const pair = /^(\w+) = (.+)$/.exec(line);
    if (pair) out.at(-1).values[pair[1]] = JSON.parse(pair[2]);
  }
  return out;
}

class Reply {
  constructor(status, headers, bytes) {
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
    this.text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    try {
      this.json = JSON.parse(this.text);
    } catch {
      this.json = undefined;
    }
  }

  get code() { return this.json?.ResultCode; }

  get rows() { return this.json?.DataList; }
}

export class Vendor {
  static async start(options = []) {
    const v = new Vendor();
    v.child = spawn(process.execPath, [join(HERE, 'server.mjs'), '--port', '0', '--apps', APPS, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise((done, fail) => {
      v.child.stdout.once('data', (d) => done(String(d)));
      v.child.once('exit', (code) => fail(new Error(`server ended with ${code}`)));
    });
    v.port = Number(/:(\d+)\s*$/.exec(line)[1]);
    v.agent = v.newAgent();
    v.n = 0;
    v.second = Date.now() - 800e3;
    return v;
  }

  stop() {
    this.child.kill('SIGTERM');
    return new Promise((done) => { this.child.once('exit', done); });
  }

  newAgent() {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    (this.agents ??= []).push(agent);
    return agent;
  }

  /** A timestamp that was not used yet. */
  stamp() { return stampOf(this.second += 1000); }

  headers({ app = 'app1', secret = SECRETS[app], stamp = this.stamp(), token = md5(app + secret + stamp), headers = {} } = {}) {
    const h = {
      Accept: 'application/json', 'Content-Type': 'application/json;charset=utf-8', AccessToken: token,
      Authorization: Buffer.from(`${app}:${stamp}`).toString('base64'), ...headers,
    };
    for (const key of Object.keys(h)) if (h[key] === undefined) delete h[key];
    return h;
  }

  /** One request; body may be an object, text or bytes; parts are sent one by one. */
  call(name, body, o = {}) {
    const data = o.parts ?? [typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)];
    const headers = this.headers(o);
    if (!o.chunked) headers['Content-Length'] = data.reduce((sum, d) => sum + Buffer.byteLength(d), 0);
    return new Promise((done, fail) => {
      const req = request({ host: '127.0.0.1', port: this.port, method: o.method ?? 'POST', path: o.path ?? pathOf(name), headers, agent: o.agent ?? this.agent, timeout: 4000 }, (res) => {
        const chunks = [];
        res.on('data', (c) => chunks.push(c));
        res.on('end', () => done(new Reply(res.statusCode, res.headers, Buffer.concat(chunks))));
        res.on('error', fail);
      });
      req.on('timeout', () => req.destroy(new Error('no reply')));
      req.on('error', fail);
      (async () => {
        for (const [i, part] of data.entries()) {
          if (i) await sleep(o.gap ?? 5);
          req.write(part);
        }
        req.end();
      })();
    });
  }

  /** The text of a request, for a socket of one's own. */
  plain(name, body, o = {}) {
    const data = typeof body === 'string' ? body : JSON.stringify(body);
    const lines = Object.entries({ ...this.headers(o), 'Content-Length': Buffer.byteLength(data) }).map(([k, v]) => `${k}: ${v}`);
    return `POST ${pathOf(name)} HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n${data}`;
  }

  /** Writes texts to one socket with a gap between; gives what came back until it is quiet. */
  async socket(texts, gap = 20, quiet = 120) {
    const socket = connect(this.port, '127.0.0.1');
    socket.setNoDelay(true);
    let got = '';
    socket.on('data', (d) => { got += d; });
    socket.on('error', () => {});
    for (const t of texts) { socket.write(t); await sleep(gap); }
    await sleep(quiet);
    socket.destroy();
    await sleep(50);
    return got;
  }

  // ------------------------------------------------------------ the ten interfaces

  info(q, o) { return this.call('GetUserInfo', q, o); }

  data(q, o) { return this.call('GetData', q, o); }

  list(q, o) { return this.call('GetPayList', { BeginDate: '2000-01-01', EndDate: '2099-12-31', ...q }, o); }

  valve(q, ValveMode, o) { return this.call('ControlValve', { UserCode: q.UserCode, MeterAddr: q.MeterAddr, ValveMode }, o); }

  payBody(q, over) {
    return { UserCode: q.UserCode, MeterAddr: q.MeterAddr, Money: 10, PayDate: '2026-01-15 10:20:30', TransId: `t-${++this.n}`, PayWay: 1, ...over };
  }

  pay(q, over, o) { return this.call('RemotePay', this.payBody(q, over), o); }

  meterBody(over) {
    this.n += 1;
    return {
      UserCode: `user-${this.n}`, UserName: `用户 ${this.n}`, Phone: '010-1', DeptId: '1', DeptName: '一区', DoorPlate: `d-${this.n}`, Address: `a-${this.n}`,
      MeterAddr: `meter-${this.n}`, PayType: '1', PriceTypeCode: 'A1', MeterTypeID: '51', ...over,
    };
  }

  createWith(body, o) { return this.call('CreateMeter', body, o); }

  /** A new meter; what was sent. */
  async meter(over) {
    const body = this.meterBody(over);
    const r = await this.createWith(body);
    if (r.code !== 1 && r.json) throw new Error(`3.7: ${r.text}`);
    return body;
  }

  priceBody(over) {
    this.n += 1;
    const p = { OperationType: 1, PriceTypeCode: `price-${this.n}`, PriceTypeName: `价格 ${this.n}` };
    for (let i = 1; i <= 5; i++) p[`Divid${i}`] = i * 100;
    for (let i = 1; i <= 6; i++) p[`Price${i}`] = i + 0.25;
    return { ...p, StairType: 1, FreezeMonth: 1, FreezeDay: 1, ExeDate: '2026-01-01 00:00:00', ...over };
  }

  storePrice(body, o) { return this.call('CreatePrice', body, o); }

  async price(over) { const p = this.priceBody(over); await this.storePrice(p); return p; }

  setPrice(q, PriceTypeCode, o) { return this.call('SetPrice', { MeterAddr: q.MeterAddr, PriceTypeCode }, o); }

  change(q, over, o) { return this.call('ChangeMeter', { MeterAddr: q.MeterAddr, NewMeterAddr: `new-${++this.n}`, PeriodDosage: 12.5, ...over }, o); }

  /** An exchange; the keys of the new meter. */
  async exchange(q, over) {
    const NewMeterAddr = over?.NewMeterAddr ?? `new-${++this.n}`;
    await this.change(q, { NewMeterAddr, ...over });
    return { UserCode: q.UserCode, MeterAddr: NewMeterAddr };
  }

  reportBody(over) {
    return {
      UserCode: 'SF-7001', UserName: '三方', MeterAddr: 'NB178000001', ReadNumber: 500.25, Voltage: 3.6, ValveState: 1, MeterCSQ: 20, RSRP: -90.5, SNR: 3.5, CC: 0,
      MeterStatus: '正常', BatteryState: 0, ReadDate: '2025-05-01 00:00:00', PeriodDosage: 40.25, Reserve: 320.75, ...over,
    };
  }

  report(over, o) { return this.call('Report', this.reportBody(over), o); }

  // ------------------------------------------------------------ one value of one row

  async shown(q, key) { return (await this.data(q)).rows?.[0]?.[key]; }

  async remnant(q) { return this.shown({ MeterAddr: q.MeterAddr }, 'Remnant'); }

  async price1(q) { return this.shown({ MeterAddr: q.MeterAddr }, 'CurPrice'); }

  async paid(q, key = 'Money', over = {}) { return (await this.list({ UserCode: q.UserCode, ...over })).rows?.map((r) => r[key]); }
}

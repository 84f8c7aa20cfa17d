// SPDX-License-Identifier: Apache-2.0
// Bugs in security and transport: signatures, timestamps, requests that meet, hostile input.

import { createHash } from 'node:crypto';
import { Refusal, cents, refuse } from './format.mjs';
import { all, at, body, isReport, onRefusal, pause, quietly, row, wrap } from './hooks.mjs';

const md5 = (s) => createHash('md5').update(s, 'utf8').digest('hex');
/** A token passes also if f(token, appId, secret, stamp, req, shop) says so. */
const alsoToken = (f) => at('tokenFits', (shop, next, token, appId, secret, stamp, req) => (
  next(token, appId, secret, stamp, req) || Boolean(f(token.toLowerCase(), appId, secret, stamp, req, shop))));
/** Lets a request through that was not authenticated, if f(req, shop) says so. */
const letIn = (codes, f) => at('authenticate', (shop, next, req) => {
  try {
    next(req);
  } catch (e) {
    if (!(e instanceof Refusal) || !codes.includes(e.code) || !f(req, shop)) throw e;
  }
});

const SIGNATURE = {
  'token-ignored': alsoToken(() => true),
  'token-first-eight': alsoToken((t, a, s, ts) => t.slice(0, 8) === md5(a + s + ts).slice(0, 8)),
  'token-without-secret': alsoToken((t, a, s, ts) => t === md5(a + ts)),
  'token-of-earlier-stamp': (shop) => {
    const passed = new Set();
    wrap(shop, 'tokenFits', (next, t, a, ...rest) => {
      const fits = next(t, a, ...rest) || passed.has(`${a}:${t.toLowerCase()}`);
      if (fits) passed.add(`${a}:${t.toLowerCase()}`);
      return fits;
    });
  },
  'secret-of-other-app': alsoToken((t, a, s, ts, req, shop) => [...shop.apps.values()].some((x) => t === md5(a + x + ts))),
  'unknown-app-empty-secret': at('secretOf', (shop, next, a) => next(a) ?? ''),
  'appid-any-case': at('secretOf', (shop, next, a) => next(a) ?? [...shop.apps].find(([k]) => k.toLowerCase() === a.toLowerCase())?.[1]),
  'empty-token-ok': alsoToken((t, a, s, ts, req) => req.headers.accesstoken === ''),
  'absent-token-ok': alsoToken((t, a, s, ts, req) => req.headers.accesstoken === undefined),
  'paylist-open': letIn([-202], (req) => req.name === 'GetPayList'),
  'connection-trusted': at('authenticate', (shop, next, req) => {
    if (req.link.trusted) return;
    next(req);
    req.link.trusted = true;
  }),
  'app-trusted-for-seconds': (shop) => {
    const good = new Map();
    wrap(shop, 'tokenFits', (next, t, a, ...rest) => {
      if (next(t, a, ...rest)) { good.set(a, Date.now()); return true; }
      return Date.now() - good.get(a) < 3000;
    });
  },
  'secret-order': alsoToken((t, a, s, ts) => t === md5(s + a + ts)),
  'leading-zero-token': at('tokenFits', (shop, next, t, ...rest) => next(t, ...rest) && !t.startsWith('0')),
  'absent-authorization-first-app': letIn([-202], (req) => req.headers.authorization === undefined),
  'report-token-shape': alsoToken((t, a, s, ts, req) => isReport(req) && /^[0-9a-f]{32}$/.test(t)),
  'long-token-ok': alsoToken((t, a, s, ts) => t.startsWith(md5(a + s + ts))),
};

const spend = (f) => at('spend', (shop, next, appId, stamp, req) => f(next, appId, stamp, req, shop));
/** Remembers a key on its own; the timestamp itself is not looked at any more. */
const ownMemory = (key, again = () => true) => (shop) => {
  const seen = new Map();
  wrap(shop, 'spend', (next, appId, stamp, req) => {
    const k = key(appId, stamp, req);
    if (seen.has(k) && again(seen.get(k))) refuse(-201);
    seen.set(k, Date.now());
  });
};
const perApp = (make, f) => (shop) => {
  const state = new Map();
  wrap(shop, 'spend', (next, appId, stamp, req) => {
    if (!state.has(appId)) state.set(appId, make());
    f(state.get(appId), stamp, () => next(appId, stamp, req));
  });
};

const REPLAY = {
  'replay-not-seen': spend(() => {}),
  'replay-other-path': spend((next, a, ts, req) => next(`${a} ${req.path}`, ts, req)),
  'replay-memory-twenty': perApp(() => [], (last, ts) => {
    if (last.includes(ts)) refuse(-201);
    last.push(ts);
    if (last.length > 20) last.shift();
  }),
  'replay-memory-three-seconds': ownMemory((a, ts) => `${a}:${ts}`, (when) => Date.now() - when < 3000),
  'replay-last-only': perApp(() => ({}), (o, ts) => { if (o.last === ts) refuse(-201); o.last = ts; }),
  'replay-across-apps': spend((next, a, ts, req) => next('', ts, req)),
  'replay-order-needed': perApp(() => ({ top: '' }), (o, ts, next) => { if (ts < o.top) refuse(-201); next(); o.top = ts; }),
  'stale-stamp-ok': at('checkStamp', (shop, next, ts) => { if (!(shop.stampTime(ts) < shop.now())) next(ts); }),
  'future-stamp-ok': at('checkStamp', (shop, next, ts) => { if (!(shop.stampTime(ts) > shop.now())) next(ts); }),
  'stamp-overflow-ok': at('stampTime', (shop, next, ts) => {
    const m = /^(\d{12})([6-9]\d)$/.exec(ts);
    return m ? next(`${m[1]}00`) + Number(m[2]) * 1000 : next(ts);
  }),
  'stamp-longer-ok': at('stampTime', (shop, next, ts) => next(/^\d{15,}$/.test(ts) ? ts.slice(0, 14) : ts)),
  'replay-same-body-only': ownMemory((a, ts, req) => `${a}:${ts}:${req.raw}`),
  'replay-same-body-done': (shop) => {
    const first = new Map();
    wrap(shop, 'spend', (next, a, ts, req) => {
      const what = `${req.path} ${req.raw}`;
      if (first.get(`${a}:${ts}`) === what) return;
      next(a, ts, req);
      first.set(`${a}:${ts}`, what);
    });
  },
  'report-replay-ok': spend((next, a, ts, req) => { if (!isReport(req)) next(a, ts, req); }),
  'replay-code-202': spend((next, ...rest) => {
    try { next(...rest); } catch { refuse(-202); }
  }),
  'stamp-day-ignored': at('checkStamp', (shop, next, ts) => {
    const day = 86400e3;
    const away = Math.abs(shop.stampTime(ts) - shop.now()) % day;
    if (!(Math.min(away, day - away) <= shop.tolerance)) refuse(-201);
  }),
  'replay-new-connection': ownMemory((a, ts, req) => `${req.link.number}:${a}:${ts}`),
  'stamp-with-separators-ok': all(
    at('readAuthorization', (shop, next, header) => {
      const m = /^(.+?):(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$/s.exec(Buffer.from(header, 'base64').toString());
      return m ? { appId: m[1], stamp: m[2] } : next(header);
    }),
    at('stampTime', (shop, next, ts) => next(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(ts) ? ts.replace(/\D/g, '') : ts)),
  ),
};
const MEET = 15; // milliseconds in which requests meet
const slow = (name, f) => at(`act${name}`, async (shop, next, i, req) => f(next, i, req, shop));
/** f(others under way) for an interface that takes a while; busy.n tells how many are under way. */
const during = (shop, name, busy) => slow(name, async (next, i, req) => {
  busy.n += 1;
  try {
    const out = await next(i, req);
    await pause(MEET);
    return out;
  } finally {
    busy.n -= 1;
  }
})(shop);
/** Requests that come within a moment: f(entries, own) tells what the own one gets. */
const together = (keep, f) => async (key, entry) => {
  const batch = keep.get(key) ?? [];
  keep.set(key, batch);
  batch.push(entry);
  await pause(MEET);
  if (keep.get(key) === batch) keep.delete(key);
  return f(batch, entry);
};

const RACE = {
  'same-transid-together': slow('RemotePay', async (next, i, req, shop) => {
    const meter = shop.findOne(i, -7);
    shop.checkTrans(i, meter, req);
    await pause(MEET);
    shop.recordPayment(meter, i, req);
  }),
  'topups-together-lost': slow('RemotePay', async (next, i, req, shop) => {
    const meter = shop.findOne(i, -7);
    const before = meter.fen;
    await pause(MEET);
    await next(i, req);
    meter.fen = before + cents(i.Money);
  }),
  'create-together-twice': slow('CreateMeter', async (next, i, req, shop) => {
    if (shop.meterOf(i.MeterAddr)) return shop.createAgain(i);
    shop.checkPrice(i.PriceTypeCode);
    await pause(MEET);
    shop.addMeter(shop.newMeter(i));
    return undefined;
  }),
  'stamp-together-ok': (shop) => {
    const done = new Set();
    wrap(shop, 'spend', (next, a, ts, req) => {
      req.spends = `${a}:${ts}`;
      if (done.has(req.spends)) refuse(-201);
    });
    wrap(shop, 'serve', async (next, req) => {
      const out = await next(req);
      await pause(MEET);
      if (req.spends) done.add(req.spends);
      return out;
    });
  },
  'query-together-mixed': (shop) => {
    let current;
    slow('GetUserInfo', async (next, i, req) => {
      current = i;
      await pause(MEET);
      return next(current, req);
    })(shop);
  },
  'valves-together-last': (shop) => {
    let mode;
    slow('ControlValve', async (next, i, req) => {
      mode = i.ValveMode;
      await pause(MEET);
      return next({ ...i, ValveMode: mode }, req);
    })(shop);
  },
  'pipelined-swapped': (shop) => {
    const meet = together(new WeakMap(), (batch, own) => (batch[batch.indexOf(own) ^ 1] ?? own));
    wrap(shop, 'serve', async (next, req) => (await meet(req.link, { out: await next(req) })).out);
  },
  'topup-during-query-lost': (shop) => {
    const busy = { n: 0 };
    during(shop, 'GetPayList', busy);
    at('recordPayment', (_, next, m, i) => (busy.n ? undefined : next(m, i)))(shop);
  },
  'price-together-twice': (shop) => {
    const meet = together(new Map(), (batch, own) => batch.find((i) => i !== own) ?? own);
    slow('CreatePrice', async (next, i, req) => {
      if (i.OperationType !== 2) return next(i, req);
      const other = await meet(i.PriceTypeCode, i);
      const steps = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`Divid${n}`, other[`Divid${n}`]]));
      return next({ ...i, ...steps }, req);
    })(shop);
  },
  'list-during-topup-empty': (shop) => {
    const busy = { n: 0 };
    during(shop, 'RemotePay', busy);
    slow('GetPayList', async (next, i, req) => (busy.n ? [] : next(i, req)))(shop);
  },
  'report-together-twice': slow('Report', async (next, i, req, shop) => {
    const account = shop.accountOf(i.MeterAddr);
    const before = account && { ReadNumber: account.ReadNumber, ReadDate: account.ReadDate };
    await pause(MEET);
    Object.assign(account ?? {}, before);
    return next(i, req);
  }),
  'report-together-swapped': (shop) => {
    const meet = together(new Map(), (batch, own) => batch.find((o) => o.addr !== own.addr) ?? own);
    slow('Report', async (next, i, req) => (await meet('', { addr: i.MeterAddr, rows: await next(i, req) })).rows)(shop);
  },
  'bodies-together-mixed': (shop) => {
    let shared = [];
    let open = 0;
    const leave = () => { open -= 1; if (!open) shared = []; };
    shop.openBody = () => { open += 1; return shared; };
    wrap(shop, 'closeBody', (next, chunks) => { const b = next(chunks.splice(0)); leave(); return b; });
    shop.aborted = leave;
  },
  'third-in-flight-unsigned': (shop) => {
    let busy = 0;
    letIn([-202], () => busy > 2)(shop);
    wrap(shop, 'serve', async (next, req) => {
      busy += 1;
      const out = await next(req);
      await pause(MEET);
      busy -= 1;
      return out;
    });
  },
};

/** when(shop, poison) arranges for poison(); the next request is then refused with the code. */
const poisoned = (code, when) => (shop) => {
  let bad = false;
  wrap(shop, 'answer', async (next, req) => {
    if (!bad) return next(req);
    bad = false;
    return refuse(code);
  });
  when(shop, () => { bad = true; });
};
const lostConnection = (code) => (shop) => {
  wrap(shop, 'answer', async (next, req) => (req.link.lost ? refuse(code) : next(req)));
  wrap(shop, 'refusalReply', (next, e, req) => { if (e.code === code) req.link.lost = true; return next(e, req); });
};

const ROBUST = {
  'deep-json-poisons': poisoned(-999, (shop, poison) => wrap(shop, 'parse', (next, raw, req) => {
    if (/(\[[\s]*){200}|(\{\s*"[^"]*"\s*:\s*){200}/.test(String(raw))) poison();
    return next(raw, req);
  })),
  'huge-body-poisons': poisoned(-200, (shop, poison) => wrap(shop, 'parse', (next, raw, req) => { if (req.tooLong) poison(); return next(raw, req); })),
  'decoder-keeps-state': (shop) => {
    let rest = Buffer.alloc(0);
    wrap(shop, 'decode', (next, raw) => {
      const whole = Buffer.concat([rest, raw]);
      rest = Buffer.alloc(0);
      try {
        return next(whole);
      } catch (e) {
        if (raw.length && raw.at(-1) >= 0x80) rest = raw.subarray(-1);
        throw e;
      }
    });
  },
  'aborted-request-poisons': poisoned(-200, (shop, poison) => { shop.aborted = poison; }),
  'chunked-refused': at('parse', (shop, next, raw, req) => (req.headers['transfer-encoding'] ? refuse(-200) : next(raw, req))),
  'first-packet-only': at('addChunk', (shop, next, chunks, chunk) => { if (!chunks.length) next(chunks, chunk); }),
  'character-split-by-packets': at('closeBody', (shop, next, chunks) => Buffer.from(chunks.map((c) => c.toString('utf8')).join(''))),
  'connection-lost-after-200': lostConnection(-200),
  'prototype-pollution': (shop) => {
    const defaults = {};
    wrap(shop, 'parse', (next, raw, req) => {
      const b = next(raw, req);
      if (Object.hasOwn(b, '__proto__')) Object.assign(defaults, Object.getOwnPropertyDescriptor(b, '__proto__').value);
      return { ...defaults, ...b };
    });
  },
  'long-key-no-reply': (shop) => {
    wrap(shop, 'run', async (next, name, b, req) => { req.drop = String(b.UserCode ?? '').length > 4000; return next(name, b, req); });
    wrap(shop, 'serve', async (next, req) => { const out = await next(req); return req.drop ? null : out; });
  },
  'nul-cuts-key': at('readTarget', (shop, next, b) => { const t = next(b); return { ...t, MeterAddr: t.MeterAddr.split('\0')[0] }; }),
  'huge-money-ok': (shop) => {
    wrap(shop, 'run', async (next, name, b, req) => {
      if (name !== 'RemotePay' || b.Money !== Infinity) return next(name, b, req);
      shop.findOne(shop.readTarget(b), -7).fen = Infinity;
      return undefined;
    });
  },
  'get-poisons-path': (shop) => {
    const bad = new Set();
    wrap(shop, 'route', (next, req) => {
      if (req.method === 'GET') bad.add(req.path);
      next(req);
      if (bad.delete(req.path)) refuse(-999);
    });
  },
  'header-case-needed': at('authenticate', (shop, next, req) => {
    if (req.rawHeaders.includes('accesstoken') || req.rawHeaders.includes('authorization')) refuse(-202);
    next(req);
  }),
  'quote-database-error': body('GetUserInfo', (b) => { if (String(b.UserCode ?? '').includes("'")) refuse(-203); }),
  'regexp-error': body('GetUserInfo', (b) => { if (/[[(]/.test(String(b.UserCode ?? ''))) refuse(-999); }),
  'empty-body-as-last': (shop) => {
    let last;
    wrap(shop, 'parse', (next, raw, req) => {
      if (raw.length === 0 && last) return { ...last };
      last = next(raw, req);
      return last;
    });
  },
  'escaped-names-unseen': at('parse', (shop, next, raw, req) => {
    const b = next(raw, req);
    for (const [, name] of String(raw).matchAll(/"((?:[^"\\]|\\.)*\\u(?:[^"\\]|\\.)*)"\s*:/g)) quietly(() => delete b[JSON.parse(`"${name}"`)]);
    return b;
  }),
  'nan-report-poisons': all(
    onRefusal('Report', [0], (shop, b) => {
      const account = shop.accounts.get(b.MeterAddr);
      if (account && typeof b.ReadNumber === 'string' && Number.isNaN(Number(b.ReadNumber))) account.fen = NaN;
    }),
    row('Report', (r) => { if (Number.isNaN(r.Remnant)) r.Remnant = null; }),
  ),
  'wrong-token-poisons-connection': lostConnection(-202),
  'leading-blanks-refused': at('parse', (shop, next, raw, req) => (raw[0] === 10 || raw[0] === 13 ? refuse(-200) : next(raw, req))),
};

export const WIRE_BUGS = { ...SIGNATURE, ...REPLAY, ...RACE, ...ROBUST };

// SPDX-License-Identifier: Apache-2.0
// How a bug or a reading gets between the steps of shop.mjs. Each is a function of the shop that replaces some of its methods.

import { Refusal, refuse } from './format.mjs';

export const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** Replaces a method by f(next, ...arguments), where next is what stood there. */
export function wrap(shop, name, f) {
  const next = shop[name].bind(shop);
  shop[name] = (...a) => f(next, ...a);
}

/** wrap() as a bug of its own. */
export const at = (name, f) => (shop) => wrap(shop, name, (next, ...a) => f(shop, next, ...a));

/** Changes the rows of one interface: f(row, what it was made of, input, shop). */
export const row = (name, f) => (shop) => wrap(shop, `row${name}`, (next, x, input) => {
  const r = next(x, input);
  return f(r, x, input, shop) ?? r;
});

/** Changes the body before its fields are read: f(body, req, shop) gives the new one, or nothing. */
export const body = (name, f) => (shop) => wrap(shop, `read${name}`, (next, b, req) => next(f(b, req, shop) ?? b, req));

/** Changes the fields after they were read. */
export const input = (name, f) => (shop) => wrap(shop, `read${name}`, (next, b, req) => {
  const i = next(b, req);
  return f(i, b, shop) ?? i;
});

/** Changes the reply before it is printed. */
export const reply = (f) => (shop) => wrap(shop, 'render', (next, r, req) => next(f(r, req) ?? r, req));

/** Changes the printed reply. */
export const json = (f) => (shop) => wrap(shop, 'toJson', (next, r, req) => f(next(r, req), r, req));

/** Does something when an interface refuses with a code: f(shop, body, code, req). A number that it gives is the code instead. */
export const onRefusal = (name, codes, f) => (shop) => wrap(shop, 'run', async (next, n, b, req) => {
  try {
    return await next(n, b, req);
  } catch (e) {
    if (n !== name || !(e instanceof Refusal) || !codes.includes(e.code)) throw e;
    const code = f(shop, b, e.code, req);
    if (code === 1) return undefined;
    if (typeof code === 'number') return refuse(code);
    throw e;
  }
});

/** f, but what it throws is swallowed. */
export function quietly(f) {
  try {
    return f();
  } catch {
    return undefined;
  }
}

/** How many times this was called with a key. */
export function counter() {
  const counts = new Map();
  return (key = '') => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key);
  };
}

/** All of several. */
export const all = (...parts) => (shop) => parts.forEach((part) => part(shop));

/** True if the request is a report of 3.6, known before its body is parsed. */
export const isReport = (req) => req.name === 'Report' || (req.name === 'GetData' && /"(ReadNumber|ReadDate)"\s*:/.test(String(req.raw)));

export const blank = (v) => v === undefined || v === null || v === '';

export const round = (n, places) => Math.round(n * 10 ** places) / 10 ** places;

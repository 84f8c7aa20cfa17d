// SPDX-License-Identifier: Apache-2.0
// Dates, decimals and the lenient reading of request fields.

export class Refusal extends Error {
  constructor(code, text) {
    super(text ?? '');
    this.code = code;
  }
}

export const refuse = (code, text) => {
  throw new Refusal(code, text);
};

const CHINA = 8 * 3600 * 1000;
const two = (n) => String(n).padStart(2, '0');

/** Milliseconds of a moment given as parts of China time; NaN where no calendar has it. */
export function moment(y, mo, d, h = 0, mi = 0, s = 0) {
  if (mo < 1 || mo > 12 || d < 1 || d > new Date(Date.UTC(y, mo, 0)).getUTCDate()) return NaN;
  if (h > 23 || mi > 59 || s > 59 || y < 1000) return NaN;
  return Date.UTC(y, mo - 1, d, h, mi, s) - CHINA;
}

/** yyyy-MM-dd HH:mm:ss in China time. */
export function dateTime(ms) {
  const t = new Date(ms + CHINA);
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())} ` +
    `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
}

export const parseDateTime = (text) => {
  const m = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  return m ? moment(...m.slice(1).map(Number)) : NaN;
};

export const parseDate = (text) => {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return m ? moment(...m.slice(1).map(Number)) : NaN;
};

/** The 14 digits of a request's timestamp; NaN if it is none. */
export const parseStamp = (text) => {
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  return m ? moment(...m.slice(1).map(Number)) : NaN;
};

export const stampOf = (ms) => dateTime(ms).replace(/\D/g, '');

/** True if n has at most the given number of decimal places. */
export const hasPlaces = (n, places) => {
  const scaled = n * 10 ** places;
  return Math.abs(scaled - Math.round(scaled)) <= 1e-7 * Math.max(1, Math.abs(n));
};

export const cents = (money) => Math.round(money * 100);

const own = (body, key) => (Object.hasOwn(body, key) ? body[key] : undefined);

/** A String field as it stands; '' if absent or null. Another JSON type is refused. */
export function rawText(body, key) {
  const v = own(body, key);
  if (v === undefined || v === null) return '';
  if (typeof v !== 'string') refuse(-200, `${key} must be a string`);
  return v.trim() === '' ? '' : v;
}

/** A String field without the blanks around it. */
export const text = (body, key) => rawText(body, key).trim();

/** A number, or a number written as text; undefined if absent, null or blank. */
export function number(body, key) {
  let v = own(body, key);
  if (v === undefined || v === null) return undefined;
  if (typeof v === 'string') {
    v = v.trim();
    if (v === '') return undefined;
    if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(v)) refuse(-200, `${key} must be a number`);
    v = Number(v);
  }
  if (typeof v !== 'number' || !Number.isFinite(v)) refuse(-200, `${key} must be a number`);
  return v;
}

export const needText = (body, key) => text(body, key) || refuse(-200, `${key} is required`);
export const needRaw = (body, key) => rawText(body, key) || refuse(-200, `${key} is required`);

export function needNumber(body, key, { min = -Infinity, max = Infinity, places } = {}) {
  const n = number(body, key);
  if (n === undefined) refuse(-200, `${key} is required`);
  if (n < min || n > max) refuse(-200, `${key} is out of range`);
  if (places !== undefined && !hasPlaces(n, places)) refuse(-200, `${key} has too many decimals`);
  return n;
}

/** One of a printed vocabulary; compared as text, so that 1 and "1" are the same. */
export function oneOf(value, list, key) {
  if (!list.includes(value)) refuse(-200, `${key} is not one of ${list.join(', ')}`);
  return value;
}

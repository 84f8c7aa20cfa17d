// SPDX-License-Identifier: Apache-2.0
// A vendor's server: platform and billing side on one port. Usage:
//   node server.mjs --port N --apps FILE [--tolerance SECONDS] [--bugs id,id] [--readings id,id]

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Shop } from './shop.mjs';
import { stock } from './fixture.mjs';
import { BUGS } from './bugs.mjs';
import { READINGS } from './readings.mjs';

const LONGEST_BODY = 1 << 20;

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '0' }, apps: { type: 'string' }, tolerance: { type: 'string', default: '900' },
        bugs: { type: 'string', default: '' }, readings: { type: 'string', default: '' },
      },
    }).values;
  } catch (e) {
    return fail(e.message);
  }
}

function readApps(file) {
  const apps = new Map();
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) apps.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return apps;
}

function install(shop, what, table, ids) {
  for (const id of ids.split(',').map((s) => s.trim()).filter(Boolean)) {
    if (!Object.hasOwn(table, id)) fail(`unknown ${what}: ${id}`);
    table[id](shop);
  }
}

const args = options();
if (!args.apps) fail('--apps FILE is needed');
const shop = new Shop({ apps: readApps(args.apps), tolerance: Number(args.tolerance) });
stock(shop);
install(shop, 'reading', READINGS, args.readings);
install(shop, 'bug', BUGS, args.bugs);

const links = new WeakMap(); // what is remembered of a connection
let connections = 0;

function handle(message, response) {
  const link = links.get(message.socket);
  const req = {
    method: message.method, path: message.url.split('?')[0], headers: message.headers, rawHeaders: message.rawHeaders,
    link, index: ++link.requests,
  };
  let length = 0;
  let whole = false;
  const chunks = shop.openBody(req);
  message.on('data', (chunk) => {
    length += chunk.length;
    if (length > LONGEST_BODY) req.tooLong = true;
    else shop.addChunk(chunks, chunk, req);
  });
  message.on('close', () => { if (!whole) shop.aborted(req); });
  message.on('end', async () => {
    whole = true;
    req.raw = shop.closeBody(chunks, req);
    const reply = await shop.serve(req).catch(() => null);
    if (!reply) { message.socket.destroy(); return; }
    const headers = reply.chunked ? reply.headers : { ...reply.headers, 'Content-Length': reply.bytes.length };
    response.writeHead(reply.status, headers);
    response.end(reply.bytes);
    link.sent?.();
  });
}

const server = createServer({ keepAliveTimeout: 60000, noDelay: true, requestTimeout: 30000 }, handle);
server.on('connection', (socket) => {
  links.set(socket, { number: ++connections, requests: 0 });
  socket.on('close', () => links.get(socket).gone?.());
});
server.listen(Number(args.port), '127.0.0.1', 512, () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}\n`);
});
process.on('SIGTERM', () => process.exit(0));

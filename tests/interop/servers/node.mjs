// SPDX-License-Identifier: Apache-2.0
// Node's http, Express and Fastify: node.mjs PORT http|express|fastify
import http from "node:http";

const [port, kind] = process.argv.slice(2);
const ofAConnection = new Set(["connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "host", "expect"]);
const kept = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !ofAConnection.has(name)));
const agent = new http.Agent({ keepAlive: true });

/** Hands one request to the mock: status, headers and body of its reply. */
const relay = ({ method, url, headers }, body) =>
  new Promise((resolve, reject) => {
    const [host, mockPort] = process.env.MOCK.split(":");
    const head = { ...kept(headers), "content-length": body.length };
    const request = http.request({ host, port: mockPort, method, path: url, headers: head, agent }, async (reply) => {
      resolve({ status: reply.statusCode, headers: kept(reply.headers), body: await whole(reply) });
    });
    request.on("error", reject);
    request.end(body);
  });
const whole = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

if (kind === "http") {
  http.createServer(async (request, response) => {
    const { status, headers, body } = await relay(request, await whole(request));
    response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
  }).listen(port, "127.0.0.1");
} else if (kind === "express") {
  const { default: express } = await import("express");
  const application = express();
  application.use(express.raw({ type: () => true }), async (request, response) => {
    const { status, headers, body } = await relay({ method: request.method, url: request.originalUrl, headers: request.headers }, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    response.status(status).set(headers).end(body);
  });
  application.listen(port, "127.0.0.1");
} else {
  const { default: fastify } = await import("fastify");
  const application = fastify();
  application.removeAllContentTypeParsers();
  application.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));
  application.all("/*", async (request, reply) => {
    const { status, headers, body } = await relay(request.raw, request.body ?? Buffer.alloc(0));
    return reply.code(status).headers(headers).send(body);
  });
  await application.listen({ port: Number(port), host: "127.0.0.1" });
}

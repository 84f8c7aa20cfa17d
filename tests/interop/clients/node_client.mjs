// SPDX-License-Identifier: Apache-2.0
// Makes the calls with a library of Node: node_client.mjs fetch|axios|http URL CALLS
// OWN_HEADERS=no leaves Accept and Content-Type to the library.
// Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";

const [library, url, calls] = process.argv.slice(2);
const { APP_ID: app, APP_SECRET: secret } = process.env;
const axios = library === "axios" ? (await import("axios")).default : null;
const agent = new http.Agent({ keepAlive: true });

const senders = {
  fetch: async (target, body, headers) => (await fetch(target, { method: "POST", body, headers })).json(),
  axios: async (target, body, headers) => (await axios.post(target, body, { headers })).data,
  http: (target, body, headers) =>
    new Promise((resolve, reject) => {
      const request = http.request(target, { method: "POST", headers, agent }, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => resolve(JSON.parse(text))).on("error", reject);
      });
      request.on("error", reject).end(body);
    }),
};
const signed = (second) => {
  const stamp = new Date((second + 8 * 3600) * 1000).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return {
    ...(process.env.OWN_HEADERS === "no" ? {} : { Accept: "application/json", "Content-Type": "application/json;charset=utf-8" }),
    AccessToken: createHash("md5").update(app + secret + stamp).digest("hex"),
    Authorization: Buffer.from(`${app}:${stamp}`).toString("base64"),
  };
};

let second = Math.floor(Date.now() / 1000) - 300;
for (const line of readFileSync(calls, "utf8").trimEnd().split("\n")) {
  const [path, body] = line.split("\t");
  let code = "lost";
  for (let attempt = 0; attempt < 4 && ["lost", -201].includes(code); ++attempt) {
    try {
      code = (await senders[library](url + path, body, signed(++second))).ResultCode;
    } catch (error) {
      code = "lost";
      if (!(error.cause ?? error).code) throw error; // no fault of the network
    }
  }
  if (code !== 1) {
    console.error(`${path}: ${code}`);
    process.exitCode = 1;
  }
}
agent.destroy();

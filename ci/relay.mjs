// SPDX-License-Identifier: Apache-2.0
// A TCP relay that holds every byte back for a while, each way: a network of that round trip.
// node ci/relay.mjs TARGET_PORT ROUND_TRIP_MS; prints its own port.
import net from "node:net";

const [port, roundTrip] = process.argv.slice(2).map(Number);
const held = (from, to) => {
  from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), roundTrip / 2));
  from.on("end", () => setTimeout(() => to.end(), roundTrip / 2));
  from.on("error", () => to.destroy());
};
const server = net.createServer({ noDelay: true }, (client) => {
  const target = net.connect({ port, host: "127.0.0.1", noDelay: true });
  held(client, target);
  held(target, client);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

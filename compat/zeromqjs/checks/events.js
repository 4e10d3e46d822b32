"use strict"

// Observers: what a socket tells of its connections.

const net = require("net")

const {assert, check, event, expect, rejected, throws, within, zmq} = require("../harness")

/** An address where nobody listens, as far as this process can know. */
async function nobody() {
  const server = net.createServer()
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve))
  const {port} = server.address()
  await new Promise(resolve => server.close(resolve))
  return `tcp://127.0.0.1:${port}`
}

for (const transport of ["tcp", "ipc"]) {
  check(`events::a_connection_${transport}`, async scene => {
    const server = scene.socket(zmq.Dealer)
    const client = scene.socket(zmq.Dealer)
    const [above, below] = [server.events, client.events]
    await server.bind(scene.endpoint(transport))
    const address = server.lastEndpoint
    assert.deepStrictEqual(await above.receive(), {type: "bind", address})
    client.connect(address)
    const seen = []
    while (seen.at(-1) !== "handshake") {
      const {type, address: where} = await below.receive()
      assert.strictEqual(where, address)
      seen.push(type)
    }
    assert.deepStrictEqual(seen.filter(type => type !== "connect:delay"), ["connect", "handshake"])
    assert.strictEqual((await above.receive()).type, "accept")
    assert.strictEqual((await above.receive()).type, "handshake")
    client.close()
    assert.strictEqual((await event(above, "disconnect")).type, "disconnect")
    await server.unbind(address)
    await event(above, "close")
  })
}

check("events::nobody_there", async scene => {
  const client = scene.socket(zmq.Dealer, {reconnectInterval: 20})
  const events = client.events
  const address = await nobody()
  client.connect(address)
  assert.strictEqual((await event(events, "connect:delay")).address, address)
  assert.strictEqual((await event(events, "close")).address, address)
  const retry = await event(events, "connect:retry")
  assert.strictEqual(retry.address, address)
  assert(retry.interval >= 20 && retry.interval < 60, `${retry.interval}`)
})

check("events::address_in_use", async scene => {
  const one = scene.socket(zmq.Dealer)
  await one.bind(scene.endpoint("tcp"))
  const other = scene.socket(zmq.Dealer)
  const events = other.events
  await assert.rejects(other.bind(one.lastEndpoint), {code: "EADDRINUSE"})
  const failed = await event(events, "bind:error")
  assert.strictEqual(failed.error.code, "EADDRINUSE")
  // This event alone has the address without its transport.
  assert.strictEqual(`tcp://${failed.address}`, one.lastEndpoint)
})

check("events::a_peer_that_speaks_something_else", async scene => {
  const server = scene.socket(zmq.Dealer)
  const events = server.events
  await server.bind(scene.endpoint("tcp"))
  const client = net.connect(new URL(server.lastEndpoint).port, "127.0.0.1")
  client.on("error", () => {})
  const accepted = await event(events, "accept")
  assert.strictEqual(accepted.address, server.lastEndpoint)
  client.end("GET / HTTP/1.0\r\n\r\n".padEnd(100, "x"))
  for (;;) {
    const {type} = await within(events.receive(), "the end of the stranger")
    assert.notStrictEqual(type, "handshake")
    if (type === "disconnect" || type.startsWith("handshake:error")) break
  }
  client.destroy()
})

check("events::iteration", async scene => {
  const socket = scene.socket(zmq.Dealer)
  const seen = []
  const all = (async () => {
    for await (const {type} of socket.events) {
      seen.push(type)
      if (type === "bind") socket.close()
    }
  })()
  await socket.bind(scene.endpoint("tcp"))
  await within(all, "the end of the events")
  assert.strictEqual(seen[0], "bind")
  assert.strictEqual(seen.at(-1), "end")
})

check("events::emitter", async scene => {
  const [server, client] = [scene.socket(zmq.Dealer), scene.socket(zmq.Dealer)]
  const made = within(new Promise(resolve => server.events.on("handshake", resolve)), "handshake")
  const ended = within(new Promise(resolve => server.events.on("end", resolve)), "the end")
  assert.throws(() => server.events.receive(), /event emitter mode/)
  await server.bind(scene.endpoint("tcp"))
  client.connect(server.lastEndpoint)
  assert.strictEqual((await made).type, "handshake")
  server.close()
  await ended
})

check("events::one_receive_at_a_time", async scene => {
  const {events} = scene.socket(zmq.Dealer)
  const first = events.receive()
  throws(() => events.receive(), "EBUSY")
  events.close()
  // The package tries to receive once more when it closes, on no socket.
  await rejected(first, "ENOTSOCK")
})

check("events::a_closed_observer", async scene => {
  const socket = scene.socket(zmq.Dealer)
  const {events} = socket
  assert.strictEqual(socket.events, events)
  assert.strictEqual(events.closed, false)
  events.close()
  assert.strictEqual(events.closed, true)
  throws(() => events.receive(), "EBADF")
})

check("events::unread", async scene => {
  // An observer that nobody reads does not hold its socket up.
  const [server, client] = [scene.socket(zmq.Dealer), scene.socket(zmq.Dealer)]
  assert(server.events && client.events)
  await server.bind(scene.endpoint("tcp"))
  client.connect(server.lastEndpoint)
  for (let i = 0; i < 100; i++) {
    await client.send(`${i}`)
    await expect(server, `${i}`)
  }
})

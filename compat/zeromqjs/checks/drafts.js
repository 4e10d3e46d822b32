"use strict"

// The draft classes, where the addon was built with them. Their sockets are polled differently.

const dgram = require("dgram")

const {assert, check, expect, rejected, text, throws, within, zmq} = require("../harness")
const draft = zmq.capability.draft ? require(`${process.env.ZEROMQ}/draft`) : null

/** Names a check that only exists with the draft classes. */
function draftCheck(name, run) {
  if (draft) check(name, run)
}

for (const transport of ["tcp", "ipc", "inproc"]) {
  draftCheck(`sockets::server_client_${transport}`, async scene => {
    const [server, client] = await scene.pair(draft.Server, draft.Client, {transport})
    for (let i = 0; i < 100; i++) {
      await client.send(`question ${i}`)
      const [question, {routingId}] = await server.receive()
      assert.strictEqual(String(question), `question ${i}`)
      assert(routingId > 0)
      await server.send(`answer ${i}`, {routingId})
      await expect(client, `answer ${i}`)
    }
  })

  draftCheck(`sockets::scatter_gather_${transport}`, async scene => {
    const [gather, scatter] = await scene.pair(draft.Gather, draft.Scatter, {transport})
    for (let i = 0; i < 1000; i++) await scatter.send(`${i}`)
    for (let i = 0; i < 1000; i++) await expect(gather, `${i}`)
  })

  draftCheck(`sockets::radio_dish_${transport}`, async scene => {
    const [dish, radio] = await scene.pair(draft.Dish, draft.Radio, {transport})
    dish.join("news", Buffer.from("other"))
    // Nothing tells of a group that was joined: messages go out until the first has come.
    dish.receiveTimeout = 20
    for (;;) {
      await radio.send("try", {group: "news"})
      try {
        await dish.receive()
        break
      } catch (error) {
        assert.strictEqual(error.code, "EAGAIN")
      }
    }
    dish.receiveTimeout = 20_000
    await radio.send("nobody's", {group: "weather"})
    await radio.send("headline", {group: "news"})
    for (;;) {
      const [message, {group}] = await dish.receive()
      assert.strictEqual(String(group), "news")
      if (String(message) === "headline") break
      assert.strictEqual(String(message), "try")
    }
  })
}

draftCheck("sockets::dish_leaves", async scene => {
  const dish = scene.socket(draft.Dish)
  throws(() => dish.leave("never joined"), "EINVAL")
  dish.join("a")
  throws(() => dish.join("a"), "EINVAL")
  dish.leave("a")
})

draftCheck("sockets::server_and_a_client_that_left", async scene => {
  const [server, client] = await scene.pair(draft.Server, draft.Client)
  await client.send("hello")
  const [, {routingId}] = await server.receive()
  throws(() => server.send("no number", {routingId: "x"}))
  await rejected(server.send("unknown", {routingId: routingId ^ 0x40000000}), "EHOSTUNREACH")
})

draftCheck("sockets::single_parts_only", async scene => {
  const [, client] = await scene.pair(draft.Server, draft.Client)
  await rejected(client.send(["one", "two"]), "EINVAL")
})

draftCheck("sockets::datagrams", async scene => {
  const socket = scene.socket(draft.Datagram)
  const peer = dgram.createSocket("udp4")
  scene.sockets.push(peer)
  await new Promise(resolve => peer.bind(0, "127.0.0.1", resolve))
  // The package cannot say which port it was given, so one that was free a moment ago is taken.
  const free = dgram.createSocket("udp4")
  await new Promise(resolve => free.bind(0, "127.0.0.1", resolve))
  const {port} = free.address()
  await new Promise(resolve => free.close(resolve))
  await socket.bind(`udp://127.0.0.1:${port}`)
  const said = within(new Promise(resolve => peer.once("message", resolve)), "a datagram")
  await socket.send([`127.0.0.1:${peer.address().port}`, "hello"])
  assert.strictEqual(String(await said), "hello")
  peer.send("back", port, "127.0.0.1")
  // The address of a sender ends with a zero byte.
  assert.deepStrictEqual(text(await socket.receive()),
    [`127.0.0.1:${peer.address().port}\0`, "back"])
})

draftCheck("sockets::thread_safe", async scene => {
  for (const [name, type] of Object.entries(
    {Server: 12, Client: 13, Radio: 14, Dish: 15, Gather: 16, Scatter: 17})) {
    const socket = scene.socket(draft[name])
    assert.strictEqual(socket.type, type)
    assert.strictEqual(socket.threadSafe, true)
  }
})

draftCheck("sockets::timeouts", async scene => {
  const client = scene.socket(draft.Client, {sendTimeout: 30, receiveTimeout: 30})
  await rejected(client.receive(), "EAGAIN")
  await rejected(client.send("nobody"), "EAGAIN")
})

draftCheck("sockets::closing_while_it_receives", async scene => {
  const [server] = await scene.pair(draft.Server, draft.Client)
  const received = server.receive()
  setImmediate(() => server.close())
  await rejected(received, "EAGAIN")
})

draftCheck("sockets::both_ways_at_once", async scene => {
  const [server, client] = await scene.pair(draft.Server, draft.Client)
  await client.send("first")
  const [, {routingId}] = await server.receive()
  // No more than the queues take: a server does not wait for room.
  const count = 900
  const up = async () => {
    for (let i = 0; i < count; i++) await client.send(`${i}`)
  }
  const down = async () => {
    for (let i = 0; i < count; i++) await server.send(`${i}`, {routingId})
  }
  const above = async () => {
    for (let i = 0; i < count; i++) {
      assert.strictEqual(String((await server.receive())[0]), `${i}`)
    }
  }
  const below = async () => {
    for (let i = 0; i < count; i++) await expect(client, `${i}`)
  }
  await Promise.all([up(), down(), above(), below()])
})

"use strict"

// Each pair of socket classes over each transport, and what is special about a class.

const net = require("net")

const {LIMIT, asking, assert, check, expect, rejected, subscribed, text, within, zmq} =
  require("../harness")

/** What each pair of classes does, for sockets that are connected. */
const patterns = {
  pair: [zmq.Pair, zmq.Pair, async (one, other) => {
    await one.send("there")
    await other.send(["and", "back"])
    await expect(other, "there")
    await expect(one, "and", "back")
  }],
  push_pull: [zmq.Push, zmq.Pull, async (push, pull) => {
    for (let i = 0; i < 10; i++) await push.send([`${i}`, "part"])
    for (let i = 0; i < 10; i++) await expect(pull, `${i}`, "part")
  }],
  pull_push: [zmq.Pull, zmq.Push, async (pull, push) => {
    for (let i = 0; i < 10; i++) await push.send(`${i}`)
    for (let i = 0; i < 10; i++) await expect(pull, `${i}`)
  }],
  request_reply: [zmq.Reply, zmq.Request, async (reply, request) => {
    for (let i = 0; i < 10; i++) {
      await request.send(["question", `${i}`])
      await expect(reply, "question", `${i}`)
      await reply.send(`answer ${i}`)
      await expect(request, `answer ${i}`)
    }
  }],
  dealer_router: [zmq.Router, zmq.Dealer, async (router, dealer) => {
    await dealer.send(["", "question"])
    const [id, ...parts] = await router.receive()
    assert.deepStrictEqual(text(parts), ["", "question"])
    await router.send([id, "", "answer"])
    await expect(dealer, "", "answer")
  }],
  request_router: [zmq.Router, zmq.Request, async (router, request) => {
    await request.send("question")
    const [id, ...parts] = await router.receive()
    assert.deepStrictEqual(text(parts), ["", "question"])
    await router.send([id, "", "answer"])
    await expect(request, "answer")
  }],
  dealer_reply: [zmq.Reply, zmq.Dealer, async (reply, dealer) => {
    await dealer.send(["", "question"])
    await expect(reply, "question")
    await reply.send("answer")
    await expect(dealer, "", "answer")
  }],
  dealer_dealer: [zmq.Dealer, zmq.Dealer, async (one, other) => {
    await one.send("there")
    await expect(other, "there")
    await other.send("back")
    await expect(one, "back")
  }],
  publish_subscribe: [zmq.Publisher, zmq.Subscriber, async (publisher, subscriber) => {
    subscriber.subscribe("news")
    await subscribed(publisher, subscriber, "news")
    await publisher.send(["weather", "rain"])
    await publisher.send(["newsletter", "today"])
    await expect(subscriber, "newsletter", "today")
  }],
  xpublish_xsubscribe: [zmq.XPublisher, zmq.XSubscriber, async (publisher, subscriber) => {
    await subscriber.send("\x01news")
    await expect(publisher, "\x01news")
    await publisher.send("weather")
    await publisher.send("news of the day")
    await expect(subscriber, "news of the day")
    await subscriber.send("up the stream")
    await expect(publisher, "up the stream")
    await subscriber.send("\x00news")
    await expect(publisher, "\x00news")
  }],
}

for (const transport of ["tcp", "ipc", "inproc"]) {
  for (const [name, [Bound, Connected, run]] of Object.entries(patterns)) {
    check(`patterns::${name}_${transport}`, async scene => {
      await run(...(await scene.pair(Bound, Connected, {transport})))
    })
  }
}

check("patterns::push_takes_turns", async scene => {
  const push = scene.socket(zmq.Push)
  const pulls = [scene.socket(zmq.Pull), scene.socket(zmq.Pull), scene.socket(zmq.Pull)]
  for (const pull of pulls) {
    await pull.bind(scene.endpoint("inproc"))
    push.connect(pull.lastEndpoint)
  }
  for (let i = 0; i < 9; i++) await push.send(`${i}`)
  for (const pull of pulls) {
    const got = []
    for (let i = 0; i < 3; i++) got.push(Number((await pull.receive())[0]))
    assert.deepStrictEqual(got.map(number => (number - got[0]) % 3), [0, 0, 0])
  }
})

check("patterns::pull_takes_turns", async scene => {
  const pull = scene.socket(zmq.Pull)
  const pushes = [scene.socket(zmq.Push), scene.socket(zmq.Push), scene.socket(zmq.Push)]
  for (const push of pushes) {
    await push.bind(scene.endpoint("inproc"))
    pull.connect(push.lastEndpoint)
  }
  for (const [name, push] of pushes.entries()) {
    for (let i = 0; i < 3; i++) await push.send(`${name}`)
  }
  for (let i = 0; i < 3; i++) {
    const round = new Set()
    for (let j = 0; j < 3; j++) round.add(String((await pull.receive())[0]))
    assert.strictEqual(round.size, 3)
  }
})

check("patterns::request_out_of_turn", async scene => {
  const [reply, request] = await scene.pair(zmq.Reply, zmq.Request)
  request.receiveTimeout = 0
  await rejected(request.receive(), "EFSM")
  await request.send("one")
  request.sendTimeout = 0
  await rejected(request.send("two"), "EFSM")
  await expect(reply, "one")
})

check("patterns::request_relaxed", async scene => {
  const [router, request] = await scene.pair(zmq.Router, zmq.Request,
    {connected: {relaxed: true, correlate: true}})
  await request.send("one")
  const first = await router.receive()
  await request.send("two")
  const second = await router.receive()
  assert.strictEqual(second.length, 4)
  assert.notDeepStrictEqual(first[1], second[1])
  await router.send([...first.slice(0, 3), "late"])
  await router.send([...second.slice(0, 3), "in time"])
  await expect(request, "in time")
})

check("patterns::router_mandatory", async scene => {
  const router = scene.socket(zmq.Router, {mandatory: true, sendTimeout: 0})
  await router.bind(scene.endpoint("tcp"))
  await rejected(router.send(["nobody", "hello"]), "EHOSTUNREACH")
})

check("patterns::router_drops_for_nobody", async scene => {
  const router = scene.socket(zmq.Router)
  await router.bind(scene.endpoint("tcp"))
  await router.send(["nobody", "hello"])
})

check("patterns::router_knows_names", async scene => {
  const [router, dealer] = await scene.pair(zmq.Router, zmq.Dealer,
    {connected: {routingId: "dealer"}})
  await dealer.send("hello")
  await expect(router, "dealer", "hello")
  await router.send(["dealer", "welcome"])
  await expect(dealer, "welcome")
})

check("patterns::router_gives_names", async scene => {
  const dealer = scene.socket(zmq.Dealer)
  await dealer.bind(scene.endpoint("tcp"))
  const router = scene.socket(zmq.Router, {mandatory: true})
  router.connect(dealer.lastEndpoint, {routingId: "given"})
  await router.send(["given", "hello"])
  await expect(dealer, "hello")
})

check("patterns::router_probe", async scene => {
  const [router] = await scene.pair(zmq.Router, zmq.Dealer,
    {connected: {routingId: "dealer", probeRouter: true}})
  await expect(router, "dealer", "")
})

check("patterns::router_handover", async scene => {
  const [router, one] = await scene.pair(zmq.Router, zmq.Dealer,
    {bound: {handover: true}, connected: {routingId: "same"}})
  await one.send("one")
  await expect(router, "same", "one")
  const other = scene.socket(zmq.Dealer, {routingId: "same"})
  other.connect(router.lastEndpoint)
  await other.send("other")
  await expect(router, "same", "other")
  await router.send(["same", "to the other"])
  await expect(other, "to the other")
})

check("patterns::immediate_waits_for_the_connection", async scene => {
  const push = scene.socket(zmq.Push, {immediate: true, sendTimeout: 50})
  const pull = scene.socket(zmq.Pull)
  await pull.bind(scene.endpoint("tcp"))
  const address = pull.lastEndpoint
  await pull.unbind(address)
  push.connect(address)
  await rejected(push.send("too early"), "EAGAIN")
  push.sendTimeout = LIMIT
  const [sent] = await Promise.all([push.send("in time"), pull.bind(address)])
  assert.strictEqual(sent, undefined)
  await expect(pull, "in time")
})

check("patterns::stream_as_server", async scene => {
  const stream = scene.socket(zmq.Stream)
  await stream.bind(scene.endpoint("tcp"))
  const client = net.connect(new URL(stream.lastEndpoint).port, "127.0.0.1")
  const [id, nothing] = await stream.receive()
  assert.strictEqual(id.length, 5)
  assert.strictEqual(nothing.length, 0)
  client.write("raw")
  assert.deepStrictEqual(await stream.receive(), [id, Buffer.from("raw")])
  const answer = within(new Promise(resolve => client.once("data", resolve)), "an answer")
  await stream.send([id, "answer"])
  assert.strictEqual(String(await answer), "answer")
  const closed = within(new Promise(resolve => client.once("close", resolve)), "the end")
  await stream.send([id, ""])
  await asking(stream, closed)
})

check("patterns::stream_as_client", async scene => {
  const server = net.createServer(socket => socket.pipe(socket))
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve))
  const stream = scene.socket(zmq.Stream)
  stream.connect(`tcp://127.0.0.1:${server.address().port}`, {routingId: "echo"})
  await expect(stream, "echo", "")
  await stream.send(["echo", "hello"])
  await expect(stream, "echo", "hello")
  stream.disconnect(`tcp://127.0.0.1:${server.address().port}`)
  // A server has closed when its last connection has ended.
  await asking(stream, within(new Promise(resolve => server.close(resolve)), "the end"))
})

check("patterns::stream_without_notice", async scene => {
  const stream = scene.socket(zmq.Stream, {notify: false})
  await stream.bind(scene.endpoint("tcp"))
  const client = net.connect(new URL(stream.lastEndpoint).port, "127.0.0.1")
  client.write("first")
  assert.strictEqual(String((await stream.receive())[1]), "first")
  client.destroy()
})

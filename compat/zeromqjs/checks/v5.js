"use strict"

// The package's layer with the interface of its version 5: events instead of promises.

const {assert, check, within} = require("../harness")
const zmq = require(`${process.env.ZEROMQ}/v5-compat`)

/** The arguments of the next event of a name. */
function once(emitter, name) {
  return within(new Promise(resolve => emitter.once(name, (...args) => resolve(args))), name)
}

/** Sockets of two types, the first bound and the second connected. */
async function pair(scene, one, other) {
  const sockets = [zmq.socket(one), zmq.socket(other)]
  for (const socket of sockets) {
    socket.setsockopt(zmq.ZMQ_LINGER, 0)
    scene.sockets.push(socket)
  }
  sockets[0].bindSync(scene.endpoint("tcp"))
  sockets[1].connect(sockets[0].getsockopt(zmq.ZMQ_LAST_ENDPOINT))
  return sockets
}

check("v5::req_rep", async scene => {
  const [rep, req] = await pair(scene, "rep", "req")
  rep.on("message", (...parts) => rep.send(["echo", ...parts]))
  for (let i = 0; i < 50; i++) {
    const answer = once(req, "message")
    req.send(["question", `${i}`])
    assert.deepStrictEqual((await answer).map(String), ["echo", "question", `${i}`])
  }
})

check("v5::router_dealer", async scene => {
  const [router, dealer] = await pair(scene, "router", "dealer")
  router.on("message", (id, ...parts) => router.send([id, ...parts]))
  const answer = once(dealer, "message")
  dealer.send("one", zmq.ZMQ_SNDMORE)
  dealer.send("two")
  assert.deepStrictEqual((await answer).map(String), ["one", "two"])
})

check("v5::push_pull", async scene => {
  const [pull, push] = await pair(scene, "pull", "push")
  const seen = []
  const all = within(new Promise(resolve => {
    pull.on("message", message => {
      seen.push(Number(message))
      if (seen.length === 1000) resolve()
    })
  }), "all messages")
  for (let i = 0; i < 1000; i++) push.send(`${i}`)
  await all
  assert.deepStrictEqual(seen, Array.from({length: 1000}, (_, i) => i))
})

check("v5::xpub_sub", async scene => {
  const [xpub, sub] = await pair(scene, "xpub", "sub")
  const asked = once(xpub, "message")
  sub.subscribe("news")
  assert.strictEqual(String((await asked)[0]), "\x01news")
  const told = once(sub, "message")
  xpub.send(["weather", "rain"])
  xpub.send(["news", "today"])
  assert.deepStrictEqual((await told).map(String), ["news", "today"])
})

check("v5::monitor", async scene => {
  const socket = zmq.socket("rep")
  scene.sockets.push(socket)
  socket.monitor()
  const listening = once(socket, "listen")
  const accepted = once(socket, "accept")
  const bound = once(socket, "bind")
  socket.bind(scene.endpoint("tcp"))
  await bound
  const address = socket.getsockopt(zmq.ZMQ_LAST_ENDPOINT)
  assert.strictEqual((await listening)[1], address)
  const client = zmq.socket("req")
  scene.sockets.push(client)
  client.connect(address)
  await accepted
  const gone = once(socket, "disconnect")
  client.close()
  await gone
})

check("v5::options", async scene => {
  const socket = zmq.socket("dealer")
  scene.sockets.push(socket)
  socket.identity = "name"
  assert.strictEqual(socket.identity, "name")
  socket.setsockopt("linger", 100)
  assert.strictEqual(socket.getsockopt(zmq.ZMQ_LINGER), 100)
  assert.strictEqual(socket.getsockopt(zmq.ZMQ_TYPE), 5)
})

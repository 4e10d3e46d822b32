"use strict"

// PLAIN and CURVE, with and without a handler of ZAP, and NULL with one.

const {assert, check, event, expect, within, zmq} = require("../harness")

/** A handler that answers every request by a function, and keeps the requests. */
async function handler(scene, judge) {
  const socket = scene.socket(zmq.Reply, {receiveTimeout: -1})
  await socket.bind("inproc://zeromq.zap.01")
  const requests = []
  const serve = async () => {
    for await (const [version, id, domain, address, identity, mechanism, ...proof] of socket) {
      const request = {domain: String(domain), address: String(address),
        identity: String(identity), mechanism: String(mechanism), proof}
      requests.push(request)
      const status = judge(request)
      await socket.send([version, id, status, status === "200" ? "OK" : "no", "user", ""])
    }
  }
  serve()
  return requests
}

const curve = () => {
  const [server, client] = [zmq.curveKeyPair(), zmq.curveKeyPair()]
  return {
    bound: {curveServer: true, curveSecretKey: server.secretKey},
    connected: {curveServerKey: server.publicKey, curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey},
    client,
  }
}
const plain = (user = "user", password = "secret") => ({
  bound: {plainServer: true, zapDomain: "domain"},
  connected: {plainUsername: user, plainPassword: password},
})

/** A question and an answer. */
async function works(reply, request) {
  await request.send("question")
  await expect(reply, "question")
  await reply.send("answer")
  await expect(request, "answer")
}

/** The end of a handshake on the side of the server, once a client has tried. */
async function fails(scene, {bound, connected}, type) {
  const server = scene.socket(zmq.Reply, bound)
  const client = scene.socket(zmq.Request, connected)
  const [above, below] = [server.events, client.events]
  await server.bind(scene.endpoint("tcp"))
  client.connect(server.lastEndpoint)
  const seen = await event(above, type)
  assert.strictEqual(seen.address, server.lastEndpoint)
  return [seen, below]
}

for (const transport of ["tcp", "ipc"]) {
  check(`security::curve_${transport}`, async scene => {
    await works(...(await scene.pair(zmq.Reply, zmq.Request, {transport, ...curve()})))
  })

  check(`security::plain_${transport}`, async scene => {
    const requests = await handler(scene, () => "200")
    await works(...(await scene.pair(zmq.Reply, zmq.Request, {transport, ...plain()})))
    assert.strictEqual(requests.length, 1)
    const [{domain, address, mechanism, proof}] = requests
    assert.strictEqual(domain, "domain")
    assert.strictEqual(mechanism, "PLAIN")
    assert.deepStrictEqual(proof.map(String), ["user", "secret"])
    if (transport === "tcp") assert.strictEqual(address, "127.0.0.1")
  })
}

check("security::curve_big_messages", async scene => {
  const [push, pull] = await scene.pair(zmq.Push, zmq.Pull, curve())
  const sizes = [0, 1, 200, 255, 256, 8192, 65536, 5_000_000]
  await push.send(sizes.map(size => Buffer.alloc(size, size)))
  const parts = await pull.receive()
  assert.deepStrictEqual(parts.map(part => part.length), sizes)
  for (const part of parts) assert(part.equals(Buffer.alloc(part.length, part.length)))
})

check("security::curve_subscriptions", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber, curve())
  subscriber.subscribe("news")
  await expect(publisher, "\x01news")
  await publisher.send(["news", "today"])
  await expect(subscriber, "news", "today")
})

check("security::curve_with_a_handler", async scene => {
  const options = curve()
  options.bound.zapDomain = "domain"
  const requests = await handler(scene, () => "200")
  await works(...(await scene.pair(zmq.Reply, zmq.Request, options)))
  assert.strictEqual(requests[0].mechanism, "CURVE")
  assert.strictEqual(requests[0].domain, "domain")
  const [key] = requests[0].proof
  assert.strictEqual(key.length, 32)
  // The key as text is what the client has: five characters for four bytes, Z85.
  const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" +
    ".-:+=^!/*?&<>()[]{}@%$#"
  let text = ""
  for (let i = 0; i < 32; i += 4) {
    for (let power = 85 ** 4; power >= 1; power /= 85) {
      text += digits[Math.floor(key.readUInt32BE(i) / power) % 85]
    }
  }
  assert.strictEqual(text, options.client.publicKey)
})

for (const status of [300, 400, 500]) {
  check(`security::plain_refused_${status}`, async scene => {
    await handler(scene, () => `${status}`)
    const [seen] = await fails(scene, plain(), "handshake:error:auth")
    assert.strictEqual(seen.error.status, status)
  })

  check(`security::curve_refused_${status}`, async scene => {
    const options = curve()
    options.bound.zapDomain = "domain"
    await handler(scene, () => `${status}`)
    const [seen] = await fails(scene, options, "handshake:error:auth")
    assert.strictEqual(seen.error.status, status)
  })
}

check("security::the_client_is_told", async scene => {
  const [reply, request] = [scene.socket(zmq.Reply, plain().bound),
    scene.socket(zmq.Request, plain().connected)]
  await handler(scene, () => "400")
  const below = request.events
  await reply.bind(scene.endpoint("tcp"))
  request.connect(reply.lastEndpoint)
  assert.strictEqual((await event(below, "handshake:error:auth")).error.status, 400)
})

check("security::the_handler_decides_by_password", async scene => {
  await handler(scene, ({proof}) => (String(proof[1]) === "secret" ? "200" : "400"))
  await works(...(await scene.pair(zmq.Reply, zmq.Request, plain())))
  await fails(scene, plain("user", "wrong"), "handshake:error:auth")
})

check("security::null_with_a_handler", async scene => {
  const requests = await handler(scene, () => "200")
  await works(...(await scene.pair(zmq.Reply, zmq.Request, {bound: {zapDomain: "domain"}})))
  assert.strictEqual(requests[0].mechanism, "NULL")
  assert.strictEqual(requests[0].proof.length, 0)
})

check("security::null_refused", async scene => {
  await handler(scene, () => "400")
  const [seen] = await fails(scene, {bound: {zapDomain: "domain"}}, "handshake:error:auth")
  assert.strictEqual(seen.error.status, 400)
})

check("security::wrong_key_of_the_server", async scene => {
  const options = curve()
  options.connected.curveServerKey = zmq.curveKeyPair().publicKey
  const [seen] = await fails(scene, options, "handshake:error:protocol")
  assert.strictEqual(seen.error.code, "ERR_ZMTP_CRYPTOGRAPHIC")
})

check("security::different_mechanisms", async scene => {
  const [seen] = await fails(scene, {bound: curve().bound, connected: {}},
    "handshake:error:protocol")
  assert.strictEqual(seen.error.code, "ERR_ZMTP_MECHANISM_MISMATCH")
})

check("security::a_handler_that_answers_nonsense", async scene => {
  const socket = scene.socket(zmq.Reply)
  await socket.bind("inproc://zeromq.zap.01")
  const answer = (async () => {
    const [, id] = await socket.receive()
    await socket.send(["9.9", id, "200", "OK", "user", ""])
  })()
  const [seen] = await fails(scene, plain(), "handshake:error:protocol")
  assert.strictEqual(seen.error.code, "ERR_ZAP_BAD_VERSION")
  await within(answer, "the handler")
})

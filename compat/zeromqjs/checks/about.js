"use strict"

// What the package says of itself.

const {assert, check, zmq} = require("../harness")

check("about::version", async () => {
  assert.match(zmq.version, /^4\.3\.\d+$/)
})

check("about::capability", async () => {
  assert.strictEqual(zmq.capability.ipc, true)
  assert.strictEqual(zmq.capability.curve, true)
})

check("about::key_pairs", async () => {
  const [one, other] = [zmq.curveKeyPair(), zmq.curveKeyPair()]
  for (const key of [one.publicKey, one.secretKey]) assert.strictEqual(key.length, 40)
  assert.strictEqual(new Set([...Object.values(one), ...Object.values(other)]).size, 4)
})

check("about::types", async scene => {
  const types = {Pair: 0, Publisher: 1, Subscriber: 2, Request: 3, Reply: 4, Dealer: 5, Router: 6,
    Pull: 7, Push: 8, XPublisher: 9, XSubscriber: 10, Stream: 11}
  for (const [name, type] of Object.entries(types)) {
    const socket = scene.socket(zmq[name])
    assert.strictEqual(socket.type, type)
    assert.strictEqual(socket.threadSafe, false)
    assert.strictEqual(socket.closed, false)
    assert.strictEqual(socket.lastEndpoint, null)
    socket.close()
    assert.strictEqual(socket.closed, true)
  }
})

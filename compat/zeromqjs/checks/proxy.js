"use strict"

// Proxies, which run in a thread of the pool while the program goes on.

const {assert, check, expect, within, zmq} = require("../harness")

/** A proxy that runs between two bound sockets, with its ends and the promise of its end. */
async function proxy(scene, Front, Back, transport) {
  const [front, back] = [scene.socket(Front), scene.socket(Back)]
  await front.bind(scene.endpoint(transport))
  await back.bind(scene.endpoint(transport))
  const ends = [front.lastEndpoint, back.lastEndpoint]
  const made = new zmq.Proxy(front, back)
  return {made, front, back, ends, ended: made.run()}
}

for (const transport of ["tcp", "ipc", "inproc"]) {
  check(`proxy::router_dealer_${transport}`, async scene => {
    const {made, front, back, ends, ended} = await proxy(scene, zmq.Router, zmq.Dealer, transport)
    const [request, reply] = [scene.socket(zmq.Request), scene.socket(zmq.Reply)]
    request.connect(ends[0])
    reply.connect(ends[1])
    for (let i = 0; i < 100; i++) {
      await request.send(["question", `${i}`])
      await expect(reply, "question", `${i}`)
      await reply.send(`${i}`)
      await expect(request, `${i}`)
    }
    made.terminate()
    await within(ended, "the end of the proxy")
    assert(front.closed && back.closed)
  })

  check(`proxy::xsub_xpub_${transport}`, async scene => {
    const {made, ends, ended} = await proxy(scene, zmq.XSubscriber, zmq.XPublisher, transport)
    const [publisher, subscriber] = [scene.socket(zmq.XPublisher), scene.socket(zmq.Subscriber)]
    publisher.connect(ends[0])
    subscriber.connect(ends[1])
    subscriber.subscribe("n")
    await expect(publisher, "\x01n")
    for (let i = 0; i < 100; i++) await publisher.send(["n", `${i}`])
    for (let i = 0; i < 100; i++) await expect(subscriber, "n", `${i}`)
    made.terminate()
    await within(ended, "the end of the proxy")
  })
}

check("proxy::pause_and_resume", async scene => {
  const {made, ends, ended} = await proxy(scene, zmq.Pull, zmq.Push, "inproc")
  const [push, pull] = [scene.socket(zmq.Push), scene.socket(zmq.Pull)]
  push.connect(ends[0])
  pull.connect(ends[1])
  await push.send("before")
  await expect(pull, "before")
  made.pause()
  made.resume()
  await push.send("after")
  await expect(pull, "after")
  made.terminate()
  await within(ended, "the end of the proxy")
})

check("proxy::its_sockets_are_blocked", async scene => {
  const {made, front, back, ended} = await proxy(scene, zmq.Router, zmq.Dealer, "tcp")
  assert.strictEqual(made.frontEnd, front)
  assert.strictEqual(made.backEnd, back)
  assert.throws(() => front.receive(), {code: "EBUSY"})
  made.terminate()
  await within(ended, "the end of the proxy")
  assert.throws(() => made.terminate(), {code: "EBADF"})
})

check("proxy::sockets_that_lead_nowhere", async scene => {
  const made = new zmq.Proxy(scene.socket(zmq.Router), scene.socket(zmq.Dealer))
  assert.throws(() => made.run(), {code: "EINVAL"})
})

check("proxy::many_messages", async scene => {
  const {made, ends, ended} = await proxy(scene, zmq.Pull, zmq.Push, "tcp")
  const [push, pull] = [scene.socket(zmq.Push), scene.socket(zmq.Pull)]
  push.connect(ends[0])
  pull.connect(ends[1])
  const count = 20_000
  const send = async () => {
    for (let i = 0; i < count; i++) await push.send([`${i}`, "body"])
  }
  const receive = async () => {
    for (let i = 0; i < count; i++) await expect(pull, `${i}`, "body")
  }
  await Promise.all([send(), receive()])
  made.terminate()
  await within(ended, "the end of the proxy")
})

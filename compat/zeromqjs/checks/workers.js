"use strict"

// Worker threads: they share the context of the process, and may end at any time.

const {Worker} = require("worker_threads")

const {assert, check, expect, within, zmq} = require("../harness")

/** A thread that runs a text of JavaScript with its data as `data`. */
function worker(body, data) {
  const text = `const {workerData: data, parentPort: port} = require("worker_threads")
    const zmq = require(process.env.ZEROMQ);(async () => {${body}})()`
  const made = new Worker(text, {eval: true, workerData: data})
  made.ended = within(new Promise((resolve, reject) => {
    made.once("exit", resolve)
    made.once("error", reject)
  }), "the end of a thread")
  return made
}

const echo = `
  const socket = new zmq.Reply({linger: 1000})
  socket.connect(data)
  port.postMessage("connected")
  for (let i = 0; i < 100; i++) await socket.send(await socket.receive())
  socket.close()`

for (const transport of ["inproc", "tcp"]) {
  check(`workers::echo_${transport}`, async scene => {
    const request = scene.socket(zmq.Request)
    await request.bind(scene.endpoint(transport))
    const {ended} = worker(echo, request.lastEndpoint)
    for (let i = 0; i < 100; i++) {
      await request.send(["question", `${i}`])
      await expect(request, "question", `${i}`)
    }
    assert.strictEqual(await ended, 0)
  })
}

check("workers::several", async scene => {
  const dealer = scene.socket(zmq.Dealer)
  await dealer.bind(scene.endpoint("inproc"))
  const all = Array.from({length: 4}, () => worker(echo, dealer.lastEndpoint))
  await Promise.all(all.map(thread =>
    within(new Promise(resolve => thread.once("message", resolve)), "a connection")))
  let got = 0
  const receive = (async () => {
    for (; got < 400; got++) assert.strictEqual(String((await dealer.receive())[1]), "question")
  })()
  for (let i = 0; i < 400; i++) await dealer.send(["", "question"])
  await receive
  for (const {ended} of all) assert.strictEqual(await ended, 0)
})

check("workers::terminated_with_open_sockets", async scene => {
  const push = scene.socket(zmq.Push)
  await push.bind(scene.endpoint("inproc"))
  for (let i = 0; i < 5; i++) {
    const thread = worker(`
      const socket = new zmq.Pull()
      socket.connect(data)
      port.postMessage(String((await socket.receive())[0]))
      setInterval(() => {}, 1000)`, push.lastEndpoint)
    const first = within(new Promise(resolve => thread.once("message", resolve)), "a message")
    await push.send("hello")
    assert.strictEqual(await first, "hello")
    await thread.terminate()
  }
})

check("workers::a_context_of_its_own", async () => {
  const thread = worker(`
    const context = new zmq.Context()
    const [one, other] = [new zmq.Pair({context}), new zmq.Pair({context})]
    await one.bind("inproc://here")
    other.connect("inproc://here")
    await one.send("hello")
    port.postMessage(String((await other.receive())[0]))
    one.close()
    other.close()`)
  const message = within(new Promise(resolve => thread.once("message", resolve)), "a message")
  assert.strictEqual(await message, "hello")
  assert.strictEqual(await thread.ended, 0)
})

check("workers::publish_to_all", async scene => {
  const publisher = scene.socket(zmq.XPublisher)
  publisher.verbosity = "allSubs"
  await publisher.bind(scene.endpoint("inproc"))
  const all = Array.from({length: 4}, () => worker(`
    const socket = new zmq.Subscriber()
    socket.connect(data)
    socket.subscribe("n")
    for (let i = 0; i < 100; i++) {
      const [, number] = await socket.receive()
      if (Number(number) !== i) throw new Error(number + " and not " + i)
    }
    socket.close()`, publisher.lastEndpoint))
  for (let i = 0; i < all.length; i++) await expect(publisher, "\x01n")
  for (let i = 0; i < 100; i++) await publisher.send(["n", `${i}`])
  for (const {ended} of all) assert.strictEqual(await ended, 0)
})

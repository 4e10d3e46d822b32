"use strict"

// Binding and connecting, waiting and giving up, closing in the middle of something.

const {execFile} = require("child_process")
const fs = require("fs")

const {LIMIT, asking, assert, check, event, expect, rejected, throws, within, zmq} =
  require("../harness")

check("lifecycle::wildcard_port", async scene => {
  const socket = scene.socket(zmq.Pull)
  await socket.bind("tcp://127.0.0.1:*")
  assert.match(socket.lastEndpoint, /^tcp:\/\/127\.0\.0\.1:\d+$/)
})

check("lifecycle::wildcard_path", async scene => {
  const socket = scene.socket(zmq.Pull)
  await socket.bind("ipc://*")
  assert(fs.statSync(socket.lastEndpoint.slice("ipc://".length)).isSocket())
})

check("lifecycle::bind_at_once", async scene => {
  const [pull, push] = [scene.socket(zmq.Pull), scene.socket(zmq.Push)]
  pull.bindSync(scene.endpoint("tcp"))
  push.connect(pull.lastEndpoint)
  await push.send("hello")
  await expect(pull, "hello")
  throws(() => scene.socket(zmq.Pull).bindSync(pull.lastEndpoint), "EADDRINUSE")
})

for (const transport of ["tcp", "inproc"]) {
  check(`lifecycle::address_in_use_${transport}`, async scene => {
    const one = scene.socket(zmq.Pull)
    await one.bind(scene.endpoint(transport))
    await rejected(scene.socket(zmq.Pull).bind(one.lastEndpoint), "EADDRINUSE")
  })
}

const wrong = {
  "tcp://127.0.0.1": "EINVAL",
  "tcp://127.0.0.1:port": "EINVAL",
  "127.0.0.1:5555": "EINVAL",
  "": "EINVAL",
  "foo://127.0.0.1:5555": "EPROTONOSUPPORT",
  "tcp://192.0.2.1:0": "EADDRNOTAVAIL",
  "ipc:///does/not/exist/socket": "ENOENT",
}
for (const [index, [address, code]] of Object.entries(wrong).entries()) {
  check(`lifecycle::bind_refused_${index}`, async scene => {
    await rejected(scene.socket(zmq.Pull).bind(address), code)
  })
  if (code !== "EADDRNOTAVAIL" && code !== "ENOENT") {
    check(`lifecycle::connect_refused_${index}`, async scene => {
      throws(() => scene.socket(zmq.Pull).connect(address), code)
    })
  }
}

check("lifecycle::unbind", async scene => {
  const socket = scene.socket(zmq.Pull)
  await rejected(socket.unbind("tcp://127.0.0.1:1"), "ENOENT")
  await socket.bind(scene.endpoint("tcp"))
  const address = socket.lastEndpoint
  const {events} = socket
  await socket.unbind(address)
  await event(events, "close")
  await rejected(socket.unbind(address), "ENOENT")
  await scene.socket(zmq.Pull).bind(address)
})

check("lifecycle::disconnect", async scene => {
  const [pull, push] = await scene.pair(zmq.Pull, zmq.Push)
  await push.send("hello")
  await expect(pull, "hello")
  const gone = event(pull.events, "disconnect")
  push.disconnect(pull.lastEndpoint)
  await asking(push, gone)
  throws(() => push.disconnect(pull.lastEndpoint), "ENOENT")
  push.sendTimeout = 0
  await rejected(push.send("nobody"), "EAGAIN")
})

check("lifecycle::connects_before_it_binds", async scene => {
  for (const transport of ["ipc", "inproc"]) {
    const [pull, push] = [scene.socket(zmq.Pull), scene.socket(zmq.Push, {linger: 0})]
    const address = scene.endpoint(transport)
    push.connect(address)
    await push.send("early")
    await pull.bind(address)
    await expect(pull, "early")
  }
})

check("lifecycle::several_endpoints", async scene => {
  const pull = scene.socket(zmq.Pull)
  for (const transport of ["tcp", "ipc", "inproc"]) {
    await pull.bind(scene.endpoint(transport))
    const push = scene.socket(zmq.Push)
    push.connect(pull.lastEndpoint)
    await push.send(transport)
    await expect(pull, transport)
  }
})

check("lifecycle::timeouts", async scene => {
  const pull = scene.socket(zmq.Pull, {receiveTimeout: 30})
  const push = scene.socket(zmq.Push, {sendTimeout: 30})
  await rejected(pull.receive(), "EAGAIN")
  await rejected(push.send("nobody"), "EAGAIN")
  pull.receiveTimeout = push.sendTimeout = 0
  await rejected(pull.receive(), "EAGAIN")
  await rejected(push.send("nobody"), "EAGAIN")
})

check("lifecycle::one_operation_at_a_time", async scene => {
  const [pull, push] = [scene.socket(zmq.Pull), scene.socket(zmq.Push)]
  const waiting = [pull.receive(), push.send("nobody")]
  throws(() => pull.receive(), "EBUSY")
  throws(() => push.send("nobody"), "EBUSY")
  pull.close()
  push.close()
  for (const promise of waiting) await rejected(promise, "EAGAIN")
})

check("lifecycle::blocked_while_binding", async scene => {
  const pull = scene.socket(zmq.Pull)
  const bound = pull.bind(scene.endpoint("tcp"))
  throws(() => pull.receive(), "EBUSY")
  throws(() => pull.connect("tcp://127.0.0.1:1"), "EBUSY")
  await bound
})

check("lifecycle::closing_while_it_receives", async scene => {
  const [pull] = await scene.pair(zmq.Pull, zmq.Push)
  const received = pull.receive()
  setImmediate(() => pull.close())
  await rejected(received, "EAGAIN")
  assert.strictEqual(pull.closed, true)
})

check("lifecycle::closing_while_it_sends", async scene => {
  const push = scene.socket(zmq.Push)
  await push.bind(scene.endpoint("tcp"))
  const sent = push.send("nobody")
  setImmediate(() => push.close())
  await rejected(sent, "EAGAIN")
})

check("lifecycle::closing_while_it_binds", async scene => {
  const pull = scene.socket(zmq.Pull)
  const bound = pull.bind(scene.endpoint("tcp"))
  pull.close()
  await bound
  assert.strictEqual(pull.closed, true)
})

check("lifecycle::closed_sockets", async scene => {
  const socket = scene.socket(zmq.Dealer)
  socket.close()
  socket.close()
  for (const call of [() => socket.receive(), () => socket.send("x"),
    () => socket.bind("tcp://127.0.0.1:*"), () => socket.connect("tcp://127.0.0.1:1")]) {
    throws(call, "EBADF")
  }
  throws(() => socket.linger, "ENOTSOCK")
})

check("lifecycle::iteration", async scene => {
  const [pull, push] = await scene.pair(zmq.Pull, zmq.Push)
  const seen = []
  const all = (async () => {
    for await (const [message] of pull) {
      seen.push(String(message))
      if (seen.length === 1000) setImmediate(() => pull.close())
    }
  })()
  for (let i = 0; i < 1000; i++) await push.send(`${i}`)
  await all
  assert.deepStrictEqual(seen, Array.from({length: 1000}, (_, i) => `${i}`))
})

check("lifecycle::readable_and_writable", async scene => {
  const [pull, push] = [scene.socket(zmq.Pull), scene.socket(zmq.Push)]
  assert.strictEqual(push.writable, false)
  await pull.bind(scene.endpoint("inproc"))
  assert.strictEqual(pull.readable, false)
  push.connect(pull.lastEndpoint)
  assert.strictEqual(push.writable, true)
  await push.send("hello")
  assert.strictEqual(pull.readable, true)
  await pull.receive()
  assert.strictEqual(pull.readable, false)
})

check("lifecycle::high_water_mark", async scene => {
  const [pull, push] = await scene.pair(zmq.Pull, zmq.Push, {transport: "inproc",
    bound: {receiveHighWaterMark: 5}, connected: {sendHighWaterMark: 5, sendTimeout: 0}})
  let sent = 0
  await rejected((async () => {
    for (; sent < 1000; sent++) await push.send(`${sent}`)
  })(), "EAGAIN")
  assert.strictEqual(sent, 10)
  push.sendTimeout = LIMIT
  const blocked = push.send("blocked")
  for (let i = 0; i < sent; i++) await expect(pull, `${i}`)
  await blocked
  await expect(pull, "blocked")
})

check("lifecycle::both_ways_at_once", async scene => {
  const [one, other] = await scene.pair(zmq.Dealer, zmq.Dealer)
  const count = 5000
  const send = async socket => {
    for (let i = 0; i < count; i++) await socket.send(`${i}`)
  }
  const receive = async socket => {
    for (let i = 0; i < count; i++) await expect(socket, `${i}`)
  }
  await Promise.all([send(one), send(other), receive(one), receive(other)])
})

check("lifecycle::many_sockets", async scene => {
  const router = scene.socket(zmq.Router)
  await router.bind(scene.endpoint("tcp"))
  const dealers = Array.from({length: 100}, () => scene.socket(zmq.Dealer))
  for (const [i, dealer] of dealers.entries()) {
    dealer.connect(router.lastEndpoint)
    await dealer.send(`${i}`)
  }
  for (let i = 0; i < dealers.length; i++) await router.send(await router.receive())
  await Promise.all(dealers.map((dealer, i) => expect(dealer, `${i}`)))
})

check("lifecycle::sockets_that_nobody_closes", async () => {
  for (let i = 0; i < 3000; i++) {
    // More than a context has room for: those that are garbage have to be closed in between.
    new zmq.Dealer({linger: 0})
    if (i % 200 === 0) {
      global.gc()
      await new Promise(resolve => setImmediate(resolve))
    }
  }
})

check("lifecycle::restarted_server", async scene => {
  const [one, push] = await scene.pair(zmq.Pull, zmq.Push, {connected: {reconnectInterval: 10}})
  await push.send("one")
  await expect(one, "one")
  const address = one.lastEndpoint
  const events = push.events
  const lost = event(events, "disconnect")
  one.close()
  await lost
  const other = scene.socket(zmq.Pull)
  for (;;) {
    try {
      await other.bind(address)
      break
    } catch (error) {
      // The old listener closes in the background.
      assert.strictEqual(error.code, "EADDRINUSE")
    }
  }
  await push.send("two")
  await expect(other, "two")
})

check("lifecycle::heartbeats", async scene => {
  const [reply, request] = await scene.pair(zmq.Reply, zmq.Request,
    {connected: {heartbeatInterval: 20, heartbeatTimeout: 2000, heartbeatTimeToLive: 2000}})
  let lost = 0
  reply.events.on("disconnect", () => (lost += 1))
  for (let i = 0; i < 20; i++) {
    await request.send("question")
    await expect(reply, "question")
    await new Promise(resolve => setTimeout(resolve, 10))
    await reply.send("answer")
    await expect(request, "answer")
  }
  assert.strictEqual(lost, 0)
})

/** Runs a text of JavaScript in a process of its own, and gives its output when it has ended. */
function script(body, ...args) {
  return new Promise((resolve, reject) => {
    const text = `const zmq = require(process.env.ZEROMQ);(async () => {${body}})()`
    execFile(process.execPath, ["-e", text, ...args], {timeout: LIMIT}, (error, out) => {
      if (error) reject(error)
      else resolve(out)
    })
  })
}

check("lifecycle::exit_with_open_sockets", async scene => {
  const pull = scene.socket(zmq.Pull)
  await pull.bind(scene.endpoint("tcp"))
  assert.strictEqual(await script(`
    const push = new zmq.Push({linger: 0})
    push.connect(process.argv[1])
    const pull = new zmq.Pull()
    await pull.bind("tcp://127.0.0.1:*")
    console.log("done")`, pull.lastEndpoint), "done\n")
})

check("lifecycle::exit_delivers_what_was_sent", async scene => {
  const pull = scene.socket(zmq.Pull)
  await pull.bind(scene.endpoint("tcp"))
  const ended = script(`
    const push = new zmq.Push()
    push.connect(process.argv[1])
    for (let i = 0; i < 500; i++) await push.send(String(i))`, pull.lastEndpoint)
  for (let i = 0; i < 500; i++) await expect(pull, `${i}`)
  await within(ended, "the end of the process")
})

check("lifecycle::exit_in_the_middle_of_a_receive", async () => {
  assert.strictEqual(await script(`
    const pull = new zmq.Pull()
    await pull.bind("tcp://127.0.0.1:*")
    pull.receive().catch(() => {})
    setTimeout(() => { console.log("done"); process.exit() }, 10)`), "done\n")
})

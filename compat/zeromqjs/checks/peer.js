"use strict"

// The addon that was built, against the stock one in another process: classes, transports,
// mechanisms, either side bound.

const {spawn} = require("child_process")
const path = require("path")

const {assert, check, expect, text, within, zmq} = require("../harness")

/** Starts the other process, and gives its endpoint; it ends with the check. */
async function side(scene, Class, options, how, endpoint) {
  const child = spawn(process.execPath,
    [path.join(__dirname, "..", "side.js"), Class, JSON.stringify(options), how, endpoint],
    {stdio: ["pipe", "pipe", "inherit"]})
  scene.sockets.push({close: () => child.stdin.end()})
  const line = new Promise((resolve, reject) => {
    child.stdout.once("data", data => resolve(String(data).trim()))
    child.once("exit", status => reject(new Error(`the peer ended: ${status}`)))
  })
  return within(line, "the peer")
}

const body = Buffer.alloc(300_000, "zeromq")

/** Messages of several sizes, there and back. */
async function echoes(socket, ...head) {
  for (const parts of [["x"], ["", "two"], ["a", body, "b"]]) {
    await socket.send([...head, ...parts])
    assert.deepStrictEqual(await socket.receive(),
      [...head, ...parts].map(part => Buffer.from(part)))
  }
  for (let i = 0; i < 1000; i++) await socket.send([...head, `${i}`])
  for (let i = 0; i < 1000; i++) await expect(socket, ...head, `${i}`)
}

/** [our class, their class, what happens] */
const pairs = {
  pair: ["Pair", "Pair", echoes],
  request_reply: ["Request", "Reply", async request => {
    for (let i = 0; i < 100; i++) {
      await request.send(["question", `${i}`])
      await expect(request, "question", `${i}`)
    }
  }],
  dealer_router: ["Dealer", "Router", echoes],
  router_dealer: ["Router", "Dealer", async router => {
    // The other side has a name, and is there when it can be reached.
    for (;;) {
      try {
        await router.send(["peer", "hello"])
        break
      } catch (error) {
        assert.strictEqual(error.code, "EHOSTUNREACH")
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
    await expect(router, "peer", "hello")
    await echoes(router, "peer")
  }],
  subscriber_xpublisher: ["Subscriber", "XPublisher", async subscriber => {
    for (const topic of ["one", "two", "x".repeat(300)]) {
      subscriber.subscribe(topic)
      await expect(subscriber, topic, "published")
    }
  }],
}
const options = {
  Router: {mandatory: true},
  Dealer: {routingId: "peer"},
}

/** Keys for both sides, by which of them is the server. */
const mechanisms = {
  null: () => [{}, {}],
  curve: () => {
    const [server, client] = [zmq.curveKeyPair(), zmq.curveKeyPair()]
    return [{curveServer: true, curveSecretKey: server.secretKey},
      {curveServerKey: server.publicKey, curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey}]
  },
}

for (const transport of ["tcp", "ipc"]) {
  for (const [mechanism, keys] of Object.entries(mechanisms)) {
    for (const [name, [Ours, Theirs, run]] of Object.entries(pairs)) {
      for (const bound of ["stock", "built"]) {
        check(`peer::${name}_${transport}_${mechanism}_bound_${bound}`, async scene => {
          const [server, client] = keys()
          const [ours, theirs] = bound === "built" ? [server, client] : [client, server]
          const socket = scene.socket(zmq[Ours], {...options[Ours], ...ours})
          const more = {...options[Theirs], ...theirs}
          const address = scene.endpoint(transport)
          if (bound === "built") {
            await socket.bind(address)
            await side(scene, Theirs, more, "connect", socket.lastEndpoint)
          } else {
            socket.connect(await side(scene, Theirs, more, "bind", address))
          }
          await run(socket)
        })
      }
    }
  }
}

if (zmq.capability.draft) {
  const draft = require(`${process.env.ZEROMQ}/draft`)
  for (const bound of ["stock", "built"]) {
    check(`peer::client_server_bound_${bound}`, async scene => {
      const socket = scene.socket(draft.Client)
      if (bound === "built") {
        await socket.bind(scene.endpoint("tcp"))
        await side(scene, "Server", {}, "connect", socket.lastEndpoint)
      } else {
        socket.connect(await side(scene, "Server", {}, "bind", scene.endpoint("tcp")))
      }
      for (let i = 0; i < 100; i++) {
        await socket.send(`${i}`)
        assert.deepStrictEqual(text(await socket.receive()), [`${i}`])
      }
    })
  }
}

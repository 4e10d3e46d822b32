"use strict"

// What all checks share: how they are named, how sockets are made and cleared away, and how a
// check waits for a state of its sockets instead of for some time.

const assert = require("assert")
const fs = require("fs")
const os = require("os")
const path = require("path")

const zmq = require(process.env.ZEROMQ)

const LIMIT = 20_000 // milliseconds that an answer may take
const checks = new Map()

/** Names a check. Its function gets a scene, and has failed if it throws. */
function check(name, run) {
  assert(!checks.has(name), name)
  checks.set(name, run)
}

/** The sockets of a check and its folder, which end with it. */
class Scene {
  constructor() {
    this.sockets = []
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "zeromqjs-"))
    this.count = 0
  }

  /** A socket that gives up rather than wait for ever, and throws away what it could not send. */
  socket(Class, options = {}) {
    const made = new Class(options)
    const usual = {linger: 0, sendTimeout: LIMIT, receiveTimeout: LIMIT}
    for (const [name, value] of Object.entries(usual)) {
      if (name in made && !(name in options)) made[name] = value
    }
    this.sockets.push(made)
    return made
  }

  /** An endpoint to bind to that nobody else has. */
  endpoint(transport) {
    this.count += 1
    return {
      tcp: "tcp://127.0.0.1:*",
      ipc: `ipc://${this.folder}/${this.count}`,
      inproc: `inproc://${this.folder}/${this.count}`,
    }[transport]
  }

  /** Binds a socket of one class and connects another to it. */
  async pair(Bound, Connected, {transport = "tcp", bound = {}, connected = {}} = {}) {
    const one = this.socket(Bound, bound)
    const other = this.socket(Connected, connected)
    await one.bind(this.endpoint(transport))
    other.connect(one.lastEndpoint)
    return [one, other]
  }

  /** Closes everything. */
  end() {
    for (const socket of this.sockets) socket.close()
    fs.rmSync(this.folder, {recursive: true})
  }
}

/** The parts of a message as text. */
function text(parts) {
  return parts.map(String)
}

/** Receives a message, whose parts have to be these texts. */
async function expect(socket, ...parts) {
  assert.deepStrictEqual(text(await socket.receive()), parts)
}

/** Waits until a promise is rejected, with this code. */
async function rejected(promise, code) {
  await assert.rejects(promise, error => {
    assert.strictEqual(error.code, code, error.stack)
    return true
  })
}

/** A call that throws an error with this code. */
function throws(call, code) {
  assert.throws(call, error => {
    assert.strictEqual(error.code, code, error.stack)
    return true
  })
}

/** Reads events until one of this type. Ask for `socket.events` before what causes the event. */
async function event(events, type) {
  for (;;) {
    const seen = await within(events.receive(), `the event ${type}`)
    if (seen.type === type) return seen
    assert.notStrictEqual(seen.type, "end", `${type} has not come`)
  }
}

/** Waits for a promise while a socket is asked for its state: libzmq lets it do its part of some
 * work, as of ending a connection, only when the program calls in, and nothing else does. */
async function asking(socket, promise) {
  const timer = setInterval(() => socket.writable, 5)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}

/** Publishes until a subscription that was made works, then takes what came of that away. */
async function subscribed(publisher, subscriber, topic) {
  const timeout = subscriber.receiveTimeout
  subscriber.receiveTimeout = 20
  for (let begun = Date.now(); ; ) {
    await publisher.send([topic, "try"])
    try {
      await subscriber.receive()
      break
    } catch (error) {
      assert(error.code === "EAGAIN" && Date.now() - begun < LIMIT, error.stack)
    }
  }
  subscriber.receiveTimeout = timeout
  await publisher.send([topic, "last try"])
  while (String((await subscriber.receive())[1]) !== "last try");
}

/** Waits for a promise, not for ever. */
function within(promise, what) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${LIMIT} ms`)), LIMIT)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

module.exports = {LIMIT, Scene, asking, assert, check, checks, event, expect, rejected, subscribed,
  text, throws, within, zmq}

"use strict"

// Every option of the package: its default, and another value that it takes.

const {assert, check, rejected, throws, zmq} = require("../harness")

// A class that has the option, the option, its default and a value to set.
const options = [
  ["Dealer", "affinity", 0, 1],
  ["Dealer", "rate", 100, 50],
  ["Dealer", "recoveryInterval", 10000, 20],
  ["Dealer", "linger", -1, 100],
  ["Dealer", "reconnectInterval", 100, 10],
  ["Dealer", "backlog", 100, 10],
  ["Dealer", "reconnectMaxInterval", 0, 5000],
  ["Dealer", "maxMessageSize", -1, 1000],
  ["Dealer", "tcpKeepalive", -1, 1],
  ["Dealer", "tcpKeepaliveCount", -1, 5],
  ["Dealer", "tcpKeepaliveIdle", -1, 60],
  ["Dealer", "tcpKeepaliveInterval", -1, 5],
  ["Dealer", "immediate", false, true],
  ["Dealer", "ipv6", false, true],
  ["Dealer", "plainServer", false, true],
  ["Dealer", "plainUsername", null, "user"],
  ["Dealer", "plainPassword", null, "secret"],
  ["Dealer", "curveServer", false, true],
  ["Dealer", "zapDomain", null, "domain"],
  ["Dealer", "typeOfService", 0, 8],
  ["Dealer", "handshakeInterval", 30000, 1000],
  ["Dealer", "socksProxy", null, "127.0.0.1:1080"],
  ["Dealer", "heartbeatInterval", 0, 100],
  ["Dealer", "heartbeatTimeToLive", 0, 2000],
  ["Dealer", "heartbeatTimeout", -1, 300],
  ["Dealer", "connectTimeout", 0, 100],
  ["Dealer", "tcpMaxRetransmitTimeout", 0, 1000],
  ["Dealer", "multicastMaxTransportDataUnit", 1500, 1400],
  ["Dealer", "interface", null, "lo"],
  ["Dealer", "routingId", null, "name"],
  ["Dealer", "sendBufferSize", -1, 65536],
  ["Dealer", "sendHighWaterMark", 1000, 10],
  ["Dealer", "sendTimeout", -1, 100],
  ["Dealer", "multicastHops", 1, 3],
  ["Dealer", "receiveBufferSize", -1, 65536],
  ["Dealer", "receiveHighWaterMark", 1000, 10],
  ["Dealer", "receiveTimeout", -1, 100],
  ["Router", "routingId", null, "name"],
  ["Router", "mandatory", undefined, true],
  ["Router", "probeRouter", undefined, true],
  ["Router", "handover", undefined, true],
  ["Request", "probeRouter", undefined, true],
  ["Request", "correlate", undefined, true],
  ["Request", "relaxed", undefined, true],
  ["Pull", "conflate", undefined, true],
  ["Push", "conflate", undefined, true],
  ["Publisher", "noDrop", undefined, true],
  ["Publisher", "invertMatching", false, true],
  ["Subscriber", "invertMatching", false, true],
  ["XPublisher", "manual", undefined, true],
  ["XPublisher", "welcomeMessage", undefined, "welcome"],
  ["Stream", "notify", undefined, false],
]

/** The value of an option, undefined if it cannot be read. */
function read(object, name) {
  try {
    return object[name]
  } catch (error) {
    assert.strictEqual(error.code, "EINVAL", error.stack)
    return undefined
  }
}

for (const [Class, name, normal, other] of options) {
  check(`options::${Class}_${name}`, async () => {
    const socket = new zmq[Class]()
    assert.strictEqual(read(socket, name), normal)
    socket[name] = other
    if (normal !== undefined) assert.strictEqual(socket[name], other)
    socket.close()
    const given = new zmq[Class]({[name]: other})
    if (normal !== undefined) assert.strictEqual(given[name], other)
    given.close()
  })
}

// Values that no option of that kind takes.
const bad = [
  ["Dealer", "linger", -2], ["Dealer", "sendHighWaterMark", -1], ["Dealer", "sendTimeout", -2],
  ["Dealer", "reconnectInterval", -2], ["Dealer", "handshakeInterval", -1],
  ["Dealer", "tcpKeepalive", 2], ["Dealer", "heartbeatInterval", -1],
  ["Dealer", "connectTimeout", -1], ["Dealer", "multicastHops", 0], ["Dealer", "rate", 0],
  ["Dealer", "routingId", ""], ["Dealer", "routingId", "x".repeat(256)],
  ["Dealer", "curvePublicKey", "short"], ["Dealer", "plainUsername", "x".repeat(256)],
]
for (const [index, [Class, name, value]] of bad.entries()) {
  check(`options::refused_${index}_${name}`, async scene => {
    const socket = scene.socket(zmq[Class])
    throws(() => (socket[name] = value), "EINVAL")
  })
}

check("options::curve_keys", async scene => {
  const pair = zmq.curveKeyPair()
  const socket = scene.socket(zmq.Dealer)
  socket.curveSecretKey = pair.secretKey
  socket.curvePublicKey = pair.publicKey
  socket.curveServerKey = pair.publicKey
  // The package reads into more room than the library takes for a key.
  for (const name of ["curveSecretKey", "curvePublicKey", "curveServerKey"]) {
    throws(() => socket[name], "EINVAL")
  }
  assert.strictEqual(socket.securityMechanism, "curve")
})

check("options::mechanisms", async scene => {
  assert.strictEqual(scene.socket(zmq.Dealer).securityMechanism, null)
  assert.strictEqual(scene.socket(zmq.Dealer, {plainServer: true}).securityMechanism, "plain")
  assert.strictEqual(scene.socket(zmq.Dealer, {curveServer: true}).securityMechanism, "curve")
})

check("options::unknown_names_are_errors", async scene => {
  const socket = scene.socket(zmq.Dealer)
  assert.throws(() => (socket.doesNotExist = 1), TypeError)
  assert.throws(() => (socket.type = 1), TypeError)
  throws(() => socket.getInt32Option(9999), "EINVAL")
  throws(() => socket.setInt32Option(9999, 1), "EINVAL")
})

check("options::context_defaults", async () => {
  const context = new zmq.Context()
  assert.strictEqual(context.ioThreads, 1)
  assert.strictEqual(context.maxSockets, 1023)
  assert.strictEqual(context.maxSocketsLimit, 65535)
  assert.strictEqual(context.maxMessageSize, 2147483647)
  assert.strictEqual(context.ipv6, false)
  assert.strictEqual(context.blocky, true)
})

check("options::context_values", async scene => {
  const context = new zmq.Context({ioThreads: 3, maxSockets: 20, ipv6: true, blocky: false,
    maxMessageSize: 1000, threadPriority: 1, threadSchedulingPolicy: 0})
  assert.strictEqual(context.ioThreads, 3)
  assert.strictEqual(context.maxSockets, 20)
  assert.strictEqual(context.ipv6, true)
  assert.strictEqual(context.blocky, false)
  assert.strictEqual(context.maxMessageSize, 1000)
  const socket = new zmq.Push({context})
  assert.strictEqual(socket.ipv6, true)
  assert.strictEqual(socket.linger, 0)
  assert.strictEqual(socket.context, context)
  socket.close()
  throws(() => (context.ioThreads = -1), "EINVAL")
})

check("options::context_limit_of_sockets", async () => {
  const context = new zmq.Context({maxSockets: 3})
  const sockets = []
  throws(() => {
    for (let i = 0; i < 10; i++) sockets.push(new zmq.Push({context}))
  }, "EMFILE")
  assert.strictEqual(sockets.length, 3)
  for (const socket of sockets) socket.close()
})

check("options::contexts_share_nothing", async scene => {
  const one = scene.socket(zmq.Pull, {context: new zmq.Context()})
  const other = scene.socket(zmq.Pull, {context: new zmq.Context()})
  await one.bind("inproc://same")
  await other.bind("inproc://same")
  const third = scene.socket(zmq.Pull, {context: one.context})
  await rejected(third.bind("inproc://same"), "EADDRINUSE")
})

check("options::max_message_size", async scene => {
  const [push, pull] = await scene.pair(zmq.Push, zmq.Pull,
    {bound: {reconnectInterval: 10}, connected: {maxMessageSize: 100, reconnectInterval: 10}})
  await push.send(Buffer.alloc(100))
  assert.strictEqual((await pull.receive())[0].length, 100)
  const gone = (async () => {
    for (;;) {
      if ((await push.events.receive()).type === "disconnect") return
    }
  })()
  await push.send(Buffer.alloc(101))
  await gone
})

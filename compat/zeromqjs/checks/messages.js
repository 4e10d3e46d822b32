"use strict"

// What can be sent, and what arrives of it.

const {assert, check, expect, zmq} = require("../harness")

/** A buffer that is not the same at any two places near each other. */
function pattern(length) {
  const buffer = Buffer.alloc(length)
  for (let i = 0; i + 4 <= length; i += 4) buffer.writeUInt32LE((i * 2654435761) >>> 0, i)
  return buffer
}

const kinds = {
  string: ["text ⇒", Buffer.from("text ⇒")],
  number: [4711, Buffer.from("4711")],
  null: [null, Buffer.alloc(0)],
  empty_string: ["", Buffer.alloc(0)],
  buffer: [Buffer.from([0, 1, 255]), Buffer.from([0, 1, 255])],
  array_buffer: [new Uint8Array([1, 2, 3]).buffer, Buffer.from([1, 2, 3])],
  typed_array: [new Uint16Array([1, 2]), Buffer.from([1, 0, 2, 0])],
  slice: [Buffer.from("0123456789").subarray(2, 5), Buffer.from("234")],
}
for (const [name, [sent, received]] of Object.entries(kinds)) {
  check(`messages::${name}`, async scene => {
    const [push, pull] = await scene.pair(zmq.Push, zmq.Pull)
    await push.send(sent)
    await push.send([sent, sent])
    assert.deepStrictEqual(await pull.receive(), [received])
    assert.deepStrictEqual(await pull.receive(), [received, received])
  })
}

for (const transport of ["tcp", "ipc", "inproc"]) {
  check(`messages::sizes_${transport}`, async scene => {
    const [push, pull] = await scene.pair(zmq.Push, zmq.Pull, {transport})
    const sizes = [0, 1, 28, 29, 30, 32, 33, 34, 254, 255, 256, 257, 8191, 8192, 8193, 65535, 65536,
      1_000_000]
    const all = sizes.map(pattern)
    for (const message of all) await push.send(message)
    for (const message of all) assert((await pull.receive())[0].equals(message))
    await push.send(all)
    assert.deepStrictEqual((await pull.receive()).map(part => part.length), sizes)
  })

  check(`messages::big_${transport}`, async scene => {
    const [push, pull] = await scene.pair(zmq.Push, zmq.Pull, {transport})
    const message = pattern(64 << 20)
    const [, [received]] = await Promise.all([push.send(message), pull.receive()])
    assert(received.equals(message))
  })

  check(`messages::many_${transport}`, async scene => {
    const [push, pull] = await scene.pair(zmq.Push, zmq.Pull, {transport})
    const count = 30_000
    const send = async () => {
      for (let i = 0; i < count; i++) await push.send([`${i}`, "body"])
    }
    const receive = async () => {
      for (let i = 0; i < count; i++) {
        const [number] = await pull.receive()
        assert.strictEqual(Number(number), i)
      }
    }
    await Promise.all([send(), receive()])
  })
}

check("messages::a_thousand_parts", async scene => {
  const [push, pull] = await scene.pair(zmq.Push, zmq.Pull)
  const parts = Array.from({length: 1000}, (_, i) => `part ${i}`)
  await push.send(parts)
  await expect(pull, ...parts)
})

check("messages::received_buffers_stay", async scene => {
  const [push, pull] = await scene.pair(zmq.Push, zmq.Pull)
  const sent = Array.from({length: 200}, (_, i) => Buffer.alloc(100 + 300 * i, i))
  for (const message of sent) await push.send(message)
  const received = []
  for (let i = 0; i < sent.length; i++) received.push((await pull.receive())[0])
  push.close()
  pull.close()
  for (let i = 0; i < 5; i++) global.gc()
  for (let i = 0; i < sent.length; i++) assert(received[i].equals(sent[i]))
})

check("messages::sent_buffers_are_kept_and_released", async scene => {
  const [push, pull] = await scene.pair(zmq.Push, zmq.Pull)
  let released = 0
  const registry = new FinalizationRegistry(() => (released += 1))
  const send = async () => {
    for (let i = 0; i < 10; i++) {
      const big = Buffer.alloc(1 << 20, i)
      registry.register(big, i)
      await push.send(big)
    }
  }
  await send()
  for (let i = 0; i < 10; i++) {
    const [message] = await pull.receive()
    assert(message.equals(Buffer.alloc(1 << 20, i)))
  }
  // The library hands buffers back from its own thread, and JavaScript frees them when it likes.
  while (released < 10) {
    global.gc()
    await new Promise(resolve => setTimeout(resolve, 5))
  }
})

"use strict"

// Subscriptions: how they match, what a publisher is told of them.

const {assert, check, expect, rejected, subscribed, zmq} = require("../harness")

check("pubsub::several_topics", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber)
  subscriber.subscribe("a", Buffer.from([0, 255]), "c")
  for (let i = 0; i < 3; i++) await publisher.receive()
  for (const topic of ["abc", "b", Buffer.from([0, 255, 1]), Buffer.from([0, 254]), "cd"]) {
    await publisher.send(topic)
  }
  await expect(subscriber, "abc")
  assert.deepStrictEqual(await subscriber.receive(), [Buffer.from([0, 255, 1])])
  await expect(subscriber, "cd")
})

check("pubsub::everything", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber)
  subscriber.subscribe()
  await expect(publisher, "\x01")
  await publisher.send(["", "anything"])
  await expect(subscriber, "", "anything")
})

check("pubsub::unsubscribe", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber)
  subscriber.subscribe("a", "b")
  await expect(publisher, "\x01a")
  await expect(publisher, "\x01b")
  subscriber.unsubscribe("a")
  await expect(publisher, "\x00a")
  await publisher.send("a")
  await publisher.send("b")
  await expect(subscriber, "b")
  subscriber.unsubscribe("b")
  await expect(publisher, "\x00b")
})

check("pubsub::a_subscriber_that_leaves", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber)
  subscriber.subscribe("a")
  await expect(publisher, "\x01a")
  subscriber.close()
  await expect(publisher, "\x00a")
})

check("pubsub::repeated_subscriptions_are_told_once", async scene => {
  const [publisher, one] = await scene.pair(zmq.XPublisher, zmq.Subscriber)
  const two = scene.socket(zmq.Subscriber)
  two.connect(publisher.lastEndpoint)
  one.subscribe("a")
  await expect(publisher, "\x01a")
  two.subscribe("a", "b")
  await expect(publisher, "\x01b")
  one.unsubscribe("a")
  two.unsubscribe("b")
  await expect(publisher, "\x00b")
})

check("pubsub::verbose", async scene => {
  const publisher = scene.socket(zmq.XPublisher)
  publisher.verbosity = "allSubs"
  await publisher.bind(scene.endpoint("tcp"))
  for (let i = 0; i < 2; i++) {
    const subscriber = scene.socket(zmq.Subscriber)
    subscriber.connect(publisher.lastEndpoint)
    subscriber.subscribe("a")
    await expect(publisher, "\x01a")
  }
})

check("pubsub::verboser", async scene => {
  const publisher = scene.socket(zmq.XPublisher)
  publisher.verbosity = "allSubsUnsubs"
  await publisher.bind(scene.endpoint("tcp"))
  const subscribers = []
  for (let i = 0; i < 2; i++) {
    const subscriber = scene.socket(zmq.Subscriber)
    subscriber.connect(publisher.lastEndpoint)
    subscriber.subscribe("a")
    await expect(publisher, "\x01a")
    subscribers.push(subscriber)
  }
  for (const subscriber of subscribers) {
    subscriber.unsubscribe("a")
    await expect(publisher, "\x00a")
  }
})

check("pubsub::manual", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber,
    {bound: {manual: true}})
  subscriber.subscribe("a")
  await expect(publisher, "\x01a")
  publisher.setStringOption(6, "ab")
  await publisher.send("ac")
  await publisher.send("abc")
  await expect(subscriber, "abc")
})

check("pubsub::welcome", async scene => {
  const publisher = scene.socket(zmq.XPublisher, {welcomeMessage: "welcome"})
  const subscriber = scene.socket(zmq.Subscriber)
  await publisher.bind(scene.endpoint("tcp"))
  subscriber.subscribe("welcome")
  subscriber.connect(publisher.lastEndpoint)
  await expect(publisher, "\x01welcome")
  await expect(subscriber, "welcome")
})

check("pubsub::invert_matching", async scene => {
  const publisher = scene.socket(zmq.Publisher, {invertMatching: true})
  const subscriber = scene.socket(zmq.Subscriber, {invertMatching: true})
  await publisher.bind(scene.endpoint("tcp"))
  subscriber.connect(publisher.lastEndpoint)
  subscriber.subscribe("news")
  // All else reaches the subscriber from the start, so the subscription needs a wait of its own.
  const xpublisher = scene.socket(zmq.XPublisher, {invertMatching: true})
  await xpublisher.bind(scene.endpoint("tcp"))
  subscriber.connect(xpublisher.lastEndpoint)
  await expect(xpublisher, "\x01news")
  await xpublisher.send("news of the day")
  await xpublisher.send("weather")
  await expect(subscriber, "weather")
})

check("pubsub::conflate", async scene => {
  const [push, pull] = await scene.pair(zmq.Push, zmq.Pull,
    {transport: "inproc", connected: {conflate: true}})
  for (let i = 0; i < 100; i++) await push.send(`${i}`)
  await expect(pull, "99")
})

check("pubsub::no_drop", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber,
    {transport: "inproc", bound: {noDrop: true, sendHighWaterMark: 5, sendTimeout: 0},
      connected: {receiveHighWaterMark: 5}})
  subscriber.subscribe("a")
  await expect(publisher, "\x01a")
  let sent = 0
  await rejected((async () => {
    for (; sent < 1000; sent++) await publisher.send(`a${sent}`)
  })(), "EAGAIN")
  assert.strictEqual(sent, 10)
  for (let i = 0; i < sent; i++) await expect(subscriber, `a${i}`)
})

check("pubsub::publisher_never_waits", async scene => {
  const [publisher, subscriber] = await scene.pair(zmq.Publisher, zmq.Subscriber,
    {transport: "inproc", bound: {sendHighWaterMark: 5}, connected: {receiveHighWaterMark: 5}})
  subscriber.subscribe("a")
  await subscribed(publisher, subscriber, "a")
  for (let i = 0; i < 1000; i++) await publisher.send(["a", `${i}`])
  await expect(subscriber, "a", "0")
})

check("pubsub::subscriptions_survive_a_restart", async scene => {
  const [one, subscriber] = await scene.pair(zmq.XPublisher, zmq.Subscriber,
    {connected: {reconnectInterval: 10}})
  subscriber.subscribe("a")
  await expect(one, "\x01a")
  const address = one.lastEndpoint
  const received = expect(subscriber, "abc")
  one.close()
  const other = scene.socket(zmq.XPublisher)
  for (;;) {
    try {
      await other.bind(address)
      break
    } catch (error) {
      // The old listener closes in the background.
      assert.strictEqual(error.code, "EADDRINUSE")
    }
  }
  await expect(other, "\x01a")
  await other.send("abc")
  await received
})

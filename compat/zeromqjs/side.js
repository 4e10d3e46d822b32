"use strict"

// The other process of the checks of peer.js: an echo on one socket, in the manner of its class.
//
//     node side.js CLASS OPTIONS bind|connect ENDPOINT
//
// STOCK names the package. Prints the endpoint once there is one; ends with its input.

const zmq = require(process.env.STOCK)

const [, , name, options, how, endpoint] = process.argv
const draft = zmq.capability.draft ? require(`${process.env.STOCK}/draft`) : {}
const socket = new (zmq[name] ?? draft[name])({linger: 0, ...JSON.parse(options)})

/** What each class gives back for a message. */
const answer = {
  Pair: parts => socket.send(parts),
  Reply: parts => socket.send(parts),
  Dealer: parts => socket.send(parts),
  Router: parts => socket.send(parts),
  // A publisher answers a subscription with a message on that topic.
  XPublisher: ([topic]) => socket.send([topic.subarray(1), "published"]),
  Server: ([message, {routingId}]) => socket.send(message, {routingId}),
  Client: ([message]) => socket.send(message),
}

async function main() {
  if (how === "bind") await socket.bind(endpoint)
  else socket.connect(endpoint)
  console.log(socket.lastEndpoint)
  for await (const parts of socket) await answer[name](parts)
}

process.stdin.on("end", () => process.exit()).resume()
main()

"use strict"

// Lists the checks, or runs one.
//
//     node main.js               prints the names of all
//     node main.js NAME          runs it; what it has mapped of libzmq is printed first
//
// The environment names the package to test: ZEROMQ, and the stock one as a peer: STOCK.

const fs = require("fs")
const path = require("path")

const {Scene, checks, within, zmq} = require("./harness")

const folder = path.join(__dirname, "checks")
for (const file of fs.readdirSync(folder).sort()) {
  require(path.join(folder, file))
}

async function run(name) {
  // The library is used once before the look at what is mapped.
  new zmq.Pair().close()
  const maps = fs.readFileSync("/proc/self/maps", "utf8").split("\n")
  const files = new Set(maps.map(line => line.split(/\s+/)[5]).filter(file => /libzmq/.test(file)))
  for (const file of files) console.log(`mapped ${file}`)
  const scene = new Scene()
  try {
    await within(checks.get(name)(scene), name)
  } finally {
    scene.end()
  }
  console.log("passed")
}

if (process.argv.length === 2) {
  console.log([...checks.keys()].join("\n"))
} else {
  // Nothing is cut off at the end: the process has to find its way out by itself.
  run(process.argv[2]).catch(error => {
    console.error(error)
    process.exitCode = 1
  })
}

# pbdZMQ: everything of it that calls libzmq, but for what listens on every address of the machine.
# Prints a line for each check; see run.
suppressPackageStartupMessages(library(pbdZMQ))
# A warning is all that the package gives for an error.
options(warn = 1)

limit <- 20000L
SO <- ZMQ.SO()
ST <- ZMQ.ST()
SR <- ZMQ.SR()
stop_at_error <- ZMQ.MC(warning.at.error = FALSE, stop.at.error = TRUE)

# Runs a check and prints its line.
check <- function(name, run) {
  context <- zmq.ctx.new()
  fine <- tryCatch({
    run(context)
    TRUE
  }, error = function(e) {
    message(name, ": ", conditionMessage(e))
    FALSE
  })
  cat(if (fine) "ok" else "not ok", " ", name, "\n", sep = "")
}

# A socket whose calls end in time.
make <- function(context, type) {
  socket <- zmq.socket(context, type)
  for (option in c(SO$RCVTIMEO, SO$SNDTIMEO)) {
    zmq.setsockopt(socket, option, limit, MC = stop_at_error)
  }
  zmq.setsockopt(socket, SO$LINGER, 0L, MC = stop_at_error)
  socket
}

# Connects one socket to where the other is bound: the package cannot read an endpoint, so that what
# is used over the network is a name in the folder for what is built.
count <- 0
join <- function(bound, connected) {
  count <<- count + 1
  endpoint <- address(paste0("r-", Sys.getpid(), "-", count), transport = "ipc")
  zmq.bind(bound, endpoint, MC = stop_at_error)
  zmq.connect(connected, endpoint, MC = stop_at_error)
  list(bound, connected, endpoint)
}

pair <- function(context, bound, connected) join(make(context, bound), make(context, connected))

# The reader's bytes as they come.
bytes <- function(socket) zmq.msg.recv(socket, unserialize = FALSE)

# The package opens the distribution's library by its path, whatever it is linked with; so the one
# given is preloaded, and what is called is its function, as the version shows.
check("the library is the one given", function(context) {
  maps <- readLines("/proc/self/maps")
  stopifnot(any(endsWith(maps, paste0(" ", Sys.getenv("SUBJECT_LIBRARY")))))
  stopifnot(identical(as.character(zmq.version()), Sys.getenv("SUBJECT_VERSION")))
})

check("request and reply", function(context) {
  p <- pair(context, ST$REP, ST$REQ)
  for (turn in 1:20) {
    zmq.msg.send(list(turn, "text"), p[[2]])
    stopifnot(identical(zmq.msg.recv(p[[1]]), list(turn, "text")))
    zmq.msg.send(turn + 1, p[[1]])
    stopifnot(zmq.msg.recv(p[[2]]) == turn + 1)
  }
})

check("texts and bytes", function(context) {
  p <- pair(context, ST$PULL, ST$PUSH)
  zmq.send(p[[2]], "text")
  stopifnot(zmq.recv(p[[1]])$buf == "text")
  zmq.send(p[[2]], as.raw(c(0, 1, 255)))
  got <- zmq.recv(p[[1]], 10L, buf.type = "raw")
  stopifnot(got$len == 3, identical(got$buf[1:3], as.raw(c(0, 1, 255))))
  zmq.msg.send(as.raw(7:9), p[[2]], serialize = FALSE)
  stopifnot(identical(bytes(p[[1]]), as.raw(7:9)))
})

check("large objects", function(context) {
  p <- pair(context, ST$PULL, ST$PUSH)
  zmq.msg.send(1:1e6, p[[2]])
  stopifnot(identical(zmq.msg.recv(p[[1]]), 1:1e6))
})

check("several parts", function(context) {
  p <- pair(context, ST$PULL, ST$PUSH)
  zmq.send.multipart(p[[2]], list("a", 1:3, "c"))
  got <- zmq.recv.multipart(p[[1]])
  stopifnot(length(got) == 3, got[[1]] == "a", identical(got[[2]], 1:3))
  zmq.msg.send("one", p[[2]], flags = SR$SNDMORE)
  zmq.msg.send("two", p[[2]])
  stopifnot(zmq.msg.recv(p[[1]]) == "one")
  stopifnot(zmq.getsockopt(p[[1]], SO$RCVMORE, 0L) == 1)
  stopifnot(zmq.msg.recv(p[[1]]) == "two")
  stopifnot(zmq.getsockopt(p[[1]], SO$RCVMORE, 1L) == 0)
})

check("publish and subscribe", function(context) {
  p <- pair(context, ST$XPUB, ST$SUB)
  zmq.setsockopt(p[[2]], SO$SUBSCRIBE, "a", MC = stop_at_error)
  stopifnot(identical(bytes(p[[1]]), as.raw(c(1, 97))))
  zmq.send(p[[1]], "b no")
  zmq.send(p[[1]], "a yes")
  stopifnot(zmq.recv(p[[2]])$buf == "a yes")
  zmq.setsockopt(p[[2]], SO$UNSUBSCRIBE, "a", MC = stop_at_error)
  stopifnot(identical(bytes(p[[1]]), as.raw(c(0, 97))))
})

check("router and dealer", function(context) {
  router <- make(context, ST$ROUTER)
  dealer <- make(context, ST$DEALER)
  zmq.setsockopt(dealer, SO$IDENTITY, "dealer", MC = stop_at_error)
  join(router, dealer)
  zmq.send(dealer, "hello")
  stopifnot(zmq.recv(router)$buf == "dealer", zmq.recv(router)$buf == "hello")
  zmq.send(router, "dealer", flags = SR$SNDMORE)
  zmq.send(router, "back")
  stopifnot(zmq.recv(dealer)$buf == "back")
})

check("poll", function(context) {
  one <- pair(context, ST$PULL, ST$PUSH)
  two <- pair(context, ST$PULL, ST$PUSH)
  readers <- c(one[[1]], two[[1]])
  wanted <- c(ZMQ.PO()$POLLIN, ZMQ.PO()$POLLIN)
  stopifnot(zmq.poll(readers, wanted, 0L)[1] == 0)
  zmq.send(two[[2]], "x")
  stopifnot(zmq.poll(readers, wanted, limit)[1] == 1, zmq.poll.length() == 2)
  stopifnot(zmq.poll.get.revents(1) == 0, zmq.poll.get.revents(2) == 1)
  stopifnot(zmq.recv(two[[1]])$buf == "x")
  stopifnot(zmq.poll(readers, wanted, 5L)[1] == 0)
  zmq.poll.free()
})

check("options", function(context) {
  socket <- make(context, ST$DEALER)
  for (name in c("SNDHWM", "RCVHWM", "LINGER", "RATE", "RECOVERY_IVL", "SNDBUF", "RCVBUF",
                 "RECONNECT_IVL", "RECONNECT_IVL_MAX", "BACKLOG", "MULTICAST_HOPS", "RCVTIMEO",
                 "SNDTIMEO", "TCP_KEEPALIVE_CNT", "TCP_KEEPALIVE_IDLE", "TCP_KEEPALIVE_INTVL",
                 "HANDSHAKE_IVL", "HEARTBEAT_IVL", "CONNECT_TIMEOUT", "TCP_MAXRT")) {
    zmq.setsockopt(socket, SO[[name]], 42L, MC = stop_at_error)
    stopifnot(zmq.getsockopt(socket, SO[[name]], 0L, MC = stop_at_error) == 42)
  }
  stopifnot(zmq.getsockopt(socket, SO$TYPE, 0L) == ST$DEALER)
  failed <- tryCatch(zmq.setsockopt(socket, SO$LINGER, -2L, MC = stop_at_error),
                     error = function(e) "refused")
  stopifnot(identical(failed, "refused"))
})

# What zmq.disconnect calls is not in the distribution's package.
check("errors", function(context) {
  p <- pair(context, ST$PULL, ST$PUSH)
  refused <- function(call) stopifnot(identical(tryCatch(call, error = function(e) "no"), "no"))
  refused(zmq.bind(p[[2]], "nothing", MC = stop_at_error))
  refused(zmq.bind(p[[2]], "carrier://pigeon", MC = stop_at_error))
  stopifnot(zmq.strerror(22L) == "Invalid argument")
})

check("a file", function(context) {
  p <- pair(context, ST$PULL, ST$PUSH)
  from <- tempfile()
  to <- tempfile()
  content <- as.raw(rep(0:255, 3000))
  writeBin(content, from)
  zmq.sendfile(0, from, socket = p[[2]], forcebin = TRUE)
  zmq.recvfile(0, "", to, socket = p[[1]], forcebin = TRUE)
  stopifnot(identical(readBin(to, "raw", 1e7), content))
})

check("the names of rzmq", function(context) {
  context <- init.context()
  a <- init.socket(context, "ZMQ_PAIR")
  b <- init.socket(context, "ZMQ_PAIR")
  bind.socket(a, "inproc://rzmq")
  connect.socket(b, "inproc://rzmq")
  send.socket(a, list(1, "x"))
  stopifnot(identical(receive.socket(b), list(1, "x")))
})

check("closing and destroying", function(context) {
  context <- zmq.ctx.new()
  socket <- zmq.socket(context, ST$PULL)
  stopifnot(zmq.close(socket) == 0)
  zmq.ctx.destroy(context)
})

# ffi-rzmq: everything that it binds. Prints a line for each check; see run.
require 'ffi-rzmq'

LIMIT = 20_000

# Ends a check that did not get what it wants.
def want(condition, what = 'what it wants')
  raise "not #{what}: #{ZMQ::Util.error_string}" unless condition
end

# Runs a check and prints its line.
def check(name)
  context = ZMQ::Context.new
  yield context
  puts "ok #{name}"
rescue StandardError => e
  puts "not ok #{name}"
  warn "#{name}: #{e.class}: #{e.message} #{e.backtrace.first(3)}"
ensure
  $sockets.each(&:close)
  $sockets.clear
  context.terminate
end

$sockets = []

# A socket whose calls end in time.
def make(context, type)
  socket = context.socket(type)
  want(socket, 'a socket')
  $sockets << socket
  { ZMQ::LINGER => 0, ZMQ::RCVTIMEO => LIMIT, ZMQ::SNDTIMEO => LIMIT }.each do |option, value|
    want(socket.setsockopt(option, value).zero?)
  end
  socket
end

# The value of an option.
def get(socket, option)
  array = []
  want(socket.getsockopt(option, array).zero?, "option #{option}")
  # The text of an endpoint comes with its end.
  option == ZMQ::LAST_ENDPOINT ? array[0].delete_suffix("\0") : array[0]
end

# A bound socket and one connected to it.
def pair(context, bound, connected, endpoint = 'tcp://127.0.0.1:*')
  a = make(context, bound)
  b = make(context, connected)
  yield a, b if block_given?
  want(a.bind(endpoint) >= 0, 'bound')
  want(b.connect(get(a, ZMQ::LAST_ENDPOINT)) >= 0, 'connected')
  [a, b]
end

# The next message as a text.
def hear(socket)
  text = +''
  want(socket.recv_string(text) >= 0, 'a message')
  text
end

# Fails with a number.
def refused(number, result)
  want(result == -1 && ZMQ::Util.errno == number, "refused with #{number} but #{ZMQ::Util.errno}")
end

check('the library is the one given') do
  mapped = File.readlines('/proc/self/maps').map { |line| line.split[5] }
  mapped = mapped.compact.select { |file| file.include?('/libzmq') }.uniq
  want(mapped == [ENV.fetch('SUBJECT_LIBRARY')], mapped.inspect)
end

check('version') do
  want(LibZMQ.version.values.first(2) == [4, 3])
  want(ZMQ::Util.resultcode_ok?(0) && !ZMQ::Util.resultcode_ok?(-1))
end

check('context with options') do
  context = ZMQ::Context.new(io_threads: 2, max_sockets: 3)
  want(LibZMQ.zmq_ctx_get(context.pointer, ZMQ::IO_THREADS) == 2)
  want(LibZMQ.zmq_ctx_get(context.pointer, ZMQ::MAX_SOCKETS) == 3)
  three = Array.new(3) { context.socket(ZMQ::PAIR) }
  want(context.socket(ZMQ::PAIR).nil? && ZMQ::Util.errno == ZMQ::EMFILE)
  three.each(&:close)
  want(context.terminate.zero?)
end

check('request and reply') do |context|
  rep, req = pair(context, ZMQ::REP, ZMQ::REQ)
  50.times do |turn|
    want(req.send_string(turn.to_s) >= 0)
    want(hear(rep) == turn.to_s)
    want(rep.send_string('ok') >= 0)
    want(hear(req) == 'ok')
  end
  refused(ZMQ::EFSM, rep.send_string('out of turn'))
end

check('push and pull on every transport') do |context|
  ['tcp://127.0.0.1:*', 'ipc://*', 'inproc://name'].each do |endpoint|
    pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH, endpoint)
    want(push.send_string('x' * 100_000) >= 0)
    want(hear(pull) == 'x' * 100_000)
  end
end

check('publish and subscribe') do |context|
  publisher, subscriber = pair(context, ZMQ::XPUB, ZMQ::SUB)
  want(subscriber.setsockopt(ZMQ::SUBSCRIBE, 'a').zero?)
  want(hear(publisher) == "\x01a")
  want(publisher.send_string('b no') >= 0 && publisher.send_string('a yes') >= 0)
  want(hear(subscriber) == 'a yes')
  want(subscriber.setsockopt(ZMQ::UNSUBSCRIBE, 'a').zero?)
  want(hear(publisher) == "\x00a")
end

check('several parts as strings') do |context|
  pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH)
  want(push.send_strings(['a', '', 'c' * 1000]) >= 0)
  got = []
  want(pull.recv_strings(got) >= 0)
  want(got == ['a', '', 'c' * 1000])
  refused(ZMQ::EAGAIN, pull.recv_strings([], ZMQ::DONTWAIT))
end

check('several parts as messages') do |context|
  pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH)
  want(push.sendmsgs([ZMQ::Message.new('one'), ZMQ::Message.new('two')]) >= 0)
  got = []
  want(pull.recvmsgs(got) >= 0)
  want(got.map(&:copy_out_string) == %w[one two])
  want(got[0].get(ZMQ::MORE) == 1 && got[1].get(ZMQ::MORE).zero?)
  got.each(&:close)
end

check('parts behind an envelope') do |context|
  router, dealer = pair(context, ZMQ::ROUTER, ZMQ::DEALER) { |_, b| b.identity = 'dealer' }
  want(dealer.identity == 'dealer')
  want(dealer.send_strings(['', 'body']) >= 0)
  body = []
  envelope = []
  want(router.recv_multipart(body, envelope) >= 0)
  want(envelope.map(&:copy_out_string) == ['dealer', ''])
  want(body.map(&:copy_out_string) == ['body'])
  want(router.send_strings(['dealer', '', 'back']) >= 0)
  want(hear(dealer) == '' && dealer.more_parts? && hear(dealer) == 'back' && !dealer.more_parts?)
end

check('messages') do |context|
  pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH)
  message = ZMQ::Message.new
  want(message.copy_in_bytes('bytes', 5).zero? && message.size == 5)
  copy = ZMQ::Message.new
  copy.copy(message.address)
  want(copy.copy_out_string == 'bytes')
  moved = ZMQ::Message.new
  moved.move(copy.address)
  want(moved.copy_out_string == 'bytes' && copy.size.zero?)
  want(push.send_and_close(moved) >= 0 && push.sendmsg(message) >= 0)
  got = ZMQ::ManagedMessage.new
  want(pull.recvmsg(got) == 5 && got.copy_out_string == 'bytes')
  want(pull.recvmsg(got) == 5)
  refused(22, message.set(ZMQ::MORE, 1))
end

check('options') do |context|
  socket = make(context, ZMQ::DEALER)
  { ZMQ::SNDHWM => 5, ZMQ::RCVHWM => 6, ZMQ::LINGER => 7, ZMQ::RATE => 8, ZMQ::RECOVERY_IVL => 9,
    ZMQ::SNDBUF => 4096, ZMQ::RCVBUF => 4096, ZMQ::RECONNECT_IVL => 12, ZMQ::RECONNECT_IVL_MAX => 13,
    ZMQ::BACKLOG => 14, ZMQ::MAXMSGSIZE => 1 << 40, ZMQ::MULTICAST_HOPS => 2, ZMQ::AFFINITY => 3,
    ZMQ::RCVTIMEO => 15, ZMQ::SNDTIMEO => 16, ZMQ::TCP_KEEPALIVE => 1, ZMQ::TCP_KEEPALIVE_CNT => 17,
    ZMQ::TCP_KEEPALIVE_IDLE => 18, ZMQ::TCP_KEEPALIVE_INTVL => 19, ZMQ::IPV6 => 1,
    ZMQ::IDENTITY => 'name' }.each do |option, value|
    want(socket.setsockopt(option, value).zero?, "set #{option}")
    want(get(socket, option) == value, "#{option} is #{get(socket, option)}")
  end
  want(get(socket, ZMQ::TYPE) == ZMQ::DEALER && get(socket, ZMQ::RCVMORE) == false)
  want(get(socket, ZMQ::FD) > 2 && get(socket, ZMQ::EVENTS).zero?)
  refused(22, socket.setsockopt(ZMQ::LINGER, -2))
end

check('poller') do |context|
  pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH)
  poller = ZMQ::Poller.new
  want(poller.poll(1000).zero?)
  poller.register_readable(pull)
  poller.register_writable(push)
  want(poller.poll(LIMIT) == 1 && poller.writables == [push])
  want(push.send_string('x') >= 0)
  poller.deregister_writable(push)
  want(poller.poll(LIMIT) == 1 && poller.readables == [pull])
  want(hear(pull) == 'x')
  want(poller.poll_nonblock.zero? && poller.poll(5).zero?)
  reader, writer = IO.pipe
  poller.register_readable(reader)
  writer << 'x'
  writer.flush
  want(poller.poll(LIMIT) == 1 && poller.readables == [reader])
  want(poller.delete(pull) && poller.size == 1)
end

check('proxy with a capture') do |_context|
  inside = ZMQ::Context.new
  outside = ZMQ::Context.new
  front, back, capture = [ZMQ::ROUTER, ZMQ::DEALER, ZMQ::PUSH].map { |type| inside.socket(type) }
  client, worker, log = [ZMQ::REQ, ZMQ::REP, ZMQ::PULL].map { |type| make(outside, type) }
  [[front, client], [back, worker], [capture, log]].each do |a, b|
    want(a.setsockopt(ZMQ::LINGER, 0).zero?)
    want(a.bind('tcp://127.0.0.1:*') >= 0 && b.connect(get(a, ZMQ::LAST_ENDPOINT)) >= 0)
  end
  thread = Thread.new do
    ZMQ::Proxy.new(front, back, capture)
    number = ZMQ::Util.errno
    [front, back, capture].each(&:close)
    number
  end
  want(client.send_string('question') >= 0 && hear(worker) == 'question')
  want(worker.send_string('answer') >= 0 && hear(client) == 'answer')
  got = []
  want(log.recv_strings(got) >= 0 && got.last == 'question')
  want(inside.terminate.zero? && thread.value == ZMQ::ETERM)
  [client, worker, log].each(&:close)
  want(outside.terminate.zero?)
end

check('unbind and disconnect') do |context|
  pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH)
  endpoint = get(pull, ZMQ::LAST_ENDPOINT)
  refused(ZMQ::EADDRINUSE, make(context, ZMQ::PULL).bind(endpoint))
  want(push.disconnect(endpoint).zero?)
  refused(2, push.disconnect(endpoint))
  want(pull.unbind(endpoint).zero?)
  refused(2, pull.unbind(endpoint))
end

check('monitor') do |context|
  server = make(context, ZMQ::REP)
  want(LibZMQ.zmq_socket_monitor(server.socket, 'inproc://events', ZMQ::EVENT_ALL).zero?)
  events = make(context, ZMQ::PAIR)
  want(events.connect('inproc://events').zero?)
  want(server.bind('tcp://127.0.0.1:*').zero?)
  got = []
  want(events.recv_strings(got) >= 0)
  want(got[0].unpack1('S') == ZMQ::EVENT_LISTENING)
  want(got[1] == get(server, ZMQ::LAST_ENDPOINT))
end

check('CURVE') do |context|
  server_public, server_secret = ZMQ::Util.curve_keypair
  client_public, client_secret = ZMQ::Util.curve_keypair
  rep, req = pair(context, ZMQ::REP, ZMQ::REQ) do |server, client|
    want(server.setsockopt(ZMQ::CURVE_SERVER, 1).zero?)
    want(server.setsockopt(ZMQ::CURVE_SECRETKEY, server_secret).zero?)
    want(client.setsockopt(ZMQ::CURVE_SERVERKEY, server_public).zero?)
    want(client.setsockopt(ZMQ::CURVE_PUBLICKEY, client_public).zero?)
    want(client.setsockopt(ZMQ::CURVE_SECRETKEY, client_secret).zero?)
  end
  want(req.send_string('sealed') >= 0 && hear(rep) == 'sealed')
end

check('Z85') do
  bytes = FFI::MemoryPointer.new(8)
  bytes.put_bytes(0, "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B")
  text = FFI::MemoryPointer.new(11)
  want(LibZMQ.zmq_z85_encode(text, bytes, 8) == 'HelloWorld')
  back = FFI::MemoryPointer.new(8)
  LibZMQ.zmq_z85_decode(back, 'HelloWorld')
  want(back.get_bytes(0, 8) == bytes.get_bytes(0, 8))
end

check('errors') do |context|
  socket = make(context, ZMQ::PULL)
  refused(22, socket.bind('nothing'))
  refused(ZMQ::EPROTONOSUPPORT, socket.bind('carrier://pigeon'))
  refused(ZMQ::ENOTSUP, socket.send_string('x'))
  want(ZMQ::Util.error_string == 'Operation not supported')
end

check('the older names') do |context|
  pull, push = pair(context, ZMQ::PULL, ZMQ::PUSH)
  pointer = FFI::MemoryPointer.from_string('text')
  want(LibZMQ.zmq_send(push.socket, pointer, 4, 0) == 4)
  room = FFI::MemoryPointer.new(10)
  want(LibZMQ.zmq_recv(pull.socket, room, 10, 0) == 4 && room.read_bytes(4) == 'text')
  message = ZMQ::Message.new('old')
  want(LibZMQ.zmq_sendmsg(push.socket, message.address, 0) == 3)
  got = ZMQ::Message.new
  want(LibZMQ.zmq_recvmsg(pull.socket, got.address, 0) == 3 && got.copy_out_string == 'old')
  older = LibZMQ.zmq_init(1)
  want(!older.null? && LibZMQ.zmq_term(older).zero?)
end

//! What the crate's own tests leave out of its interface: proxies, monitors' events, routing,
//! subscriptions, PLAIN, the options without a test, messages that live on, errors.

use std::collections::BTreeSet;
use std::thread;

use zmq::{Context, Error, Message, Socket, SocketType};

/// A bound socket and one connected to it.
fn pair(context: &Context, bound: SocketType, connected: SocketType) -> (Socket, Socket) {
    let a = socket(context, bound);
    a.bind("tcp://127.0.0.1:*").unwrap();
    let b = socket(context, connected);
    b.connect(&a.get_last_endpoint().unwrap().unwrap()).unwrap();
    (a, b)
}

/// A socket whose calls end before a test's limit.
fn socket(context: &Context, kind: SocketType) -> Socket {
    let socket = context.socket(kind).unwrap();
    socket.set_rcvtimeo(20_000).unwrap();
    socket.set_sndtimeo(20_000).unwrap();
    socket.set_linger(0).unwrap();
    socket
}

#[test]
fn the_library_is_the_one_given() {
    let wanted = std::env::var("SUBJECT_LIBRARY").unwrap();
    let _context = Context::new();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mapped: BTreeSet<&str> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .filter(|file| file.contains("libzmq"))
        .collect();
    assert_eq!(mapped.into_iter().collect::<Vec<_>>(), [wanted]);
}

#[test]
fn a_proxy_ends_with_its_context() {
    let mut context = Context::new();
    let (front, client) = pair(&context, zmq::ROUTER, zmq::REQ);
    let (back, worker) = pair(&context, zmq::DEALER, zmq::REP);
    let proxy = thread::spawn(move || zmq::proxy(&front, &back));
    client.send("question", 0).unwrap();
    assert_eq!(worker.recv_bytes(0).unwrap(), b"question");
    worker.send("answer", 0).unwrap();
    assert_eq!(client.recv_bytes(0).unwrap(), b"answer");
    drop((client, worker));
    context.destroy().unwrap();
    assert_eq!(proxy.join().unwrap(), Err(Error::ETERM));
}

#[test]
fn a_proxy_captures() {
    let mut context = Context::new();
    let (mut front, push) = pair(&context, zmq::PULL, zmq::PUSH);
    let (mut back, pull) = pair(&context, zmq::PUSH, zmq::PULL);
    let (mut capture, log) = pair(&context, zmq::PAIR, zmq::PAIR);
    let proxy = thread::spawn(move || zmq::proxy_with_capture(&mut front, &mut back, &mut capture));
    push.send_multipart(["a", "b"], 0).unwrap();
    assert_eq!(pull.recv_multipart(0).unwrap(), [b"a", b"b"]);
    assert_eq!(log.recv_multipart(0).unwrap(), [b"a", b"b"]);
    drop((push, pull, log));
    context.destroy().unwrap();
    assert_eq!(proxy.join().unwrap(), Err(Error::ETERM));
}

#[test]
fn a_proxy_is_steered() {
    let context = Context::new();
    let (mut front, push) = pair(&context, zmq::PULL, zmq::PUSH);
    let (mut back, pull) = pair(&context, zmq::PUSH, zmq::PULL);
    let (mut control, steer) = pair(&context, zmq::PAIR, zmq::PAIR);
    let proxy = thread::spawn(move || zmq::proxy_steerable(&mut front, &mut back, &mut control));
    push.send("passes", 0).unwrap();
    assert_eq!(pull.recv_bytes(0).unwrap(), b"passes");
    steer.send("PAUSE", 0).unwrap();
    steer.send("RESUME", 0).unwrap();
    push.send("again", 0).unwrap();
    assert_eq!(pull.recv_bytes(0).unwrap(), b"again");
    steer.send("TERMINATE", 0).unwrap();
    assert_eq!(proxy.join().unwrap(), Ok(()));
}

#[test]
fn a_steered_proxy_captures() {
    let context = Context::new();
    let (mut front, push) = pair(&context, zmq::PULL, zmq::PUSH);
    let (mut back, pull) = pair(&context, zmq::PUSH, zmq::PULL);
    let (mut capture, log) = pair(&context, zmq::PAIR, zmq::PAIR);
    let (mut control, steer) = pair(&context, zmq::PAIR, zmq::PAIR);
    let proxy = thread::spawn(move || {
        zmq::proxy_steerable_with_capture(&mut front, &mut back, &mut capture, &mut control)
    });
    push.send("passes", 0).unwrap();
    assert_eq!(pull.recv_bytes(0).unwrap(), b"passes");
    assert_eq!(log.recv_bytes(0).unwrap(), b"passes");
    steer.send("TERMINATE", 0).unwrap();
    assert_eq!(proxy.join().unwrap(), Ok(()));
}

#[test]
fn a_router_knows_its_peers() {
    let context = Context::new();
    let router = socket(&context, zmq::ROUTER);
    router.set_router_mandatory(true).unwrap();
    router.bind("tcp://127.0.0.1:*").unwrap();
    let dealer = socket(&context, zmq::DEALER);
    dealer.set_identity(b"dealer").unwrap();
    dealer.set_probe_router(true).unwrap();
    dealer.connect(&router.get_last_endpoint().unwrap().unwrap()).unwrap();
    assert_eq!(router.recv_multipart(0).unwrap(), [b"dealer".to_vec(), vec![]]);
    router.send_multipart(["dealer", "for you"], 0).unwrap();
    assert_eq!(dealer.recv_bytes(0).unwrap(), b"for you");
    assert_eq!(router.send_multipart(["nobody", "for you"], 0), Err(Error::EHOSTUNREACH));
}

#[test]
fn subscriptions_reach_an_xpub() {
    let context = Context::new();
    let (publisher, subscriber) = pair(&context, zmq::XPUB, zmq::SUB);
    subscriber.set_subscribe(b"a").unwrap();
    assert_eq!(publisher.recv_bytes(0).unwrap(), b"\x01a");
    publisher.send("b no", 0).unwrap();
    publisher.send("a yes", 0).unwrap();
    assert_eq!(subscriber.recv_bytes(0).unwrap(), b"a yes");
    subscriber.set_unsubscribe(b"a").unwrap();
    assert_eq!(publisher.recv_bytes(0).unwrap(), b"\x00a");
}

#[test]
fn an_xsub_subscribes_by_messages() {
    let context = Context::new();
    let (publisher, subscriber) = pair(&context, zmq::XPUB, zmq::XSUB);
    subscriber.send(b"\x01topic".as_ref(), 0).unwrap();
    assert_eq!(publisher.recv_bytes(0).unwrap(), b"\x01topic");
    publisher.send_multipart(["topic", "news"], 0).unwrap();
    assert_eq!(subscriber.recv_multipart(0).unwrap(), [b"topic".to_vec(), b"news".to_vec()]);
}

#[test]
fn a_stream_socket_speaks_plain_tcp() {
    use std::io::{Read, Write};
    let context = Context::new();
    let stream = socket(&context, zmq::STREAM);
    stream.bind("tcp://127.0.0.1:*").unwrap();
    let endpoint = stream.get_last_endpoint().unwrap().unwrap();
    let mut other = std::net::TcpStream::connect(&endpoint["tcp://".len()..]).unwrap();
    let opened = stream.recv_multipart(0).unwrap();
    assert!(opened[1].is_empty());
    other.write_all(b"hello").unwrap();
    assert_eq!(stream.recv_multipart(0).unwrap(), [opened[0].clone(), b"hello".to_vec()]);
    stream.send_multipart([opened[0].as_slice(), b"bye"], 0).unwrap();
    let mut got = [0; 3];
    other.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"bye");
}

#[test]
fn plain_asks_a_handler() {
    let context = Context::new();
    let handler = socket(&context, zmq::REP);
    handler.bind("inproc://zeromq.zap.01").unwrap();
    let asked = thread::spawn(move || {
        let request = handler.recv_multipart(0).unwrap();
        let answer = [b"1.0".as_ref(), &request[1], b"200", b"OK", b"user", b""];
        handler.send_multipart(answer, 0).unwrap();
        request
    });
    let server = socket(&context, zmq::REP);
    server.set_plain_server(true).unwrap();
    server.set_zap_domain("here").unwrap();
    server.bind("tcp://127.0.0.1:*").unwrap();
    let client = socket(&context, zmq::REQ);
    client.set_plain_username(Some("admin")).unwrap();
    client.set_plain_password(Some("secret")).unwrap();
    client.connect(&server.get_last_endpoint().unwrap().unwrap()).unwrap();
    client.send("in", 0).unwrap();
    let mut message = server.recv_msg(0).unwrap();
    assert_eq!(message.gets("User-Id"), Some("user"));
    assert_eq!(message.gets("Socket-Type"), Some("REQ"));
    assert_eq!(message.gets("Peer-Address"), Some("127.0.0.1"));
    assert_eq!(message.gets("Nothing"), None);
    let request = asked.join().unwrap();
    assert_eq!(request[2], b"here");
    assert_eq!(request[5..], [b"PLAIN".to_vec(), b"admin".to_vec(), b"secret".to_vec()]);
}

#[test]
fn a_message_outlives_its_context() {
    let message = {
        let context = Context::new();
        let (pull, push) = pair(&context, zmq::PULL, zmq::PUSH);
        push.send(vec![7u8; 100_000], 0).unwrap();
        pull.recv_msg(0).unwrap()
    };
    assert!(message.len() == 100_000 && message.iter().all(|&byte| byte == 7));
}

#[test]
fn messages_are_made_in_every_way() {
    let context = Context::new();
    let (pull, push) = pair(&context, zmq::PULL, zmq::PUSH);
    let mut sized = Message::with_size(5);
    sized.copy_from_slice(b"sized");
    push.send(sized, 0).unwrap();
    push.send(Message::from_slice(b"slice"), 0).unwrap();
    push.send(Message::from("text"), 0).unwrap();
    push.send(Message::from(vec![1u8; 1000]), 0).unwrap();
    push.send(Message::from(vec![2u8; 20].into_boxed_slice()), 0).unwrap();
    push.send(Message::new(), 0).unwrap();
    let mut got = Message::new();
    for wanted in
        [b"sized".to_vec(), b"slice".to_vec(), b"text".to_vec(), vec![1; 1000], vec![2; 20], vec![]]
    {
        pull.recv(&mut got, 0).unwrap();
        assert_eq!(&got[..], wanted);
    }
}

#[test]
fn options_without_a_test_of_their_own() {
    let context = Context::new();
    let s = context.socket(zmq::ROUTER).unwrap();
    s.set_router_mandatory(true).unwrap();
    s.set_router_handover(true).unwrap();
    s.set_heartbeat_ivl(100).unwrap();
    s.set_heartbeat_ttl(1000).unwrap();
    s.set_heartbeat_timeout(300).unwrap();
    assert_eq!(s.get_heartbeat_ivl(), Ok(100));
    assert_eq!(s.get_heartbeat_ttl(), Ok(1000));
    assert_eq!(s.get_heartbeat_timeout(), Ok(300));
    assert_eq!(s.get_mechanism(), Ok(zmq::Mechanism::ZMQ_NULL));
    assert_eq!(s.is_router_mandatory(), Err(Error::EINVAL));
    assert_eq!(s.get_events(), Ok(zmq::PollEvents::empty()));
    assert_eq!(s.set_tos(-1), Err(Error::EINVAL));
    assert_eq!(s.set_curve_publickey(b"short"), Err(Error::EINVAL));
    assert_eq!(s.set_subscribe(b""), Err(Error::EINVAL));
}

#[test]
fn a_context_has_options() {
    let context = Context::new();
    assert_eq!(context.get_io_threads(), Ok(1));
    context.set_io_threads(3).unwrap();
    assert_eq!(context.get_io_threads(), Ok(3));
    assert_eq!(context.set_io_threads(-1), Err(Error::EINVAL));
    let (pull, push) = pair(&context, zmq::PULL, zmq::PUSH);
    push.send("over one of three", 0).unwrap();
    assert_eq!(pull.recv_bytes(0).unwrap(), b"over one of three");
}

#[test]
fn a_destroyed_context_makes_no_sockets() {
    let mut context = Context::new();
    context.destroy().unwrap();
    assert_eq!(context.socket(zmq::REQ).err(), Some(Error::EFAULT));
}

#[test]
fn errors_have_their_numbers() {
    let context = Context::new();
    let s = context.socket(zmq::PULL).unwrap();
    assert_eq!(s.bind("nothing"), Err(Error::EINVAL));
    assert_eq!(s.bind("carrier://pigeon"), Err(Error::EPROTONOSUPPORT));
    assert_eq!(s.bind("tcp://127.0.0.1:port"), Err(Error::EINVAL));
    assert_eq!(s.connect("tcp://127.0.0.1"), Err(Error::EINVAL));
    assert_eq!(s.unbind("tcp://127.0.0.1:1"), Err(Error::ENOENT));
    assert_eq!(s.send("x", 0), Err(Error::ENOTSUP));
    assert_eq!(s.recv_msg(zmq::DONTWAIT).err(), Some(Error::EAGAIN));
    s.bind("inproc://taken").unwrap();
    let other = context.socket(zmq::PULL).unwrap();
    assert_eq!(other.bind("inproc://taken"), Err(Error::EADDRINUSE));
}

#[test]
fn unbind_frees_the_port() {
    let context = Context::new();
    let (a, b) = (socket(&context, zmq::PULL), socket(&context, zmq::PULL));
    a.bind("tcp://127.0.0.1:*").unwrap();
    let endpoint = a.get_last_endpoint().unwrap().unwrap();
    assert_eq!(b.bind(&endpoint), Err(Error::EADDRINUSE));
    a.monitor("inproc://events", zmq::SocketEvent::CLOSED.to_raw().into()).unwrap();
    let events = socket(&context, zmq::PAIR);
    events.connect("inproc://events").unwrap();
    a.unbind(&endpoint).unwrap();
    let event = events.recv_multipart(0).unwrap();
    assert_eq!(event[0][..2], zmq::SocketEvent::CLOSED.to_raw().to_ne_bytes());
    assert_eq!(event[1], endpoint.as_bytes());
    b.bind(&endpoint).unwrap();
}

#[test]
fn capabilities_are_known() {
    for (name, there) in [("ipc", true), ("curve", true), ("nothing", false)] {
        assert_eq!(zmq::has(name), Some(there), "{name}");
    }
}

#[test]
fn a_socket_goes_to_another_thread() {
    let context = Context::new();
    let (pull, push) = pair(&context, zmq::PULL, zmq::PUSH);
    // It comes back, as it would drop on closing what it has not sent yet.
    let sender = thread::spawn(move || {
        for n in 0..1000u32 {
            push.send(&n.to_string(), 0).unwrap();
        }
        push
    });
    for n in 0..1000u32 {
        assert_eq!(pull.recv_string(0).unwrap().unwrap(), n.to_string());
    }
    drop(sender.join().unwrap());
}

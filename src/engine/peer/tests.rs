//! Peers of a socket that is slow: to take in what happens to its pipe, and what comes through it.

#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::{PeerHandle, start_connecting};
use crate::core::io_thread::{IoThread, JobId};
use crate::core::kind::Kind;
use crate::core::options::{ContextDefaults, Options};
use crate::core::pipe::PipeEnd;
use crate::core::registry::Absence;
use crate::engine::{Event, Owner, Profile};
use crate::msg::Msg;
use crate::sys::thread::Scheduling;
use crate::transport::{Scheme, Target};

/// More than any step here takes.
const LONG: Duration = Duration::from_secs(20);

/// What the socket was told.
enum Told {
    Attached(Box<PipeEnd>),
    /// It was asked whether its thread reads, and said yes.
    Asked,
    Tidied,
    Done,
}

/// A socket that takes nothing in.
struct Slow(Sender<Told>);

impl Slow {
    fn tell(&self, told: Told) {
        // At the end nobody listens any more.
        let _ = self.0.send(told);
    }
}

impl Owner for Slow {
    fn report(&self, _: &Event<'_>) {}

    fn attach(&self, end: PipeEnd) {
        self.tell(Told::Attached(Box::new(end)));
    }

    fn job_begins(&self) {}

    fn job_done(&self, _: JobId, _: bool) {
        self.tell(Told::Done);
    }

    fn handler(&self) -> Result<PipeEnd, Absence> {
        Err(Absence::Nobody)
    }

    fn reads_itself(&self) -> bool {
        self.tell(Told::Asked);
        true
    }

    fn tidy(&self) {
        self.tell(Told::Tidied);
    }
}

/// A DEALER with `ZMQ_IMMEDIATE` and a small queue that connects, again soon if need be.
fn connect(thread: &IoThread, to: &TcpListener) -> (PeerHandle, Receiver<Told>) {
    let context = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };
    let mut options = Options::new(Kind::Dealer, context);
    (options.immediate, options.reconnect_ivl, options.rcvhwm) = (true, 1, 2);
    let profile = Arc::new(Profile::new(&options).expect("DEALER has a protocol"));
    let address = to.local_addr().expect("it is bound").to_string();
    let target = Target::parse(Scheme::Tcp, address.as_bytes()).expect("well-formed");
    let (sender, told) = channel();
    let owner = Arc::new(Slow(sender));
    let endpoint = format!("tcp://{address}").into_bytes();
    (start_connecting(profile, owner, thread.handle(), target, endpoint, None), told)
}

/// Accepts a link and plays a DEALER until the handshake is over for the other side.
fn accept(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().expect("somebody connects");
    let mut greeting = [b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01".as_slice(), b"NULL"].concat();
    greeting.resize(64, 0);
    greeting.extend(b"\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06DEALER");
    stream.write_all(&greeting).expect("it fits into the buffers");
    stream
}

#[test]
fn a_link_lost_between_the_close_and_its_word_to_the_pipe_is_the_last() {
    let thread = IoThread::start(b"peers", Scheduling::default()).expect("there are threads");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are ports");
    let (peer, told) = connect(&thread, &listener);
    let stream = accept(&listener);
    let Ok(Told::Attached(near)) = told.recv_timeout(LONG) else { panic!("no link came up") };
    peer.close(-1);
    assert!(matches!(told.recv_timeout(LONG), Ok(Told::Tidied)), "it waits for the pipe's word");
    drop(stream);
    assert!(matches!(told.recv_timeout(LONG), Ok(Told::Done)), "it goes on trying");
    drop(near);
    thread.stop();
}

#[test]
fn what_finds_no_room_is_left_to_a_thread_that_reads() {
    let thread = IoThread::start(b"peers", Scheduling::default()).expect("there are threads");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are ports");
    let (peer, told) = connect(&thread, &listener);
    let mut stream = accept(&listener);
    let Ok(Told::Attached(mut near)) = told.recv_timeout(LONG) else { panic!("no link came up") };
    let frames: Vec<u8> = (0..100).flat_map(|number| [0, 1, number]).collect();
    stream.write_all(&frames).expect("it fits into the buffers");
    assert!(matches!(told.recv_timeout(LONG), Ok(Told::Asked)), "it reads ahead");
    let pump = near.pump().expect("the connection is up");
    let (started, mut msg) = (Instant::now(), Msg::empty());
    for number in 0..100 {
        while !near.read(&mut msg) {
            pump.pull();
            assert!(started.elapsed() < LONG, "{number} is missing");
        }
        assert_eq!(msg.data(), [number]);
    }
    peer.close(0);
    drop((near, stream, pump));
    thread.stop();
}

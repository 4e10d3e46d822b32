//! A peer and a socket that is slow to take in what happens to its pipe.

#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{PeerHandle, start_connecting};
use crate::core::io_thread::{IoThread, JobId};
use crate::core::kind::Kind;
use crate::core::options::{ContextDefaults, Options};
use crate::core::pipe::PipeEnd;
use crate::core::registry::Absence;
use crate::engine::{Event, Owner, Profile};
use crate::sys::thread::Scheduling;
use crate::transport::{Scheme, Target};

/// More than any step here takes.
const LONG: Duration = Duration::from_secs(20);

/// What the socket was told.
enum Told {
    Attached(Box<PipeEnd>),
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

    fn tidy(&self) {
        self.tell(Told::Tidied);
    }
}

/// A DEALER with `ZMQ_IMMEDIATE` that connects, again soon if need be.
fn connect(thread: &IoThread, to: &TcpListener) -> (PeerHandle, Receiver<Told>) {
    let context = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };
    let mut options = Options::new(Kind::Dealer, context);
    (options.immediate, options.reconnect_ivl) = (true, 1);
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

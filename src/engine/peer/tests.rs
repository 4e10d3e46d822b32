//! Peers of a socket that is slow: to take in what happens to its pipe, and what comes through it.

#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::{PeerHandle, start_connecting};
use crate::core::io_thread::{Fate, Io, IoThread, Job, JobId, Occasion};
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

/// A DEALER with `ZMQ_IMMEDIATE` and a queue for so many messages that connects, again soon if need be.
fn connect(thread: &IoThread, to: &TcpListener, hwm: i32) -> (PeerHandle, Receiver<Told>) {
    let context = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };
    let mut options = Options::new(Kind::Dealer, context);
    (options.immediate, options.reconnect_ivl, options.rcvhwm) = (true, 1, hwm);
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
    stream.set_nodelay(true).expect("it is tcp");
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
    let (peer, told) = connect(&thread, &listener, 2);
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
    let (peer, told) = connect(&thread, &listener, 2);
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

/// Has the I/O thread fill a queue and leave the rest; whether it does so still after each of two looks
/// of a thread that takes nothing. None if all that took longer than the I/O thread waits for anybody.
fn left_after_looks() -> Option<[bool; 2]> {
    let thread = IoThread::start(b"peers", Scheduling::default()).expect("there are threads");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are ports");
    let (peer, told) = connect(&thread, &listener, 2);
    let mut stream = accept(&listener);
    let Ok(Told::Attached(near)) = told.recv_timeout(LONG) else { panic!("no link came up") };
    let frames: Vec<u8> = (0..100).flat_map(|number| [0, 1, number]).collect();
    let pump = near.pump().expect("the connection is up");
    let started = Instant::now();
    stream.write_all(&frames).expect("it fits into the buffers");
    while pump.reads_here().is_none() {
        assert!(started.elapsed() < LONG, "the I/O thread keeps what it has read");
    }
    let left = [(); 2].map(|()| {
        pump.pull();
        pump.reads_here().is_some()
    });
    let in_time = started.elapsed() < Duration::from_millis(5);
    peer.close(0);
    drop((near, stream, pump));
    thread.stop();
    in_time.then_some(left)
}

#[test]
fn a_queue_that_was_filled_for_its_reader_is_one_that_it_wants() {
    let left = std::iter::repeat_with(left_after_looks).take(200).find_map(|left| left);
    assert_eq!(left, Some([true, false]));
}

/// A PUB's subscriber; says when it has something to say, and whether `near` can be read by then.
struct Herald {
    stream: UnixStream,
    near: Arc<Mutex<PipeEnd>>,
    tell: Sender<bool>,
}

impl Job for Herald {
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate {
        match occasion {
            Occasion::Start => io.watch(&self.stream).expect("it is a descriptor"),
            Occasion::Ready(readiness) if readiness.readable => {
                self.tell.send(self.near.lock().check_read()).expect("the test listens");
            }
            _ => {}
        }
        Fate::Stays
    }

    fn deadline(&self) -> Option<u64> {
        None
    }

    fn is_herald(&self) -> bool {
        true
    }
}

/// Keeps the thread until it is told where to say that it has subscribed; does both when it is poked.
struct Subscriber {
    holds: Sender<()>,
    told: Receiver<Option<TcpStream>>,
    subscription: UnixStream,
    stream: Option<TcpStream>,
}

impl Job for Subscriber {
    fn run(&mut self, occasion: Occasion, _: &mut Io<'_>) -> Fate {
        match occasion {
            Occasion::Start => {
                self.holds.send(()).expect("the test listens");
                self.stream = self.told.recv().expect("the test tells");
            }
            _ => {
                self.subscription.write_all(b"S").expect("somebody has the other end");
                if let Some(stream) = &mut self.stream {
                    stream.write_all(b"\0\x01M").expect("it fits into the buffers");
                }
            }
        }
        Fate::Stays
    }

    fn deadline(&self) -> Option<u64> {
        None
    }
}

/// Has a peer bring two messages while a herald gets news. `ends` says that these are the last, and that
/// all is there before they are read; or else the second one comes behind the news.
fn show_behind_a_herald(ends: bool) {
    let thread = IoThread::start(b"peers", Scheduling::default()).expect("there are threads");
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are ports");
    let (peer, told) = connect(&thread, &listener, 100);
    let mut stream = accept(&listener);
    let Ok(Told::Attached(near)) = told.recv_timeout(LONG) else { panic!("no link came up") };
    let near = Arc::new(Mutex::new(*near));
    let (subscription, heard) = UnixStream::pair().expect("there are descriptors");
    let (tell, hears) = channel();
    let herald = Herald { stream: heard, near: Arc::clone(&near), tell };
    thread.handle().start(JobId::next(), Box::new(herald));

    // In one round: the peer has news, the subscriber has its say, the peer is read.
    let ((holds, held), (tell, told)) = (channel(), channel());
    let subscriber = JobId::next();
    let job = Subscriber { holds, told, subscription, stream: None };
    thread.handle().start(subscriber, Box::new(job));
    assert_eq!(held.recv_timeout(LONG), Ok(()));
    thread.handle().poke(subscriber);
    stream.write_all(b"\0\x01N").expect("it fits into the buffers");
    let where_to_say_so = if ends {
        stream.write_all(b"\0\x01M").expect("it fits into the buffers");
        stream.shutdown(Shutdown::Write).expect("it is connected");
        None
    } else {
        Some(stream.try_clone().expect("there are descriptors"))
    };
    tell.send(where_to_say_so).expect("the subscriber listens");
    assert_eq!(hears.recv_timeout(LONG), Ok(false), "what it said is shown first");
    let (started, mut msg) = (Instant::now(), Msg::empty());
    for said in [b"N", b"M"] {
        while !near.lock().read(&mut msg) {
            assert!(started.elapsed() < LONG, "a message is missing");
            std::thread::yield_now();
        }
        assert_eq!(msg.data(), said);
    }
    while ends && (near.lock().check_read() || !near.lock().ended()) {
        assert!(started.elapsed() < LONG, "the end is missing");
        std::thread::yield_now();
    }
    peer.close(0);
    thread.stop();
}

#[test]
fn a_message_is_shown_when_a_subscription_before_it_is_known() {
    show_behind_a_herald(false);
}

#[test]
fn the_end_of_a_link_shows_nothing_before_its_time() {
    show_behind_a_herald(true);
}

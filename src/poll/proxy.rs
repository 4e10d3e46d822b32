//! The proxy: messages from one socket to another and back, until told to stop.
//!
//! A message is taken from one side only while the other can take it, so that a slow or missing
//! destination holds its senders back, and nothing that was read is at risk when the proxy ends.
//!
//! When there is nothing to do, the proxy sleeps until one of the conditions that are *not* met
//! becomes so. To wait for those that are met would return at once for as long as the other half of
//! the pair is missing (messages on one side, no room on the other), and the proxy would spin.
//!
//! That holds only as long as a condition that is met stays so. A destination may go, or another
//! thread may take a message from a thread-safe socket, between the look at the sockets and the work:
//! then both halves were seen, nothing is waited for, and still nothing can be moved. So a proxy
//! that tried in vain looks again, and sleeps only after a look that left it nothing to try.

#![forbid(unsafe_code)]

use super::wait::{Item, Watcher, wait};
use super::{POLLIN, POLLOUT};
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::socket::{DONTWAIT, Passage, SNDMORE, Socket};

/// How many messages go one way before the other way has its turn.
const BURST: usize = 1000;

/// What went through a socket in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traffic {
    frames: u64,
    bytes: u64,
}

impl Traffic {
    fn count(&mut self, msg: &Msg) {
        self.frames += 1;
        self.bytes += msg.len() as u64;
    }
}

/// One of the two sockets that are connected.
struct Side<'a> {
    socket: &'a Socket,
    received: Traffic,
    sent: Traffic,
}

impl<'a> Side<'a> {
    fn new(socket: &'a Socket) -> Side<'a> {
        Side { socket, received: Traffic::default(), sent: Traffic::default() }
    }

    fn ready(&self) -> Result<i16> {
        self.socket.events()
    }
}

/// What a control message wants, beyond what was done when it was read.
enum Wish {
    /// Nothing but an answer.
    Acknowledge,
    /// The counters.
    Statistics,
    /// The end.
    Terminate,
}

/// A running proxy.
struct Proxy<'a> {
    frontend: Side<'a>,
    backend: Side<'a>,
    /// Both sides are the same socket, which answers itself.
    echo: bool,
    capture: Option<&'a Socket>,
    control: Option<&'a Socket>,
    paused: bool,
    /// The message in transit, empty between messages.
    frames: Vec<Msg>,
    watcher: Option<Watcher>,
}

/// Forwards messages until the control socket says `TERMINATE`, or until an error.
pub(crate) fn run(
    frontend: &Socket,
    backend: &Socket,
    capture: Option<&Socket>,
    control: Option<&Socket>,
) -> Result<()> {
    Proxy::new(frontend, backend, capture, control).go_on()
}

impl<'a> Proxy<'a> {
    fn new(
        frontend: &'a Socket,
        backend: &'a Socket,
        capture: Option<&'a Socket>,
        control: Option<&'a Socket>,
    ) -> Proxy<'a> {
        Proxy {
            frontend: Side::new(frontend),
            backend: Side::new(backend),
            echo: std::ptr::eq(frontend, backend),
            capture,
            control,
            paused: false,
            frames: Vec::new(),
            watcher: None,
        }
    }

    /// Takes turns until the end.
    fn go_on(&mut self) -> Result<()> {
        while self.turn()? {}
        Ok(())
    }

    /// Obeys, then forwards what there is, or sleeps; false is the end.
    fn turn(&mut self) -> Result<bool> {
        if let Some(control) = self.control {
            if control.events()? & POLLIN != 0 && !self.obey(control)? {
                return Ok(false);
            }
        }
        let seen = self.look()?;
        self.act(seen)?;
        Ok(true)
    }

    /// What the two sides are ready for.
    fn look(&self) -> Result<(i16, i16)> {
        let front = self.frontend.ready()?;
        // An echo waits, if it has to, in the middle of its work: a REP has no room for an answer
        // before it has read the question.
        let back = if self.echo { POLLOUT } else { self.backend.ready()? };
        Ok((front, back))
    }

    /// Forwards what there seemed to be when the sides were looked at; sleeps if that was nothing.
    fn act(&mut self, (front, back): (i16, i16)) -> Result<()> {
        let downstream = !self.paused && front & POLLIN != 0 && back & POLLOUT != 0;
        let upstream = !self.paused && back & POLLIN != 0 && front & POLLOUT != 0;
        if downstream {
            self.forward(true)?;
        }
        if upstream {
            self.forward(false)?;
        }
        // If nothing moved, what was seen is over, and only another look can tell what to wait for.
        if downstream || upstream { Ok(()) } else { self.sleep(front, back) }
    }

    /// Sleeps until a side that was ready for `front` or `back` is ready for more, or there is a
    /// command.
    fn sleep(&mut self, front: i16, back: i16) -> Result<()> {
        let wanted = match (self.paused, self.echo) {
            (true, _) => 0,
            (false, true) => POLLIN,
            (false, false) => POLLIN | POLLOUT,
        };
        let mut items = [Item::NOTHING; 3];
        let sockets = [
            Some((self.frontend.socket, wanted & !front)),
            (!self.echo).then_some((self.backend.socket, wanted & !back)),
            self.control.map(|control| (control, POLLIN)),
        ];
        let mut count = 0;
        for ((socket, events), item) in sockets.into_iter().flatten().zip(&mut items) {
            *item = Item::socket(socket, events);
            count += 1;
        }
        let items = items.get_mut(..count).unwrap_or_default();
        wait(items, -1, None, &mut self.watcher)?;
        Ok(())
    }

    /// Moves a burst of messages one way, as many as there are and there is room for.
    fn forward(&mut self, downstream: bool) -> Result<()> {
        let (from, to) = if downstream {
            (&mut self.frontend, &mut self.backend)
        } else {
            (&mut self.backend, &mut self.frontend)
        };
        // A copy may have to wait, and the capture may be one of the two.
        if self.capture.is_none() {
            if let Some(passage) = Passage::open(from.socket, to.socket)? {
                return pass(passage, from, to, &mut self.frames);
            }
        }
        for _ in 0..BURST {
            if !self.echo && to.ready()? & POLLOUT == 0 {
                return Ok(());
            }
            // What an error left behind is not forwarded later.
            self.frames.clear();
            if !receive(from.socket, &mut self.frames)? {
                return Ok(());
            }
            self.frames.iter().for_each(|frame| from.received.count(frame));
            if let Some(capture) = self.capture {
                let last = self.frames.len() - 1;
                for (at, frame) in self.frames.iter_mut().enumerate() {
                    capture.send(&mut frame.copy(), if at < last { SNDMORE } else { 0 })?;
                }
            }
            self.frames.iter().for_each(|frame| to.sent.count(frame));
            send(to.socket, &mut self.frames)?;
        }
        Ok(())
    }

    /// Reads and carries out what has arrived on the control socket; false is the end.
    ///
    /// Every frame is a command of its own, so that the address before a command from a ROUTER does
    /// no harm.
    fn obey(&mut self, control: &Socket) -> Result<bool> {
        self.frames.clear();
        if !receive(control, &mut self.frames)? {
            return Ok(true);
        }
        let mut wish = Wish::Acknowledge;
        for frame in &self.frames {
            match frame.data() {
                b"PAUSE" => self.paused = true,
                b"RESUME" => self.paused = false,
                b"STATISTICS" => wish = Wish::Statistics,
                b"TERMINATE" => wish = Wish::Terminate,
                _ => {}
            }
        }
        match wish {
            Wish::Statistics => self.report(control)?,
            // A REP has to answer before it can hear the next command, and others are answered as
            // well; but nobody has to listen, and a SUB has no way to answer.
            Wish::Acknowledge | Wish::Terminate => {
                match control.send(&mut Msg::empty(), DONTWAIT) {
                    Ok(()) | Err(Error::Again | Error::NotSupported) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(!matches!(wish, Wish::Terminate))
    }

    /// Sends the counters.
    fn report(&self, control: &Socket) -> Result<()> {
        let mut frames = Vec::new();
        for side in [&self.frontend, &self.backend] {
            for traffic in [side.received, side.sent] {
                for number in [traffic.frames, traffic.bytes] {
                    frames.push(Msg::from_slice(&number.to_ne_bytes())?);
                }
            }
        }
        send(control, &mut frames)
    }
}

/// Moves a burst of messages while nothing has to wait.
fn pass(
    mut passage: Passage<'_>,
    from: &mut Side<'_>,
    to: &mut Side<'_>,
    frames: &mut Vec<Msg>,
) -> Result<()> {
    let mut msg = Msg::empty();
    for _ in 0..BURST {
        if !passage.begin(&mut msg)? {
            return Ok(());
        }
        let message = if msg.more() {
            // What an error left behind is not forwarded later.
            frames.clear();
            frames.push(msg.take());
            while passage.go_on(&mut msg)? {
                frames.push(msg.take());
                if !frames.last().is_some_and(Msg::more) {
                    break;
                }
            }
            frames.as_mut_slice()
        } else {
            std::slice::from_mut(&mut msg)
        };
        for frame in &*message {
            from.received.count(frame);
            to.sent.count(frame);
        }
        for at in 0..message.len() {
            let left = message.get_mut(at..).unwrap_or_default();
            if let Some(frame) = left.first_mut() {
                if !passage.send(frame)? {
                    // Whoever waits lets go of the sockets before.
                    drop(passage);
                    return send(to.socket, left);
                }
            }
        }
    }
    Ok(())
}

/// Receives a whole message, unless there is none.
fn receive(from: &Socket, frames: &mut Vec<Msg>) -> Result<bool> {
    let mut flags = DONTWAIT;
    loop {
        let mut frame = Msg::empty();
        match from.recv(&mut frame, flags) {
            Err(Error::Again) if frames.is_empty() => return Ok(false),
            done => done?,
        }
        let more = frame.more();
        frames.push(frame);
        if !more {
            return Ok(true);
        }
        flags = 0;
    }
}

/// Sends a whole message, or what is left of it.
fn send(to: &Socket, frames: &mut [Msg]) -> Result<()> {
    let last = frames.len().saturating_sub(1);
    for (at, frame) in frames.iter_mut().enumerate() {
        to.send(frame, if at < last { SNDMORE } else { 0 })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use crate::core::kind::Kind;

    use super::super::testing::{World, is_empty, recv, send};
    use super::*;
    use crate::core::options;

    /// Lets a socket queue one message each way.
    fn limit(socket: &Socket) {
        for option in [options::SNDHWM, options::RCVHWM] {
            socket.set_option(option, Some(&1_i32.to_ne_bytes()), 4).expect("an int");
        }
    }

    /// Runs a proxy while `play` runs, then ends it through its control socket.
    fn steered(
        world: &World,
        (frontend, backend): (&Socket, &Socket),
        capture: Option<&Socket>,
        play: impl FnOnce(&Socket),
    ) {
        let (rep, req) = world.pair(Kind::Rep, Kind::Req);
        std::thread::scope(|scope| {
            let proxy = scope.spawn(|| run(frontend, backend, capture, Some(&rep)));
            play(&req);
            assert_eq!(command(&req, "TERMINATE"), [""]);
            assert_eq!(proxy.join().expect("no assertion in there"), Ok(()));
        });
    }

    fn command(req: &Socket, text: &str) -> Vec<String> {
        send(req, &[text]);
        recv(req, 0).expect("each command is answered")
    }

    /// The eight numbers.
    fn statistics(req: &Socket) -> [u64; 8] {
        send(req, &["STATISTICS"]);
        [(); 8].map(|()| {
            let mut msg = Msg::empty();
            req.recv(&mut msg, 0).expect("each command is answered");
            u64::from_ne_bytes(msg.data().try_into().expect("eight bytes"))
        })
    }

    #[test]
    fn a_full_destination_holds_back_neither_commands_nor_the_other_way() {
        let world = World::new();
        let (frontend, front) = world.pair(Kind::Dealer, Kind::Dealer);
        let (backend, back) = (world.socket(Kind::Dealer), world.socket(Kind::Dealer));
        limit(&backend);
        limit(&back);
        world.connect(&backend, &back);
        steered(&world, (&frontend, &backend), None, |control| {
            for n in 0..10 {
                send(&front, &[&n.to_string()]);
            }
            while statistics(control)[6] < 2 {}
            send(&back, &["back"]);
            assert_eq!(recv(&front, 0), Ok(vec!["back".to_owned()]));
            assert_eq!(statistics(control), [2, 2, 1, 4, 1, 4, 2, 2]);
            for n in 0..10 {
                assert_eq!(recv(&back, 0), Ok(vec![n.to_string()]));
            }
        });
    }

    #[test]
    fn nothing_is_taken_that_cannot_be_given() {
        let world = World::new();
        let (frontend, push) = world.pair(Kind::Pull, Kind::Push);
        let backend = world.socket(Kind::Push);
        steered(&world, (&frontend, &backend), None, |control| {
            send(&push, &["kept"]);
            assert_eq!(statistics(control), [0; 8]);
        });
        assert_eq!(recv(&frontend, DONTWAIT), Ok(vec!["kept".to_owned()]));
    }

    /// How many messages a passage has moved.
    fn moved(passage: &mut Passage<'_>, most: usize) -> usize {
        let mut msg = Msg::empty();
        let mut one = || {
            let begun = passage.begin(&mut msg).expect("the context lives");
            begun && passage.send(&mut msg).expect("the context lives")
        };
        (0..most).take_while(|_| one()).count()
    }

    fn taken(socket: &Socket) -> usize {
        (0..).take_while(|_| recv(socket, DONTWAIT).is_ok()).count()
    }

    #[test]
    fn messages_are_shown_in_batches_and_in_the_end() {
        let world = World::new();
        let (frontend, push) = world.pair(Kind::Pull, Kind::Push);
        let (backend, pull) = world.pair(Kind::Push, Kind::Pull);
        (0..200).for_each(|_| send(&push, &["x"]));
        let mut passage = Passage::open(&frontend, &backend).unwrap().expect("nobody uses them");
        assert_eq!(moved(&mut passage, 63), 63);
        assert_eq!(taken(&pull), 0);
        assert_eq!(moved(&mut passage, 2), 2);
        assert_eq!(taken(&pull), 64);
        assert_eq!(moved(&mut passage, 1000), 135);
        drop(passage);
        assert_eq!(taken(&pull), 136);
        let other = world.socket(Kind::Gather);
        assert!(Passage::open(&other, &backend).unwrap().is_none());
        assert!(Passage::open(&backend, &backend).unwrap().is_none());
    }

    #[test]
    fn messages_that_might_be_thrown_away_are_shown_at_once() {
        let world = World::new();
        let (frontend, push) = world.pair(Kind::Pull, Kind::Push);
        let (backend, sub) = world.pair(Kind::Pub, Kind::Sub);
        sub.set_option(options::SUBSCRIBE, Some(b""), 0).expect("a subscription");
        (0..3).for_each(|_| send(&push, &["x"]));
        let mut passage = Passage::open(&frontend, &backend).unwrap().expect("nobody uses them");
        for _ in 0..3 {
            assert_eq!(moved(&mut passage, 1), 1);
            assert_eq!(taken(&sub), 1);
        }
    }

    #[test]
    fn bursts_of_long_and_short_messages_arrive_whole() {
        let world = World::new();
        let (frontend, dealer) = world.pair(Kind::Router, Kind::Dealer);
        let (backend, worker) = world.pair(Kind::Dealer, Kind::Router);
        steered(&world, (&frontend, &backend), None, |_| {
            for _ in 0..300 {
                send(&dealer, &["a", "", "b"]);
                send(&dealer, &["c"]);
            }
            for _ in 0..300 {
                for wanted in [&["a", "", "b"][..], &["c"]] {
                    let got = frames(&worker);
                    assert_eq!(
                        got[2..].iter().map(Msg::data).collect::<Vec<_>>(),
                        wanted.iter().map(|text| text.as_bytes()).collect::<Vec<_>>()
                    );
                    let mut back = got;
                    super::send(&worker, &mut back).expect("there is room");
                }
            }
            for _ in 0..300 {
                assert_eq!(recv(&dealer, 0), Ok(["a", "", "b"].map(String::from).to_vec()));
                assert_eq!(recv(&dealer, 0), Ok(vec!["c".to_owned()]));
            }
        });
    }

    /// A message as it is, with the addresses of routers, which are no text.
    fn frames(socket: &Socket) -> Vec<Msg> {
        let mut frames = Vec::new();
        loop {
            let mut msg = Msg::empty();
            socket.recv(&mut msg, 0).expect("a message comes");
            let more = msg.more();
            frames.push(msg);
            if !more {
                return frames;
            }
        }
    }

    #[test]
    fn a_pause_keeps_messages_where_they_are() {
        let world = World::new();
        let (frontend, push) = world.pair(Kind::Pull, Kind::Push);
        let (backend, pull) = world.pair(Kind::Push, Kind::Pull);
        steered(&world, (&frontend, &backend), None, |control| {
            assert_eq!(command(control, "PAUSE"), [""]);
            send(&push, &["a", "b"]);
            assert_eq!(statistics(control), [0; 8]);
            assert!(is_empty(&pull));
            assert_eq!(command(control, "RESUME"), [""]);
            assert_eq!(recv(&pull, 0), Ok(vec!["a".to_owned(), "b".to_owned()]));
            assert_eq!(command(control, "pause"), [""]);
            send(&push, &["c"]);
            assert_eq!(recv(&pull, 0), Ok(vec!["c".to_owned()]));
        });
    }

    #[test]
    fn an_echo_answers_whole_messages() {
        let world = World::new();
        let (rep, req) = world.pair(Kind::Rep, Kind::Req);
        let (capture, captured) = world.pair(Kind::Push, Kind::Pull);
        let frames = vec!["a".to_owned(), String::new(), "b".to_owned()];
        steered(&world, (&rep, &rep), Some(&capture), |control| {
            for _ in 0..2 {
                send(&req, &["a", "", "b"]);
                assert_eq!(recv(&req, 0), Ok(frames.clone()));
                assert_eq!(recv(&captured, 0), Ok(frames.clone()));
            }
            assert_eq!(statistics(control), [6, 4, 0, 0, 0, 0, 6, 4]);
        });
    }

    #[test]
    fn every_control_that_can_answer_does() {
        let world = World::new();
        let (frontend, backend) = (world.socket(Kind::Pull), world.socket(Kind::Push));
        for (kind, peer, answers) in [(Kind::Pair, Kind::Pair, 3), (Kind::Sub, Kind::Xpub, 0)] {
            let (control, controller) = world.pair(kind, peer);
            if kind == Kind::Sub {
                control.set_option(options::SUBSCRIBE, Some(b""), 0).expect("a subscription");
                assert_eq!(recv(&controller, 0), Ok(vec!["\u{1}".to_owned()]));
            }
            std::thread::scope(|scope| {
                let proxy = scope.spawn(|| run(&frontend, &backend, None, Some(&control)));
                send(&controller, &["unknown"]);
                send(&controller, &["PAUSE"]);
                send(&controller, &["TERMINATE"]);
                assert_eq!(proxy.join().expect("no assertion in there"), Ok(()));
            });
            for _ in 0..answers {
                assert_eq!(recv(&controller, DONTWAIT), Ok(vec![String::new()]));
            }
            assert!(is_empty(&controller));
        }
    }

    /// Lets a proxy look at its sides, then `spoil` make what it saw untrue, then the proxy go on
    /// from there; `mend` says what it has to deliver all the same, and to whom.
    fn misled<'s>(
        world: &World,
        (frontend, backend): (&Socket, &Socket),
        spoil: impl FnOnce(),
        mend: impl FnOnce() -> (&'s Socket, &'s str),
    ) {
        let mut proxy = Proxy::new(frontend, backend, None, None);
        let seen = proxy.look().expect("the context lives");
        assert_eq!((seen.0 & POLLIN, seen.1 & POLLOUT), (POLLIN, POLLOUT));
        spoil();
        std::thread::scope(|scope| {
            let proxy = scope.spawn(move || proxy.act(seen).and_then(|()| proxy.go_on()));
            // Only who sleeps can miss what comes now.
            let started = Instant::now();
            let mut sleeps = false;
            while !sleeps && started.elapsed() < Duration::from_secs(5) {
                sleeps = backend.mailbox().is_awaited();
            }
            let (taker, text) = mend();
            let patience = 5_000_i32.to_ne_bytes();
            taker.set_option(options::RCVTIMEO, Some(&patience), 4).expect("an int");
            let got = recv(taker, 0);
            world.context.shutdown();
            assert_eq!(proxy.join().expect("no assertion in there"), Err(Error::Terminated));
            assert!(sleeps);
            assert_eq!(got, Ok(vec![text.to_owned()]));
        });
    }

    #[test]
    fn a_destination_that_goes_at_the_last_moment_is_replaced_by_the_next_one() {
        let world = World::new();
        let (frontend, push) = world.pair(Kind::Pull, Kind::Push);
        let backend = world.socket(Kind::Push);
        let (first, second) = (world.socket(Kind::Pull), world.socket(Kind::Pull));
        let place = Some(b"inproc://workers".as_slice());
        backend.bind(place).expect("the name is new");
        first.connect(place).expect("it is bound");
        send(&push, &["job"]);
        misled(
            &world,
            (&frontend, &backend),
            || first.unbind_or_disconnect(place).expect("it is connected"),
            || {
                second.connect(place).expect("it is bound");
                (&second, "job")
            },
        );
    }

    #[test]
    fn a_message_that_another_thread_takes_at_the_last_moment_is_not_the_last_one() {
        let world = World::new();
        let (frontend, scatter) = world.pair(Kind::Gather, Kind::Scatter);
        let (backend, pull) = world.pair(Kind::Push, Kind::Pull);
        send(&scatter, &["taken"]);
        misled(
            &world,
            (&frontend, &backend),
            || assert_eq!(recv(&frontend, DONTWAIT), Ok(vec!["taken".to_owned()])),
            || {
                send(&scatter, &["next"]);
                (&pull, "next")
            },
        );
    }

    /// Clock ticks (10 ms each) that the calling thread has used.
    fn ticks() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("proc is there");
        let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
        let used = fields.split_whitespace().skip(11).take(2);
        used.map(|field| field.parse::<u64>().expect("a number")).sum()
    }

    /// Each of these proxies has half of what it would need to move a message, or nothing.
    #[test]
    fn a_proxy_with_nothing_to_do_uses_no_time() {
        let world = World::new();
        let mut proxies: Vec<(Arc<Socket>, Arc<Socket>)> = Vec::new();
        for (from, sender, to, taker) in [
            (Kind::Pull, Kind::Push, Kind::Push, Kind::Pull),
            (Kind::Dealer, Kind::Dealer, Kind::Dealer, Kind::Dealer),
            (Kind::Gather, Kind::Scatter, Kind::Scatter, Kind::Gather),
            (Kind::Sub, Kind::Xpub, Kind::Push, Kind::Pull),
        ] {
            // Something to read and nowhere to send it.
            let (source, stuck) = world.pair(from, sender);
            if from == Kind::Sub {
                source.set_option(options::SUBSCRIBE, Some(b""), 0).expect("a subscription");
                recv(&stuck, 0).expect("the subscription");
            }
            send(&stuck, &["stuck"]);
            proxies.push((source, world.socket(to)));
            // Nothing to read and somewhere to send it, with the sides the other way round.
            proxies.push((world.pair(to, taker).0, world.pair(from, sender).0));
        }
        proxies.push((world.pair(Kind::Xsub, Kind::Xpub).0, world.pair(Kind::Xpub, Kind::Sub).0));
        let (rep, _) = world.pair(Kind::Rep, Kind::Req);
        proxies.push((Arc::clone(&rep), rep));
        std::thread::scope(|scope| {
            let threads: Vec<_> = proxies
                .iter()
                .map(|(frontend, backend)| {
                    let control = world.socket(Kind::Rep);
                    scope.spawn(move || {
                        let before = ticks();
                        let ended = run(frontend, backend, None, Some(&control));
                        (ended, ticks() - before)
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(500));
            world.context.shutdown();
            for thread in threads {
                let (ended, used) = thread.join().expect("no assertion in there");
                assert_eq!(ended, Err(Error::Terminated));
                // Even if all ten were to spin on one core, each would use five ticks.
                assert!(used < 3, "{used} ticks");
            }
        });
    }
}

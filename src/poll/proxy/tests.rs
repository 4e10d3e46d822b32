//! What a proxy does while sockets come, go, and are slow.

#![forbid(unsafe_code)]

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

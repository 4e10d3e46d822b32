//! What whole sockets do when several threads have to do with them.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::thread;

use super::{DONTWAIT, MonitorRequest, Socket};
use crate::core::context::Context;
use crate::core::kind::Kind;
use crate::error::Error;
use crate::msg::Msg;

fn open(context: &Arc<Context>, kind: Kind) -> Arc<Socket> {
    Socket::open(context, kind.number()).expect("there is room for a socket")
}

fn context() -> Arc<Context> {
    Arc::new(Context::new().expect("descriptors are left"))
}

/// Returns when a thread waits in a call on the socket.
fn await_waiting(socket: &Socket) {
    while !socket.mailbox().is_awaited() {
        thread::yield_now();
    }
}

#[test]
fn a_connect_lets_a_waiting_sender_go_on() {
    let context = context();
    let (server, client) = (open(&context, Kind::Server), open(&context, Kind::Client));
    server.bind(Some(b"inproc://server")).expect("the name is free");
    thread::scope(|scope| {
        let sender = scope.spawn(|| client.send(&mut Msg::empty(), 0));
        await_waiting(&client);
        client.connect(Some(b"inproc://server")).expect("the name is bound");
        assert_eq!(sender.join().expect("the sender returns"), Ok(()));
    });
    assert_eq!(server.recv(&mut Msg::empty(), 0), Ok(()));
    client.close();
    server.close();
    assert_eq!(context.terminate(), Ok(()));
}

#[test]
fn a_close_lets_waiting_threads_out_before_the_socket_goes() {
    for _ in 0..100 {
        let context = context();
        let client = open(&context, Kind::Client);
        let weak = Arc::downgrade(&client);
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let client = Arc::clone(&client);
                thread::spawn(move || client.recv(&mut Msg::empty(), 0))
            })
            .collect();
        await_waiting(&client);
        client.close();
        for receiver in receivers {
            assert_eq!(receiver.join().expect("it returns"), Err(Error::Terminated));
        }
        assert_eq!(context.terminate(), Ok(()));
        assert!(weak.upgrade().is_none());
    }
}

#[test]
fn monitors_of_two_threads_leave_nothing_behind() {
    let context = context();
    let client = open(&context, Kind::Client);
    thread::scope(|scope| {
        for name in [b"inproc://1", b"inproc://2"] {
            let client = &client;
            scope.spawn(move || {
                for _ in 0..200 {
                    let kind = Kind::Pair.number();
                    let request = MonitorRequest { endpoint: name, events: 1, version: 1, kind };
                    // The name of a monitor that was just ended may not be free yet.
                    let started = client.start_monitor(1, 1, Some(request));
                    assert!(matches!(started, Ok(()) | Err(Error::AddrInUse)));
                }
            });
        }
    });
    client.close();
    assert_eq!(context.terminate(), Ok(()));
}

#[test]
fn a_peer_of_a_lost_socket_does_not_wait_for_it() {
    let context = context();
    let (push, pull) = (open(&context, Kind::Push), open(&context, Kind::Pull));
    pull.bind(Some(b"inproc://pull")).expect("the name is free");
    push.connect(Some(b"inproc://pull")).expect("the name is bound");
    assert_eq!(push.send(&mut Msg::empty(), DONTWAIT), Ok(()));
    // Not closed but dropped, as by a panic, with its peer's end still in the mailbox.
    context.registry().unbind(b"pull", pull.id()).expect("it was bound");
    context.remove(pull.id());
    drop(pull);
    push.close();
    assert_eq!(context.terminate(), Ok(()));
}

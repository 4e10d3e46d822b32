//! Commands on established connections, subscriptions and groups.

#![forbid(unsafe_code)]

use super::script::*;
use crate::msg::{Kind, Msg};
use crate::zmtp::{PeerError, SocketType};

fn request_msg(data: &[u8]) -> Msg {
    marked(data, Kind::Request, b"")
}

#[test]
fn w012_28_unknown_empty_and_malformed_commands_are_dropped() {
    let script = [
        &b"\x04\x00"[..],
        b"\x04\x01\x00",
        b"\x04\x05\x04NOPE",
        b"\x04\x03\xffXX",
        b"\x04\x06\x05READY",
        b"\x04\x0a\x05ERROR\x03400",
        b"\x04\x05\x04PONG",
        b"\x05\x05\x04PONG",
        b"\x06\0\0\0\0\0\0\0\x05\x04ping",
        b"\x00\x01x",
    ]
    .concat();
    let outcome = after_ready(&config(SocketType::Pull), "PUSH", &script);
    assert_eq!((outcome.messages(), outcome.error), (vec![data(b"x", false)], None));
}

#[test]
fn w012_29_commands_may_stand_between_the_parts_of_a_message() {
    let ping = b"\x04\x07\x04PING\0\0";
    let script = [b"\x01\x01a", &ping[..], b"\x04\x00", b"\x00\x01b"].concat();
    let outcome = after_ready(&config(SocketType::Pull), "PUSH", &script);
    assert_eq!(outcome.messages(), [data(b"a", true), data(b"b", false)]);
    assert!(outcome.sent.ends_with(b"\x04\x05\x04PONG"));
}

#[test]
fn w012_30_commands_do_not_disturb_a_dish_or_a_req() {
    let ping = b"\x04\x07\x04PING\0\0";
    let script = [ping, &b"\x01\x01g"[..], b"\x04\x05\x04NOPE", b"\x00\x01x"].concat();
    let outcome = after_ready(&config(SocketType::Dish), "RADIO", &script);
    assert_eq!((outcome.messages().len(), outcome.error), (1, None));
    let script = [ping, &b"\x01\x00"[..], b"\x04\x05\x04NOPE", b"\x00\x01x"].concat();
    let outcome = after_ready(&config(SocketType::Req), "REP", &script);
    assert_eq!((outcome.messages().len(), outcome.error), (2, None));
}

#[test]
fn w012_31_subscriptions_are_for_publishers_only() {
    let script = b"\x04\x0d\x09SUBSCRIBETTT\x04\x0a\x06CANCELTTT\x04\x05\x04JOIN\x00\x01x";
    for (own, peer) in [
        (SocketType::Router, "DEALER"),
        (SocketType::Pull, "PUSH"),
        (SocketType::Xsub, "XPUB"),
        (SocketType::Pair, "PAIR"),
        (SocketType::Server, "CLIENT"),
    ] {
        let outcome = after_ready(&config(own), peer, script);
        assert_eq!((outcome.messages(), outcome.error), (vec![data(b"x", false)], None));
    }
}

#[test]
fn w012_36_and_37_the_form_of_a_subscription_depends_on_the_peer() {
    let mut new = established(config(SocketType::Sub), 1, "PUB", 0);
    assert_eq!(new.encoded(request_msg(b"\x01TTT")), b"\x04\x0d\x09SUBSCRIBETTT");
    assert_eq!(new.encoded(request_msg(b"\x00TTT")), b"\x04\x0a\x06CANCELTTT");
    let mut old = established(config(SocketType::Sub), 0, "PUB", 0);
    assert_eq!(old.encoded(request_msg(b"\x01TTT")), b"\x00\x04\x01TTT");
    assert_eq!(old.encoded(request_msg(b"\x00TTT")), b"\x00\x04\x00TTT");

    let versioned = |revision, identity: &[u8]| [SIGNATURE, &[revision, 1], identity].concat();
    for (script, expected) in [
        (b"\x01\x00".to_vec(), &b"\x05\x00\x01TTT"[..]),
        (versioned(0, b"\x01\x00"), b"\x05\x00\x01TTT"),
        (versioned(1, b"\x00\x00"), b"\x00\x04\x01TTT"),
    ] {
        let mut end = End::new(config(SocketType::Sub), 0);
        end.receive(&script, 0);
        end.written();
        assert_eq!(end.encoded(request_msg(b"\x01TTT")), expected);
    }
}

#[test]
fn subscriptions_inside_a_message_stay_a_part_of_it() {
    let mut end = established(config(SocketType::Xsub), 1, "XPUB", 0);
    let mut first = request_msg(b"\x01A");
    first.set_more(true);
    assert_eq!(end.encoded(first), b"\x01\x02\x01A");
    assert_eq!(end.encoded(request_msg(b"\x01B")), b"\x00\x02\x01B");
    assert_eq!(end.encoded(request_msg(b"\x01C")), b"\x04\x0b\x09SUBSCRIBEC");
    // What only looks like one is a message, and so is what does not.
    assert_eq!(end.encoded(msg(b"\x01D", false)), b"\x00\x02\x01D");
    assert_eq!(end.encoded(request_msg(b"\x02E")), b"\x00\x02\x02E");
    assert_eq!(end.encoded(request_msg(b"")), b"\x00\x00");
}

#[test]
fn w012_38_a_topic_of_255_bytes_takes_the_long_form() {
    let mut end = established(config(SocketType::Sub), 0, "PUB", 0);
    let body = [&b"\x01"[..], &[b't'; 255]].concat();
    let expected = [b"\x02\0\0\0\0\0\0\x01\0", &body[..]].concat();
    assert_eq!(end.encoded(request_msg(&body)), expected);
    let body = [&b"\x01"[..], &[b't'; 254]].concat();
    assert_eq!(end.encoded(request_msg(&body)), [b"\x00\xff", &body[..]].concat());
}

#[test]
fn w012_39_where_the_short_form_of_the_commands_ends() {
    let mut end = established(config(SocketType::Sub), 1, "PUB", 0);
    let topic = vec![b't'; 249];
    for (verb, last_short) in [(1, 245), (0, 248)] {
        let sent = end.encoded(request_msg(&[&[verb], &topic[..last_short]].concat()));
        assert_eq!(sent[..2], [4, 255]);
        let sent = end.encoded(request_msg(&[&[verb], &topic[..=last_short]].concat()));
        assert_eq!(sent[..9], *b"\x06\0\0\0\0\0\0\x01\0");
    }
}

#[test]
fn w012_40_to_42_publishers_take_both_forms() {
    let script = [
        &b"\x04\x0d\x09SUBSCRIBETTT"[..],
        b"\x00\x04\x00TTT",
        b"\x00\x04\x01TTT",
        b"\x04\x0a\x06CANCELTTT",
        b"\x04\x0d\x09subscribeTTT",
        b"\x00\x0d\x09SUBSCRIBETTT",
        b"\x05\x0a\x09SUBSCRIBE",
    ]
    .concat();
    for own in [SocketType::Pub, SocketType::Xpub] {
        for minor in [0, 1] {
            let outcome = converse(&config(own), &[hello(minor, "SUB"), script.clone()].concat());
            let expected = [
                request(b"\x01TTT"),
                data(b"\x00TTT", false),
                data(b"\x01TTT", false),
                request(b"\x00TTT"),
                data(b"\x09SUBSCRIBETTT", false),
                request(b"\x01"),
            ];
            assert_eq!((outcome.messages(), outcome.error), (expected.to_vec(), None));
        }
    }
}

#[test]
fn commands_mean_nothing_in_2_0() {
    let script =
        [SIGNATURE, b"\x01\x02", b"\x00\x00", b"\x04\x0a\x09SUBSCRIBE", b"\x04\x07\x04PING\0\0"];
    let outcome = converse(&config(SocketType::Pub), &script.concat());
    assert_eq!((outcome.messages(), outcome.error), (Vec::new(), None));
    assert!(outcome.sent.ends_with(b"\x03\x01\x00\x00"));
}

#[test]
fn a_subscription_between_the_parts_of_a_message_does_not_end_it() {
    let script = b"\x01\x01a\x04\x0a\x09SUBSCRIBE\x00\x01b\x04\x0a\x09SUBSCRIBE";
    let outcome = after_ready(&config(SocketType::Xpub), "XSUB", script);
    let more = |seen: &Seen| matches!(seen, Seen::Message { more: true, .. });
    let mores: Vec<bool> = outcome.messages().iter().map(more).collect();
    assert_eq!(mores, [true, true, false, false]);
}

#[test]
fn long_topics_arrive_as_commands() {
    let topic = vec![b't'; 20_000];
    let script = frame(4, &[b"\x09SUBSCRIBE", &topic[..]].concat());
    let outcome = after_ready(&config(SocketType::Xpub), "SUB", &script);
    assert_eq!(outcome.messages(), [request(&[b"\x01", &topic[..]].concat())]);
}

fn member(kind: Kind, group: &[u8]) -> Seen {
    Seen::Message { data: Vec::new(), more: false, kind, group: group.to_vec() }
}

#[test]
fn w012_43_groups_are_joined_and_left_by_commands() {
    let script = b"\x04\x09\x04JOINgrp1\x04\x0a\x05LEAVEgrp1\x04\x08\x04JOINa\0b\x04\x05\x04JOIN";
    let outcome = after_ready(&config(SocketType::Radio), "DISH", script);
    let expected = [
        member(Kind::Join, b"grp1"),
        member(Kind::Leave, b"grp1"),
        member(Kind::Join, b"a"),
        member(Kind::Join, b""),
    ];
    assert_eq!((outcome.messages(), outcome.error), (expected.to_vec(), None));
    // Without the mark of a command it is some message, which a RADIO does not read.
    let outcome = after_ready(&config(SocketType::Radio), "DISH", b"\x00\x09\x04JOINgrp1");
    assert_eq!(outcome.messages(), [data(b"\x04JOINgrp1", false)]);

    for (name, kind) in [(&b"\x04JOIN"[..], Kind::Join), (b"\x05LEAVE", Kind::Leave)] {
        let group = [b'g'; 256];
        let script = frame(4, &[name, &group[..255]].concat());
        let outcome = after_ready(&config(SocketType::Radio), "DISH", &script);
        assert_eq!(outcome.messages(), [member(kind, &group[..255])]);
        let outcome =
            after_ready(&config(SocketType::Radio), "DISH", &frame(4, &[name, &group].concat()));
        let error = PeerError::GroupTooLong { len: 256, limit: 255 };
        assert_eq!(outcome.error, Some(error));
    }
}

#[test]
fn a_dish_sends_commands() {
    for minor in [0, 1] {
        let mut end = established(config(SocketType::Dish), minor, "RADIO", 0);
        let sent = end.encoded(marked(b"", Kind::Join, b"grp1"));
        assert_eq!(sent, b"\x04\x09\x04JOINgrp1");
        let sent = end.encoded(marked(b"", Kind::Leave, b"grp1"));
        assert_eq!(sent, b"\x04\x0a\x05LEAVEgrp1");
        let group = [b'g'; 255];
        let sent = end.encoded(marked(b"", Kind::Join, &group));
        assert_eq!(sent, [b"\x06\0\0\0\0\0\0\x01\x04\x04JOIN", &group[..]].concat());
    }
}

#[test]
fn w012_44_a_radio_sends_the_group_first() {
    let mut end = established(config(SocketType::Radio), 1, "DISH", 0);
    let sent = end.encoded(marked(b"body1", Kind::Data, b"grp"));
    assert_eq!(sent, b"\x01\x03grp\x00\x05body1");
    assert_eq!(end.encoded(marked(b"", Kind::Data, b"")), b"\x01\x00\x00\x00");
}

#[test]
fn a_message_of_a_req_goes_out_as_the_socket_made_it() {
    let mut end = established(config(SocketType::Req), 1, "REP", 0);
    let sent =
        [end.encoded(msg(b"", true)), end.encoded(msg(b"a", true)), end.encoded(msg(b"b", false))];
    assert_eq!(sent.concat(), b"\x01\x00\x01\x01a\x00\x01b");
}

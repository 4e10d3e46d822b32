//! What a message does that needs no pointers to see.

#![forbid(unsafe_code)]

use std::ffi::CStr;
use std::sync::Arc;
use std::thread;

use super::{Kind, Metadata, Msg};
use crate::error::Error;

/// Lengths on both sides of every representation.
const LENGTHS: [usize; 8] = [0, 1, 8, 32, 33, 34, 64, 70_000];

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}

#[test]
fn an_empty_message_has_nothing() {
    for mut msg in [Msg::empty(), Msg::default(), Msg::with_size(0).unwrap()] {
        assert!(msg.is_valid() && msg.is_empty() && !msg.more() && !msg.shared());
        assert_eq!((msg.len(), msg.data()), (0, &b""[..]));
        assert_eq!((msg.routing_id(), msg.group(), msg.kind()), (0, c"", Kind::Data));
        assert!(msg.metadata().is_none());
        assert!(!msg.data_ptr().is_null());
    }
}

#[test]
fn content_survives_moves_and_copies() {
    for len in LENGTHS {
        let data = bytes(len);
        let mut msg = Msg::from_slice(&data).unwrap();
        assert_eq!((msg.len(), msg.data()), (len, &data[..]));
        let copy = msg.copy();
        let taken = msg.take();
        assert_eq!((msg.is_valid(), msg.len()), (true, 0));
        drop(msg);
        assert_eq!(taken.data(), data);
        drop(taken);
        assert_eq!(copy.data(), data);
    }
}

#[test]
fn filling_in_pieces_makes_the_content() {
    for len in LENGTHS {
        let data = bytes(len);
        let mut msg = Msg::with_size(len).unwrap();
        for (at, piece) in data.chunks(7).enumerate() {
            msg.fill(at * 7, piece);
        }
        assert_eq!(msg.data(), data);
    }
}

#[test]
fn only_content_outside_the_block_is_shared() {
    for len in LENGTHS {
        let mut msg = Msg::from_slice(&bytes(len)).unwrap();
        assert!(!msg.shared());
        let mut copy = msg.copy();
        let outside = len > 33;
        assert_eq!((msg.shared(), copy.shared()), (outside, outside));
        assert_eq!(msg.data_ptr() == copy.data_ptr(), outside);
        drop(copy);
        assert_eq!(msg.shared(), outside, "the flag stays when the other copy is gone");
    }
}

#[test]
#[should_panic(expected = "out of range")]
fn shared_content_cannot_be_filled() {
    let mut msg = Msg::from_slice(&bytes(100)).unwrap();
    let _copy = msg.copy();
    msg.fill(0, b"x");
}

#[test]
fn sizes_that_cannot_be_had_are_refused() {
    for len in [usize::MAX, usize::MAX - 16, isize::MAX as usize, isize::MAX as usize - 16] {
        assert_eq!(Msg::with_size(len).err(), Some(Error::NoMemory));
    }
}

#[test]
fn closing_twice_is_a_fault() {
    for len in LENGTHS {
        let mut msg = Msg::from_slice(&bytes(len)).unwrap();
        msg.set_more(true);
        assert_eq!(msg.close(), Ok(()));
        assert!(!msg.is_valid() && !msg.more());
        assert_eq!((msg.len(), msg.data(), msg.group()), (0, &b""[..], c""));
        assert!(msg.data_ptr().is_null());
        assert_eq!(msg.close(), Err(Error::Fault));
    }
}

#[test]
fn flags_do_not_disturb_each_other() {
    let mut msg = Msg::from_slice(&bytes(50)).unwrap();
    msg.set_more(true);
    for kind in [Kind::Join, Kind::Leave, Kind::Data] {
        msg.set_kind(kind);
        assert_eq!((msg.kind(), msg.more(), msg.shared()), (kind, true, false));
    }
    msg.set_kind(Kind::Leave);
    let copy = msg.copy();
    msg.set_more(false);
    assert_eq!((msg.kind(), msg.more(), msg.shared()), (Kind::Leave, false, true));
    assert_eq!((copy.kind(), copy.more(), copy.shared()), (Kind::Leave, true, true));
}

#[test]
fn a_group_replaces_the_one_before_whatever_their_lengths() {
    let mut msg = Msg::empty();
    for len in [0, 1, 14, 15, 16, 254, 255, 3, 200, 100, 0] {
        let group = vec![b'g'; len];
        msg.set_group(&group);
        assert_eq!(msg.group().to_bytes(), group);
    }
}

#[test]
fn a_group_is_cut_at_255_bytes_and_at_a_zero() {
    let mut msg = Msg::empty();
    msg.set_group(&[b'g'; 256]);
    assert_eq!(msg.group().to_bytes(), [b'g'; 255]);
    msg.set_group(b"one\0two");
    assert_eq!(msg.group(), c"one");
}

#[test]
fn copies_carry_everything_and_live_their_own_life() {
    let mut metadata = Metadata::new();
    metadata.insert(b"User-Id", b"me");
    let metadata = Arc::new(metadata);
    for group in [&b"short"[..], &[b'g'; 99]] {
        let mut msg = Msg::from_slice(b"data").unwrap();
        msg.set_group(group);
        msg.set_routing_id(7);
        msg.set_more(true);
        msg.set_metadata(Some(Arc::clone(&metadata)));
        let copy = msg.copy();
        msg.set_group(b"");
        msg.set_metadata(None);
        drop(msg);
        assert_eq!((copy.group().to_bytes(), copy.routing_id(), copy.more()), (group, 7, true));
        let found = copy.metadata().and_then(|metadata| metadata.get(c"User-Id"));
        assert_eq!(found.map(CStr::to_bytes), Some(&b"me"[..]));
    }
    assert_eq!(Arc::strong_count(&metadata), 1);
}

#[test]
fn replaced_metadata_is_released() {
    let (first, second) = (Arc::new(Metadata::new()), Arc::new(Metadata::new()));
    let mut msg = Msg::empty();
    msg.set_metadata(Some(Arc::clone(&first)));
    msg.set_metadata(Some(Arc::clone(&second)));
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 2));
    assert_eq!(msg.close(), Ok(()));
    assert_eq!(Arc::strong_count(&second), 1);
}

#[test]
fn owned_content_may_be_read_and_dropped_on_other_threads() {
    let data = bytes(1000);
    let mut msg = Msg::from_slice(&data).unwrap();
    let copies: Vec<Msg> = (0..4).map(|_| msg.copy()).collect();
    thread::scope(|scope| {
        for mut copy in copies {
            let data = &data;
            scope.spawn(move || {
                for _ in 0..100 {
                    assert_eq!(copy.copy().data(), data);
                }
            });
        }
        drop(msg);
    });
}

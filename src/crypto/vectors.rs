//! The room against published vectors: those of "Cryptography in NaCl", and a whole CURVE handshake.

#![forbid(unsafe_code)]

use super::{BoxKey, FrameKey, Key};

/// The bytes behind hexadecimal digits.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The key behind hexadecimal digits.
pub(super) fn key(text: &str) -> Key {
    hex(text).try_into().expect("32 bytes")
}

/// Consecutive bytes from `first`.
fn counted<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|place| first + place as u8)
}

/// A nonce made of two parts.
fn nonce(prefix: &[u8], rest: &[u8]) -> [u8; 24] {
    [prefix, rest].concat().try_into().expect("24 bytes")
}

/// One text, sealed and opened again, under a name for messages.
fn both_ways(name: &str, key: &BoxKey, nonce: &[u8; 24], plain: &[u8], sealed: &[u8]) {
    assert_eq!(key.seal(nonce, plain), sealed, "{name}");
    let opened = key.open(nonce, sealed).unwrap_or_else(|| panic!("{name} does not open"));
    assert_eq!(opened[..], *plain, "{name}");
}

/// The keys that the owners of two pairs share are the same, whoever computes them.
fn between(a: &Key, b: &Key) -> BoxKey {
    let public = |secret: &Key| x25519_dalek::x25519(*secret, x25519_dalek::X25519_BASEPOINT_BYTES);
    let ours = BoxKey::between(&public(b), a).expect("the keys are good");
    let theirs = BoxKey::between(&public(a), b).expect("the keys are good");
    assert_eq!(ours.seal(&[7; 24], b"probe"), theirs.seal(&[7; 24], b"probe"));
    ours
}

/// The secret keys of the handshake: server and client, long-term and of the connection.
struct Keys {
    server: Key,
    client: Key,
    server_short: Key,
    client_short: Key,
}

/// Those of the published handshake.
fn keys() -> Keys {
    Keys {
        server: counted(0x00),
        client: counted(0x20),
        client_short: counted(0x40),
        server_short: counted(0x60),
    }
}

const SERVER: &str = "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f";
const CLIENT: &str = "358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254";
const SERVER_SHORT: &str = "675dd574ed7789310b3d2e7681f3790b466c773b1521fecf36577958371ea52f";
const CLIENT_SHORT: &str = "79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a";

const COOKIE: &str = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf4a0877b4bfc597cc46a7b1577bb4ebce85e4453069f0b0201ddb\
    97d415e6ccdda49a70f8017604fd52f8333adcbdd5032e836572438d3c7cbd2f53e7c7cac7893434b732\
    ce81d8657dfeeda91340dc53";
const VOUCH: &str = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd330cfdc0ae3669c07268ca85dbe29770b7f96f916707a242c7c\
    28501947f8d3bccc5d11470b61ba8f14e56391300589a514066e9268bd7ae18738f498d4f08e4fc39290\
    73de23a9d38f92e831ad6a75";
const CLIENT_METADATA: &str =
    "0b536f636b65742d54797065000000064445414c4552084964656e7469747900000000";

#[test]
fn hello() {
    let keys = keys();
    both_ways(
        "HELLO",
        &between(&keys.client_short, &keys.server),
        &nonce(b"CurveZMQHELLO---", &[0, 0, 0, 0, 0, 0, 0, 1]),
        &[0; 64],
        &hex(
            "d1d67784f5291724189b624b9555d30cdaef6b15397079019768fa9dc86328e98fd94fb60c03d5cae4af\
            94769c0d785a3e353c66e8e956f9f2ca7441984fb01b24106fe25b62cfa3ddcfa6f693d8025a",
        ),
    );
}

#[test]
fn cookie_and_welcome() {
    let keys = keys();
    let cookie = hex(COOKIE);
    both_ways(
        "cookie",
        &BoxKey::symmetric(&counted(0x80)),
        &nonce(b"COOKIE--", &counted::<16>(0xa0)),
        &[hex(CLIENT_SHORT), keys.server_short.to_vec()].concat(),
        &cookie[16..],
    );
    both_ways(
        "WELCOME",
        &between(&keys.server, &keys.client_short),
        &nonce(b"WELCOME-", &counted::<16>(0xb0)),
        &[hex(SERVER_SHORT), cookie].concat(),
        &hex(
            "bca695163ca436b7c8f7076e072dbb9267597f48071d82e897093ecb86d47e68df3d5357cf1228e837ed\
            f2a8562e825c068f6b1406a892fbeacb8d742bc5a4a64f9de3b5383059c9845c5aa6de4dd5c64897912b\
            9131efdf6e468670b670be236c5d8cdcf8d22b099ebb1f8ea6f2c98003b66818cb8b2aaef26b84b19619\
            03d5a06b26f34b8e5c8268e2e3d9479d7198",
        ),
    );
}

#[test]
fn vouch_and_initiate() {
    let keys = keys();
    let vouch = hex(VOUCH);
    both_ways(
        "vouch",
        &between(&keys.client, &keys.server_short),
        &nonce(b"VOUCH---", &counted::<16>(0xc0)),
        &[hex(CLIENT_SHORT), hex(SERVER)].concat(),
        &vouch[16..],
    );
    both_ways(
        "INITIATE",
        &between(&keys.client_short, &keys.server_short),
        &nonce(b"CurveZMQINITIATE", &[0, 0, 0, 0, 0, 0, 0, 2]),
        &[hex(CLIENT), vouch, hex(CLIENT_METADATA)].concat(),
        &hex(
            "af1876bce403a7b130c8416e4f6e4da3de705b3fe050388c066cb0116492640e6b1acdee30cd7efc9186\
            238b0e4ef335ec999468652afaede59ff09e6ae914a9df4ebed3ff15181381bc6a289c1387b2f08d7852\
            7b1f48ddc9a928487e2316e6d7cbfb6385d5ef3d5e7722ab70b150565ef5164361dd1f53e0f6589a2341\
            12d02d058b7772e385bb776f0c349d51155b5754b26440a38e00fda82e52a83c628f69e3f7ba73c063d1\
            795e3572c9d4a5e9d1d3f9",
        ),
    );
}

#[test]
fn ready() {
    let keys = keys();
    both_ways(
        "READY",
        &between(&keys.client_short, &keys.server_short),
        &nonce(b"CurveZMQREADY---", &[0, 0, 0, 0, 0, 0, 0, 1]),
        &hex("0b536f636b65742d5479706500000006524f55544552084964656e7469747900000000"),
        &hex(
            "9ffdf514f234e8d5d1deb3c73459fd89ba2f1141bbd8e0b66ef5b53406390a5e2783d0fdf50ea343000c\
            89136bf79e0b7f2c63",
        ),
    );
}

/// A frame, sealed and opened again.
fn frame(key: &FrameKey, nonce: u64, flags: u8, payload: &[u8], sealed: &str) {
    let sealed = hex(sealed);
    let mut out = vec![0; payload.len() + 17];
    key.seal(nonce, flags, payload, &mut out);
    assert_eq!(out, sealed);
    let mut opened = vec![0; payload.len()];
    assert_eq!(key.open(nonce, &sealed, &mut opened), Some(flags));
    assert_eq!(opened, payload);
    assert_eq!(key.open(nonce + 1, &sealed, &mut opened), None);
}

#[test]
fn messages() {
    let keys = keys();
    let shared = between(&keys.client_short, &keys.server_short);
    let client = shared.frames(b"CurveZMQMESSAGEC");
    let server = shared.frames(b"CurveZMQMESSAGES");
    frame(&client, 3, 0, b"hello", "946d459dbd9b0803e57120660f41b293216b6caf3955");
    frame(&server, 2, 1, b"world", "2a987494d6a0259d67731ad4b25e9265c35f5cf2ad60");
    frame(&client, 4, 2, b"\x04PING\0\0", "598119aaaeb9c6ae1c582f942218de1471e10d041b64a47e");
}

#[test]
fn the_session_key_is_what_box_and_secretbox_have_in_common() {
    let keys = keys();
    let key =
        BoxKey::symmetric(&key("541f02ad30774030052f1d5b8c61f93a2b846520da466770e9db2aa885bfbb91"));
    let shared = between(&keys.client_short, &keys.server_short);
    assert_eq!(key.seal(&[1; 24], b"text"), shared.seal(&[1; 24], b"text"));
}

/// The example of "Cryptography in NaCl".
#[test]
fn nacl() {
    let alice = key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let bob = key("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    let first = key("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
    let nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
    let nonce = nonce.try_into().expect("24 bytes");
    let plain =
        hex("be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac7\
        28d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556a\
        d6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f9377638\
        48645e0705");
    let sealed =
        hex("f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476f\
        b8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee3\
        14a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5\
        f9b37973f622a43d14a6599b1f654cb45a74e355a5");
    let shared = BoxKey::between(&bob, &alice).expect("the keys are good");
    both_ways("box", &shared, &nonce, &plain, &sealed);
    both_ways("secretbox", &BoxKey::symmetric(&first), &nonce, &plain, &sealed);
}

/// Points whose order is small, in every encoding: whatever the secret, what is shared is zero.
#[test]
fn public_keys_of_low_order_are_refused() {
    let below = |last: u8| {
        // 2^255 - 19 + last - 0xed, little-endian.
        let mut key = [0xff; 32];
        key[0] = last;
        key[31] = 0x7f;
        key
    };
    let mut one = [0; 32];
    one[0] = 1;
    let mut points = vec![
        [0; 32],
        one,
        key("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        key("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        below(0xec),
        below(0xed),
        below(0xee),
    ];
    // The highest bit does not count.
    for mut point in points.clone() {
        point[31] |= 0x80;
        points.push(point);
    }
    for point in points {
        assert!(BoxKey::between(&point, &counted(0x20)).is_none(), "{point:02x?}");
    }
    assert!(BoxKey::between(&key(CLIENT), &counted(0x20)).is_some());
}

#[test]
fn debugging_shows_no_keys() {
    let key = BoxKey::symmetric(&[0x5a; 32]);
    for shown in [format!("{key:?}"), format!("{:?}", key.frames(&[0x5a; 16]))] {
        assert!(shown.contains("Key") && !shown.contains("90") && !shown.contains("5a"), "{shown}");
    }
}

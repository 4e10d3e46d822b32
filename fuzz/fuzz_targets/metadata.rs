//! Metadata of a READY: any bytes against the model, and properties that one session tells another.
//!
//! Input: types of sockets, two lengths of pieces, whether a type goes before the rest; then
//! metadata. For the second part: per property a name and a value, which begin again at the front.

#![no_main]

use harness::choices::Choices;
use harness::{play, types, wire};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{End, Seen, Setup, peers_of, type_name};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let socket_type = choices.byte() % types::COUNT;
    let Some(&peer) = peers_of(socket_type).first() else { return };
    let lengths = [choices.byte(), choices.byte()];
    let front = match type_name(peer).filter(|_| choices.flag()) {
        Some(name) => wire::property(b"Socket-Type", name.as_bytes()),
        None => Vec::new(),
    };
    let setup = Setup { socket_type, ..Setup::default() };
    let metadata = [front, choices.clone().rest().to_vec()].concat();
    let script = [wire::greeting(1), wire::ready(&metadata)].concat();
    play::against_model(&setup, &script, lengths, true);

    round_trip(&mut choices, [socket_type, peer]);
});

/// The application's properties arrive, and the routing id of those that have one.
fn round_trip(choices: &mut Choices<'_>, types: [u8; 2]) {
    let routing_id = choices.text().to_vec();
    let mut properties: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while !choices.is_empty() && properties.len() < 62 {
        // Options take no other names.
        let name = [b"X-", choices.text()].concat();
        let value = choices.text().to_vec();
        if name.len() < 256 && properties.iter().all(|(earlier, _)| *earlier != name) {
            properties.push((name, value));
        }
    }
    let size: usize = properties.iter().map(|(name, value)| name.len() + value.len() + 5).sum();
    if size > 32_000 {
        return;
    }
    let setup = Setup { socket_type: types[1], routing_id, properties, ..Setup::default() };
    let mut ends =
        [End::new(&Setup { socket_type: types[0], ..Setup::default() }, 0), End::new(&setup, 0)];
    for _ in 0..4 {
        for at in [0, 1] {
            let bytes = ends[at].write(usize::MAX);
            ends[1 - at].receive(&bytes, 0);
        }
    }
    let [Seen::Ready(peer)] = &ends[0].seen[..] else { panic!("{:?}", ends[0]) };
    for property in &setup.properties {
        assert!(peer.properties.contains(property));
    }
    let told = matches!(types[1], types::REQ | types::DEALER | types::ROUTER);
    let id = Some(&setup.routing_id).filter(|id| told && !id.is_empty());
    assert_eq!(peer.routing_id.as_ref(), id);
    assert_eq!(peer.properties.len(), setup.properties.len() + 1 + usize::from(told));
}

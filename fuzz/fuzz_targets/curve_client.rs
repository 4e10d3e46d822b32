//! A client of CURVE and a server that says what it wants: see `harness::curve_peer`.

#![no_main]

use harness::curve::Sender;
use harness::curve_peer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| curve_peer::run(Sender::Server, data));

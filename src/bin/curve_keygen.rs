//! Makes a key pair for CURVE and writes it to the standard output.

#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    match zmq::commands::curve_keygen(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("curve_keygen: {error}");
            ExitCode::FAILURE
        }
    }
}

//! What the programs that come with the library do, for `src/bin/`, which only calls it.

#![forbid(unsafe_code)]

use std::io::{self, Write};

use zeroize::Zeroizing;

use crate::key_pair;

/// `curve_keygen`: writes a new key pair of CURVE, in the form that libzmq's command of that name
/// has and that scripts know: each key stands on the line below its title.
pub fn curve_keygen(out: &mut impl Write) -> io::Result<()> {
    let (public, secret) =
        key_pair::new_pair().map_err(|error| io::Error::from_raw_os_error(error.errno()))?;
    // With room enough, so that no copy is left behind when it grows.
    let mut text = Zeroizing::new(Vec::with_capacity(1024));
    text.extend(
        b"A new key pair for CURVE, as texts for configuration files and source code (Z85).\n",
    );
    text.extend(b"Give the public key to your peers, and the secret key to nobody.\n");
    text.extend(b"\n== CURVE PUBLIC KEY ==\n");
    text.extend(public.iter());
    text.extend(b"\n\n== CURVE SECRET KEY ==\n");
    text.extend(secret.iter());
    text.push(b'\n');
    out.write_all(&text)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_stand_below_their_titles_and_belong_together() {
        let mut out = Vec::new();
        curve_keygen(&mut out).expect("there is entropy");
        let text = String::from_utf8(out).expect("all of it is text");
        let lines: Vec<&str> = text.lines().collect();
        let below = |title: &str| {
            let at = lines.iter().position(|line| *line == title).expect("the title is there");
            lines[at + 1]
        };
        let secret = below("== CURVE SECRET KEY ==");
        let public = key_pair::public_of(secret.as_bytes()).expect("it is a key");
        assert_eq!(below("== CURVE PUBLIC KEY ==").as_bytes(), public.as_slice());
    }
}

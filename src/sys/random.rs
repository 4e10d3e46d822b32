//! Entropy from the kernel.

use std::io;

use super::checked;

/// Fills the buffer with bytes that nobody can guess.
///
/// Waits only when the machine has just booted and the kernel has no entropy yet.
pub(crate) fn fill(buffer: &mut [u8]) -> io::Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        // SAFETY: getrandom writes at most rest.len() bytes, all inside the exclusive slice.
        let written = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match checked(written) {
            Ok(written) => rest = &mut rest[written.unsigned_abs()..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn fills_all_of_it() {
        // A byte stays zero in all 64 rounds once in 2^512 runs.
        let mut seen = [0_u8; 1000];
        for _ in 0..64 {
            let mut buffer = [0_u8; 1000];
            super::fill(&mut buffer).expect("the kernel has entropy");
            for (seen, byte) in seen.iter_mut().zip(buffer) {
                *seen |= byte;
            }
        }
        assert!(seen.iter().all(|&byte| byte != 0));
    }

    #[test]
    fn nothing_asked_nothing_done() {
        super::fill(&mut []).expect("no system call is needed");
    }
}

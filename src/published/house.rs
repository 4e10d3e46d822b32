//! Rules of the house that a text search can keep: where `unsafe` may stand, what `zmtp` and `crypto`
//! may know.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use super::in_package;

/// Files below a folder of the sources, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = in_package("src");
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is in the package") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                found.push((path.strip_prefix(&root).expect("below the root").into(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// Whether `unsafe` may stand in a file.
fn may_be_unsafe(path: &Path) -> bool {
    let islands = [
        "ffi",
        "sys",
        "msg/repr.rs",
        "msg/repr/group.rs",
        "msg/repr/release.rs",
        "msg/repr/tests.rs",
        "msg/content.rs",
        "msg/due.rs",
        "msg/growing.rs",
        "msg/slab.rs",
        "core/queue.rs",
        "crypto/wide.rs",
    ];
    islands.iter().any(|island| path.starts_with(island))
}

#[test]
fn every_file_outside_of_the_islands_forbids_unsafe() {
    // The attribute holds for the modules below as well, so roots above an island cannot have it.
    let roots = ["lib.rs", "core/mod.rs", "crypto/mod.rs", "msg/mod.rs"];
    for (path, text) in sources("") {
        let is_root = roots.iter().any(|root| path == Path::new(root));
        if !is_root && !may_be_unsafe(&path) {
            assert!(text.contains("#![forbid(unsafe_code)]"), "{}", path.display());
        }
    }
}

#[test]
fn zmtp_knows_neither_sockets_nor_clocks_nor_threads() {
    let foreign = [
        "std::net",
        "std::io",
        "std::time",
        "Instant",
        "std::thread",
        "libc",
        "mio::",
        "crate::sys",
    ];
    for (path, text) in sources("zmtp") {
        for word in foreign {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn crypto_knows_nothing_but_bytes() {
    let foreign = [
        "std::net",
        "std::io",
        "std::time",
        "Instant",
        "std::thread",
        "std::fs",
        "libc",
        "mio::",
        "rand::",
        "getrandom",
        "crate::",
    ];
    for (path, text) in sources("crypto") {
        for word in foreign {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_900_lines() {
    for (path, text) in sources("") {
        assert!(text.lines().count() <= 900, "{}", path.display());
    }
}

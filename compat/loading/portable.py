"""Builds of this library for other C libraries than that of the machine: an older glibc, and musl.

A shared object asks for the versions of glibc's functions that were the newest where it was linked;
so one that is linked here does not load with an older glibc, although it calls nothing that this one
lacks. Linked against the files of an older one (Debian 11), it does. What the prefix has is not
looked at: it is for the machine that it was built on.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OLD = "bullseye"
FLOOR = (2, 31)
GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"
NAMES = ["glibc at most 2.31", "glibc: what is linked against 2.31 runs here",
         "musl: a static program"]


def old_files(folder):
    """Debian 11's C library, unpacked by apt's own means into `folder`; None if it cannot be had."""
    root = folder / "root"
    if root.exists():
        return root
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    mirror = re.search(r"^URIs: (\S+)", sources.read_text(), re.M) if sources.exists() else None
    if not mirror:
        print("no mirror of Debian is known")
        return None
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("parts", "lists/partial", "packages"):
        (folder / name).mkdir(parents=True)
    (folder / "parts" / "old.sources").write_text(
        f"Types: deb\nURIs: {mirror.group(1)}\nSuites: {OLD}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
    for name in ("sources.list", "status"):
        (folder / name).touch()
    # Files of its own for all that it reads and writes, and none of the machine's hooks.
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::SourceList={folder}/sources.list",
           "-o", f"Dir::Etc::SourceParts={folder}/parts", "-o", f"Dir::State::Lists={folder}/lists",
           "-o", f"Dir::State::Status={folder}/status", "-o", "Dir::Cache::pkgcache=",
           "-o", "Dir::Cache::srcpkgcache=", "-o", "APT::Update::Post-Invoke-Success=",
           "-o", "APT::Sandbox::User=root"]
    for step in (["update"], ["download", "libc6", "libc6-dev", "libgcc-s1"]):
        if subprocess.run([*apt, *step], cwd=folder / "packages").returncode != 0:
            print(f"apt-get {step[0]} fails")
            return None
    unpacked = folder / "unpacked"
    for package in (folder / "packages").glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, unpacked], check=True)
    # Absolute links would lead to the files of this machine.
    for link in unpacked.rglob("*"):
        if link.is_symlink() and os.readlink(link).startswith("/"):
            target = Path(f"{unpacked}{os.readlink(link)}")
            link.unlink()
            link.symlink_to(os.path.relpath(target, link.parent))
    unpacked.rename(root)
    return root


def cargo(target, folder, **more):
    """Builds the library for a target and returns the folder with it, or None."""
    ended = subprocess.run(["nice", "-n", "10", "cargo", "build", "--release", "--locked", "--lib",
                            "--target", target, "--manifest-path", ROOT / "Cargo.toml"],
                           env=dict(os.environ, CARGO_TARGET_DIR=str(folder), **more))
    return folder / target / "release" if ended.returncode == 0 else None


def newest(library):
    """The newest version of glibc that a file asks for, and for what."""
    said = subprocess.check_output(["objdump", "-T", library], text=True)
    # A weak symbol is done without where there is none, but its version has to be there.
    asked = [(tuple(int(n) for n in version.split(".")), name) for version, name
             in re.findall(r"\(GLIBC_([0-9.]+)\)\s+(\w+)", said)]
    top = max(version for version, _ in asked)
    return top, sorted(name for version, name in asked if version > FLOOR)


def glibc(subject):
    """The library, linked against the older glibc."""
    here = newest(subject.given)
    print(f"as installed, it asks for {here[0]}, for the sake of {', '.join(here[1])}")
    root = old_files(subject.build / "glibc")
    if root is None:
        for name in NAMES[:2]:
            subject.skip(name)
        return
    # gcc looks into the folders of this machine before those of a --sysroot, unless they are named.
    linker = subject.build / "cc-old"
    linker.write_text(f'#!/bin/sh\nexec cc --sysroot={root} -L{root}/usr/lib/x86_64-linux-gnu '
                      f'-L{root}/lib/x86_64-linux-gnu "$@"\n')
    linker.chmod(0o755)
    built = cargo(GNU, subject.build / "old-glibc",
                  CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=str(linker))
    if built is None:
        subject.note(NAMES[0], False, "is not built\n")
        return
    folder = subject.build / "old-glibc-lib"
    folder.mkdir(exist_ok=True)
    library = folder / "libzmq.so.5"
    shutil.copy(built / "libzmq.so", library)
    top, above = newest(library)
    subject.note(NAMES[0], top <= FLOOR, f"{top} {above}\n")
    subject.runs(NAMES[1], [subject.build / "linked", library],
                 dict(subject.environment(), LD_LIBRARY_PATH=str(folder)))


def musl(subject):
    """The static library for musl, in a program of musl's."""
    installed = subprocess.run(["rustup", "target", "list", "--installed"], text=True,
                               stdout=subprocess.PIPE).stdout.split()
    if MUSL not in installed and subprocess.run(["rustup", "target", "add", MUSL]).returncode != 0:
        print("the compiler's target for musl cannot be had")
        subject.skip(NAMES[2])
        return
    if not shutil.which("musl-gcc"):
        subprocess.run(["apt-get", "-o", "DPkg::Lock::Timeout=600", "install", "-qq", "-y",
                        "--no-install-recommends", "musl-tools"], check=True,
                       env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    built = cargo(MUSL, subject.build / "musl")
    if built is None:
        subject.note(NAMES[2], False, "is not built\n")
        return
    here = Path(__file__).resolve().parent
    program = subject.build / "linked-musl"
    # The unwinder of a gcc for glibc asks glibc things; that of a gcc for musl would do as well.
    toolchain = subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip()
    unwinder = Path(toolchain, "lib", "rustlib", MUSL, "lib", "self-contained", "libunwind.a")
    linked = subprocess.run(["musl-gcc", "-static", "-DZMQ_STATIC", here / "linked.c",
                             here / "converse.c", "-I", subject.prefix / "include",
                             built / "libzmq.a", unwinder, "-o", program])
    if linked.returncode != 0:
        subject.note(NAMES[2], False, "is not linked\n")
        return
    subject.runs(NAMES[2], [program])


def check(subject, quick):
    """Notes what there is to say; a reference is not built here, and quick is not the word for it."""
    if subject.is_reference or quick:
        for name in NAMES:
            subject.skip(name)
        return
    glibc(subject)
    musl(subject)

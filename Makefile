# What there is to do with this repository. Anything longer than a few lines stands in admin/.
#
# CARGO_TARGET_DIR says where everything built goes (default: target/).

TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
export CARGO_TARGET_DIR := $(TARGET)

BUILT := $(TARGET)/release
# A prefix to link against, as `make install` would make it.
STAGE := $(TARGET)/stage
CBINDGEN_VERSION := 0.29.2
CBINDGEN := $(TARGET)/tools/cbindgen-$(CBINDGEN_VERSION)/bin/cbindgen

# For install and uninstall.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
export PREFIX LIBDIR DESTDIR

.PHONY: build stage tools test demo bench bench-full budgets header verify-header compatibility \
    loom random fuzz valgrind stress interop faults gssapi compat compat-quick install uninstall \
    clean

build:
	cargo build --release --locked

stage: build
	PREFIX=$(STAGE) LIBDIR=$(STAGE)/lib DESTDIR= admin/install $(BUILT)

test:
	admin/test

demo: stage
	demo/run $(STAGE)

# libzmq's local_thr, remote_thr, local_lat, remote_lat, inproc_thr, inproc_lat and proxy_thr.
tools: stage
	@cd $(STAGE)/bin && ls -d $$($(CURDIR)/benches/tools/build --list) | sed "s|^|$$PWD/|"

# The short set of comparisons; BENCH has more arguments, as in `make bench BENCH="--only tcp"`.
bench: stage
	benches/run $(BENCH) --ours $(STAGE)/lib/libzmq.so.5

# All of them, beside the Rust rival and nng, with the page and the plots of docs/.
bench-full: stage
	rival=$$(benches/rival) && benches/run --full --rival "$$rival" --nng --page docs $(BENCH) \
	    --ours $(STAGE)/lib/libzmq.so.5

# What a message costs in instructions, allocations and system calls, and what it may cost; BUDGETS
# are options, --write for instance.
budgets: stage
	benches/budgets/run $(STAGE)/lib $(BUDGETS)

$(CBINDGEN):
	cargo install cbindgen --quiet --locked --version $(CBINDGEN_VERSION) \
	    --root $(TARGET)/tools/cbindgen-$(CBINDGEN_VERSION)

header: $(CBINDGEN)
	admin/header --cbindgen $(CBINDGEN)

verify-header: $(CBINDGEN)
	admin/header --cbindgen $(CBINDGEN) --verify

compatibility:
	ZMQ_OXIDE_WRITE=1 cargo test --quiet --lib compatibility_table_is_current

# A folder of its own, as the flag changes every crate.
loom:
	CARGO_TARGET_DIR=$(TARGET)/loom RUSTFLAGS="--cfg loom" \
	    cargo test --release --lib loom_

# Random calls on the references and on ours; SEEDS and FROM say how many and which.
random: stage
	admin/random --ours $(STAGE)/lib --seeds $(or $(SEEDS),1000) --from $(or $(FROM),1)

# Hostile peers, invented by a fuzzer; SECONDS for each of TARGETS.
fuzz:
	admin/fuzz $(or $(SECONDS),10) $(TARGETS)

# Over the network the tests that are about time prove nothing there, and take long.
valgrind: stage
	ctests/run --inproc --valgrind --library ours=$(STAGE)/lib
	ctests/run --valgrind --library ours=$(STAGE)/lib --only net_patterns --only net_stream \
	    --only net_raw_router --only net_properties --only net_review --only net_monitor_peers \
	    --only draft_net_hello --only draft_net_radio

stress: stage
	admin/stress $(STAGE)

# Each library of these two in a process of its own, all pairs of types.
interop: stage
	interop/run --library debian=$$(admin/oracles debian) --library ours=$(STAGE)/lib $(INTEROP)

# Other people's programs on the reference and on this library: all, one, or what takes minutes.
compat: stage
	compat/all --ours $(STAGE) --page docs/compat.md

compat-quick: stage
	compat/all --ours $(STAGE) --quick cppzmq czmq jeromq loading pyzmq zeromqjs

compat-%: stage
	compat/all --ours $(STAGE) $*

faults: stage
	ctests/run --faults --library ours=$(STAGE)/lib

# Installs a Kerberos server and libclang where they are missing.
gssapi:
	compat/gssapi/check

install:
	@test -e $(BUILT)/libzmq.so || { echo "first run: make build" >&2; exit 1; }
	admin/install $(BUILT)

uninstall:
	admin/install --remove

clean:
	cargo clean
	rm -rf ctests/build

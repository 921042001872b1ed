# What a person runs here. Everything that is installed or built stays in this folder: Rust builds in
# target/, the official Python SDK in .venv/, the other official SDKs in .conformance/.

PYTHON ?= python3
SECONDS ?= 60

TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV_PYTHON := .venv/bin/python
WARNINGS := -D warnings
# A workspace of its own.
FUZZ := --manifest-path fuzz/Cargo.toml

.PHONY: help
help:
	@echo "make test               everything: Rust, documentation, the official Python SDK against the endpoint"
	@echo "make conformance        five official SDKs against the endpoint; writes docs/conformance.md"
	@echo "make test-faults        the endpoint is killed, starved, kept waiting, and its disk fails and fills up: some minutes"
	@echo "make test-transfers     large, many and strange files, killed and expired on the way, nginx as a server: some minutes"
	@echo "make test-deploy        the container's image and its binary in a root of its own, the unit against the calls that are made"
	@echo "make lint               format, warnings, architecture, counted instructions, some seconds of fuzzing"
	@echo "make wheel              the Python package as a wheel, in target/wheels"
	@echo "make bench              bench-sign, bench-python, bench-endpoint, bench-listing and bench-transfers; docs/performance.md"
	@echo "make bench-sign         URLs per second, beside the official SDKs and the bare hashing"
	@echo "make bench-python       the Python package beside the official SDK: calls per second, many keys, memory"
	@echo "make bench-endpoint     the endpoint beside nginx: downloads, uploads, memory"
	@echo "make bench-listing      a page of a listing out of ten thousand objects and out of a million; memory"
	@echo "make bench-transfers    uploads and downloads beside curl and the Python SDK"
	@echo "make sanitize           sha1-lanes under Miri and AddressSanitizer"
	@echo "make fuzz SECONDS=60    each fuzz target for that long"
	@echo "make clean              remove what was built and installed"

.PHONY: test
test: test-rust test-python

.PHONY: test-rust
test-rust:
	cargo test --workspace --locked

# COSPASS is the command under test.
.PHONY: test-python
test-python: .venv/installed python-package
	cargo build --locked --package cospass-cli
	COSPASS=$(abspath $(TARGET))/debug/cospass $(PYTHON) tests/conformance/run.py --only Python
	COSPASS=$(abspath $(TARGET))/debug/cospass $(VENV_PYTHON) -m pytest tests/python

# The package as tests import it: built without optimisation, installed into .venv as any other wheel.
.PHONY: python-package
python-package: .venv/installed
	rm -rf $(TARGET)/wheels/debug
	.venv/bin/maturin build --quiet --locked --interpreter $(VENV_PYTHON) --out $(TARGET)/wheels/debug
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(TARGET)/wheels/debug/*.whl

# One wheel for CPython 3.9 and later on this platform. `pip install .` makes the same.
.PHONY: wheel
wheel: .venv/installed
	.venv/bin/maturin build --release --locked --interpreter $(VENV_PYTHON) --out target/wheels

# What is not installed is reported as not run: Node and npm, Go, a JDK and Maven, Chromium (or CHROMIUM=PATH).
.PHONY: conformance
conformance: .venv/installed
	cargo build --locked --package cospass-cli
	COSPASS=$(abspath $(TARGET))/debug/cospass $(PYTHON) tests/conformance/run.py

# What needs root or a C compiler says so where there is none. ROUNDS, SEED: tests/faults/run.py; CASES: of the model.
CASES ?= 3000
.PHONY: test-faults
test-faults:
	cargo build --release --locked --package cospass-cli
	COSPASS_MODEL_CASES=$(CASES) cargo test --release --locked --package cospass-server --lib -- store::model
	COSPASS=$(abspath $(TARGET))/release/cospass $(PYTHON) tests/faults/run.py

# SIZE (bytes), PARTS and FILES: how much is moved; what is not installed is told as not run.
.PHONY: test-transfers
test-transfers:
	cargo build --release --locked --package cospass-cli
	COSPASS_FAULT_RUNS=500 cargo test --release --locked --package cospass --test faults -- --nocapture
	COSPASS=$(abspath $(TARGET))/release/cospass $(PYTHON) tests/transfers/run.py

# Needs root, the Rust target and a C compiler for musl; what is not there is told.
MUSL := x86_64-unknown-linux-musl
.PHONY: test-deploy
test-deploy:
	cargo build --release --locked --package cospass-cli
	cargo build --release --locked --package cospass-cli --target $(MUSL)
	COSPASS=$(abspath $(TARGET))/release/cospass COSPASS_STATIC=$(abspath $(TARGET))/$(MUSL)/release/cospass \
		$(PYTHON) tests/deploy/run.py

.PHONY: lint
lint:
	cargo fmt --all --check
	cargo fmt --check $(FUZZ)
	cargo fmt --check --manifest-path tests/peers/rust/Cargo.toml
	cargo clippy --workspace --all-targets --locked -- $(WARNINGS)
	cargo clippy --locked $(FUZZ) --target-dir $(TARGET)/fuzz -- $(WARNINGS)
	RUSTDOCFLAGS="$(WARNINGS)" cargo doc --workspace --lib --no-deps --locked
	scripts/architecture.sh
	scripts/instructions.sh
	scripts/fuzz.sh 5

# Writes the numbers that `make lint` compares with, where a change has to cost something.
.PHONY: instructions
instructions:
	scripts/instructions.sh write

.PHONY: fuzz
fuzz:
	scripts/fuzz.sh $(SECONDS)

# Miri and AddressSanitizer over sha1-lanes. Needs a nightly toolchain, and says so where there is none.
.PHONY: sanitize
sanitize:
	scripts/sanitize.sh

# The tables on stdout, and docs/performance.md of the same run.
.PHONY: bench
bench: bench-sign bench-python bench-endpoint bench-listing bench-transfers
	$(PYTHON) scripts/performance.py target/bench

# The page of the last run alone.
.PHONY: performance
performance:
	$(PYTHON) scripts/performance.py target/bench

# Beside the SDKs that tests/peers/list.py finds; the fields of the JSON file are explained in crates/bench/src/report.rs.
.PHONY: bench-sign
bench-sign: .venv/installed
	$(PYTHON) tests/peers/list.py target/bench/peers.json
	cargo build --release --locked --package cospass-bench
	$(TARGET)/release/cospass-bench target/bench/peers.json target/bench/sign.json

# Calls per second of both packages in one process. Installs the optimised wheel into .venv; `make test` installs its own again.
.PHONY: bench-python
bench-python: .venv/installed
	rm -rf target/wheels/bench
	.venv/bin/maturin build --release --locked --interpreter $(VENV_PYTHON) --out target/wheels/bench
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall target/wheels/bench/*.whl
	$(VENV_PYTHON) tests/python/bench_package.py target/bench/python.json

# Beside nginx, under wrk: both are the system's own, and what is not installed is told as not run.
.PHONY: bench-endpoint
bench-endpoint:
	cargo build --release --locked --package cospass-bench --package cospass-cli
	$(TARGET)/release/cospass-bench-endpoint $(TARGET)/release/cospass target/bench/endpoint.json

# Filling the bucket takes some minutes. COUNTS are the sizes at which pages are asked for.
COUNTS ?= 10000 1000000
.PHONY: bench-listing
bench-listing:
	cargo build --release --locked --package cospass-bench --package cospass-cli
	$(TARGET)/release/cospass-bench-listing $(TARGET)/release/cospass target/bench/listing.json $(COUNTS)

.PHONY: bench-transfers
bench-transfers: .venv/installed
	cargo build --release --locked --package cospass-cli
	COSPASS=$(abspath $(TARGET))/release/cospass PYTHON=$(abspath $(VENV_PYTHON)) \
		$(PYTHON) tests/transfers/bench.py target/bench/transfers.json

.venv/installed: tests/python/requirements.txt
	$(PYTHON) -m venv --clear .venv
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.PHONY: clean
clean:
	rm -rf target .venv .conformance

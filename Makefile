# `make` lists the targets. A fresh checkout needs only Rust: the rest is installed when missing.
#
# Every cargo command goes through an alias of .cargo/config.toml, which gives one profile and the
# whole workspace, so RocksDB (33 CPU-minutes) is built once. RUSTFLAGS would replace the flags set
# there and build it again, so it is taken away.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
export CARGO_TARGET_DIR ?= $(HOME)/.cache/yuanliu/target
# Cargo does not track PATH, so this rebuilds nothing; without ccache it changes nothing.
export PATH := /usr/lib/ccache:$(PATH)

# CI must use Cargo.lock as committed.
CARGO := cargo$(if $(CI), --locked)
YUANLIU := $(CARGO_TARGET_DIR)/release/yuanliu

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps build test cargo-test interop interop-python web proto lint fmt demo bench bench-check

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

deps: ## install what the build needs and this machine lacks
	@scripts/install-deps

build: deps ## build everything; the program is target/release/yuanliu in $CARGO_TARGET_DIR
	$(CARGO) b

test: lint cargo-test interop-python web proto ## lint, every test, the Python client (libraries from PyPI) against the server, `web` and `proto`

cargo-test: deps ## every test, without lint
	$(CARGO) t --no-fail-fast

interop: build ## the clients of examples/ against the server, in every language whose tools are here
	scripts/interop --require python

interop-python: build
	scripts/interop --only python --require python

web: ## the evidence verifier in TypeScript, built and tested, where Node is (compiler from npm)
	scripts/web

proto: ## the contract's names, and that it keeps what it promised, where Node is (buf from npm)
	scripts/proto

lint: deps ## formatting, the crate table, clippy with warnings as errors
	cargo fmt --all --check
	scripts/check-layers --self-test
	scripts/check-layers
	scripts/check-bench --self-test
	$(CARGO) lint

fmt: ## format the code
	cargo fmt --all

demo: build ## a short trade, told and proved, in the terminal
	$(YUANLIU) demo --once

bench: build ## the quick benchmark
	$(YUANLIU) bench --quick

bench-check: build ## the quick benchmark, which must keep its time and its budget
	scripts/check-bench $(YUANLIU)

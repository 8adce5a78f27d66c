# SPDX-License-Identifier: BSD-2-Clause
# The front door: sets up what is missing, builds with Meson, runs. `make help` lists the targets.

BUILD ?= build

# what the lanes of test-all compare sonde with, and run it on; each is skipped where its tool is not there
REST_PACKAGES = binutils clang-format-14 gdb libcapstone-dev qemu-system-x86 seabios

.PHONY: all build setup demo test test-all test-rest bench install fuzz asan format-check clean help

all: build

help:
	@echo "make            build build/sonde (installs missing packages with apt first)"
	@echo "make demo       build the demo server, trace it, show its calls"
	@echo "make test       everything that takes at most 5 minutes, on the machine's own Go"
	@echo "make test-all   also every Go version, other kernels, sanitizers"
	@echo "make fuzz       a minute of fuzzing for each target"
	@echo "make bench      what a hit costs, as ratios to a null program"
	@echo "make install    into /usr/local (DESTDIR is honoured; another prefix: meson configure build -Dprefix=/usr)"

setup:
	@tools/setup.sh

build: setup
	@tools/build.sh $(BUILD)

demo: build
	@demo/run.sh

test: build
	@tests/run.sh quick

test-all: export SONDE_EXTRA_PACKAGES = $(REST_PACKAGES)
test-all: build
	@tests/run.sh all

# what test-all adds to test
test-rest: export SONDE_EXTRA_PACKAGES = $(REST_PACKAGES)
test-rest: build
	@tests/run.sh rest

bench: build
	@tests/bench/run.sh

asan: setup
	@tests/run.sh asan

fuzz: export SONDE_EXTRA_PACKAGES = libclang-rt-14-dev
fuzz: setup
	@tests/fuzz/run.sh 60

format-check:
	@tests/format.sh

install: build
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-*

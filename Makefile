# SPDX-License-Identifier: BSD-2-Clause
# The front door: sets up what is missing, builds with Meson, runs. `make help` lists the targets.

BUILD ?= build

.PHONY: all build setup demo test test-all bench install fuzz asan format-check clean help

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

test-all: build
	@tests/run.sh all

bench: build
	@tests/bench/run.sh

asan: setup
	@tests/run.sh asan

fuzz: setup
	@tests/fuzz/run.sh 60

install: build
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-*

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the test lanes: quick (make test), all (make test-all) or rest (what all adds to quick). See tests/run.py.
exec python3 "$(dirname "$0")/run.py" "$@"

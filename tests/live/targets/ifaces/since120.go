// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.20
// +build go1.20

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	. "example.com/targets/truth"
)

//go:noinline
func joined(err error) error { return err }

func since() {
	one, two := errors.New("one"), errors.New("two")
	Do("main.joined", joined, "err", errors.Join(one, nil, two))
	Do("main.joined", joined, "err", fmt.Errorf("both: %w and %w", one, io.EOF))
	Do("main.joined", joined, "err", errors.Join(errors.Join(one), fmt.Errorf("in: %w", two)))
	Do("main.joined", joined, "err", context.DeadlineExceeded)
	Do("main.joined", joined, "err", context.Canceled)
}

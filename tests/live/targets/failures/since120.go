// SPDX-License-Identifier: BSD-2-Clause

//go:build go1.20
// +build go1.20

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
)

func later() []failure {
	return []failure{
		{true, &http.MaxBytesError{Limit: 5}},
		{true, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
		{true, errors.Join(io.EOF, io.ErrUnexpectedEOF)},
	}
}

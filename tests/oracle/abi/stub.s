// SPDX-License-Identifier: BSD-2-Clause
// This file lets main.go declare a function without a body.

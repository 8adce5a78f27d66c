// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// A database whose every query has one row: the name of the item that was asked for.
type database struct{}

type connection struct{}

type rows struct {
	name string
	done bool
}

const query = "SELECT name FROM items WHERE id = ?"

func init() { sql.Register("made-up", database{}) }

func (database) Open(name string) (driver.Conn, error) { return &connection{}, nil }

func (*connection) Prepare(query string) (driver.Stmt, error) {
	return nil, errors.New("nothing is prepared")
}
func (*connection) Close() error              { return nil }
func (*connection) Begin() (driver.Tx, error) { return nil, errors.New("no transactions") }

func (*connection) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if q != query || len(args) != 1 {
		return nil, errors.New("another query")
	}
	return &rows{name: "item"}, nil
}

func (*rows) Columns() []string { return []string{"name"} }
func (*rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done = true
	dest[0] = r.name
	return nil
}

// nameOf asks the database.
func nameOf(ctx context.Context, db *sql.DB, id int) (name string, err error) {
	found, err := db.QueryContext(ctx, query, id)
	if err != nil {
		return "", err
	}
	defer found.Close()
	for found.Next() {
		if err := found.Scan(&name); err != nil {
			return "", err
		}
	}
	return name, found.Err()
}

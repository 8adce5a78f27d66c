// SPDX-License-Identifier: BSD-2-Clause

// A small HTTP server to trace: GET /e?iters=N answers with e, from N terms of its series.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
)

// computeE is an ordinary function: today's compilers inline it into its caller, and leave no symbol of it.
func computeE(iterations int64) float64 {
	res := 2.0
	fact := 1.0

	for i := int64(2); i < iterations; i++ {
		fact *= float64(i)
		res += 1 / fact
	}
	return res
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen; port 0 takes a free one")
	flag.Parse()

	http.HandleFunc("/e", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		iters := int64(100)
		if s := r.URL.Query().Get("iters"); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				http.Error(w, "iters is not a number", http.StatusBadRequest)
				return
			}
			iters = n
		}
		fmt.Fprintf(w, "e = %0.4f\n", computeE(iters))
	})

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

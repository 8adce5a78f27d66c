// SPDX-License-Identifier: BSD-2-Clause

// A busy HTTP server and its load, a process each:
//
//	http serve           prints its port, serves until it is killed
//	http load PORT N     N connections that ask back to back; for each line on standard input prints how many
//	                     answers came since the last one, and how many seconds that took
package main

import (
	"bufio"
	"fmt"
	"io"
	"io/ioutil"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

type store struct {
	hits int64
	name string
}

var served = &store{name: "main"}

//go:noinline
func handle(s *store, path string, size int64, w http.ResponseWriter) {
	atomic.AddInt64(&s.hits, 1)
	fmt.Fprintf(w, "%s %d\n", path, size)
}

func serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(served, r.URL.Path, int64(len(r.Header)), w)
	})))
}

func ask(port string, answers *int64) {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	in := bufio.NewReader(c)
	for {
		if _, err := io.WriteString(c, "GET /users/42 HTTP/1.1\r\nHost: bench\r\nAccept: text/plain\r\n\r\n"); err != nil {
			log.Fatal(err)
		}
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			log.Fatal(err)
		}
		if _, err = io.Copy(ioutil.Discard, r.Body); err != nil {
			log.Fatal(err)
		}
		r.Body.Close()
		atomic.AddInt64(answers, 1)
	}
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		serve()
	}
	n, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	var answers int64
	for i := 0; i < n; i++ {
		go ask(os.Args[2], &answers)
	}
	last, lastCount := time.Now(), int64(0)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		now, count := time.Now(), atomic.LoadInt64(&answers)
		fmt.Println(count-lastCount, now.Sub(last).Seconds())
		last, lastCount = now, count
	}
}

// SPDX-License-Identifier: BSD-2-Clause

// A web server under load: GET /item/N asks a database and answers with JSON. The load comes from a second process of the same program, paced:
// server REQUESTS PER_SECOND.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/ioutil"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "example.com/targets/truth"
)

const clients = 8

type item struct {
	ID   int      `json:"id"`
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

func number(s string) int { n, _ := strconv.Atoi(s); return n }

func main() {
	if len(os.Args) == 5 && os.Args[1] == "load" {
		load(os.Args[2], number(os.Args[3]), number(os.Args[4]))
		return
	}
	requests, rate := 3000, 1200
	if len(os.Args) > 2 {
		requests, rate = number(os.Args[1]), number(os.Args[2])
	}
	var served int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	db, err := sql.Open("made-up", "")
	if err != nil {
		panic(err)
	}
	db.SetMaxIdleConns(clients)
	http.HandleFunc("/item/", func(w http.ResponseWriter, r *http.Request) {
		n := number(strings.TrimPrefix(r.URL.Path, "/item/"))
		name, err := nameOf(r.Context(), db, n)
		if err != nil {
			panic(err)
		}
		b, err := json.Marshal(item{n, name, []string{r.Method, "x"}})
		if err != nil {
			panic(err)
		}
		w.Write(b)
		atomic.AddInt64(&served, 1)
	})
	var open sync.WaitGroup
	server := &http.Server{ConnState: func(c net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Done()
		}
	}}
	Start()
	go server.Serve(listener)
	start := time.Now()
	cmd := exec.Command("/proc/self/exe", "load", "http://"+listener.Addr().String(), fmt.Sprint(requests), fmt.Sprint(rate))
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		panic(err)
	}
	took := time.Since(start)
	open.Wait()
	Note("requests served", int(atomic.LoadInt64(&served)))
	Note("a second", int(float64(requests)/took.Seconds()))
	Done()
}

// load asks for /item/0 to /item/requests-1, each client for its share, none before its time.
func load(url string, requests, rate int) {
	var wg sync.WaitGroup
	start := time.Now()
	for c := 0; c < clients; c++ {
		wg.Add(1)
		go func(c int) {
			defer wg.Done()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1, MaxConnsPerHost: 1}}
			for i := c; i < requests; i += clients {
				time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
				r, err := http.NewRequest("GET", url+"/item/"+strconv.Itoa(i)+"?q=a", nil)
				if err != nil {
					panic(err)
				}
				r.Header.Set("X-Client", strconv.Itoa(c))
				answer, err := client.Do(r)
				if err != nil {
					panic(err)
				}
				io.Copy(ioutil.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode != 200 {
					panic(answer.Status)
				}
			}
			client.CloseIdleConnections()
		}(c)
	}
	wg.Wait()
}

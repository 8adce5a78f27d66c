// SPDX-License-Identifier: BSD-2-Clause

// Compares sonde's typing of expressions with go/types over the same declarations (tests/expr_world.c). Standard input:
// lines VERDICT TAB TYPE TAB TEXT TAB VALUE of checkdump; the argument: a file of the texts that differ on purpose.
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"strings"
)

const source = `package main

import (
	"io"
	"strings"
	"time"
	"unsafe"
)

type (
	Level   int8
	State   int
	Name    string
	Flag    bool
	Celsius float64
	Mask    uint16
	Tags    []string
	Header  map[string]string
	Inner   struct { A int32; B string; C [3]uint16; Ok bool; F float32 }
	Node    struct { Val int64; Next *Node; Tag string; _ int }
	Deep    struct { Depth int; Bottom uint8; *Base }
	Base    struct { ID uint64; Hits int; Label string }
	Extra   struct { Hits uint8; Note string; *Deep }
	ErrT    struct { Code int; Op string; Err error }
	Req     struct {
		Base; *Extra; Method string; Path Name; Size int; In Inner; PIn *Inner; Items []Inner; Tags []string
		Data []uint8; M map[string]int; MI map[int32]string; MN map[string]*Node; Err error; Any interface{}
		Level Level; State State; D time.Duration; Fn func(); Ch chan int; Bits [4]uint8; Arr *[4]int32
		Up unsafe.Pointer; C complex128; Password string
	}
)

var (
	i, j, sh, n, limit int; i8 int8; i16 int16; i32 int32; i64 int64; u uint; u8 uint8; u16 uint16; u32, pid uint32
	u64 uint64; uptr uintptr; f32 float32; f64 float64; ok bool; flag Flag; s, t, password string; nm Name
	b []uint8; xs []int; strs, names []string; arr, table [4]int32; parr *[4]int32; p, cfg *Req; r Req; pp **Req
	nd, DefaultClient *Node; err, e, errBusy error; rd io.Reader; v interface{}; m map[string]int
	mi map[int32]string; mf map[float64]bool; me map[interface{}]int; ms map[string]Inner; d time.Duration
	lvl Level; st State; tmp Celsius; mask Mask; ch chan int; fn func(); up unsafe.Pointer; c128 complex128
	items []Inner; in Inner; hd Header
)

const (
	StateIdle State = iota
	StateOpen
	StateClosed
	MaxLevel Level = 100
	Big            = 1 << 40
	Pi             = 3.25
	Greeting       = "hello"
	Root     Name  = "hello"
	Debug          = true
	StatusOK       = 200
)

func goid() uint64                    { return 0 }
func tid() int                        { return 0 }
func now() int64                      { return 0 }
func hits() uint64                    { return 0 }
func caller() string                  { return "" }
func duration() time.Duration         { return 0 }
func matches(s any, re string) bool   { return false }

var _ = strings.HasPrefix
`

// Sonde's own spellings → Go's.
var rewrites = []struct{ from, to string }{
	{`"net/http"\.`, ""}, {`\bhttp\.`, ""}, {`\bmain\.`, ""}, {`\bret\.0`, "n"}, {`\bret\.1`, "e"}, {`\bret\.([A-Za-z_]\w*)`, "$1"},
	{`\.\(type\) [!=]= \*?[\w.\[\]]+`, " == nil"},
	{`\b(\d+(?:\.\d+)?)ms\b`, "($1*time.Millisecond)"}, {`\b(\d+(?:\.\d+)?)s\b`, "($1*time.Second)"},
}

// Where sonde takes more than Go, whatever the expression: bools and strings of any name, generics' shapes, types
// that an interface cannot hold, what Go's own source cannot name.
var wider = regexp.MustCompile(`mismatched types (bool and Flag|Flag and bool)|value in argument to strings\.|` +
	`impossible type assertion|undefined: (o|i128)$`)

// A variable of a generic function's shape type.
var shape = regexp.MustCompile(`\bsh\b`)

func normal(t string) string {
	t = strings.TrimPrefix(t, "untyped ")
	t = regexp.MustCompile(`\bbyte\b`).ReplaceAllString(t, "uint8")
	t = strings.ReplaceAll(t, "interface{}", "interface {}")
	switch t {
	case "rune":
		return "int32"
	case "float":
		return "float64"
	case "main.Flag": // of a comparison, Go's takes the other operand's name
		return "bool"
	}
	return t
}

func main() {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "world.go", source, 0)
	if err != nil {
		panic(err)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	pkg, err := conf.Check("main", fset, []*ast.File{file}, nil)
	if err != nil {
		panic(err)
	}
	listed := map[string]bool{}
	if text, err := os.ReadFile(os.Args[1]); err != nil {
		panic(err)
	} else {
		for _, line := range strings.Split(string(text), "\n") {
			if line != "" && line[0] != '#' {
				listed[line] = true
			}
		}
	}
	agreed, wide, purpose, wrong := 0, 0, 0, 0
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		f := strings.Split(in.Text(), "\t")
		text := f[2]
		for _, r := range rewrites {
			text = regexp.MustCompile(r.from).ReplaceAllString(text, r.to)
		}
		tv, err := types.Eval(fset, pkg, file.End()-1, text)
		why := ""
		switch {
		case err != nil && f[0] != "ok":
		case err != nil && wider.MatchString(err.Error()), shape.MatchString(f[2]):
			wide++
			continue
		case err != nil:
			why = "go: " + err.Error()
		case f[0] != "ok":
			why = fmt.Sprintf("go: %s, sonde: %s", tv.Type, f[1])
		case normal(tv.Type.String()) != normal(f[1]):
			why = fmt.Sprintf("go: type %s, sonde: %s", tv.Type, f[1])
		case tv.Value != nil && f[3] != "" && tv.Value.ExactString() != f[3]:
			why = fmt.Sprintf("go: value %s, sonde: %s", tv.Value, f[3])
		}
		switch {
		case why == "" && listed[f[2]]:
			wrong++
			fmt.Printf("%s: listed as a difference, and there is none\n", f[2])
		case why == "":
			agreed++
		case listed[f[2]]:
			purpose++
		default:
			wrong++
			fmt.Printf("%s\n\t%s\n", f[2], why)
		}
	}
	fmt.Printf("%d expressions as go/types has them, %d wider, %d different on purpose, %d wrong\n", agreed, wide, purpose, wrong)
	if wrong != 0 || agreed < 1000 {
		os.Exit(1)
	}
}

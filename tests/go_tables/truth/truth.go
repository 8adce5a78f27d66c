// SPDX-License-Identifier: BSD-2-Clause

// Prints what Go's own debug/elf and debug/dwarf read of a binary, a fact a line: symbols of functions, line table rows,
// inlined calls, and the offsets in runtime.g and runtime.m. What tests/go_tables.py compares sonde's tables with.
package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var layoutFields = map[string]map[string]string{
	"runtime.g": {"goid": "goid", "parentGoid": "parentGoid", "gopc": "gopc", "startpc": "startpc", "m": "m",
		"sched": "sched.sp", "stack": "stack.lo"},
	"runtime.m": {"curg": "curg", "g0": "g0"},
}

func printLayout(d *dwarf.Data, e *dwarf.Entry, fields map[string]string) {
	t, err := d.Type(e.Offset)
	check(err)
	for _, f := range t.(*dwarf.StructType).Field {
		if name, ok := fields[f.Name]; ok {
			fmt.Printf("layout %s=%d\n", name, f.ByteOffset)
		}
	}
}

func printLines(d *dwarf.Data, cu *dwarf.Entry) {
	r, err := d.LineReader(cu)
	check(err)
	if r == nil {
		return
	}
	var e dwarf.LineEntry
	for {
		err := r.Next(&e)
		if err == io.EOF {
			return
		}
		check(err)
		if e.EndSequence {
			fmt.Printf("row\t%x\t0\t-\n", e.Address)
			continue
		}
		fmt.Printf("row\t%x\t%d\t%s\n", e.Address, e.Line, e.File.Name)
	}
}

func name(r *dwarf.Reader, e *dwarf.Entry) string {
	if n, ok := e.Val(dwarf.AttrName).(string); ok {
		return n
	}
	off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
	if !ok {
		return ""
	}
	r.Seek(off)
	origin, err := r.Next()
	check(err)
	n, _ := origin.Val(dwarf.AttrName).(string)
	return n
}

func ranges(d *dwarf.Data, e *dwarf.Entry) string {
	rs, err := d.Ranges(e)
	check(err)
	sort.Slice(rs, func(i, j int) bool { return rs[i][0] < rs[j][0] })
	var out []string
	for i := 0; i < len(rs); i++ {
		lo, hi := rs[i][0], rs[i][1]
		for i+1 < len(rs) && rs[i+1][0] == hi {
			i++
			hi = rs[i][1]
		}
		if lo != hi {
			out = append(out, fmt.Sprintf("%x-%x", lo, hi))
		}
	}
	return strings.Join(out, ",")
}

// The innermost inlined call around an entry, itself on the stack when it has children.
func parent(stack []string, self bool) string {
	if self {
		stack = stack[:len(stack)-1]
	}
	for i := len(stack) - 1; i >= 0; i-- {
		if stack[i] != "" {
			return stack[i]
		}
	}
	return "-"
}

func main() {
	f, err := elf.Open(os.Args[1])
	check(err)
	syms, _ := f.Symbols()
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Section != elf.SHN_UNDEF {
			fmt.Printf("sym\t%x\t%x\t%s\n", s.Value, s.Value+s.Size, s.Name)
		}
		if s.Name == "runtime.tlsg" {
			fmt.Printf("tlsg %d\n", s.Value)
		}
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_TLS {
			fmt.Printf("pt_tls %d %d %d\n", p.Vaddr, p.Memsz, p.Align)
		}
	}
	d, err := f.DWARF()
	check(err)
	r, origins := d.Reader(), d.Reader()
	var outer uint64
	var parents []string // callees of the inlined calls around the current entry; "" for other entries
	var files []*dwarf.LineFile
	for {
		e, err := r.Next()
		check(err)
		if e == nil {
			return
		}
		n, _ := e.Val(dwarf.AttrName).(string)
		if e.Tag == 0 {
			if len(parents) > 0 {
				parents = parents[:len(parents)-1]
			}
			continue
		}
		callee := ""
		if e.Tag == dwarf.TagInlinedSubroutine {
			callee = name(origins, e)
		}
		if e.Children {
			parents = append(parents, callee)
		}
		switch e.Tag {
		case dwarf.TagCompileUnit:
			files = nil
			lr, err := d.LineReader(e)
			check(err)
			if lang, _ := e.Val(dwarf.AttrLanguage).(int64); lang != 0x16 || lr == nil {
				r.SkipChildren()
				parents = nil
				continue
			}
			files = lr.Files()
			fmt.Printf("unit\t%s\n", n)
			printLines(d, e)
		case dwarf.TagSubprogram:
			outer, _ = e.Val(dwarf.AttrLowpc).(uint64)
			if t, ok := e.Val(dwarf.AttrTrampoline).(bool); ok && t && outer != 0 {
				fmt.Printf("wrapper %x\n", outer)
			}
		case dwarf.TagInlinedSubroutine:
			line, _ := e.Val(dwarf.AttrCallLine).(int64)
			file, _ := e.Val(dwarf.AttrCallFile).(int64)
			fn := "?"
			if file >= 0 && file < int64(len(files)) && files[file] != nil {
				fn = files[file].Name
			}
			fmt.Printf("inlined\t%x\t%s\t%s\t%d\t%s\t%s\n", outer, callee, fn, line, ranges(d, e),
				parent(parents, e.Children))
		case dwarf.TagStructType:
			if fields, ok := layoutFields[n]; ok {
				printLayout(d, e, fields)
			}
			r.SkipChildren()
			if e.Children {
				parents = parents[:len(parents)-1]
			}
		}
	}
}

// SPDX-License-Identifier: BSD-2-Clause

// gosource DUMP ROOT...: compares what sonde reads of Go source (DUMP is tests/tools/gosourcedump) with what go/ast and
// go/types say of it, over all files below the roots. Exit status: 0 all is equal, 1 something is not.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const (
	declares = iota
	assigns
	assignsPart
	addresses
	callsMethod
)

const (
	plain = iota
	funcLit
	loop
	header
	branch
)

type block struct {
	parent, kind, first, last int
	leaves, falls             bool
}

type use struct {
	name        string
	kind        int
	first, last int
	pos         token.Pos
	block       int
	step        bool
}

// what a break or continue may be of
type target struct {
	around *target
	label  string
	loop   bool
	left   bool
}

type function struct {
	fset    *token.FileSet
	info    *types.Info
	unknown int
	blocks  []block
	uses    []use
	cur     int
	target  *target
	label   string
	hasGoto bool
}

func (f *function) line(p token.Pos) int { return f.fset.PositionFor(p, false).Line }

func (f *function) open(kind int, first, last token.Pos) int {
	f.blocks = append(f.blocks, block{parent: f.cur, kind: kind, first: f.line(first), last: f.line(last - 1)})
	f.cur = len(f.blocks) - 1
	return f.cur
}

func (f *function) close() { f.cur = f.blocks[f.cur].parent }

func (f *function) use(id *ast.Ident, kind int, first, end token.Pos, step bool) {
	if id.Name != "_" {
		f.uses = append(f.uses, use{id.Name, kind, f.line(first), f.line(end - 1), id.Pos(), f.cur, step})
	}
}

// The variable that an assignment to e is one to; whole: to all of it; address: e is a pointer to it.
func variable(e ast.Expr) (id *ast.Ident, whole, address bool) {
	switch e := e.(type) {
	case *ast.Ident:
		return e, true, false
	case *ast.ParenExpr:
		return variable(e.X)
	case *ast.SelectorExpr:
		id, _, _ = variable(e.X)
	case *ast.IndexExpr:
		id, _, _ = variable(e.X)
	case *ast.IndexListExpr:
		id, _, _ = variable(e.X)
	case *ast.SliceExpr:
		id, _, _ = variable(e.X)
	case *ast.StarExpr:
		id, whole, address = variable(e.X)
		if !address {
			return nil, false, false
		}
		return id, whole, false
	case *ast.UnaryExpr:
		id, whole, address = variable(e.X)
		if e.Op != token.AND || address || id == nil {
			return nil, false, false
		}
		return id, whole, true
	}
	return id, false, false
}

// The left sides of an assignment.
func (f *function) left(sides []ast.Expr, define bool, first, end token.Pos, step bool) {
	for _, e := range sides {
		id, whole, address := variable(e)
		if id == nil || address {
			continue
		}
		kind := assigns
		if !whole {
			kind = assignsPart
		}
		if define && whole && id.Name != "_" {
			if _, defined := f.info.Defs[id]; defined {
				kind = declares
			} else if f.info.Uses[id] == nil {
				f.unknown++
			}
		}
		f.use(id, kind, first, end, step)
	}
}

// Function literals in expressions.
func (f *function) exprs(nodes ...ast.Node) {
	for _, n := range nodes {
		if n == nil {
			continue
		}
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				f.lit(n)
				return false
			case *ast.UnaryExpr:
				if id, _, address := variable(n); id != nil && address && n.Op == token.AND {
					f.use(id, addresses, n.OpPos, n.OpPos+1, false)
				}
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok {
					if id, _, _ := variable(s); id != nil {
						f.use(id, callsMethod, id.Pos(), n.Rparen+1, false)
					}
				}
			case *ast.ArrayType: // of a length that no literal is in
				return false
			case *ast.StructType, *ast.InterfaceType:
				return false
			}
			return true
		})
	}
}

func list(exprs []ast.Expr) (nodes []ast.Node) {
	for _, e := range exprs {
		nodes = append(nodes, e)
	}
	return
}

func (f *function) params(first, end token.Pos, lists ...*ast.FieldList) {
	for _, l := range lists {
		if l == nil {
			continue
		}
		for _, field := range l.List {
			for _, id := range field.Names {
				f.use(id, declares, first, end, false)
			}
		}
	}
}

func (f *function) lit(n *ast.FuncLit) {
	t := f.target
	f.target = nil
	f.open(funcLit, n.Pos(), n.End())
	f.params(n.Pos(), n.Body.Lbrace+1, n.Type.Params, n.Type.Results)
	f.stmts(n.Body.List)
	f.close()
	f.target = t
}

func leaves(s []ast.Stmt) (ends, falls bool) {
	for len(s) > 0 {
		if _, ok := s[len(s)-1].(*ast.EmptyStmt); !ok {
			break
		}
		s = s[:len(s)-1]
	}
	if len(s) == 0 {
		return
	}
	last := s[len(s)-1]
	for {
		l, ok := last.(*ast.LabeledStmt)
		if !ok {
			break
		}
		last = l.Stmt
	}
	switch n := last.(type) {
	case *ast.ReturnStmt:
		ends = true
	case *ast.BranchStmt:
		ends = n.Tok != token.FALLTHROUGH
		falls = !ends
	case *ast.ExprStmt:
		if c, ok := n.X.(*ast.CallExpr); ok {
			id, ok := c.Fun.(*ast.Ident)
			ends = ok && id.Name == "panic"
		}
	}
	return
}

func (f *function) body(n *ast.BlockStmt, kind int) int {
	b := f.open(kind, n.Pos(), n.End())
	f.stmts(n.List)
	f.blocks[b].leaves, f.blocks[b].falls = leaves(n.List)
	f.close()
	return b
}

func (f *function) stmts(list []ast.Stmt) {
	for _, s := range list {
		f.stmt(s, false)
	}
}

func (f *function) cases(n *ast.BlockStmt, label string) {
	t := &target{around: f.target, label: label}
	f.target = t
	for i, c := range n.List {
		next := n.Rbrace
		if i+1 < len(n.List) {
			next = n.List[i+1].Pos()
		}
		last := f.line(next) - 1
		if l := f.line(c.End() - 1); l > last {
			last = l
		}
		b := f.open(branch, c.Pos(), c.End())
		f.blocks[b].last = last
		var body []ast.Stmt
		t.left = false
		switch c := c.(type) {
		case *ast.CaseClause:
			f.exprs(list(c.List)...)
			body = c.Body
		case *ast.CommClause:
			if c.Comm != nil {
				f.stmt(c.Comm, false)
			}
			body = c.Body
		}
		f.stmts(body)
		ends, falls := leaves(body)
		f.blocks[b].leaves = ends && !t.left
		f.blocks[b].falls = falls
		f.close()
	}
	f.target = t.around
}

func (f *function) optional(s ast.Stmt, step bool) {
	if s != nil {
		f.stmt(s, step)
	}
}

func (f *function) loop(n ast.Node, clauses func(), body *ast.BlockStmt, label string) {
	f.open(loop, n.Pos(), n.End())
	clauses()
	t := &target{around: f.target, label: label, loop: true}
	f.target = t
	b := f.body(body, plain)
	f.target = t.around
	if t.left {
		f.blocks[b].leaves = false
	}
	f.close()
}

func (f *function) stmt(s ast.Stmt, step bool) {
	label := f.label
	f.label = ""
	switch n := s.(type) {
	case *ast.LabeledStmt:
		f.label = n.Label.Name
		f.stmt(n.Stmt, false)
		f.label = ""
	case *ast.AssignStmt:
		f.left(n.Lhs, n.Tok == token.DEFINE, n.Pos(), n.End(), step)
		f.exprs(list(n.Lhs)...)
		f.exprs(list(n.Rhs)...)
	case *ast.IncDecStmt:
		f.left([]ast.Expr{n.X}, false, n.Pos(), n.End(), step)
		f.exprs(n.X)
	case *ast.DeclStmt:
		f.decl(n.Decl.(*ast.GenDecl))
	case *ast.BlockStmt:
		f.body(n, plain)
	case *ast.IfStmt:
		f.open(header, n.Pos(), n.End())
		f.optional(n.Init, false)
		f.exprs(n.Cond)
		f.body(n.Body, branch)
		switch e := n.Else.(type) {
		case *ast.BlockStmt:
			f.body(e, branch)
		case *ast.IfStmt:
			f.open(branch, e.Pos(), e.End())
			f.stmt(e, false)
			f.close()
		}
		f.close()
	case *ast.ForStmt:
		f.loop(n, func() {
			f.optional(n.Init, false)
			if n.Cond != nil {
				f.exprs(n.Cond)
			}
			f.optional(n.Post, true)
		}, n.Body, label)
	case *ast.RangeStmt:
		f.loop(n, func() {
			if n.Key != nil {
				sides := []ast.Expr{n.Key}
				if n.Value != nil {
					sides = append(sides, n.Value)
				}
				f.left(sides, n.Tok == token.DEFINE, n.Key.Pos(), n.X.End(), false)
				f.exprs(list(sides)...)
			}
			f.exprs(n.X)
		}, n.Body, label)
	case *ast.SwitchStmt:
		f.open(header, n.Pos(), n.End())
		f.optional(n.Init, false)
		if n.Tag != nil {
			f.exprs(n.Tag)
		}
		f.cases(n.Body, label)
		f.close()
	case *ast.TypeSwitchStmt:
		f.open(header, n.Pos(), n.End())
		f.optional(n.Init, false)
		f.stmt(n.Assign, false)
		f.cases(n.Body, label)
		f.close()
	case *ast.SelectStmt:
		f.open(header, n.Pos(), n.End())
		f.cases(n.Body, label)
		f.close()
	case *ast.BranchStmt:
		if n.Tok == token.GOTO {
			f.hasGoto = true
		}
		if n.Tok == token.BREAK || n.Tok == token.CONTINUE {
			f.leave(n)
		}
	case *ast.EmptyStmt, *ast.BadStmt:
	default:
		f.exprs(n)
	}
}

func (f *function) leave(n *ast.BranchStmt) {
	for t := f.target; t != nil; t = t.around {
		if n.Label != nil && t.label == n.Label.Name || n.Label == nil && (t.loop || n.Tok == token.BREAK) {
			t.left = true
			return
		}
	}
}

func (f *function) decl(d *ast.GenDecl) {
	if d.Tok != token.VAR && d.Tok != token.CONST {
		return
	}
	for _, s := range d.Specs {
		s := s.(*ast.ValueSpec)
		first := s.Pos()
		if !d.Lparen.IsValid() {
			first = d.Pos()
		}
		for _, id := range s.Names {
			f.use(id, declares, first, s.End(), false)
		}
		f.exprs(list(s.Values)...)
	}
}

func facts(fset *token.FileSet, info *types.Info, file *ast.File) (out []string, unknown int) {
	for _, d := range file.Decls {
		d, ok := d.(*ast.FuncDecl)
		if !ok || d.Body == nil {
			continue
		}
		f := &function{fset: fset, info: info, cur: -1}
		f.open(plain, d.Pos(), d.End())
		f.params(d.Pos(), d.Body.Lbrace+1, d.Recv, d.Type.Params, d.Type.Results)
		f.stmts(d.Body.List)
		out = append(out, fmt.Sprintf("func %d %d %d", f.line(d.Pos()), f.line(d.End()-1), number(f.hasGoto)))
		for _, b := range f.blocks {
			out = append(out, fmt.Sprintf("block %d %d %d %d %d %d", b.parent, b.kind, b.first, b.last,
				number(b.leaves), number(b.falls)))
		}
		sort.SliceStable(f.uses, func(i, k int) bool {
			a, b := f.uses[i], f.uses[k]
			return a.pos < b.pos || (a.pos == b.pos && a.kind == addresses && b.kind != addresses)
		})
		for _, u := range f.uses {
			out = append(out, fmt.Sprintf("use %s %d %d %d %d %d %d", u.name, u.kind, u.first, u.last,
				f.line(u.pos), u.block, number(u.step)))
		}
		unknown += f.unknown
	}
	return
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not imported") }

type totals struct {
	files, refused, directives, funcs, blocks, uses, unknown int
	missing, extra, other, errors                            int
}

func (t *totals) compare(path string, got []string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.refused++
		return
	}
	if len(got) > 0 && strings.HasPrefix(got[0], "error ") {
		if strings.HasSuffix(got[0], "a line directive") {
			t.directives++
			return
		}
		t.errors++
		fmt.Printf("%s: %s\n", path, got[0])
		return
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: noImports{}, FakeImportC: true, Error: func(error) {}}
	conf.Check(path, fset, []*ast.File{file}, info)
	want, unknown := facts(fset, info, file)
	t.files++
	t.unknown += unknown
	for _, l := range want {
		switch l[0] {
		case 'f':
			t.funcs++
		case 'b':
			t.blocks++
		case 'u':
			t.uses++
		}
	}
	have := map[string]int{}
	for _, l := range got {
		have[l]++
	}
	shown := 0
	show := func(what, l string) {
		if shown++; shown <= 5 {
			fmt.Printf("%s: %s: %s\n", path, what, l)
		}
	}
	for _, l := range want {
		if have[l]--; have[l] < 0 {
			t.missing++
			show("go has, sonde has not", l)
		}
	}
	for _, l := range got {
		if have[l] > 0 {
			have[l]--
			t.extra++
			show("sonde has, go has not", l)
		}
	}
	if shown == 0 {
		for i := range want {
			if want[i] != got[i] {
				t.other++
				show("not in order", got[i])
				break
			}
		}
	}
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: gosource DUMP ROOT...")
		os.Exit(2)
	}
	var paths []string
	for _, root := range os.Args[2:] {
		filepath.Walk(root, func(path string, fi os.FileInfo, err error) error {
			if err == nil && fi.Name() == "testdata" { // much of it is no Go
				return filepath.SkipDir
			}
			if err == nil && fi.Mode().IsRegular() && strings.HasSuffix(path, ".go") {
				paths = append(paths, path)
			}
			return nil
		})
	}
	cmd := exec.Command(os.Args[1])
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\n") + "\n")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var t totals
	var path string
	var got []string
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	n := 0
	next := func() {
		if path != "" {
			t.compare(path, got)
			n++
		}
	}
	for lines.Scan() {
		if p := strings.TrimPrefix(lines.Text(), "file "); p != lines.Text() {
			next()
			path, got = p, nil
			continue
		}
		got = append(got, lines.Text())
	}
	next()
	err = cmd.Wait()
	fmt.Printf("%d files, %d functions, %d blocks, %d declarations and assignments: %d missing, %d extra, %d in another order; "+
		"%d files refused by sonde alone; not compared: %d that go/parser refuses, %d with line directives; "+
		"%d := of which go/types says nothing\n", t.files, t.funcs, t.blocks, t.uses, t.missing, t.extra, t.other,
		t.errors, t.refused, t.directives, t.unknown)
	if err != nil || n != len(paths) || t.files == 0 || t.missing+t.extra+t.other+t.errors != 0 {
		os.Exit(1)
	}
}

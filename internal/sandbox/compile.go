package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Compile turns source into code, with errors of one line: file:line: what.
func Compile(name, source string) (proto *lua.FunctionProto, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: cannot be compiled: %v", name, r)
		}
	}()
	source = plain(source)
	chunk, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	if err := checkDepth(name, chunk); err != nil {
		return nil, err
	}
	rewritten := rewrite(chunk)
	proto, err = lua.Compile(chunk, name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	rewritten.link(proto)
	fit(proto)
	return proto, nil
}

// fit gives back the room that the compiler keeps for code to come: 15 KB for each
// function, however small.
func fit(proto *lua.FunctionProto) {
	proto.Code = slices.Clone(proto.Code)
	proto.Constants = slices.Clone(proto.Constants)
	proto.FunctionPrototypes = slices.Clone(proto.FunctionPrototypes)
	proto.DbgSourcePositions = slices.Clone(proto.DbgSourcePositions)
	proto.DbgLocals = slices.Clone(proto.DbgLocals)
	proto.DbgCalls = slices.Clone(proto.DbgCalls)
	proto.DbgUpvalues = slices.Clone(proto.DbgUpvalues)
	for _, inner := range proto.FunctionPrototypes {
		fit(inner)
	}
}

// plain takes from a source what is none of Lua's: a byte order mark, and a first
// line for the shell, which stays for the count.
func plain(source string) string {
	source = strings.TrimPrefix(source, "\ufeff")
	if strings.HasPrefix(source, "#") {
		source = "--" + source
	}
	return source
}

// oneLine has a text fit into one line of a log or of a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " "))
}

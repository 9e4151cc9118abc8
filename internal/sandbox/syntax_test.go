package sandbox_test

import (
	"errors"
	"strings"
	"testing"

	"luahost/internal/sandbox"
)

func TestSyntaxErrorsSayWhatToDo(t *testing.T) {
	for source, want := range map[string]string{
		"if a = 1 then end":   "1: near '=': syntax error: to compare, write ==",
		"x = {a = 1\n b = 2}": "2: near 'b': syntax error: is a comma missing before it?",
		"f(a a)":              "1: near 'a': syntax error: is a comma missing before it?",
		"f(1 function() end)": "1: near 'function': syntax error: is a comma missing before it?",
		"a += 1":              "1: near '+': parse error: Lua has no +=; write x = x + …",
		"a++":                 "1: near '+': parse error: Lua has no ++; write x = x + 1",
		"// comment\nx=1":     "1: near '/': syntax error: comments begin with --",
		"if a then\n x()\nelse if b then\n y()\nend\n":                           "5: syntax error at the end of the file: the if of line 1 has no end; else if in line 3 wants one of its own, elseif does not",
		"on('x', function()\n  if y then\n    z()\nend)\n":                       "4: near ')': syntax error: the if of line 2 has no end",
		"on('x', function()\n  y()\n)":                                           "3: near ')': syntax error: the function of line 1 has no end",
		"on('x', function()\n  y()\nend":                                         "3: syntax error at the end of the file: the ( of line 1 has no )",
		"function f()\n  while x do\n    y()\nend\n\nfunction g()\n  y()\nend\n": "8: syntax error at the end of the file: the while of line 2 has no end",
		"repeat x()\n":                       "1: syntax error at the end of the file: the repeat of line 1 has no until",
		"return {":                           "1: syntax error at the end of the file: the { of line 1 has no }",
		"for i = 1, 3\n print(i)\nend":       "2: near 'print': syntax error: do is missing after the for of line 1",
		"if x\n y()\nend":                    "2: near 'y': syntax error: then is missing after the if of line 1",
		"if x then y()\nelseif z\n y()\nend": "3: near 'y': syntax error: then is missing after the elseif of line 2",
		"while true\nend":                    "2: near 'end': syntax error: do is missing after the while of line 1",
		"if a != 1 then end":                 "1: near '!': Invalid token: Lua writes not for !, and ~= for !=",
		"x = a && b":                         "1: near '&': Invalid token: Lua writes and",
		"x = “hello”":                        `1: near '?': Invalid token: texts stand in plain quotes, "…"`,
		"x = a ? 1 : 2":                      "1: near '?': Invalid token: Lua writes c and a or b for c ? a : b",
		"let x = 1":                          "1: near 'x': parse error: write local for let",
		"function f() { return 1 }":          "1: near '{': syntax error: a function needs no braces; it goes up to its end",
		"f()\nend\n":                         "2: near 'end': syntax error: nothing is open that it could end",
		"y = = 2":                            "1: near '=': syntax error",
		"x = 'abc":                           "1: unterminated string at the end of the file",
		"x = 1\ny = x end":                   "2: near 'end': syntax error: nothing is open that it could end",
		"break":                              "1: no loop to break",
		"f {\n},\ng()":                       "2: near ',': syntax error: no comma stands between statements",
		"x = 7 // 2":                         "1: near '/': syntax error: write math.floor(a / b) for a // b; comments begin with --",
		"x = 1\n# more":                      "2: near '#': syntax error: comments begin with --",
		"x = {a: 1}":                         `1: near '1': syntax error: fields are written name = value, or ["name"] = value`,
		"x = {'a': 1}":                       `1: near ':': syntax error: fields are written name = value, or ["name"] = value`,
		"x = ['a']":                          `1: near '[': syntax error: a list is written {…}`,
		"f(x, [1])":                          `1: near '[': syntax error: a list is written {…}`,
		"if x then\n y()\nelif z then\nend":  `3: near 'z': parse error: write elseif for elif`,
		"def f(x):\n":                        `1: near 'f': parse error: write function for def`,
		"for i = 1, 3 do\n if x then continue end\nend": `2: near 'end': parse error: Lua has no continue; write goto next, and ::next:: at the end of the loop`,
		"if x is nil then end":                          `1: near 'is': syntax error: to compare, write ==`,
		"if x in list then end":                         `1: near 'in': syntax error: in belongs to for; whether a table has a key, t[key] tells`,
		"x = y === z":                                   `1: near '=': syntax error: to compare, write ==`,
		"s ..= 'x'":                                     `1: near '..': parse error: Lua has no ..=; write x = x .. …`,
		"local x <const> = 5":                           `1: near '<': syntax error: this is Lua 5.1, whose locals have no attributes`,
		"x = 1 << 4":                                    `1: near '<': syntax error: Lua 5.1 has no operators on bits`,
		"x = 5 & 3":                                     `1: near '&': Invalid token: Lua 5.1 has no operators on bits, and writes not, and, or`,
		"x = ~5":                                        `1: near '~': Invalid '~' token: Lua 5.1 has no operators on bits, and writes not, and, or`,
		"x = a || b":                                    `1: near '|': Invalid token: Lua writes or`,
		"on('call', (call) => { })":                     `1: near '=': syntax error: write function(x) … end for x => …`,
		"if (x) {\n}":                                   `2: syntax error at the end of the file: then is missing after the if of line 1`,
		"for (let i = 0; i < 3; i++) {\n}":              `1: near '(': syntax error: write for i = 1, n do … end`,
		"print x":                                       `1: near 'x': parse error: write print(…)`,
		"import json":                                   `1: near 'json': parse error: write local name = require "name" for import`,
		"await sleep(1)":                                `1: near 'sleep': parse error: leave await out: what waits holds up its handler alone`,
		"x = \"it's\nbroken\"":                          `1: near 'it's': unterminated string`,
		"for i in 1, 3 { }":                             `1: near '{': syntax error: write do … end for {…}`,
		"if x then a = 1 let y = 2 end":                 `1: near 'y': parse error: write local for let`,
		"if await f() then end":                         `1: near 'f': syntax error: leave await out: what waits holds up its handler alone`,
		"sort(t, func(a, b) return a < b end)":          `1: near 'return': syntax error: write function for func`,
		"sort(t, def(a, b)\n\treturn a < b\nend)":       `2: near 'return': syntax error: write function for def`,
		// Variables of such names.
		"sort(t, func\nprint(1)":            `2: near 'print': syntax error: the ( of line 1 has no )`,
		"g(func(a)\nreturn x":               `2: near 'return': syntax error: the ( of line 1 has no )`,
		"f(func a)":                         `1: near 'a': syntax error: is a comma missing before it?`,
		"t = {\n  let\n  const\n}":          `3: near 'const': syntax error: is a comma missing before it?`,
		"local var\nend":                    `2: near 'end': syntax error: nothing is open that it could end`,
		"goto continue\n)":                  `2: near ')': syntax error: nothing is open that it could end`,
		"if n == var y() end":               `1: near 'y': syntax error: then is missing after the if of line 1`,
		"while n y() end":                   `1: near 'y': syntax error: do is missing after the while of line 1`,
		"if n == var {\n return 1\n}":       `2: near 'return': syntax error: write then … end for {…}`,
		"def == 3":                          `1: near '==': parse error`,
		"while x == var {\n f(x)\n g(x)\n}": `3: near 'g': syntax error: write do … end for {…}`,
		"if x == var{a b} then end":         `1: near 'b': syntax error: is a comma missing before it?`,
		"if a b then end":                   `1: near 'b': syntax error`,
		"f(a\n  b)":                         `2: near 'b': syntax error: is a comma missing before it?`,
		"x = {a = 1\nlocal y":               `2: near 'local': syntax error: the { of line 1 has no }`,
		strings.Repeat("+ ", 400_000):       "1: near '+': syntax error",
		strings.Repeat("(", 100_000) + "]":  "1: near ']': syntax error: the ( of line 1 has no )",
	} {
		_, err := sandbox.Compile("a.lua", source)
		var fault *sandbox.Error
		if !errors.As(err, &fault) || fault.Message != "a.lua:"+want {
			t.Errorf("%.100s\nsays  %v\nwants a.lua:%s", source, err, want)
			continue
		}
		lines := strings.Split(source, "\n")
		if n := int(want[0] - '1'); len(source) < 100 && n < len(lines) && fault.Source != strings.TrimSpace(lines[n]) {
			t.Errorf("%s\nshows the line %q", source, fault.Source)
		}
	}
}

// Whatever is no Lua at all is refused, and nothing else comes of it.
func FuzzSyntaxErrors(f *testing.F) {
	for _, source := range []string{"if = then", "end)", "f({", "x = 'a", "\xff", "for", "else", "then", "elseif", "[[", "--[["} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1000 {
			return
		}
		if _, err := sandbox.Compile("a.lua", source); err != nil && (strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "cannot be compiled: runtime")) {
			t.Errorf("%q: %v", source, err)
		}
	})
}

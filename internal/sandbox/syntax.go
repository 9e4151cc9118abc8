package sandbox

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"luahost/internal/clip"
)

// syntaxError is what the parser or the compiler found, with its line and, of the usual
// slips, what to do about it.
func syntaxError(name, source string, err error) error {
	var parsing *parse.Error
	var compiling *lua.CompileError
	line, what, hint := 0, err.Error(), ""
	switch {
	case errors.As(err, &parsing) && parsing.Pos.Line == parse.EOF:
		line = 1 + strings.Count(strings.TrimRight(source, " \t\r\n"), "\n")
		what, hint = parsing.Message+" at the end of the file", slip(source, parsing)
	case errors.As(err, &parsing):
		if line = parsing.Pos.Line; parsing.Message == "unterminated string" {
			line-- // where it ends, and not the line that follows
		}
		what, hint = fmt.Sprintf("near '%s': %s", clip.Counted(parsing.Token, maxMessage), parsing.Message), slip(source, parsing)
	case errors.As(err, &compiling): // without a line: too many locals, constants, upvalues
		line, what = compiling.Line, compiling.Message
	}
	e := &Error{Message: name + ": " + oneLine(what), Hint: hint}
	if line > 0 {
		e.Message = fmt.Sprintf("%s:%d: %s", name, line, oneLine(what))
		e.Source = sourceLine(source, line)
	}
	if hint != "" {
		e.Message += ": " + hint
	}
	return e
}

// slip says what is most likely wrong where the parser stopped, or "".
func slip(source string, at *parse.Error) string {
	scanner, lexer := parse.NewScanner(strings.NewReader(source), ""), parse.Lexer{}
	o := outline{source: source}
	line := clip.Counted(lineOf(source, at.Pos.Line), maxSourceLine) // which is looked at for every token that may be the one
	for {
		tok, err := scanner.Scan(&lexer)
		switch {
		case err != nil:
			return foreign(at.Token, line)
		case tok.Type == parse.EOF && at.Message == "syntax error":
			return o.unclosed()
		case tok.Type == parse.EOF:
			return ""
		}
		if tok.Pos.Line == at.Pos.Line && tok.Str == at.Token {
			if advice := o.advice(tok, line); advice != "" {
				return advice
			}
		}
		o.take(tok)
		lexer.PrevTokenType = tok.Type
	}
}

// outline is what is open at a place of a source.
type outline struct {
	source  string
	open    []opened
	suspect *opened // closed by an end that is indented less
	last    ast.Token
	begins  bool // whether the last token begins its statement
	indent  int  // of the line of the last token
	elseIf  int  // the line of the last else if, or 0
}

// opened is a function, an if, a bracket that waits for its end.
type opened struct {
	by           string
	line, indent int
	wants        wanted // as long as it has not come
}

// wanted is a then or a do, after what, and in which line that is.
type wanted struct {
	word, after string
	line        int
}

func (w wanted) String() string {
	return fmt.Sprintf("%s is missing after the %s of line %d", w.word, w.after, w.line)
}

// take goes on by one token.
func (o *outline) take(tok ast.Token) {
	first := tok.Pos.Line != o.last.Pos.Line
	if first {
		o.indent = tok.Pos.Column
	}
	if tok.Type == parse.TIf && o.last.Type == parse.TElse && !first {
		o.elseIf = tok.Pos.Line
	}
	top := o.top()
	o.begins = !top.brackets() && (o.last.Type == 0 || endsStatement(o.last))
	o.last = tok
	switch tok.Type {
	case parse.TFunction, parse.TRepeat, '(', '{', '[':
		o.push(tok, "")
	case parse.TIf:
		o.push(tok, "then")
	case parse.TFor, parse.TWhile:
		o.push(tok, "do")
	case parse.TElseIf:
		top.wants = wanted{"then", tok.Str, tok.Pos.Line}
	case parse.TThen:
		top.wants = wanted{}
	case parse.TDo:
		if top.wants.word == "do" {
			top.wants = wanted{}
		} else {
			o.push(tok, "")
		}
	case parse.TEnd, parse.TUntil, ')', '}', ']':
		if !top.endsWith(tok) {
			return
		}
		if first && tok.Pos.Line != top.line && o.indent < top.indent && o.suspect == nil {
			suspect := *top
			o.suspect = &suspect
		}
		o.open = o.open[:len(o.open)-1]
	}
}

func (o *outline) push(tok ast.Token, wants string) {
	o.open = append(o.open, opened{tok.Str, tok.Pos.Line, o.indent, wanted{wants, tok.Str, tok.Pos.Line}})
}

// top is what was opened last.
func (o *outline) top() *opened {
	if len(o.open) == 0 {
		return &opened{}
	}
	return &o.open[len(o.open)-1]
}

// ends are how what is not closed by end is closed.
var ends = map[string]string{"(": ")", "{": "}", "[": "]", "repeat": "until"}

func (b *opened) end() string {
	if end := ends[b.by]; end != "" {
		return end
	}
	return "end"
}

func (b *opened) brackets() bool { return b.by == "(" || b.by == "{" || b.by == "[" }

func (b *opened) endsWith(tok ast.Token) bool { return b.by != "" && b.end() == tok.Str }

// unclosed names what has no end.
func (o *outline) unclosed() string {
	b := o.top()
	if b.by == "" {
		return ""
	}
	if o.suspect != nil && b.end() == "end" {
		b = o.suspect
	}
	if b.wants.word != "" {
		return b.wants.String()
	}
	if b.by == "if" && o.elseIf >= b.line {
		return fmt.Sprintf("the if of line %d has no end; else if in line %d wants one of its own, elseif does not", b.line, o.elseIf)
	}
	return fmt.Sprintf("the %s of line %d has no %s", b.by, b.line, b.end())
}

// advice is about a token that cannot stand where it does.
func (o *outline) advice(tok ast.Token, line string) string {
	top, outer, habit := o.top(), &opened{}, o.habit(tok)
	if n := len(o.open); n > 1 {
		outer = &o.open[n-2]
	}
	follows := endsValue(o.last) && (beginsValue(tok) || beginsBlock(tok))
	switch {
	case strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "# "):
		return "comments begin with --"
	case habit != "":
		return habit
	case strings.Contains(line, "=>") && (tok.Str == "=" || tok.Str == ">"):
		return "write function(x) … end for x => …"
	case tok.Str == "=" && (top.wants.word != "" || o.last.Str == "=="):
		return "to compare, write =="
	case tok.Str == ".." && strings.Contains(line, "..="):
		return "Lua has no ..=; write x = x .. …"
	case tok.Str == "is" && endsValue(o.last):
		return "to compare, write =="
	case tok.Type == parse.TIn && top.by != "for":
		return "in belongs to for; whether a table has a key, t[key] tells"
	case tok.Str == "/" && o.last.Str == "/":
		return "write math.floor(a / b) for a // b; comments begin with --"
	case tok.Str == "<" && (strings.Contains(line, "<const>") || strings.Contains(line, "<close>")):
		return "this is Lua 5.1, whose locals have no attributes"
	case (tok.Str == "<" || tok.Str == ">") && o.last.Str == tok.Str:
		return noBits
	case tok.Str == "[" && !endsValue(o.last):
		return "a list is written {…}"
	case top.by == "{" && (tok.Str == ":" || o.last.Str == ":"):
		return `fields are written name = value, or ["name"] = value`
	case tok.Str == "," && top.by == "" && (o.last.Str == "}" || o.last.Str == ")" || o.last.Str == "end"):
		return "no comma stands between statements"
	case tok.Str == "(" && o.last.Type == parse.TFor:
		return "write for i = 1, n do … end"
	case tok.Str == "{" && top.wants.word != "":
		return fmt.Sprintf("write %s … end for {…}", top.wants.word)
	case strings.Contains("+-*/%", tok.Str) && strings.Contains(line, tok.Str+"="):
		return fmt.Sprintf("Lua has no %s=; write x = x %s …", tok.Str, tok.Str)
	case strings.Contains("+-", tok.Str) && strings.Contains(line, tok.Str+tok.Str):
		return fmt.Sprintf("Lua has no %s%s; write x = x %s 1", tok.Str, tok.Str, tok.Str)
	case top.by == "function" && tok.Str == "{" && o.last.Str == ")":
		return "a function needs no braces; it goes up to its end"
	case top.wants.word != "" && tok.Pos.Line > top.wants.line:
		return top.wants.String()
	case top.wants.word != "" && top.by != "for" && follows && !strings.Contains(line, top.wants.word):
		return top.wants.String()
	case top.by == "{" && outer.wants.word != "" && (follows || beginsBlock(tok)) && !strings.Contains(line, outer.wants.word):
		return fmt.Sprintf("write %s … end for {…}", outer.wants.word)
	case top.brackets() && follows && tok.Pos.Line > o.last.Pos.Line && (beginsBlock(tok) || top.by == "(" && tok.Pos.Column <= top.indent):
		return o.unclosed()
	case isEnd(tok) && top.by == "":
		return "nothing is open that it could end"
	case isEnd(tok) && !top.endsWith(tok):
		return o.unclosed()
	case (top.by == "{" || top.by == "(") && endsValue(o.last) && beginsValue(tok):
		return "is a comma missing before it?"
	}
	return ""
}

// habit is what Lua has for a word of another language that tok follows, where the
// word is none of the script's own variables.
func (o *outline) habit(tok ast.Token) string {
	word, inLine := o.last.Str, tok.Pos.Line == o.last.Pos.Line
	switch {
	case word == ")" && o.top().brackets() && beginsBlock(tok) && (inLine || tok.Pos.Column > o.indent):
		if m := lambda.FindStringSubmatch(lineOf(o.source, o.last.Pos.Line)); m != nil {
			return habits[m[1]]
		}
	case o.last.Type != parse.TIdent:
	case word == "await" && inLine && tok.Type == parse.TIdent: // also within an expression
		return habits[word]
	case o.begins && (word == "print" || word == "continue" || inLine && beginsOperand(tok)):
		return habits[word]
	}
	return ""
}

// lambda is a function without a name, as an argument, up to its body.
var lambda = regexp.MustCompile(`\b(func|def) *\([\w, ]*\) *((return|local|if|for|while|repeat)\b|--|$)`)

// habits are words of other languages, after which the parser stops, and what Lua has.
var habits = map[string]string{
	"let":      "write local for let",
	"var":      "write local for var",
	"const":    "write local for const",
	"def":      "write function for def",
	"func":     "write function for func",
	"elif":     "write elseif for elif",
	"import":   `write local name = require "name" for import`,
	"print":    "write print(…)",
	"await":    "leave await out: what waits holds up its handler alone",
	"continue": "Lua has no continue; write goto next, and ::next:: at the end of the loop",
}

const noBits = "Lua 5.1 has no operators on bits"

func isEnd(tok ast.Token) bool {
	switch tok.Type {
	case parse.TEnd, parse.TUntil, ')', '}', ']':
		return true
	}
	return false
}

func endsValue(tok ast.Token) bool {
	switch tok.Type {
	case parse.TIdent, parse.TString, parse.TNumber, parse.TNil, parse.TTrue, parse.TFalse, parse.TEnd, ')', '}', ']':
		return true
	}
	return false
}

func beginsValue(tok ast.Token) bool {
	switch tok.Type {
	case parse.TIdent, parse.TString, parse.TNumber, parse.TNil, parse.TTrue, parse.TFalse, parse.TFunction, '{', '[':
		return true
	}
	return false
}

func beginsOperand(tok ast.Token) bool {
	return beginsValue(tok) || tok.Type == parse.TNot || tok.Type == '#' || tok.Type == '-'
}

// beginsBlock says whether a token can begin a statement and nothing else.
func beginsBlock(tok ast.Token) bool {
	switch tok.Type {
	case parse.TLocal, parse.TReturn, parse.TIf, parse.TFor, parse.TWhile, parse.TRepeat:
		return true
	}
	return false
}

// endsStatement says whether what follows a token, and is no operator, begins a
// statement.
func endsStatement(tok ast.Token) bool {
	switch tok.Type {
	case parse.TThen, parse.TDo, parse.TElse, parse.TRepeat, parse.T3Comma, parse.T2Colon, ';':
		return true
	}
	return endsValue(tok)
}

// foreign is about what no Lua has: habits of other languages, and of word processors.
func foreign(token, line string) string {
	switch {
	case token == "!":
		return "Lua writes not for !, and ~= for !="
	case strings.Contains(line, "&&"):
		return "Lua writes and"
	case strings.Contains(line, "||"):
		return "Lua writes or"
	case token == "&" || token == "|" || token == "~":
		return noBits + ", and writes not, and, or"
	case strings.ContainsAny(line, "“”„‘’"):
		return `texts stand in plain quotes, "…"`
	case strings.Contains(line, "?"):
		return "Lua writes c and a or b for c ? a : b"
	}
	return ""
}

package script

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// ErrLoading is what blocking gives while the top level of a script runs.
var ErrLoading = errors.New("this waits, which a script may do in its handlers and not while it loads")

// ErrInstructions ends a handler, or a load, that computes without end.
var ErrInstructions = errors.New("too many instructions")

const (
	explainBudget = 10_000 // instructions of the __tostring of an uncaught error
	maxMessage    = 4096   // bytes of an error's text
	maxTraceback  = 16384  // bytes of its calls, which name functions as long as the script made them
)

// Error is what a script raised and did not catch.
type Error struct {
	Message   string // one line, with file and line where they are known
	Traceback string // of Lua's calls; of Go's too when a binding panicked
	cause     error  // ErrInstructions or the context's error when the host ended it
}

func (e *Error) Error() string { return e.Message }

// Unwrap tells an end by the host from the script's own fault.
func (e *Error) Unwrap() error { return e.cause }

// fault makes an Error of what PCall returned on L, under the VM's lock. The
// script's own __tostring may run for it, on a small budget.
func (t *task) fault(L *lua.LState, err error) *Error {
	fault := &Error{cause: t.budget.over}
	var api *lua.ApiError
	if !errors.As(err, &api) {
		fault.Message = clip(err.Error(), maxMessage)
		return fault
	}
	fault.Traceback = api.StackTrace
	switch {
	case api.Type == lua.ApiErrorPanic && api.Object == lua.LString("lua callstack overflow"):
		fault.Message = fmt.Sprintf("stack overflow: more than %d nested calls", t.rt.host.opts.Limits.Depth)
		_, fault.Traceback, _ = strings.Cut(api.StackTrace, "\nstack traceback:")
		fault.Traceback = "stack traceback:" + fault.Traceback
	case api.Type == lua.ApiErrorPanic:
		fault.Message = "internal error: " + api.Object.String()
	default:
		t.budget.grant(explainBudget)
		fault.Message = t.text(L, api.Object)
	}
	if !positioned.MatchString(fault.Message) { // an error table, or error(text, 0)
		if at := traced.FindStringSubmatch(fault.Traceback); at != nil {
			fault.Message = at[1] + " " + fault.Message
		}
	}
	fault.Message, fault.Traceback = clip(fault.Message, maxMessage), clip(fault.Traceback, maxTraceback)
	return fault
}

var (
	positioned = regexp.MustCompile(`^[^\s:]+:\d+: `)
	traced     = regexp.MustCompile(`(?m)^\t([^\s:\[]+:\d+:) `) // the innermost call that is Lua's
)

// text is what an error value says.
func (t *task) text(L *lua.LState, v lua.LValue) string {
	if s, ok := v.(lua.LString); ok {
		return string(s)
	}
	if L.GetMetaField(v, "__tostring") == lua.LNil {
		return fmt.Sprintf("(the error is a %s without __tostring)", v.Type())
	}
	if err := L.CallByParam(lua.P{Fn: t.rt.tostring, NRet: 1, Protect: true}, v); err != nil {
		return fmt.Sprintf("(the error is a %s whose __tostring failed)", v.Type())
	}
	text := L.Get(-1).String()
	L.Pop(1)
	return text
}

// compile turns source into code, with errors of one line: file:line: what.
func compile(name, source string) (proto *lua.FunctionProto, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: cannot be compiled: %v", name, r)
		}
	}()
	// A first line for the shell is none of Lua's; the line stays for the count.
	source = strings.TrimPrefix(source, "\ufeff")
	if strings.HasPrefix(source, "#") {
		source = "--" + source
	}
	chunk, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	if err := checkDepth(name, chunk); err != nil {
		return nil, err
	}
	proto, err = lua.Compile(chunk, name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	return proto, nil
}

func syntaxError(name, source string, err error) error {
	var parsing *parse.Error
	var compiling *lua.CompileError
	switch {
	case errors.As(err, &parsing) && parsing.Pos.Line == parse.EOF:
		last := 1 + strings.Count(strings.TrimRight(source, " \t\r\n"), "\n")
		return fmt.Errorf("%s:%d: %s at the end of the file", name, last, oneLine(parsing.Message))
	case errors.As(err, &parsing):
		return fmt.Errorf("%s:%d: near '%s': %s", name, parsing.Pos.Line, clip(oneLine(parsing.Token), maxMessage), oneLine(parsing.Message))
	case errors.As(err, &compiling) && compiling.Line == 0: // too many locals, constants, upvalues
		return fmt.Errorf("%s: %s", name, oneLine(compiling.Message))
	case errors.As(err, &compiling):
		return fmt.Errorf("%s:%d: %s", name, compiling.Line, oneLine(compiling.Message))
	default:
		return fmt.Errorf("%s: %s", name, oneLine(err.Error()))
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit] + fmt.Sprintf("… (%d bytes more)", len(s)-limit)
}

package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
)

const (
	explainBudget = 10_000 // instructions of the __tostring of an uncaught error
	explainTime   = time.Second
	maxMessage    = 4096  // bytes of an error's text
	maxTraceback  = 16384 // bytes of its calls, which name functions as long as the script made them
)

// Error is what a script raised and did not catch.
type Error struct {
	Message   string // one line, with file and line where they are known
	Traceback string // of Lua's calls; of Go's too when a binding panicked
	Source    string // the line of the script, where it is known
	Hint      string // what may have been meant, which the message says too
	cause     error  // ErrInstructions or the context's error when the host ended it
}

func (e *Error) Error() string { return e.Message }

// Unwrap tells an end by the host from the script's own fault.
func (e *Error) Unwrap() error { return e.cause }

// Panicked is the error of Go code that failed while it worked for a script.
func Panicked(step string, reason any) *Error {
	return &Error{Message: clip.Counted(fmt.Sprintf("%s: %v", step, reason), maxMessage), Traceback: string(debug.Stack())}
}

// fault makes an Error of what PCall of fn returned on L. The script's own __tostring
// may run for it, on a small budget.
func (vm *VM) fault(L *lua.LState, fn lua.LValue, err error) *Error {
	budget := BudgetOf(L)
	fault := &Error{cause: budget.over}
	var api *lua.ApiError
	if !errors.As(err, &api) {
		fault.Message = clip.Counted(err.Error(), maxMessage)
		return fault
	}
	fault.Traceback = api.StackTrace
	switch {
	case api.Type == lua.ApiErrorPanic && api.Object == overflow:
		deep := vm.limits.tooDeep()
		fault.Message, fault.cause = deep.Error(), cmp.Or(fault.cause, deep)
		_, fault.Traceback, _ = strings.Cut(api.StackTrace, "\nstack traceback:")
		fault.Traceback = "stack traceback:" + fault.Traceback
	case api.Type == lua.ApiErrorPanic:
		fault.Message = "internal error: " + api.Object.String()
	default:
		budget.tell()
		fault.Message = vm.text(L, api.Object)
	}
	if !vm.positioned(fault) { // an error table, or error(text, 0)
		if at := traced.FindStringSubmatch(fault.Traceback); at != nil {
			fault.Message = at[1] + " " + fault.Message
		}
	}
	e := vm.explain(oneLine(clip.Counted(fault.Message, maxMessage)))
	fault.Message, fault.Source, fault.Hint = e.message, e.source, e.hint
	fault.Traceback = clip.Counted(tidy(fault.Traceback, fn), maxTraceback)
	return fault
}

// positioned says whether a message begins with a place in a file of the script's, and
// not in another's that it was made to look like.
func (vm *VM) positioned(e *Error) bool {
	at := located.FindStringSubmatch(e.Message)
	return at != nil && (vm.sources[at[1]] != "" || strings.Contains(e.Traceback, "\t"+at[1]+":"))
}

var traced = regexp.MustCompile(`(?m)^\t([^\s:\[]+:[1-9]\d*:) `) // the innermost call that is the script's

// wrapped are the lines of a traceback that are luahost's although they are Lua: see
// withoutLines.
var wrapped = regexp.MustCompile(`\n\t[^\s:\[]+:0: in [^\n]*`)

// tidy words gopher-lua's traceback for who wrote the script: what is not Lua is
// luahost's, and what was called first is the function fn.
func tidy(traceback string, fn lua.LValue) string {
	traceback = strings.TrimSuffix(traceback, "\n\t[G]: ?")
	traceback = wrapped.ReplaceAllString(traceback, "")
	traceback = nameless.ReplaceAllString(traceback, "")
	traceback = strings.ReplaceAll(traceback, "\n\t[G]: in ", "\n\tluahost: in ")
	traceback = strings.ReplaceAll(traceback, ": in corountine", ": in a coroutine")
	if fn, ok := fn.(*lua.LFunction); ok && !fn.IsG && fn.Proto.LineDefined > 0 {
		first, ok := strings.CutSuffix(traceback, " in main chunk")
		if ok {
			traceback = fmt.Sprintf("%s in function <%s:%d>", first, fn.Proto.SourceName, fn.Proto.LineDefined)
		}
	}
	return traceback
}

// nameless are lines that tell a script's author nothing: luahost's own functions that a
// script does not call by a name, such as that of the operator .., and Lua around others.
var nameless = regexp.MustCompile(`\n\t(\[G\]: in (function ('\?'|\(anonymous\))|main chunk)|coroutine(\.yield)?:0: in [^\n]*)`)

// text is what an error value says.
func (vm *VM) text(L *lua.LState, v lua.LValue) string {
	if s, ok := v.(lua.LString); ok {
		return string(s)
	}
	if L.GetMetaField(v, "__tostring") == lua.LNil {
		return untold(v)
	}
	if err := L.CallByParam(lua.P{Fn: vm.tostring, NRet: 1, Protect: true}, v); err != nil {
		return fmt.Sprintf("(the error is a %s whose __tostring failed)", v.Type())
	}
	text := L.Get(-1)
	L.Pop(1)
	if !lua.LVCanConvToString(text) {
		return fmt.Sprintf("(the error is a %s whose __tostring gave a %s)", v.Type(), text.Type())
	}
	return text.String()
}

// maxShown is how many fields of an error table are shown.
const maxShown = 8

// untold is what an error says that cannot say anything itself.
func untold(v lua.LValue) string {
	table, ok := v.(*lua.LTable)
	switch {
	case v == lua.LNil:
		return "error without a message: error() was given nil"
	case v.Type() == lua.LTNumber:
		return v.String()
	case !ok:
		return fmt.Sprintf("error without a message: %s", shown(v))
	}
	var fields []string
	k, field := table.Next(lua.LNil)
	for ; k != lua.LNil && len(fields) < maxShown; k, field = table.Next(k) {
		fields = append(fields, fmt.Sprintf("%s=%s", clip.Counted(k.String(), maxShownText), shown(field)))
	}
	if k != lua.LNil {
		fields = append(fields, "…")
	}
	return fmt.Sprintf("error table {%s} without __tostring", strings.Join(fields, ", "))
}

const maxShownText = 100 // bytes of a field

func shown(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return strconv.Quote(clip.Counted(string(v), maxShownText))
	case lua.LNumber, lua.LBool:
		return v.String()
	}
	return "a " + v.Type().String()
}

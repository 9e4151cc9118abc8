package tl

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/gotd/td/rpc"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

// ErrorTable gives what a script gets as the second result when Telegram, the
// network or the host said no:
//
//	{_="rpcError", code=420, type="FLOOD_WAIT", message="FLOOD_WAIT_3", argument=3, method="phone.requestCall", retry_after=3}
//
// Errors that are not Telegram's have code 0 and the type CANCELLED, TIMEOUT,
// NOT_CONNECTED or INTERNAL. A host that makes its own gives a *tgerr.Error.
func (m *Module) ErrorTable(L *lua.LState, method string, err error) *lua.LTable {
	e, ok := tgerr.As(err)
	if !ok {
		e = &tgerr.Error{Type: localType(err), Message: err.Error()}
	}
	tb := L.CreateTable(0, 7)
	tb.Metatable = vmOf(L).errorMetatable(L)
	tb.RawSetString("_", lua.LString("rpcError"))
	tb.RawSetString("code", lua.LNumber(e.Code))
	tb.RawSetString("type", lua.LString(e.Type))
	tb.RawSetString("message", lua.LString(e.Message))
	tb.RawSetString("method", lua.LString(method))
	if hasArgument(e) {
		tb.RawSetString("argument", lua.LNumber(e.Argument))
		if isWait(e.Type) {
			tb.RawSetString("retry_after", lua.LNumber(e.Argument))
		}
	}
	return tb
}

// hasArgument says whether the message has a number in it, like FLOOD_WAIT_3. That
// of an error of the host is a sentence, of which the type is no part.
func hasArgument(e *tgerr.Error) bool {
	return e.Message != e.Type && tgerr.New(e.Code, e.Message).Type == e.Type
}

// isWait says whether the number of an error is the seconds to wait.
func isWait(typ string) bool {
	for _, end := range []string{"_WAIT", "_DELAY", "_TOO_FRESH"} {
		if strings.HasSuffix(typ, end) {
			return true
		}
	}
	return false
}

// localType names an error that did not come from Telegram.
func localType(err error) string {
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "CANCELLED"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "TIMEOUT"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, rpc.ErrEngineClosed), errors.Is(err, errNoInvoker):
		return "NOT_CONNECTED"
	case errors.As(err, &network):
		if network.Timeout() {
			return "TIMEOUT"
		}
		return "NOT_CONNECTED"
	}
	return "INTERNAL"
}

func (s *vm) errorMetatable(L *lua.LState) *lua.LTable {
	if s.errors == nil {
		s.errors = newMetatable(L)
		s.errors.RawSetString("__tostring", L.NewFunction(errorToString))
	}
	return s.errors
}

// errorToString is the __tostring of error tables:
// "phone.discardCall: CALL_ALREADY_ACCEPTED (400)". Where the message says more
// than the type, as it does for errors of the host, it follows.
func errorToString(L *lua.LState) int {
	tb := L.CheckTable(1)
	text := func(key string) string { return short(lua.LVAsString(tb.RawGetString(key))) }
	code, _ := tb.RawGetString("code").(lua.LNumber)
	message := lua.LVAsString(tb.RawGetString("message"))
	var b strings.Builder
	b.WriteString(text("method") + ": " + text("type"))
	if code != 0 {
		b.WriteString(" (" + strconv.Itoa(int(code)) + ")")
	}
	if wait, ok := tb.RawGetString("retry_after").(lua.LNumber); ok {
		b.WriteString(", retry after " + wait.String() + " s")
	} else if message != "" && message != text("type") {
		b.WriteString(": " + message)
	}
	L.Push(lua.LString(b.String()))
	return 1
}

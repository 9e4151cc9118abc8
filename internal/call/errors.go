package call

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/gotd/td/tgerr"
)

// The types of the errors that this package makes. They are *tgerr.Error, the
// form in which scripts get Telegram's own, with code 0.
const (
	CallAlreadyDecided = "CALL_ALREADY_DECIDED" // somebody was first; the message says who
	CallEnded          = "CALL_ENDED"
	CallNotActive      = "CALL_NOT_ACTIVE"   // to hang up or rate what was never answered
	CallNotEnded       = "CALL_NOT_ENDED"    // to rate what goes on
	CallNotIncoming    = "CALL_NOT_INCOMING" // to decline, accept or ignore one's own call
	CallReasonInvalid  = "CALL_REASON_INVALID"
	CallNotKept        = "CALL_NOT_KEPT"    // the disk did not take the call's row, so it is not accepted
	CallKeyInvalid     = "CALL_KEY_INVALID" // the key exchange is not as it must be
)

func refuse(kind, format string, args ...any) error {
	return &tgerr.Error{Type: kind, Message: fmt.Sprintf(format, args...)}
}

// By is who decides: a rule, or a line of a script.
type By struct {
	Rule       string // "" outside of a rule
	Script     string // such as night.lua
	Generation string
	File       string // the script's module in which Line is; "": the script itself
	Line       int
}

// String is for errors and traces: rule "night" (night.lua:4), or night.lua:12.
func (b By) String() string {
	at := cmp.Or(b.File, b.Script, "luahost")
	if b.Line > 0 {
		at = fmt.Sprintf("%s:%d", at, b.Line)
	}
	if b.Rule != "" {
		return fmt.Sprintf("rule %q (%s)", b.Rule, at)
	}
	return at
}

// errDecided tells of the one who was first.
func errDecided(first *claim, done bool) error {
	how := first.kind.doing()
	if done {
		how = first.kind.done()
	}
	return refuse(CallAlreadyDecided, "%s %s the call", first.by, how)
}

func errOver(o Outcome) error {
	if o == "" {
		return refuse(CallEnded, "the call has ended")
	}
	return refuse(CallEnded, "the call has ended: %s", strings.ReplaceAll(string(o), "_", " "))
}

func (c *Call) errEnded() error { return errOver(c.Outcome()) }

// lost reports whether err leaves open what Telegram has done: all but its
// refusals. The 500s of phone.* that say CALL_… are refusals too.
// https://core.telegram.org/api/errors
func lost(err error) bool {
	e, ok := tgerr.As(err)
	refused := ok && (e.Code >= 300 && e.Code < 500 || e.Code != 0 && strings.HasPrefix(e.Type, "CALL_"))
	return err != nil && !refused
}

// brief is an error in the words of Telegram's documentation.
func brief(err error) string {
	e, ok := tgerr.As(err)
	switch {
	case !ok:
		return err.Error()
	case e.Code == 0:
		return fmt.Sprintf("%s: %s", e.Type, e.Message)
	}
	return e.Message
}

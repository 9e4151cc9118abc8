package host_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/store"
)

// A slip of the fingers is told when the script loads; what a handler failed with is
// told in the log with its line, the call and how it came there, and in the trace once.
func TestMistakesAreExplained(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"slips.lua": `
on("call", function(call)
  local vip
  log.info("rings", {vip = vip[call.from.id]})
end)
on("message", function() mesages.sendMessage{peer = "self", message = "x"} end)`})
	c, err := w.caller(t).Ring(t.Context(), r.ids[0], false)
	if err != nil {
		t.Fatal(err)
	}
	r.await(t, func() bool {
		return r.traced(c.ID(), "handler", func(e store.Entry) bool { return e.Failed })
	})
	if err := c.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0); err != nil {
		t.Fatal(err)
	}
	r.calls.await(t, c.ID(), ended)
	for _, want := range [][]string{
		{"level=WARN", `msg="no global \"mesages\": did you mean \"messages\"?" script=slips.lua`, "line=6"},
		{
			`msg="handler failed"`, `error="slips.lua:4: attempt to index nil \"vip\"`, `source="log.info(\"rings\", {vip = vip[call.from.id]})"`,
			`in function <slips.lua:2>"`, fmt.Sprintf("call=%d", c.ID()),
		},
	} {
		if !r.said(want...) {
			t.Errorf("the log does not say %s:\n%s", strings.Join(want, " "), r.log)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.traced(c.ID(), "log", func(store.Entry) bool { return true }) {
		t.Errorf("the trace tells it twice: %+v", r.entries[c.ID()])
	}
}

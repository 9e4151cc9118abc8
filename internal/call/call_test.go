package call_test

import (
	"testing"

	"luahost/internal/call"
)

func TestDecline(t *testing.T) {
	w := newWorld(t, nil)
	_, c := w.ring()
	w.must(c.Decline(t.Context(), call.By{Script: "night.lua", Line: 4}, ""))
	<-c.Over()
	if c.Outcome() != call.Declined || c.State() != call.Ended {
		t.Errorf("%s, %s", c.State(), c.Outcome())
	}
	w.await("done", 1)
	t.Log(w.saw())
}

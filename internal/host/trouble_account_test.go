package host_test

import (
	"strings"
	"testing"

	"luahost/internal/simulator"
)

// An account that Telegram logs out in the middle is told of once, and the others
// and the scripts go on.
func TestAccountIsLoggedOut(t *testing.T) {
	w := newTroubled(t)
	r := w.start(t, []int{0, 1}, map[string]string{"decline.lua": declineAll})
	t.Cleanup(w.telegram.Inject(simulator.Fault{
		Method: "users.getUsers", User: w.ids[1], Err: simulator.Refuse(401, "SESSION_REVOKED"), Times: -1,
	}))
	w.server.Disconnect()
	r.await(t, func() bool { return strings.Contains(r.log.String(), `"account stopped"`) })
	r.await(t, func() bool { return strings.Contains(r.log.String(), `"connected again" account=Ada`) })
	end, err := theWorld(t).caller(t).Ring(t.Context(), w.ids[0], false)
	if err != nil {
		t.Fatal(err)
	}
	call := w.calls.await(t, end.ID(), func(c simulator.Call) bool { return c.State == simulator.Ended })
	if call.Reason != simulator.Busy || call.EndedBy != w.ids[0] {
		t.Errorf("the call of the other account is %+v", call)
	}
	for text, n := range map[string]int{
		"script loaded": 1, "account stopped": 1, "level=ERROR": 1, "level=WARN": 2, // both lost the connection
	} {
		if got := strings.Count(r.log.String(), text); got != n {
			t.Errorf("%q is %d times in the log, not %d:\n%s", text, got, n, r.log)
		}
	}
}

package host_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/host"
	"luahost/internal/simulator"
)

func ended(c simulator.Call) bool { return c.State == simulator.Ended }

// busy declines every call, with the line that Telegram documents.
const busy = `
on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end
  assert(phone.discardCall({peer=call, duration=0, reason="busy", connection_id="0"}))
end)
`

func TestDeclinesCall(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"busy.lua": busy})

	call, err := w.caller(t).Ring(t.Context(), w.ids[0], false)
	if err != nil {
		t.Fatal(err)
	}
	got := w.calls.await(t, call.ID(), ended)
	if got.EndedBy != w.ids[0] || got.Reason != simulator.Busy {
		t.Errorf("ended by %d with %s, want by %d with busy", got.EndedBy, got.Reason, w.ids[0])
	}
	r.await(t, func() bool { return len(r.requests) >= 1 })
	if _, ok := r.requests[0].Result.(tg.UpdatesClass); !ok {
		t.Errorf("phone.discardCall gave the script a %T, want Updates", r.requests[0].Result)
	}
}

// TestTwoAccounts has both accounts rung at the same time: each call is
// declined by the account that it came to.
func TestTwoAccounts(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0, 1}, map[string]string{"busy.lua": busy})
	var ringing sync.WaitGroup
	for range 10 {
		for _, id := range w.ids[:2] {
			caller := w.caller(t)
			ringing.Go(func() {
				call, err := caller.Ring(t.Context(), id, false)
				if err != nil {
					t.Error(err)
					return
				}
				if got := w.calls.await(t, call.ID(), ended); got.EndedBy != id {
					t.Errorf("a call to %d was ended by %d", id, got.EndedBy)
				}
			})
		}
	}
	ringing.Wait()
	r.await(t, func() bool { return len(r.requests) >= 20 })
	for _, q := range r.requests {
		if q.Err != nil {
			t.Errorf("%s: %v", q.Account, q.Err)
		}
	}
}

// TestLosingRaces loses against a decision that was made before, and has Telegram
// refuse: nil, err comes back with code, type and message, and assert raises that
// table as it is.
func TestLosingRaces(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"race.lua": `
on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end
  local accepted = assert(phone.acceptCall{peer=call, g_b=string.rep("\2", 256),
    protocol={udp_p2p=true, udp_reflector=true, min_layer=65, max_layer=92, library_versions={"8.0.0"}}})

  local result, err = phone.acceptCall{peer=call, g_b=string.rep("\2", 256),
    protocol={udp_p2p=true, udp_reflector=true, min_layer=65, max_layer=92, library_versions={"8.0.0"}}}
  assert(result == nil and err._ == "rpcError", "no error")
  assert(err.code == 0 and err.type == "CALL_ALREADY_DECIDED", tostring(err))
  assert(err.message ~= nil and err.method == "phone.acceptCall", tostring(err))
  assert(tostring(err):find("race.lua:5", 1, true), "it does not say who decided: " .. tostring(err))

  local ok, raised = pcall(function()
    assert(phone.discardCall{peer={id=call.id, access_hash="1"}, duration=0, reason="busy", connection_id="0"})
  end)
  assert(not ok and raised.type == "CALL_PEER_INVALID" and raised.code == 400, tostring(raised))

  assert(phone.discardCall{peer=call, duration=0, reason="hangup", connection_id="0"})
end)
`})
	call, err := w.caller(t).Ring(t.Context(), w.ids[0], false)
	if err != nil {
		t.Fatal(err)
	}
	w.calls.await(t, call.ID(), ended)
	r.await(t, func() bool { return len(r.handlers) >= 1 })
	for _, err := range r.failures() {
		t.Error(err)
	}
}

// TestBotIsRefused: phone.* as a bot never reaches the server.
func TestBotIsRefused(t *testing.T) {
	w := theWorld(t)
	remove := w.telegram.Inject(simulator.Fault{Method: "phone.discardCall", User: w.ids[2], Times: -1, Err: simulator.Refuse(500, "SENT")})
	defer remove()
	r := w.start(t, []int{2}, map[string]string{"bot.lua": `
on("updateNewMessage", function(update)
  local ok, err = phone.discardCall{peer={id="1", access_hash="1"}, duration=0, reason="busy", connection_id="0"}
  assert(not ok and err.code == 400 and err.type == "BOT_METHOD_INVALID", tostring(err))
  assert(#tostring(err) > #"BOT_METHOD_INVALID" + 20, "no explanation: " .. tostring(err))
end)
`})
	write(t, w.caller(t), w.ids[2], "hello")
	r.await(t, func() bool { return len(r.handlers) >= 1 })
	for _, err := range r.failures() {
		t.Error(err)
	}
}

// hasty is a clock on which the time is over at once that requests wait for an account.
type hasty struct{ clock.System }

func (hasty) AfterFunc(d time.Duration, f func()) clock.Timer {
	if d == host.BeginWithin {
		d = 0
	}
	return time.AfterFunc(d, f)
}

// TestAccountThatNeverCameUp: a script may name an account that has not reached
// Telegram since the host began, and of which it is not known yet who it is.
func TestAccountThatNeverCameUp(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"other.lua": `
on("message", function(message)
  local ok, err = as("Ben").phone.discardCall{peer={id="1", access_hash="1"}, duration=0, reason="busy", connection_id="0"}
  assert(not ok and err.type == "NOT_CONNECTED", tostring(err))
end)
`}, func(o *host.Options) {
		ben := w.accounts[1]
		ben.Server, ben.Timeout = "127.9.9.9:1", 50*time.Millisecond // where nobody listens
		o.Accounts, o.Clock = append(o.Accounts, ben), hasty{}
	})
	write(t, w.caller(t), w.ids[0], "hello")
	r.await(t, func() bool { return len(r.handlers) >= 1 })
	for _, err := range r.failures() {
		t.Error(err)
	}
}

// write sends a private message to a user.
func write(t testing.TB, from *simulator.Client, to int64, text string) {
	t.Helper()
	user := from.InputUser(to).(*tg.InputUser)
	_, err := tg.NewClient(from).MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerUser{UserID: user.UserID, AccessHash: user.AccessHash}, Message: text, RandomID: rand.Int64(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiscardAnywhere: a method that waits for Telegram works inside whatever
// Lua calls back from.
func TestDiscardAnywhere(t *testing.T) {
	const handler = `
local function discard(call)
  return phone.discardCall{peer=call, duration=0, reason="busy", connection_id="0"}
end
local function decline(call) %s end
on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end
  local updates = decline(call)
  assert(updates._ == "updates", tostring(updates))
end)
`
	for name, body := range map[string]string{
		"pcall":          `local ok, updates = pcall(discard, call); assert(ok, updates); return updates`,
		"xpcall":         `local ok, updates = xpcall(function() return discard(call) end, tostring); assert(ok, updates); return updates`,
		"coroutine.wrap": `return coroutine.wrap(function() coroutine.yield(discard(call)) end)()`,
		"wrapped method": `return coroutine.wrap(phone.discardCall){peer=call, duration=0, reason="busy", connection_id="0"}`,
		"iterator":       `for updates in function(_, done) if not done then return discard(call) end end do return updates end`,
		"metamethod":     `return setmetatable({}, {__index=function(_, key) return discard(call) end}).updates`,
		"table.sort": `local updates
  table.sort({1, 2}, function(a, b) updates = updates or discard(call); return a < b end)
  return updates`,
		"string.gsub": `local updates
  string.gsub("x", "x", function() updates = discard(call) end)
  return updates`,
		"tail call": `return discard(call)`,
	} {
		t.Run(name, func(t *testing.T) {
			w := theWorld(t)
			r := w.start(t, []int{0}, map[string]string{"any.lua": fmt.Sprintf(handler, body)})
			call, err := w.caller(t).Ring(t.Context(), w.ids[0], false)
			if err != nil {
				t.Fatal(err)
			}
			if got := w.calls.await(t, call.ID(), ended); got.EndedBy != w.ids[0] {
				t.Errorf("ended by %d", got.EndedBy)
			}
			r.await(t, func() bool { return len(r.handlers) >= 1 })
			for _, err := range r.failures() {
				t.Error(err)
			}
		})
	}
}

// TestErrorsNameTheScript: a mistake is told at the script's line, also from
// within a coroutine whose body is the method itself.
func TestErrorsNameTheScript(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"wrong.lua": `
on("updatePhoneCall", function(update)
  coroutine.wrap(phone.discardCall){peer=update.phone_call, duration=0, raeson="busy", connection_id="0"}
end)
`})
	caller := w.caller(t)
	call, err := caller.Ring(t.Context(), w.ids[0], false)
	if err != nil {
		t.Fatal(err)
	}
	r.await(t, func() bool { return len(r.handlers) >= 1 })
	if err := call.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.failures() {
		if !strings.Contains(err.Error(), `wrong.lua:3: phone.discardCall: field "raeson"`) {
			t.Errorf("the error is %q", err)
		}
	}
	if len(r.failures()) == 0 {
		t.Error("no error")
	}
}

// TestThousandWait holds the answers of 1,000 handlers of one script back until
// all of them wait at once.
func TestThousandWait(t *testing.T) {
	const n = 1000
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"wait.lua": `
on("updateNewMessage", function(update)
  if update.message.message == "are you there?" then assert(users.getUsers{id={"self"}}) end
end)
`})
	defer w.telegram.Inject(simulator.Fault{Method: "users.getUsers", User: w.ids[0], Times: n, Delay: time.Hour})()
	friend := w.caller(t)
	for range n {
		write(t, friend, w.ids[0], "are you there?")
	}
	w.clock.AwaitTimers(n)
	w.clock.Advance(time.Hour)
	// Lines of history that other tests' calls left may come as well.
	r.await(t, func() bool { return len(r.requests) >= n })
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if len(r.requests) != n {
		t.Errorf("%d messages were handled, want %d", len(r.requests), n)
	}
	for _, q := range r.requests {
		if q.Err != nil {
			t.Error(q.Err)
		}
	}
}

// What a script says at the end still reaches Telegram.
func TestUnloadMayWrite(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"a.lua": `
on("load", function() assert(messages.sendMessage{peer = "self", message = "on duty"}) end)
on("unload", function() assert(messages.sendMessage{peer = "self", message = "off duty"}) end)`})
	r.ran(t, "load", 1)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if texts := r.saved(t, 2); texts[0] != "on duty" || texts[1] != "off duty" {
		t.Errorf("saved %q", texts)
	}
	for _, err := range r.failures() {
		t.Error(err)
	}
}

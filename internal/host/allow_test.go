package host_test

import (
	"strings"
	"testing"

	"luahost/internal/host"
	"luahost/internal/permission"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

func policy(t *testing.T, opts permission.Options) func(*host.Options) {
	t.Helper()
	p, err := permission.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *host.Options) { o.Allow = p }
}

// said reports whether the log has a line with all of these.
func (r *running) said(parts ...string) bool {
lines:
	for line := range strings.Lines(r.log.String()) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue lines
			}
		}
		return true
	}
	return false
}

// What a script may not do is neither sent nor done in any other way, is told to
// the script, and stands in the log like any request that failed.
func TestScriptsMayCallWhatIsAllowed(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{
		"mild.lua": `
on("call", function(call)
  local ok, err = account.getAuthorizations{}
  assert(not ok and err.type == "NOT_ALLOWED" and err.code == 0, tostring(err))
  local ok, err = as("Ada").auth.logOut{}
  assert(not ok and err.type == "NOT_ALLOWED", tostring(err))
  local ok, err = messages.sendMessage{peer = call.from.id, message = "hi", allow_paid_stars = "1000"}
  assert(not ok and err.type == "NOT_ALLOWED" and err.message:find("with allow_paid_stars", 1, true), tostring(err))
  local ok, err = messages.sendMedia{peer = call.from.id, message = "", media = {_ = "inputMediaStakeDice", game_hash = "x", ton_amount = "1", client_seed = ""}}
  assert(not ok and err.type == "NOT_ALLOWED" and err.message:find("with inputMediaStakeDice", 1, true), tostring(err))
  local ok, err = messages.sendMessage{peer = call.from.id, message = "hi", suggested_post = {price = {_ = "starsAmount", amount = "9", nanos = 0}}}
  assert(not ok and err.type == "NOT_ALLOWED" and err.message:find("with suggested_post", 1, true), tostring(err))
  local ok, err = contacts.addContact{id = call.from.id, first_name = "A", last_name = "", phone = "", add_phone_privacy_exception = true}
  assert(not ok and err.type == "NOT_ALLOWED", tostring(err))
  assert(messages.sendMessage{peer = call.from.id, message = "hi"})
end)`,
		"mute.lua": `
on("call", function(call)
  for what, did in pairs{decline = {call:decline("busy")}, accept = {call:accept()}, reply = {call:reply("no")}, block = {call:block()}} do
    assert(not did[1] and did[2].type == "NOT_ALLOWED", what .. ": " .. tostring(did[2]))
  end
end)`,
		"bold.lua": `
on("call", function(call)
  local ok, err = account.getAuthorizations{}
  assert(ok or err.type ~= "NOT_ALLOWED", tostring(err))
end)`,
	}, policy(t, permission.Options{Scripts: map[string][]string{"mute.lua": {"users.*"}, "bold.lua": {"*"}}}))
	stranger := w.caller(t)
	c := r.decided(t, stranger, false)
	r.await(t, func() bool { return len(r.handlers) >= 3 })
	for _, err := range r.failures() {
		t.Error(err)
	}
	if c.Reason != "missed" {
		t.Errorf("the call ended as %s", c.Reason)
	}
	r.await(t, func() bool {
		return r.traced(c.ID, "request", func(e store.Entry) bool {
			return e.Failed && e.Script == "mute.lua" && e.Name == "phone.discardCall" && strings.Contains(e.Text, "NOT_ALLOWED")
		})
	})
	for _, want := range [][]string{
		{"level=WARN", "msg=request", "method=auth.logOut", "NOT_ALLOWED", "mild.lua may not call auth.logOut; to allow it, write into luahost.toml, a line each: [[script]]"},
		{"method=phone.discardCall", "mute.lua may not call phone.discardCall"},
		{"method=phone.acceptCall", "mute.lua may not call phone.acceptCall"},
		{"method=contacts.block", "mute.lua may not call contacts.block"},
	} {
		if !r.said(want...) {
			t.Errorf("the log does not say %s:\n%s", strings.Join(want, " "), r.log)
		}
	}
}

// Telegram's own account writes the codes that log other devices in. Scripts that
// may read every message see these empty, by every way there is.
func TestLoginCodesAreNotShown(t *testing.T) {
	w := theWorld(t)
	const code = "Login code: 90210"
	id, err := w.telegram.AddUser(simulator.User{ID: 777000, Phone: "+10042777", FirstName: "Telegram"})
	if err != nil {
		t.Fatal(err)
	}
	spy := `
local name = "NAME"
on("message", function(m)
  log.info(name .. " message", {text = m.text, from = m.from.id})
end)
on("updateNewMessage", function(u)
  if u.message.out then return end
  log.info(name .. " update", {text = u.message.message, id = u.message.id})
  local list = assert(messages.getHistory{peer = u.message.peer_id, offset_id = 0, offset_date = 0, add_offset = 0, limit = 10, max_id = 0, min_id = 0, hash = "0"})
  for _, m in ipairs(list.messages) do log.info(name .. " history", {text = m.message}) end
  local ok, err = messages.forwardMessages{from_peer = u.message.peer_id, id = {u.message.id}, to_peer = "self"}
  log.info(name .. " forward", {err = tostring(err)})
  ok, err = messages.forwardMessages{from_peer = "self", id = {u.message.id}, to_peer = "self"}
  log.info(name .. " forward as another", {err = tostring(err)})
  local found, err = messages.search{
    peer = {_ = "inputPeerEmpty"}, q = "code: 9", filter = {_ = "inputMessagesFilterEmpty"}, min_date = 0, max_date = 0,
    offset_id = 0, add_offset = 0, limit = 10, max_id = 0, min_id = 0, hash = "0",
  }
  log.info(name .. " search", {found = found and #found.messages, err = tostring(err)})
end)`
	r := w.start(t, []int{0}, map[string]string{
		"spy.lua":   strings.Replace(spy, "NAME", "spy", 1),
		"guard.lua": strings.Replace(spy, "NAME", "guard", 1),
	}, policy(t, permission.Options{Scripts: map[string][]string{"guard.lua": {"default", permission.LoginCodes}}}))
	write(t, w.telegram.Login(id), w.ids[0], code)
	r.await(t, func() bool {
		return r.said("spy search") && r.said("guard search") && r.said("spy message") && r.said("guard message")
	})
	for _, event := range []string{"message", "update", "history"} {
		if !r.said("guard "+event, code) {
			t.Errorf("the one that may sees no code in %s:\n%s", event, r.log)
		}
	}
	for line := range strings.Lines(r.log.String()) {
		if strings.Contains(line, "spy") && strings.Contains(line, "90210") {
			t.Errorf("the code is shown: %s", line)
		}
	}
	for _, way := range []string{"forward", "forward as another", "search"} {
		if !r.said("spy "+way, "NOT_ALLOWED", "login-codes") || r.said("guard "+way, "NOT_ALLOWED") {
			t.Errorf("%s:\n%s", way, r.log)
		}
	}
	if !r.said("guard search", "found=1") {
		t.Errorf("the one that may finds nothing:\n%s", r.log)
	}
}

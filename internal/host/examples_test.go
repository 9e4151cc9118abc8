package host_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

const root = "../.." // of the repository

func source(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decided rings and gives the call after the handlers of the ring are done. A
// call that nobody declined is hung up by its caller.
func (r *running) decided(t *testing.T, from *simulator.Client, video bool) simulator.Call {
	t.Helper()
	r.mu.Lock()
	before := r.phoneHandlers()
	r.mu.Unlock()
	call, err := from.Ring(t.Context(), r.ids[0], video)
	if err != nil {
		t.Fatal(err)
	}
	r.await(t, func() bool { return r.phoneHandlers() > before })
	c := r.calls.await(t, call.ID(), func(simulator.Call) bool { return true })
	if !ended(c) {
		if err := call.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	c = r.calls.await(t, call.ID(), ended)
	// The end is an update too, with a handler of its own.
	r.await(t, func() bool { return r.phoneHandlers() > before+1 })
	for _, err := range r.failures() {
		t.Error(err)
	}
	return c
}

// phoneHandlers counts the handlers of calls that ended; r.mu is held.
func (r *running) phoneHandlers() (n int) {
	for _, run := range r.handlers {
		if run.Event == "updatePhoneCall" {
			n++
		}
	}
	return n
}

func TestExampleDiscard(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"discard.lua": source(t, "examples", "discard", "discard.lua")})
	if c := r.decided(t, w.caller(t), false); c.EndedBy != w.ids[0] || c.Reason != simulator.Busy {
		t.Errorf("ended by %d with %s", c.EndedBy, c.Reason)
	}
}

func TestExampleRawUpdates(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"raw-updates.lua": source(t, "examples", "raw-updates", "raw-updates.lua")})
	if c := r.decided(t, w.caller(t), false); c.EndedBy == w.ids[0] {
		t.Errorf("the example that only looks ended the call with %s", c.Reason)
	}
	for _, want := range []string{"phoneCallRequested", "phoneCallDiscarded", "messageActionPhoneCall"} {
		r.await(t, func() bool { return strings.Contains(r.log.String(), want) })
	}
	log := r.log.String()
	for _, secret := range []string{"access_hash", "g_a_hash"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows %s:\n%s", secret, log)
		}
	}
}

func TestDefaultRules(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"doorman.lua": source(t, "scripts", "doorman.lua")})

	friend := w.caller(t)
	if err := w.telegram.AddContact(w.ids[0], friend.UserID()); err != nil {
		t.Fatal(err)
	}
	if c := r.decided(t, friend, false); c.EndedBy == w.ids[0] {
		t.Errorf("a contact's call was ended with %s", c.Reason)
	}

	stranger := w.caller(t)
	for ring := 1; ring <= 2; ring++ {
		if c := r.decided(t, stranger, false); c.EndedBy != w.ids[0] || c.Reason != simulator.Busy {
			t.Errorf("ring %d: ended by %d with %s", ring, c.EndedBy, c.Reason)
		}
	}
	if c := r.decided(t, stranger, false); c.EndedBy == w.ids[0] {
		t.Errorf("the third ring was ended with %s", c.Reason)
	}
	if texts := r.sent(stranger.UserID()); len(texts) != 2 || !strings.Contains(texts[0], "urgent") {
		t.Errorf("the stranger was sent %q, want a text for each of two rings", texts)
	}

	if c := r.decided(t, w.caller(t), true); c.EndedBy != w.ids[0] || c.Reason != simulator.Hangup {
		t.Errorf("a stranger's video call was ended by %d with %s", c.EndedBy, c.Reason)
	}
}

// sent are the texts that scripts sent to a user.
func (r *running) sent(to int64) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, q := range r.requests {
		if m, ok := q.Args.(*tg.MessagesSendMessageRequest); ok && q.Err == nil {
			if p, ok := m.Peer.(*tg.InputPeerUser); ok && p.UserID == to {
				texts = append(texts, m.Message)
			}
		}
	}
	return texts
}

// TestReadme runs every Lua snippet of the README as a script of its own.
func TestReadme(t *testing.T) {
	snippets := regexp.MustCompile("(?s)```lua\n(.*?)```").FindAllStringSubmatch(source(t, "README.md"), -1)
	if len(snippets) == 0 {
		t.Fatal("the README shows no script")
	}
	w := theWorld(t)
	for _, s := range snippets {
		r := w.start(t, []int{0}, map[string]string{"readme.lua": s[1]})
		stranger := w.caller(t)
		if c := r.decided(t, stranger, false); c.EndedBy != w.ids[0] || c.Reason != simulator.Busy {
			t.Errorf("ended by %d with %s", c.EndedBy, c.Reason)
		}
		if texts := r.sent(stranger.UserID()); len(texts) != 1 {
			t.Errorf("sent %q", texts)
		}
	}
}

// TestExamplesAreTested fails for a folder under examples without a test above.
func TestExamplesAreTested(t *testing.T) {
	tests := source(t, "internal", "host", "examples_test.go")
	folders, err := os.ReadDir(filepath.Join(root, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !strings.Contains(tests, `"examples", "`+f.Name()+`"`) {
			t.Errorf("examples/%s has no test", f.Name())
		}
	}
}

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/clock"
	"luahost/internal/host"
	"luahost/internal/simulator"
	"luahost/internal/store"
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

// decided rings and gives the call after the rules and the handlers of the ring
// are done. A call that nobody declined is hung up by its caller.
func (r *running) decided(t *testing.T, from *simulator.Client, video bool) simulator.Call {
	t.Helper()
	r.mu.Lock()
	before := r.phoneHandlers()
	r.mu.Unlock()
	call, err := from.Ring(t.Context(), r.ids[0], video)
	if err != nil {
		t.Fatal(err)
	}
	r.await(t, func() bool { return r.concluded(call.ID()) && (!r.raw || r.phoneHandlers() > before) })
	c := r.calls.await(t, call.ID(), func(simulator.Call) bool { return true })
	if !ended(c) {
		if err := call.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	c = r.calls.await(t, call.ID(), ended)
	r.await(t, func() bool { return r.traced(call.ID(), "outcome", func(store.Entry) bool { return true }) })
	for _, err := range r.failures() {
		t.Error(err)
	}
	return c
}

// concluded reports whether all rules were asked about a call, or one decided;
// r.mu is held.
func (r *running) concluded(id int64) bool {
	return r.traced(id, "decision", func(store.Entry) bool { return true }) ||
		r.traced(id, "rule", func(e store.Entry) bool { return e.Name == "" })
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

// at has the host live at a local time of november 2026, whose 23rd is a monday.
func at(day int, clockTime string) func(*host.Options) {
	then, err := time.ParseInLocation("2006-01-02 15:04", fmt.Sprintf("2026-11-%02d %s", day, clockTime), time.Local)
	if err != nil {
		panic(err)
	}
	return func(o *host.Options) { o.Clock = clock.Shifted{Clock: clock.System{}, By: time.Until(then)} }
}

// example starts a host with the script of an example.
func example(t *testing.T, name string, configure ...func(*host.Options)) *running {
	return theWorld(t).start(t, []int{0}, map[string]string{name + ".lua": source(t, "examples", name, name+".lua")}, configure...)
}

// friend is a caller whom the first account has saved.
func (w *world) friend(t *testing.T) *simulator.Client {
	c := w.caller(t)
	if err := w.telegram.AddContact(w.ids[0], c.UserID()); err != nil {
		t.Fatal(err)
	}
	return c
}

// rings has somebody ring and compares what becomes of it: busy, hangup or
// another reason if the host ends the call, "rings" if it does not.
func (r *running) rings(t *testing.T, from *simulator.Client, video bool, want simulator.Reason) {
	t.Helper()
	c := r.decided(t, from, video)
	got := c.Reason
	if c.EndedBy != r.ids[0] {
		got = ringsOn
	}
	if got != want {
		t.Errorf("the call: %s, want %s", got, want)
	}
}

const ringsOn simulator.Reason = "rings"

// texts waits until scripts have sent a user n texts, and gives them.
func (r *running) texts(t *testing.T, to *simulator.Client, n int) (texts []string) {
	t.Helper()
	r.await(t, func() bool { texts = r.sent(to.UserID()); return len(texts) >= n })
	return texts
}

func TestDefaultRules(t *testing.T) {
	w := theWorld(t)
	rules := map[string]string{"doorman.lua": source(t, "scripts", "doorman.lua")}
	r := w.start(t, []int{0}, rules, at(23, "23:30"))
	r.rings(t, w.friend(t), false, ringsOn)
	stranger := w.caller(t)
	r.rings(t, stranger, false, simulator.Busy)
	r.rings(t, stranger, false, simulator.Busy)
	r.rings(t, stranger, false, ringsOn)
	for _, text := range r.texts(t, stranger, 2) {
		if !strings.Contains(text, "urgent") {
			t.Errorf("the stranger was sent %q", text)
		}
	}
	r.rings(t, w.caller(t), true, simulator.Hangup)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	r = w.start(t, []int{0}, rules, at(23, "12:00"))
	r.rings(t, w.caller(t), false, ringsOn)
	r.rings(t, w.caller(t), true, simulator.Hangup)
}

func TestExampleQuietHours(t *testing.T) {
	for _, c := range []struct {
		day  int
		time string
		want simulator.Reason
	}{
		{23, "21:59", ringsOn},
		{23, "22:00", simulator.Busy},
		{27, "23:00", ringsOn}, // a friday
		{27, "23:45", simulator.Busy},
		{28, "09:00", simulator.Busy}, // the night of friday
		{29, "10:30", ringsOn},
		{30, "06:59", simulator.Busy}, // the night of sunday
		{30, "07:00", ringsOn},
	} {
		t.Run(fmt.Sprint(c.day, " ", c.time), func(t *testing.T) {
			r := example(t, "quiet-hours", at(c.day, c.time))
			r.rings(t, r.caller(t), false, c.want)
			r.rings(t, r.friend(t), false, ringsOn)
			if err := r.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExampleContactsOnly(t *testing.T) {
	r := example(t, "contacts-only")
	r.rings(t, r.caller(t), false, simulator.Busy)
	r.rings(t, r.friend(t), false, ringsOn)
}

func TestExampleLetPersistentCallersThrough(t *testing.T) {
	r := example(t, "let-persistent-callers-through")
	one, other := r.caller(t), r.caller(t)
	for _, want := range []simulator.Reason{simulator.Busy, simulator.Busy, ringsOn, ringsOn} {
		r.rings(t, one, false, want)
	}
	r.rings(t, other, false, simulator.Busy)
}

func TestExampleBusyWithAMessage(t *testing.T) {
	r := example(t, "busy-with-a-message", at(23, "10:00"))
	for _, caller := range []*simulator.Client{r.caller(t), r.friend(t)} {
		r.rings(t, caller, false, simulator.Busy)
		if texts := r.texts(t, caller, 1); !strings.Contains(texts[0], "at work") {
			t.Errorf("sent %q", texts)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = example(t, "busy-with-a-message", at(28, "10:00")) // a saturday
	r.rings(t, r.caller(t), false, ringsOn)
}

func TestExampleAwayUntil(t *testing.T) {
	r := example(t, "away-until", at(23, "10:00"))
	one, other := r.friend(t), r.caller(t)
	r.rings(t, one, false, simulator.Busy)
	if texts := r.texts(t, one, 1); !strings.Contains(texts[0], "07 January") {
		t.Errorf("sent %q", texts)
	}
	r.rings(t, one, false, simulator.Busy)
	r.rings(t, other, false, simulator.Busy)
	r.texts(t, other, 1)
	if texts := r.texts(t, one, 1); len(texts) != 1 {
		t.Errorf("the same caller was sent %q", texts)
	}
}

func TestExampleBlockAfterN(t *testing.T) {
	r := example(t, "block-after-n")
	caller := r.caller(t)
	for range 5 {
		r.rings(t, caller, false, simulator.Busy)
	}
	r.await(t, func() bool { return strings.Contains(r.log.String(), "msg=blocked") })
	if _, err := caller.Ring(t.Context(), r.ids[0], false); !tgerr.Is(err, "USER_IS_BLOCKED") {
		t.Errorf("the sixth ring: %v", err)
	}
}

// sent are the texts that scripts sent to a user; r.mu is held.
func (r *running) sent(to int64) []string {
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
		r := w.start(t, []int{0}, map[string]string{"readme.lua": s[1]}, at(23, "23:30"))
		stranger := w.caller(t)
		if c := r.decided(t, stranger, false); c.EndedBy != w.ids[0] || c.Reason != simulator.Busy {
			t.Errorf("ended by %d with %s", c.EndedBy, c.Reason)
		}
		r.await(t, func() bool { return len(r.sent(stranger.UserID())) > 0 })
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
		if !strings.Contains(tests, `"examples", "`+f.Name()+`"`) && !strings.Contains(tests, `example(t, "`+f.Name()+`"`) {
			t.Errorf("examples/%s has no test", f.Name())
		}
	}
}

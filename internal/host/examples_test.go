package host_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/bindings/value"
	"luahost/internal/clock"
	"luahost/internal/host"
	"luahost/internal/permission"
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

// withStore gives a host a database of its own, which it finds again when it is
// started again.
func withStore(t *testing.T) func(*host.Options) {
	kept, err := store.Open(store.Options{Path: filepath.Join(t.TempDir(), "luahost.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(o *host.Options) { o.Store = kept }
}

// ran waits until n handlers of an event have ended, none with an error.
func (r *running) ran(t *testing.T, event string, n int) {
	t.Helper()
	r.await(t, func() bool {
		ended := 0
		for _, run := range r.handlers {
			if run.Event == event {
				ended++
			}
		}
		return ended >= n
	})
	for _, err := range r.failures() {
		t.Error(err)
	}
}

// saved are the texts that scripts sent to the account's own saved messages.
func (r *running) saved(t *testing.T, n int) (texts []string) {
	t.Helper()
	r.await(t, func() bool {
		texts = nil
		for _, q := range r.requests {
			if m, ok := q.Args.(*tg.MessagesSendMessageRequest); ok && q.Err == nil {
				if _, ok := m.Peer.(*tg.InputPeerSelf); ok {
					texts = append(texts, m.Message)
				}
			}
		}
		return len(texts) >= n
	})
	return texts
}

func TestExampleCallBackList(t *testing.T) {
	database := withStore(t)
	r := example(t, "call-back-list", at(23, "10:00"), database)
	r.rings(t, r.friend(t), false, ringsOn)
	r.ran(t, "call.ended", 1)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = example(t, "call-back-list", at(23, "10:31"), database)
	if texts := r.saved(t, 1); texts[0] != "Call back Caller, who rang at 10:00" {
		t.Errorf("saved %q", texts)
	}
	r.ran(t, "timer.call-back", 1)
}

// A caller whose reminder a crash has cut off is reminded of after the next call, and
// a reminder that cannot be sent is tried again.
func TestExampleCallBackListAgain(t *testing.T) {
	database := withStore(t)
	var kept *store.Store
	list := func(o *host.Options) { database(o); kept = o.Store }
	r := example(t, "call-back-list", at(23, "10:00"), list)
	friend := r.friend(t)
	key := fmt.Sprintf("missed %d", friend.UserID())
	const script = "call-back-list.lua"
	if err := kept.State(script).Set(t.Context(), key, value.EncodeNumber(1), 0); err != nil {
		t.Fatal(err)
	}
	due := func(clockTime string) {
		t.Helper()
		timers, err := kept.Timers(t.Context(), store.TimerQuery{Script: script, Name: "call-back"})
		timers = slices.DeleteFunc(timers, func(timer store.Timer) bool { return timer.State != "pending" }) // the end of one that ran may not be written yet
		if err != nil || len(timers) != 1 || timers[0].Due.Local().Format("15:04") != clockTime {
			t.Errorf("%v, %+v, want one that is due at %s", err, timers, clockTime)
		}
	}
	for n := range 2 {
		r.rings(t, friend, false, ringsOn)
		r.ran(t, "call.ended", n+1)
		due("10:30")
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	mute, err := permission.New(permission.Options{Allow: []string{"users.*"}})
	if err != nil {
		t.Fatal(err)
	}
	r = example(t, "call-back-list", at(23, "10:31"), list, func(o *host.Options) { o.Allow = mute })
	r.ran(t, "timer.call-back", 1)
	due("10:36")
	if _, found, err := kept.State(script).Get(t.Context(), key); !found || err != nil {
		t.Errorf("on the list: %v, %v", found, err)
	}
}

func TestExampleDailyReport(t *testing.T) {
	database := withStore(t)
	r := example(t, "daily-report", at(23, "17:00"), database)
	r.rings(t, r.friend(t), false, ringsOn)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = example(t, "daily-report", at(23, "20:59"), database)
	if texts := r.saved(t, 1); texts[0] != "1 calls today, missed: Caller" {
		t.Errorf("saved %q", texts)
	}
	r.ran(t, "timer.report", 1)
}

func TestExampleWebHookAlert(t *testing.T) {
	w := theWorld(t)
	id, err := w.telegram.AddUser(simulator.User{Phone: "+16669990001", FirstName: "Ann", Username: "ann_on_call"})
	if err != nil {
		t.Fatal(err)
	}
	ann := w.telegram.Login(id)
	rings := make(chan *tg.PhoneCallRequested, 16)
	defer ann.Subscribe(func(all tg.UpdatesClass) {
		if many, ok := all.(*tg.Updates); ok {
			for _, u := range many.Updates {
				if u, ok := u.(*tg.UpdatePhoneCall); ok {
					if call, ok := u.PhoneCall.(*tg.PhoneCallRequested); ok {
						rings <- call
					}
				}
			}
		}
	})()
	script := strings.ReplaceAll(source(t, "examples", "web-hook-alert", "web-hook-alert.lua"), "@ann", "@ann_on_call")
	title := "disk full on web-3" + strings.Repeat(", and no end of it", 20)
	listens := make(chan net.Addr, 1)
	r := w.start(t, []int{0}, map[string]string{"web-hook-alert.lua": script}, withStore(t), func(o *host.Options) {
		o.HTTP = host.HTTP{Listen: "127.0.0.1:0", Token: "a long random word"}
		o.Observe.Hooks = func(a net.Addr) { listens <- a }
	})
	hook := "http://" + (<-listens).String() + "/hooks/alert"
	send := func(token string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, hook, strings.NewReader(`{"title": "`+title+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		http.DefaultClient.CloseIdleConnections()
		return answer.StatusCode
	}
	if status := send("a guess"); status != http.StatusUnauthorized {
		t.Errorf("a wrong token is answered with %d", status)
	}
	w.telegram.Inject(simulator.Fault{Method: "phone.requestCall", Err: simulator.Refuse(400, "PARTICIPANT_VERSION_OUTDATED")})
	const atOnce = 10
	for _, times := range []int{1, atOnce} {
		var sending sync.WaitGroup
		for range times {
			sending.Go(func() {
				if status := send("a long random word"); status != http.StatusAccepted {
					t.Errorf("the hook is answered with %d", status)
				}
			})
		}
		sending.Wait()
		r.await(t, func() bool { return r.said("nobody was rung") }) // the first time
	}
	call := <-rings
	if err := ann.Answering(call).Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := r.calls.await(t, call.ID, ended); c.EndedBy != w.ids[0] {
		t.Errorf("ended by %d, reason %s", c.EndedBy, c.Reason)
	}
	r.ran(t, "http.alert", atOnce) // all but the one that waits for somebody to pick up
	if texts := r.texts(t, ann, 2); texts[1] != "Alert: "+title || len(texts) > 2 {
		t.Errorf("sent %q", texts)
	}
}

func TestExampleCounterWithExpiry(t *testing.T) {
	r := example(t, "counter-with-expiry", withStore(t))
	caller := r.caller(t)
	r.rings(t, caller, false, ringsOn)
	r.rings(t, caller, false, ringsOn)
	r.rings(t, caller, false, simulator.Busy)
	r.rings(t, r.caller(t), false, ringsOn)
}

func TestExampleSharedModule(t *testing.T) {
	w := theWorld(t)
	hours := source(t, "examples", "shared-module", "lib", "hours.lua")
	r := w.start(t, []int{0}, map[string]string{
		"shared-module.lua": source(t, "examples", "shared-module", "shared-module.lua"), "lib/hours.lua": hours,
	}, at(23, "10:00"))
	caller := r.caller(t)
	r.rings(t, caller, false, ringsOn)
	r.write(t, "lib/hours.lua", strings.Replace(hours, "t.hour >= 9", "t.hour >= 11", 1))
	r.await(t, func() bool { return len(r.reloads) == 2 })
	r.rings(t, caller, false, simulator.Busy)
	if texts := r.texts(t, caller, 1); !strings.Contains(texts[0], "We are closed") {
		t.Errorf("sent %q", texts)
	}
}

func TestExampleTwoAccounts(t *testing.T) {
	w := theWorld(t)
	names := strings.NewReplacer(`"work"`, `"Ben"`, `"main"`, `"Ada"`)
	script := names.Replace(source(t, "examples", "two-accounts", "two-accounts.lua"))
	r := w.start(t, []int{0, 1}, map[string]string{"two-accounts.lua": script}, at(23, "20:00"))
	caller := w.caller(t)
	ring, err := caller.Ring(t.Context(), w.ids[1], false)
	if err != nil {
		t.Fatal(err)
	}
	if c := w.calls.await(t, ring.ID(), ended); c.EndedBy != w.ids[1] || c.Reason != simulator.Busy {
		t.Errorf("ended by %d with %s", c.EndedBy, c.Reason)
	}
	if texts := r.texts(t, caller, 1); texts[0] != "The shop opens at nine." {
		t.Errorf("sent %q", texts)
	}
	if texts := r.saved(t, 1); texts[0] != "Caller rang the shop" {
		t.Errorf("saved %q", texts)
	}
	r.rings(t, caller, false, ringsOn) // the private phone
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

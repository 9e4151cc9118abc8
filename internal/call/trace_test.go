package call_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// traced is the trace of a call of ann's, without what the host does by itself
// at the beginning.
func (w *world) traced(id int64) (lines []string) {
	w.Helper()
	entries, err := w.db.Trace(w.Context(), w.ann, id)
	w.must(err)
	for _, e := range entries {
		if e.Name == "phone.receivedCall" { // comes when it comes
			continue
		}
		line := fmt.Sprintf("%3.0fs %s %s", e.At.Sub(evening).Seconds(), e.Kind, e.Name)
		if e.Text != "" {
			line += ": " + e.Text
		}
		if e.Script != "" {
			line += fmt.Sprintf(" (%s:%d)", e.Script, e.Line)
		}
		if e.Failed {
			line += " FAILED"
		}
		lines = append(lines, line)
	}
	return lines
}

func (w *world) wantTrace(id int64, want string) {
	w.Helper()
	got := strings.Join(w.traced(id), "\n")
	if want = strings.TrimSpace(want); strings.TrimSpace(got) != want {
		w.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
}

// TestTraceOfARefusedAndRepeatedDecline reads as a person would, from the top.
func TestTraceOfARefusedAndRepeatedDecline(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.sim.Inject(simulator.Fault{Method: "phone.discardCall", Err: simulator.FloodWait(90 * time.Second)})
	if err := c.Decline(t.Context(), other, ""); err == nil {
		t.Fatal("declined")
	}
	w.clock.Advance(2 * time.Second)
	w.must(c.Decline(t.Context(), night, ""))
	<-c.Over()
	w.book.Update(w.home.Account, w.requested(c.ID()), nil)
	w.wantTrace(c.ID(), `
  0s update phoneCallRequested: it rings
  0s note decline: asks Telegram: busy (other.lua:12)
  0s request phone.discardCall: FLOOD_WAIT_90 (other.lua:12) FAILED
  0s note decline: given back: FLOOD_WAIT_90 (other.lua:12) FAILED
  2s note decline: asks Telegram: busy (night.lua:4)
  2s update phoneCallDiscarded: busy
  2s update messageActionPhoneCall: busy, nothing new
  2s request phone.discardCall: busy (night.lua:4)
  2s decision decline: busy, by rule "night" (night.lua:4)
  2s outcome declined: reason busy, rang for 2s
  2s update phoneCallRequested: late: the call is over`)
}

func TestTraceOfAnAnswerWithoutSound(t *testing.T) {
	w := newWorld(t)
	_, c := w.answered()
	if err := c.Decline(t.Context(), other, ""); err == nil {
		t.Fatal("declined")
	}
	c.Trace(store.Entry{Kind: "log", Text: "hello", Script: "night.lua", Line: 5})
	w.clock.Advance(30 * time.Second)
	<-c.Over()
	w.wantTrace(c.ID(), `
  0s update phoneCallRequested: it rings
  0s note accept: asks Telegram (night.lua:4)
  0s request phone.acceptCall (night.lua:4)
  0s decision accept: by rule "night" (night.lua:4)
  0s update phoneCall: both sides have the key
  0s note decline: refused: CALL_ALREADY_DECIDED: rule "night" (night.lua:4) has accepted the call (other.lua:12) FAILED
  0s log : hello (night.lua:5)
 30s note timer: not connected in 30s
 30s update phoneCallDiscarded: disconnect, 30s of talk
 30s update messageActionPhoneCall: disconnect, 30s of talk, nothing new
 30s request phone.discardCall: disconnect
 30s outcome failed: reason disconnect, talked for 30s`)
}

func TestTraceOfACallThatAnotherDeviceTook(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	w.must(w.onTablet().Accept(t.Context()))
	<-c.Decided()
	if err := c.Accept(t.Context(), night); err == nil {
		t.Fatal("accepted")
	}
	w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
	w.clock.Advance(20 * time.Second)
	w.must(end.HangUp(t.Context(), &tg.PhoneCallDiscardReasonHangup{}, 20))
	w.wantOutcome(c, call.AnsweredElsewhere)
	lines := w.traced(c.ID())
	if len(lines) > 5 { // the entry of the history may come before the outcome is written down, or after
		lines = lines[:5]
	}
	want := `  0s update phoneCallRequested: it rings
  0s update phoneCallDiscarded: no reason: another device took the call
  0s note accept: refused: CALL_ENDED: the call has ended (night.lua:4) FAILED
 20s update phoneCallDiscarded: hangup, 20s of talk
 20s outcome answered_elsewhere: reason hangup, talked for 20s`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
}

// A script that never stops fills a bounded part of the trace, and leaves the
// others theirs.
func TestTraceOfAScriptIsBounded(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	for range 3000 {
		c.Trace(store.Entry{Kind: "log", Script: "loud.lua"})
		_ = c.Hangup(t.Context(), call.By{Script: "loud.lua"}, "") // refused: it rings
	}
	c.Trace(store.Entry{Kind: "rule", Script: "loud.lua", Text: "matched"})
	c.Trace(store.Entry{Kind: "log", Script: "other.lua", Text: "hello"})
	loud := 0
	lines := w.traced(c.ID())
	for _, line := range lines {
		if strings.Contains(line, "loud.lua") {
			loud++
		}
	}
	if loud != 1002 {
		t.Errorf("the script has %d lines, want 1000, one that says so, and its rule's", loud)
	}
	last := strings.Join(lines[len(lines)-3:], "\n")
	for _, want := range []string{"more than 1000 lines of this script", "matched", "hello"} {
		if !strings.Contains(last, want) {
			t.Errorf("%q is not at the end:\n%s", want, last)
		}
	}
}

// TestTraceHasNoSecrets looks for them in all that is written down.
func TestTraceHasNoSecrets(t *testing.T) {
	w := newWorld(t)
	end, c := w.answered()
	w.must(c.Hangup(t.Context(), night, ""))
	entries, err := w.db.Trace(t.Context(), w.ann, c.ID())
	w.must(err)
	all := fmt.Sprintf("%+v", entries)
	for name, secret := range map[string]string{
		"access hash": fmt.Sprint(c.Peer().AccessHash), "phone": "15550002",
		"half": fmt.Sprintf("%x", end.Half()), "key": string(end.Key()),
	} {
		if strings.Contains(all, secret) {
			t.Errorf("the trace has the %s", name)
		}
	}
}

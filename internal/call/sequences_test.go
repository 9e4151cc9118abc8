package call

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
)

var (
	updates  = []string{"gone", "busy", "missed", "hangup", "disconnect", "talk", "entry:busy", "entry:talk", "entry:none", "key", "badkey"}
	acts     = []string{"decline", "accept", "ignore", "hangup"}
	accepts  = []string{"ok", "420", "lost", "AA", "AD"}
	discards = []string{"ok", "ours", "theirs missed", "theirs busy", "420", "lost", "AA", "AD"}
)

// bench is a course, and who stands around it.
type bench struct {
	course
	out     []*claim // granted, not answered
	timer   bool
	replies []error
	sent    []string
	told    []string
	waiting bool // receivedCall is not answered
}

func newBench(incoming bool) *bench {
	b := &bench{course: course{incoming: incoming, made: !incoming, limits: defaultLimits, now: time.Unix(1e9, 0)}, waiting: incoming}
	b.begin()
	b.collect()
	return b
}

// collect takes the effects of the last step.
func (b *bench) collect() {
	for _, e := range b.effects {
		switch e := e.(type) {
		case timed:
			b.timer = e.after > 0
		case given:
			b.told = append(b.told, e.event)
		case replied:
			b.replies = append(b.replies, e.err)
		case asked:
			if e.request == discardCall {
				b.sent = append(b.sent, "discard "+e.reason)
			}
			if e.claim != nil {
				b.out = append(b.out, e.claim)
			}
		}
	}
	b.effects = nil
}

func (b *bench) clone() *bench {
	c := *b
	c.out = slices.Clone(b.out)
	c.replies, c.sent, c.told = nil, nil, nil
	return &c
}

// letters are the steps that can come next.
func (b *bench) letters() []string {
	all := slices.Concat(updates, acts)
	if b.waiting {
		all = append(all, "received")
	}
	if b.timer {
		all = append(all, "timer")
	}
	if !b.incoming {
		all = append(all, "accepted")
	}
	for i, c := range b.out {
		answers := discards
		if c.kind == accept {
			answers = accepts
		}
		for _, a := range answers {
			all = append(all, fmt.Sprintf("%s %d", a, i))
		}
	}
	return all
}

var ends = map[string]end{
	"gone": {}, "busy": {reason: "busy"}, "missed": {reason: "missed"}, "hangup": {reason: "hangup"},
	"disconnect": {reason: "disconnect"}, "talk": {reason: "hangup", talked: true, duration: time.Second},
	"entry:busy": {reason: "busy"}, "entry:talk": {reason: "hangup", talked: true, duration: time.Second}, "entry:none": {},
}

// step does the same to the course and to the model.
func (b *bench) step(letter string, m *model) {
	m.say, m.sent, m.told = "", nil, nil
	if e, ok := ends[letter]; ok {
		m.update(letter)
		if strings.HasPrefix(letter, "entry:") {
			b.heardHistory(e)
		} else {
			b.heardDiscarded(e)
		}
		b.collect()
		return
	}
	switch letter {
	case "key":
		m.update(letter)
		b.heardConfirmed(nil)
	case "badkey":
		m.update(letter)
		b.heardConfirmed(refuse(CallKeyInvalid, "wrong"))
	case "accepted":
		m.update(letter)
		b.heardAccepted()
	case "received":
		m.update(letter)
		b.waiting = false
		b.course.received()
	case "timer":
		m.timer()
		b.timer = false
		b.fired()
	case "decline", "accept", "ignore", "hangup":
		m.want(letter)
		c := &claim{kind: verb(letter), reason: map[string]string{"decline": "busy", "hangup": "hangup"}[letter], by: By{Script: "a.lua"}}
		b.ask(c)
		if b.claim == c {
			b.out = append(b.out, c)
		}
	default:
		what, i := letter[:len(letter)-2], int(letter[len(letter)-1]-'0')
		m.answered(what, i)
		c := b.out[i]
		b.out = slices.Delete(b.out, i, i+1)
		b.answered(c, resultNamed(what, c))
	}
	b.collect()
}

func resultNamed(what string, c *claim) result {
	switch what {
	case "ours":
		return result{over: true, entry: true, end: end{reason: c.reason}}
	case "theirs missed":
		return result{over: true, end: end{reason: "missed"}}
	case "theirs busy":
		return result{over: true, end: end{reason: "busy"}}
	case "420":
		return result{err: tgerr.New(420, "FLOOD_WAIT_90")}
	case "lost":
		return result{err: &tgerr.Error{Type: "TIMEOUT"}}
	case "AA":
		return result{err: tgerr.New(400, "CALL_ALREADY_ACCEPTED")}
	case "AD":
		return result{err: tgerr.New(400, "CALL_ALREADY_DECLINED")}
	}
	return result{}
}

// differs says in what the course and the model are not the same.
func (b *bench) differs(letter string, m *model) string {
	decision := ""
	if b.decision != nil {
		decision = string(b.decision.kind)
	}
	said := ""
	if len(b.replies) > 0 {
		if err := b.replies[len(b.replies)-1]; err != nil {
			e, _ := tgerr.As(err)
			said = e.Type
		} else if slices.Contains(acts, letter) {
			said = "go"
		}
	}
	got := fmt.Sprintf("%s, outcome %q, decision %q, said %q, sent %q, told %q", b.state, b.outcome, decision, said, b.sent, b.told)
	want := fmt.Sprintf("%s, outcome %q, decision %q, said %q, sent %q, told %q", m.state, m.outcome, m.decision, m.say, m.sent, m.told)
	if got == want {
		return ""
	}
	return "\n got " + got + "\nwant " + want
}

// same is differs without the texts, for millions of steps.
func (b *bench) same(letter string, m *model) bool {
	if string(b.state) != m.state || string(b.outcome) != m.outcome || !slices.Equal(b.sent, m.sent) || !slices.Equal(b.told, m.told) {
		return false
	}
	return b.differs(letter, m) == ""
}

// start gives both as they are when a call begins.
func start(incoming bool) (*bench, *model) {
	b := newBench(incoming)
	b.replies, b.sent, b.told = nil, nil, nil
	return b, &model{incoming: incoming, state: "requested"}
}

// walk takes every sequence of so many further steps. With seen, a state from
// which as many steps were taken before is not walked again.
func walk(t *testing.T, b *bench, m *model, path []string, steps int, seen map[string]int) (walked int) {
	for _, letter := range b.letters() {
		next, nm := b.clone(), *m
		next.step(letter, &nm)
		walked++
		if !next.same(letter, &nm) {
			t.Fatalf("%s:%s", strings.Join(append(path, letter), ", "), next.differs(letter, &nm))
		}
		checkSound(t, append(path, letter), b, next)
		if steps == 1 {
			continue
		}
		if seen != nil {
			k := next.key(&nm)
			if seen[k] >= steps-1 {
				continue
			}
			seen[k] = steps - 1
		}
		walked += walk(t, next, &nm, append(path, letter), steps-1, seen)
	}
	return walked
}

// key is all that the future of both depends on.
func (b *bench) key(m *model) string {
	var s strings.Builder
	v := reflect.ValueOf(b.course)
	for i := range v.NumField() {
		switch f := v.Field(i); f.Type() {
		case reflect.TypeFor[*claim]():
			if !f.IsNil() {
				c := (*claim)(f.UnsafePointer())
				fmt.Fprint(&s, c.kind, c.reason, c.host, slices.Index(b.out, c))
			}
		case reflect.TypeFor[time.Time]():
			fmt.Fprint(&s, f.IsZero())
		default:
			fmt.Fprint(&s, f)
		}
		s.WriteByte(' ')
	}
	for _, c := range b.out {
		fmt.Fprint(&s, c.kind, c.host, " ")
	}
	fmt.Fprint(&s, b.timer, b.waiting, " ", m.state, m.word, m.taken, len(m.out), kindOf(m.asking), m.patient, m.hint,
		kindOf(m.maybe), m.decision, slices.Index(m.out, m.declined), m.outcome, m.connected, m.talked)
	return s.String()
}

// checkSound is what holds whatever the model says.
func checkSound(t *testing.T, path []string, before, after *bench) {
	var wrong string
	switch {
	case !after.state.reached(before.state):
		wrong = "the state went back"
	case before.decision != nil && after.decision != before.decision:
		wrong = "a second decision"
	case before.outcome != "" && after.outcome != before.outcome:
		wrong = "a second outcome"
	case after.outcome == Declined && after.decision == nil:
		wrong = "declined by nobody"
	case after.outcome == "" && !after.timer && (after.incoming || after.state != Active):
		wrong = "nothing will end it"
	}
	if wrong != "" {
		t.Fatalf("%s: %s", strings.Join(path, ", "), wrong)
	}
}

// TestSequences takes a call through all sequences of so many things that can
// happen to it.
func TestSequences(t *testing.T) {
	steps := 4
	if os.Getenv("LUAHOST_FULL") != "" {
		steps = 6
	}
	for _, incoming := range []bool{true, false} {
		b, m := start(incoming)
		t.Logf("incoming %v: %d sequences of up to %d steps", incoming, walk(t, b, m, nil, steps, nil), steps)
	}
}

// TestAllStates takes it through sequences of any length, leaving out what
// follows on a state that it has been in.
func TestAllStates(t *testing.T) {
	for _, incoming := range []bool{true, false} {
		b, m := start(incoming)
		seen := map[string]int{}
		walked := walk(t, b, m, nil, 12, seen)
		t.Logf("incoming %v: %d steps, %d states", incoming, walked, len(seen))
	}
}

func TestLongSequences(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b, m := start(random.IntN(4) > 0)
		var path []string
		for range 40 {
			letters := b.letters()
			letter := letters[random.IntN(len(letters))]
			if random.IntN(3) > 0 && slices.Contains(updates, letter) {
				continue // else most calls end at once
			}
			path = append(path, letter)
			before := b.clone()
			b.replies, b.sent, b.told = nil, nil, nil
			b.step(letter, m)
			if d := b.differs(letter, m); d != "" {
				t.Fatalf("%s:%s", strings.Join(path, ", "), d)
			}
			checkSound(t, path, before, b)
		}
	}
}

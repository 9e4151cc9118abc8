package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"luahost/bindings/phonetest"
	"luahost/internal/call"
	"luahost/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is what happens to an example, and what has to come of it. Usually Ann, a
// stranger, rings at eleven on a friday evening, the rules are asked, and she
// hangs up if nobody did. An example that waits for messages is written one.
type scene struct {
	at      string // "2026-03-06 23:00", in Berlin
	contact bool   // Ann is saved
	scam    bool
	video   bool
	work    bool          // the other account is rung
	name    string        // first name, else Ann
	before  int           // rings before, a minute apart
	talk    bool          // another script answers, and they talk
	answers bool          // the example itself answers, and they talk
	sleeps  time.Duration // what the example waits for
	text    string        // that is written
	want    string        // an outcome, "matched" of a rule that decides nothing here, or "wrote: …"
}

// scenes are those that are not as usual, by folder and name. An example of a rule
// must have matched, and one of a handler must have run without an error, also
// where nothing more is wanted.
var scenes = map[string]scene{
	"functions/rule": {want: "declined"},
	"functions/find": {want: "wrote: Sorry, boss."},

	"when/video":    {video: true, want: "declined"},
	"when/account":  {work: true, want: "declined"},
	"when/days":     {at: "2026-03-07 04:59", want: "declined"},
	"when/between":  {at: "2026-03-07 06:59", want: "declined"},
	"when/tz":       {at: "2026-03-06 15:00", want: "declined"},
	"when/from":     {contact: true, want: "missed"},
	"when/repeated": {before: 2, want: "missed"},
	"when/any":      {at: "2026-03-07 12:00", want: "declined"},
	"when/all":      {at: "2026-03-06 13:00", want: "declined"},
	"when/none":     {name: "Zoe", want: "declined"},
	"when/match":    {name: "Your Bank", want: "declined"},

	"events/call":          {scam: true, want: "declined"},
	"events/call.accepted": {talk: true, want: "answered"},
	"events/call.active":   {talk: true, want: "answered"},
	"events/call.ended":    {contact: true, want: "wrote: Sorry, I missed your call. I'll call back."},
	"events/message":       {text: "where are you?", want: "wrote: On my way."},

	"call/peer":     {want: "declined"},
	"call/incoming": {want: "wrote: Sorry, I missed your call."},
	"call/video":    {video: true, want: "declined"},
	"call/state":    {sleeps: 20 * time.Second, want: "declined"},
	"call/duration": {talk: true, want: "answered"},
	"call/emojis":   {talk: true, want: "answered"},
	"call/decline":  {want: "declined"},
	"call/accept":   {contact: true, answers: true, want: "answered"},
	"call/hangup":   {talk: true, sleeps: time.Hour}, // as answered or failed: the host gives up meanwhile
	"call/reply":    {want: "wrote: I can't talk right now. Leave me a message."},
	"call/block":    {before: 4, want: "declined"},
	"call/wait":     {sleeps: 20 * time.Second, want: "declined"},
	"call/rate":     {talk: true, want: "answered"},

	"calls/active":  {text: "busy?", want: "wrote: no"},
	"message/id":    {want: "wrote: I have read this."},
	"message/text":  {text: "Ping", want: "wrote: pong"},
	"message/reply": {want: "wrote: "},
}

// TestExamples runs the example of every page.
func TestExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range chapters() {
		for _, e := range c.entries {
			name := c.folder + "/" + e.Name
			seen[name] = true
			t.Run(name, func(t *testing.T) { run(t, e.Example, scenes[name]) })
		}
	}
	for name := range scenes {
		if !seen[name] {
			t.Errorf("the scene of %s has no page", name)
		}
	}
}

func run(t *testing.T, example string, s scene) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if s.at == "" {
		s.at = "2026-03-06 23:00"
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s.at, berlin)
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{"example.lua": example}
	if s.talk {
		scripts["talk.lua"] = `on("call", function(call) assert(call:accept()) end)`
	}
	w := phonetest.New(t, at, scripts)
	w.Zone = berlin
	w.Person(simulator.User{FirstName: "Bob", Username: "bob"})
	user := simulator.User{FirstName: "Ann", Username: "ann", Scam: s.scam}
	if s.name != "" {
		user = simulator.User{FirstName: s.name}
	}
	who := w.Person(user)
	if s.contact {
		if err := w.Telegram.AddContact(w.Home.ID, who.UserID()); err != nil {
			t.Fatal(err)
		}
	}
	p := play{World: w, scene: s, who: who}
	if strings.Contains(example, `on("message"`) {
		p.write()
	} else {
		for range s.before {
			p.ring(false)
			w.Clock.Advance(time.Minute)
		}
		p.ring(true)
	}
	if got, ok := strings.CutPrefix(s.want, "wrote: "); ok {
		if texts := w.Got(who); got != "" && !slices.Contains(texts, got) {
			t.Errorf("wrote %q, want %q", texts, got)
		}
	}
}

// play is a scene at work.
type play struct {
	*phonetest.World
	scene
	who     *simulator.Client
	awaited int // handlers that must have ended
}

// ended waits for the handlers of an event.
func (p *play) ended(event string) {
	for _, s := range p.Status() {
		p.awaited += s.Handlers[event]
	}
	p.Check(p.awaited)
}

func (p *play) write() {
	text := p.text
	if text == "" {
		text = "hello"
	}
	p.Write(p.who, text)
	p.ended("message")
	if p.awaited != 1 {
		p.Errorf("%d handlers ran, want 1", p.awaited)
	}
}

// ring has the person of the scene ring, up to the end of the call.
func (p *play) ring(last bool) {
	line := p.Home
	if p.work {
		line = p.Work
	}
	if p.talk || p.answers {
		end, c := p.Talk(p.who, p.video)
		p.ended(call.EventCall)
		p.ended(call.EventAccepted)
		p.sleep()
		p.ended(call.EventActive)
		p.Over(end, c)
		p.finish(c)
		return
	}
	end, c := p.RingAt(line, p.who, p.video)
	if p.sleeps > 0 { // not before the caller knows that it rings, or Telegram gives up
		if err := c.Wait(p.Context(), call.Ringing); err != nil {
			p.Fatal(err)
		}
	}
	p.sleep()
	p.Asked(c)
	if matched := slices.ContainsFunc(p.Trace(c), func(line string) bool { return strings.HasSuffix(line, ": matched") }); matched {
		p.awaited++ // the rule
	} else if p.rules() > 0 && last {
		p.Errorf("the rule did not match: %q", p.Trace(c))
	}
	p.ended(call.EventCall)
	p.Over(end, c)
	if last {
		p.finish(c)
	} else {
		p.ended(call.EventEnded)
	}
}

// sleep lets the time pass that a handler waits for.
func (p *play) sleep() {
	if p.sleeps > 0 {
		p.Timers(p.sleeps, 1)
		p.Clock.Advance(p.sleeps)
	}
}

func (p *play) rules() (n int) {
	for _, s := range p.Status() {
		n += s.Handlers["rule"]
	}
	return n
}

func (p *play) finish(c *call.Call) {
	p.ended(call.EventEnded)
	if p.awaited == 0 {
		p.Error("nothing of the example ran")
	}
	if got := fmt.Sprint(c.Outcome()); p.want != "" && !strings.HasPrefix(p.want, "wrote: ") && got != p.want {
		p.Errorf("the outcome is %s, want %s", got, p.want)
	}
}

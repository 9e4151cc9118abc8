package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"luahost/bindings/phonetest"
	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/webhook"
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
	hook    string        // the body of a web hook that comes instead of Ann
	quiet   bool          // nobody comes
	later   time.Duration // that passes afterwards
	runs    string        // the event whose handler has run then
	want    string        // an outcome, "matched" of a rule that decides nothing here, "wrote: …", "saved: …"
}

// scenes are those that are not as usual, by folder and name. An example of a rule
// must have matched, and one of a handler must have run without an error, also
// where nothing more is wanted.
var scenes = map[string]scene{
	"functions/rule": {want: "declined"},
	"functions/find": {want: "wrote: Sorry, boss."},

	"functions/sleep":  {sleeps: 20 * time.Second, want: "declined"},
	"functions/after":  {contact: true, later: 30 * time.Minute, runs: "timer.call-back", want: "saved: Call Ann back"},
	"functions/every":  {quiet: true, later: time.Hour, runs: "every"},
	"functions/daily":  {quiet: true, at: "2026-03-06 19:30", later: 30 * time.Minute, runs: "daily", want: "saved: 0 missed calls today"},
	"functions/cron":   {at: "2026-03-06 10:00", later: 15 * time.Minute, runs: "cron", want: "saved: A call was missed"},
	"functions/timers": {later: 30 * time.Minute, runs: "timer.call-back", want: "wrote: Shall I call you back?"},

	"timer/data": {later: 5 * time.Minute, runs: "timer.remind"},
	"timer/name": {later: 5 * time.Minute, runs: "timer.remind"},
	"timer/due":  {later: 90 * time.Second, runs: "after"},
	"timer/stop": {sleeps: 20 * time.Second, want: "declined"},

	"store/delete": {text: "forget me", want: "wrote: Done."},
	"store/keys":   {text: "who called?", want: "wrote: 0 callers: "},
	"store/shared": {text: "away", want: "wrote: Noted."},
	"log/info":     {want: "declined"},
	"json/null":    {want: "wrote: Without a note."},

	"events/timer.NAME": {later: 30 * time.Minute, runs: "timer.call-back", want: "saved: Call back"},
	"events/http.NAME":  {hook: `{"title": "smoke"}`, want: "saved: Alert: smoke"},
	"events/load":       {quiet: true, runs: "load"},
	"events/unload":     {quiet: true},

	"hook/body":    {hook: "smoke", want: "saved: smoke"},
	"hook/form":    {hook: "text=smoke", want: "saved: smoke"},
	"hook/headers": {hook: "smoke"},
	"hook/json":    {hook: `{"host": "web-3", "state": "down"}`, want: "saved: web-3 is down"},
	"hook/method":  {hook: "smoke", want: "saved: smoke"},
	"hook/name":    {hook: "smoke"},
	"hook/query":   {hook: "smoke", want: "saved: Alarm in the cellar"},

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
	p.ended("load")
	switch {
	case s.quiet:
	case s.hook != "":
		p.alert()
	case strings.Contains(example, `on("message"`):
		p.write()
	default:
		for range s.before {
			p.ring(false)
			w.Clock.Advance(time.Minute)
		}
		p.ring(true)
	}
	if s.later > 0 {
		w.Clock.Advance(s.later)
	}
	if s.runs != "" {
		w.RunsOf(s.runs)
		w.Check(0)
	}
	if got, ok := strings.CutPrefix(s.want, "saved: "); ok {
		if texts := w.Saved(); len(texts) != 1 || !strings.HasPrefix(texts[0], got) {
			t.Errorf("saved %q, want %q", texts, got)
		}
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

// alert sends the web hook of the scene.
func (p *play) alert() {
	p.Hook(webhook.Request{
		Name: "alert", Method: http.MethodPost, Query: url.Values{"room": {"cellar"}},
		Header: http.Header{"User-Agent": {"sensor"}, "Content-Type": {"application/x-www-form-urlencoded"}}, Body: p.hook,
	})
	p.ended("http.alert")
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
	if p.awaited == 0 && p.runs == "" {
		p.Error("nothing of the example ran")
	}
	if got := fmt.Sprint(c.Outcome()); p.want != "" && !strings.Contains(p.want, ": ") && got != p.want {
		p.Errorf("the outcome is %s, want %s", got, p.want)
	}
}

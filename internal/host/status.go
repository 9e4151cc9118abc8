package host

import (
	"time"

	"luahost/bindings/calls"
	"luahost/bindings/rule"
	"luahost/internal/call"
	"luahost/internal/script"
)

// Status is what the host is doing. It is made of values and may be sent.
type Status struct {
	Started  time.Time       `json:"started"`
	Accounts []AccountStatus `json:"accounts"`
	Scripts  []ScriptStatus  `json:"scripts"`
	Calls    []CallStatus    `json:"calls"`
}

// AccountStatus is one account of the configuration.
type AccountStatus struct {
	Name  string `json:"name"`
	User  int64  `json:"user,omitempty"` // 0: not logged in yet
	Bot   bool   `json:"bot"`
	State string `json:"state"` // connected, connecting or stopped
	Error string `json:"error,omitempty"`
}

// ScriptStatus is one script of the folder.
type ScriptStatus struct {
	Name       string         `json:"name"`
	Generation string         `json:"generation,omitempty"` // that runs; "": none was ever loaded
	Loaded     time.Time      `json:"loaded,omitzero"`
	Handlers   map[string]int `json:"handlers"`
	InFlight   int            `json:"in_flight"` // handlers at work
	Error      string         `json:"error,omitempty"`

	Failed      *Failure           `json:"failed,omitempty"`     // the last of this generation's handlers
	Suspended   string             `json:"suspended,omitempty"`  // why nothing of it runs until it changes or is reloaded
	Stuck       string             `json:"stuck,omitempty"`      // where it was stuck since it last changed
	Limits      map[string]int     `json:"limits,omitempty"`     // how often each was reached
	Refused     int                `json:"refused,omitempty"`    // handlers that were not started for that
	Repeated    int                `json:"repeated,omitempty"`   // errors that were only counted
	Slowed      bool               `json:"slowed,omitempty"`     // it computes a lot, and waits for that
	LateRules   []string           `json:"late_rules,omitempty"` // that are not waited for
	Generations []GenerationStatus `json:"generations"`          // the oldest first
}

// Failure is an error of a handler.
type Failure struct {
	At    time.Time `json:"at"`
	Event string    `json:"event"`
	Text  string    `json:"error"`
}

// GenerationStatus is a generation of a script that is open, and what keeps it so.
type GenerationStatus struct {
	Generation string    `json:"generation"`
	Since      time.Time `json:"since"` // when it was loaded
	Live       bool      `json:"live"`
	Handlers   int       `json:"handlers"`
	Calls      int       `json:"calls"`
	Timers     int       `json:"timers"`
}

// CallStatus is one call that goes on.
type CallStatus struct {
	ID       int64     `json:"id,string"` // other programs' numbers cannot hold it
	Account  string    `json:"account"`
	Peer     int64     `json:"peer"`
	Name     string    `json:"name"`
	Incoming bool      `json:"incoming"`
	Video    bool      `json:"video"`
	State    string    `json:"state"`
	Date     time.Time `json:"date"`
	Decision string    `json:"decision,omitempty"` // with whose it was: decline by rule "night" (night.lua:4)
}

// Status may be called from any goroutine.
func (h *Host) Status() Status {
	s := Status{Started: h.started, Accounts: []AccountStatus{}, Scripts: []ScriptStatus{}, Calls: []CallStatus{}}
	for _, l := range h.router.order {
		s.Accounts = append(s.Accounts, l.status())
	}
	late := h.lateRules()
	for _, sc := range h.scripts.Status() {
		status := scriptStatus(sc)
		status.LateRules = late[sc.Name]
		s.Scripts = append(s.Scripts, status)
	}
	for _, c := range h.phone.book.Active(0) {
		s.Calls = append(s.Calls, statusOf(c))
	}
	return s
}

// lateRules are the names of the rules that are not waited for, by script.
func (h *Host) lateRules() map[string][]string {
	late := map[string][]string{}
	for _, r := range h.scripts.Registered(rule.Event) {
		if r.Tag.(*rule.Rule).Late() {
			late[r.Script] = append(late[r.Script], r.Tag.(*rule.Rule).Name)
		}
	}
	return late
}

func scriptStatus(sc script.Status) ScriptStatus {
	s := ScriptStatus{
		Name: sc.Name, Generation: sc.Generation, Loaded: sc.Loaded, Handlers: sc.Handlers, InFlight: sc.InFlight,
		Failed: (*Failure)(sc.Failed), Suspended: sc.Suspended, Stuck: sc.Stuck, Limits: sc.Limits, Refused: sc.Refused, Repeated: sc.Repeated, Slowed: sc.Slowed,
		Generations: []GenerationStatus{},
	}
	if sc.LastError != nil {
		s.Error = sc.LastError.Error()
	}
	for _, g := range sc.Generations {
		s.Generations = append(s.Generations, GenerationStatus(g))
	}
	return s
}

func (l *line) status() AccountStatus {
	a := l.account
	s := AccountStatus{Name: a.Name(), Bot: a.Bot(), State: "connecting"}
	if self := a.Self(); self != nil {
		s.User = self.ID
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fault != nil:
		s.State, s.Error = "stopped", l.fault.Error()
	case a.Connected():
		s.State = "connected"
	}
	return s
}

func statusOf(c *call.Call) CallStatus {
	s := CallStatus{
		ID: c.ID(), Account: c.Account().Name, Peer: c.From().ID, Name: calls.Name(c.From()), Incoming: c.Incoming(),
		Video: c.Video(), State: string(c.State()), Date: c.Date(),
	}
	if kind, by, ok := c.Decision(); ok {
		s.Decision = kind + " by " + by.String()
	}
	return s
}

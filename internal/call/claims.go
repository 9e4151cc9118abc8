package call

import (
	"strconv"
	"strings"

	"github.com/gotd/td/tgerr"

	"luahost/internal/store"
)

// verb is what somebody wants done about a call.
type verb string

const (
	decline verb = "decline"
	accept  verb = "accept"
	ignore  verb = "ignore"
	hangup  verb = "hangup"
	discard verb = "discard" // phone.discardCall by its name: decline or hangup, as the call stands
)

// doing and done are for "night.lua:4 is declining the call".
func (v verb) doing() string {
	return map[verb]string{decline: "is declining", accept: "is accepting", hangup: "is hanging up"}[v]
}

func (v verb) done() string {
	return map[verb]string{decline: "has declined", accept: "has accepted", ignore: "has ignored", hangup: "has hung up"}[v]
}

// claim is somebody's wish to decide about a call, or to end it. Of those that
// contradict each other one at a time goes out to Telegram, which has the last
// word.
type claim struct {
	kind   verb
	reason string // of a discard
	by     By
	host   bool // by the host, at a timeout

	reply chan error // nil if granted, and then what became of it; ignore gets one reply only
}

// result is what came of a request that ends or accepts a call.
type result struct {
	line   *store.Entry // for the trace; nil if somebody else writes it
	err    error
	unsent bool // err came before the request itself
	over   bool // the answer says that the call has ended:
	end    end  // so
	entry  bool // it brings the entry in the history, as it does to whoever ended the call
}

// ask is somebody who wants to decide.
func (m *course) ask(c *claim) {
	if c.kind == discard {
		c.kind = hangup
		if m.incoming && m.accepted.IsZero() {
			c.kind = decline
		}
	}
	if err := m.refusal(c); err != nil {
		m.do(traced{kind: "note", name: string(c.kind), text: "refused: " + brief(err), by: c.by, failed: true})
		m.do(replied{c, err})
		return
	}
	if c.kind == ignore {
		m.decide(c)
	} else {
		m.claim, m.overdue = c, false
		m.do(traced{kind: "note", name: string(c.kind), text: "asks Telegram" + withReason(c.reason), by: c.by})
	}
	m.do(replied{c, nil})
}

// refusal says why c may not be asked of Telegram.
func (m *course) refusal(c *claim) error {
	switch {
	case m.state == Ended:
		return m.errEnded()
	case m.claim != nil && m.claim.host:
		return refuse(CallEnded, "luahost is ending the call")
	case m.claim != nil:
		return errDecided(m.claim, false)
	case c.kind == hangup && m.incoming && m.accepted.IsZero():
		return refuse(CallNotActive, "the call was not accepted: decline it")
	case c.kind == hangup:
		return nil
	case !m.incoming:
		return refuse(CallNotIncoming, "the call is an outgoing one: hang it up")
	case m.decision != nil:
		return errDecided(m.decision, true)
	}
	return nil
}

func (m *course) errEnded() error {
	if m.declined != nil {
		return refuse(CallEnded, "the call has ended: %s %s it", m.declined.by, decline.done())
	}
	return errOver(m.outcome)
}

func withReason(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// decide makes c the decision about the call. Where the answer to an earlier
// claim was lost, and somebody else has decided since, that one stays.
func (m *course) decide(c *claim) {
	if m.decision != nil {
		m.do(traced{kind: "note", name: string(c.kind), text: "Telegram did it after all", by: c.by})
		return
	}
	m.decision = c
	text := c.reason
	if c.by.Rule != "" {
		text = strings.TrimPrefix(text+", by rule "+strconv.Quote(c.by.Rule), ", ")
	}
	m.do(traced{kind: "decision", name: string(c.kind), text: text, by: c.by})
}

// took says that our accept has taken effect.
func (m *course) took(c *claim) {
	if m.claim == c {
		m.claim = nil
	}
	m.answer, m.doubt, m.beaten = c, nil, false
	m.decide(c)
	if m.state == Ended { // it was over at once
		m.accepted = m.now
		return
	}
	m.answeredHere()
}

// answered is the answer to what c was granted.
func (m *course) answered(c *claim, r result) {
	if m.claim == c {
		m.claim = nil
	}
	if c.kind == accept {
		m.do(replied{c, m.acceptAnswered(c, r)})
	} else {
		m.do(replied{c, m.discardAnswered(c, r)})
	}
}

// acceptAnswered returns what whoever wanted to accept is told.
func (m *course) acceptAnswered(c *claim, r result) error {
	arrivedBefore := tgerr.Is(r.err, "CALL_ALREADY_ACCEPTED") && m.doubt != nil && m.doubt.kind == accept
	switch {
	case m.answer == c: // phoneCall was faster than the answer
		return nil
	case m.outcome != "" && r.err == nil:
		m.trace("note", string(accept), "too late: hanging up")
		m.do(asked{request: discardCall, reason: reasonDisconnect})
		return m.errEnded()
	case m.outcome != "":
		return r.err
	case r.err == nil || arrivedBefore:
		m.took(c)
		if m.said {
			m.settle()
		}
		return nil
	}
	m.failedOf(c, r)
	return r.err
}

// failedOf goes on after a request of c that did not do what it should, as far
// as is known: c is given back if the call still rings.
func (m *course) failedOf(c *claim, r result) {
	ringing := m.incoming && m.accepted.IsZero()
	switch {
	case lost(r.err) && !r.unsent:
		m.doubt = c
		m.do(traced{kind: "note", name: string(c.kind), text: "no answer, Telegram may have done it: " + brief(r.err), by: c.by, failed: true})
	default:
		m.do(traced{kind: "note", name: string(c.kind), text: "given back: " + brief(r.err), by: c.by, failed: true})
	}
	switch {
	case ringing && (m.beaten || tgerr.Is(r.err, "CALL_ALREADY_ACCEPTED")):
		m.takenElsewhere()
	case m.said:
		m.settle()
	case m.state == Ended: // its outcome is waited for
	case tgerr.Is(r.err, "CALL_ALREADY_DECLINED"):
		m.unseenEnd()
	case c.host:
		m.giveUp(c)
	}
}

// unseenEnd is for a refusal which says that the call is over, and not how.
func (m *course) unseenEnd() {
	m.close()
	if m.doubt != nil && m.doubt.kind == decline { // then that was it
		m.said, m.end = true, end{reason: m.doubt.reason}
		m.settle()
		return
	}
	m.do(timed{answerLimit})
}

// discardAnswered returns what whoever wanted to end the call is told. Telegram
// answers a phone.discardCall also when the call has ended before, and then says
// with which reason it did. It was ours if the answer brings the call's entry in
// the history, which everybody else gets as an update, or if the reason is ours:
// a request that was sent twice, because its answer was lost, gets no entry. When
// another device has declined with the same reason in the same instant, both did.
func (m *course) discardAnswered(c *claim, r result) error {
	switch {
	case m.outcome != "" && m.declined == c:
		return nil
	case m.outcome != "":
		return m.errEnded()
	case r.err != nil:
		m.failedOf(c, r)
		if m.declined == c {
			return nil
		}
		return r.err
	}
	ours := r.entry || r.over && r.end.reason == c.reason && !m.elsewhere || !r.over && (!m.said || m.end.reason == c.reason)
	if !m.said {
		m.said, m.end = true, end{reason: c.reason, talked: !m.active.IsZero(), duration: m.talk()}
		if r.over {
			m.end = r.end
		}
	}
	m.close()
	switch {
	case ours && c.kind == decline && m.accepted.IsZero():
		m.declined = c
		m.decide(c)
	case ours && c.host:
		m.failed = !m.accepted.IsZero()
	}
	m.settle()
	if ours || m.declined != nil && m.declined.by == c.by {
		return nil
	}
	return m.errEnded()
}

package call

import (
	"fmt"
	"time"
)

// The limits of waiting that Telegram's configuration does not give.
const (
	// answerLimit is how long the end of a call waits for the answer to a
	// request of ours that may have been what ended it.
	answerLimit = 10 * time.Second
	// elsewhereLimit is how long a call that another device took is followed
	// for its outcome: a talk there ends when it ends. After that it is
	// ended_elsewhere, and the history still corrects the log.
	elsewhereLimit = time.Hour
)

// Limits are the timeouts of calls, as help.getConfig gives them.
// https://core.telegram.org/constructor/config
type Limits struct {
	Receive time.Duration // for a device of the callee to say that it rings
	Ring    time.Duration // for somebody to answer
	Connect time.Duration // for both to be connected after that
}

// defaultLimits are Telegram's at the time of writing.
var defaultLimits = Limits{Receive: 20 * time.Second, Ring: 90 * time.Second, Connect: 30 * time.Second}

// course is how one call goes. Its methods take in one thing that happened each,
// at the time now, and leave in effects what is to be done about it. It has no
// goroutine, no clock and makes no requests: all that belongs to the owner.
type course struct {
	incoming bool
	made     bool // an outgoing one, which a script of ours made
	limits   Limits
	now      time.Time

	state    State
	rang     time.Time
	accepted time.Time // zero: was not, so far; and the next two
	active   time.Time
	ended    time.Time

	said      bool // Telegram has said that the call ended:
	end       end  // so
	elsewhere bool // it has said that another device took the call
	beaten    bool // the same, while our own accept was not answered

	claim    *claim // is with Telegram, not answered
	overdue  bool   // and was waited for once
	doubt    *claim // its answer was lost: Telegram may have done it
	decision *claim // the first to take effect; the only one, but where a lost answer misled
	answer   *claim // our accept that took effect
	declined *claim // our decline, which ended the call

	failed   bool // these are facts for the outcome
	timedOut bool
	outcome  Outcome // "": not settled

	effects []effect
}

// effect is one of the following.
type effect any

type (
	// traced is a line of the trace.
	traced struct {
		kind, name, text string
		by               By
		failed           bool
	}
	// given is an event for Options.Event.
	given struct{ event string }
	// timed sets the one timer, or stops it if after is 0.
	timed struct{ after time.Duration }
	// replied tells who claims: granted, refused, or what became of it.
	replied struct {
		to  *claim
		err error
	}
	// asked is a request of the host itself. With a claim, the answer is wanted.
	asked struct {
		request request
		reason  string
		claim   *claim
	}
)

// request is one that the host makes by itself.
type request string

const (
	receivedCall request = "phone.receivedCall"
	discardCall  request = "phone.discardCall"
)

func (m *course) do(e effect) { m.effects = append(m.effects, e) }

func (m *course) trace(kind, name, format string, args ...any) {
	m.do(traced{kind: kind, name: name, text: fmt.Sprintf(format, args...)})
}

// begin is the call's first sign: phoneCallRequested of an incoming one.
func (m *course) begin() {
	m.state, m.rang = Requested, m.now
	if !m.incoming {
		m.trace("update", "phoneCallWaiting", "the call is requested")
		m.do(timed{m.limits.Receive})
		return
	}
	m.trace("update", "phoneCallRequested", "it rings")
	m.do(timed{m.limits.Ring})
	m.do(given{EventCall})
	m.do(asked{request: receivedCall})
}

// beginEnded is the first sign of a call whose end came before it: it did not ring.
func (m *course) beginEnded(e end) {
	m.state, m.rang = Requested, m.now
	m.trace("update", "phoneCallDiscarded", "%s, before the call itself", e)
	m.hear(e)
}

// received says that the callee's device rings: ours, or that of whom we called.
func (m *course) received() {
	if m.state != Requested {
		return
	}
	m.state = Ringing
	m.do(timed{m.limits.Ring})
}

// heardWaiting is phoneCallWaiting, which the caller gets again when it rings.
func (m *course) heardWaiting(received bool) {
	switch {
	case m.incoming, m.state != Requested, !received:
		m.trace("update", "phoneCallWaiting", "nothing new")
	default:
		m.trace("update", "phoneCallWaiting", "it rings there")
		m.received()
	}
}

// heardRequested is phoneCallRequested of a call that is known.
func (m *course) heardRequested() { m.trace("update", "phoneCallRequested", "again, nothing new") }

// heardAccepted is phoneCallAccepted: whom we called has answered.
func (m *course) heardAccepted() {
	if m.incoming || m.state.reached(Accepted) {
		m.trace("update", "phoneCallAccepted", "nothing new")
		return
	}
	m.trace("update", "phoneCallAccepted", "answered there")
	m.answeredHere()
}

// answeredHere moves on to accepted.
func (m *course) answeredHere() {
	m.state, m.accepted = Accepted, m.now
	m.do(timed{m.limits.Connect})
	m.do(given{EventAccepted})
}

// heardConfirmed is phoneCall: both have the key. Keys is what is wrong with it.
func (m *course) heardConfirmed(keys error) {
	switch {
	case m.state == Ended || m.state == Active:
		m.trace("update", "phoneCall", "late, nothing new")
		return
	case m.incoming && m.accepted.IsZero():
		mine := m.accepting()
		if mine == nil {
			m.trace("update", "phoneCall", "ignored: the call was not accepted here")
			return
		}
		m.took(mine)
	case m.accepted.IsZero():
		m.answeredHere()
	}
	if keys != nil {
		m.do(traced{kind: "update", name: "phoneCall", text: brief(keys), failed: true})
		m.hangUp(reasonDisconnect)
		return
	}
	m.trace("update", "phoneCall", "both sides have the key")
	m.state, m.active = Active, m.now
	if m.incoming {
		m.do(timed{m.limits.Connect}) // for the sound
	} else {
		m.do(timed{})
	}
	m.do(given{EventActive})
}

// accepting is our accept that is with Telegram, or of which nothing was heard.
func (m *course) accepting() *claim {
	for _, c := range []*claim{m.claim, m.doubt} {
		if c != nil && c.kind == accept {
			return c
		}
	}
	return nil
}

// heardDiscarded is phoneCallDiscarded.
func (m *course) heardDiscarded(e end) {
	const name = "phoneCallDiscarded"
	switch {
	case m.outcome != "" || m.said:
		m.trace("update", name, "%s, nothing new", e)
	case m.incoming && m.accepted.IsZero() && e == (end{}):
		m.trace("update", name, "no reason: another device took the call")
		m.heardTaken()
	default:
		m.trace("update", name, "%s", e)
		m.hear(e)
	}
}

// heardTaken is phoneCallDiscarded without a reason, while it rings here.
func (m *course) heardTaken() {
	switch {
	case m.claim != nil && m.claim.kind == accept:
		m.beaten = true // the answer will say so too
	case !m.elsewhere:
		m.takenElsewhere()
	}
}

// heardHistory is messageActionPhoneCall: the call is over for good.
func (m *course) heardHistory(e end) {
	const name = "messageActionPhoneCall"
	if m.outcome != "" || m.said {
		m.trace("update", name, "%s, nothing new", e)
		return
	}
	m.trace("update", name, "%s", e)
	m.hear(e)
}

// hear takes in how the call ended. Whether it was we who ended it, the answer to
// a request that is under way will tell.
func (m *course) hear(e end) {
	m.said, m.end = true, e
	m.close()
	if m.claim != nil {
		m.do(timed{answerLimit})
		return
	}
	m.settle()
}

// takenElsewhere ends the call for all decisions. What became of it is said later.
func (m *course) takenElsewhere() {
	m.elsewhere, m.beaten = true, false
	m.close()
	if m.said {
		if m.claim == nil {
			m.settle()
		}
		return
	}
	m.do(timed{elsewhereLimit})
}

func (m *course) close() {
	if m.state != Ended {
		m.state, m.ended = Ended, m.now
		m.do(timed{})
	}
}

// fired is the timer.
func (m *course) fired() {
	ringing := m.incoming && m.accepted.IsZero()
	switch {
	case m.outcome != "":
	case m.state == Ended:
		m.trace("note", "timer", "no word of how the call ended")
		m.settle()
	case m.claim != nil && !m.overdue:
		m.overdue = true // its answer may yet tell
		m.do(timed{answerLimit})
	case m.claim != nil:
		m.giveUp(m.claim)
	case ringing && m.doubt != nil && m.doubt.kind == decline:
		m.trace("note", "timer", "it rings no more: asking whether the decline of %s arrived", m.doubt.by)
		m.discard(&claim{kind: decline, by: m.doubt.by, reason: m.doubt.reason, host: true})
	case ringing:
		m.trace("note", "timer", "nobody answered in %s", m.limits.Ring)
		m.timedOut = true
		m.close()
		m.settle()
	case !m.incoming && !m.made: // another device's, which goes on as far as we know
		m.trace("note", "timer", "nothing more was heard of it here")
		m.timedOut = m.accepted.IsZero()
		m.close()
		m.settle()
	case m.state.reached(Accepted):
		m.trace("note", "timer", "not connected in %s", m.limits.Connect)
		m.hangUp(reasonDisconnect)
	default:
		m.trace("note", "timer", "nobody answered")
		m.hangUp(reasonMissed)
	}
}

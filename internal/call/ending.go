package call

import "time"

// hangUp ends the call at a timeout.
func (m *course) hangUp(reason string) {
	if m.claim == nil {
		m.discard(&claim{kind: hangup, reason: reason, host: true})
	}
}

func (m *course) discard(c *claim) {
	m.claim, m.overdue = c, true
	m.do(asked{request: discardCall, reason: c.reason, claim: c})
	m.do(timed{answerLimit})
}

// giveUp ends the call here without Telegram's word.
func (m *course) giveUp(c *claim) {
	m.trace("note", "timer", "Telegram does not answer, the call is given up")
	m.claim = nil
	m.failed = c.host && !m.accepted.IsZero()
	m.timedOut = m.accepted.IsZero()
	m.close()
	m.settle()
}

// settle says how the call ended.
func (m *course) settle() {
	for _, c := range []*claim{m.doubt, m.claim} {
		// Its answer is missing, and the call ended just as it would have by it.
		if c != nil && c.kind == decline && m.said && !m.elsewhere && m.declined == nil && m.accepted.IsZero() && m.end == (end{reason: c.reason}) {
			m.declined = c
			m.decide(c)
		}
	}
	m.outcome = m.facts().outcome()
	m.do(timed{})
	m.trace("outcome", string(m.outcome), "%s", m.summary())
	m.do(given{EventEnded})
}

// interrupt ends the call with the host.
func (m *course) interrupt() {
	switch {
	case m.outcome != "":
		return
	case m.said || m.elsewhere:
		m.settle()
		return
	}
	m.close()
	m.outcome = Interrupted
	m.trace("outcome", string(Interrupted), "luahost went away")
	m.do(timed{})
}

func (m *course) facts() facts {
	return facts{
		incoming: m.incoming, declined: m.declined != nil, failed: m.failed, timedOut: m.timedOut,
		accepted: !m.accepted.IsZero(), active: !m.active.IsZero(), elsewhere: m.elsewhere, end: m.end,
	}
}

// talk is how long both have talked.
func (m *course) talk() time.Duration {
	switch {
	case m.end.talked:
		return m.end.duration
	case m.active.IsZero():
		return 0
	case m.ended.IsZero():
		return m.now.Sub(m.active)
	}
	return m.ended.Sub(m.active)
}

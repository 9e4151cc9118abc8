package simulator

import (
	"cmp"
	"fmt"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
)

// Timeouts are how long a call may wait for its next step, as help.getConfig
// tells it. The documentation has the clients keep them; our choice is that
// Telegram keeps them as well, so that a call also ends when nobody does.
type Timeouts struct {
	Receive time.Duration // for a device of the callee to say that it rings; default 20 s, then missed
	Ring    time.Duration // for somebody to answer; default 90 s, then missed
	Connect time.Duration // for the caller to confirm; default 30 s, then disconnect
	Packet  time.Duration // without a packet, see Telegram.Packets; default 10 s, then disconnect
}

func (o *Timeouts) setDefaults() {
	o.Receive = cmp.Or(o.Receive, 20*time.Second)
	o.Ring = cmp.Or(o.Ring, 90*time.Second)
	o.Connect = cmp.Or(o.Connect, 30*time.Second)
	o.Packet = cmp.Or(o.Packet, 10*time.Second)
}

// State is how far a call has come.
type State string

// A call goes through these from the top to the bottom, and may end at any time.
const (
	Requested State = "requested" // phone.requestCall
	Ringing   State = "ringing"   // phone.receivedCall
	Accepted  State = "accepted"  // phone.acceptCall
	Active    State = "active"    // phone.confirmCall
	Ended     State = "ended"
)

// Reason is why a call ended: what follows phoneCallDiscardReason in the name,
// its first letter lowered.
type Reason string

// The reasons of the API.
const (
	Missed     Reason = "missed"
	Disconnect Reason = "disconnect"
	Hangup     Reason = "hangup"
	Busy       Reason = "busy"
	Migrated   Reason = "migrateConferenceCall"
)

// Call is a call as it stood at one moment. Times that are zero did not come.
type Call struct {
	ID         int64
	From, To   int64 // user ids
	Video      bool
	State      State
	Requested  time.Time
	Received   time.Time
	Accepted   time.Time
	Confirmed  time.Time
	Ended      time.Time
	AcceptedOn [8]byte       // which client of the callee
	Reason     Reason        // "": the call has not ended, or none was given
	Duration   time.Duration // as the history tells it; 0 for a call that never was active
	EndedBy    int64         // user id; 0: a timeout
	EndedOn    [8]byte       // which client
	Rating     int           // 1 to 5; 0: not rated
	Comment    string        // beside the rating
	DebugSize  int           // bytes of debug data that came last
	LogSize    int           // bytes of the log that came last
}

// party is one side of a call.
type party struct {
	user   *user
	device *Client // that asked for the call or accepted it; nil: none yet
}

// call is guarded by Telegram.mu.
type call struct {
	Call
	from, to    party
	slug        string // of a conference that the call moved to
	gAHash      []byte
	gA, gB      []byte
	fingerprint int64
	protocol    tg.PhoneCallProtocol // the caller's, then what both can
	timer       clock.Timer          // ends the call in its present state
}

// Calls gives all calls in the order of their requests.
func (t *Telegram) Calls() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := make([]Call, len(t.record))
	for i, c := range t.record {
		calls[i] = c.Call
	}
	return calls
}

// changed tells of a call's new state, and ends the call if that lasts too long.
func (t *Telegram) changed(c *call, state State) {
	c.State = state
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	switch state {
	case Requested:
		t.limit(c, t.timeouts.Receive, Missed)
	case Ringing:
		t.limit(c, t.timeouts.Ring, Missed)
	case Accepted:
		t.limit(c, t.timeouts.Connect, Disconnect)
	}
	t.snapshot(c)
}

func (t *Telegram) snapshot(c *call) {
	t.log.Debug("call", "call", c.ID, "from", c.From, "to", c.To, "state", string(c.State), "reason", string(c.Reason))
	if t.onCall != nil {
		t.onCall.post(c.Call)
		t.unread = append(t.unread, t.onCall)
	}
}

// limit ends c for reason unless it leaves its present state within d.
func (t *Telegram) limit(c *call, d time.Duration, reason Reason) {
	state := c.State
	var timer clock.Timer
	timer = t.clock.AfterFunc(d, func() {
		t.mu.Lock()
		defer t.release()
		if c.State == state && c.timer == timer { // else it was stopped too late
			c.Duration = c.talked(t.clock.Now())
			t.end(c, nil, reason)
		}
	})
	c.timer = timer
}

// Packets says whether the packets of an active call arrive, which they do from
// its beginning. When they have stayed away for Timeouts.Packet, the call ends as
// disconnected: by the clients, as documented, or else by Telegram, which is our
// choice, as the real one does not see packets.
func (t *Telegram) Packets(callID int64, arrive bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.calls[callID]
	if c == nil || c.State != Active {
		return fmt.Errorf("packets: no active call has the id %d", callID)
	}
	switch {
	case arrive && c.timer != nil:
		c.timer.Stop()
		c.timer = nil
	case !arrive && c.timer == nil:
		t.limit(c, t.timeouts.Packet, Disconnect)
	}
	return nil
}

// end ends a call for both sides. The device that ended it, if any, gets the
// updates as its answer, which is returned; all other devices of both sides are
// told. The history of both gets the call.
func (t *Telegram) end(c *call, by *Client, reason Reason) (answer *tg.Updates) {
	c.Ended, c.Reason = t.clock.Now(), reason
	c.gAHash, c.gA, c.gB = nil, nil, nil // nobody can ask for them any more; the record is kept
	if by != nil {
		c.EndedBy, c.EndedOn = by.user.ID, by.key
	}
	for _, side := range []party{c.from, c.to} {
		if side.user.line == c {
			side.user.line, side.user.closed = nil, false
		}
	}
	t.changed(c, Ended)
	sent, received := t.post(c.from.user, c.to.user, message{call: c}, nil)
	tell := func(side *user, entry *tg.UpdateNewMessage) {
		updates := t.envelope(side, c.users(), c.update(c.discarded()), entry)
		t.tellAll(side, by, updates)
		if by != nil && by.user == side {
			answer = updates
		}
	}
	tell(c.from.user, sent)
	tell(c.to.user, received)
	return answer
}

// users are those whom every update about the call mentions.
func (c *call) users() []*user { return []*user{c.from.user, c.to.user} }

// talked is how long the call has been active, in whole seconds.
func (c *call) talked(now time.Time) time.Duration {
	if c.Confirmed.IsZero() {
		return 0
	}
	return now.Sub(c.Confirmed).Truncate(time.Second)
}

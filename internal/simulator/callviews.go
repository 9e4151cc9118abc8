package simulator

import (
	"slices"
	"time"

	"github.com/gotd/td/tg"
)

// What each side is shown of a call: https://core.telegram.org/api/calls. Each
// is made anew, as the objects belong to those who get them.

func (c *call) update(seen tg.PhoneCallClass) *tg.UpdatePhoneCall {
	return &tg.UpdatePhoneCall{PhoneCall: seen}
}

// answer shows a call to one who asked for something about it.
func (t *Telegram) answer(c *call, viewer *user, seen tg.PhoneCallClass) *tg.PhonePhoneCall {
	return &tg.PhonePhoneCall{PhoneCall: seen, Users: t.usersSeenBy(viewer, c.users()...)}
}

func (t *Telegram) callHash(c *call, viewer *user) int64 {
	return t.accessHash("call", viewer.ID, c.ID)
}

func (t *Telegram) waiting(c *call, viewer *user) *tg.PhoneCallWaiting {
	seen := &tg.PhoneCallWaiting{
		ID: c.ID, AccessHash: t.callHash(c, viewer), Video: c.Video, Date: unix(c.Requested),
		AdminID: c.From, ParticipantID: c.To, Protocol: c.agreed(),
	}
	if !c.Received.IsZero() {
		seen.SetReceiveDate(unix(c.Received))
	}
	return seen
}

func (t *Telegram) requested(c *call) *tg.PhoneCallRequested {
	return &tg.PhoneCallRequested{
		ID: c.ID, AccessHash: t.callHash(c, c.to.user), Video: c.Video, Date: unix(c.Requested),
		AdminID: c.From, ParticipantID: c.To, GAHash: slices.Clone(c.gAHash), Protocol: c.agreed(),
	}
}

// accepted has the date of the acceptance, as it is documented; the date of the
// others is that of the request.
func (t *Telegram) accepted(c *call) *tg.PhoneCallAccepted {
	return &tg.PhoneCallAccepted{
		ID: c.ID, AccessHash: t.callHash(c, c.from.user), Video: c.Video, Date: unix(c.Accepted),
		AdminID: c.From, ParticipantID: c.To, GB: slices.Clone(c.gB), Protocol: c.agreed(),
	}
}

// confirmed shows viewer the other side's half of the key. Our choice: there are
// no relays, so a call reaches the other side directly or not at all.
func (t *Telegram) confirmed(c *call, viewer *user) *tg.PhoneCall {
	half := c.gA
	if viewer == c.from.user {
		half = c.gB
	}
	return &tg.PhoneCall{
		ID: c.ID, AccessHash: t.callHash(c, viewer), Video: c.Video, Date: unix(c.Requested),
		AdminID: c.From, ParticipantID: c.To, GAOrB: slices.Clone(half), KeyFingerprint: c.fingerprint,
		Protocol: c.agreed(), Connections: []tg.PhoneConnectionClass{}, StartDate: unix(c.Confirmed),
		P2PAllowed: c.protocol.UDPP2P && c.from.user.lets(phoneP2P, c.to.user) &&
			c.to.user.lets(phoneP2P, c.from.user),
	}
}

// discarded is the same for both sides. Our choice: a rating is wanted after
// each call that was active, and debug data never.
func (c *call) discarded() *tg.PhoneCallDiscarded {
	seen := &tg.PhoneCallDiscarded{ID: c.ID, Video: c.Video, NeedRating: !c.Confirmed.IsZero()}
	if reason := c.reason(); reason != nil {
		seen.SetReason(reason)
	}
	if !c.Confirmed.IsZero() {
		seen.SetDuration(int(c.Duration / time.Second))
	}
	return seen
}

// action is the call in the history of both sides.
func (c *call) action() *tg.MessageActionPhoneCall {
	seen := &tg.MessageActionPhoneCall{CallID: c.ID, Video: c.Video}
	if reason := c.reason(); reason != nil {
		seen.SetReason(reason)
	}
	if !c.Confirmed.IsZero() {
		seen.SetDuration(int(c.Duration / time.Second))
	}
	return seen
}

// reasonOf reads a reason; that of a move to a conference names the conference.
func reasonOf(in tg.PhoneCallDiscardReasonClass) (r Reason, slug string) {
	switch in := in.(type) {
	case *tg.PhoneCallDiscardReasonMissed:
		return Missed, ""
	case *tg.PhoneCallDiscardReasonDisconnect:
		return Disconnect, ""
	case *tg.PhoneCallDiscardReasonBusy:
		return Busy, ""
	case *tg.PhoneCallDiscardReasonMigrateConferenceCall:
		return Migrated, in.Slug
	}
	return Hangup, ""
}

func (c *call) reason() tg.PhoneCallDiscardReasonClass {
	switch c.Reason {
	case Missed:
		return &tg.PhoneCallDiscardReasonMissed{}
	case Disconnect:
		return &tg.PhoneCallDiscardReasonDisconnect{}
	case Hangup:
		return &tg.PhoneCallDiscardReasonHangup{}
	case Busy:
		return &tg.PhoneCallDiscardReasonBusy{}
	case Migrated:
		return &tg.PhoneCallDiscardReasonMigrateConferenceCall{Slug: c.slug}
	}
	return nil
}

func (c *call) agreed() tg.PhoneCallProtocol {
	protocol := c.protocol
	protocol.Flags = 0
	protocol.LibraryVersions = slices.Clone(protocol.LibraryVersions)
	return protocol
}

func unix(at time.Time) int { return int(at.Unix()) }

package story

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// Words for what Telegram says, without what differs from one run to the next: ids
// are numbers in the order of the story, and dates are counted from its start.

// answer is the last answer that a device got.
func (p *player) answer(d *device) string {
	switch a := d.last.(type) {
	case *tg.PhonePhoneCall:
		return p.call(d, a.PhoneCall) + p.users(a.Users)
	case *tg.UpdatesBox:
		return p.updates(d, a.Updates)
	case *tg.BoolBox:
		return strings.ToLower(strings.TrimPrefix(a.Bool.TypeName(), "bool"))
	}
	return fmt.Sprintf("%T", d.last)
}

func (p *player) updates(d *device, u tg.UpdatesClass) string {
	all, ok := u.(*tg.Updates)
	if !ok {
		return u.TypeName()
	}
	var words []string
	for _, u := range all.Updates {
		words = append(words, p.update(d, u))
	}
	if len(words) == 0 {
		return "no updates"
	}
	return strings.Join(words, "; ") + p.users(all.Users)
}

func (p *player) update(d *device, u tg.UpdateClass) string {
	switch u := u.(type) {
	case *tg.UpdatePhoneCall:
		return p.call(d, u.PhoneCall)
	case *tg.UpdateNewMessage:
		return fmt.Sprintf("%s pts %d", p.message(u.Message), u.Pts)
	case *tg.UpdateMessageID:
		return fmt.Sprintf("message %d was sent", u.ID)
	case *tg.UpdatePhoneCallSignalingData:
		return fmt.Sprintf("signaling %s %q", p.number(u.PhoneCallID), u.Data)
	case *tg.UpdatePeerBlocked:
		return fmt.Sprintf("%s blocked %v", p.peerName(u.PeerID), u.Blocked)
	case *tg.UpdatePeerSettings:
		return fmt.Sprintf("%s stranger %v", p.peerName(u.Peer), u.Settings.AddContact)
	case *tg.UpdatePrivacy:
		return u.Key.TypeName() + " " + privacyWords(u.Rules)
	}
	return u.TypeName()
}

func privacyWords(rules []tg.PrivacyRuleClass) string {
	var words []string
	for _, r := range rules {
		words = append(words, strings.TrimPrefix(r.TypeName(), "privacyValue"))
	}
	return strings.Join(words, ", ")
}

// number names a call by its place in the story.
func (p *player) number(id int64) string {
	at := slices.Index(p.calls, id)
	if at < 0 {
		at = len(p.calls)
		p.calls = append(p.calls, id)
	}
	return fmt.Sprintf("#%d", at+1)
}

// call describes a call as a device was shown it, and remembers what the device
// needs to go on with it.
func (p *player) call(d *device, c tg.PhoneCallClass) string {
	switch c := c.(type) {
	case *tg.PhoneCallWaiting:
		words := p.common(d, c) + p.at(c.Date)
		if received, ok := c.GetReceiveDate(); ok {
			words += ", received" + p.at(received)
		}
		return "waiting " + words
	case *tg.PhoneCallRequested:
		return fmt.Sprintf("requested %s%s, g_a_hash of %d", p.common(d, c), p.at(c.Date), len(c.GAHash))
	case *tg.PhoneCallAccepted:
		d.accepted[c.ID] = c
		return fmt.Sprintf("accepted %s%s, g_b of %d", p.common(d, c), p.at(c.Date), len(c.GB))
	case *tg.PhoneCall:
		return fmt.Sprintf("active %s%s, started%s, p2p %v, %s", p.common(d, c), p.at(c.Date), p.at(c.StartDate), c.P2PAllowed, d.keys(c))
	case *tg.PhoneCallDiscarded:
		words := "discarded " + p.number(c.ID) + video(c.Video) + ending(c.GetReason())(c.GetDuration())
		if c.NeedRating {
			words += ", wants a rating"
		}
		if c.NeedDebug {
			words += ", wants debug data"
		}
		return words
	}
	return c.TypeName()
}

// shown is what all calls that have not ended tell.
type shown interface {
	GetID() int64
	GetAccessHash() int64
	GetAdminID() int64
	GetParticipantID() int64
	GetVideo() bool
	GetProtocol() tg.PhoneCallProtocol
}

func (p *player) common(d *device, c shown) string {
	words := fmt.Sprintf("%s %s->%s%s", p.number(c.GetID()), p.names[c.GetAdminID()], p.names[c.GetParticipantID()], video(c.GetVideo()))
	if known, ok := d.hashes[c.GetID()]; ok && known != c.GetAccessHash() {
		words += " BY ANOTHER ACCESS HASH"
	}
	d.hashes[c.GetID()], d.heardOf = c.GetAccessHash(), c.GetID()
	protocol, usual := c.GetProtocol(), simulator.Protocol()
	protocol.Flags, usual.Flags = 0, 0
	if fmt.Sprint(protocol) != fmt.Sprint(usual) {
		words += fmt.Sprintf(" BY ANOTHER PROTOCOL %v", protocol)
	}
	return words
}

// keys says whether the call has the key that this device computes.
func (d *device) keys(c *tg.PhoneCall) string {
	e := d.ends[c.ID]
	switch {
	case e == nil:
		return "key not known"
	case c.AdminID == d.ID && bytes.Equal(e.Key(), nil):
		return "no key"
	case c.AdminID == d.ID:
		return "key confirmed"
	case e.Confirmed(c):
		return "keys agree"
	}
	return "KEYS DIFFER"
}

func (p *player) message(m tg.MessageClass) string {
	switch m := m.(type) {
	case *tg.Message:
		return fmt.Sprintf("%s %s: %q%s", direction(m.Out), p.peerName(m.PeerID), m.Message, p.at(m.Date))
	case *tg.MessageService:
		a := m.Action.(*tg.MessageActionPhoneCall)
		return fmt.Sprintf("%s %s: call %s%s%s%s", direction(m.Out), p.peerName(m.PeerID), p.number(a.CallID), video(a.Video),
			ending(a.GetReason())(a.GetDuration()), p.at(m.Date))
	}
	return m.TypeName()
}

func (p *player) messages(all []tg.MessageClass) string {
	var words []string
	for _, m := range all {
		words = append(words, p.message(m))
	}
	return strings.Join(words, "; ")
}

// users are those who are described beside something.
func (p *player) users(users []tg.UserClass) string {
	var words []string
	for _, u := range users {
		u := u.(*tg.User)
		name := p.names[u.ID]
		for _, flag := range []struct {
			name string
			set  bool
		}{{"self", u.Self}, {"contact", u.Contact}, {"mutual", u.MutualContact}, {"phone", u.Phone != "" && !u.Self}} {
			if flag.set {
				name += "+" + flag.name
			}
		}
		words = append(words, name)
	}
	return " [" + strings.Join(words, " ") + "]"
}

func (p *player) peerName(peer tg.PeerClass) string {
	if u, ok := peer.(*tg.PeerUser); ok {
		return p.names[u.UserID]
	}
	return peer.TypeName()
}

func (p *player) at(date int) string {
	return " at " + (time.Duration(int64(date)-start.Unix()) * time.Second).String()
}

func direction(out bool) string {
	if out {
		return "to"
	}
	return "from"
}

func video(is bool) string {
	if is {
		return " video"
	}
	return ""
}

func ending(reason tg.PhoneCallDiscardReasonClass, given bool) func(int, bool) string {
	words := ""
	if given {
		name := strings.TrimPrefix(reason.TypeName(), "phoneCallDiscardReason")
		words = ": " + strings.ToLower(name[:1]) + name[1:]
		if moved, ok := reason.(*tg.PhoneCallDiscardReasonMigrateConferenceCall); ok {
			words += " " + moved.Slug
		}
	}
	return func(duration int, given bool) string {
		if given {
			return fmt.Sprintf("%s after %ds", words, duration)
		}
		return words
	}
}

// record is what Telegram itself keeps of the story.
func (p *player) record() (lines []string) {
	for _, c := range p.stage.Telegram().Calls() {
		words := fmt.Sprintf("%s %s->%s%s, %s, requested%s", p.number(c.ID), p.names[c.From], p.names[c.To], video(c.Video),
			c.State, p.when(c.Requested))
		for _, step := range []struct {
			name string
			at   time.Time
		}{{"received", c.Received}, {"accepted", c.Accepted}, {"confirmed", c.Confirmed}, {"ended", c.Ended}} {
			if !step.at.IsZero() {
				words += ", " + step.name + p.when(step.at)
			}
		}
		words += p.on(" on ", c.AcceptedOn) + " " + string(c.Reason) + p.on(" by ", c.EndedOn)
		words += fmt.Sprintf(" talked %v", c.Duration)
		if c.Rating+c.DebugSize+c.LogSize > 0 {
			words += fmt.Sprintf(", rated %d %q, debug data of %d, log of %d", c.Rating, c.Comment, c.DebugSize, c.LogSize)
		}
		lines = append(lines, words)
	}
	return lines
}

func (p *player) when(at time.Time) string { return " " + at.Sub(start).String() }

func (p *player) on(word string, key [8]byte) string {
	for _, d := range p.devices {
		if d.client.Key() == key {
			return word + d.name
		}
	}
	return ""
}

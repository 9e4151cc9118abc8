package call

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// reasonNamed is nil for what is no reason.
func reasonNamed(name string) tg.PhoneCallDiscardReasonClass {
	switch name {
	case reasonMissed:
		return &tg.PhoneCallDiscardReasonMissed{}
	case reasonDisconnect:
		return &tg.PhoneCallDiscardReasonDisconnect{}
	case reasonHangup:
		return &tg.PhoneCallDiscardReasonHangup{}
	case reasonBusy:
		return &tg.PhoneCallDiscardReasonBusy{}
	}
	return nil
}

// nameOf is what follows phoneCallDiscardReason in the name of a reason, its
// first letter lowered; "" for none.
func nameOf(reason tg.PhoneCallDiscardReasonClass) string {
	if reason == nil {
		return ""
	}
	name := strings.TrimPrefix(reason.TypeName(), "phoneCallDiscardReason")
	return strings.ToLower(name[:1]) + name[1:]
}

// ending is what tells of an end: phoneCallDiscarded and messageActionPhoneCall.
type ending interface {
	GetReason() (tg.PhoneCallDiscardReasonClass, bool)
	GetDuration() (int, bool)
}

func endOf(p ending) *end {
	reason, _ := p.GetReason()
	seconds, talked := p.GetDuration()
	return &end{reason: nameOf(reason), talked: talked, duration: time.Duration(seconds) * time.Second}
}

// String is for the trace.
func (e end) String() string {
	reason := e.reason
	if reason == "" {
		reason = "no reason"
	}
	if e.talked {
		return fmt.Sprintf("%s, %s of talk", reason, e.duration)
	}
	return reason
}

// resultOf reads the answer to phone.discardCall about c.
func (c *Call) resultOf(answer tg.UpdatesClass, err error) result {
	r := result{err: err}
	for _, u := range updatesIn(answer) {
		switch u := u.(type) {
		case *tg.UpdatePhoneCall:
			if p, ok := u.PhoneCall.(*tg.PhoneCallDiscarded); ok && p.ID == c.peer.ID {
				r.over, r.end = true, *endOf(p)
			}
		case *tg.UpdateNewMessage:
			if _, action := phoneCallIn(u.Message); action != nil && action.CallID == c.peer.ID {
				r.entry = true
				if !r.over {
					r.over, r.end = true, *endOf(action)
				}
			}
		}
	}
	return r
}

func updatesIn(u tg.UpdatesClass) []tg.UpdateClass {
	switch u := u.(type) {
	case *tg.Updates:
		return u.Updates
	case *tg.UpdatesCombined:
		return u.Updates
	case *tg.UpdateShort:
		return []tg.UpdateClass{u.Update}
	}
	return nil
}

// phoneCallIn is the call in an entry of the history.
func phoneCallIn(m tg.MessageClass) (*tg.MessageService, *tg.MessageActionPhoneCall) {
	service, ok := m.(*tg.MessageService)
	if !ok {
		return nil, nil
	}
	action, ok := service.Action.(*tg.MessageActionPhoneCall)
	if !ok {
		return nil, nil
	}
	return service, action
}

// decoded is what an answer was decoded into: gotd's types, or whatever shows
// them by Object, as bindings do.
func decoded(out bin.Decoder) any {
	if holder, ok := out.(interface{ Object() bin.Object }); ok {
		return holder.Object()
	}
	return out
}

// updatesOf is an answer that is updates, or nil.
func updatesOf(out bin.Decoder) tg.UpdatesClass {
	switch answer := decoded(out).(type) {
	case *tg.UpdatesBox:
		return answer.Updates
	case tg.UpdatesClass:
		return answer
	}
	return nil
}

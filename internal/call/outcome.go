package call

import "time"

// Outcome is how a call ended, for this account.
type Outcome string

// How each comes about; facts.outcome is the table. "Said" is by phoneCallDiscarded, by
// the answer to a request, or by messageActionPhoneCall in the history: whichever
// comes first, and the history also corrects the log of a call that the host had
// to settle without Telegram's word.
const (
	Declined          Outcome = "declined"           // our decline ended it
	Answered          Outcome = "answered"           // it was active here, and one of the two hung up
	Missed            Outcome = "missed"             // said, or the ring timeout passed and nothing was heard; an outgoing call that was not answered or was taken back
	Busy              Outcome = "busy"               // the callee of our call declined it with this reason
	HungUp            Outcome = "hangup"             // ended with this reason before it was active, not by our decline
	Disconnected      Outcome = "disconnected"       // ended with reason disconnect: after it was active, or while it rang
	Failed            Outcome = "failed"             // accepted here, and not connected in time; or the keys were not as promised
	Interrupted       Outcome = "interrupted"        // the host went away in the middle of it
	AnsweredElsewhere Outcome = "answered_elsewhere" // rang here, and the end tells of talk
	DeclinedElsewhere Outcome = "declined_elsewhere" // rang here, ended with reason busy, and not by us
	EndedElsewhere    Outcome = "ended_elsewhere"    // another device took it, and Telegram did not say what became of it
)

// Telegram's reasons, as they are called here and in Lua: what follows
// phoneCallDiscardReason in the name, its first letter lowered.
const (
	reasonMissed     = "missed"
	reasonDisconnect = "disconnect"
	reasonHangup     = "hangup"
	reasonBusy       = "busy"
)

// end is what Telegram says of a call's end.
type end struct {
	reason   string // "": none given
	talked   bool   // a duration was given, also one of 0
	duration time.Duration
}

// facts are what an outcome is made of.
type facts struct {
	incoming  bool
	declined  bool // by us, and that is what ended it
	failed    bool // we ended it, because it was not connected in time or the keys were wrong
	timedOut  bool // it rang for as long as a call can, and nothing was heard
	accepted  bool // on this device, or by whom we called
	active    bool
	elsewhere bool // another device of ours took it
	end       end
}

// outcome is the table. The first line that fits counts.
func (f facts) outcome() Outcome {
	reason := f.end.reason
	switch {
	case f.declined:
		return Declined
	case f.failed && f.incoming:
		return Failed
	case f.active && reason == reasonDisconnect:
		return Disconnected
	case f.active:
		return Answered

	// Not active, as far as we saw. A duration says that it was.
	case f.end.talked && f.incoming && !f.accepted:
		return AnsweredElsewhere
	case f.end.talked && reason == reasonDisconnect:
		return Disconnected
	case f.end.talked:
		return Answered

	case f.incoming && f.accepted && (reason == reasonDisconnect || reason == ""):
		return Failed
	case f.incoming && !f.accepted && reason == reasonBusy:
		return DeclinedElsewhere
	case f.elsewhere:
		return EndedElsewhere
	case reason == reasonBusy:
		return Busy
	case f.incoming && f.accepted && reason == reasonMissed: // the caller gave up before the two were connected
		return HungUp
	case reason == reasonMissed || f.timedOut:
		return Missed
	case reason == reasonHangup:
		return HungUp
	case reason == reasonDisconnect || !f.incoming:
		return Disconnected
	}
	return EndedElsewhere
}

package call

import "slices"

// model is what a call must do, told a second time: as rules, of which the first
// that fits a step counts. It shares nothing with course but the names of states
// and outcomes. A step is a letter such as "missed" (phoneCallDiscarded with that
// reason), "entry:busy" (the history), "decline" (somebody wants to) or "ours 0"
// (the answer to the oldest request that is out).
type model struct {
	incoming  bool
	state     string
	word      string   // how the call ended, by Telegram; "": not told; "none": told without a reason
	taken     bool     // by another device
	out       []string // requests whose answers are missing, the oldest first
	asking    string   // which of them holds the others off, "" if none
	asked     int      // how many were sent, which is the number of the last
	patient   bool     // the timer has rung once for it
	hint      bool     // another device has it, and our accept is not answered
	maybe     string   // a request of which no answer came
	decision  string
	declined  string // the decline that ended the call, by number
	outcome   string
	connected bool // was accepted here
	talked    bool // was active

	say  string   // what whoever asked is told
	sent []string // requests
	told []string // events
}

// outcomes is by how far a call has come here, and Telegram's word on its end.
var outcomes = map[string]map[string]string{
	"rang": {
		"": "ended_elsewhere", "none": "ended_elsewhere", "busy": "declined_elsewhere", "missed": "missed",
		"hangup": "hangup", "disconnect": "disconnected", "talk": "answered_elsewhere",
	},
	"taken": {
		"": "ended_elsewhere", "none": "ended_elsewhere", "busy": "declined_elsewhere", "missed": "ended_elsewhere",
		"hangup": "ended_elsewhere", "disconnect": "ended_elsewhere", "talk": "answered_elsewhere",
	},
	"accepted": {
		"": "failed", "none": "failed", "busy": "busy", "missed": "hangup",
		"hangup": "hangup", "disconnect": "failed", "talk": "answered",
	},
	"active": {
		"": "answered", "none": "answered", "busy": "answered", "missed": "answered",
		"hangup": "answered", "disconnect": "disconnected", "talk": "answered",
	},
	"out": {
		"": "disconnected", "none": "disconnected", "busy": "busy", "missed": "missed",
		"hangup": "hangup", "disconnect": "disconnected", "talk": "answered",
	},
}

func (m *model) stage() string {
	switch {
	case m.talked:
		return "active"
	case !m.incoming:
		return "out"
	case m.connected:
		return "accepted"
	case m.taken:
		return "taken"
	}
	return "rang"
}

func (m *model) finish(outcome string) {
	if m.maybeDeclined() {
		outcome = "declined"
		m.decide("decline")
	}
	m.state, m.outcome, m.asking = "ended", outcome, ""
	m.told = append(m.told, EventEnded)
}

func (m *model) judge() { m.finish(outcomes[m.stage()][m.word]) }

// maybeDeclined: a decline without an answer, and an end just like it.
func (m *model) maybeDeclined() bool {
	if m.word != "busy" || m.taken || m.connected {
		return false
	}
	for _, one := range []string{m.maybe, m.asking} {
		if kindOf(one) == "decline" {
			m.declined = one
			return true
		}
	}
	return false
}

func (m *model) decide(kind string) {
	if m.decision == "" {
		m.decision = kind
	}
}

func (m *model) answer(kind string) {
	m.connected = true
	if kind != "" {
		m.decide(kind)
	}
	if m.state != "ended" {
		m.state = "accepted"
		m.told = append(m.told, EventAccepted)
	}
}

// hear is Telegram's word that the call is over for good.
func (m *model) hear(word string) {
	if m.word != "" || m.outcome != "" {
		return
	}
	m.word, m.state = word, "ended"
	if m.asking == "" {
		m.judge()
	}
}

func (m *model) take() {
	m.taken, m.hint, m.state = true, false, "ended"
	if m.word != "" && m.asking == "" {
		m.judge()
	}
}

// update is a letter that somebody else brings about.
func (m *model) update(letter string) {
	ringsHere := m.incoming && !m.connected
	switch {
	case letter == "received" && m.state == "requested":
		m.state = "ringing"
	case m.outcome != "":
	case letter == "gone" && ringsHere && kindOf(m.asking) == "accept":
		m.hint = m.hint || m.word == ""
	case letter == "gone" && ringsHere:
		if m.word == "" && !m.taken {
			m.take()
		}
	case letter == "gone" || letter == "entry:none":
		m.hear("none")
	case letter == "busy" || letter == "missed" || letter == "hangup" || letter == "disconnect" || letter == "talk":
		m.hear(letter)
	case letter == "entry:busy" || letter == "entry:talk":
		m.hear(letter[len("entry:"):])
	case letter == "accepted" && !m.incoming && (m.state == "requested" || m.state == "ringing"):
		m.answer("")
	case letter == "key" || letter == "badkey":
		m.key(letter == "key")
	}
}

func (m *model) key(good bool) {
	if m.state == "ended" || m.state == "active" {
		return
	}
	if !m.connected {
		kind := ""
		switch {
		case !m.incoming:
		case kindOf(m.asking) == "accept":
			kind, m.asking = "accept", ""
		case kindOf(m.maybe) == "accept":
			kind = "accept"
		default:
			return
		}
		if m.incoming {
			m.hint, m.maybe = false, ""
		}
		m.answer(kind)
	}
	switch {
	case good:
		m.state, m.talked = "active", true
		m.told = append(m.told, EventActive)
	case m.asking == "":
		m.send("host", "disconnect")
	}
}

func (m *model) send(kind, reason string) {
	m.asked++
	m.asking = kind + ":" + reason + ":" + string(rune('a'+m.asked))
	m.patient = kind == "host" || kind == "decline!"
	m.out = append(m.out, m.asking)
	if m.patient {
		m.sent = append(m.sent, "discard "+reason)
	}
}

func kindOf(request string) string {
	for i := range request {
		if request[i] == ':' {
			if request[:i] == "decline!" { // the host's own
				return "decline"
			}
			return request[:i]
		}
	}
	return ""
}

// want is somebody who wants to act.
func (m *model) want(kind string) {
	host := m.patient && m.asking != "" && (kindOf(m.asking) == "host" || m.asking[len("decline")] == '!')
	switch {
	case m.state == "ended" || host:
		m.say = CallEnded
	case m.asking != "":
		m.say = CallAlreadyDecided
	case kind == "hangup" && m.incoming && !m.connected:
		m.say = CallNotActive
	case kind == "hangup":
		m.say = "go"
		m.send(kind, "hangup")
	case !m.incoming:
		m.say = CallNotIncoming
	case m.decision != "":
		m.say = CallAlreadyDecided
	case kind == "ignore":
		m.say = "go"
		m.decide(kind)
	case kind == "decline":
		m.say = "go"
		m.send(kind, "busy")
	default:
		m.say = "go"
		m.send(kind, "")
	}
}

// timer is a timeout.
func (m *model) timer() {
	switch {
	case m.state == "ended":
		m.judge()
	case m.asking != "" && !m.patient:
		m.patient = true
	case m.asking != "":
		m.giveUp(kindOf(m.asking) == "host")
	case m.incoming && !m.connected && kindOf(m.maybe) == "decline":
		m.send("decline!", "busy")
	case m.incoming && !m.connected:
		m.finish("missed")
	case m.state == "accepted" || m.state == "active":
		m.send("host", "disconnect")
	default:
		m.send("host", "missed")
	}
}

func (m *model) giveUp(host bool) {
	m.asking = ""
	switch {
	case !m.connected:
		m.finish("missed")
	case host && m.incoming:
		m.finish("failed")
	default:
		m.judge()
	}
}

// answered is the answer to the i-th request that is out.
func (m *model) answered(what string, i int) {
	one := m.out[i]
	m.out = slices.Delete(slices.Clone(m.out), i, i+1)
	mine := m.asking == one
	if mine {
		m.asking = ""
	}
	m.say = map[string]string{"420": "FLOOD_WAIT", "lost": "TIMEOUT", "AA": "CALL_ALREADY_ACCEPTED", "AD": "CALL_ALREADY_DECLINED"}[what]
	kind := kindOf(one)
	carried := map[string]string{"ours": "busy", "theirs busy": "busy", "theirs missed": "missed"}[what]
	if what == "ours" {
		carried = reasonIn(one)
	}
	switch {
	case kind == "accept" && !mine && m.outcome == "": // phoneCall was faster
		m.say = ""
	case kind == "accept" && m.outcome != "" && m.connected:
		m.say = ""
	case kind == "accept" && m.outcome != "":
		if m.say == "" {
			m.say = CallEnded
			m.sent = append(m.sent, "discard disconnect")
		}
	case kind == "accept" && (m.say == "" || what == "AA" && kindOf(m.maybe) == "accept"):
		m.say, m.hint, m.maybe = "", false, ""
		m.answer("accept")
		if m.word != "" {
			m.judge()
		}
	case m.outcome != "" && one == m.declined:
		m.say = ""
	case m.outcome != "":
		m.say = CallEnded
	case m.say != "":
		m.failed(one, kind, what)
	case what == "ours" || carried != "" && carried == reasonIn(one) && !m.taken || what == "ok" && (m.word == "" || m.word == reasonIn(one)):
		m.ended(one, kind, carried)
	default:
		if m.word == "" {
			m.word = carried
		}
		m.judge()
		m.say = CallEnded
		if m.declined != "" {
			m.say = "" // it was the same script's, earlier
		}
	}
}

func reasonIn(one string) string {
	switch {
	case kindOf(one) == "hangup":
		return "hangup"
	case kindOf(one) == "decline":
		return "busy"
	case one[len("host:")] == 'd':
		return "disconnect"
	}
	return "missed"
}

// ended is an end that was ours.
func (m *model) ended(one, kind, carried string) {
	if m.word == "" {
		m.word = reasonIn(one)
		if carried != "" {
			m.word = carried
		}
	}
	switch {
	case kind == "decline" && !m.connected:
		m.declined = one
		m.decide("decline")
		m.finish("declined")
	case kind == "host" && m.incoming:
		m.finish("failed")
	default:
		m.judge()
	}
}

// failed is a request that did not do what it should, as far as is known.
func (m *model) failed(one, kind, what string) {
	if what == "lost" {
		m.maybe = one
	}
	switch {
	case m.incoming && !m.connected && (m.hint || what == "AA"):
		m.take()
	case m.word != "":
		m.judge()
		if m.declined == one {
			m.say = ""
		}
	case m.state == "ended":
	case what == "AD":
		m.state = "ended"
		if kindOf(m.maybe) == "decline" {
			m.word = "busy"
			m.judge()
		}
	case kind == "host" || kind == "decline" && one[len("decline")] == '!':
		m.giveUp(kind == "host")
	}
}

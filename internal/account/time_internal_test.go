package account

import (
	"testing"
	"time"

	"github.com/gotd/td/proto"
)

func TestTimeOfTheServer(t *testing.T) {
	server := newServerTime()
	for _, step := range []struct {
		name    string
		later   time.Duration // than this computer's clock
		fresh   bool
		changed bool
		ahead   time.Duration // that is known then
	}{
		{"the same", time.Second, true, false, 0},
		{"later", time.Hour, false, true, time.Hour},
		{"as is known", time.Hour - 3*time.Second, false, false, time.Hour},
		{"held up on the way", time.Hour - time.Minute, false, false, time.Hour},
		{"earlier, without delay", time.Hour - time.Minute, true, true, time.Hour - time.Minute},
		{"earlier than any delay", 0, false, true, 0},
	} {
		before := server.New(proto.MessageFromClient)
		off, changed := server.learn(time.Now().Add(step.later), step.fresh)
		if changed != step.changed || changed && (off+step.ahead).Abs() > time.Second {
			t.Errorf("%s: off by %v, %v", step.name, off, changed)
		}
		if got := time.Until(server.Now()); (got - step.ahead).Abs() > time.Second {
			t.Errorf("%s: ahead by %v", step.name, got)
		}
		id := server.New(proto.MessageFromClient)
		if at := proto.MessageID(id).Time(); (time.Until(at) - step.ahead).Abs() > time.Second {
			t.Errorf("%s: messages are numbered at %v", step.name, at)
		}
		if !changed && id <= before {
			t.Errorf("%s: the number %d comes after %d", step.name, id, before)
		}
	}
}

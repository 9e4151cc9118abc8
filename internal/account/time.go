package account

import (
	"sync"
	"time"

	gotdclock "github.com/gotd/td/clock"
	"github.com/gotd/td/proto"
)

// serverTime is the time by Telegram's clock, as far as it is known. It is what
// gotd numbers its messages by, and judges those of the server by: with a clock
// of this computer's that is half a minute off, it would hear nothing, not even
// that (https://core.telegram.org/mtproto/description#message-identifier-msg-id).
type serverTime struct {
	mu    sync.Mutex
	ahead time.Duration // of this computer's clock
	ids   *proto.MessageIDGen
}

func newServerTime() *serverTime {
	t := new(serverTime)
	t.ids = proto.NewMessageIDGen(t.now)
	return t
}

// tolerance is how far the clocks may be apart. What a connection takes to tell
// the time is no difference, and Telegram allows 30 seconds. What comes over a
// connection that is in use may have been held up for minutes, until a ping ends
// that; it tells how late it is at least.
const (
	tolerance = 10 * time.Second
	heldUp    = 2 * time.Minute
)

// learn takes the time that the server has shown, just now if it is fresh. It
// reports whether that changes the known difference, and by how much this
// computer's clock is off.
func (t *serverTime) learn(shown time.Time, fresh bool) (off time.Duration, changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ahead := time.Until(shown)
	later := ahead - t.ahead
	if later.Abs() < tolerance || !fresh && later < 0 && later > -heldUp {
		return 0, false
	}
	t.ahead = ahead
	// A generator never goes back, not even with its clock.
	t.ids = proto.NewMessageIDGen(t.now)
	return -ahead, true
}

// now is called with t.mu held.
func (t *serverTime) now() time.Time { return time.Now().Add(t.ahead) }

// Now implements gotd's clock.Clock.
func (t *serverTime) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now()
}

// Timer implements gotd's clock.Clock.
func (t *serverTime) Timer(d time.Duration) gotdclock.Timer { return gotdclock.System.Timer(d) }

// Ticker implements gotd's clock.Clock.
func (t *serverTime) Ticker(d time.Duration) gotdclock.Ticker { return gotdclock.System.Ticker(d) }

// New implements gotd's mtproto.MessageIDSource.
func (t *serverTime) New(of proto.MessageType) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ids.New(of)
}

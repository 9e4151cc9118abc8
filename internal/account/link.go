package account

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tgerr"
)

// loginAttempts is how many connections Login tries before it gives up.
const loginAttempts = 3

// link follows the connection, and says once when it breaks and once when it
// is back. gotd calls it from its own goroutines.
type link struct {
	session *session

	mu       sync.Mutex
	ready    bool          // can requests be sent now?
	ever     bool          // could they at any time?
	down     bool          // has a loss been logged?
	back     chan struct{} // closed at the next connection; nil: nobody waits for it
	failures int           // attempts that came to nothing, since the start or the last success
	last     error         // why the connection ended; nil: gotd ended it itself, to change the data centre
}

// dead is told why a connection ended; changed follows. A connection that
// Telegram refuses, for an api_id that it does not know, say, is not tried again.
func (l *link) dead(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = err
	if tgerr.IsCode(err, 400) {
		l.session.end(l.session.loginError(err))
	}
}

func (l *link) changed(state telegram.ConnectionState) {
	switch state {
	case telegram.ConnectionStateReady:
		l.up()
	case telegram.ConnectionStateDisconnected:
		l.lost()
	}
}

// up is told by gotd of each connection, and by connect of the first.
func (l *link) up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ready {
		return
	}
	again := l.ever
	l.ready, l.ever, l.failures, l.last = true, true, 0, nil
	if l.back != nil {
		close(l.back)
		l.back = nil
	}
	if l.down {
		l.down = false
		l.session.log.Info("connected again")
	}
	if feed := l.session.feed; again && feed != nil {
		feed.catchUp()
	}
}

func (l *link) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = false
	l.failures++
	if l.session.feed == nil && !l.ever && l.failures == loginAttempts {
		l.session.end(l.unreachable())
	}
	because := l.session.wires.reason()
	if l.session.ctx.Err() != nil {
		return
	}
	switch {
	case because != nil: // we have cut it
		l.session.log.Warn(because.text, because.attrs...)
	case l.down || l.last == nil:
		return
	case !l.ever:
		l.session.log.Warn("server cannot be reached, trying again", slog.Any("err", cause(l.last)))
	default:
		l.session.log.Warn("connection lost, trying again", slog.Any("err", cause(l.last)))
	}
	l.down = true
}

// overdue is called when Login has waited long enough for a connection.
func (l *link) overdue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ever {
		l.session.end(l.unreachable())
	}
}

func (l *link) unreachable() error {
	server := l.session.opts.Server
	if server == "" {
		server = "Telegram"
	}
	if l.last == nil {
		return fmt.Errorf("%w: no answer from %s", ErrUnreachable, server)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnreachable, server, cause(l.last))
}

// next gives what is closed when there is another connection than now.
func (l *link) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.back == nil {
		l.back = make(chan struct{})
	}
	return l.back
}

// connected reports whether requests can be sent now.
func (l *link) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready
}

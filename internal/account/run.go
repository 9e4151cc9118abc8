package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/clock"
)

// pause is how long Run waits before it repeats what a broken connection ended.
const pause = 2 * time.Second

// Run connects and calls ready once, when the account is logged in and takes
// updates. It reconnects until ctx ends, which is its error then; or until it is
// of no use to go on: ErrUnauthorized, ErrRevoked, ErrWrongKey, ErrInUse.
func (a *Account) Run(ctx context.Context, ready func()) error {
	if a.opts.Store == nil {
		return errors.New("account: Run needs a Store")
	}
	file, err := openSession(a.opts.Dir, a.opts.Name)
	if err != nil {
		return err
	}
	defer file.close()
	if !file.exists() && !a.mayLogIn() {
		return a.errUnauthorized() // and no key is exchanged for nothing
	}
	return a.connect(ctx, file, true, func(ctx context.Context, s *session) error {
		if err := s.authorise(ctx); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		var watching sync.WaitGroup
		defer watching.Wait()
		defer cancel()
		watching.Go(func() { s.watch(ctx) })
		return s.feed.run(ctx, ready)
	})
}

// mayLogIn reports whether Run can log in on its own account.
func (a *Account) mayLogIn() bool { return a.Bot() || a.opts.Prompt != nil }

// authorise finds out who is logged in, and logs in if nobody is and Run may.
func (s *session) authorise(ctx context.Context) error {
	self, err := s.fetchSelf(ctx)
	switch {
	case err == nil:
		return s.become(self)
	case !nobody(err):
		return s.explain(err)
	case s.mayLogIn():
		return s.logIn(ctx)
	default:
		return s.errUnauthorized()
	}
}

// nobody reports whether err says that the session was never logged in, or not
// to the end, or was logged out as a user does it. Logging in mends all of them.
func nobody(err error) bool {
	return tgerr.Is(err, "AUTH_KEY_UNREGISTERED", "SESSION_PASSWORD_NEEDED")
}

// fetchSelf asks for the session's user, until there is an answer.
func (s *session) fetchSelf(ctx context.Context) (*tg.User, error) {
	for {
		users, err := tg.NewClient(s).UsersGetUsers(ctx, []tg.InputUserClass{&tg.InputUserSelf{}})
		if wait, passes := passing(err); passes {
			if !errors.Is(err, ErrNotConnected) { // which the link has told
				s.log.Warn("not known yet who is logged in, trying again", slog.Any("err", err))
			}
			if err := clock.Wait(ctx, s.clock, wait); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("fetch self: %w", err)
		}
		for _, u := range users {
			if self, ok := u.(*tg.User); ok {
				return self, nil
			}
		}
		return nil, errors.New("fetch self: Telegram named nobody")
	}
}

// passing reports whether the same request may be answered after a while, and
// after which: https://core.telegram.org/api/errors
func passing(err error) (wait time.Duration, passes bool) {
	if wait, flood := tgerr.AsFloodWait(err); flood {
		return max(wait, pause), true
	}
	if errors.Is(err, ErrNotConnected) || errors.Is(err, ErrTimeout) {
		return pause, true
	}
	rpc, ok := tgerr.As(err)
	return pause, ok && (rpc.Code >= 500 || rpc.Code < 0)
}

// become takes self as the session's user, unless the configuration means
// somebody else: an account that was given another phone keeps its session file.
func (s *session) become(self *tg.User) error {
	if self.Bot != s.Bot() || !s.Bot() && self.Phone != "" && "+"+self.Phone != s.opts.Phone {
		return fmt.Errorf("session file %s belongs to somebody else than the configuration says (user %d): "+
			"correct that, give the account another name, or remove the file", s.file.path, self.ID)
	}
	s.self.Store(self)
	s.known.Store(true)
	s.saw(self)
	return nil
}

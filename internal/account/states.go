package account

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/gotd/td/telegram/updates"

	"luahost/internal/store"
)

// states keeps the place in the stream of updates for gotd's manager, so that a
// message or a missed call that arrived while luahost was off is still told. It
// holds the state itself and has the store write it behind. After a crash the
// last moments are told again.
type states struct {
	session *session

	mu       sync.Mutex
	state    *store.UpdateState // nil: there is none
	channels map[int64]int
}

func newStates(s *session) *states { return &states{session: s, channels: make(map[int64]int)} }

// GetState implements updates.StateStorage. The manager calls it first.
func (s *states) GetState(ctx context.Context, user int64) (updates.State, bool, error) {
	state, found, err := s.session.opts.Store.UpdateState(ctx, user)
	if err != nil {
		return updates.State{}, false, err
	}
	channels, err := s.session.opts.Store.ChannelStates(ctx, user)
	if err != nil {
		return updates.State{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels = channels
	if found {
		s.state = &state
	}
	return updates.State(state), found, nil
}

// SetState implements updates.StateStorage.
func (s *states) SetState(_ context.Context, user int64, state updates.State) error {
	s.mu.Lock()
	s.state = new(store.UpdateState)
	s.mu.Unlock()
	return s.change(user, func(to *store.UpdateState) { *to = store.UpdateState(state) })
}

// SetPts implements updates.StateStorage.
func (s *states) SetPts(_ context.Context, user int64, pts int) error {
	return s.change(user, func(state *store.UpdateState) { state.Pts = pts })
}

// SetQts implements updates.StateStorage.
func (s *states) SetQts(_ context.Context, user int64, qts int) error {
	return s.change(user, func(state *store.UpdateState) { state.Qts = qts })
}

// SetDate implements updates.StateStorage.
func (s *states) SetDate(_ context.Context, user int64, date int) error {
	return s.change(user, func(state *store.UpdateState) { state.Date = date })
}

// SetSeq implements updates.StateStorage.
func (s *states) SetSeq(_ context.Context, user int64, seq int) error {
	return s.change(user, func(state *store.UpdateState) { state.Seq = seq })
}

// SetDateSeq implements updates.StateStorage.
func (s *states) SetDateSeq(_ context.Context, user int64, date, seq int) error {
	return s.change(user, func(state *store.UpdateState) { state.Date, state.Seq = date, seq })
}

func (s *states) change(user int64, how func(*store.UpdateState)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == nil {
		return errors.New("there is no update state to change")
	}
	how(s.state)
	s.session.opts.Store.NoteUpdateState(user, *s.state)
	return nil
}

// GetChannelPts implements updates.StateStorage.
func (s *states) GetChannelPts(_ context.Context, _, channel int64) (int, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pts, ok := s.channels[channel]
	return pts, ok, nil
}

// SetChannelPts implements updates.StateStorage.
func (s *states) SetChannelPts(_ context.Context, user, channel int64, pts int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[channel] = pts
	s.session.opts.Store.NoteChannelState(user, channel, pts)
	return nil
}

// ForEachChannels implements updates.StateStorage.
func (s *states) ForEachChannels(ctx context.Context, _ int64, f func(context.Context, int64, int) error) error {
	s.mu.Lock()
	channels := maps.Clone(s.channels)
	s.mu.Unlock()
	for channel, pts := range channels {
		if err := f(ctx, channel, pts); err != nil {
			return err
		}
	}
	return nil
}

// forget is told of a channel that the account may not read any more.
func (s *states) forget(channel int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.channels, channel)
	s.session.opts.Store.NoteChannelState(s.session.Self().ID, channel, 0)
}

// channelHashes and userHashes tell the manager whom the account has seen. It
// need not tell them anything: receive has seen every update before.
type channelHashes struct{ session *session }

// SetChannelAccessHash implements updates.ChannelAccessHasher.
func (channelHashes) SetChannelAccessHash(context.Context, int64, int64, int64) error { return nil }

// GetChannelAccessHash implements updates.ChannelAccessHasher.
func (h channelHashes) GetChannelAccessHash(ctx context.Context, owner, channel int64) (int64, bool, error) {
	p, ok, err := h.session.opts.Store.Peer(ctx, owner, store.Channel, channel)
	return p.AccessHash, ok, err
}

type userHashes struct{ session *session }

// SetUserAccessHash implements updates.UserAccessHasher.
func (userHashes) SetUserAccessHash(context.Context, int64, int64, int64) error { return nil }

// GetUserAccessHash implements updates.UserAccessHasher.
func (h userHashes) GetUserAccessHash(ctx context.Context, owner, user int64) (int64, bool, error) {
	p, ok, err := h.session.opts.Store.Peer(ctx, owner, store.User, user)
	return p.AccessHash, ok, err
}

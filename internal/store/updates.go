package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
)

// UpdateState is how far an account has read its updates, in Telegram's own
// terms: https://core.telegram.org/api/updates
type UpdateState struct {
	Pts, Qts, Date, Seq int
}

type channelKey struct{ owner, channel int64 }

// NoteUpdateState remembers how far owner has read. The zero state forgets that,
// and the channels with it.
func (s *Store) NoteUpdateState(owner int64, state UpdateState) {
	s.note(func() {
		s.pending.updates[owner] = state
		if state == (UpdateState{}) { // the channels noted so far, too
			maps.DeleteFunc(s.pending.channels, func(key channelKey, _ int) bool { return key.owner == owner })
		}
	})
}

// NoteChannelState remembers how far owner has read a channel, whose updates
// are counted apart. A pts of 0 forgets the channel.
func (s *Store) NoteChannelState(owner, channel int64, pts int) {
	s.note(func() { s.pending.channels[channelKey{owner, channel}] = pts })
}

// UpdateState returns how far owner has read. It sees what is on the disk: an
// account asks once, when it starts.
func (s *Store) UpdateState(ctx context.Context, owner int64) (state UpdateState, found bool, err error) {
	if err := s.Flush(ctx); err != nil {
		return state, false, err
	}
	row := s.reader.QueryRowContext(ctx, `SELECT pts, qts, date, seq FROM update_states WHERE owner = $1`, owner)
	err = row.Scan(&state.Pts, &state.Qts, &state.Date, &state.Seq)
	if errors.Is(err, sql.ErrNoRows) {
		return UpdateState{}, false, nil
	}
	return state, err == nil, s.explain(err)
}

// ChannelStates returns how far owner has read each channel: pts by channel id.
// Like UpdateState it is asked once.
func (s *Store) ChannelStates(ctx context.Context, owner int64) (map[int64]int, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	rows, err := s.reader.QueryContext(ctx, `SELECT channel, pts FROM channel_states WHERE owner = $1`, owner)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	states := make(map[int64]int)
	for rows.Next() {
		var channel int64
		var pts int
		if err := rows.Scan(&channel, &pts); err != nil {
			return nil, s.explain(err)
		}
		states[channel] = pts
	}
	return states, s.explain(rows.Err())
}

func writeStates(ctx context.Context, tx *sql.Tx, b *batch) error {
	for owner, state := range b.updates {
		if state == (UpdateState{}) {
			if err := forgetStates(ctx, tx, owner); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO update_states (owner, pts, qts, date, seq) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (owner) DO UPDATE SET
				pts = excluded.pts, qts = excluded.qts, date = excluded.date, seq = excluded.seq`,
			owner, state.Pts, state.Qts, state.Date, state.Seq); err != nil {
			return err
		}
	}
	for key, pts := range b.channels {
		b.pace.step()
		statement := `
			INSERT INTO channel_states (owner, channel, pts) VALUES ($1, $2, $3)
			ON CONFLICT (owner, channel) DO UPDATE SET pts = excluded.pts`
		args := []any{key.owner, key.channel, pts}
		if pts == 0 {
			statement, args = `DELETE FROM channel_states WHERE owner = $1 AND channel = $2`, args[:2]
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

func forgetStates(ctx context.Context, tx *sql.Tx, owner int64) error {
	for _, statement := range []string{
		`DELETE FROM update_states WHERE owner = $1`,
		`DELETE FROM channel_states WHERE owner = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, owner); err != nil {
			return err
		}
	}
	return nil
}

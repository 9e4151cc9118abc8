package account

import (
	"context"
	"log/slog"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// differences is what gotd's manager asks Telegram through. The manager only
// logs that a difference was refused, and asks for the same one at the next gap.
type differences struct {
	*tg.Client
	session *session
}

// UpdatesGetDifference implements updates.API. Telegram may not know the place
// from which it is asked, after a loss of its own or where another server has
// come to the same address: then the updates go on from where they are now.
func (d differences) UpdatesGetDifference(ctx context.Context, in *tg.UpdatesGetDifferenceRequest) (tg.UpdatesDifferenceClass, error) {
	diff, err := tg.NewClient(patient{d.session}).UpdatesGetDifference(ctx, in)
	if !tgerr.Is(err, "PERSISTENT_TIMESTAMP_INVALID", "PERSISTENT_TIMESTAMP_EMPTY") {
		return diff, err
	}
	state, err := d.UpdatesGetState(ctx)
	if err != nil {
		return nil, err
	}
	d.session.log.Warn("Telegram does not know how far its updates were read, going on from now",
		slog.Int("read", in.Pts), slog.Int("now", state.Pts))
	return &tg.UpdatesDifference{State: *state}, nil
}

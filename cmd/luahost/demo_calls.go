package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// thinkTime is how long a caller waits at least for scripts that have not come to
// an end about the call.
const thinkTime = time.Second

// settleTime is how long the demo waits for handlers that are still busy with a
// call after it has ended, before the next one rings.
const settleTime = 3 * time.Second

// ring has one caller ring once, and follows the call until it has ended and
// the scripts are done with it.
func (d *demo) ring(ctx context.Context, c *caller) {
	ringing, err := c.client.Ring(ctx, d.you, c.video)
	if err != nil {
		d.line.heading(heading{at: d.clock.Now(), who: c.String(), how: howRung(true, c.video)})
		d.line.refused(c, err)
		return
	}
	patience := 2 * d.pace
	if c.brief {
		patience = d.pace / 4
	}
	// On a busy machine the scripts may need longer than a caller of a fast demo has.
	thinking, cancel := context.WithTimeout(ctx, thinkTime)
	d.watch.until(thinking, func(w *watch) bool { return w.quiet(ringing.ID()) })
	cancel()
	waiting, cancel := context.WithTimeout(ctx, patience)
	answered := d.watch.until(waiting, func(w *watch) bool { return w.over(ringing.ID()) })
	cancel()
	if !answered {
		var reason tg.PhoneCallDiscardReasonClass = &tg.PhoneCallDiscardReasonMissed{}
		if d.watch.accepted(ringing.ID()) {
			reason = &tg.PhoneCallDiscardReasonHangup{}
		}
		if err := ringing.HangUp(context.WithoutCancel(ctx), reason, 0); err != nil {
			d.line.refused(c, err)
		}
	}
	settling, cancel := context.WithTimeout(ctx, settleTime)
	d.watch.until(settling, func(w *watch) bool { return w.settled(ringing.ID()) })
	cancel()
	if ctx.Err() != nil {
		d.watch.forget(ringing.ID()) // cut off in the middle: nothing to judge
	}
}

// entry shows a line of a call's trace below the call that it belongs to, which
// may be one that another client made.
func (d *demo) entry(c *call.Call, e store.Entry) {
	h := heading{call: c.ID(), at: e.At, who: strings.TrimSpace(c.From().FirstName + " " + c.From().LastName), how: howRung(c.Incoming(), c.Video())}
	if known := d.caller(c.From().ID); known != nil {
		h.who = known.String()
	}
	if row, ok, err := d.kept.CallOf(context.Background(), d.you, c.ID()); ok && err == nil {
		h.number = row.Number
	}
	d.line.entry(h, e)
	d.watch.entry(c, e)
}

// howRung is what the timeline says of a call as it begins.
func howRung(incoming, video bool) string {
	how := "rings"
	if !incoming {
		how = "is rung"
	}
	if video {
		how += " with video"
	}
	return how
}

// verdict compares how the host says that each call ended with what Telegram
// recorded.
func (d *demo) verdict(ctx context.Context) error {
	var done tally
	var wrong int
	var interesting store.Call
	most := -1
	results := slices.DeleteFunc(d.watch.results(), func(s seen) bool { return d.caller(s.call.From) == nil })
	for _, s := range results {
		row, _, err := d.kept.CallOf(ctx, d.you, s.call.ID)
		if err != nil {
			return err
		}
		if err := check(s.call, row); err != nil {
			d.line.warn(fmt.Sprintf("the call of %s at %s: %v", d.caller(s.call.From), s.call.Requested.Format(time.TimeOnly), err))
			wrong++
		}
		done.count(row.Decision)
		told := s.entries
		if row.Decision == "ignore" && !row.Contact {
			told += 100 // that a stranger was let through wants a reason most
		}
		if row.Number > 0 && told > most {
			interesting, most = row, told
		}
	}
	d.line.summary(done)
	if interesting.Number > 0 {
		d.line.hint("Why call %d ended as it did:", fmt.Sprintf("%s trace %d --config %s", itself(), interesting.Number, quoted(d.folder.config())), interesting.Number)
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d calls did not end as the scripts decided", wrong, len(results))
	}
	return nil
}

// tally is what became of the calls.
type tally struct{ declined, accepted, rangOn int }

func (t *tally) count(decision string) {
	switch decision {
	case "decline":
		t.declined++
	case "accept":
		t.accepted++
	default: // ignored, or nobody decided
		t.rangOn++
	}
}

func (t tally) String() string {
	calls := t.declined + t.accepted + t.rangOn
	text := fmt.Sprintf("%d calls: ", calls)
	if calls == 1 {
		text = "1 call: "
	}
	if t.accepted > 0 {
		text += fmt.Sprintf("%d accepted, ", t.accepted)
	}
	return text + fmt.Sprintf("%d declined, %d rang on.", t.declined, t.rangOn)
}

// caller is who has an id, nil if that is nobody of the cast.
func (d *demo) caller(id int64) *caller {
	if i := slices.IndexFunc(d.order, func(c *caller) bool { return c.id == id }); i >= 0 {
		return d.order[i]
	}
	return nil
}

// check compares the host's log of a call with Telegram's record.
func check(c simulator.Call, row store.Call) error {
	byYou := c.EndedBy == c.To
	switch {
	case row.Outcome == "":
		return errors.New("the host did not learn that the call ended")
	case row.Decision == "decline" && row.Outcome == "declined" && !byYou:
		return fmt.Errorf("declined, but the caller ended it with %s", c.Reason)
	case row.Outcome == "declined" && row.Reason != string(c.Reason):
		return fmt.Errorf("declined with %s, but ended with %s", row.Reason, c.Reason)
	case row.Outcome == "missed" && byYou:
		return fmt.Errorf("missed, but ended by you with %s", c.Reason)
	case row.Decision == "accept" && c.Accepted.IsZero():
		return errors.New("accepted, but it went on ringing")
	}
	return nil
}

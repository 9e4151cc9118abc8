package script

import (
	"context"
	"fmt"
	"time"
)

const (
	// tendEvery is how often the host looks at what goes on. The time is the
	// machine's: Options.Clock may stand still, or be moved by days.
	tendEvery = time.Second
	// stuckGrace is how much longer than its time a handler may take to come back
	// from a call into Go.
	stuckGrace = 5 * time.Second
	// stuckAtEnd is how long one may take when the host ends.
	stuckAtEnd = 2 * time.Second
)

// tender looks after the scripts as long as the host runs: it finds VMs that are
// stuck, and tells what has happened again and again. Its goroutine owns it.
type tender struct {
	host  *Host
	ctx   context.Context // of Run
	still map[*Runtime]stillness
}

func newTender(ctx context.Context, h *Host) *tender {
	return &tender{host: h, ctx: ctx, still: map[*Runtime]stillness{}}
}

func (t *tender) run(done <-chan struct{}) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			t.look()
		case <-t.host.memory.alarm:
			t.host.memory.look(nil)
		}
	}
}

func (t *tender) look() {
	t.findStuck()
	t.host.memory.look(nil)
	t.host.tell()
}

// tending begins to tend; what it gives ends that.
func (h *Host) tending(ctx context.Context) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		newTender(ctx, h).run(done)
	}()
	return func() {
		close(done)
		<-ended
	}
}

// stillness is a VM in which nothing seems to happen.
type stillness struct {
	moves int
	beat  int64
	looks int // at which nothing had happened
}

// findStuck abandons the VMs whose holder has not computed for too long. It
// counts its own looks: a process that slept has not.
func (t *tender) findStuck() {
	h := t.host
	h.mu.Lock()
	patience := h.opts.Limits.Time + stuckGrace
	if t.ctx.Err() != nil {
		patience = stuckAtEnd
	}
	open := h.open()
	h.mu.Unlock()
	if rt := h.beginning.Load(); rt != nil {
		open = append(open, rt)
	}
	before := t.still
	t.still = make(map[*Runtime]stillness, len(open))
	for _, rt := range open {
		holder, moves := rt.turns.held()
		now, was := stillness{moves: moves, beat: rt.beat.Load()}, before[rt]
		if holder != nil && holder.runs() && !holder.parked.Load() && was.moves == now.moves && was.beat == now.beat {
			now.looks = was.looks + 1
		}
		t.still[rt] = now
		if time.Duration(now.looks)*tendEvery >= patience {
			h.abandon(rt, moves)
		}
	}
}

// runs says whether a script runs in the VM that t holds, and not luahost alone, which
// measures or closes it.
func (t *task) runs() bool { return t.handler != nil || t.gone != nil }

// abandon gives a VM up whose handler does not come back. The goroutine that is
// in it is written off; everybody else who waits for the VM ends.
func (h *Host) abandon(rt *Runtime, moves int) {
	holder, unbegun := rt.turns.abandon(moves)
	if holder == nil {
		return // it came back in this moment
	}
	where := "while it loaded"
	if holder.handler != nil {
		where = fmt.Sprintf("in its handler of %q at line %d", holder.event.Name, holder.handler.line)
	}
	rt.usage.reached("stuck")
	rt.log.Error("script stuck, its VM is abandoned", "where", where)
	err := fmt.Errorf("%w, %s", ErrStuck, where)
	again := false
	h.remove(rt, func(s *script) {
		again = s.stuck == ""
		if s.stuck = where; !again {
			s.stuck += ", again: held until its file changes or it is reloaded by name"
		}
		s.afresh = again
	})
	over, _, _, _ := rt.expire()
	rt.kill(err)
	endAll(over)
	holder.giveCore()
	if holder.gone != nil {
		close(holder.gone)
		return
	}
	for _, t := range append(unbegun, holder) {
		go h.ended(t, err) // counted in running, until it is told
	}
	if again {
		h.reloadStuck(rt.script)
	}
}

// reloadStuck loads a script afresh that was stuck for the first time.
func (h *Host) reloadStuck(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return
	}
	h.running.Go(func() {
		if _, err := h.Reload(name); err != nil {
			h.log.Warn("script that was stuck not loaded again", "script", name, "error", err)
		}
	})
}

// tell logs what was counted.
func (h *Host) tell() {
	h.mu.Lock()
	now := h.opts.Clock.Now()
	told := make(map[string]*usage, len(h.usage))
	for name, u := range h.usage {
		told[name] = u
	}
	h.mu.Unlock()
	for name, u := range told {
		u.age()
		u.tell(h.log.With("script", name), now)
	}
}

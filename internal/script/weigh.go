package script

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

const (
	// weighAfter is after how many instructions of a script its values are measured:
	// it can have made a few MB meanwhile.
	weighAfter = 50_000
	// weighSoon is the same while the heap is large: one instruction can make a
	// table of a megabyte.
	weighSoon = 1000
	// weighLate is after how many it is measured in any case.
	weighLate = 300_000
	// worthOfAValue is how many instructions the script has to use for each value that
	// was looked at, before it is measured again: so looking takes a small part of the
	// time.
	worthOfAValue = 5
)

// weight is when a VM was measured. The VM's lock guards it.
type weight struct {
	computed int64 // instructions since then
	after    int64 // after how many the next time comes
}

// weigh measures what the script holds, if it has computed enough since the last
// time. It is called under the VM's lock by who computes in it.
func (rt *Runtime) weigh() error {
	w := &rt.weight
	if w.computed < weighSoon || w.computed < w.after && !(rt.host.memory.large() && w.computed > w.after/8) {
		return nil
	}
	return rt.weighNow()
}

func (rt *Runtime) weighNow() error {
	size := rt.size()
	rt.weight = weight{after: min(max(weighAfter, int64(size.Values)*worthOfAValue), weighLate)}
	if limit := rt.host.opts.Limits.Values; size.Bytes > limit {
		return fmt.Errorf("%w: the script holds %d MiB or more, and may hold %d MiB (limits.values)", errValues, size.Bytes>>20, limit>>20)
	}
	return nil
}

// size measures what the script holds, under the VM's lock or with its holder held up.
// Handlers, what waits to be called, and modules are referred to by Go alone.
func (rt *Runtime) size() sandbox.Size {
	rt.queue.Lock()
	held := make([]lua.LValue, 0, len(rt.handlers)+len(rt.callbacks)+len(rt.modules.loaded))
	for c := range rt.callbacks {
		held = append(held, c.handler.fn)
	}
	rt.queue.Unlock()
	for _, h := range rt.handlers {
		held = append(held, h.fn)
	}
	for _, module := range rt.modules.loaded {
		held = append(held, module)
	}
	return rt.vm.Size(held...)
}

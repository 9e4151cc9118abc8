package host

import (
	"errors"
	"slices"
	"strings"
	"time"

	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// What became of a script that was to be loaded again.
const (
	Loaded    = "loaded"
	Unchanged = "unchanged"
	Refused   = "refused"
	Unloaded  = "unloaded"
)

// Reloaded is one script after a Reload. It is made of values and may be sent.
type Reloaded struct {
	Script     string        `json:"script"`
	Result     string        `json:"result"`
	Generation string        `json:"generation,omitempty"` // that runs now; "": none
	Previous   string        `json:"previous,omitempty"`   // that ran before
	Handlers   int           `json:"handlers,omitempty"`
	Took       time.Duration `json:"took,omitempty"`
	Note       string        `json:"note,omitempty"`   // why it was refused, or does not run
	Source     string        `json:"source,omitempty"` // the line of the script that is at fault, where it is known
}

// Reload loads the named scripts again, also when nothing of them has changed or
// they are suspended; without names those that have changed, and then the others
// are listed too. The error is about a name that is no script's, or the folder. It
// may be called from any goroutine.
func (h *Host) Reload(names ...string) ([]Reloaded, error) {
	results, err := h.scripts.Reload(names...)
	if err != nil {
		return nil, err
	}
	var list []Reloaded
	for _, r := range results {
		list = append(list, reloaded(r))
	}
	if len(names) > 0 {
		return list, nil
	}
	for _, s := range h.scripts.Status() {
		read := func(r Reloaded) bool { return r.Script == s.Name }
		if !slices.ContainsFunc(list, read) && known(s) {
			list = append(list, untouched(s))
		}
	}
	slices.SortFunc(list, func(a, b Reloaded) int { return strings.Compare(a.Script, b.Script) })
	return list, nil
}

// changed is told of each script that was loaded, refused or unloaded.
func (h *Host) changed(r script.Reload) {
	if r.Unloaded && h.phone.store != nil {
		h.phone.store.State(r.Script).Leave()
	}
	if h.observe.Reload != nil {
		h.observe.Reload(r)
	}
}

func reloaded(r script.Reload) Reloaded {
	out := Reloaded{Script: r.Script, Result: Loaded, Generation: r.Generation, Previous: r.Previous, Handlers: r.Handlers, Took: r.Took}
	switch {
	case r.Err != nil:
		out.Result, out.Generation = Refused, r.Previous
		out.fault(r.Err)
	case r.Unloaded:
		out.Result, out.Generation = Unloaded, ""
	case r.Unchanged: // an edit was taken back
		out.Result, out.Took = Unchanged, 0
	}
	return out
}

// known says whether there is something to tell of a script of which nothing was read.
func known(s script.Status) bool {
	return s.Generation != "" || s.LastError != nil || s.Suspended != "" || s.Stuck != ""
}

// untouched is a script of which nothing was read anew. One that was refused and
// has not changed is as wrong as it was.
func untouched(s script.Status) Reloaded {
	out := Reloaded{Script: s.Name, Result: Unchanged, Generation: s.Generation, Note: s.Suspended}
	if s.Generation == "" && s.Suspended == "" && s.Stuck != "" { // a second time, or else it was loaded afresh
		out.Note = "stuck " + s.Stuck
	}
	if s.LastError != nil {
		out.Result = Refused
		out.fault(s.LastError)
	}
	return out
}

func (r *Reloaded) fault(err error) {
	r.Note = err.Error()
	var fault *sandbox.Error
	if errors.As(err, &fault) {
		r.Source = strings.TrimSpace(fault.Source)
	}
}

package script

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"luahost/internal/clock"
)

// lookAgain is how often a folder that has gone, or that cannot be watched, is
// looked for.
const lookAgain = time.Second

// patience is for how many times the quiet the folder is left to changes that do
// not end.
const patience = 10

// Run keeps the scripts in line with the folder until ctx ends; then it
// cancels the handlers, waits for them and closes the VMs. It loads the folder
// first if Load has not. Its error is that load's.
func (h *Host) Run(ctx context.Context) error {
	defer h.tending(ctx)()
	defer h.stop()
	w := newWatch(h)
	defer w.close()
	if err := w.begin(); err != nil {
		return err
	}
	w.run(ctx)
	return nil
}

// watch is Run's look at the folder. Its fields belong to Run's goroutine; the
// two channels are filled by timers.
type watch struct {
	host    *Host
	events  *fsnotify.Watcher // nil where the system gives none
	places  places
	folder  fs.FileInfo            // the scripts folder that is watched
	others  map[string]fs.FileInfo // the other folders that are; nil: to be watched anew
	quiet   clock.Timer            // runs while changes are coming in
	changed time.Time              // when they began to
	due     chan struct{}          // the quiet has lasted
	look    clock.Timer            // for a folder that is polled or gone
	looks   chan struct{}
	absent  bool // the folder, at the last look
	warned  bool // that the folder cannot be watched
}

func newWatch(h *Host) *watch {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		h.log.Warn("changes are not reported here, the scripts folder is polled", "error", err)
	}
	return &watch{host: h, events: events, others: map[string]fs.FileInfo{}, due: make(chan struct{}, 1), looks: make(chan struct{}, 1)}
}

// begin watches before it reads, so that no change falls between.
func (w *watch) begin() error {
	w.rewatch()
	h := w.host
	h.reloading.Lock()
	defer h.reloading.Unlock()
	unsettled, err := h.scan(look{})
	if err != nil && !h.loaded {
		return err
	}
	w.after(w.rewatch() || unsettled, err)
	h.log.Debug("scripts folder watched", "dir", h.opts.Dir)
	return nil
}

func (w *watch) run(ctx context.Context) {
	var events <-chan fsnotify.Event
	var faults <-chan error
	if w.events != nil {
		events, faults = w.events.Events, w.events.Errors
	}
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-events:
			if w.concerns(event) {
				w.settle()
			}
		case err := <-faults:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				w.host.log.Warn("watch of the scripts folder", "error", err)
			}
			w.forget() // whatever was lost, the end of a watch perhaps
			w.settle()
		case <-w.due:
			w.quiet = nil
			w.scan(true)
		case <-w.looks:
			w.scan(false)
		}
	}
}

// concerns tells changes of scripts and modules, and of the folders on the way
// to them, from the rest.
func (w *watch) concerns(event fsnotify.Event) bool {
	path := filepath.Clean(event.Name)
	base := filepath.Base(path)
	_, watched := w.others[path]
	switch {
	case event.Op == fsnotify.Chmod:
		return false
	case path == w.host.opts.Dir || watched:
		w.forget() // removed or renamed, and the watch with it
		return true
	case strings.HasSuffix(base, ".lua") && !strings.HasPrefix(base, "."):
		return true
	case w.places.names[base] || isLink(path):
		w.forget() // a folder that comes has other folders in it
		return true
	default:
		return false
	}
}

// forget has every folder watched anew: where one is removed or replaced, its
// watch is dead, and those of what was in it.
func (w *watch) forget() {
	w.folder = nil
	for path := range w.others {
		w.others[path] = nil
	}
}

// settle waits for the quiet after a change, from the beginning, unless the
// changes do not end.
func (w *watch) settle() {
	now := w.host.opts.Clock.Now()
	switch {
	case w.quiet == nil:
		w.changed = now
	case now.Sub(w.changed) >= patience*w.host.opts.Quiet:
		return
	default:
		w.quiet.Stop()
	}
	w.quiet = w.host.opts.Clock.AfterFunc(w.host.opts.Quiet, func() { signal(w.due) })
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (w *watch) scan(sure bool) {
	w.rewatch()
	w.host.reloading.Lock()
	defer w.host.reloading.Unlock()
	unsettled, err := w.host.scan(look{sure: sure})
	// What was just loaded may have its modules in folders that nobody has watched
	// while they were read.
	w.after(w.rewatch() || unsettled, err)
}

// after decides when to look next.
func (w *watch) after(unsettled bool, err error) {
	h := w.host
	switch {
	case err != nil && !w.absent:
		h.log.Error("scripts folder lost, the scripts stay loaded until it returns", "error", err)
	case err == nil && w.absent:
		h.log.Info("scripts folder is back", "dir", h.opts.Dir)
	}
	w.absent = err != nil
	if unsettled {
		w.settle()
	}
	if w.look != nil {
		w.look.Stop()
	}
	if every := w.lookEvery(); every > 0 {
		w.look = h.opts.Clock.AfterFunc(every, func() { signal(w.looks) })
	}
}

func (w *watch) lookEvery() time.Duration {
	switch {
	case w.host.opts.Poll > 0:
		return w.host.opts.Poll
	case w.absent || w.folder == nil || w.unwatched():
		return lookAgain
	default:
		return 0
	}
}

// unwatched says whether a folder could not be watched.
func (w *watch) unwatched() bool {
	for _, info := range w.others {
		if info == nil {
			return true
		}
	}
	return false
}

// rewatch watches the folders, unless it does: one that was made anew under the
// old name is another one, and the old watch is dead. It says whether something
// may have changed there unseen.
func (w *watch) rewatch() (fresh bool) {
	if w.events == nil {
		return false
	}
	w.places = w.host.places()
	for path := range w.others {
		if !w.places.folders[path] {
			_ = w.events.Remove(path) // it may have gone by itself
			delete(w.others, path)
		}
	}
	dir := w.host.opts.Dir
	was := w.folder
	w.folder = w.watch(dir, was)
	fresh = isFresh(was, w.folder)
	for path := range w.places.folders {
		was := w.others[path]
		w.others[path] = w.watch(path, was)
		fresh = fresh || isFresh(was, w.others[path])
	}
	return fresh
}

func isFresh(was, now fs.FileInfo) bool { return now != nil && !same(was, now) }

func same(a, b fs.FileInfo) bool { return a != nil && b != nil && os.SameFile(a, b) }

// watch watches one folder, unless it is the one that was watched under the name.
func (w *watch) watch(path string, was fs.FileInfo) fs.FileInfo {
	now, err := os.Stat(path)
	if err == nil && same(was, now) {
		return now
	}
	_ = w.events.Remove(path) // the watch of the one that has gone, unless it went too
	if err != nil {
		return nil // the scan will say so
	}
	if err = w.events.Add(path); err == nil {
		return now
	}
	if !w.warned {
		w.host.log.Warn("changes are not reported here, the scripts folder is polled", "error", fmt.Errorf("watch %s: %w", path, err))
	}
	w.warned = true
	return nil
}

func (w *watch) close() {
	for _, timer := range []clock.Timer{w.quiet, w.look} {
		if timer != nil {
			timer.Stop()
		}
	}
	if w.events != nil {
		w.events.Close()
	}
}

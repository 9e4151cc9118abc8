package script

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"luahost/internal/clock"
)

// lookAgain is how often a folder that has gone, or that cannot be watched, is
// looked for.
const lookAgain = time.Second

// Run keeps the scripts in line with the folder until ctx ends; then it
// cancels the handlers, waits for them and closes the VMs. It loads the folder
// first if Load has not. Its error is that load's.
func (h *Host) Run(ctx context.Context) error {
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
	host   *Host
	events *fsnotify.Watcher // nil where the system gives none
	folder fs.FileInfo       // that is watched
	quiet  clock.Timer       // runs while changes are coming in
	due    chan struct{}     // the quiet has lasted
	look   clock.Timer       // for a folder that is polled or gone
	looks  chan struct{}
	absent bool // the folder, at the last look
	warned bool // that the folder cannot be watched
}

func newWatch(h *Host) *watch {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		h.log.Warn("changes are not reported here, the scripts folder is polled", "error", err)
	}
	return &watch{host: h, events: events, due: make(chan struct{}, 1), looks: make(chan struct{}, 1)}
}

// begin watches before it reads, so that no change falls between.
func (w *watch) begin() error {
	w.rewatch()
	h := w.host
	h.reloading.Lock()
	defer h.reloading.Unlock()
	unsettled, err := h.scan(false)
	if err != nil && !h.loaded {
		return err
	}
	w.after(unsettled, err)
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
			w.folder = nil // whatever was lost, the end of the watch perhaps
			w.settle()
		case <-w.due:
			w.scan(true)
		case <-w.looks:
			w.scan(false)
		}
	}
}

// concerns tells changes of scripts, and of the folder itself, from the rest.
func (w *watch) concerns(event fsnotify.Event) bool {
	switch {
	case event.Op == fsnotify.Chmod:
		return false
	case filepath.Clean(event.Name) == w.host.opts.Dir:
		w.folder = nil // removed or renamed, and the watch with it
		return true
	default:
		return isScript(filepath.Base(event.Name))
	}
}

// settle waits for the quiet after a change, from the beginning.
func (w *watch) settle() {
	if w.quiet != nil {
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
	w.after(w.host.scan(sure))
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
	case w.absent || w.folder == nil:
		return lookAgain
	default:
		return 0
	}
}

// rewatch watches the folder unless it does: a folder that was made anew under
// the old name is another one, and the old watch is dead.
func (w *watch) rewatch() {
	if w.events == nil {
		return
	}
	dir := w.host.opts.Dir
	now, err := os.Stat(dir)
	if err == nil && w.folder != nil && os.SameFile(now, w.folder) {
		return
	}
	_ = w.events.Remove(dir) // the watch of the one that has gone, unless it went too
	w.folder = nil
	if err != nil {
		return // the scan will say so
	}
	err = w.events.Add(dir)
	if err != nil && !w.warned {
		w.host.log.Warn("changes are not reported here, the scripts folder is polled", "error", fmt.Errorf("watch %s: %w", dir, err))
	}
	w.warned = err != nil
	if err == nil {
		w.folder = now
	}
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

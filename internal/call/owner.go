package call

import (
	"context"
	"sync"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/clock"
	"luahost/internal/store"
)

// owner is what belongs to a call's goroutine. Everybody else puts what is to be
// done into its inbox.
type owner struct {
	inbox inbox

	// The rest is touched by the goroutine alone.
	course   course
	timer    clock.Timer
	notice   clock.Timer // for phone.receivedCall; nil: it is sent, or not wanted
	setting  int         // counts settings of the timer, to tell a late one
	asking   int         // requests out, whose answers are waited for
	keys     *keys
	secret   *secret
	maker    By   // of an outgoing call
	renote   bool // the row may be an old one
	released bool
}

// inbox is a queue that never blocks who puts something in.
type inbox struct {
	mu     sync.Mutex
	items  []func()
	closed bool
	wake   chan struct{}
}

// put reports false when nobody takes anything out any more.
func (i *inbox) put(item func()) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return false
	}
	i.items = append(i.items, item)
	select {
	case i.wake <- struct{}{}:
	default:
	}
	return true
}

// take gives what is in it; with close, an empty one is closed.
func (i *inbox) take(close bool) []func() {
	i.mu.Lock()
	defer i.mu.Unlock()
	items := i.items
	i.items = nil
	i.closed = i.closed || close && len(items) == 0
	return items
}

// post has the owner do something to the course, and reports whether it will.
func (c *Call) post(do func(m *course)) bool {
	return c.inbox.put(func() {
		c.course.now = c.book.opts.Clock.Now()
		do(&c.course)
		c.publish()
		c.perform()
	})
}

// run is the goroutine. It ends with the call, when nobody's answer is awaited,
// or with the book.
func (c *Call) run() {
	stop := c.book.life.Done()
	for done := false; !done; {
		select {
		case <-c.inbox.wake:
		case <-stop:
			stop = nil
			c.post((*course).interrupt)
			continue
		}
		c.work(c.inbox.take(false))
		done = c.course.outcome != "" && (c.asking == 0 || stop == nil)
	}
	for items := c.inbox.take(true); len(items) > 0; items = c.inbox.take(true) {
		c.work(items) // too late, and to be told so
	}
}

func (c *Call) work(items []func()) {
	for _, item := range items {
		item()
	}
	if c.notice != nil && c.course.state != Requested {
		c.notice.Stop()
		c.notice = nil
	}
	if c.course.outcome != "" && !c.released {
		c.released = true
		c.book.forget(c)
		close(c.over)
		if done := c.book.opts.Done; done != nil {
			done(c)
		}
	}
}

// publish lets everybody see the course as it is now, and notes it, if it has
// changed.
func (c *Call) publish() {
	m, old := &c.course, c.view.Load()
	v := &view{
		state: m.state, outcome: m.outcome, reason: m.end.reason,
		accepted: m.accepted, active: m.active, ended: m.ended,
		by: c.maker, changed: old.changed,
	}
	if m.state == Ended {
		v.talk = m.talk()
	}
	if m.decision != nil {
		v.decision, v.by = m.decision.kind, m.decision.by
	}
	if old.same(v) {
		if c.renote {
			c.note(old)
		}
		c.renote = false
		return
	}
	c.renote = false
	v.changed = make(chan struct{})
	c.view.Store(v)
	close(old.changed)
	if (v.decision != "" || v.state == Ended) && old.decision == "" && old.state != Ended {
		close(c.decided)
	}
	c.note(v)
}

func (v *view) same(o *view) bool {
	return v.state == o.state && v.outcome == o.outcome && v.reason == o.reason && v.decision == o.decision &&
		v.by == o.by && v.talk == o.talk && v.accepted.Equal(o.accepted)
}

// perform does what the course asks for.
func (c *Call) perform() {
	effects := c.course.effects
	c.course.effects = nil
	for _, e := range effects {
		switch e := e.(type) {
		case traced:
			c.Trace(store.Entry{
				Kind: e.kind, Name: e.name, Text: e.text, Failed: e.failed,
				Script: e.by.Script, Generation: e.by.Generation, File: e.by.File, Line: e.by.Line,
			})
		case given:
			if c.book.opts.Event != nil {
				c.book.opts.Event(c, e.event)
			}
		case timed:
			c.setTimer(e.after)
		case replied:
			c.reply(e)
		case asked:
			if e.request == receivedCall && c.book.opts.RingAfter > 0 {
				c.ringLater(e)
			} else {
				c.request(e)
			}
		}
	}
}

func (c *Call) setTimer(after time.Duration) {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.setting++
	if after == 0 {
		return
	}
	setting := c.setting
	c.timer = c.book.opts.Clock.AfterFunc(after, func() {
		c.post(func(m *course) {
			if setting == c.setting { // else it was stopped too late
				m.fired()
			}
		})
	})
}

func (c *Call) reply(e replied) {
	if e.to.reply != nil {
		e.to.reply <- e.err // has room for all that it gets
	}
}

// ringLater sends phone.receivedCall after Options.RingAfter, unless the call is
// decided by then, or is about to be.
func (c *Call) ringLater(e asked) {
	c.notice = c.book.opts.Clock.AfterFunc(c.book.opts.RingAfter, func() {
		c.post(func(m *course) {
			c.notice = nil
			switch {
			case m.state != Requested:
			case m.claim != nil:
				c.ringLater(e)
			default:
				c.request(e)
			}
		})
	})
}

// request sends a request of the host's own, on a goroutine of its own.
func (c *Call) request(e asked) {
	c.asking++
	c.book.owners.Go(func() {
		r := c.send(c.book.life, e)
		c.post(func(m *course) {
			c.asking--
			c.trace(r.line)
			switch {
			case e.claim != nil:
				m.answered(e.claim, r)
			case e.request == receivedCall && r.err == nil:
				m.received()
			}
		})
	})
}

func (c *Call) send(ctx context.Context, e asked) (r result) {
	var line *store.Entry
	if e.request == receivedCall {
		line, r.err = c.invoke(ctx, By{}, "", &tg.PhoneReceivedCallRequest{Peer: c.peer}, &tg.BoolBox{})
		if tgerr.Is(r.err, "CALL_ALREADY_DECLINED") { // by whoever was faster: no fault
			line.Text, line.Failed = "too late, the call has ended", false
		}
	} else {
		var answer tg.UpdatesBox
		line, r.err = c.invoke(ctx, By{}, e.reason, c.discardRequest(e.reason), &answer)
		r = c.resultOf(answer.Updates, r.err)
	}
	r.line = line
	return r
}

package store

import "time"

const (
	stint    = 800 * time.Microsecond
	rest     = 200 * time.Microsecond
	mostRest = 25 * time.Millisecond // in one transaction, so that a backlog is written soon
)

// pace has the writer give way between rows. SQLite is Go here, and computes: a
// transaction of a hundred calls would keep a processor busy for ten milliseconds, in
// which that neither serves those who wait nor looks at the network. To let other
// goroutines run in between is not enough for that, it has to have nothing to do.
type pace struct {
	since  time.Time // when the work began, or went on
	rested time.Duration
}

// step is called before each piece of work.
func (p *pace) step() {
	switch worked := time.Now(); {
	case p.since.IsZero():
		p.since = worked
	case worked.Sub(p.since) >= stint && p.rested < mostRest:
		time.Sleep(rest)
		p.since = time.Now()
		p.rested += p.since.Sub(worked)
	}
}

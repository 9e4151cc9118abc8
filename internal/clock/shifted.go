package clock

import "time"

// Shifted is another clock, ahead by a fixed time: it can be night at noon.
type Shifted struct {
	Clock
	By time.Duration
}

// Now returns the shifted time. Timers are those of the other clock.
func (s Shifted) Now() time.Time { return s.Clock.Now().Add(s.By) }

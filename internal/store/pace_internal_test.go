package store

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		step := func() time.Duration {
			began := time.Now()
			p.step()
			return time.Since(began)
		}
		if d := step(); d != 0 {
			t.Errorf("it rests for %s before the work", d)
		}
		time.Sleep(stint - time.Nanosecond)
		if d := step(); d != 0 {
			t.Errorf("it rests for %s before a stint is over", d)
		}
		time.Sleep(time.Nanosecond)
		if d := step(); d != rest {
			t.Errorf("it rests for %s after a stint", d)
		}
		if d := step(); d != 0 {
			t.Errorf("it rests for %s after a rest", d)
		}
		total := rest
		for range 2 * mostRest / rest {
			time.Sleep(stint)
			total += step()
		}
		if total != mostRest {
			t.Errorf("it rests for %s in all, %s are the most", total, mostRest)
		}
	})
}

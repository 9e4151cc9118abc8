package script

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// scriptThat is a script that has computed so much of late.
func scriptThat(computed int64) *Runtime {
	rt := &Runtime{usage: &usage{}}
	rt.usage.lately.Store(computed)
	return rt
}

// one is a single core, with the habits of like.
func one(like *cores) *cores {
	like.all, like.free = 1, 1
	return like
}

func (c *claim) granted() bool {
	select {
	case <-c.ready:
		return true
	default:
		return false
	}
}

func TestWhoHasComputedLeastIsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(newLight())
		if c.claim(scriptThat(9)) != nil {
			t.Fatal("a free core was waited for")
		}
		waiting := map[*claim]string{}
		for _, w := range []struct {
			name     string
			computed int64
		}{{"much", 500}, {"little", 5}, {"nothing", 0}, {"as little", 5}} {
			waiting[c.claim(scriptThat(w.computed))] = w.name
		}
		var order []string
		for range len(waiting) {
			c.give()
			for w, name := range waiting {
				if w.granted() && !slices.Contains(order, name) {
					order = append(order, name)
				}
			}
		}
		if !slices.Equal(order, []string{"nothing", "little", "as little", "much"}) {
			t.Error(order)
		}
		if c.give(); c.free != 1 {
			t.Errorf("%d cores are free", c.free)
		}
		time.Sleep(time.Second)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.watched {
			t.Error("somebody looks out for a standstill, and nobody waits")
		}
	})
}

// A script that somebody waits for does without a core, also if it began to wait for
// one before, and no core is lost or made by that.
func TestWhoIsWaitedForDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(newLight())
		c.claim(scriptThat(0))
		urgent, late, other := scriptThat(1e9), scriptThat(1e9), scriptThat(0)
		urgent.urgent.Add(1)
		if c.claim(urgent) != nil {
			t.Error("who is waited for waits for a core")
		}
		before, waits := c.claim(late), c.claim(other)
		if before.granted() {
			t.Error("a core was made")
		}
		late.urgent.Add(1)
		c.hurry(late)
		if !before.granted() || waits.granted() {
			t.Error("not the one who is waited for goes on")
		}
		for range 2 {
			if c.give(); waits.granted() {
				t.Error("more compute than there are cores, and one more was let in")
			}
		}
		if c.give(); !waits.granted() {
			t.Error("nobody computes, and one waits")
		}
		if c.give(); c.free != 1 {
			t.Errorf("%d cores are free", c.free)
		}
	})
}

// Among the heavy, who is waited for goes first, but waits for a core.
func TestWhoIsWaitedForIsNextAmongTheHeavy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(newHeavy(newLight()))
		c.claim(scriptThat(0))
		urgent, other := scriptThat(1e9), c.claim(scriptThat(0))
		urgent.urgent.Add(1)
		mine := c.claim(urgent)
		if mine == nil {
			t.Fatal("it does not wait for a core")
		}
		if c.give(); !mine.granted() || other.granted() {
			t.Error("it does not go first")
		}
		c.give()
		c.give()
		time.Sleep(time.Second)
	})
}

func TestCoresRestUnderStrainOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(newLight())
		c.claim(scriptThat(0))
		var waiting []*claim
		for range c.crowd {
			waiting = append(waiting, c.claim(scriptThat(0)))
		}
		if c.tired() {
			t.Error("tired without having worked")
		}
		time.Sleep(c.slice)
		if !c.tired() {
			t.Error("not tired after its slice")
		}
		began := time.Now()
		c.give()
		if waiting[0].granted() {
			t.Error("it does not rest")
		}
		<-waiting[0].ready
		if rested := time.Since(began); rested != c.least {
			t.Errorf("it rested for %s", rested)
		}
		time.Sleep(c.slice)
		if c.give(); !waiting[1].granted() {
			t.Error("it rests although fewer wait than a crowd")
		}
		for range waiting[1:] {
			c.give()
		}
		if c.free != 1 {
			t.Errorf("%d cores are free", c.free)
		}
		time.Sleep(time.Second)
	})
}

func TestTheMoreWaitTheLongerCoresRest(t *testing.T) {
	c := newLight()
	for waiting, want := range map[int]time.Duration{
		0: c.least, c.crowd: c.least, c.crowd + 1: 2 * c.least, c.crowd + 3: 4 * c.least, 1000: c.most,
	} {
		c.waiting = make([]*claim, waiting)
		if rest := c.rest(); rest != want {
			t.Errorf("%s while %d wait, and not %s", rest, waiting, want)
		}
	}
}

// A core for the heavy rests as well when nobody waits for it, but light handlers come
// and go meanwhile.
func TestHeavyHandlersLeaveTimeToLightOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := one(newLight())
		c := one(newHeavy(l))
		c.claim(scriptThat(0))
		time.Sleep(c.slice)
		if c.tired() {
			t.Error("tired, and nobody else computes")
		}
		l.claim(scriptThat(0))
		l.give()
		if !c.tired() {
			t.Error("not tired beside others")
		}
		began := time.Now()
		c.give()
		<-c.claim(scriptThat(0)).ready
		if rested := time.Since(began); rested != c.least {
			t.Errorf("it rested for %s", rested)
		}
		c.give()
		time.Sleep(time.Second)
	})
}

// On a machine with many cores a script that computes takes nothing away from others.
func TestHeavyHandlersNeedNotRestBesideACoreThatIsLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := one(newLight())
		c := newHeavy(l)
		c.all, c.free = 2, 2
		c.claim(scriptThat(0))
		l.claim(scriptThat(0))
		time.Sleep(c.slice)
		if c.tired() {
			t.Error("tired, and a core is left over")
		}
		if c.claim(scriptThat(0)); !c.tired() {
			t.Error("not tired, and none is left over")
		}
	})
}

// Whoever has the core does not come back from Go: others go on without it, one after
// the other, and when it does come back there is not one core more.
func TestAStandstillEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(newLight())
		c.claim(scriptThat(0))
		a, b := c.claim(scriptThat(0)), c.claim(scriptThat(0))
		began := time.Now()
		<-a.ready
		if waited := time.Since(began); waited > 2*standstill {
			t.Errorf("it waited for %s", waited)
		}
		c.give() // a's
		if b.granted() {
			t.Error("the core that is stuck was counted as free")
		}
		c.give()
		if !b.granted() {
			t.Error("the core that came back is lost")
		}
		if c.give(); c.free != 1 {
			t.Errorf("%d cores are free", c.free)
		}
		time.Sleep(time.Second)
	})
}

func TestAClaimThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(newLight())
		c.claim(scriptThat(0))
		a, b := c.claim(scriptThat(0)), c.claim(scriptThat(0))
		c.leave(a)
		c.give()
		if !b.granted() {
			t.Error("a claim that was given up was granted")
		}
		c.leave(b) // in the moment in which it was granted
		if c.free != 1 {
			t.Errorf("%d cores are free", c.free)
		}
		time.Sleep(time.Second)
	})
}

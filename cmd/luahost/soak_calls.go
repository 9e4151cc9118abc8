package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

const (
	soakCallers  = 16 // who ring, each one call after the other
	soakPatience = 30 * time.Second
)

// soakCalls rings, and keeps how long each call waited for its decision. Its
// methods are called from many goroutines.
type soakCalls struct {
	mu    sync.Mutex
	rings map[int64]*soakCall
	took  []time.Duration // of the round
	right int             // were decided by the good script
	wrong []string        // what happened to those that were not
}

// soakCall is a call that is not over yet.
type soakCall struct {
	ended   bool          // Telegram says
	decider string        // the script, as the host says
	over    chan struct{} // closed when both are known
}

func newSoakCalls() *soakCalls { return &soakCalls{rings: map[int64]*soakCall{}} }

// changed is told by the embedded Telegram of each change of a call.
func (c *soakCalls) changed(now simulator.Call) {
	if now.State == simulator.Ended {
		c.learn(now.ID, func(of *soakCall) { of.ended = true })
	}
}

// decision is told by the host what is added to a call's trace.
func (c *soakCalls) decision(of *call.Call, e store.Entry) {
	if e.Kind == "decision" {
		c.learn(of.ID(), func(of *soakCall) { of.decider = e.Script })
	}
}

func (c *soakCalls) learn(id int64, change func(*soakCall)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.of(id)
	was := of.ended && of.decider != ""
	if change(of); !was && of.ended && of.decider != "" {
		close(of.over)
	}
}

// of is a call that rings, with c.mu held.
func (c *soakCalls) of(id int64) *soakCall {
	if c.rings[id] == nil {
		c.rings[id] = &soakCall{over: make(chan struct{})}
	}
	return c.rings[id]
}

func (c *soakCalls) over(id int64) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of(id).over
}

// ringAll has so many calls begin in each second, until ctx ends; it returns when
// all of them are over. When nobody is free to ring, that one is left out.
func (c *soakCalls) ringAll(ctx context.Context, people []*simulator.Client, whom int64, rate float64) {
	free := make(chan *simulator.Client, len(people))
	for _, p := range people {
		free <- p
	}
	next := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer next.Stop()
	var ringing sync.WaitGroup
	defer ringing.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		select {
		case who := <-free:
			ringing.Go(func() {
				c.ring(who, whom)
				free <- who
			})
		default:
		}
	}
}

// ring makes one call, and waits until it is over. It does not end with the soak:
// a call that rings is to be decided.
func (c *soakCalls) ring(from *simulator.Client, whom int64) {
	began := time.Now()
	api := tg.NewClient(from)
	answer, err := api.PhoneRequestCall(context.Background(), &tg.PhoneRequestCallRequest{
		UserID: from.InputUser(whom), RandomID: int(rand.Int32()), GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
	})
	if err != nil {
		c.done(0, time.Since(began), "did not ring: "+err.Error())
		return
	}
	waiting := answer.PhoneCall.(*tg.PhoneCallWaiting)
	late := time.NewTimer(soakPatience)
	defer late.Stop()
	select {
	case <-c.over(waiting.ID):
		c.done(waiting.ID, time.Since(began), "")
	case <-late.C:
		_, _ = api.PhoneDiscardCall(context.Background(), &tg.PhoneDiscardCallRequest{
			Peer: tg.InputPhoneCall{ID: waiting.ID, AccessHash: waiting.AccessHash}, Reason: &tg.PhoneCallDiscardReasonMissed{},
		})
		c.done(waiting.ID, time.Since(began), "was not decided within "+soakPatience.String())
	}
}

// done notes what became of a call.
func (c *soakCalls) done(id int64, took time.Duration, fault string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by := c.of(id).decider; fault == "" && by != soakGood {
		fault = "was decided by " + by
	}
	delete(c.rings, id)
	if fault != "" {
		c.wrong = append(c.wrong, fault)
		return
	}
	c.right++
	c.took = append(c.took, took)
}

// take gives how long the calls of the round took, sorted, and begins a new round.
func (c *soakCalls) take() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	took := c.took
	c.took = nil
	slices.Sort(took)
	return took
}

func (c *soakCalls) decided() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.right
}

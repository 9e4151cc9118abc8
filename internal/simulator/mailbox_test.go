package simulator

import (
	"slices"
	"sync"
	"testing"
)

func TestASinkThatCausesMoreIsNotEnteredAgain(t *testing.T) {
	var got []int
	var m *mailbox[int]
	m = &mailbox[int]{sink: func(v int) {
		if v == 1 {
			m.post(3)
			m.deliver()
		}
		got = append(got, v)
	}}
	m.post(1)
	m.post(2)
	m.deliver()
	if !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestAClosedMailboxDropsWhatItHas(t *testing.T) {
	m := &mailbox[int]{sink: func(v int) { t.Errorf("got %d", v) }}
	m.post(1)
	m.close()
	m.post(2)
	m.deliver()
}

func TestOrderIsKeptAmongManyWhoPost(t *testing.T) {
	var state sync.Mutex
	var got []int
	m := &mailbox[int]{sink: func(v int) { got = append(got, v) }}
	var crowd sync.WaitGroup
	next := 0
	for range 8 {
		crowd.Go(func() {
			for range 500 {
				state.Lock()
				m.post(next)
				next++
				state.Unlock()
				m.deliver()
			}
		})
	}
	crowd.Wait()
	if len(got) != next || !slices.IsSorted(got) {
		t.Errorf("%d of %d arrived, in order: %v", len(got), next, slices.IsSorted(got))
	}
}

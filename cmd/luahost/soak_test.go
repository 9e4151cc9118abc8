package main

import (
	"strings"
	"testing"
)

// rests are those of rounds with so much on the heap, and so many goroutines and
// calls more in each round.
func rests(rounds int, heap, goroutines, calls int) []rest {
	list := make([]rest, rounds)
	for i := range list {
		list[i] = rest{heap: 30<<20 + uint64(i*heap), goroutines: 60 + i*goroutines, calls: i * calls}
	}
	return list
}

func TestSoakVerdict(t *testing.T) {
	spoiled := rests(12, 0, 0, 100)
	spoiled[1].heap, spoiled[10].goroutines = 400<<20, 500
	for _, test := range []struct {
		name  string
		rests []rest
		wrong []string
		want  string // in the error; "": none
		says  string
	}{
		{name: "flat", rests: rests(12, 0, 0, 100), says: "Flat, and no call suffered."},
		{name: "one round was odd", rests: spoiled, says: "Flat"},
		{name: "as much as the embedded Telegram needs", rests: rests(12, 1<<20, 0, 1000), says: "Flat"},
		{name: "heap", rests: rests(12, 4<<20, 0, 100), want: "the heap has grown by 32 MB"},
		{name: "goroutines", rests: rests(12, 0, 2, 100), want: "there are 16 goroutines more"},
		{name: "shrinks", rests: rests(12, -1<<20, -1, 100), says: "Flat"},
		{name: "call", rests: rests(12, 0, 0, 100), wrong: []string{"was decided by loop.lua"}, want: "a call was decided by loop.lua"},
		{name: "short", rests: rests(2, 100<<20, 100, 0), says: "too short"},
		{name: "short, and a call", wrong: []string{"did not ring: no"}, says: "too short", want: "did not ring"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			err := (&soakReport{out: &out, rests: test.rests}).verdict(&soakCalls{wrong: test.wrong})
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("the verdict is %v, want %q", err, test.want)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("it says %q, want %q", out.String(), test.says)
			}
		})
	}
}

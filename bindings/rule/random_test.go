package rule

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
)

// tree is a table of conditions and what it comes to, if it could be known at once.
type tree struct {
	text string
	is   bool
}

// grow makes a random tree for a stranger's voice call. A match is one of two
// functions, and the block list is asked for by from.
func grow(r *rand.Rand, depth int) tree {
	leaves := []tree{
		{"{video = false}", true},
		{"{video = true}", false},
		{`{from = "stranger"}`, true},
		{`{from = "blocked"}`, false},
		{`{from = "contact"}`, false},
		{"{match = yes}", true},
		{"{match = no}", false},
		{"{match = yes, video = true}", false},
		{"{match = no, video = false}", false},
	}
	if depth == 0 || r.IntN(4) == 0 {
		return leaves[r.IntN(len(leaves))]
	}
	text, all, any := "", true, false
	for range 1 + r.IntN(3) {
		t := grow(r, depth-1)
		text += t.text + ", "
		all, any = all && t.is, any || t.is
	}
	switch r.IntN(3) {
	case 0:
		return tree{"{any = {" + text + "}}", any}
	case 1:
		return tree{"{all = {" + text + "}}", all}
	default:
		return tree{"{none = {" + text + "}}", !any}
	}
}

// Whatever can be told without the script's functions is told without them, what
// is left open is told with them, and then nothing more has to be asked for.
func TestRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(2026, 3))
	c := ringing(t, nobody, false)
	opened := 0
	for range 300 {
		want := grow(r, 4)
		rule := compiled(t, want.text)
		asked, inVM := 0, false
		s := &session{ctx: t.Context(), left: time.Hour, Asking: Asking{Clock: clock.System{}, Within: time.Minute, Facts: Facts{Call: c, Blocked: func(context.Context) (bool, error) {
			if asked++; inVM {
				t.Errorf("%s: asked for the block list in the VM", want.text)
			}
			return false, nil
		}}}}
		f := s.newFacts()
		v := rule.when.test(&f)
		if v.answer == open {
			opened++
			inVM = true
			f.match = func(fn *lua.LFunction) bool { return fn.Proto.LineDefined == 1 }
			v = rule.when.test(&f)
		}
		if got := v.answer == yes; got != want.is || v.answer == open || v.err != nil {
			t.Errorf("%s: %v (%s), want %v", want.text, got, fmt.Sprint(v.words(), v.err), want.is)
		}
	}
	if opened < 30 {
		t.Errorf("%d trees were left open", opened)
	}
}

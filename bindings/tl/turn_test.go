package tl

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	lua "github.com/yuin/gopher-lua"
)

// counting tells of each request how many turns were taken while it was under way.
type counting struct {
	module *Module
	L      *lua.LState
	own    []int
	all    []int
}

func (c *counting) Invoke(context.Context, bin.Encoder, bin.Decoder) error {
	c.own, c.all = append(c.own, len(vmOf(c.L).large)), append(c.all, len(c.module.large))
	return context.Canceled
}

// TestLargeRequestsTakeTurns fills the turns by hand, so that a large request waits
// until its context ends, and a small one goes.
func TestLargeRequestsTakeTurns(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &counting{}
	m, L := newModule(t, Options{Invoker: c, Block: func(_ *lua.LState, fn func(ctx context.Context)) error { fn(ctx); return nil }})
	c.module, c.L = m, L
	run := func(source string) string {
		t.Helper()
		if err := L.DoString("local ok, err = " + source + "\nsaid = tostring(err)"); err != nil {
			t.Fatal(err)
		}
		return L.GetGlobal("said").String()
	}
	const (
		small = `upload.saveFilePart{file_id="1", file_part=1, bytes=("x"):rep(1000)}`
		large = `upload.saveFilePart{file_id="1", file_part=1, bytes=("x"):rep(20000)}`
		many  = `(function() local ids = {} for i = 1, 1000 do ids[i] = i end return messages.getMessagesReactions{peer="self", id=ids} end)()`
	)
	for _, source := range []string{small, large, many} {
		run(source)
	}
	for i, want := range []int{0, 1, 1} {
		if c.own[i] != want || c.all[i] != want {
			t.Errorf("request %d takes %d and %d turns, want %d", i, c.own[i], c.all[i], want)
		}
	}
	if err := L.DoString(`messages.getMessagesReactions{peer="self", id={("x"):rep(20000)}}`); err == nil {
		t.Error("a mistake is not raised")
	}
	if own, all := len(vmOf(L).large), len(m.large); own+all != 0 {
		t.Errorf("%d and %d turns are left", own, all)
	}

	for range largeAtOnce {
		m.large <- struct{}{}
	}
	cancel()
	sent := len(c.own)
	if said := run(large); !strings.Contains(said, "CANCELLED") || len(c.own) != sent || len(vmOf(L).large) != 0 {
		t.Errorf("a large request beside others: %s", said)
	}
	if run(small); len(c.own) != sent+1 {
		t.Error("a small request waits for large ones")
	}
}

// A handler whose VM was abandoned while it waited ends in Block, and gives back
// the turn that it has got: all scripts share them.
func TestATurnOfAnAbandonedVMIsGivenBack(t *testing.T) {
	m, L := newModule(t, Options{Invoker: &counting{}, Block: func(_ *lua.LState, fn func(ctx context.Context)) error {
		fn(t.Context())
		runtime.Goexit()
		return nil
	}})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := L.DoString(`upload.saveFilePart{file_id="1", file_part=1, bytes=("x"):rep(20000)}`)
		t.Errorf("it went on: %v", err)
	}()
	<-ended
	if n := len(m.large); n != 0 {
		t.Errorf("%d turns are left", n)
	}
}

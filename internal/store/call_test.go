package store_test

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"luahost/internal/store"
)

// night is a call with a value in every field.
var night = store.Call{
	Owner: owner, ID: -1 << 63, AccessHash: 1<<63 - 1, Account: "main",
	Peer: 1<<52 - 1, Name: "Боб Ö'Hara", Username: "BobTheThird", Phone: "15550002", Contact: true,
	Incoming: true, Video: true, Date: noon.Add(1_234_567 * time.Microsecond).UTC(),
	State: store.Ended, Outcome: "declined", Reason: "busy", Ring: 1500 * time.Millisecond,
	Talk: 3 * time.Second, Ended: noon.Add(time.Minute).UTC(), Decision: "decline",
	Rule: "night", Script: "night.lua", Generation: "56623a73", Line: 4,
}

func wantCall(t *testing.T, got store.Call, ok bool, err error, want store.Call) {
	t.Helper()
	if err != nil || !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v\n%+v\nwant\n%+v", ok, err, got, want)
	}
}

// What was noted of a call is there at once, after a flush, and after the process.
func TestCallsAreReadAtEachStage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	ctx := t.Context()
	rings := night
	rings.State, rings.Outcome, rings.Ended, rings.Decision, rings.Rule = "ringing", "", time.Time{}, "", ""
	s.NoteCall(rings)
	rings.Number = 1
	want := []store.Entry{
		{Owner: owner, Call: night.ID, At: night.Date, Kind: "rule", Name: "night", Text: "from: contact,\x00 \"wanted\" stranger", Script: "night.lua", Generation: "56623a73", File: "lib/rules.lua", Line: 4, Took: time.Millisecond, Failed: true},
		{Owner: owner, Call: night.ID, At: night.Date.Add(time.Second), Kind: "note"},
	}
	other := want[0]
	other.Owner++
	s.NoteEntry(want[0])
	s.NoteEntry(other)
	s.NoteEntry(want[1])
	read := func(stage string, wanted store.Call) {
		t.Run(stage, func(t *testing.T) {
			c, ok, err := s.CallOf(ctx, owner, night.ID)
			wantCall(t, c, ok, err, wanted)
			c, ok, err = s.Call(ctx, 1)
			wantCall(t, c, ok, err, wanted)
			c, ok, err = s.LastCall(ctx, "main")
			wantCall(t, c, ok, err, wanted)
			if c, ok, err = s.LastCall(ctx, "work"); ok || err != nil {
				t.Errorf("somebody else's is %+v, %v", c, err)
			}
			if c, ok, err = s.Call(ctx, 2); ok || err != nil {
				t.Errorf("call 2 is %+v, %v", c, err)
			}
			trace, err := s.Trace(ctx, owner, night.ID)
			if err != nil || !reflect.DeepEqual(trace, want) {
				t.Errorf("%v, the trace is\n%+v\nwant\n%+v", err, trace, want)
			}
		})
	}
	read("noted", rings)
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	read("flushed", rings)
	s.NoteCall(night)
	want = append(want, store.Entry{Owner: owner, Call: night.ID, At: night.Ended, Kind: "outcome", Text: "declined"})
	s.NoteEntry(want[2])
	ended := night
	ended.Number = 1
	read("changed", ended)
	s = reopen(t, s, path)
	read("reopened", ended)
}

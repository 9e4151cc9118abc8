package call

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gotd/td/tgerr"
)

func TestLost(t *testing.T) {
	for _, one := range []struct {
		err  error
		lost bool
	}{
		{nil, false},
		{tgerr.New(400, "CALL_ALREADY_ACCEPTED"), false},
		{tgerr.New(420, "FLOOD_WAIT_90"), false},
		{tgerr.New(406, "CALL_PROTOCOL_COMPAT_LAYER_INVALID"), false},
		{tgerr.New(500, "CALL_OCCUPY_FAILED"), false},
		{tgerr.New(500, "INTERNAL"), true},
		{tgerr.New(-503, "Timeout"), true},
		{&tgerr.Error{Type: "NOT_CONNECTED", Message: "the connection broke"}, true},
		{fmt.Errorf("send: %w", context.Canceled), true},
		{errors.New("i/o timeout"), true},
	} {
		if got := lost(one.err); got != one.lost {
			t.Errorf("%v: lost %v", one.err, got)
		}
	}
}

func TestBy(t *testing.T) {
	for want, by := range map[string]By{
		`rule "night" (night.lua:4)`: {Rule: "night", Script: "night.lua", Line: 4},
		"night.lua:12":               {Script: "night.lua", Line: 12},
		"night.lua":                  {Script: "night.lua"},
		"luahost":                    {},
	} {
		if got := by.String(); got != want {
			t.Errorf("%+v is %q, want %q", by, got, want)
		}
	}
}

func TestBrief(t *testing.T) {
	for want, err := range map[string]error{
		"FLOOD_WAIT_90":                          tgerr.New(420, "FLOOD_WAIT_90"),
		"CALL_ENDED: the call has ended: missed": errOver(Missed),
		"CALL_ENDED: the call has ended":         errOver(""),
		"i/o timeout":                            errors.New("i/o timeout"),
	} {
		if got := brief(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

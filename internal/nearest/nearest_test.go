package nearest_test

import (
	"strings"
	"testing"

	"luahost/internal/nearest"
)

func TestName(t *testing.T) {
	known := []string{"between", "days", "from", "account"}
	for name, want := range map[string]string{
		"betwen": "between", "bteween": "between", "Days": "days", "form": "from", "acount": "account",
		"x": "", "": "", "dy": "", "daxx": "", "from": "", "something": "", strings.Repeat("days", 100): "",
	} {
		if got := nearest.Name(name, known); got != want {
			t.Errorf("nearest of %.20q is %q, want %q", name, got, want)
		}
	}
}

func TestHint(t *testing.T) {
	if got := nearest.Hint("fron", []string{"from"}); got != ` (did you mean "from"?)` {
		t.Errorf("says %q", got)
	}
	if got := nearest.Hint("else", []string{"from"}); got != "" {
		t.Errorf("says %q where nothing is near", got)
	}
}

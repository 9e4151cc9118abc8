package rule

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// What a script holds by the functions of a rule is found by whoever looks for it in the
// handler: a closure of Go's would hide it.
func TestTheHandlerOfARuleShowsItsFunctions(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	fn := func() *lua.LFunction { return L.NewFunction(func(*lua.LState) int { return 0 }) }
	action, match, deep := fn(), fn(), fn()
	within := &scope{matches: []lua.LValue{deep}}
	around := &scope{}
	compileMatch(match, around)
	within.leave(around)
	handler := (&Rule{when: &group{matches: around.matches}}).handler(nil, L, action)
	found := map[lua.LValue]bool{}
	for _, up := range handler.Upvalues {
		found[up.Value()] = true
	}
	if !found[action] || !found[match] || !found[deep] {
		t.Errorf("it shows %d functions, and not all of them", len(found))
	}
	if plain := (&Rule{when: &group{}}).handler(nil, L, action); plain != action {
		t.Error("a rule without a match does not run its action itself")
	}
}

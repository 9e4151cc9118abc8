package tl

import (
	"os"
	"strings"
	"testing"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

// The examples of README.md run, print what stands behind --> and raise the error
// that it shows.
func TestReadme(t *testing.T) {
	_, L := newModule(t, Options{Invoker: refusing{tgerr.New(400, "CALL_ALREADY_ACCEPTED")}, Peers: seen{}})
	printed := ""
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int {
		printed = L.ToStringMeta(L.Get(1)).String()
		return 0
	}))
	L.SetGlobal("call", lua.LNumber(7))

	ran := 0
	for _, block := range indented(t, "README.md") {
		switch {
		case strings.HasPrefix(block, "Updates = "):
			method := L.GetField(L.GetGlobal("phone"), "discardCall")
			if text := L.ToStringMeta(method).String() + "\n"; !strings.HasPrefix(text, strings.TrimSpace(block)) {
				t.Errorf("tostring gives %s, the README %s", text, block)
			}
		case strings.HasPrefix(block, "night.lua:7: "):
			err := L.DoString("phone.discardCall{raeson='busy'}")
			want := strings.TrimPrefix(strings.TrimSpace(block), "night.lua:7")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("raised %v, the README shows %s", err, block)
			}
		default:
			ran++
			printed = ""
			if err := L.DoString(block); err != nil {
				t.Errorf("%s%v", block, err)
			}
			if _, want, _ := strings.Cut(block, "--> "); printed != strings.TrimSpace(want) {
				t.Errorf("%sprinted %q", block, printed)
			}
		}
	}
	if ran != 2 {
		t.Errorf("%d examples ran, want 2", ran)
	}
}

// indented gives the blocks of code of a file.
func indented(t *testing.T, file string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		code, ok := strings.CutPrefix(line, "    ")
		switch {
		case ok && inside:
			blocks[len(blocks)-1] += code
		case ok:
			blocks = append(blocks, code)
		}
		inside = ok
	}
	return blocks
}

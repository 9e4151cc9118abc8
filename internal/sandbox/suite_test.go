package sandbox

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// suitePrelude gives Lua's tests what this VM has not. It and a test are one
// line at first, so that the numbers of lines are the test's.
var suitePrelude = strings.ReplaceAll(`
print, collectgarbage, os.setlocale, string.gfind = function() end, function() return 0 end, function() end, string.gmatch
function table.foreach(t, f) for k, v in pairs(t) do local r = f(k, v) if r ~= nil then return r end end end
function table.foreachi(t, f) for i, v in ipairs(t) do local r = f(i, v) if r ~= nil then return r end end end
`, "\n", " ")

// disabled are the tests that gopher-lua's authors made comments of, because it
// fails them: %f, and ] and - in sets.
var disabled = regexp.MustCompile(`(?m)^-- (assert\((?:f|strset|string|i|k|table)\b|local|for k|  assert|end$)`)

// Lua 5.1's own tests, which come with gopher-lua's module.
func TestLuaSuite(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/gopher-lua").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pm", "strings", "sort", "vararg", "nextvar"} {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_lua5.1-tests", name+".lua"))
			if err != nil {
				t.Fatal(err)
			}
			// Of nextvar: setfenv, which scripts have not, and texts as the bounds of a
			// for, which gopher-lua has not.
			source = bytes.Replace(source, []byte("\nfoo()\n"), []byte("\n\n"), 1)
			source, _, _ = bytes.Cut(source, []byte("\n-- conversion\n"))
			text := disabled.ReplaceAllString(string(source), "$1")
			if enabled := len(source) - len(text); name == "pm" && enabled < 3*15 {
				t.Errorf("only %d bytes of comments are code again", enabled)
			}
			if _, err := run(Limits{Instructions: 100_000_000}, suitePrelude+text); err != nil {
				t.Error(err)
			}
		})
	}
}

package log_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/bindings/log"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buffer is a log that is read while the host may write to it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// written loads Lua and returns the lines that it wrote while it loaded.
func written(t *testing.T, source string, level slog.Level) []map[string]any {
	t.Helper()
	var b buffer
	opts := script.Options{Open: log.Open, Log: slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: level}))}
	if _, err := scripttest.Source(t, "night.lua", source, opts); err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for d := json.NewDecoder(strings.NewReader(b.String())); ; {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatalf("the end is not reached: %v", err)
		}
		if line["msg"] == "script loaded" {
			return lines
		}
		delete(line, "time")
		if g, ok := line["generation"].(string); !ok || len(g) != 8 || line["script"] != "night.lua" {
			t.Errorf("a line without its script and generation: %v", line)
		}
		delete(line, "generation")
		delete(line, "script")
		lines = append(lines, line)
	}
}

func TestLines(t *testing.T) {
	for source, want := range map[string]string{
		`log.info("rings")`:                              `{"level":"INFO","line":1,"msg":"rings"}`,
		"\n\nlog.debug('x')":                             `{"level":"DEBUG","line":3,"msg":"x"}`,
		`log.warn("x", {b = 1.5, a = true, c = "text"})`: `{"level":"WARN","line":1,"msg":"x","a":true,"b":1.5,"c":"text"}`,
		`log.error(42, {id = 1234567890123})`:            `{"level":"ERROR","line":1,"msg":"42","id":1234567890123}`,
		`log.info("x", nil)`:                             `{"level":"INFO","line":1,"msg":"x"}`,
		`log.info("a\nb\t\"c\"")`:                        `{"level":"INFO","line":1,"msg":"a\nb\t\"c\""}`,
		`log.info("x", {t = {1, 2, "three", k = {z = false}}})`: `{"level":"INFO","line":1,"msg":"x",
			"t":"{1, 2, \"three\", k={z=false}}"}`,
		`log.info("x", {t = {{{{}}}}})`:               `{"level":"INFO","line":1,"msg":"x","t":"{{{{…}}}}"}`,
		`local t = {} t.t = t log.info("x", {t = t})`: `{"level":"INFO","line":1,"msg":"x","t":"{t={t={t={…}}}}"}`,
		`local e = setmetatable({}, {__tostring = function() return "told" end}) log.info(e, {e = e, l = {e}})`: `
			{"level":"INFO","line":1,"msg":"told","e":"told","l":"{told}"}`,
		`log.info("x", {line = 9, file = "good.lua", script = "good.lua", generation = "0", msg = "m", level = "ERROR", time = 1, source = "s", traceback = "t"})`: `
			{"level":"INFO","line":1,"msg":"x","script.line":9,"script.file":"good.lua","script.script":"good.lua","script.generation":"0",
			"script.msg":"m","script.level":"ERROR","script.time":1,"script.source":"s","script.traceback":"t"}`,
		`print("a", 1, nil, true)`: `{"level":"INFO","line":1,"msg":"a\t1\tnil\ttrue"}`,
		`print()`:                  `{"level":"INFO","line":1,"msg":""}`,
		`print(setmetatable({}, {__tostring = function() return "told" end}))`: `{"level":"INFO","line":1,"msg":"told"}`,
	} {
		lines := written(t, source, slog.LevelDebug)
		var expected map[string]any
		if err := json.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		if len(lines) != 1 || !reflect.DeepEqual(lines[0], expected) {
			t.Errorf("%s\nwrote %v\nwant  %v", source, lines, expected)
		}
	}
}

func TestAttributesAreSorted(t *testing.T) {
	var b buffer
	opts := script.Options{Open: log.Open, Log: slog.New(slog.NewTextHandler(&b, nil))}
	if _, err := scripttest.Source(t, "night.lua", `log.info("x", {c = 3, a = 1, b = 2})`, opts); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), " line=1 a=1 b=2 c=3\n") {
		t.Error(b.String())
	}
}

func TestLinesThatAreNotWanted(t *testing.T) {
	var b buffer
	opts := script.Options{Open: log.Open, Log: slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	source := `log.info("x", setmetatable({}, {__index = error})) log.debug("y") print("p") log.warn("z")`
	if _, err := scripttest.Source(t, "night.lua", source, opts); err != nil {
		t.Fatal(err)
	}
	// The host's own remark, that the script handles nothing, names no line.
	if n := strings.Count(b.String(), " line="); n != 1 || !strings.Contains(b.String(), "msg=z") {
		t.Errorf("wrote %s", b.String())
	}
}

func TestALineIsBounded(t *testing.T) {
	for _, source := range []string{
		`log.info(("x"):rep(1e6), {[("k"):rep(1e5)] = ("v"):rep(1e6)})`,
		`print(("x"):rep(5e5), ("x"):rep(5e5))`,
		`local t = {} for i = 1, 1000 do t["k" .. i] = ("é"):rep(1e4) end log.info("x", t)`,
		`local t = {} for i = 1, 1e5 do t[i] = i end log.info("x", {t = t})`,
		`local t = {} for i = 1, 100 do t = {t, t, ("x"):rep(100)} end log.info("x", {t = t})`,
	} {
		line := fmt.Sprint(written(t, source, slog.LevelInfo)[0])
		if len(line) > 50_000 {
			t.Errorf("%s\nwrote %d bytes", source, len(line))
		}
		if strings.ContainsRune(line, '\ufffd') {
			t.Errorf("%s\nwas cut within a character", source)
		}
	}
}

func TestPrintAsAHandler(t *testing.T) {
	var b buffer
	open := func(rt *script.Runtime) {
		event.Open(rt)
		log.Open(rt)
	}
	s, err := scripttest.Source(t, "night.lua", "\non('test', print)", script.Options{Open: open, Log: slog.New(slog.NewTextHandler(&b, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s.Check(t, "test")
	if !strings.Contains(b.String(), " line=2\n") {
		t.Error(b.String())
	}
}

// A table that was emptied takes long to look through, and a line may name thousands of
// them: each is paid for, and the clock is looked at.
func TestTheTablesOfALineArePaidFor(t *testing.T) {
	source := `
		local list, attributes = {}, {}
		for i = 1, 32 do list[i] = {} end
		for i = 1, 32 do attributes["a" .. i] = {list, list, list, list, list, list, list, list} end
		log.info("x", attributes)`
	opts := script.Options{Open: log.Open, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	opts.Limits.Instructions = 10_000
	if _, err := scripttest.Source(t, "night.lua", source, opts); !errors.Is(err, sandbox.ErrInstructions) {
		t.Errorf("a line with 8,000 tables was written: %v", err)
	}
}

func TestMistakes(t *testing.T) {
	open := func(rt *script.Runtime) {
		event.Open(rt)
		log.Open(rt)
	}
	everything := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))
	scripttest.File(t, "testdata/log.lua", script.Options{Open: open, Log: everything}).Check(t, "test")
}

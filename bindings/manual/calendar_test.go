package manual_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
)

func TestReadDuration(t *testing.T) {
	for v, want := range map[lua.LValue]time.Duration{
		lua.LNumber(0):        0,
		lua.LNumber(90):       90 * time.Second,
		lua.LNumber(0.25):     250 * time.Millisecond,
		lua.LNumber(1e9):      1e9 * time.Second,
		lua.LString("0"):      0,
		lua.LString("250ms"):  250 * time.Millisecond,
		lua.LString("1h30m"):  90 * time.Minute,
		lua.LString("1.5h"):   90 * time.Minute,
		lua.LString("1h0m1s"): time.Hour + time.Second,
		lua.LString("1d12h"):  36 * time.Hour,
	} {
		if d, err := manual.ReadDuration(v); err != nil || d != want {
			t.Errorf("%v gives %v, %v", v, d, err)
		}
	}
	for _, v := range []lua.LValue{
		lua.LNumber(-1), lua.LNumber(math.NaN()), lua.LNumber(math.Inf(1)), lua.LNumber(1e10), lua.LNumber(math.MaxInt64),
		lua.LString(""), lua.LString("20"), lua.LString("-1s"), lua.LString("soon"), lua.LString("1w"),
		lua.LString("99999999999h"), lua.LString(strings.Repeat("x", 1000)), lua.LNil, lua.LTrue, &lua.LTable{},
	} {
		d, err := manual.ReadDuration(v)
		if err == nil || !strings.Contains(err.Error(), `give seconds, or text such as "1h30m"`) || len(err.Error()) > 200 {
			t.Errorf("%v gives %v, %v", v, d, err)
		}
	}
}

func TestTimeOfDay(t *testing.T) {
	for text, want := range map[string]int{"00:00": 0, "09:05": 545, "23:59": 1439} {
		if got, err := manual.TimeOfDay().Read(lua.LString(text)); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"9:00":  `expected a time such as "07:30", got string "9:00" (did you mean "09:00"?)`,
		"24:00": `expected a time such as "07:30", got string "24:00"`,
		"9":     `expected a time such as "07:30", got string "9"`,
		"+9:00": `expected a time such as "07:30", got string "+9:00"`,
	} {
		if _, err := manual.TimeOfDay().Read(lua.LString(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestZone(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "UTC"} {
		if got, err := manual.Zone().Read(lua.LString(name)); err != nil || got.(*time.Location).String() != name {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	_, err := manual.Zone().Read(lua.LString("Europe/Berln"))
	if want := `expected the name of a time zone, such as "Europe/Berlin", got string "Europe/Berln" (did you mean "Europe/Berlin"?)`; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	for _, v := range []lua.LValue{lua.LString("Local"), lua.LString(""), lua.LString("../etc"), lua.LNumber(1)} {
		if got, err := manual.Zone().Read(v); err == nil {
			t.Errorf("%v is %v", v, got)
		}
	}
}

// Each name that a misspelt one is compared with is one that is known.
func TestZonesExist(t *testing.T) {
	text, err := os.ReadFile("zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(text))
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
	if len(names) < 400 {
		t.Errorf("only %d", len(names))
	}
}

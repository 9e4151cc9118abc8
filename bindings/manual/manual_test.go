package manual_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
)

// params are one of each type.
var params = manual.Params{
	{Name: "who", Type: manual.Text("a name")},
	{Name: "how", Type: manual.OneOf("busy", "hangup"), Optional: true},
	{Name: "filter", Optional: true, Type: manual.Table("a table", manual.Params{
		{Name: "flag", Type: manual.Bool(), Optional: true},
		{Name: "n", Type: manual.Number(), Optional: true},
		{Name: "limit", Type: manual.Whole(1, 5), Optional: true},
		{Name: "within", Type: manual.Duration(), Optional: true},
		{Name: "days", Type: manual.ListOf("a day or a list", manual.OneOf("mon", "tue"), true), Optional: true},
		{Name: "all", Type: manual.ListOf("a list", manual.Bool(), false), Optional: true},
		{Name: "match", Type: manual.Function("a function"), Optional: true},
	})},
}

// read calls a function with these params as a script would.
func read(t *testing.T, arguments string) (manual.Values, error) {
	t.Helper()
	L := lua.NewState()
	defer L.Close()
	var values manual.Values
	var err error
	L.SetGlobal("f", L.NewFunction(func(L *lua.LState) int {
		values, err = params.Args(L, 1)
		return 0
	}))
	if err := L.DoString("f(" + arguments + ")"); err != nil {
		t.Fatal(err)
	}
	return values, err
}

func TestArgs(t *testing.T) {
	for arguments, want := range map[string]manual.Values{
		`"ann"`:           {"who": "ann"},
		`"ann", nil, nil`: {"who": "ann"},
		`"ann", "busy"`:   {"who": "ann", "how": "busy"},
		`"ann", nil, {flag = false, n = -1.5, limit = 5, within = "1h30m"}`: {
			"who": "ann", "filter": manual.Values{"flag": false, "n": -1.5, "limit": 5, "within": 90 * time.Minute},
		},
		`"ann", nil, {within = 0.5, days = "mon", all = {true, false}}`: {
			"who": "ann", "filter": manual.Values{"within": 500 * time.Millisecond, "days": []any{"mon"}, "all": []any{true, false}},
		},
		`"ann", nil, {days = {"tue", "mon"}}`: {"who": "ann", "filter": manual.Values{"days": []any{"tue", "mon"}}},
	} {
		if got, err := read(t, arguments); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("f(%s) reads %v, %v, want %v", arguments, got, err, want)
		}
	}
	values, _ := read(t, `"ann", nil, {match = function() end}`)
	if manual.Get[*lua.LFunction](manual.Get[manual.Values](values, "filter"), "match") == nil {
		t.Error("a function is lost")
	}
	if got := manual.Get[int](values, "who"); got != 0 {
		t.Errorf("a value of another type is %d", got)
	}
}

func TestFaults(t *testing.T) {
	for arguments, want := range map[string]string{
		``:                              `who: missing, expected a name`,
		`""`:                            `who: expected a name, got string ""`,
		`5`:                             `who: expected a name, got number 5`,
		`"ann", "bussy"`:                `how: expected "busy" or "hangup", got string "bussy" (did you mean "busy"?)`,
		`"ann", 5`:                      `how: expected "busy" or "hangup", got number 5`,
		`"ann", nil, nil, 4`:            `takes 3 arguments, got 4`,
		`"ann", nil, "x"`:               `filter: expected a table, got string "x"`,
		`"ann", nil, {flg = true}`:      `filter.flg: unknown field (did you mean "flag"?)`,
		`"ann", nil, {something = 1}`:   `filter.something: unknown field, there are flag, n, limit, within, days, all, match`,
		`"ann", nil, {1}`:               `filter: expected fields by name (flag, n, limit, within, days, all, match), got the key number 1`,
		`"ann", nil, {flag = 1}`:        `filter.flag: expected true or false, got number 1`,
		`"ann", nil, {n = 0/0}`:         `filter.n: expected a number, got number NaN`,
		`"ann", nil, {n = 1/0}`:         `filter.n: expected a number, got number +Inf`,
		`"ann", nil, {limit = 6}`:       `filter.limit: expected a whole number from 1 to 5, got number 6`,
		`"ann", nil, {limit = 1.5}`:     `filter.limit: expected a whole number from 1 to 5, got number 1.5`,
		`"ann", nil, {limit = "1"}`:     `filter.limit: expected a whole number from 1 to 5, got string "1"`,
		`"ann", nil, {within = 0}`:      `filter.within: expected a duration: seconds, or text such as "15m" or "1h30m", got number 0`,
		`"ann", nil, {within = "soon"}`: `filter.within: expected a duration`,
		`"ann", nil, {days = {}}`:       `filter.days: expected a day or a list, got an empty table`,
		`"ann", nil, {days = {"x"}}`:    `filter.days[1]: expected "mon" or "tue", got string "x"`,
		`"ann", nil, {days = {x = 1}}`:  `filter.days: expected a day or a list, got a table that is no list`,
		`"ann", nil, {days = {"mon", nil, "tue"}}`: `filter.days`,
		`"ann", nil, {all = true}`:                 `filter.all: expected a list, got boolean true`,
		`"ann", nil, {match = {_ = "user"}}`:       `filter.match: expected a function, got table user`,
		`("x"):rep(999), ("x"):rep(999)`:           `how: expected "busy" or "hangup", got string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"`,
	} {
		if _, err := read(t, arguments); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("f(%s): %v\nwant %s", arguments, err, want)
		}
	}
}

func TestAt(t *testing.T) {
	fault := manual.At("when", manual.At("any", manual.AtIndex(2, manual.At("days", manual.Faultf("no")))))
	if got := fault.Error(); got != "when.any[2].days: no" {
		t.Errorf("is at %s", got)
	}
}

func TestDigits(t *testing.T) {
	for phone, want := range map[string]string{"49 (30) 12-34.5/6": "4930123456", "12345": "12345", "1234": "", "1234567890123456": "", "12x45": "", "": ""} {
		if got, ok := manual.Digits(phone); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v", phone, got, ok)
		}
	}
}

package people_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"luahost/bindings/phonetest"
	"luahost/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPeople runs the handlers of people.lua: Bob writes to one account after the
// other.
func TestPeople(t *testing.T) {
	source, err := os.ReadFile("testdata/people.lua")
	if err != nil {
		t.Fatal(err)
	}
	w := phonetest.New(t, phonetest.Evening, map[string]string{"people.lua": string(source)})
	bob := w.Person(simulator.User{FirstName: "Bob", Username: "bob_the_first", Phone: "15553333"})
	w.Write(bob, "find")
	w.Check(1)
	w.Write(bob, "as")
	w.Check(2)
	if got := w.Got(bob); len(got) != 1 || got[0] != "from home" {
		t.Errorf("home wrote %q", got)
	}
}

func TestMistakes(t *testing.T) {
	for source, want := range map[string]string{
		"\nas('wrok')":                   `a.lua:2: as: account: expected "home" or "work", got string "wrok" (did you mean "work"?): the configuration has no such account`,
		"\nas()":                         `a.lua:2: as: account: missing, expected "home" or "work"`,
		"\nlocal x = as('work').mesages": `a.lua:2: "mesages" is not a namespace (did you mean "messages"?)`,
		"\nas('work').users.getMe()":     `a.lua:2: users.getMe is not a method`,
		"\nas('work').help.getConfig()":  `a.lua:2: help.getConfig: this waits, which a script may do in its handlers and not while it loads`,
		"\nfind('@bob')":                 `a.lua:2: users.getUsers: this waits, which a script may do in its handlers and not while it loads`,
	} {
		_, err := phonetest.Load(t, phonetest.Evening, map[string]string{"a.lua": source})
		if err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("%q: %v\nwant %s", source, err, want)
		}
	}
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
)

func simPeopleOf(t *testing.T, n int) []*person {
	t.Helper()
	people, err := simPeople(simulator.New(simulator.Options{}), n)
	if err != nil {
		t.Fatal(err) // also where a phone or a username comes twice
	}
	return people
}

// Whoever wrote a phone down finds the same person under it at the next start.
func TestSimPeopleAreTheSameAtEveryStart(t *testing.T) {
	all, few := simPeopleOf(t, maxSimUsers), simPeopleOf(t, 3)
	for i, p := range few {
		if p.User != all[i].User {
			t.Errorf("%+v of few is %+v of many", p.User, all[i].User)
		}
	}
	names := make(map[string]bool)
	for _, p := range all {
		if names[p.name()] {
			t.Fatalf("%s is there twice", p.name())
		}
		names[p.name()] = true
	}
	if last := all[maxSimUsers-1]; last.Phone != "+15559999" {
		t.Errorf("the last one is %+v", last.User)
	}
}

func TestSimTable(t *testing.T) {
	table := simTable(simPeopleOf(t, 30))
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if len(lines) != 1+simRows+1 || lines[len(lines)-1] != "  … and 6 more, up to +15550030" {
		t.Errorf("the table is\n%s", table)
	}
	for _, column := range []string{"NAME", "USERNAME", "CONTACT OF"} {
		at := strings.Index(lines[0], column)
		for _, line := range lines[1 : 1+simRows] {
			if line[at] == ' ' || line[at-1] != ' ' {
				t.Errorf("column %s does not line up in %q", column, line)
			}
		}
	}
	if !strings.Contains(lines[1], "Ben, Dmitri, Farid, Hugo and 11 more") || !strings.HasSuffix(lines[3], "nobody") {
		t.Errorf("contacts are not told:\n%s", table)
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 80 || line != strings.TrimRight(line, " ") {
			t.Errorf("too long, or blanks at the end: %q", line)
		}
	}
}

// What a client has kept of an earlier start is still good: its key, its login,
// and the access hashes of those it knows.
func TestSimKeepsWhatClientsKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sim.json")
	type start struct {
		telegram *simulator.Telegram
		server   *server.Server
		kept     *kept
		people   []*person
	}
	begin := func(users int) start {
		k, err := loadKept(path)
		if err != nil {
			t.Fatal(err)
		}
		s := start{telegram: simulator.New(simulator.Options{Rand: k.rand()}), kept: k}
		if s.people, err = simPeople(s.telegram, users); err != nil {
			t.Fatal(err)
		}
		if err := k.logIn(t.Context(), s.telegram); err != nil {
			t.Fatal(err)
		}
		if s.server, err = server.Listen(server.Options{Telegram: s.telegram, Key: k.key, Keys: k.authKeys()}); err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.server.Run(over); err != nil { // lets go of the port
			t.Fatal(err)
		}
		return s
	}
	first := begin(3)
	client := keptClient{Key: make([]byte, 256), Phone: "+15550003"}
	first.kept.data.Clients = []keptClient{client, {Key: append([]byte{1}, make([]byte, 255)...)}}
	if err := first.kept.logIn(t.Context(), first.telegram); err != nil {
		t.Fatal(err)
	}
	hash := func(s start) int64 {
		return s.telegram.Login(s.people[0].ID).InputUser(s.people[1].ID).(*tg.InputUser).AccessHash
	}
	saved, err := server.Listen(server.Options{Telegram: first.telegram, Key: first.kept.key, Keys: first.kept.authKeys()})
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = saved.Run(over)
	if err := first.kept.save(saved, first.telegram, first.people); err != nil {
		t.Fatal(err)
	}
	second := begin(3)
	if second.server.PublicKey().N.Cmp(first.server.PublicKey().N) != 0 {
		t.Error("the server has another key")
	}
	if got := second.telegram.Client(client.authKey().ID).UserID(); got != second.people[2].ID {
		t.Errorf("the client is logged in as %d", got)
	}
	if got := len(second.server.Keys()); got != 2 {
		t.Errorf("the server knows %d keys", got)
	}
	if hash(first) != hash(second) {
		t.Error("access hashes are others")
	}
	begin(2) // without the one who was logged in
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("files are left: %v", entries)
	}
}

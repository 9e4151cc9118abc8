package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"luahost/internal/store"
)

func TestMain(m *testing.M) {
	for variable, crash := range map[string]func(path string) error{crashVariable: crashing, crashStateVariable: crashingState} {
		if path := os.Getenv(variable); path != "" {
			fmt.Fprintln(os.Stderr, crash(path))
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

const owner = 7

var (
	noon = time.Unix(1_770_000_000, 0)
	bob  = store.Peer{Kind: store.User, ID: 1<<52 - 1, AccessHash: -1 << 63, Username: "Bob", Phone: "15550002", Seen: noon}
)

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func reopen(t *testing.T, s *store.Store, path string) *store.Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func wantPeer(t *testing.T, got store.Peer, ok bool, err error, want store.Peer) {
	t.Helper()
	want.Username = strings.ToLower(want.Username)
	if err != nil || !ok || got != want {
		t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, want)
	}
}

func wantNone(t *testing.T, got store.Peer, ok bool, err error) {
	t.Helper()
	if err != nil || ok {
		t.Errorf("got %+v, %v, %v; want nothing", got, ok, err)
	}
}

// What was noted is there at once, after a flush, and after the process.
func TestPeersAreReadAtEachStage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new/luahost.db")
	s := open(t, path)
	ctx := t.Context()
	read := func(stage string) {
		t.Run(stage, func(t *testing.T) {
			p, ok, err := s.Peer(ctx, owner, store.User, bob.ID)
			wantPeer(t, p, ok, err, bob)
			p, ok, err = s.PeerByUsername(ctx, owner, "BOB")
			wantPeer(t, p, ok, err, bob)
			p, ok, err = s.Peer(ctx, owner, store.Channel, bob.ID)
			wantNone(t, p, ok, err)
			p, ok, err = s.Peer(ctx, owner+1, store.User, bob.ID)
			wantNone(t, p, ok, err)
			p, ok, err = s.PeerByUsername(ctx, owner+1, "bob")
			wantNone(t, p, ok, err)
			p, ok, err = s.PeerByUsername(ctx, owner, "")
			wantNone(t, p, ok, err)
		})
	}
	s.NotePeers(owner, bob, store.Peer{Kind: store.Chat, ID: 5, Seen: noon})
	read("noted")
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	read("flushed")
	s = reopen(t, s, path)
	read("reopened")
}

// Nobody has to ask for what was noted to be written.
func TestNotesAreWrittenAfterTheLag(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	synctest.Test(t, func(t *testing.T) {
		const lag = time.Minute
		s, err := store.Open(store.Options{Path: path, Lag: lag})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for round := range 2 { // the writer wakes again
			p := bob
			p.ID += int64(round)
			s.NotePeers(owner, p)
			time.Sleep(lag - 1) // by the bubble's clock
			synctest.Wait()
			if n := peersOnDisk(t, path); n != round {
				t.Errorf("%d peers were written early", n)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if n := peersOnDisk(t, path); n != round+1 {
				t.Errorf("%d peers were written after the lag", n)
			}
		}
	})
}

func TestNewNameMovesFromOneToAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	ctx := t.Context()
	s.NotePeers(owner, bob)
	s = reopen(t, s, path) // the disk says that bob is Bob

	renamed := bob
	renamed.Username, renamed.Seen = "robert", noon.Add(time.Second)
	s.NotePeers(owner, renamed)
	p, ok, err := s.PeerByUsername(ctx, owner, "bob")
	wantNone(t, p, ok, err)

	heir := store.Peer{Kind: store.Channel, ID: 9, AccessHash: 3, Username: "bob", Seen: noon.Add(time.Minute)}
	s.NotePeers(owner, heir)
	for range 2 {
		p, ok, err = s.PeerByUsername(ctx, owner, "bob")
		wantPeer(t, p, ok, err, heir)
		p, ok, err = s.PeerByUsername(ctx, owner, "Robert")
		wantPeer(t, p, ok, err, renamed)
		s = reopen(t, s, path)
	}
}

func TestManyPeersSurviveWritersAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	const writers, each = 8, 1000 // more than the store keeps in memory
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				p := store.Peer{Kind: store.User, ID: int64(w*each + i), AccessHash: 1, Username: fmt.Sprintf("u%d_%d", w, i), Seen: noon}
				s.NotePeers(owner, p)
				if i%100 == 0 {
					if err := s.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
				got, ok, err := s.PeerByUsername(t.Context(), owner, p.Username)
				wantPeer(t, got, ok, err, p)
			}
		})
	}
	wg.Wait()
	s = reopen(t, s, path)
	for id := range int64(writers * each) {
		if _, ok, err := s.Peer(t.Context(), owner, store.User, id); !ok || err != nil {
			t.Fatalf("peer %d: %v, %v", id, ok, err)
		}
	}
}

func TestUpdateStates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	ctx := t.Context()
	if _, found, err := s.UpdateState(ctx, owner); found || err != nil {
		t.Errorf("found %v, %v in an empty database", found, err)
	}
	want := store.UpdateState{Pts: 1, Qts: 2, Date: 3, Seq: 4}
	s.NoteUpdateState(owner, store.UpdateState{Pts: 9})
	s.NoteUpdateState(owner, want)
	s.NoteUpdateState(owner+1, store.UpdateState{Pts: 8})
	s.NoteChannelState(owner, 100, 5)
	s.NoteChannelState(owner, 101, 6)
	s.NoteChannelState(owner+1, 102, 7)
	s = reopen(t, s, path)
	s.NoteChannelState(owner, 101, 0)

	if got, found, err := s.UpdateState(ctx, owner); got != want || !found || err != nil {
		t.Errorf("got %+v, %v, %v; want %+v", got, found, err, want)
	}
	channels, err := s.ChannelStates(ctx, owner)
	if err != nil || len(channels) != 1 || channels[100] != 5 {
		t.Errorf("channels %v, %v; want 100 at 5", channels, err)
	}

	s.NoteUpdateState(owner, store.UpdateState{})
	if got, found, err := s.UpdateState(ctx, owner); found || err != nil {
		t.Errorf("got %+v, %v, %v after it was forgotten", got, found, err)
	}
	if channels, err := s.ChannelStates(ctx, owner); err != nil || len(channels) != 0 {
		t.Errorf("channels %v, %v after they were forgotten", channels, err)
	}
	if _, found, err := s.UpdateState(ctx, owner+1); !found || err != nil {
		t.Errorf("somebody else's: %v, %v", found, err)
	}

	s.NoteChannelState(owner, 100, 5)
	s.NoteUpdateState(owner, store.UpdateState{}) // before the channel was written
	s.NoteChannelState(owner, 101, 6)
	if channels, err := s.ChannelStates(ctx, owner); err != nil || len(channels) != 1 || channels[101] != 6 {
		t.Errorf("channels %v, %v; want 101 at 6, noted after the others were forgotten", channels, err)
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s := open(t, filepath.Join(folder, "luahost.db"))
	s.NotePeers(owner, bob)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestAFileThatIsNoDatabase(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, bytes.Repeat([]byte("not a database. "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		text:                           "it is damaged",
		folder:                         "cannot be written: is a directory",
		filepath.Join(text, "luahost"): "cannot be written: " + text + ": not a directory",
	} {
		_, err := store.Open(store.Options{Path: path})
		if err == nil || !strings.HasPrefix(err.Error(), "database "+path+": ") ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v, want one line with %q", err, want)
		}
	}
}

func TestADatabaseOfANewerVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	_ = open(t, path).Close()
	change(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	_, err := store.Open(store.Options{Path: path})
	if err == nil || !strings.Contains(err.Error(), "written by a newer luahost (version 999") {
		t.Errorf("the error is %v", err)
	}
}

// A write that fails is reported once, loses nothing and is made good.
func TestADiskThatRefusesForAWhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	var log bytes.Buffer
	s, err := store.Open(store.Options{Path: path, Log: slog.New(slog.NewTextHandler(&log, nil)), Lag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	change(t, path, `CREATE TRIGGER full BEFORE INSERT ON peers BEGIN SELECT RAISE(FAIL, 'disk full'); END`)
	s.NotePeers(owner, bob)
	for range 2 {
		if err := s.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("flush: %v", err)
		}
	}
	newer := bob
	newer.AccessHash++
	s.NotePeers(owner, newer)
	change(t, path, `DROP TRIGGER full`)
	s = reopen(t, s, path)
	p, ok, err := s.Peer(t.Context(), owner, store.User, bob.ID)
	wantPeer(t, p, ok, err, newer)
	if n := strings.Count(log.String(), "cannot be written"); n != 1 {
		t.Errorf("%d reports of the fault:\n%s", n, log.String())
	}
	if n := strings.Count(log.String(), "written again"); n != 1 {
		t.Errorf("%d reports of its end:\n%s", n, log.String())
	}
}

func TestClosed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "luahost.db"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { s.NotePeers(owner, bob) })
	}
	wg.Wait()
	if err := s.Flush(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("flush: %v", err)
	}
	if _, _, err := s.UpdateState(context.Background(), owner); !errors.Is(err, store.ErrClosed) {
		t.Errorf("update state: %v", err)
	}
}

func BenchmarkNoteSeenPeers(b *testing.B) {
	s, err := store.Open(store.Options{Path: filepath.Join(b.TempDir(), "luahost.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	other := bob
	other.ID, other.Username = 9, "alice"
	for b.Loop() {
		s.NotePeers(owner, bob, other)
	}
}

func BenchmarkReadPeer(b *testing.B) {
	path := filepath.Join(b.TempDir(), "luahost.db")
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	s.NotePeers(owner, bob)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if s, err = store.Open(store.Options{Path: path}); err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if _, ok, err := s.Peer(b.Context(), owner, store.User, bob.ID); !ok {
			b.Fatal(err)
		}
	}
}

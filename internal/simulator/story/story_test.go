package story

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write into the stories what comes of them")

func TestStoriesAlone(t *testing.T) {
	stories, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			came, err := Play(t.Context(), NewAlone(), s)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(filepath.Join("stories", s.Name+".txt"), []byte(came.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got, want := came.String(), s.String(); got != want {
				t.Errorf("it went otherwise (-update writes it down):\n%s", Difference(want, got))
			}
		})
	}
}

// TestRandomStoriesReachFar looks for what stories would be pointless without,
// and that playing one again gives the same.
func TestRandomStoriesReachFar(t *testing.T) {
	reached := map[string]int{}
	for seed := range uint64(30) {
		came, err := Play(t.Context(), NewAlone(), Random(seed, 120))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Play(t.Context(), NewAlone(), came)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := again.String(), came.String(); got != want {
			t.Fatalf("seed %d, the second time:\n%s", seed, Difference(want, got))
		}
		for _, word := range []string{
			"keys agree", "received", "USER_PRIVACY_RESTRICTED", "USER_IS_BLOCKED", "CALL_OCCUPY_FAILED",
			"CALL_ALREADY_ACCEPTED", "CALL_ALREADY_DECLINED", ": missed", ": disconnect", "difference to pts", "p2p false",
		} {
			reached[word] += strings.Count(came.String(), word)
		}
		if strings.Contains(came.String(), "ANOTHER") || strings.Contains(came.String(), "DIFFER") {
			t.Errorf("seed %d:\n%s", seed, came)
		}
	}
	for word, times := range reached {
		if times < 5 {
			t.Errorf("%q came %d times: the stories are too tame", word, times)
		}
	}
}

func TestAStoryIsReadAndWritten(t *testing.T) {
	text := "# a note\n\n# another\ncast ann\n    ann: x\n    ann = y\nthe record\n"
	s := Parse("name", text)
	if got := s.String(); got != text {
		t.Errorf("%q became %q", text, got)
	}
	if n := s.Steps[0].told("ann"); n != 1 {
		t.Errorf("ann is told %d times", n)
	}
}

func TestWhatCannotBePlayedIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		"eve rings ann": "nobody in the cast does this",
		"ann sings":     "this cannot be done",
		"ann rings eve": "eve is not in the cast",
		"+1 hour":       "unknown unit",
	} {
		_, err := Play(t.Context(), NewAlone(), Parse("bad", "cast ann\n"+line+"\n"))
		if err == nil || !strings.Contains(err.Error(), line) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", line, err)
		}
	}
}

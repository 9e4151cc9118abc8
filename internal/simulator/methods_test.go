package simulator

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheTableNamesEachMethodRightly(t *testing.T) {
	for name, m := range methods() {
		if m.name != name {
			t.Errorf("%s is entered as %s", m.name, name)
		}
	}
}

func (r refusal) String() string { return fmt.Sprintf("%d %s", r.code, r.name) }

// Refusals gives the errors that the table has for each method.
func Refusals() map[string][]string {
	table := map[string][]string{}
	for name, m := range methods() {
		table[name] = []string{}
		for _, r := range m.refusals {
			table[name] = append(table[name], r.String())
		}
	}
	return table
}

// TestEachRefusalInTheCodeIsInTheTable reads the sources; that each method answers
// no other errors than its own, and all of these, is found by TestMain.
func TestEachRefusalInTheCodeIsInTheTable(t *testing.T) {
	table := map[string]bool{}
	for _, m := range methods() {
		for _, r := range append(m.refusals, general()...) {
			table[r.String()] = false
		}
	}
	for _, refusal := range readSource(t, ".").refusals() {
		if _, known := table[refusal]; !known {
			t.Errorf("%s is refused and not in the table", refusal)
		}
		table[refusal] = true
	}
	for refusal, found := range table {
		if !found {
			t.Errorf("%s is in the table, and nothing refuses it", refusal)
		}
	}
}

// TestTheTableFollowsTheDocumentation compares with the errors that gotd's
// generator copied from the methods' pages.
func TestTheTableFollowsTheDocumentation(t *testing.T) {
	pages := documentedErrors(t)
	for name, m := range methods() {
		page, found := pages[name]
		if !found {
			t.Errorf("gotd has no %s", name)
		}
		for _, r := range m.refusals {
			if listed := slices.Contains(page, r.String()); listed == r.ours {
				t.Errorf("%s: the table says of %s that it is our choice: %v; the page lists %v", name, r, r.ours, page)
			}
		}
	}
}

var (
	methodComment = regexp.MustCompile(`(?m)^// \w+ invokes method ([\w.]+)#.*\n((?://.*\n)*)`)
	errorComment  = regexp.MustCompile(`(?m)^//\t(\d+ [A-Z0-9_]+):`)
)

func documentedErrors(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/gotd/td/tg").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := os.DirFS(strings.TrimSpace(string(out)))
	pages := map[string][]string{}
	for name := range maps.Keys(methods()) {
		text, err := fs.ReadFile(dir, "tl_"+snake(name)+"_gen.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, comment := range methodComment.FindAllStringSubmatch(string(text), -1) {
			errors := []string{}
			for _, e := range errorComment.FindAllStringSubmatch(comment[2], -1) {
				errors = append(errors, e[1])
			}
			pages[comment[1]] = errors
		}
	}
	return pages
}

// snake is how gotd names the file of a method: phone_discard_call.
func snake(method string) string {
	upper := regexp.MustCompile(`[A-Z]`)
	return strings.ToLower(upper.ReplaceAllString(strings.ReplaceAll(method, ".", "_"), "_$0"))
}

// GeneralRefusals are the errors that any method may answer.
func GeneralRefusals() (list []string) {
	for _, r := range general() {
		list = append(list, r.String())
	}
	return list
}

package simulator

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// docs/simulator.md is made of the table of methods and of the comments in the
// sources.

const pageFile = "../../docs/simulator.md"

var write = flag.Bool("write", false, "write docs/simulator.md instead of comparing it")

func TestThePageIsCurrent(t *testing.T) {
	page := renderPage(t)
	if *write {
		if err := os.WriteFile(pageFile, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page) {
		t.Errorf("%s is out of date: run go generate in internal/simulator", pageFile)
	}
}

func renderPage(t *testing.T) []byte {
	var b bytes.Buffer
	src := readSource(t, ".")
	fmt.Fprint(&b, `# What the embedded Telegram knows

<!-- Made by go generate in internal/simulator; the sources are methods.go and the comments beside them. -->

`+"`luahost demo`, `luahost sim`"+` and the tests talk to an embedded Telegram, written from
[Telegram's documentation](https://core.telegram.org). This page is all that it knows: what is not
here is refused. Each entry follows the page that it links; where that page says nothing, the entry
says "our choice".

## Methods

| method | for | errors that its page lists | errors that are our choice |
| --- | --- | --- | --- |
`)
	known := methods()
	names := slices.Sorted(maps.Keys(known))
	for _, name := range names {
		m := known[name]
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s |\n", name, pageOf(name), audience(m.who),
			errorList(m.refusals, false), errorList(m.refusals, true))
	}

	fmt.Fprint(&b, "\n## Errors of every method\n\n| error | when | source |\n| --- | --- | --- |\n")
	for _, r := range general() {
		fmt.Fprintf(&b, "| %d `%s` | %s | %s |\n", r.code, r.name, r.when, sourceOf(r))
	}
	fmt.Fprint(&b, "| 420 `FLOOD_WAIT_n` and any other | a test has ordered it (`Telegram.Inject`) | [errors](https://core.telegram.org/api/errors#420-flood) |\n")

	fmt.Fprint(&b, "\n## Timeouts\n\n| what | how long | source |\n| --- | --- | --- |\n")
	for _, d := range callTimeouts(t, src) {
		fmt.Fprintf(&b, "| a call waits %s | `%s`, %s | [help.getConfig](https://core.telegram.org/constructor/config); that Telegram keeps it as well as the clients is our choice |\n",
			d.what, d.field, short(d.long))
	}
	for _, c := range src.constants(t) {
		if c.duration {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.what, short(time.Duration(c.value)), c.source)
		}
	}

	fmt.Fprint(&b, "\n## Limits\n\n| what | most | source |\n| --- | --- | --- |\n")
	for _, c := range src.constants(t) {
		if !c.duration {
			fmt.Fprintf(&b, "| %s | %d | %s |\n", c.what, c.value, c.source)
		}
	}

	writeTransport(t, &b)
	writeStories(t, &b)
	fmt.Fprint(&b, "\n## What each method does here\n")
	handlers := src.handlers(t)
	for _, name := range names {
		fmt.Fprintf(&b, "\n**%s** %s\n", name, src.says(t, handlers[name]))
	}
	return b.Bytes()
}

// writeTransport is about the server: what it knows beside the methods.
func writeTransport(t *testing.T, b *bytes.Buffer) {
	const page = "https://core.telegram.org/mtproto/service_messages"
	src := readSource(t, "server")
	fmt.Fprintf(b, "\n## Over TCP\n\nThe server answers these [service messages](%s):\n\n", page)
	for _, name := range src.services() {
		fmt.Fprintf(b, "- `%s`\n", name)
	}
	fmt.Fprint(b, "\n| what | how much | source |\n| --- | --- | --- |\n")
	for _, c := range src.bounds() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", c.what, c.much(), c.source)
	}
}

// writeStories lists the stories, which tell what each device is told.
func writeStories(t *testing.T, b *bytes.Buffer) {
	const dir = "story/stories/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(b, "\n## Calls from beginning to end\n\nWhat each device asks, is answered and is told, word by word, on the state machine\nalone and over TCP alike:\n\n")
	for _, e := range entries {
		text, err := os.ReadFile(dir + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for line := range strings.Lines(string(text)) {
			note, is := strings.CutPrefix(line, "# ")
			if !is {
				break
			}
			notes = append(notes, strings.TrimSpace(note))
		}
		fmt.Fprintf(b, "- [%s](../internal/simulator/%s%s): %s\n", strings.TrimSuffix(e.Name(), ".txt"), dir, e.Name(), strings.Join(notes, " "))
	}
}

func pageOf(method string) string { return "https://core.telegram.org/method/" + method }

func audience(a access) string {
	return map[access]string{anybody: "anybody", userOrBot: "users and bots", usersAlone: "users"}[a]
}

func errorList(refusals []refusal, ours bool) string {
	var words []string
	for _, r := range refusals {
		if r.ours == ours {
			words = append(words, fmt.Sprintf("%d `%s`", r.code, r.name))
		}
	}
	return strings.Join(words, ", ")
}

func sourceOf(r refusal) string {
	if r.ours {
		return "our choice"
	}
	return "[errors](https://core.telegram.org/api/errors)"
}

func short(d time.Duration) string {
	s := d.String()
	for _, zeros := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zeros) {
			s = s[:len(s)-2]
		}
	}
	return s
}

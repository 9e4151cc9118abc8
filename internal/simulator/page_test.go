package simulator

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"
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
	const mtproto = "https://core.telegram.org/mtproto/"
	src := readSource(t, "server")
	older, err := os.ReadFile("server/layers.tl")
	if err != nil {
		t.Fatal(err)
	}
	spoken := []string{fmt.Sprint(tg.Layer)}
	for _, layer := range regexp.MustCompile(`(?m)^---layer (\d+)---`).FindAllStringSubmatch(string(older), -1) {
		spoken = append(spoken, layer[1])
	}
	fmt.Fprintf(b, `
## Over TCP

- The [transports](%smtproto-transports) are abridged, intermediate, padded intermediate and full,
  the first three also obfuscated; each connection is found to be one of them by its first bytes.
  [Quick acknowledgements](%smtproto-transports#quick-ack) are given.
- A client is answered in the [layer](https://core.telegram.org/api/invoking#layers) of the API that
  it speaks, by %s; a layer between two of these is served as the older one: our choice.
- [Keys](%sauth_key) are made for data center 2, which clients of Telegram's test servers call 10002,
  and those that want it for media by the number negated. Temporary keys are bound
  ([forward secrecy](https://core.telegram.org/api/pfs)).
- These [service messages](%sservice_messages) are answered: %s.

| error | when | source |
| --- | --- | --- |
`, mtproto, mtproto, "the schemas of "+strings.Join(spoken, ", "), mtproto, mtproto, "`"+strings.Join(src.services(), "`, `")+"`")
	for _, refused := range src.refusals() {
		about, known := transportErrors[refused]
		if !known && !slices.Contains(GeneralRefusals(), refused) {
			t.Errorf("the server refuses with %s, of which the page says nothing", refused)
		}
		if known {
			code, name, _ := strings.Cut(refused, " ")
			fmt.Fprintf(b, "| %s `%s` | %s | %s |\n", code, name, about[0], about[1])
		}
	}
	for refused := range transportErrors {
		if !slices.Contains(src.refusals(), refused) {
			t.Errorf("the page tells of %s, and the server never refuses with it", refused)
		}
	}
	fmt.Fprint(b, "\n| what | how much | source |\n| --- | --- | --- |\n")
	for _, field := range src.structure(t, "Options").Fields.List {
		if field.Names[0].Name == "ReadTimeout" {
			what, long, _ := strings.Cut(strings.Join(strings.Fields(field.Doc.Text()), " "), " Default ")
			fmt.Fprintf(b, "| %s | by default %s | our choice |\n", what, strings.TrimSuffix(long, "."))
		}
	}
	for _, c := range src.bounds() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", c.what, c.much(), c.source)
	}
}

// transportErrors are what the server refuses by itself: when, and by which page.
var transportErrors = map[string][2]string{
	"400 CONNECTION_LAYER_INVALID":    {"the client speaks a layer older than all that are known", "[help.getConfig](https://core.telegram.org/method/help.getConfig)"},
	"401 AUTH_KEY_PERM_EMPTY":         {"a request comes with a temporary key that is not bound yet", "[errors](https://core.telegram.org/api/errors#401-unauthorized)"},
	"400 TEMP_AUTH_KEY_EMPTY":         {"auth.bindTempAuthKey comes with a key that is not temporary", "[auth.bindTempAuthKey](https://core.telegram.org/method/auth.bindTempAuthKey)"},
	"400 TEMP_AUTH_KEY_ALREADY_BOUND": {"auth.bindTempAuthKey names another key than the one that it is bound to", "[auth.bindTempAuthKey](https://core.telegram.org/method/auth.bindTempAuthKey)"},
	"400 ENCRYPTED_MESSAGE_INVALID":   {"the message in auth.bindTempAuthKey is not what the permanent key's holder would write", "[auth.bindTempAuthKey](https://core.telegram.org/method/auth.bindTempAuthKey)"},
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
